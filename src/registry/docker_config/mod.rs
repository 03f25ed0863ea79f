//! Docker configurations: what `.dockerconfigjson`, `.dockercfg` and `config.json` say.
//!
//! The kubelet's rules are those of `pkg/credentialprovider` in Kubernetes 1.36 over Go's `encoding/json`: names
//! without regard to case, the last of two wins, `null` changes nothing, a wrong type is an error. Other programs
//! read more of the same file ([`client`]); one parser keeps what either needs.

mod auth;
pub mod client;
mod entries;
mod error;
mod json;
#[cfg(test)]
mod tests;
mod unquote;

use std::collections::BTreeMap;

pub use error::{ConfigError, ErrorClass, Field, Position};

use crate::secret::Secret;

/// A Docker configuration. It has no `Debug`: it holds credentials.
#[derive(Default)]
pub struct DockerConfig {
    /// The entries of `auths`, each key once, in the order of the document.
    pub entries: Vec<Entry>,
    /// `credsStore`: the helper that holds the credentials of all registries. The kubelet does not read it.
    pub creds_store: Option<String>,
    /// `credHelpers`: registry to helper. The kubelet does not read it.
    pub cred_helpers: BTreeMap<String, String>,
    /// Every mistake in a field, in the order of the document; also those in an entry that a later one replaced.
    pub errors: Vec<ConfigError>,
}

/// One entry of `auths`. It has no `Debug`: it holds credentials, and the user name may be one by mistake.
#[derive(Default)]
pub struct Entry {
    /// The key as it is written.
    pub key: String,
    /// The user name: of `auth` if there is one, else `username`.
    pub username: String,
    /// The password: of `auth` if there is one, else `password`.
    pub password: Secret,
    /// `identitytoken`, if it is not empty: a refresh token. The kubelet does not read it.
    pub identity_token: Option<Secret>,
    /// `registrytoken`, if it is not empty: a bearer token. The kubelet does not read it.
    pub registry_token: Option<Secret>,
    /// Where `auth` stands, if it is not empty.
    pub auth_at: Option<Position>,
    /// `auth` lacks its padding: the kubelet takes it, Docker and skopeo do not.
    pub is_unpadded: bool,
    /// User name or password hold bytes that are no UTF-8. They are replaced here; the kubelet cannot send them.
    pub is_lossy: bool,
    /// The first mistake in the entry.
    pub error: Option<ConfigError>,
}

impl DockerConfig {
    /// The first mistake that fails the kubelet's look-up.
    pub fn kubelet_error(&self) -> Option<&ConfigError> {
        self.errors.iter().find(|error| error.field.is_read_by_kubelet())
    }

    /// The entry with exactly this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// Reads a `.dockerconfigjson` or a `config.json`. Mistakes in entries are kept with them.
///
/// # Errors
///
/// It is not JSON, or not an object.
pub fn parse(data: &[u8]) -> Result<DockerConfig, ConfigError> {
    entries::Builder::new(data).document()
}

/// Reads a legacy `.dockercfg`, which is the content of `auths` alone.
///
/// # Errors
///
/// It is not JSON, or not an object.
pub fn parse_legacy(data: &[u8]) -> Result<DockerConfig, ConfigError> {
    entries::Builder::new(data).legacy()
}
