//! What evidence means: findings, their codes and severities.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use crate::code::Code;
use crate::evidence::preflight::ManifestPlace;
use crate::text::Clean;

/// How much a finding matters, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something will not work soon, or works by luck.
    Warning,
    /// It could not be told whether something works. Never counts as healthy.
    Unknown,
    /// Worth knowing; nothing is wrong.
    Info,
}

impl Severity {
    /// The word that a table shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Info => "info",
        }
    }
}

/// One cause that a message or an observation may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The finding code.
    pub code: Code,
    /// Whether what was seen leaves no other cause.
    pub certain: bool,
    /// What in the evidence speaks for it, as one clause.
    pub because: String,
    /// What would settle it, when it is not certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_by: Option<String>,
}

/// What a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The object that is to be mended: `registry/…`, `secret/…`, `node/…`, `image/…`, `namespace/…`.
    pub name: String,
    /// Its namespace, where workloads were looked at; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Image references concerned, as the user wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Nodes concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
}

/// Kinds of objects that findings name and that live in a namespace.
const NAMESPACED: &[&str] = &[
    "pod/",
    "deploy/",
    "sts/",
    "ds/",
    "rs/",
    "job/",
    "cronjob/",
    "secret/",
    "serviceaccount/",
    "networkpolicy/",
];

impl Subject {
    /// Whether the object lives in a namespace.
    pub fn is_namespaced(&self) -> bool {
        NAMESPACED.iter().any(|kind| self.name.starts_with(kind))
    }

    /// Whether both are the same object, as far as their namespaces are known.
    pub fn is_object_of(&self, other: &Self) -> bool {
        let is_elsewhere = ![&self.namespace, &other.namespace].iter().any(|one| one.is_empty())
            && self.namespace != other.namespace;
        self.name == other.name && !is_elsewhere
    }
}

/// A command that mends the cause, or settles which cause it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// What it changes or shows, as one clause.
    pub what: String,
    /// What is written into files before the command is run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// The command to paste. Words in CAPITALS are for the reader to fill in.
    pub command: String,
}

/// Text for a file of the user's: a part that is added to it, or the whole of a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// The file as its program calls it: `kustomization.yaml`.
    pub file: String,
    /// The text: YAML. Words in CAPITALS are for the reader to fill in.
    pub text: String,
}

impl Fix {
    /// A command without files.
    pub fn new(what: impl Into<String>, command: impl Into<String>) -> Self {
        Self { what: what.into(), patches: Vec::new(), command: command.into() }
    }
}

/// A judgement: one cause, with the evidence for it and what mends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The code, an interface (see [`Code`]).
    pub code: Code,
    /// How much it matters here; a rule may rate it differently from the code's usual severity.
    pub severity: Severity,
    /// Whether the evidence leaves no other cause.
    pub certain: bool,
    /// What it is about.
    pub subject: Subject,
    /// One sentence that says the cause.
    pub cause: String,
    /// What was seen, in the words of the program that said it; the first message of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Clean>,
    /// Ids of the evidence items that it explains.
    pub evidence: Vec<String>,
    /// Where manifests name what it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<ManifestPlace>,
    /// The causes that come next, when this one is not certain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_possible: Vec<Code>,
    /// What would settle it, when it is not certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_by: Option<String>,
    /// Commands, least invasive first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
    /// Fields of a newer version, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Finding {
    /// A finding of `code` at its usual severity, certain, with nothing else filled in.
    pub fn new(code: Code, subject: Subject, cause: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            certain: true,
            subject,
            cause: cause.into(),
            messages: Vec::new(),
            evidence: Vec::new(),
            places: Vec::new(),
            also_possible: Vec::new(),
            settle_by: None,
            fixes: Vec::new(),
            extra: Map::new(),
        }
    }

    /// What tells it from others in every run: code, namespace and subject.
    pub fn key(&self) -> String {
        format!("{}:{}:{}", self.code, self.subject.namespace, self.subject.name)
    }
}
