//! What was seen of a Harbor: its pods by the API server ([`pods`]), and its cores' answers by whoever asked them
//! ([`seen`]).

pub mod pods;
mod rows;
pub mod seen;
pub mod settings;

use serde::{Deserialize, Serialize};

pub use pods::{CorePod, KeyFile, KeyMount, KeyPath, KeySecret, PodState};
pub use seen::{CoreSeen, Decision, FrontSeen, HarborSeen, Matrix, Verdict};
pub use settings::{Setting, SettingValue};

pub use super::Unread;

/// What the API server shows of one Harbor. What its cores answered is in the probes
/// ([`ProbeSeen::harbor`](crate::evidence::ProbeSeen)).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Harbor {
    /// Its namespace.
    pub namespace: String,
    /// What installed it, by the labels of its pods.
    pub installer: Installer,
    /// The release, or the custom resource's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub release: String,
    /// Pods of core, in the order of their names; those that are terminating or not ready too.
    pub cores: Vec<CorePod>,
    /// Pods of jobservice and registry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<pods::OtherPod>,
    /// Deployments and StatefulSets whose rollout is in progress or stuck.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<pods::Rollout>,
    /// Secrets that hold a token key which a core mounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_secrets: Vec<KeySecret>,
    /// What must be equal on all pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Setting>,
    /// Services and Ingresses before core, as far as they send a client to the same pod again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sticky: Vec<pods::Sticky>,
    /// Where users come in, as far as the API server shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<pods::FrontDoor>,
    /// The telling lines of the cores' logs, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<pods::CoreLog>,
    /// What could not be read, and which right or check would settle it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

/// What installed a Harbor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Installer {
    /// The chart of goharbor/harbor-helm.
    HarborHelm,
    /// Bitnami's chart.
    Bitnami,
    /// goharbor/harbor-operator.
    Operator,
    /// Told by the user's selector.
    #[default]
    Selector,
}
