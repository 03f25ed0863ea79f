//! Keys in the kubelet's order, and which of them match an image: `BasicDockerKeyring` of
//! `pkg/credentialprovider/keyring.go` in Kubernetes 1.36.
//!
//! It knows keys only, no credentials, so that evidence that holds none can be judged again.

use std::collections::BTreeMap;

use super::glob;
use super::url::{self, Url};
use crate::registry::reference::Reference;
use crate::text::Clean;

/// The key that stands for Docker Hub when no other matches.
const DEFAULT_REGISTRY: &[u8] = b"index.docker.io";

/// Keys of docker-config entries, as they are written, by their number.
#[derive(Clone, Debug, Default)]
pub struct Index {
    by_key: BTreeMap<Vec<u8>, Vec<usize>>,
}

/// What matches an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The numbers of the matching entries in the order in which the kubelet tries them, those that have the same
    /// key once it is normalised together.
    pub groups: Vec<Vec<usize>>,
    /// Nothing matched by its key; these stand for Docker Hub (`https://index.docker.io/v1/`).
    pub is_default_registry: bool,
}

impl Index {
    /// An index over `keys`; the first has number 0. A key that is no URL is left out, as the kubelet does.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        Self::of_normalized(keys.into_iter().map(normalized))
    }

    /// An index over keys that are normalised; `None` is one that is left out.
    pub(super) fn of_normalized(keys: impl IntoIterator<Item = Option<Vec<u8>>>) -> Self {
        let mut index = Self::default();
        for (number, key) in keys.into_iter().enumerate() {
            if let Some(key) = key {
                index.by_key.entry(key).or_default().push(number);
            }
        }
        index
    }

    /// Which entries match `image`. Keys are tried in reverse lexical order of their bytes; entries with the same
    /// key in the order of their numbers.
    pub fn lookup(&self, image: &Reference) -> Found {
        let repository = image.repository();
        let target = url::parse(repository.as_bytes());
        let is_match = |key: &[u8]| {
            target.as_ref().zip(url::parse(key)).is_some_and(|(target, glob)| urls_match(&glob, target))
        };
        let matching = self.by_key.iter().rev().filter(|(key, _)| is_match(key));
        let groups: Vec<Vec<usize>> = matching.map(|(_, numbers)| numbers.clone()).collect();
        if !groups.is_empty() || !is_default_registry(image) {
            return Found { groups, is_default_registry: false };
        }
        let groups: Vec<Vec<usize>> = self.by_key.get(DEFAULT_REGISTRY).cloned().into_iter().collect();
        Found { is_default_registry: !groups.is_empty(), groups }
    }
}

/// A key without scheme, version prefix, query and user, its path decoded: `Add`. `None` if it is no URL.
pub(crate) fn normalized(key: &str) -> Option<Vec<u8>> {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let Url { host, path } = url::parse(rest.as_bytes())?;
    let is_versioned = path.starts_with(b"/v1/") || path.starts_with(b"/v2/");
    let path = if is_versioned { &path[3..] } else { &path };
    if path == b"/" {
        return Some(host);
    }
    Some([host.as_slice(), path].concat())
}

/// A normalised key as text, to keep; `None` if it can match no image.
pub(super) fn kept(key: &str) -> Option<Clean> {
    let key = normalized(key)?;
    url::parse(&key)?;
    Some(Clean::new(&String::from_utf8_lossy(&key)))
}

/// `isDefaultRegistryMatch`. A host without dot and port counts, too (`localhost/app`).
fn is_default_registry(image: &Reference) -> bool {
    image.is_docker_hub() || !image.registry().contains(['.', ':'])
}

/// `URLsMatch`.
fn urls_match(glob: &Url, target: &Url) -> bool {
    let (glob_host, glob_port) = split_port(&glob.host);
    let (target_host, target_port) = split_port(&target.host);
    if glob_port != target_port || !target.path.starts_with(&glob.path) {
        return false;
    }
    hosts_match(glob_host, target_host)
}

/// Whether each part of a host matches the pattern in its place.
pub(super) fn hosts_match(glob: &[u8], host: &[u8]) -> bool {
    let globs = glob.split(|byte| *byte == b'.');
    let parts = host.split(|byte| *byte == b'.');
    globs.clone().count() == parts.clone().count()
        && globs.zip(parts).all(|(glob, part)| glob::matches(glob, part) == Ok(true))
}

/// `net.SplitHostPort`; what it does not take is a host without a port.
pub(super) fn split_port(host: &[u8]) -> (&[u8], &[u8]) {
    let whole = (host, &host[..0]);
    let Some(colon) = host.iter().rposition(|byte| *byte == b':') else { return whole };
    let (name, port) = (&host[..colon], &host[colon + 1..]);
    let name = match name.strip_prefix(b"[") {
        Some(inner) => match inner.strip_suffix(b"]") {
            Some(address) => address,
            None => return whole,
        },
        None if name.contains(&b':') => return whole,
        None => name,
    };
    let is_bracket = |byte: &u8| matches!(byte, b'[' | b']');
    if name.iter().any(is_bracket) || port.iter().any(is_bracket) {
        return whole;
    }
    (name, port)
}
