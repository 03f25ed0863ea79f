//! Containers whose image is not there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::Clean;

/// A container of a pod that waits for its image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailingPull {
    /// The item's id, unique in its document: `pod/NAMESPACE/POD/CONTAINER`.
    pub id: String,
    /// Id of the workload that it belongs to.
    pub workload: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container; empty where it is the pod's sandbox that lacks its image: the node's runtime pulls that by itself,
    /// without the pod's secrets.
    pub container: String,
    /// Its image, as the pod has it; of the sandbox, as the runtime has it.
    pub image: String,
    /// The node; empty before the pod is bound.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// The pod's ServiceAccount.
    pub service_account: String,
    /// The pull secrets that the pod itself has, in order: those of its template, or its ServiceAccount's at the
    /// time when it was created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_secrets: Vec<String>,
    /// How it waits.
    pub state: PullState,
    /// The runtime's or kubelet's words; `None` where nobody keeps them (any more).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Clean>,
    /// Where the words are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_by: Option<Witness>,
    /// Whether the pod's events were still there.
    pub events: Events,
    /// Pull secrets that the kubelet did not find, by its own event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_pull_secrets: Vec<String>,
    /// When the pod was created (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl FailingPull {
    /// Whether it is the image of the pod's sandbox.
    pub fn is_of_sandbox(&self) -> bool {
        self.container.is_empty()
    }

    /// Whether nobody says (any more) what the container waits for: its image, a volume, the network.
    pub fn is_silent(&self) -> bool {
        self.state == PullState::Pulling && self.events != Events::Found && self.message.is_none()
    }

    /// Whether the container is known to wait for its image.
    pub fn lacks_image(&self) -> bool {
        self.state != PullState::StartedAllTheSame && !self.is_silent()
    }
}

/// How a container waits for its image: the kubelet's reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PullState {
    /// `ErrImagePull`: the last try failed.
    ErrImagePull,
    /// `ImagePullBackOff`: the kubelet waits before it tries again.
    ImagePullBackOff,
    /// `InvalidImageName`.
    InvalidImageName,
    /// `ErrImageNeverPull`.
    ErrImageNeverPull,
    /// `ImageInspectError`, `RegistryUnavailable`, `SignatureValidationFailed`, …: another reason about images.
    Other,
    /// The pod waits in `ContainerCreating` and its last event is `Pulling`, for more than a minute. Where its events
    /// have expired or were not read, it has waited for more than ten, and whether for its image is not known.
    Pulling,
    /// The pull failed before, by an event, and the container runs: it started from the node's copy, or a later
    /// try worked.
    StartedAllTheSame,
}

/// Where the words of a failure are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Witness {
    /// The container's state.
    Status,
    /// An event of the kubelet, which has the whole message.
    Event,
}

/// Whether the events of a pod were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Events {
    /// There were some about its pulls.
    Found,
    /// There were none: the API server keeps them for an hour by default.
    Expired,
    /// They were not read.
    NotRead,
}
