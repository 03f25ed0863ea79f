//! Harbor's pods, their token keys and what routes to them, as the API server shows them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Outcome;
use crate::text::Clean;

/// A pod of core.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CorePod {
    /// Its name.
    pub name: String,
    /// Its container of core; empty means `core`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container: String,
    /// Its node.
    pub node: String,
    /// Its IP address; empty while it has none.
    pub ip: String,
    /// The port of core's API on it.
    pub port: u16,
    /// Whether it speaks TLS there (Harbor's internal TLS).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls: bool,
    /// Whether it serves.
    pub state: PodState,
    /// When the container started (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// How often the container was restarted.
    pub restarts: u32,
    /// The image as the spec names it.
    pub image: String,
    /// The image that really runs (`imageID`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_id: String,
    /// The ReplicaSet's hash; pods of one rollout share it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Where its token key lies.
    pub key: KeyPath,
    /// Where it serves its own metrics; absent where it does not, or its settings could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricsAt>,
    /// The checksum of that file, computed in the pod; absent where it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Outcome<KeyFile>>,
}

impl CorePod {
    /// `ip:port`, for tables and requests.
    pub fn address(&self) -> String {
        match self.ip.contains(':') {
            true => format!("[{}]:{}", self.ip, self.port),
            false => format!("{}:{}", self.ip, self.port),
        }
    }

    /// Whether it takes part in what users see.
    pub fn serves(&self) -> bool {
        self.state == PodState::Ready
    }
}

/// Where a core serves metrics for Prometheus, in plain HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MetricsAt {
    /// The port (`METRIC_PORT`).
    pub port: u16,
    /// The path (`METRIC_PATH`).
    pub path: String,
}

/// Whether a pod serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PodState {
    /// It is ready.
    Ready,
    /// It is not ready, or not running yet.
    #[default]
    Unready,
    /// It is being deleted.
    Terminating,
}

/// Where a core's token key lies: `TOKEN_PRIVATE_KEY_PATH`, and what is mounted there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KeyPath {
    /// The effective path in the container; empty where it could not be told.
    pub path: String,
    /// What sets it: `default`, `env`, `configmap/NAME`, `secret/NAME`.
    pub set_by: String,
    /// What is mounted there.
    pub mount: KeyMount,
}

/// What is mounted at the path of a token key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum KeyMount {
    /// A key of a Secret.
    Secret {
        /// The Secret's name.
        name: String,
        /// The key of its data.
        key: String,
        /// Whether by `subPath`, which never changes in a running pod.
        sub_path: bool,
    },
    /// Something else that may be shared: a ConfigMap, a CSI volume, a volume claim.
    Other {
        /// `configmap/NAME`, `csi/DRIVER`, `persistentvolumeclaim/NAME`, `emptyDir` …
        source: String,
    },
    /// Nothing: the file is the image's own.
    Nothing,
    /// The path could not be told.
    #[default]
    Unknown,
}

/// The checksum of a key's file, as the pod computed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KeyFile {
    /// SHA-256 of the file, as 64 hexadecimal digits. It differs with white space, the `kid` does not.
    pub sha256: String,
    /// The program that computed it: `sha256sum`, `openssl`, `busybox` …
    pub by: String,
}

/// A Secret that holds a token key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KeySecret {
    /// The Secret's name.
    pub name: String,
    /// The key of its data that is mounted as the private key.
    pub key: String,
    /// What it holds now. The private key itself was hashed at once and forgotten.
    pub outcome: Outcome<KeySecretSeen>,
}

/// What a Secret with a token key holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KeySecretSeen {
    /// SHA-256 of the private key's value, as 64 hexadecimal digits.
    pub sha256: String,
    /// The form of the private key.
    pub form: KeyForm,
    /// `kid` of the private key; absent where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// `kid` of the certificate (`tls.crt`) beside it; absent where there is none or it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_kid: Option<String>,
    /// When it was written last, by its managed fields (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_at: Option<Timestamp>,
}

/// The form of a private key. Harbor issues tokens with PKCS#1 RSA keys only (2.16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum KeyForm {
    /// `RSA PRIVATE KEY`.
    Pkcs1,
    /// `PRIVATE KEY`: Harbor verifies with it and cannot issue.
    Pkcs8,
    /// A key of another kind, such as `EC PRIVATE KEY`.
    Other,
    /// No key, or one that cannot be read.
    #[default]
    Unreadable,
}

/// A pod of jobservice or registry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct OtherPod {
    /// `jobservice`, `registry`, `portal` …
    pub component: String,
    /// Its name.
    pub name: String,
    /// Its node.
    pub node: String,
    /// Whether it serves.
    pub state: PodState,
    /// The image of the container of that name, as the spec names it.
    pub image: String,
}

/// A rollout that is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// `deployment/harbor-core`.
    pub workload: String,
    /// Pods that should run.
    pub wanted: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Whether it is stuck: `ProgressDeadlineExceeded`, or paused.
    pub stuck: bool,
    /// The controller's words.
    pub message: Clean,
}

/// Something that sends a client to the same core again and so hides that cores differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sticky {
    /// `service/harbor-core`, `ingress/harbor`.
    pub object: String,
    /// How: `sessionAffinity: ClientIP`, `nginx.ingress.kubernetes.io/affinity: cookie`.
    pub by: Clean,
}

/// Where clients come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FrontDoor {
    /// The Service before core: `service/harbor-core`; empty where none was found.
    pub service: String,
    /// Its URL in the cluster: `http://harbor-core.harbor.svc:80`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_url: String,
    /// The URL that users know (`EXT_ENDPOINT`), without user and password; empty where it could not be read.
    #[serde(skip_serializing_if = "Clean::is_empty")]
    pub external_url: Clean,
}

/// How often a core logged a telling line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreLog {
    /// The pod.
    pub pod: String,
    /// From when on its log was read (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What was found; empty where there was no such line.
    pub outcome: Outcome<Vec<LogCount>>,
}

/// One kind of telling line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LogCount {
    /// What it tells.
    pub line: TellingLine,
    /// How many of them.
    pub count: u32,
    /// When the first and the last one were written (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Timestamp>,
    /// See `first`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// One of them, cleaned.
    pub example: Clean,
    /// The accounts that they name, where the line names one ([`TellingLine::RobotUnusable`]): the first 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Clean>,
}

/// Lines of core's log that tell a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TellingLine {
    /// A token's signature does not fit this core's key.
    KeyDoesNotFit,
    /// A token is not valid yet.
    NotValidYet,
    /// A token is expired.
    TokenExpired,
    /// A robot account is expired or deactivated.
    RobotUnusable,
    /// The private key has a form that core cannot issue with.
    KeyUnreadable,
}
