//! What was seen: plain data, free of secrets, and complete enough to be judged again later.
//!
//! One file a kind of observation. A check that failed is evidence too: see [`Outcome`].

pub mod builder;
pub mod clock;
pub mod endpoint;
pub mod harbor;
pub mod node;
pub mod preflight;
pub mod probe;
pub mod pull;
pub mod stores;
mod unread;
pub mod workloads;

use std::convert::Infallible;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use builder::BuilderConfig;
pub use node::Node;
pub use probe::{Action, Network, Probe, ProbeSeen};
pub use pull::{CredentialUse, Presence, Pull, PullSeen};
pub use unread::Unread;

use crate::plan::{Check, Plan};
use crate::text::Clean;

/// The version of the documents that this crate writes.
pub const API_VERSION: &str = "regauth/v1alpha1";

/// Everything that one run saw. The same document gives the same findings at any later time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// [`API_VERSION`].
    pub api_version: String,
    /// `Evidence`.
    pub kind: String,
    /// The run that saw it.
    pub run: Run,
    /// What was asked.
    pub plan: Plan,
    /// When the last of it was seen (UTC).
    pub collected_at: Timestamp,
    /// Facts about the nodes of the plan, from the API server.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// One item a node and image.
    #[serde(default)]
    pub pulls: Vec<Pull>,
    /// One item a probe: a pod on a node, or this machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// One item a container that builds or copies images, of the workload that was named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builders: Vec<BuilderConfig>,
    /// One item an image and client of this machine, where it was this machine that looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<stores::Store>,
    /// What the API server shows of a Harbor, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harbor: Option<harbor::Harbor>,
    /// The nodes' clocks by their leases, where they were watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leases: Option<clock::LeaseClocks>,
    /// What the API server shows of workloads, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<workloads::Workloads>,
    /// What the manifests say of those workloads, where they are not in the cluster yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<preflight::Preflight>,
    /// Parts of a check-up that could not be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// Fields of a newer version, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Evidence {
    /// Of a run that has seen nothing yet.
    pub fn new(run: Run, plan: Plan, collected_at: Timestamp) -> Self {
        Self {
            api_version: API_VERSION.into(),
            kind: "Evidence".into(),
            run,
            plan,
            collected_at,
            nodes: Vec::new(),
            pulls: Vec::new(),
            probes: Vec::new(),
            builders: Vec::new(),
            stores: Vec::new(),
            harbor: None,
            leases: None,
            workloads: None,
            preflight: None,
            unread: Vec::new(),
            extra: Map::new(),
        }
    }

    /// Whether kubelets were asked although the plan did not ask for them: probes could not look, because their
    /// pods were refused or their image could not be pulled.
    pub fn fell_back_to_kubelets(&self) -> bool {
        !self.pulls.is_empty() && !self.plan.checks.contains(&Check::Kubelet)
    }
}

/// Which run, by which program, against which cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The run's id, also the value of the label `regauth/run` on everything that it creates.
    pub id: String,
    /// The version of the program.
    pub version: String,
    /// The API server's URL.
    pub server: String,
    /// When it began (UTC).
    pub started_at: Timestamp,
    /// Whether it was interrupted before it was finished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Fields of a newer version, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Run {
    /// A run of this program that begins now.
    pub fn new(id: String, server: &str, started_at: Timestamp) -> Self {
        Self {
            id,
            version: env!("CARGO_PKG_VERSION").into(),
            server: server.into(),
            started_at,
            interrupted: false,
            extra: Map::new(),
        }
    }
}

/// How a check ended. What was not seen never passes for healthy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome<T> {
    /// The check was done and this is what it saw.
    Seen {
        /// What was seen.
        value: T,
    },
    /// What was to be checked is not there (any more).
    Absent {
        /// What is missing.
        message: Clean,
    },
    /// The API server or an admission plugin refused the check.
    Denied {
        /// The HTTP status of the refusal.
        status: u16,
        /// The API server's words.
        message: Clean,
    },
    /// The check itself failed.
    Failed {
        /// Where it failed.
        step: Step,
        /// What was said.
        message: Clean,
    },
    /// The time was up first.
    TimedOut {
        /// How long it had been going on, in milliseconds.
        after_ms: u64,
        /// The last step that was seen.
        last_seen: LastSeen,
    },
}

impl Outcome<Infallible> {
    /// The same outcome of another kind of check: nothing was seen in either.
    pub fn of_any<T>(&self) -> Outcome<T> {
        match self {
            Self::Seen { value } => match *value {},
            Self::Absent { message } => Outcome::Absent { message: message.clone() },
            Self::Denied { status, message } => Outcome::Denied { status: *status, message: message.clone() },
            Self::Failed { step, message } => Outcome::Failed { step: *step, message: message.clone() },
            Self::TimedOut { after_ms, last_seen } => {
                Outcome::TimedOut { after_ms: *after_ms, last_seen: *last_seen }
            }
        }
    }
}

/// Where a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The client could not create the pod.
    Create,
    /// The scheduler found no room on the node.
    Schedule,
    /// The kubelet turned the pod away.
    Admit,
    /// The kubelet could not make the pod's sandbox.
    Sandbox,
    /// The kubelet could not mount what a probe was given: a ConfigMap or Secret that is not there.
    Mount,
    /// The probe's own image could not be pulled, or is not for the node's architecture.
    ProbeImage,
    /// The probe's container could not run, the program failed, or its result cannot be read.
    Probe,
    /// The API server was away, so that nothing was heard of the pod.
    Watch,
    /// The API server could not be asked for what was to be read.
    Read,
    /// A command could not be run in a pod.
    Exec,
    /// The user ended the run.
    Interrupted,
}

/// The last step of a pod that was seen before the time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LastSeen {
    /// It was not created yet.
    Planned,
    /// It was created.
    Created,
    /// It was bound to its node.
    Scheduled,
    /// The kubelet had begun to pull.
    Pulling,
    /// The probe was running.
    Running,
}
