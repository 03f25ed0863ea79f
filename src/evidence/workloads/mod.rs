//! What the API server shows of workloads, of their pods, and of what their pulls need: ServiceAccounts, pull
//! secrets, policies.
//!
//! Pods are counted by workload; only pulls that fail are items of their own.

mod failing;
mod owner;
mod read;
mod secret;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use failing::{Events, FailingPull, PullState, Witness};
pub use owner::{Owner, OwnerKind};
pub use read::{Read, Resource};
pub use secret::{PullSecret, PullSecretSeen};

use super::Outcome;
use super::builder::{Ambient, BuilderConfig};
use crate::text::Clean;

/// Workloads, and what their pulls need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Workloads {
    /// One item a list that was read. What the plan names and is not here was not read.
    pub reads: Vec<Read>,
    /// The workloads in scope, and those beside them that are only evidence ([`Workload::out_of_scope`]).
    pub workloads: Vec<Workload>,
    /// One item a container whose image is not there.
    pub failing: Vec<FailingPull>,
    /// ServiceAccounts of the workloads.
    pub service_accounts: Vec<ServiceAccount>,
    /// Secrets that workloads, their ServiceAccounts or their builders name, and pull secrets beside those in
    /// namespaces where a pull fails for want of a credential.
    pub secrets: Vec<PullSecret>,
    /// Policies that restrict what the workloads' pods may connect to.
    pub policies: Vec<EgressPolicy>,
}

/// A workload, or a pod that belongs to none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// The item's id, unique in its document: `workload/NAMESPACE/KIND/NAME`.
    pub id: String,
    /// Its namespace.
    pub namespace: String,
    /// What kubectl calls it: `deploy/web`, `pod/once`.
    pub name: String,
    /// The ServiceAccount of its pods.
    pub service_account: String,
    /// Pull secrets that its pod template names itself, in order. None: admission takes the ServiceAccount's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_secrets: Vec<String>,
    /// Its images, init containers first, each once.
    #[serde(default)]
    pub images: Vec<ImageUse>,
    /// How many pods it has.
    pub pods: u32,
    /// How many of them are on a node, have started no container, and say nothing yet of what they wait for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub starting: u32,
    /// Whether it wants pods: false where it is scaled to none, suspended, or has ended.
    pub active: bool,
    /// Whether it was not asked for: it is here because it may show why one that was asked for fails. It is
    /// evidence, and not judged itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_scope: bool,
    /// Its containers that build or push images, or mount a docker configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builders: Vec<BuilderConfig>,
    /// Who writes it, outermost first: a patch to the object itself would be reverted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Owner>,
}

impl Workload {
    /// Whether it never pulls again: a pod or Job that ended. What is scaled to none or suspended may.
    pub fn has_ended(&self) -> bool {
        let kind = self.name.split('/').next().unwrap_or_default();
        !self.active && matches!(kind, "pod" | "job")
    }
}

/// An image of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageUse {
    /// The reference as the workload has it.
    pub image: String,
    /// Containers that have it.
    pub containers: Vec<String>,
    /// When the kubelet pulls it.
    pub pull_policy: PullPolicy,
    /// How many pods have started a container of it: their node had the image.
    #[serde(default)]
    pub started: u32,
    /// Nodes of those pods, sorted, at most [`STARTED_ON`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_on: Vec<String>,
    /// Pull secrets that those pods have; one entry for each different list, the most common first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_with: Vec<Vec<String>>,
    /// When the last of those that were seen started (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_started_at: Option<Timestamp>,
}

impl ImageUse {
    /// The last time at which a start of it surely asked the registry: each start does where the policy is `Always`.
    pub fn last_pulled_at(&self) -> Option<Timestamp> {
        self.last_started_at.filter(|_| self.pull_policy == PullPolicy::Always)
    }
}

/// How many nodes [`ImageUse::started_on`] names.
pub const STARTED_ON: usize = 10;

/// `imagePullPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PullPolicy {
    /// At each start.
    Always,
    /// Where the node has it not.
    #[default]
    IfNotPresent,
    /// Never.
    Never,
}

/// A ServiceAccount.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccount {
    /// The item's id, unique in its document: `serviceaccount/NAMESPACE/NAME`.
    pub id: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub outcome: Outcome<ServiceAccountSeen>,
}

impl ServiceAccount {
    /// What it holds, where it was read.
    pub fn seen(&self) -> Option<&ServiceAccountSeen> {
        match &self.outcome {
            Outcome::Seen { value } => Some(value),
            _ => None,
        }
    }
}

/// What a ServiceAccount holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccountSeen {
    /// Its pull secrets, which admission copies into pods that name none.
    #[serde(default)]
    pub pull_secrets: Vec<String>,
    /// Cloud identities that it is bound to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ambient: Vec<Ambient>,
    /// Who writes it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Owner>,
}

/// A NetworkPolicy that restricts egress of a workload's pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EgressPolicy {
    /// The item's id, unique in its document: `networkpolicy/NAMESPACE/NAME`.
    pub id: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Ids of the workloads whose pods it selects.
    pub workloads: Vec<String>,
    /// Whether a rule of it allows TCP to port 443 of any address.
    pub allows_https_anywhere: bool,
    /// Addresses that it allows, as it writes them (CIDR), of any port.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allows: Vec<Clean>,
    /// Whether a rule of it allows name look-ups (port 53).
    pub allows_dns: bool,
}

impl Workloads {
    /// The outcome of one list; `None` where it was not read.
    pub fn read(&self, resource: Resource) -> Option<&Read> {
        self.reads.iter().find(|read| read.resource == resource)
    }

    /// A workload by its id.
    pub fn workload(&self, id: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.id == id)
    }

    /// A ServiceAccount.
    pub fn service_account(&self, namespace: &str, name: &str) -> Option<&ServiceAccount> {
        self.service_accounts.iter().find(|one| one.namespace == namespace && one.name == name)
    }

    /// A Secret.
    pub fn secret(&self, namespace: &str, name: &str) -> Option<&PullSecret> {
        self.secrets.iter().find(|one| one.namespace == namespace && one.name == name)
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// When something was made and last written (UTC), as its metadata says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// `creationTimestamp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The latest time in `managedFields`; `None` where they do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
}
