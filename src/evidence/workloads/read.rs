//! Which lists were read, and how that went.

use serde::{Deserialize, Serialize};

use crate::evidence::Outcome;

/// One kind of objects, read in pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Read {
    /// What was read.
    pub resource: Resource,
    /// How many objects there were; 0 too where nothing made it necessary to ask, such as events where no pull
    /// fails. A list that broke off in the middle is `Failed`: what it brought before is kept.
    pub outcome: Outcome<u64>,
}

/// What the API server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Resource {
    /// Pods.
    Pods,
    /// Deployments.
    Deployments,
    /// StatefulSets.
    StatefulSets,
    /// DaemonSets.
    DaemonSets,
    /// ReplicaSets: the named one alone.
    ReplicaSets,
    /// Jobs.
    Jobs,
    /// CronJobs.
    CronJobs,
    /// Events about pods.
    Events,
    /// Nodes.
    Nodes,
    /// ServiceAccounts that workloads name.
    ServiceAccounts,
    /// Contents of Secrets that are named.
    Secrets,
    /// Names of pull secrets in all namespaces of the scope, without contents.
    SecretNames,
    /// NetworkPolicies.
    NetworkPolicies,
}

impl Resource {
    /// The plural that kubectl takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::Deployments => "deployments",
            Self::StatefulSets => "statefulsets",
            Self::DaemonSets => "daemonsets",
            Self::ReplicaSets => "replicasets",
            Self::Jobs => "jobs",
            Self::CronJobs => "cronjobs",
            Self::Events => "events",
            Self::Nodes => "nodes",
            Self::ServiceAccounts => "serviceaccounts",
            Self::Secrets | Self::SecretNames => "secrets",
            Self::NetworkPolicies => "networkpolicies",
        }
    }
}
