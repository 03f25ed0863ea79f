//! What an answer means.

use serde::{Deserialize, Serialize};

use super::provider::{Missing, Provider};
use super::row::{Granted, Row, Source};
use super::{generic, rows};
use crate::finding::{Candidate, Code};
use crate::registry::api_error::ErrorBody;
use crate::registry::challenge::Challenge;
use crate::registry::claims::Claims;
use crate::registry::rate_limit::{LimitKind, RateLimit, docker_hub_limit};
use crate::text::Clean;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A pull.
    Pull,
    /// A push.
    Push,
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// The registry, to a request for anything but a blob.
    Registry,
    /// The token service that the registry named.
    TokenService,
    /// The registry, to a request for a blob.
    Blob,
    /// Where the registry redirected to for a blob.
    Storage,
}

/// What is known of the credential that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentCredential {
    /// The user name.
    pub user: Option<Clean>,
    /// Whether its own time says that it has expired; `None` when it does not tell.
    pub expired: Option<bool>,
}

/// An answer that is a refusal, and what is known beside it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Whose registry it is.
    pub provider: &'a Provider,
    /// What was being done.
    pub action: Action,
    /// Who answered.
    pub place: Place,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub errors: &'a ErrorBody,
    /// The challenges in the headers.
    pub challenges: &'a [Challenge],
    /// Whether a mark shows that a registry or its token service answered (`api_error::Marks::any`).
    pub from_registry: bool,
    /// The credential that the request, or the request for its token, carried; `None` when it was anonymous.
    pub credential: Option<&'a SentCredential>,
    /// The claims of the token that the request carried, when it carried one that says them.
    pub claims: Option<&'a Claims>,
    /// The repository, without the registry; empty when the request is for none.
    pub repository: &'a str,
    /// What the headers say of limits.
    pub limit: &'a RateLimit,
}

impl<'a> Answer<'a> {
    /// What it says: the messages of its errors, or how it begins.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> {
        let messages = self.errors.errors.iter().map(|error| error.message.as_str());
        messages.chain(self.errors.excerpt.iter().map(Clean::as_str))
    }

    /// What the token that was sent grants of what was asked.
    pub(super) fn granted(&self) -> Option<Granted> {
        let claims = self.claims?;
        let action = if self.action == Action::Push { "push" } else { "pull" };
        let is_nobody = claims.sub.is_none() && self.credential.is_some();
        match claims.grants(self.repository, action) {
            Some(true) => Some(Granted::Yes),
            _ if self.repository.is_empty() => None,
            Some(false) if is_nobody => Some(Granted::Nobody),
            Some(false) => Some(Granted::No),
            None => None,
        }
    }
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// The causes that it may have, likeliest first. Never empty; at most one is certain, and then it is the
    /// only one.
    pub candidates: Vec<Candidate>,
    /// The right that is missing, if that is the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// Which limit it is, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitKind>,
    /// How it is known what such an answer means; `None` when no row fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// What `answer` means, by the table of its provider and by that of registries in general.
pub fn judge(answer: &Answer<'_>) -> Judgement {
    let row = rows(answer.provider).iter().chain(generic::ROWS).find(|row| row.fits(answer));
    let Some(row) = row else {
        return Judgement { candidates: vec![unknown(answer)], missing: None, limit: None, source: None };
    };
    let (codes, certain) = by_expiry(row, answer);
    let because = because(row, answer);
    let kept = if certain { 1 } else { codes.len() };
    let candidates: Vec<_> =
        codes.into_iter().take(kept).map(|code| candidate(code, certain, &because)).collect();
    let concerns = |code| candidates.iter().take(2).any(|candidate| candidate.code == code);
    let is_right = concerns(Code::PermissionDenied) || concerns(Code::PushDenied);
    let is_limit = candidates.first().is_some_and(|first| first.code == Code::RateLimited);
    Judgement {
        missing: is_right.then(|| answer.provider.right(answer.action)).flatten(),
        limit: is_limit.then(|| limit(answer)),
        source: Some(row.source),
        candidates,
    }
}

/// The row's causes for the answer's action, and what the credential's own time says of them.
fn by_expiry(row: &Row, answer: &Answer<'_>) -> (Vec<Code>, bool) {
    let mut codes: Vec<Code> = Vec::new();
    for code in row.codes.iter().map(|code| for_action(*code, answer.action)) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let expired = answer.credential.and_then(|credential| credential.expired);
    let may_be_expiry = !row.certain && codes.contains(&Code::CredentialExpired);
    match expired {
        // Whether anonymous would do is not told by this answer.
        Some(true) if codes.first() == Some(&Code::StaleCredential) => {
            (vec![Code::StaleCredential, Code::CredentialExpired], false)
        }
        Some(true) if may_be_expiry || codes.first() == Some(&Code::CredentialRejected) => {
            (vec![Code::CredentialExpired], true)
        }
        Some(false) if may_be_expiry && codes.len() > 1 => {
            codes.retain(|code| *code != Code::CredentialExpired);
            (codes, false)
        }
        _ => (codes, row.certain),
    }
}

fn for_action(code: Code, action: Action) -> Code {
    match (code, action) {
        (Code::PermissionDenied, Action::Push) => Code::PushDenied,
        (Code::ImageNotFound, Action::Push) => Code::RepositoryNotFound,
        _ => code,
    }
}

fn candidate(code: Code, certain: bool, because: &str) -> Candidate {
    let settle_by = (!certain).then(|| crate::diagnose::message::settle_by(code).to_owned());
    Candidate { code, certain, because: because.to_owned(), settle_by }
}

fn unknown(answer: &Answer<'_>) -> Candidate {
    candidate(Code::Unknown, false, &answered(answer))
}

fn limit(answer: &Answer<'_>) -> LimitKind {
    match answer.provider {
        Provider::DockerHub => {
            docker_hub_limit(answer.errors, answer.limit, Some(answer.credential.is_some()))
        }
        _ => LimitKind::Registry,
    }
}

/// What of the evidence speaks for it.
fn because(row: &Row, answer: &Answer<'_>) -> String {
    format!("{}: {}", answered(answer), row.meaning)
}

/// Who answered what to whom.
fn answered(answer: &Answer<'_>) -> String {
    let who = match answer.place {
        Place::Registry | Place::Blob => "the registry",
        Place::TokenService => "the token service",
        Place::Storage => "the registry's storage",
    };
    let to = match answer.credential {
        Some(SentCredential { user: Some(user), .. }) => format!("with the credential of \"{user}\""),
        Some(_) => "with a credential".to_owned(),
        None => "without a credential".to_owned(),
    };
    let told =
        answer.errors.errors.first().map(|error| match (error.code.as_str(), error.message.as_str()) {
            ("", message) => message.to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        });
    let told = told.or_else(|| answer.errors.excerpt.as_ref().map(Clean::to_string));
    let told = told.map(|told| format!(" \"{}\"", Clean::with_cap(&told, 300))).unwrap_or_default();
    format!("{who} answered {}{told} to a request {to}", answer.status)
}
