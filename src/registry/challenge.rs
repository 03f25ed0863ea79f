//! The `WWW-Authenticate` header: how a registry wants to be asked.
//!
//! The grammar is RFC 9110, section 11. Where servers leave it, reading goes the way of containerd
//! (`core/remotes/docker/auth/parse.go`, 2.4): a scheme in any case, the last of two equal parameters wins.
//! Beyond containerd, which reads one challenge a header value, several in one value are told apart.

use serde::{Deserialize, Serialize};

use super::outside::Outside;
use crate::text::Clean;

/// Longer values are cut: no registry says more than a few hundred bytes.
const MAX_VALUE: usize = 16 * 1024;

/// More challenges than that are left out.
const MAX_CHALLENGES: usize = 16;

/// One way in which the server wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "scheme", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Challenge {
    /// A token from a token service (the Distribution token specification).
    Bearer {
        /// The URL of the token service as the server named it; empty when it named none.
        realm: Outside,
        /// The service that the token is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<Outside>,
        /// The scopes that the token must grant, separated by spaces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<Outside>,
        /// Why a token that was sent is not enough: `invalid_token`, `insufficient_scope` (RFC 6750).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Clean>,
        /// A parameter stands without the quotes that it needs: containerd reads such a realm only up to
        /// the first `:`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unquoted: bool,
    },
    /// User name and password with each request.
    Basic {
        /// The name of the protected space.
        realm: Outside,
    },
    /// A scheme that no container runtime speaks.
    Other {
        /// Its name, in lower case.
        name: Clean,
    },
}

impl Challenge {
    /// The realm of either scheme, as the server sent it.
    pub fn realm(&self) -> Option<&str> {
        match self {
            Self::Bearer { realm, .. } | Self::Basic { realm } => Some(realm.raw()),
            Self::Other { .. } => None,
        }
    }
}

/// Every challenge in all values of the header, in the server's order. What cannot be read is left out.
pub fn parse_all<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Vec<Challenge> {
    let mut out = Vec::new();
    for value in values.into_iter().take(MAX_CHALLENGES) {
        let mut reader = Reader { rest: crate::text::prefix(value.as_ref(), MAX_VALUE) };
        while let Some(found) = reader.challenge() {
            if out.len() == MAX_CHALLENGES {
                return out;
            }
            out.push(found.into_challenge());
        }
    }
    out
}

/// A challenge as its parts.
struct Parts {
    scheme: String,
    params: Vec<(String, String)>,
    unquoted: bool,
}

impl Parts {
    fn into_challenge(self) -> Challenge {
        let param = |name: &str| {
            self.params.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        let given = |name: &str| param(name).filter(|value| !value.is_empty()).map(Outside::new);
        let realm = Outside::new(param("realm").unwrap_or_default());
        match self.scheme.as_str() {
            "bearer" => Challenge::Bearer {
                realm,
                service: given("service"),
                scope: given("scope"),
                error: param("error").map(|error| Clean::with_cap(error, 128)),
                unquoted: self.unquoted,
            },
            "basic" => Challenge::Basic { realm },
            other => Challenge::Other { name: Clean::with_cap(other, 64) },
        }
    }
}

/// More parameters than that are left out.
const MAX_PARAMS: usize = 32;

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// The next challenge; what stands before it and is none is skipped.
    fn challenge(&mut self) -> Option<Parts> {
        let scheme = loop {
            self.skip(|c| c == ',' || is_space(c));
            if self.rest.is_empty() {
                return None;
            }
            let word = self.take(is_token);
            if !word.is_empty() && !self.rest.starts_with('=') {
                break word.to_ascii_lowercase();
            }
            self.skip_element();
        };
        let mut parts = Parts { scheme, params: Vec::new(), unquoted: false };
        self.skip(is_space);
        self.skip_token68();
        self.params(&mut parts);
        Some(parts)
    }

    /// Parameters up to the next scheme, which is a word without `=` behind it.
    fn params(&mut self, parts: &mut Parts) {
        loop {
            self.skip(|c| c == ',' || is_space(c));
            let before = self.rest;
            let name = self.take(is_token);
            self.skip(is_space);
            if name.is_empty() && !self.rest.is_empty() {
                self.skip_element();
                continue;
            }
            if !self.rest.starts_with('=') {
                self.rest = before;
                return;
            }
            self.rest = &self.rest[1..];
            self.skip(is_space);
            let value = self.value(parts);
            if parts.params.len() < MAX_PARAMS {
                parts.params.push((name.to_ascii_lowercase(), value));
            }
        }
    }

    fn value(&mut self, parts: &mut Parts) -> String {
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        let value = self.take(|c| c != ',' && !is_space(c));
        parts.unquoted |= !value.chars().all(is_token);
        value.to_owned()
    }

    /// A quoted string; one without an end reaches to the end of the value.
    fn quoted(&mut self) -> String {
        let mut out = String::new();
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                _ if escaped => {
                    escaped = false;
                    out.push(c);
                }
                '\\' => escaped = true,
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return out;
                }
                _ => out.push(c),
            }
        }
        self.rest = "";
        out
    }

    /// Passes a token68, as `Negotiate` and `NTLM` have one in the place of parameters.
    fn skip_token68(&mut self) {
        let body = self.rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        let after = body.trim_start_matches('=');
        let word = &self.rest[..self.rest.len() - body.len()];
        let end = after.trim_start_matches(is_space);
        let is_param = body.len() != after.len() && ["realm", "service", "scope"].contains(&word);
        if !word.is_empty() && !is_param && (end.is_empty() || end.starts_with(',')) {
            self.rest = end;
        }
    }

    /// Passes what cannot be read, up to the next comma that is not in quotes.
    fn skip_element(&mut self) {
        while let Some(c) = self.rest.chars().next() {
            match c {
                ',' => return,
                '"' => drop(self.quoted()),
                _ => self.rest = &self.rest[c.len_utf8()..],
            }
        }
    }

    fn skip(&mut self, what: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(what);
    }

    fn take(&mut self, what: impl Fn(char) -> bool) -> &'a str {
        let after = self.rest.trim_start_matches(what);
        let taken = &self.rest[..self.rest.len() - after.len()];
        self.rest = after;
        taken
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// RFC 9110, section 5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_graphic() && !"\"(),/:;<=>?@[]\\{}".contains(c)
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
mod tests;
