//! What a token service answers.
//!
//! The forms are those of the Distribution token and oauth2 specifications, read as leniently as containerd
//! (`core/remotes/docker/auth/fetch.go`, 2.4) reads them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::claims::Claims;
use super::decode::{DecodeError, json};
use crate::secret::Secret;

/// Larger answers are refused: the largest tokens that are known have some kilobytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a token lives, in seconds, when its answer does not say (Distribution token specification).
pub const DEFAULT_EXPIRES_IN: u64 = 60;

/// A token and what its service said of it. It holds credentials, so it cannot be printed: what may be kept
/// is [`TokenResponse::facts`].
#[derive(Clone)]
pub struct TokenResponse {
    /// The token for the registry.
    pub token: Secret,
    /// What gets further tokens, when one was asked for.
    pub refresh_token: Option<Secret>,
    /// How long the token lives from its issue, in seconds.
    pub expires_in: u64,
    /// When it was issued, by the service's clock, UTC.
    pub issued_at: Option<Timestamp>,
    field: TokenField,
}

/// The field in which the token came. Clients differ in which of them they read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TokenField {
    /// `token` alone.
    Token,
    /// `access_token` alone.
    AccessToken,
    /// Both.
    Both,
}

/// What evidence keeps of a token's answer: nothing that could be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TokenFacts {
    /// The field in which the token came.
    pub field: TokenField,
    /// How long the token lives from its issue, in seconds.
    pub expires_in: u64,
    /// When it was issued, by the service's clock, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Timestamp>,
    /// Whether a refresh token came with it.
    pub refresh_token: bool,
    /// What the token says, when it is a JWT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Claims>,
}

/// Why an answer holds no token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum TokenError {
    /// The answer could not be read.
    #[error("the token service's answer is {error}")]
    Unreadable {
        /// Class and position.
        error: DecodeError,
    },
    /// It has neither `token` nor `access_token`, or nothing in them.
    #[error("the token service's answer holds no token")]
    NoToken,
}

#[derive(Deserialize)]
struct Body {
    token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
    // Not what makes an answer fail: they are of any type.
    expires_in: Option<Value>,
    issued_at: Option<Value>,
}

impl TokenResponse {
    /// Reads the body of a token service's answer. Where both fields hold a token, `access_token` is taken.
    ///
    /// # Errors
    ///
    /// The answer is unreadable or holds no token; nothing of it is in the error.
    pub fn parse(body: &[u8]) -> Result<Self, TokenError> {
        let body: Body = json(body, MAX_BODY).map_err(|error| TokenError::Unreadable { error })?;
        let secret =
            |text: Option<String>| text.map(Secret::new).filter(|secret| !secret.expose().is_empty());
        let refresh_token = secret(body.refresh_token);
        let (token, field) = match (secret(body.token), secret(body.access_token)) {
            (None, None) => return Err(TokenError::NoToken),
            (Some(token), None) => (token, TokenField::Token),
            (None, Some(token)) => (token, TokenField::AccessToken),
            (Some(_), Some(token)) => (token, TokenField::Both),
        };
        Ok(Self {
            token,
            refresh_token,
            expires_in: body.expires_in.as_ref().and_then(seconds).unwrap_or(DEFAULT_EXPIRES_IN),
            issued_at: body.issued_at.as_ref().and_then(Value::as_str).and_then(|text| text.parse().ok()),
            field,
        })
    }

    /// What may be kept of it.
    pub fn facts(&self) -> TokenFacts {
        TokenFacts {
            field: self.field,
            expires_in: self.expires_in,
            issued_at: self.issued_at,
            refresh_token: self.refresh_token.is_some(),
            claims: Claims::decode(self.token.expose()),
        }
    }
}

/// A number of seconds, which some services write as a string; `None` for zero, which says nothing.
fn seconds(value: &Value) -> Option<u64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => {
            number.as_u64().or_else(|| number.as_f64().filter(|n| *n >= 1.0).map(|n| n as u64))
        }
        _ => None,
    };
    number.filter(|seconds| *seconds > 0)
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
