//! Secrets that pulls and pushes use, without what is secret in them.

use serde::{Deserialize, Serialize};

use super::{Owner, Written};
use crate::evidence::Outcome;
use crate::registry::keyring::evidence::SecretEvidence;
use crate::text::Clean;

/// A Secret that something names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PullSecret {
    /// The item's id, unique in its document: `secret/NAMESPACE/NAME`.
    pub id: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it holds. `Absent`: there is none of that name.
    pub outcome: Outcome<PullSecretSeen>,
    /// Other namespaces that have a pull secret of that name, sorted; `None` where names were not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also_in: Option<Vec<String>>,
}

impl PullSecret {
    /// Whether there is none of that name.
    pub fn is_absent(&self) -> bool {
        matches!(self.outcome, Outcome::Absent { .. })
    }

    /// What it holds, where it was read.
    pub fn seen(&self) -> Option<&PullSecretSeen> {
        match &self.outcome {
            Outcome::Seen { value } => Some(value),
            _ => None,
        }
    }
}

/// What a Secret holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PullSecretSeen {
    /// Its type: `kubernetes.io/dockerconfigjson`.
    pub kind: Clean,
    /// The keys of its data.
    pub keys: Vec<Clean>,
    /// What the kubelet makes of it as a pull secret, and its entries, without their secrets. A docker configuration
    /// under another key, which only a builder mounts, is read too: then the state says that the kubelet does not.
    pub docker_config: SecretEvidence,
    /// When it was made and last written.
    pub written: Written,
    /// Who writes it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Owner>,
}

impl PullSecretSeen {
    /// Whether its data has a key.
    pub fn has_key(&self, key: &str) -> bool {
        self.keys.iter().any(|one| one.as_str() == key)
    }
}
