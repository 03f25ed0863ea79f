//! A key taken apart, to compare it with an image it does not match.

use super::index::{hosts_match, normalized, split_port};
use super::url;

/// Host, port and path of a key or an image, normalised as for a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyParts {
    /// The host, in which a key may have wildcards.
    pub(crate) host: String,
    /// The port's digits; empty if there is none.
    pub(crate) port: String,
    /// The path with its slash in front; empty if there is none.
    pub(crate) path: String,
}

impl KeyParts {
    /// Takes a key apart. `None` if the kubelet does not take it for a URL, or it is no text once decoded.
    pub(crate) fn of(key: &str) -> Option<Self> {
        let url = url::parse(&normalized(key)?)?;
        let (host, port) = split_port(&url.host);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some(Self { host: text(host)?, port: text(port)?, path: text(&url.path)? })
    }

    /// Whether the other's host matches this key's.
    pub(crate) fn has_host_of(&self, other: &Self) -> bool {
        hosts_match(self.host.as_bytes(), other.host.as_bytes())
    }
}
