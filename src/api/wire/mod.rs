//! Lean types of what is read from the API server: only the fields that are used are decoded.

mod node;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use node::{Lease, LeaseMeta, LeaseSpec, Node, NodeImage, NodeInfo, NodeSpec, NodeStatus, Taint};

/// A list, or one page of it.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct List<T> {
    /// Where the list stands.
    #[serde(default)]
    pub metadata: ListMeta,
    /// The objects. The API server writes `null` for none.
    #[serde(default = "Vec::new", deserialize_with = "null_as_default")]
    pub items: Vec<T>,
}

/// `metav1.ListMeta`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListMeta {
    /// The version that a watch can start from.
    pub resource_version: String,
    /// Where the next page begins; empty at the end.
    #[serde(rename = "continue")]
    pub next: String,
}

/// `metav1.ObjectMeta`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    /// Name.
    pub name: String,
    /// Namespace; empty for cluster-wide objects.
    pub namespace: String,
    /// Unique id.
    pub uid: String,
    /// Version, opaque.
    pub resource_version: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// When it was created (RFC 3339, UTC).
    pub creation_timestamp: Option<jiff::Timestamp>,
    /// When it is to be gone.
    pub deletion_timestamp: Option<jiff::Timestamp>,
}

/// An object of which only the metadata is wanted.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Named {
    /// Metadata.
    #[serde(default)]
    pub metadata: Meta,
}

/// A reference by name only.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NameRef {
    /// The name; empty ones occur and mean nothing.
    #[serde(default)]
    pub name: String,
}

/// A pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: PodSpec,
    /// Status.
    pub status: PodStatus,
}

/// A pod's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// The node that it is bound to; empty before.
    pub node_name: String,
    /// Its ServiceAccount.
    pub service_account_name: String,
    /// Its pull secrets.
    #[serde(deserialize_with = "null_as_default")]
    pub image_pull_secrets: Vec<NameRef>,
    /// Init containers.
    #[serde(deserialize_with = "null_as_default")]
    pub init_containers: Vec<Container>,
    /// Containers.
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
}

/// A container's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image reference.
    pub image: String,
}

/// A pod's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// `Pending`, `Running`, `Failed`, …
    pub phase: String,
    /// Why it failed, in one word.
    pub reason: String,
    /// Why it failed, in words.
    pub message: String,
    /// Conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// States of the init containers.
    #[serde(deserialize_with = "null_as_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
    /// States of the containers.
    #[serde(deserialize_with = "null_as_default")]
    pub container_statuses: Vec<ContainerStatus>,
}

/// A condition of a pod, node or Job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// `Ready`, `PodScheduled`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// One word.
    pub reason: String,
    /// In words.
    pub message: String,
}

/// A container's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContainerStatus {
    /// The container's name.
    pub name: String,
    /// Its state.
    pub state: ContainerState,
}

/// A container's state: at most one of them is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// Not started.
    pub waiting: Option<Reason>,
    /// Started.
    pub running: Option<serde::de::IgnoredAny>,
    /// Ended.
    pub terminated: Option<Terminated>,
}

/// How a container ended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Terminated {
    /// The exit status of its program; 128 when it could not be started.
    pub exit_code: i32,
    /// `Completed`, `Error`, `OOMKilled`, `StartError`, …
    pub reason: String,
    /// Its termination message.
    pub message: String,
    /// The container that ended; empty when none was ever made.
    #[serde(rename = "containerID")]
    pub container_id: String,
}

/// A reason with a message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reason {
    /// One word.
    pub reason: String,
    /// In words.
    pub message: String,
}

/// An event.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    /// Metadata.
    pub metadata: Meta,
    /// What it is about.
    pub involved_object: ObjectRef,
    /// One word.
    pub reason: String,
    /// In words.
    pub message: String,
}

/// What an event is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectRef {
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Unique id.
    pub uid: String,
    /// `spec.containers{NAME}` for events about one container.
    pub field_path: String,
}

/// A Job of a run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Job {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: JobSpec,
    /// Status.
    pub status: JobStatus,
}

/// A Job's spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JobSpec {
    /// Its deadline, in seconds after its creation.
    pub active_deadline_seconds: Option<i64>,
}

/// A Job's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct JobStatus {
    /// Conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}

/// Go writes `null` for an empty slice without `omitempty`.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
