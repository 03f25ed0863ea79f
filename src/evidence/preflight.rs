//! What manifests would bring to a cluster: workloads, and what their pulls need, before anything of it is there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::text::Clean;

/// Manifests, beside the evidence about the workloads that they would make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Preflight {
    /// How many documents were read, empty ones left out.
    pub documents: usize,
    /// One item a workload of the manifests.
    pub workloads: Vec<PlannedWorkload>,
    /// Secrets, ServiceAccounts and namespaces that the manifests bring themselves, or whose makers they bring.
    pub brought: Vec<Brought>,
    /// One item a namespace that a workload goes to.
    pub namespaces: Vec<PlannedNamespace>,
    /// Kinds of objects in which no pod template was found, though they are not Kubernetes' own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_kinds: Vec<UnreadKind>,
    /// One item a workload and image: whether a test was made of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<PlannedTest>,
}

/// Where something is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ManifestPlace {
    /// The file as it was named, `-` for the standard input.
    pub file: Clean,
    /// The line, from 1.
    pub line: u32,
    /// The template that Helm made it from, by the comment that `helm template` writes; empty where there is none.
    #[serde(default, skip_serializing_if = "Clean::is_empty")]
    pub template: Clean,
}

impl ManifestPlace {
    /// Whether it came by the standard input, and so has no file of its own.
    pub fn is_piped(&self) -> bool {
        self.file.as_str() == "-"
    }

    /// `deploy/web.yaml:12`, `standard input, line 12`, `standard input, line 12 (web/templates/deployment.yaml)`.
    pub fn describe(&self) -> String {
        let place = match self.is_piped() {
            true => format!("standard input, line {}", self.line),
            false => format!("{}:{}", self.file, self.line),
        };
        match self.template.is_empty() {
            true => place,
            false => format!("{place} ({})", self.template),
        }
    }
}

/// A workload of the manifests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlannedWorkload {
    /// Id of the workload.
    pub id: String,
    /// Where its document begins.
    pub place: ManifestPlace,
    /// Where its images are written.
    #[serde(default)]
    pub images: Vec<PlannedImage>,
    /// The labels of its pods, where it builds: NetworkPolicies select on them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// On which nodes its pods can land.
    pub landing: Outcome<Landing>,
}

/// Where an image is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlannedImage {
    /// The reference as the workload has it.
    pub image: String,
    /// The line, from 1.
    pub line: u32,
}

/// The nodes that pods of a workload can land on, by node name, node selector, required node affinity and taints
/// (`pkg/scheduler/framework/plugins/{nodeaffinity,nodename,tainttoleration}`, Kubernetes 1.36). Neither conditions nor
/// room play a part: those pass.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Landing {
    /// How many they are.
    pub nodes: usize,
    /// How many nodes there are.
    pub of: usize,
    /// The platforms among them, the most common first.
    #[serde(default)]
    pub platforms: Vec<PlatformNodes>,
    /// What keeps pods from the nodes where none fits, as one clause.
    #[serde(default, skip_serializing_if = "Clean::is_empty")]
    pub because: Clean,
    /// Nodes that they can land on and that do not list an image which is never pulled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_image: Vec<String>,
}

/// Nodes of one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlatformNodes {
    /// `linux/amd64`.
    pub platform: String,
    /// How many nodes of it there are.
    pub nodes: usize,
    /// Some of those that can take a test, at most [`TEST_NODES`].
    #[serde(default)]
    pub ready: Vec<String>,
}

/// How many nodes [`PlatformNodes::ready`] names.
pub const TEST_NODES: usize = 10;

/// An object that comes with the workloads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Brought {
    /// `secret/NAMESPACE/NAME`, `serviceaccount/NAMESPACE/NAME`, `namespace/NAME`.
    pub id: String,
    /// Where it is written.
    pub place: ManifestPlace,
    /// Of a Secret: whether the cluster has it already with the same credentials.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_there: bool,
}

/// A namespace that workloads go to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlannedNamespace {
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub outcome: Outcome<()>,
    /// Whether the manifests bring it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub brought: bool,
}

/// Objects of a kind that were passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnreadKind {
    /// `Workflow.argoproj.io`.
    pub kind: Clean,
    /// How many there were.
    pub count: usize,
}

/// Whether a pull was tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlannedTest {
    /// Id of the workload.
    pub workload: String,
    /// The image.
    pub image: String,
    /// The run that tested it; absent where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why it was not tested, or not on all platforms; empty where it was.
    #[serde(default, skip_serializing_if = "Clean::is_empty")]
    pub why_not: Clean,
    /// Whether the user asked for that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
}

impl Preflight {
    /// What the manifests say of a workload.
    pub fn workload(&self, id: &str) -> Option<&PlannedWorkload> {
        self.workloads.iter().find(|one| one.id == id)
    }

    /// An object that the manifests bring.
    pub fn brought(&self, id: &str) -> Option<&Brought> {
        self.brought.iter().find(|one| one.id == id)
    }
}

impl PlannedWorkload {
    /// Where an image of it is written; else where it begins.
    pub fn place_of(&self, image: &str) -> ManifestPlace {
        let line = self.images.iter().find(|one| one.image == image).map(|one| one.line);
        ManifestPlace { line: line.unwrap_or(self.place.line), ..self.place.clone() }
    }

    /// On which nodes its pods can land, where that is known.
    pub fn landing(&self) -> Option<&Landing> {
        match &self.landing {
            Outcome::Seen { value } => Some(value),
            _ => None,
        }
    }
}
