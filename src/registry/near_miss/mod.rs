//! Why a key of a Docker configuration that looks right does not match an image, and why an entry that matches is
//! worth nothing.

mod hosts;
mod providers;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::docker_config::client::Source;
use super::docker_config::{DockerConfig, Entry};
use super::keyring::KeyParts;
use super::reference::Reference;
use crate::text::Clean;

/// A key that nearly matches an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NearMiss {
    /// The key as it is written.
    pub key: Clean,
    /// Why it does not match.
    pub reason: MissReason,
}

/// Why a key does not match. Displayed, it is a clause that fits behind the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum MissReason {
    /// White space is part of the key.
    WhiteSpace,
    /// A scheme stands there twice.
    SchemeTwice,
    /// A scheme other than `https://` and `http://` in lower case.
    UnknownScheme {
        /// The scheme as it is written.
        scheme: Clean,
    },
    /// The host ends in a dot.
    TrailingDot,
    /// The host is in another case.
    HostCase,
    /// The path is in another case, which no image has.
    PathCase,
    /// A name of Docker Hub that is no key for it.
    DockerHubAlias,
    /// The path is `/v1` or `/v2` without the slash behind it, which alone makes it a version.
    VersionPath,
    /// The path goes on to a tag or digest, which are not looked up.
    TagInKey,
    /// The key has no port and the image has.
    MissingPort {
        /// The image's port.
        image: String,
    },
    /// The key has a port and the image has none.
    SuperfluousPort {
        /// The key's port.
        key: String,
    },
    /// Both have a port, not the same.
    OtherPort {
        /// The key's port.
        key: String,
        /// The image's port.
        image: String,
    },
    /// The key's path is not the start of the image's.
    OtherPath {
        /// The key's path.
        key: Clean,
        /// The image's path.
        image: Clean,
    },
    /// The key would match if a wildcard stood for several parts of a host.
    WildcardSpansNoDot,
    /// The key lacks parts at the host's start.
    HostPartsMissing {
        /// The parts.
        parts: Clean,
    },
    /// The key has parts at the host's start that the image has not.
    HostPartsExtra {
        /// The parts.
        parts: Clean,
    },
    /// Another region, location or account name at the same provider.
    OtherRegion {
        /// The provider.
        provider: Provider,
        /// The key's region.
        key: Clean,
        /// The image's region.
        image: Clean,
    },
    /// The kubelet does not take the key for a URL and passes it over.
    NotAUrl,
}

/// A provider whose registries have a region in their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// Amazon Elastic Container Registry.
    Ecr,
    /// Google Artifact Registry.
    ArtifactRegistry,
    /// Google Container Registry's names.
    ContainerRegistry,
    /// Azure Container Registry: a regional endpoint beside the registry's own name.
    Acr,
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WhiteSpace => write!(f, "has white space in it"),
            Self::SchemeTwice => write!(f, "has a scheme twice"),
            Self::UnknownScheme { scheme } => {
                write!(f, "starts with `{scheme}://`, where only `https://` and `http://` are taken off")
            }
            Self::TrailingDot => write!(f, "has a dot at the end of the host"),
            Self::HostCase => write!(f, "writes the host in another case, which counts"),
            Self::PathCase => write!(f, "writes the path in another case, which counts"),
            Self::DockerHubAlias => {
                write!(f, "is no key for Docker Hub's images; `https://index.docker.io/v1/` is")
            }
            Self::VersionPath => write!(f, "ends in a version without the slash that makes it one"),
            Self::TagInKey => write!(f, "names a tag or digest, which keys do not have"),
            Self::MissingPort { image } => write!(f, "has no port, the image has {image}"),
            Self::SuperfluousPort { key } => write!(f, "has the port {key}, the image has none"),
            Self::OtherPort { key, image } => write!(f, "has the port {key}, the image has {image}"),
            Self::OtherPath { key, image } => write!(f, "is for the path `{key}`, the image's is `{image}`"),
            Self::WildcardSpansNoDot => {
                write!(
                    f,
                    "has a wildcard, which stands for one part of the host between dots, not for several"
                )
            }
            Self::HostPartsMissing { parts } => write!(f, "lacks `{parts}` at the start of the host"),
            Self::HostPartsExtra { parts } => {
                write!(f, "has `{parts}` at the start of the host, the image has not")
            }
            Self::OtherRegion { key, image, .. } => write!(f, "is for `{key}`, the image is in `{image}`"),
            Self::NotAUrl => write!(f, "is not a host that the kubelet can read, so it is passed over"),
        }
    }
}

/// The keys that nearly match `image`, in their order; those that have nothing to do with it are left out. Meant for
/// keys that do not match, none of which is looked up here.
pub fn near_misses<'k>(image: &Reference, keys: impl IntoIterator<Item = &'k str>) -> Vec<NearMiss> {
    let Some(target) = KeyParts::of(&image.repository()) else { return Vec::new() };
    let misses = keys.into_iter().filter_map(|key| {
        Some(NearMiss { key: Clean::with_cap(key, 256), reason: hosts::reason(image, &target, key)? })
    });
    misses.collect()
}

/// Why an entry that matches gives the kubelet nothing to log in with. It shadows the anonymous pull all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Useless {
    /// There is nothing in it.
    Empty,
    /// The credential is in the store or helper of another machine, a laptop most likely.
    CredentialStoreOfALaptop {
        /// What `credsStore` or `credHelpers` names.
        helper: Clean,
    },
    /// It holds an identity token, which the kubelet does not read.
    IdentityTokenOnly,
    /// It holds a registry token, which the kubelet does not read.
    RegistryTokenOnly,
    /// It holds a user name and no password.
    UserOnly,
    /// It holds a password and no user name.
    PasswordOnly,
}

impl fmt::Display for Useless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "is empty"),
            Self::CredentialStoreOfALaptop { helper } => {
                write!(
                    f,
                    "is empty: its credential is kept by `docker-credential-{helper}` on the machine it is from"
                )
            }
            Self::IdentityTokenOnly => {
                write!(f, "holds an identity token only, which the kubelet does not read")
            }
            Self::RegistryTokenOnly => {
                write!(f, "holds a registry token only, which the kubelet does not read")
            }
            Self::UserOnly => write!(f, "holds a user name without a password"),
            Self::PasswordOnly => write!(f, "holds a password without a user name"),
        }
    }
}

/// Why `entry` of `config` is of no use to the kubelet; `None` if it has user name and password.
pub fn useless(entry: &Entry, config: &DockerConfig) -> Option<Useless> {
    let (has_user, has_password) = (!entry.username.is_empty(), !entry.password.is_empty());
    if has_user && has_password {
        return None;
    }
    if !has_password && entry.identity_token.is_some() {
        return Some(Useless::IdentityTokenOnly);
    }
    if !has_password && entry.registry_token.is_some() {
        return Some(Useless::RegistryTokenOnly);
    }
    Some(match (has_user, has_password) {
        (true, _) => Useless::UserOnly,
        (_, true) => Useless::PasswordOnly,
        _ => match config.client_source(&entry.key) {
            Source::Helper(helper) | Source::Store(helper) => {
                Useless::CredentialStoreOfALaptop { helper: Clean::with_cap(helper, 64) }
            }
            _ => Useless::Empty,
        },
    })
}
