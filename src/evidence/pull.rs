//! One pull of one image by one node.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::text::Clean;

/// A pull that was tested on a node by its kubelet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pull {
    /// The item's id, unique in its document: `pull/NODE/INDEX OF THE IMAGE`.
    pub id: String,
    /// The node: the one that the pod really got, else the planned one.
    pub node: String,
    /// The image as the user wrote it.
    pub image: String,
    /// The image of the pod as the API server made it, when a webhook rewrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_rewritten: Option<String>,
    /// The name of the pod.
    pub pod: String,
    /// Pull secrets of the pod as the API server made it (a ServiceAccount's are added at admission).
    #[serde(default)]
    pub pull_secrets: Vec<String>,
    /// Whether the identity's credential was used.
    pub credential: CredentialUse,
    /// Pull secrets that the kubelet did not find, by its own event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_pull_secrets: Vec<String>,
    /// Whether the node listed the image before the test.
    pub on_node_before: Presence,
    /// How it ended.
    pub outcome: Outcome<PullSeen>,
    /// When the outcome was known, by the observer's clock (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
}

impl Pull {
    /// The image that was pulled: what a webhook made of it, else as the user wrote it.
    pub fn image_used(&self) -> &str {
        self.image_rewritten.as_deref().unwrap_or(&self.image)
    }

    /// Whether the image was pulled.
    pub fn is_pulled(&self) -> bool {
        matches!(self.outcome, Outcome::Seen { value: PullSeen::Pulled { .. } })
    }

    /// The runtime's message, where the pull failed.
    pub fn failure(&self) -> Option<&Clean> {
        match &self.outcome {
            Outcome::Seen { value: PullSeen::Failed { message, .. } } => Some(message),
            _ => None,
        }
    }
}

/// What a kubelet's pull came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PullSeen {
    /// The image was pulled (and nothing of it was started).
    Pulled {
        /// How long the pull took without waiting, in milliseconds; older kubelets do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        took_ms: Option<u64>,
        /// How long it waited behind other pulls, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited_ms: Option<u64>,
        /// The image's size in bytes, as the runtime counts it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size_bytes: Option<u64>,
    },
    /// The pull failed.
    Failed {
        /// The kubelet's reason: `ErrImagePull`, `InvalidImageName`, …
        reason: String,
        /// The runtime's whole message.
        message: Clean,
        /// From the kubelet's `Pulling` event to the failure as the observer saw it, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        took_ms: Option<u64>,
    },
}

/// Whether the identity's credential was used for a pull.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "use", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CredentialUse {
    /// The pod names the identity's pull secrets.
    AsPlanned,
    /// The registry had refused the credential elsewhere, so this pull went without it.
    HeldBack {
        /// The node where it was refused.
        refused_on: String,
    },
}

/// Whether an image was on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// `node.status.images` lists it.
    Yes,
    /// The list is complete and does not hold it.
    No,
    /// The list is cut (a kubelet reports up to 50 images) or absent.
    Unknown,
}
