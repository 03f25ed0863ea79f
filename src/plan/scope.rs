//! Which workloads are looked at.

use serde::{Deserialize, Serialize};

use crate::evidence::workloads::Resource;

/// Which workloads are looked at, and what is read for that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ScopePlan {
    /// All namespaces, rather than the plan's own.
    pub all_namespaces: bool,
    /// Named workloads as kubectl calls them (`deploy/web`); empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<String>,
    /// A label selector for pods and workloads; empty: all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// What is read. What was to be read and was not is told as not checked.
    pub reads: Vec<Resource>,
    /// Warn of long-lived credentials that end within so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<u64>,
    /// The form of mends.
    pub fix_format: FixFormat,
}

/// The form in which a mend is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FixFormat {
    /// A command of kubectl, with a strategic merge patch where an object is changed.
    #[default]
    Kubectl,
    /// A kustomization.
    Kustomize,
    /// Values of a Helm chart, by the common conventions.
    HelmValues,
    /// Garden's `patchResources` and a shared variable.
    Garden,
}
