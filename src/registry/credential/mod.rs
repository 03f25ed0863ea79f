//! What a credential is, without using it: its kind, its user, when it ends.
//!
//! [`Described`] is all that ever leaves this program of a credential.

mod embedded;
mod kind;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
pub use kind::CredentialKind;
use serde::{Deserialize, Serialize};

use super::docker_config::Entry;
use crate::secret::{Fingerprint, RunKey, Secret};
use crate::text::Clean;

/// How much of a user name is kept.
const MAX_USERNAME: usize = 256;

/// What is known of a credential. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// What it is.
    pub kind: CredentialKind,
    /// The user name; redacted where a token stands in its place.
    pub username: Clean,
    /// When it ends (UTC), if the credential itself says so. Nothing here says that it has not been revoked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
    /// When it was issued (UTC), if the credential itself says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issued_at: Option<Timestamp>,
    /// What it is known by within the run; none for an empty one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<Fingerprint>,
}

/// Describes user name and password. `registry` is the host that they are for, where that is known: some kinds
/// can be told by it only.
pub fn describe(registry: Option<&str>, username: &str, password: &Secret, key: &RunKey) -> Described {
    let times = embedded::times(password.expose());
    let is_empty = username.is_empty() && password.is_empty();
    Described {
        kind: kind::of(registry, username, password.expose(), &times),
        username: shown(username, password),
        expires_at: times.expires_at,
        issued_at: times.issued_at,
        fingerprint: (!is_empty).then(|| key.fingerprint(username, password)),
    }
}

/// Describes an identity token, which stands beside a user name that has no meaning of its own.
pub fn describe_identity_token(username: &str, token: &Secret, key: &RunKey) -> Described {
    Described {
        kind: kind::of_identity_token(username, token.expose()),
        ..describe(None, username, token, key)
    }
}

/// Describes what the kubelet reads of an entry.
pub fn describe_entry(registry: Option<&str>, entry: &Entry, key: &RunKey) -> Described {
    describe(registry, &entry.username, &entry.password, key)
}

/// A user name that may be shown. People paste tokens as user names, and some services have them do so.
fn shown(username: &str, password: &Secret) -> Clean {
    let secret = password.expose();
    let repeats_secret = secret.len() >= 4 && username.contains(secret);
    if repeats_secret || kind::is_token(username) || looks_random(username) {
        return Clean::new(crate::text::REDACTED);
    }
    Clean::with_cap(username, MAX_USERNAME)
}

/// Whether a run of 24 or more letters and digits stands in the name, with both in it and changing often between
/// them: no name that a person gave. Hexadecimal identifiers (AWS, Azure) are shorter or joined by dashes.
fn looks_random(username: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    username.split(|c: char| !is_word(c)).any(|run| {
        let changes = run.as_bytes().windows(2);
        let changes = changes.filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit()).count();
        run.len() >= 24 && changes * 8 >= run.len()
    })
}
