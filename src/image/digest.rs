//! Digests of content, by which blobs and manifests are named.

use std::fmt;

use sha2::Digest as _;

/// The length of a SHA-256 in hexadecimal digits.
const HEX: usize = 64;

/// A SHA-256 as image-spec 1.1 writes it: `sha256:` and 64 lower-case hexadecimal digits. The specification
/// knows SHA-512 too; no builder writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let hex: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("sha256:{hex}"))
    }

    /// Reads `sha256:HEX`; `None` when it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix("sha256:").and_then(Self::from_hex)
    }

    /// From the hexadecimal digits alone, as files in an image layout are named.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let fits = hex.len() == HEX && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(format!("sha256:{hex}")))
    }

    /// `sha256:HEX`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hexadecimal digits.
    pub fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
