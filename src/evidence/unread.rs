//! What could not be read, of a Harbor or of a check-up.

use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::text::Clean;

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// What: `secret/harbor-core`, `checksums of the key files`.
    pub what: String,
    /// How it came to be unread; never `Seen`.
    pub outcome: Outcome<()>,
    /// The right or flag that would settle it: `get secrets`, `--exec`.
    #[serde(default, skip_serializing_if = "Clean::is_empty")]
    pub settled_by: Clean,
}
