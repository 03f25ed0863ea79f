//! Why a bundle cannot be read or written: one sentence each, that says what to do where something can be done.

use crate::archive::{self, Fault};
use crate::registry::decode::DecodeError;
use crate::text::Clean;

/// What is wrong with a bundle. Its message fits behind `FILE `.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Reading it failed.
    #[error("cannot be read: {0}")]
    Unreadable(Clean),
    /// It is something else.
    #[error("is not what `kubectl regauth collect` writes: a gzipped tar with {DESCRIPTION}", DESCRIPTION = super::DESCRIPTION)]
    NotABundle,
    /// It ends before its content does.
    #[error("is cut off: copy it again, or collect it anew")]
    CutOff,
    /// It unpacks to more than is read.
    #[error("unpacks to more than {} MiB, the most that is read", super::MAX_BYTES >> 20)]
    TooLarge,
    /// It has more files than are read.
    #[error("holds more than {} files, the most that are read", super::MAX_FILES)]
    TooManyFiles,
    /// Its documents have more values than are kept in memory.
    #[error("holds more than {} million JSON values, the most that are read", super::MAX_VALUES / 1_000_000)]
    TooManyValues,
    /// A file that no bundle has.
    #[error("holds a file with the name \"{0}\", which no bundle has: collect it anew")]
    Name(Clean),
    /// Two files of one name.
    #[error("holds {0} twice: collect it anew")]
    Twice(Clean),
    /// A file that is not there.
    #[error("lacks {0}: copy it again, or collect it anew")]
    Missing(Clean),
    /// A file is not what the checksum says.
    #[error("is damaged: {0} does not fit its checksum; copy it again, or collect it anew")]
    WrongSum(Clean),
    /// A document that cannot be read; its text is not shown.
    #[error("holds {file} that cannot be read ({error}): collect it anew")]
    Undecodable {
        /// The document.
        file: Clean,
        /// Class and position of what is wrong.
        error: DecodeError,
    },
    /// It was written by a program that this one does not know.
    #[error("is of the version \"{0}\", which this kubectl-regauth does not know: a newer one reads it")]
    Version(Clean),
    /// It has no evidence.
    #[error("holds no evidence: collect it anew")]
    Empty,
    /// Evidence that cannot be written down.
    #[error("cannot be written: the evidence is no JSON")]
    Unwritable,
}

impl From<Fault> for BundleError {
    fn from(fault: archive::Fault) -> Self {
        match fault {
            Fault::Unreadable(text) => Self::Unreadable(text),
            Fault::CutOff => Self::CutOff,
            Fault::TooLarge => Self::TooLarge,
            Fault::TooManyFiles => Self::TooManyFiles,
            Fault::Name(name) => Self::Name(name),
        }
    }
}
