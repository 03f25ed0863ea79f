//! What a run asks: images, nodes, identity, limits. Printable, and enough to judge the evidence again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The plan of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The namespace that the run's pods are made in.
    pub namespace: String,
    /// Image references as the user wrote them; one container of each pod tests one of them.
    pub images: Vec<String>,
    /// What the pulls are done as.
    pub identity: Identity,
    /// How the pulls are done.
    pub method: Method,
    /// Nodes to test, in the order in which their pods are made, and those left out with the reason.
    pub nodes: Vec<PlannedNode>,
    /// How many nodes there are when only a sample of them is tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_of: Option<usize>,
    /// Whether one node goes first, so that a wrong credential is sent once.
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
    /// Names of the nodes that are tested, in order.
    pub fn tested_nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(|node| node.skip.is_none()).map(|node| node.name.as_str())
    }
}

/// How a pull is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// The node's kubelet pulls the image by the node's own path.
    Kubelet,
}

/// What a pull is done as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// What the user named: `deploy/web`, `serviceaccount/builder`, `secret/regcred`.
    pub name: String,
    /// The ServiceAccount of the run's pods.
    pub service_account: String,
    /// Pull secrets in the order in which the kubelet sees them; none means an anonymous pull, unless the
    /// node itself has credentials.
    pub pull_secrets: Vec<String>,
    /// Where the pull secrets come from.
    pub source: SecretSource,
}

impl Identity {
    /// One short text for a table: who, and with which pull secrets.
    pub fn describe(&self) -> String {
        match (self.source, self.pull_secrets.is_empty()) {
            (SecretSource::Disabled, _) => "no pull secret (node credentials may apply)".into(),
            (SecretSource::Given, _) => self.pull_secrets_text(),
            (_, true) => format!("{} (no pull secret)", self.name),
            (_, false) => format!("{} ({})", self.name, self.pull_secrets_text()),
        }
    }

    /// The flags of `pull` that ask for this identity.
    pub fn flags(&self) -> String {
        let account = format!("--service-account {}", self.service_account);
        match self.source {
            _ if self.name.contains('/')
                && !self.name.starts_with("serviceaccount/")
                && !self.name.starts_with("secret/") =>
            {
                format!("--as-workload {}", self.name)
            }
            SecretSource::Disabled => format!("{account} --no-pull-secret"),
            SecretSource::Given => {
                let secrets: Vec<String> =
                    self.pull_secrets.iter().map(|name| format!("--pull-secret {name}")).collect();
                format!("{account} {}", secrets.join(" "))
            }
            SecretSource::ServiceAccount | SecretSource::Workload => account,
        }
    }

    fn pull_secrets_text(&self) -> String {
        let word = if self.pull_secrets.len() == 1 { "secret" } else { "secrets" };
        format!("{word} {}", self.pull_secrets.join(", "))
    }
}

/// Where an identity's pull secrets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretSource {
    /// The ServiceAccount's `imagePullSecrets`, which admission copies into pods that name none.
    ServiceAccount,
    /// The workload's own `imagePullSecrets`; the ServiceAccount's do not apply.
    Workload,
    /// Named on the command line.
    Given,
    /// A name that does not exist, which keeps the ServiceAccount's out.
    Disabled,
}

/// A node of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[serde(rename_all = "camelCase")]
pub struct Skip {
    /// The kind of reason.
    pub reason: SkipReason,
    /// The same in words, with what the node's condition says.
    pub detail: String,
}

/// Kinds of reasons for leaving a node out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SkipReason {
    /// Its Ready condition is not True.
    NotReady,
    /// It has no room for images.
    DiskPressure,
    /// A virtual kubelet or Fargate: no runtime that a pod of ours could ask.
    Virtual,
}
