//! Text of a server that is used again as it came, and shown only when it is clean.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::Clean;

/// A text that goes back to a server as it came (a realm, a scope), and into evidence only cleaned.
///
/// Read from evidence, it is what evidence held: the cleaned text.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
pub struct Outside(String);

/// What evidence keeps of one.
const SHOWN: usize = 1024;

impl Outside {
    /// Takes the text as it came.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came: for requests, never for output.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text as evidence.
    pub fn clean(&self) -> Clean {
        Clean::with_cap(&self.0, SHOWN)
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.clean(), f)
    }
}

impl Serialize for Outside {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clean().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Outside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Clean::deserialize(deserializer).map(|text| Self(text.to_string()))
    }
}
