//! Compares one key with an image.

use super::{MissReason, providers};
use crate::registry::keyring::KeyParts;
use crate::registry::reference::Reference;
use crate::text::Clean;

/// Names of Docker Hub's services and web pages that are no key for its images.
const DOCKER_HUB_ALIASES: [&str; 10] = [
    "registry-1.docker.io",
    "registry.docker.io",
    "auth.docker.io",
    "hub.docker.com",
    "registry.hub.docker.com",
    "index.docker.com",
    "registry.docker.com",
    "docker.com",
    "www.docker.com",
    "index.docker.io",
];

const MAX_SHOWN: usize = 128;

/// Why `key` does not match, if it is nearly right.
pub(super) fn reason(image: &Reference, target: &KeyParts, key: &str) -> Option<MissReason> {
    if key.contains(char::is_whitespace) {
        let bare: String = key.chars().filter(|c| !c.is_whitespace()).collect();
        return is_meant(image, target, &bare).then_some(MissReason::WhiteSpace);
    }
    if let Some((found, bare)) = schemes(key) {
        return is_meant(image, target, bare).then_some(found);
    }
    let Some(parts) = KeyParts::of(key) else {
        let names_it = target.host.len() > 3 && key.to_ascii_lowercase().contains(&target.host);
        return names_it.then_some(MissReason::NotAUrl);
    };
    compare(image, target, &parts)
}

/// Whether a mended key matches or nearly does.
fn is_meant(image: &Reference, target: &KeyParts, key: &str) -> bool {
    KeyParts::of(key).is_some_and(|parts| {
        let matches = parts.has_host_of(target)
            && parts.port == target.port
            && target.path.starts_with(parts.path.as_str());
        matches || is_docker_index(image, &parts) || compare(image, target, &parts).is_some()
    })
}

/// A key that stands for Docker Hub when nothing else matches.
fn is_docker_index(image: &Reference, parts: &KeyParts) -> bool {
    image.is_docker_hub() && parts.host == "index.docker.io" && parts.port.is_empty() && parts.path.is_empty()
}

/// What is wrong with the schemes in front of a key, and the key without them.
fn schemes(key: &str) -> Option<(MissReason, &str)> {
    let taken = |key: &str| key.starts_with("https://") || key.starts_with("http://");
    let (first, rest) = key.split_once("://")?;
    let is_scheme = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_scheme(first) {
        return None;
    }
    if let Some((second, bare)) = rest.split_once("://").filter(|(second, _)| is_scheme(second)) {
        let bare =
            bare.split_once("://").filter(|(third, _)| third == &second).map_or(bare, |(_, bare)| bare);
        return Some((MissReason::SchemeTwice, bare));
    }
    let scheme = Clean::with_cap(first, MAX_SHOWN);
    (!taken(key)).then_some((MissReason::UnknownScheme { scheme }, rest))
}

fn compare(image: &Reference, target: &KeyParts, key: &KeyParts) -> Option<MissReason> {
    if is_docker_index(image, key) {
        return None;
    }
    if image.is_docker_hub() && key.host == "index.docker.io" && matches!(key.path.as_str(), "/v1" | "/v2") {
        return Some(MissReason::VersionPath);
    }
    let is_alias = DOCKER_HUB_ALIASES.contains(&key.host.to_ascii_lowercase().as_str());
    if image.is_docker_hub() && is_alias {
        return Some(MissReason::DockerHubAlias);
    }
    if key.has_host_of(target) {
        return port(target, key).or_else(|| path(target, key));
    }
    let lower = |host: &str| host.to_ascii_lowercase();
    let with_host = |host: String| KeyParts { host, ..key.clone() };
    let lower_target = KeyParts { host: lower(&target.host), ..target.clone() };
    if with_host(lower(&key.host)).has_host_of(&lower_target) {
        return Some(MissReason::HostCase);
    }
    if key.host.ends_with('.') && with_host(key.host.trim_end_matches('.').to_owned()).has_host_of(target) {
        return Some(MissReason::TrailingDot);
    }
    providers::other_region(&key.host, &target.host).or_else(|| other_length(&key.host, &target.host))
}

fn port(target: &KeyParts, key: &KeyParts) -> Option<MissReason> {
    match (key.port.as_str(), target.port.as_str()) {
        (key, image) if key == image => None,
        ("", image) => Some(MissReason::MissingPort { image: image.to_owned() }),
        (key, "") => Some(MissReason::SuperfluousPort { key: key.to_owned() }),
        (key, image) => Some(MissReason::OtherPort { key: key.to_owned(), image: image.to_owned() }),
    }
}

fn path(target: &KeyParts, key: &KeyParts) -> Option<MissReason> {
    if target.path.starts_with(key.path.as_str()) {
        return None;
    }
    if matches!(key.path.as_str(), "/v1" | "/v2") {
        return Some(MissReason::VersionPath);
    }
    if target.path.starts_with(&key.path.to_ascii_lowercase()) {
        return Some(MissReason::PathCase);
    }
    let untagged = key.path.rsplit_once('/').and_then(|(front, last)| {
        let end = last.find([':', '@'])?;
        Some(format!("{front}/{}", &last[..end]))
    });
    if untagged.is_some_and(|untagged| target.path == untagged) {
        return Some(MissReason::TagInKey);
    }
    let shown = |path: &str| Clean::with_cap(path, MAX_SHOWN);
    Some(MissReason::OtherPath { key: shown(&key.path), image: shown(&target.path) })
}

/// Hosts that have the same end and not the same number of parts.
fn other_length(key: &str, image: &str) -> Option<MissReason> {
    let (keys, images): (Vec<_>, Vec<_>) = (key.split('.').collect(), image.split('.').collect());
    // An address has no parts that could be left out.
    if image.contains(':') || image.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let shown = |parts: &[&str]| Clean::with_cap(&parts.join("."), MAX_SHOWN);
    if let Some(rest) = key.strip_prefix("*.") {
        let spans = images.len() > keys.len() && image.ends_with(&format!(".{rest}"));
        if (spans || image == rest) && rest.contains('.') {
            return Some(MissReason::WildcardSpansNoDot);
        }
    }
    let common = keys.iter().rev().zip(images.iter().rev()).take_while(|(key, image)| key == image).count();
    let is_whole = common == keys.len().min(images.len()) && common >= 2;
    if !is_whole || keys.len() == images.len() {
        return None;
    }
    if keys.len() < images.len() {
        return Some(MissReason::HostPartsMissing { parts: shown(&images[..images.len() - common]) });
    }
    Some(MissReason::HostPartsExtra { parts: shown(&keys[..keys.len() - common]) })
}
