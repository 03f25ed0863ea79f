//! The same file as programs other than the kubelet read it: Docker, Podman, Helm, skopeo, Kaniko.
//!
//! They honour identity tokens, credential helpers and stores. The rules are those of `cli/config` in
//! github.com/docker/cli 28 (`configfile`, `credentials/file_store.go`), which Helm and Kaniko's library share but for
//! details.

use super::entries::MAX_KEY;
use super::{ConfigError, DockerConfig, Entry, ErrorClass, Field};
use crate::secret::Secret;
use crate::text::Clean;

/// The key under which Docker stores its own registry's credentials.
pub(crate) const DOCKER_INDEX: &str = "https://index.docker.io/v1/";

/// Where a client looks for a registry's credentials.
pub enum Source<'a> {
    /// The helper `docker-credential-NAME` that `credHelpers` names for this registry.
    Helper(&'a str),
    /// The helper `docker-credential-NAME` that `credsStore` names for all.
    Store(&'a str),
    /// An entry of `auths`.
    Entry(&'a Entry),
    /// Nowhere: the client is anonymous.
    None,
}

/// What an entry offers to a client, in the client's order of preference.
pub enum Login<'a> {
    /// A bearer token that is sent as it is.
    RegistryToken(&'a Secret),
    /// A refresh token for the token service.
    IdentityToken {
        /// The user name beside it.
        username: &'a str,
        /// The token.
        token: &'a Secret,
    },
    /// User name and password.
    Basic {
        /// The user name.
        username: &'a str,
        /// The password; without the zero bytes at its ends, which Docker takes away.
        password: &'a str,
    },
    /// Nothing.
    None,
}

impl DockerConfig {
    /// Where Docker looks for the credentials of `registry` (host and port; `docker.io` for Docker Hub): a helper of
    /// its own, else the store, else `auths`. A helper that has nothing means anonymous; `auths` is not looked at
    /// then.
    pub fn client_source(&self, registry: &str) -> Source<'_> {
        let name = if registry == "docker.io" { DOCKER_INDEX } else { registry };
        if let Some(helper) = self.cred_helpers.get(name).filter(|helper| !helper.is_empty()) {
            return Source::Helper(helper);
        }
        if let Some(store) = &self.creds_store {
            return Source::Store(store);
        }
        let by_host = || self.entries.iter().find(|entry| hostname(&entry.key) == hostname(name));
        self.entry(name).or_else(by_host).map_or(Source::None, Source::Entry)
    }
}

impl Entry {
    /// What the entry offers to a client.
    ///
    /// # Errors
    ///
    /// The class of the mistake that makes the client refuse the whole file.
    pub fn client_login(&self) -> Result<Login<'_>, ErrorClass> {
        if let Some(error) = self.client_error() {
            return Err(error.class);
        }
        if let Some(token) = &self.registry_token {
            return Ok(Login::RegistryToken(token));
        }
        if let Some(token) = &self.identity_token {
            return Ok(Login::IdentityToken { username: &self.username, token });
        }
        let password = self.password.expose().trim_matches('\0');
        if self.username.is_empty() || password.is_empty() {
            return Ok(Login::None);
        }
        Ok(Login::Basic { username: &self.username, password })
    }
}

impl Entry {
    /// The mistake for which clients do not take the entry: the first in it, or padding that `auth` lacks.
    pub fn client_error(&self) -> Option<ConfigError> {
        let unpadded = || ConfigError {
            class: ErrorClass::AuthNotBase64,
            field: Field::Auth,
            key: Some(Clean::with_cap(&self.key, MAX_KEY)),
            position: self.auth_at.unwrap_or_default(),
        };
        self.error.clone().or_else(|| self.is_unpadded.then(unpadded))
    }
}

/// The key of an entry without scheme and path, as Docker compares them (`ConvertToHostname`).
pub(crate) fn hostname(key: &str) -> &str {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    bare.split_once('/').map_or(bare, |(host, _)| host)
}
