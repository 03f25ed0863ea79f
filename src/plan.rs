//! What a run asks: images, nodes, identity, limits. Printable, and enough to judge the evidence again.

pub mod clock;
pub mod harbor;
mod identity;
pub mod preflight;
mod scope;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use clock::{ClockAsk, ClockPlan};
pub use harbor::{CoreAddress, HarborAsk, HarborPlan};
pub use identity::{Identity, SecretSource};
pub use scope::{FixFormat, ScopePlan};

use crate::evidence::{Action, Network};

/// With a credential, this many pods go side by side; of more, one goes first.
const SIDE_BY_SIDE: usize = 3;

/// The plan of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The namespace that the run's pods are made in.
    pub namespace: String,
    /// Image references as the user wrote them; one container of each pod tests one of them.
    pub images: Vec<String>,
    /// What the pulls are done as.
    pub identity: Identity,
    /// What is asked of the registry.
    pub action: Action,
    /// How and from where it is tested; each node gets a pod a check.
    pub checks: Vec<Check>,
    /// What probes need; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbePlan>,
    /// What is asked of a Harbor; absent for other commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harbor: Option<HarborPlan>,
    /// What is asked of clocks; absent for other commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockPlan>,
    /// Which workloads are looked at; absent for commands that are told an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopePlan>,
    /// Nodes to test, in the order in which their pods are made, and those left out with the reason.
    pub nodes: Vec<PlannedNode>,
    /// How many nodes there are when only a sample of them is tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_of: Option<usize>,
    /// Whether one pod goes first, so that a wrong credential is sent once.
    pub one_first: bool,
    /// Time limit of the run, in seconds.
    pub timeout_seconds: u64,
    /// Whether what was created is left for inspection until the Job's own deadline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
    /// Fields of a newer version, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Plan {
    /// A plan of this machine alone: it makes no pod.
    pub fn of_this_machine(action: Action, images: Vec<String>, timeout_seconds: u64) -> Self {
        Self {
            namespace: String::new(),
            images,
            identity: Identity::of_this_machine(),
            action,
            checks: vec![Check::ProbeLocal],
            probe: None,
            harbor: None,
            clock: None,
            scope: None,
            nodes: Vec::new(),
            sampled_of: None,
            one_first: false,
            timeout_seconds,
            keep: false,
            extra: Map::new(),
        }
    }

    /// The pods of a run, in the order in which they are made: for each tested node its checks, probes before
    /// the kubelet's pull, since a probe tells which credential was refused.
    pub fn pods(&self) -> Vec<(&str, Check)> {
        let mut checks: Vec<Check> =
            self.checks.iter().copied().filter(|check| *check != Check::ProbeLocal).collect();
        checks.sort_by_key(|check| *check == Check::Kubelet);
        self.tested_nodes().flat_map(|node| checks.iter().map(move |check| (node, *check))).collect()
    }

    /// Who it is done as, with the credentials that are used: pull secrets, or a builder's docker configurations.
    pub fn whom(&self) -> String {
        let configs = self.probe.iter().flat_map(|probe| &probe.docker_configs);
        let configs: Vec<String> = configs.map(DockerConfigSource::object).collect();
        match configs.is_empty() {
            true => self.identity.describe(),
            false => format!("{} (docker configuration {})", self.identity.name, configs.join(", ")),
        }
    }

    /// Whether so many pods could send a credential that a wrong one might lock its account: then one goes first.
    pub fn should_go_one_first(&self) -> bool {
        let probe = self.probe.as_ref();
        let for_image = probe.is_some_and(|probe| !probe.image_pull_secrets.is_empty());
        let configs = probe.is_some_and(|probe| !probe.docker_configs.is_empty());
        let credentials = configs || for_image || !self.identity.pull_secrets.is_empty();
        credentials && self.pods().len() > SIDE_BY_SIDE
    }

    /// Whether a Secret of the run's namespace holds credentials that the run tests: one of the identity's pull
    /// secrets, or a builder's docker configuration.
    pub fn is_under_test(&self, secret: &str) -> bool {
        let mut configs = self.probe.iter().flat_map(|probe| &probe.docker_configs);
        self.identity.pull_secrets.iter().any(|name| name == secret)
            || configs.any(|config| config.secret == secret)
    }

    /// Names of the nodes that are tested, in order.
    pub fn tested_nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(|node| node.skip.is_none()).map(|node| node.name.as_str())
    }
}

/// How and from where an image is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// The node's kubelet pulls the image by the node's own path.
    Kubelet,
    /// A probe looks from the node's network.
    ProbeNode,
    /// A probe looks from the pods' network.
    ProbePod,
    /// This machine looks.
    ProbeLocal,
}

impl Check {
    /// Whether a probe looks, rather than a kubelet pulls.
    pub fn is_probe(self) -> bool {
        self != Self::Kubelet
    }

    /// The network that a probe looks from; `None` for the kubelet's own pull.
    pub fn network(self) -> Option<Network> {
        match self {
            Self::Kubelet => None,
            Self::ProbeNode => Some(Network::Node),
            Self::ProbePod => Some(Network::Pod),
            Self::ProbeLocal => Some(Network::Local),
        }
    }
}

/// What probe pods are made of and told, beside images and identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProbePlan {
    /// The reference of the probe's own image.
    pub image: String,
    /// Pull secrets for the probe's own image; none: it is pulled without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<String>,
    /// Certificates to trust beside the image's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<CaBundle>,
    /// The proxy to use, as `http://host:port`, without credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Whether the node's CA bundle, registry configuration and hosts file are mounted (read-only).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub node_config: bool,
    /// Registries (`host:port`) that the user says speak plain HTTP.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plain_http: Vec<String>,
    /// Where probes on the node's network go, without credentials, when the identity's namespace refuses
    /// hostNetwork.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_namespace: Option<String>,
    /// Labels of the pods on the pod network: those that NetworkPolicies select on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// NetworkPolicies that restrict egress of pods with these labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// A builder's docker configurations, in place of the identity's pull secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub docker_configs: Vec<DockerConfigSource>,
    /// How often a push is repeated; 0 or 1: once.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// The pause between repeated pushes, in milliseconds.
    pub interval_ms: u64,
    /// The share of a pull limit, in percent, under which what is left is little.
    pub rate_limit_threshold_percent: u8,
}

/// The default of [`ProbePlan::rate_limit_threshold_percent`].
pub const RATE_LIMIT_THRESHOLD_PERCENT: u8 = 20;

impl Default for ProbePlan {
    fn default() -> Self {
        Self {
            image: String::new(),
            image_pull_secrets: Vec::new(),
            ca_bundle: None,
            proxy: None,
            node_config: false,
            plain_http: Vec::new(),
            node_namespace: None,
            labels: BTreeMap::new(),
            policies: Vec::new(),
            docker_configs: Vec::new(),
            repeat: 0,
            interval_ms: 0,
            rate_limit_threshold_percent: RATE_LIMIT_THRESHOLD_PERCENT,
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Where certificates come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CaBundle {
    /// PEM text, from a file of this machine; it stands in the pod's arguments.
    Pem(String),
    /// All keys of a ConfigMap in the run's namespace.
    ConfigMap(String),
    /// All keys of a Secret in the run's namespace.
    Secret(String),
}

impl CaBundle {
    /// The object that holds it: `configmap/ca`, `secret/ca`; `None` where its text is at hand.
    pub fn object(&self) -> Option<String> {
        match self {
            Self::Pem(_) => None,
            Self::ConfigMap(name) => Some(format!("configmap/{name}")),
            Self::Secret(name) => Some(format!("secret/{name}")),
        }
    }
}

/// A Secret or ConfigMap that a builder mounts as its docker configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DockerConfigSource {
    /// The Secret's name; empty for a ConfigMap.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// The ConfigMap's name; empty for a Secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub config_map: String,
    /// The key whose value the builder's program reads as its configuration.
    pub key: String,
    /// Where the builder has it, for the reader: `/kaniko/.docker/config.json`.
    pub mounted_at: String,
}

impl DockerConfigSource {
    /// The object that holds it: `secret/ci`, `configmap/ci`.
    pub fn object(&self) -> String {
        match self.secret.is_empty() {
            true => format!("configmap/{}", self.config_map),
            false => format!("secret/{}", self.secret),
        }
    }
}

/// A node of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlannedNode {
    /// The node's name.
    pub name: String,
    /// Why it is not tested; absent when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
}

/// Why a node is left out before anything is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Skip {
    /// The kind of reason.
    pub reason: SkipReason,
    /// The same in words, with what the node's condition says.
    pub detail: String,
}

/// Kinds of reasons for leaving a node out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SkipReason {
    /// Its Ready condition is not True.
    NotReady,
    /// It has no room for images.
    DiskPressure,
    /// A virtual kubelet or Fargate: no runtime that a pod of ours could ask.
    Virtual,
}
