//! JSON from outside: bounded, and with errors that hold nothing of what was read.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Why a document could not be read, without a word of it: the decoder's own texts quote values, and those may
/// be credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "class", rename_all = "camelCase")]
pub enum DecodeError {
    /// It is larger than anything that is read.
    #[error("larger than the {limit} bytes that are read")]
    TooLarge {
        /// How many bytes are read.
        limit: usize,
    },
    /// It ends in the middle, or is empty.
    #[error("the JSON ends too early, in line {line}")]
    Cut {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// It is no JSON.
    #[error("not JSON, in line {line} at column {column}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// It is JSON of another form: a value of another type, a field that is missing.
    #[error("JSON of another form than expected, in line {line} at column {column}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
}

impl From<&serde_json::Error> for DecodeError {
    fn from(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Eof => Self::Cut { line, column },
            serde_json::error::Category::Data => Self::Form { line, column },
            _ => Self::Syntax { line, column },
        }
    }
}

/// Reads `body`, of at most `limit` bytes.
///
/// # Errors
///
/// The class and position of what is wrong.
pub fn json<T: DeserializeOwned>(body: &[u8], limit: usize) -> Result<T, DecodeError> {
    if body.len() > limit {
        return Err(DecodeError::TooLarge { limit });
    }
    serde_json::from_slice(body).map_err(|error| DecodeError::from(&error))
}
