//! Nodes, and the leases that their kubelets renew.

use serde::Deserialize;

use super::{Condition, Meta, null_as_default};

/// A node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: NodeSpec,
    /// Status.
    pub status: NodeStatus,
}

/// A node's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSpec {
    /// Cordoned.
    pub unschedulable: bool,
    /// Taints.
    #[serde(deserialize_with = "null_as_default")]
    pub taints: Vec<Taint>,
}

/// A taint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// A node's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeStatus {
    /// Conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// Versions.
    pub node_info: NodeInfo,
    /// Images that it has, the largest first; cut at 50 by default.
    #[serde(deserialize_with = "null_as_default")]
    pub images: Vec<NodeImage>,
}

/// Versions of a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeInfo {
    /// `linux`, `windows`.
    pub operating_system: String,
    /// `amd64`, …
    pub architecture: String,
    /// `containerd://2.4.2`.
    pub container_runtime_version: String,
    /// `v1.36.3`.
    pub kubelet_version: String,
}

/// An image on a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeImage {
    /// Its names, by tag and by digest.
    #[serde(deserialize_with = "null_as_default")]
    pub names: Vec<String>,
}

/// `coordination.k8s.io/v1` `Lease`: of a node's what its kubelet renews.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Lease {
    /// Metadata; the name is the node's.
    pub metadata: LeaseMeta,
    /// Specification.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: LeaseSpec,
}

/// What is read of a lease's metadata.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeaseMeta {
    /// Name.
    pub name: String,
}

/// `LeaseSpec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LeaseSpec {
    /// When its holder renewed it, by the holder's clock (microseconds).
    pub renew_time: Option<jiff::Timestamp>,
    /// How long it holds, in seconds.
    pub lease_duration_seconds: Option<u64>,
}
