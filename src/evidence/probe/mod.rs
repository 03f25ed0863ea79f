//! What a probe saw of a registry: the way to it, and for each image and credential what was asked and answered.

mod exchange;
mod target;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock::ClockSeen;
use super::endpoint::Endpoint;
use super::harbor::HarborSeen;
use super::{CredentialUse, Outcome};

pub use exchange::{Answer, Exchange, ExchangeResult, ExchangeStep, Trouble};
pub use target::{
    Attempt, BrokenConfig, CredentialSeen, FailedHelper, KeyringSeen, Series, Target, Withheld,
};

/// One probe: a pod on a node, or this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// The item's id, unique in its document: `probe/NODE/NETWORK`, or `probe/local`.
    pub id: String,
    /// The node that the pod really got, else the planned one; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// From which network it looked.
    pub network: Network,
    /// The namespace of the pod; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name of the pod; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pod: String,
    /// Whether the identity's credentials were used.
    pub credential: CredentialUse,
    /// How it ended.
    pub outcome: Outcome<ProbeSeen>,
    /// When the outcome was known, by the observer's clock (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
}

impl Probe {
    /// What was seen, where the probe could look.
    pub fn seen(&self) -> Option<&ProbeSeen> {
        match &self.outcome {
            Outcome::Seen { value } => Some(value),
            _ => None,
        }
    }
}

/// The network that a probe looks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Network {
    /// The node's own (hostNetwork), as the kubelet's pulls.
    Node,
    /// The pods' network, as a builder's pushes; NetworkPolicies apply.
    Pod,
    /// This machine's.
    Local,
}

impl Network {
    /// The word for tables and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Pod => "pod",
            Self::Local => "local",
        }
    }
}

/// What is asked of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Manifest, configuration and first bytes of a layer.
    Pull,
    /// An upload that is started and cancelled.
    Push,
    /// What is left of the registry's pull limit.
    Limits,
    /// Whether Harbor's cores agree on keys, clocks and configuration.
    Harbor,
    /// Whether the nodes' clocks are right.
    Clock,
    /// Nothing: a text is explained.
    Explain,
    /// Why pulls of workloads fail, by what the API server shows.
    Why,
    /// Whether workloads have the credentials that their images need, before a pull fails.
    Secrets,
    /// Both of workloads, beside Harbor and the clocks, and tests of what they leave open.
    Doctor,
    /// Whether what manifests would bring can be pulled.
    Preflight,
}

impl Action {
    /// Whether it is asked why pulls of workloads fail.
    pub fn asks_why(self) -> bool {
        matches!(self, Self::Why | Self::Doctor)
    }

    /// Whether it is asked what is written down for workloads, whether their pulls fail or not.
    pub fn audits(self) -> bool {
        matches!(self, Self::Secrets | Self::Doctor | Self::Preflight)
    }
}

/// Everything that one probe saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProbeSeen {
    /// The version of the probe program.
    #[serde(default)]
    pub version: String,
    /// When it began, by the clock of its own node (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Hosts that were contacted. Exchanges name them by their index.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// One an image or repository, in the order of the plan.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// What Harbor's cores answered, where they were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harbor: Option<HarborSeen>,
    /// The clock of the node, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockSeen>,
    /// What had to be left out of the termination message, in words; empty when all is here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub truncated: Vec<String>,
}
