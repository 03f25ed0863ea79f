//! Evidence as one file, to be judged elsewhere and later: what `kubectl regauth collect` writes and `analyze` reads.
//!
//! A gzipped tar (RFC 1952, POSIX ustar), documented in `docs/bundle.md`:
//!
//! | file | what is in it |
//! |---|---|
//! | `bundle.json` | [`Description`] |
//! | `evidence/001.json`, … | an [`Evidence`] each; the first says what was asked, the others are what parts and tests saw |
//! | `SHA256SUMS` | of every other file, as `sha256sum --check` reads it |
//!
//! Evidence holds no secret. A bundle comes from somebody else: nothing of it is trusted, and its texts are cleaned again.

mod anonymize;
mod error;
mod read;
#[cfg(test)]
mod tests;
mod write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::error::BundleError;
use crate::evidence::{API_VERSION, Evidence};

/// The name of the file that says what a bundle is.
const DESCRIPTION: &str = "bundle.json";
/// The folder of the evidence.
const EVIDENCE: &str = "evidence/";
/// The name of the file with the checksums.
const SUMS: &str = "SHA256SUMS";

/// The most bytes that a bundle may unpack to. The evidence of 5,000 pods has about 10 MB.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// The most files of a bundle.
pub const MAX_FILES: usize = 4096;
/// The most JSON values of all documents of a bundle together, of which an object counts as eight: in memory a value takes
/// up to a hundred bytes, however few it has in the file. A check-up of 5,000 nodes has a small part of it.
pub const MAX_VALUES: usize = 4_000_000;

/// What a check-up saw, and where that comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Which program made it, and when.
    pub description: Description,
    /// The first says what was asked; never empty in what was read.
    pub evidence: Vec<Evidence>,
}

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// [`API_VERSION`].
    pub api_version: String,
    /// `EvidenceBundle`.
    pub kind: String,
    /// The version of the program that made it.
    pub version: String,
    /// When it was made (UTC).
    pub created_at: Timestamp,
    /// Whether names were replaced.
    #[serde(default)]
    pub anonymized: bool,
    /// How many files of evidence there are.
    pub evidence: usize,
}

/// What [`Description::kind`] is.
const KIND: &str = "EvidenceBundle";

impl Bundle {
    /// Of evidence that was just collected.
    pub fn new(evidence: Vec<Evidence>, created_at: Timestamp) -> Self {
        let description = Description {
            api_version: API_VERSION.into(),
            kind: KIND.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            created_at,
            anonymized: false,
            evidence: evidence.len(),
        };
        Self { description, evidence }
    }

    /// The same with other names for everything that is somebody's own: namespaces, workloads, nodes, Secrets, hosts,
    /// images, addresses, users. One name is replaced by the same other one wherever it stands; none is kept that
    /// leads back.
    ///
    /// # Errors
    ///
    /// [`BundleError::Unwritable`], if the evidence is no JSON.
    pub fn anonymized(&self) -> Result<Self, BundleError> {
        let evidence = anonymize::evidence(&self.evidence)?;
        Ok(Self { description: Description { anonymized: true, ..self.description.clone() }, evidence })
    }
}
