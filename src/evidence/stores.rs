//! What the clients of this machine keep for an image, without the credentials themselves.

use serde::{Deserialize, Serialize};

use super::probe::CredentialSeen;
use crate::finding::Fix;
use crate::text::Clean;

/// What one client of this machine has for an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Store {
    /// The image as the user wrote it.
    pub image: String,
    /// The client: `docker`, `podman` (with skopeo and buildah) or `helm`.
    pub client: String,
    /// The files that it read, in its order; those that are not there are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<StoreFile>,
    /// What it has, in its order: the first wins, the next is used once that one is removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<StoreEntry>,
    /// Entries that match and hold nothing, which it passes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<StoreEntry>,
    /// Credential helpers that gave nothing because they failed, with the class of the failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_helpers: Vec<Clean>,
    /// Whether the client gives up because of a file or helper that failed, instead of going on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gives_up: bool,
}

impl Store {
    /// The credential that the client sends first; `None`: it is anonymous, or gives up.
    pub fn sends(&self) -> Option<&StoreEntry> {
        self.entries.first()
    }
}

/// A file that a client read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StoreFile {
    /// Its path.
    pub path: Clean,
    /// Why this client cannot read it, as class and position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Clean>,
}

/// A credential in a store. What the registry made of it is the attempt whose credential has this place as its
/// source, and this key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StoreEntry {
    /// Where it is kept: a file, `docker-credential-NAME`, `$VARIABLE`.
    pub place: Clean,
    /// The key under which it is kept.
    pub key: Clean,
    /// Commands that remove it, the usual one first: they depend on this machine's environment, which nothing else
    /// in the evidence tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logout: Vec<Fix>,
}

impl StoreEntry {
    /// Whether it is the credential that was sent.
    pub fn is(&self, credential: &CredentialSeen) -> bool {
        self.place.as_str() == credential.source && self.key == credential.key
    }
}
