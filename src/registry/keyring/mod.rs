//! Which credentials the kubelet tries for an image, and in which order.
//!
//! The rules are those of `pkg/credentialprovider` and its `secrets` package in Kubernetes 1.36. The node's own
//! configuration and credential providers come after the pull secrets and are not visible here.

pub mod evidence;
mod glob;
mod index;
mod parts;
#[cfg(test)]
mod tests;
mod url;

use std::collections::HashMap;

pub use index::{Found, Index};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::docker_config::{self, ConfigError, DockerConfig, Entry};
use super::reference::Reference;
use crate::text::Clean;
pub(crate) use parts::KeyParts;

/// The type of a Secret that holds a Docker configuration.
pub const TYPE_DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";

/// The type of a Secret that holds the legacy form.
pub const TYPE_DOCKERCFG: &str = "kubernetes.io/dockercfg";

/// The data key that the kubelet reads in a Secret of type [`TYPE_DOCKER_CONFIG_JSON`].
pub const KEY_DOCKER_CONFIG_JSON: &str = ".dockerconfigjson";

/// The data key that the kubelet reads in a Secret of type [`TYPE_DOCKERCFG`].
pub const KEY_DOCKERCFG: &str = ".dockercfg";

/// A pull secret of a pod. It has no `Debug`: it holds credentials.
#[derive(Clone)]
pub struct PullSecret {
    /// The Secret's name.
    pub name: String,
    /// The Secret's type.
    pub kind: String,
    /// The data key that is looked at.
    pub key: String,
    /// That key's value, decoded.
    pub data: Zeroizing<Vec<u8>>,
}

/// What the kubelet makes of one pull secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum SecretState {
    /// Its entries count.
    Read,
    /// It is of a type that the kubelet does not read. It is passed over in silence.
    WrongType,
    /// It is of the right type and lacks the data key that belongs to it.
    WrongKey,
    /// The data key is there and empty.
    Empty,
    /// It is broken, and fails the look-up for the whole pod.
    Broken {
        /// How.
        error: ConfigError,
    },
}

/// A pull secret that fails the look-up for the whole pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[error("the pull secret `{secret}` cannot be read: {error}")]
pub struct KeyringError {
    /// The Secret's name.
    pub secret: Clean,
    /// What is wrong in it.
    pub error: ConfigError,
}

/// The credentials of a pod's pull secrets. It has no `Debug`: it holds credentials.
pub struct Keyring {
    secrets: Vec<KeyringSecret>,
    /// Secret and entry of each number in the index.
    places: Vec<(usize, usize)>,
    index: Index,
    error: Option<KeyringError>,
}

/// One pull secret as it was read. It has no `Debug`: it holds credentials.
pub struct KeyringSecret {
    /// The Secret's name.
    pub name: String,
    /// What the kubelet makes of it.
    pub state: SecretState,
    /// What is in it; nothing unless its JSON could be read.
    pub config: DockerConfig,
}

/// A credential that is tried for an image. It has no `Debug`: it holds one.
#[derive(Clone, Copy)]
pub struct Match<'a> {
    /// The Secret it comes from.
    pub secret: &'a KeyringSecret,
    /// The entry in it.
    pub entry: &'a Entry,
    /// Its key did not match; it stands for Docker Hub because nothing else did.
    pub is_default_registry: bool,
    /// Another entry of the same Secret has the same key once it is normalised: which of them comes first is
    /// chance with each pull.
    pub is_order_random: bool,
}

impl Keyring {
    /// Reads the pull secrets in their order.
    pub fn new(secrets: &[PullSecret]) -> Self {
        let secrets: Vec<_> = secrets.iter().map(KeyringSecret::read).collect();
        let error = secrets.iter().find_map(|secret| match &secret.state {
            SecretState::Broken { error } => {
                Some(KeyringError { secret: Clean::new(&secret.name), error: error.clone() })
            }
            _ => None,
        });
        let places: Vec<(usize, usize)> = secrets
            .iter()
            .enumerate()
            .filter(|(_, secret)| secret.state == SecretState::Read)
            .flat_map(|(at, secret)| (0..secret.config.entries.len()).map(move |entry| (at, entry)))
            .collect();
        let index =
            Index::new(places.iter().map(|(at, entry)| secrets[*at].config.entries[*entry].key.as_str()));
        Self { secrets, places, index, error }
    }

    /// The pull secrets as they were read, in their order.
    pub fn secrets(&self) -> &[KeyringSecret] {
        &self.secrets
    }

    /// The credentials that the kubelet tries for `image`, in order. None at all means an anonymous pull, unless
    /// the node has credentials of its own; with any, it is never tried.
    ///
    /// # Errors
    ///
    /// The first pull secret that is broken.
    pub fn lookup(&self, image: &Reference) -> Result<Vec<Match<'_>>, KeyringError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let found = self.index.lookup(image);
        let is_default_registry = found.is_default_registry;
        Ok(found.groups.iter().flat_map(|group| self.group(group, is_default_registry)).collect())
    }

    /// The entries of one normalised key.
    fn group(&self, group: &[usize], is_default_registry: bool) -> Vec<Match<'_>> {
        let mut by_secret = HashMap::new();
        for number in group {
            *by_secret.entry(self.places[*number].0).or_insert(0) += 1;
        }
        let matched = |number: &usize| {
            let (at, entry) = self.places[*number];
            let secret = &self.secrets[at];
            let is_order_random = by_secret.get(&at).is_some_and(|count| *count > 1);
            Match { secret, entry: &secret.config.entries[entry], is_default_registry, is_order_random }
        };
        group.iter().map(matched).collect()
    }
}

impl KeyringSecret {
    /// `secretsToTrackedDockerConfigs`, for one Secret.
    fn read(secret: &PullSecret) -> Self {
        let (state, config) = match secret.kind.as_str() {
            TYPE_DOCKER_CONFIG_JSON => Self::parse(secret, KEY_DOCKER_CONFIG_JSON, docker_config::parse),
            TYPE_DOCKERCFG => Self::parse(secret, KEY_DOCKERCFG, docker_config::parse_legacy),
            _ => (SecretState::WrongType, DockerConfig::default()),
        };
        Self { name: secret.name.clone(), state, config }
    }

    fn parse(
        secret: &PullSecret,
        key: &str,
        parse: impl FnOnce(&[u8]) -> Result<DockerConfig, ConfigError>,
    ) -> (SecretState, DockerConfig) {
        if secret.key != key {
            return (SecretState::WrongKey, DockerConfig::default());
        }
        if secret.data.is_empty() {
            return (SecretState::Empty, DockerConfig::default());
        }
        match parse(&secret.data) {
            Ok(config) => match config.kubelet_error().cloned() {
                Some(error) => (SecretState::Broken { error }, config),
                None => (SecretState::Read, config),
            },
            Err(error) => (SecretState::Broken { error }, DockerConfig::default()),
        }
    }
}
