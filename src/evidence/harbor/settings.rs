//! Configuration that Harbor's pods must share, compared without being shown.

use serde::{Deserialize, Serialize};

use crate::secret::Fingerprint;
use crate::text::Clean;

/// One setting that must be equal on all pods that have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// The variable, or the file: `CSRF_KEY`, `/etc/core/key`.
    pub name: String,
    /// One item a pod and container that should have it.
    pub values: Vec<SettingValue>,
}

/// What one container has for a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingValue {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Where it comes from: `env`, `secret/harbor-core key CSRF_KEY`, `configmap/harbor-core`, `unset`.
    pub from: String,
    /// How the value was learnt.
    pub learnt: Learnt,
    /// The value's fingerprint under the run's key; absent where it is unset or was not to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The value's length in bytes, where that matters (`CSRF_KEY` has 32).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// The value itself where it is no secret (`EXT_ENDPOINT`, `CORE_LOCAL_URL`), without user and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Clean>,
}

/// How a setting's value was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Learnt {
    /// Computed in the running container, so that it is what the process has.
    InPod,
    /// From the pod's spec and the objects that it names now, which may have changed since the pod started.
    FromSpec,
    /// It is not set.
    Unset,
    /// It could not be learnt; see [`Harbor::unread`](super::Harbor::unread).
    Unread,
}
