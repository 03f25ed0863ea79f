//! Lean types of what is read of a Harbor. Values of variables and of Secrets may be secret: nothing here has Debug.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::api::template::{self, Owner, VolumeMount};
use crate::api::wire::{Condition, null_as_default};
use crate::collect::selector::Labels;
use crate::secret::Secret;

/// A pod.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod {
    pub metadata: Meta,
    pub spec: PodSpec,
    pub status: PodStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Meta {
    pub name: String,
    pub namespace: String,
    #[serde(deserialize_with = "null_as_default")]
    pub labels: Labels,
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    pub owner_references: Vec<Owner>,
    pub creation_timestamp: Option<Timestamp>,
    pub deletion_timestamp: Option<Timestamp>,
    pub generation: i64,
    #[serde(deserialize_with = "null_as_default")]
    pub managed_fields: Vec<ManagedFields>,
}

/// Who wrote which fields, and when last.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ManagedFields {
    pub time: Option<Timestamp>,
    pub fields_v1: serde_json::Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodSpec {
    pub node_name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
    #[serde(deserialize_with = "null_as_default")]
    pub volumes: Vec<Volume>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Container {
    pub name: String,
    pub image: String,
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<Port>,
    #[serde(deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    #[serde(deserialize_with = "null_as_default")]
    pub env_from: Vec<EnvFrom>,
    #[serde(deserialize_with = "null_as_default")]
    pub volume_mounts: Vec<VolumeMount>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Port {
    pub name: String,
    pub container_port: u16,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EnvVar {
    pub name: String,
    /// The API server leaves an empty value out.
    #[serde(deserialize_with = "secret")]
    pub value: Secret,
    pub value_from: Option<ValueFrom>,
}

/// Where a variable's value comes from; neither of the two for a field of the pod or a resource.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ValueFrom {
    pub secret_key_ref: Option<KeyRef>,
    pub config_map_key_ref: Option<KeyRef>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct KeyRef {
    pub name: String,
    pub key: String,
    pub optional: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EnvFrom {
    pub prefix: String,
    pub secret_ref: Option<WholeRef>,
    pub config_map_ref: Option<WholeRef>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WholeRef {
    pub name: String,
    pub optional: bool,
}

/// A volume, with the sources that hold no files which the API knows.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Volume {
    #[serde(flatten)]
    pub known: template::Volume,
    pub csi: Option<Csi>,
    pub persistent_volume_claim: Option<Claim>,
    pub empty_dir: Option<serde::de::IgnoredAny>,
    pub host_path: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Csi {
    pub driver: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Claim {
    pub claim_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodStatus {
    pub phase: String,
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    #[serde(deserialize_with = "null_as_default")]
    pub container_statuses: Vec<ContainerStatus>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContainerStatus {
    pub name: String,
    pub restart_count: u32,
    #[serde(rename = "imageID")]
    pub image_id: String,
    pub state: ContainerState,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerState {
    pub running: Option<Running>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Running {
    pub started_at: Option<Timestamp>,
}

/// A Secret or a ConfigMap.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Object {
    pub metadata: Meta,
    /// Of a Secret in Base64, of a ConfigMap as it is.
    #[serde(deserialize_with = "secrets")]
    pub data: BTreeMap<String, Secret>,
    /// Of a ConfigMap, in Base64.
    #[serde(deserialize_with = "secrets")]
    pub binary_data: BTreeMap<String, Secret>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    Ok(Secret::new(Option::<String>::deserialize(deserializer)?.unwrap_or_default()))
}

fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Secret>, D::Error> {
    let texts: Option<BTreeMap<String, String>> = Option::deserialize(deserializer)?;
    Ok(texts.unwrap_or_default().into_iter().map(|(key, text)| (key, Secret::new(text))).collect())
}
