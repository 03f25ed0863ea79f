//! What a 403 without a word may mean, likeliest first.

use super::super::hosts::{Kind, Role};
use super::super::reading::Operation;
use super::facts::{Facts, Sent};
use super::refusals::{denied_to_somebody, no_credential};
use crate::finding::Code as C;

/// Filters, proxies and the like, which say 403 to everybody.
const STRANGERS: &[C] = &[C::UnexpectedResponder, C::ProxyFailed, C::EgressBlocked];

/// These causes, and behind them those that are left.
fn with(first: &[C]) -> Vec<C> {
    [first, STRANGERS, &[C::ImageNotFound]].concat()
}

/// A bare 403. A registry that knows its API says 401 to who is unknown; filters and proxies say 403 to
/// everybody.
pub(super) fn forbidden(facts: &Facts<'_>) -> Vec<C> {
    if facts.reading.push {
        return with(&forbidden_push(facts));
    }
    // It knows no accounts.
    if facts.kind == Kind::Public {
        return [&[C::EgressBlocked][..], STRANGERS, &[C::PermissionDenied, C::ImageNotFound]].concat();
    }
    // The URL of storage is signed and has an end.
    if facts.role == Role::Elsewhere {
        return with(&[
            C::UnexpectedResponder,
            C::EgressBlocked,
            C::ProxyFailed,
            C::PermissionDenied,
            C::ClockDrift,
        ]);
    }
    if facts.reading.operation == Some(Operation::Login) {
        return with(&[C::CredentialRejected, C::CredentialExpired, C::PermissionDenied]);
    }
    if facts.may_push() {
        return with(&[C::PermissionDenied, C::PushDenied, C::CredentialRejected, C::NoCredential]);
    }
    forbidden_pull(facts)
}

fn forbidden_pull(facts: &Facts<'_>) -> Vec<C> {
    match facts.sent {
        Sent::No => with(&[&[C::NoCredential, C::PermissionDenied][..], &no_credential(facts)[..]].concat()),
        Sent::Yes => {
            with(&[C::CredentialRejected, C::PermissionDenied, C::StaleCredential, C::CredentialExpired])
        }
        _ if facts.kind == Kind::GitHub && facts.at_token_service() => with(&denied_to_somebody(facts)),
        _ if facts.kind == Kind::EcrPublic => {
            with(&[C::StaleCredential, C::CredentialExpired, C::CredentialRejected])
        }
        _ if facts.kind == Kind::Other => {
            let first = [C::PermissionDenied, C::UnexpectedResponder, C::ProxyFailed];
            with(&[&first[..], &[C::CredentialRejected, C::NoCredential]].concat())
        }
        _ => with(&[C::PermissionDenied, C::CredentialExpired, C::CredentialRejected, C::NoCredential]),
    }
}

/// A token service refuses who asks; a registry refuses what is asked.
fn forbidden_push(facts: &Facts<'_>) -> Vec<C> {
    match facts.sent {
        Sent::No => no_credential(facts),
        _ if facts.at_token_service() => vec![
            C::PushDenied,
            C::CredentialRejected,
            C::CredentialExpired,
            C::RefusedByPolicy,
            C::NoCredential,
            C::RepositoryNotFound,
        ],
        _ => vec![
            C::PushDenied,
            C::RefusedByPolicy,
            C::NoCredential,
            C::RegistryReadOnly,
            C::RepositoryNotFound,
            C::CredentialRejected,
        ],
    }
}
