//! Image references, read as the kubelet reads them.
//!
//! The rules are those of `ParseNormalizedNamed` in `github.com/distribution/reference` 0.6.0, which
//! Kubernetes 1.36 calls (`pkg/util/parsers`), and of `github.com/opencontainers/go-digest` 1.0.0 for
//! digests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::Clean;

#[path = "reference_error.rs"]
mod error;

pub use error::ReferenceError;

/// The registry of names that name none.
const DOCKER_HUB: &str = "docker.io";

/// Docker Hub's name of old, which means the same.
const DOCKER_INDEX: &str = "index.docker.io";

/// The namespace of Docker Hub's own images, whose names may leave it out.
const OFFICIAL: &str = "library/";

/// The tag that is meant when neither a tag nor a digest is given.
const DEFAULT_TAG: &str = "latest";

/// The longest path of a repository.
const MAX_PATH: usize = 255;

/// The longest tag.
const MAX_TAG: usize = 128;

/// An image reference in its full form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// Reads `text` as the kubelet does.
    ///
    /// # Errors
    ///
    /// What in `text` the kubelet does not take.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        refuse_at_sight(text)?;
        let (domain, remainder) = split_domain(text);
        let (name, digest) = cut(&remainder, '@');
        let (path, tag) = cut(name, ':');
        if path.chars().any(char::is_uppercase) {
            return Err(ReferenceError::UpperCase(Clean::new(path)));
        }
        check_name(domain, path)?;
        tag.map_or(Ok(()), check_tag)?;
        digest.map_or(Ok(()), check_digest)?;
        Ok(Self {
            domain: domain.to_owned(),
            path: path.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The registry's host and port as written; `docker.io` for Docker Hub.
    pub fn registry(&self) -> &str {
        &self.domain
    }

    /// The repository's path within its registry: `library/nginx`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one is written: `sha256:…`.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Registry and path, without tag and digest: what the kubelet looks credentials up by.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// The full reference, with the tag `latest` when neither tag nor digest is written.
    pub fn normalized(&self) -> String {
        match (&self.tag, &self.digest) {
            (None, None) => format!("{self}:{DEFAULT_TAG}"),
            _ => self.to_string(),
        }
    }

    /// What the registry is asked for: the digest, else the tag (the manifest's name in
    /// `/v2/PATH/manifests/…`).
    pub fn object(&self) -> &str {
        self.digest().or(self.tag()).unwrap_or(DEFAULT_TAG)
    }

    /// The name under which a node lists the image (`node.status.images`): by digest if there is one, else by
    /// tag.
    pub fn node_image(&self) -> String {
        let separator = if self.digest.is_some() { '@' } else { ':' };
        format!("{}{separator}{}", self.repository(), self.object())
    }

    /// Whether `listed`, a name from `node.status.images`, is this image. Docker lists Docker Hub's images by
    /// their short names, containerd and CRI-O by the full ones.
    pub fn matches_node_image(&self, listed: &str) -> bool {
        Self::parse(listed).is_ok_and(|listed| {
            let same_object = match (&self.digest, &listed.digest) {
                (Some(wanted), Some(there)) => wanted == there,
                (None, None) => self.object() == listed.object(),
                // A tag beside a digest is only a note; a tag alone says nothing of a digest.
                (None, Some(_)) => listed.tag.is_some() && self.object() == listed.tag().unwrap_or_default(),
                (Some(_), None) => false,
            };
            same_object && self.domain == listed.domain && self.path == listed.path
        })
    }

    /// Whether it is an image of Docker Hub.
    pub fn is_docker_hub(&self) -> bool {
        self.domain == DOCKER_HUB
    }
}

/// The full form without a default tag.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Mistakes that deserve a word of their own; the grammar would refuse all of them, too.
fn refuse_at_sight(text: &str) -> Result<(), ReferenceError> {
    if text.is_empty() {
        return Err(ReferenceError::NoRepository);
    }
    if text.contains(char::is_whitespace) {
        return Err(ReferenceError::Space);
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(ReferenceError::Scheme(Clean::new(scheme)));
    }
    if text.len() == 64 && text.bytes().all(is_lower_hex) {
        return Err(ReferenceError::Identifier);
    }
    Ok(())
}

/// `splitDockerDomain`: the first part is a host if it could not be a namespace of Docker Hub.
fn split_domain(text: &str) -> (&str, String) {
    let Some((first, rest)) = text.split_once('/') else {
        return (DOCKER_HUB, format!("{OFFICIAL}{text}"));
    };
    let is_host = first == "localhost" || first.contains(['.', ':']) || first.chars().any(char::is_uppercase);
    let (domain, remainder) = match first {
        DOCKER_INDEX => (DOCKER_HUB, rest),
        _ if is_host => (first, rest),
        _ => (DOCKER_HUB, text),
    };
    if domain == DOCKER_HUB && !remainder.contains('/') {
        return (domain, format!("{OFFICIAL}{remainder}"));
    }
    (domain, remainder.to_owned())
}

fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn check_name(domain: &str, path: &str) -> Result<(), ReferenceError> {
    if path.is_empty() || path.ends_with('/') || path == OFFICIAL {
        return Err(ReferenceError::NoRepository);
    }
    if let Some(part) = path.split('/').find(|part| !is_path_part(part)) {
        return Err(ReferenceError::PathPart(Clean::new(part)));
    }
    // A host that is none (`my_host.example/app`) passes as the path's first part.
    if !is_host(domain) && !is_path_part(domain) {
        return Err(ReferenceError::Host(Clean::new(domain)));
    }
    if path.len() > MAX_PATH {
        return Err(ReferenceError::TooLong(path.len()));
    }
    Ok(())
}

/// `domainAndPort`: a name, an IPv4 address or an IPv6 address in brackets, and a port.
fn is_host(domain: &str) -> bool {
    let (host, port) = match domain.rfind(']') {
        Some(end) => (
            &domain[..=end],
            domain[end + 1..].strip_prefix(':').or(domain[end + 1..].is_empty().then_some("0")),
        ),
        None => (cut(domain, ':').0, cut(domain, ':').1.or(Some("0"))),
    };
    let is_port = port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_ipv6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).is_some_and(|address| {
        !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
    });
    is_port && (is_ipv6 || host.split('.').all(is_label))
}

/// `pathComponent`: lower-case letters and digits, joined by a dot, one or two underscores, or dashes.
fn is_path_part(part: &str) -> bool {
    let is_joint = |joint: &str| {
        matches!(joint, "." | "_" | "__") || (!joint.is_empty() && joint.bytes().all(|byte| byte == b'-'))
    };
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(is_word)
        && part.ends_with(is_word)
        && part.split(is_word).filter(|joint| !joint.is_empty()).all(is_joint)
}

fn check_tag(tag: &str) -> Result<(), ReferenceError> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_tag = !tag.is_empty()
        && tag.len() <= MAX_TAG
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || byte == b'.' || byte == b'-');
    if is_tag { Ok(()) } else { Err(ReferenceError::Tag(Clean::new(tag))) }
}

fn check_digest(digest: &str) -> Result<(), ReferenceError> {
    let (algorithm, hex) = cut(digest, ':');
    let expected = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Err(ReferenceError::Algorithm(Clean::new(algorithm))),
    };
    let is_digest = hex.is_some_and(|hex| hex.len() == expected && hex.bytes().all(is_lower_hex));
    if is_digest { Ok(()) } else { Err(ReferenceError::Digest { expected }) }
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
