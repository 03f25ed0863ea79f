//! Which docker configuration a builder's containers mount, as their pod template says it.

use serde::{Deserialize, Serialize};

use crate::plan::DockerConfigSource;
use crate::text::Clean;

/// A container that builds or copies images, and where it gets its docker configuration from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BuilderConfig {
    /// The item's id, unique in its document: `builder/CONTAINER`.
    pub id: String,
    /// What runs in the container.
    pub program: Program,
    /// The container's name.
    pub container: String,
    /// Whether it is an init container.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub init: bool,
    /// Its image.
    pub image: Clean,
    /// The files that the program reads, in its order: the first that has an entry counts.
    pub reads: Vec<String>,
    /// Where the configuration that it reads comes from; `None` where nothing is mounted there, or where what is
    /// mounted is not known to the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<DockerConfigSource>,
    /// A Secret that is mounted where nothing reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misnamed: Option<Misnamed>,
    /// Cloud identities of the ServiceAccount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ambient: Vec<Ambient>,
    /// Why the configuration may be there all the same: something writes it when the pod runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at_run_time: Option<RunTime>,
    /// What its arguments say of where it pushes to, of programs whose arguments are read (Kaniko); `None` where they do
    /// not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushes: Option<Pushes>,
    /// The pod's pull secrets, which do nothing for what it pushes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_secrets: Vec<String>,
}

/// Where a builder pushes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Pushes {
    /// It builds alone.
    Nothing,
    /// To these images, as its arguments have them.
    To(Vec<Clean>),
}

/// Programs that push images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Program {
    /// Kaniko's executor.
    Kaniko,
    /// BuildKit: the daemon takes credentials from its client, `buildctl` in the same container.
    BuildKit,
    /// skopeo.
    Skopeo,
    /// skopeo in Garden's util container.
    GardenUtil,
    /// buildah.
    Buildah,
    /// podman.
    Podman,
    /// crane.
    Crane,
    /// ko.
    Ko,
    /// jib.
    Jib,
    /// The Docker CLI.
    Docker,
    /// Helm, pushing charts.
    Helm,
    /// Not known by name, but it mounts a docker configuration.
    Other,
}

impl Program {
    /// The name as its users write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kaniko => "Kaniko",
            Self::BuildKit => "BuildKit",
            Self::Skopeo => "skopeo",
            Self::GardenUtil => "skopeo (Garden)",
            Self::Buildah => "buildah",
            Self::Podman => "podman",
            Self::Crane => "crane",
            Self::Ko => "ko",
            Self::Jib => "jib",
            Self::Docker => "docker",
            Self::Helm => "helm",
            Self::Other => "the program",
        }
    }
}

/// A Secret that is mounted under a name, or in a folder, that the program does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Misnamed {
    /// The file as it is mounted.
    pub mounted_as: String,
    /// The file that the program reads.
    pub wanted: String,
    /// The Secret's name.
    pub secret: String,
    /// The key that becomes the file.
    pub key: String,
    /// Whether the Secret is mounted whole in the right folder, so that its keys name the files: then it may as
    /// well have a key that the program does read, which the pod does not tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_key: bool,
}

/// A cloud identity that a ServiceAccount is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Ambient {
    /// Whose.
    pub kind: AmbientKind,
    /// The identity's name.
    pub identity: Clean,
}

/// Kinds of cloud identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AmbientKind {
    /// IRSA: an AWS role for a ServiceAccount.
    AwsRole,
    /// GKE's workload identity.
    GcpServiceAccount,
    /// Azure's workload identity.
    AzureClient,
}

impl AmbientKind {
    /// What its cloud calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsRole => "AWS role (IRSA)",
            Self::GcpServiceAccount => "Google service account (workload identity)",
            Self::AzureClient => "Azure client (workload identity)",
        }
    }
}

/// What may write a docker configuration when the pod runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum RunTime {
    /// The folder is a volume that the pod, or something before it, fills: emptyDir, a claim, CSI.
    Volume,
    /// The container's own command logs in, or writes the file.
    Command,
    /// The credential comes with a client's session, or with commands that are sent into the container.
    Session,
    /// A variable holds a whole configuration, or may, since variables come from elsewhere.
    Variable,
}
