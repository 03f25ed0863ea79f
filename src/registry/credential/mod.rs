//! To come with the registry library.
use serde::{Deserialize, Serialize};

use crate::secret::Fingerprint;

/// To come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// To come.
    pub fingerprint: Fingerprint,
}
