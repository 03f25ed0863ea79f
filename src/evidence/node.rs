//! Facts about a node, from the API server.

use serde::{Deserialize, Serialize};

/// What rules and tables need to know of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether it is cordoned; the test runs there all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cordoned: bool,
    /// Operating system, as the kubelet reports it (`linux`, `windows`).
    #[serde(default)]
    pub os: String,
    /// Architecture (`amd64`, `arm64`, …).
    #[serde(default)]
    pub architecture: String,
    /// Container runtime and version (`containerd://2.4.2`).
    #[serde(default)]
    pub runtime: String,
    /// Kubelet version.
    #[serde(default)]
    pub kubelet: String,
    /// `topology.kubernetes.io/zone`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
    /// The node pool by the provider's label, empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pool: String,
    /// Conditions that matter to pulls and are true: `DiskPressure`, `NotReady`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pressures: Vec<Pressure>,
    /// Whether it lists an image, for images of pulls that fail: those that it has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has_images: Vec<String>,
}

/// A condition of a node that matters to pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Pressure {
    /// `DiskPressure`: the kubelet removes images and takes no pods.
    Disk,
    /// `Ready` is not `True`.
    NotReady,
}
