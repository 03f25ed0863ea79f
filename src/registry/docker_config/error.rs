//! What is wrong in a Docker configuration: class and place, never a value.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Clean;

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ErrorClass {
    /// It is not JSON.
    Syntax,
    /// It is JSON that ends too early; nothing but white space counts as such.
    Truncated,
    /// Something follows the document.
    TrailingData,
    /// More than 10,000 levels deep, which is where Go's decoder stops.
    TooDeep,
    /// A value of another type than the one that belongs there.
    WrongType,
    /// `auth` is not base64.
    AuthNotBase64,
    /// `auth` is base64 of something without a colon between user name and password.
    AuthWithoutColon,
}

/// Which part is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// The document as a whole.
    Document,
    /// `auths`.
    Auths,
    /// `HttpHeaders`, or a value in it. The kubelet reads its type and nothing else of it.
    HttpHeaders,
    /// One entry of `auths`.
    Entry,
    /// `username`.
    Username,
    /// `password`.
    Password,
    /// `email`.
    Email,
    /// `auth`.
    Auth,
    /// `identitytoken`: the kubelet does not read it.
    IdentityToken,
    /// `registrytoken`: the kubelet does not read it.
    RegistryToken,
    /// `credsStore`: the kubelet does not read it.
    CredsStore,
    /// `credHelpers`, or a value in it: the kubelet does not read it.
    CredHelpers,
}

impl Field {
    /// Whether the kubelet decodes this field, so that a mistake in it fails the whole look-up.
    pub fn is_read_by_kubelet(self) -> bool {
        !matches!(self, Self::IdentityToken | Self::RegistryToken | Self::CredsStore | Self::CredHelpers)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Document => "the document",
            Self::Auths => "`auths`",
            Self::HttpHeaders => "`HttpHeaders`",
            Self::Entry => "the entry",
            Self::Username => "`username`",
            Self::Password => "`password`",
            Self::Email => "`email`",
            Self::Auth => "`auth`",
            Self::IdentityToken => "`identitytoken`",
            Self::RegistryToken => "`registrytoken`",
            Self::CredsStore => "`credsStore`",
            Self::CredHelpers => "`credHelpers`",
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Document | Self::Auths | Self::Entry => "an object",
            Self::HttpHeaders | Self::CredHelpers => "an object of strings",
            _ => "a string",
        }
    }
}

/// A place in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The offset in bytes, from 0.
    pub byte: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
}

/// Where the lines of a document begin, so that many places in it are found in little time.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(data: &[u8]) -> Self {
        let breaks = data.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }

    /// The place of an offset in bytes.
    pub(super) fn position(&self, byte: usize) -> Position {
        let line = self.0.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|at| self.0.get(at)).copied().unwrap_or_default();
        Position { byte, line, column: 1 + byte - start }
    }
}

/// A mistake in a Docker configuration. It holds no value of the document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfigError {
    /// What kind of mistake.
    pub class: ErrorClass,
    /// In which part.
    pub field: Field,
    /// The entry's key, if it is in one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<Clean>,
    /// Where: the value that is wrong, or where the JSON breaks.
    pub position: Position,
}

/// One clause that fits behind `cannot be read: `.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.field.name();
        match self.class {
            ErrorClass::Syntax => write!(f, "it is not JSON")?,
            ErrorClass::Truncated => write!(f, "its JSON ends too early")?,
            ErrorClass::TrailingData => write!(f, "something follows its JSON")?,
            ErrorClass::TooDeep => write!(f, "its JSON is more than 10,000 levels deep")?,
            ErrorClass::WrongType => write!(f, "{name} must be {}", self.field.expected())?,
            ErrorClass::AuthNotBase64 => write!(f, "{name} is not base64 of `USER:PASSWORD`")?,
            ErrorClass::AuthWithoutColon => {
                write!(f, "{name} is base64 of something without a colon, not of `USER:PASSWORD`")?;
            }
        }
        if let Some(key) = &self.key {
            write!(f, " in the entry `{key}`")?;
        }
        write!(f, " (line {}, column {})", self.position.line, self.position.column)
    }
}
