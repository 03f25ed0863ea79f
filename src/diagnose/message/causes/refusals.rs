//! Refusals: what a 401, a 403 or a denial without a reason may mean, likeliest first. Which it is depends on
//! whether a credential was sent, on whose registry it is, and on whether it was a push.

use super::super::hosts::Kind;
use super::super::reading::Operation;
use super::super::sign::{Sign, SignKind};
use super::facts::{Facts, Sent};
use crate::finding::Code as C;

/// 401, or its code: a credential was wanted, or the one that came was not taken.
pub(super) fn unauthorized(facts: &Facts<'_>) -> Vec<C> {
    if facts.reading.push {
        return unauthorized_push(facts);
    }
    if facts.sent == Sent::No {
        return no_credential(facts);
    }
    let mut codes = credential_first(facts);
    if facts.kind == Kind::Other && names_right(facts) {
        codes.insert(2, C::PermissionDenied);
    }
    if facts.may_push() {
        codes.insert(if names_right(facts) { 3 } else { 2 }, C::PushDenied);
    }
    codes.extend([C::PermissionDenied, C::ImageNotFound]);
    if facts.kind.has_node_identity() {
        codes.push(C::CredentialNotVisible);
    }
    if facts.kind == Kind::Other {
        codes.extend([
            C::AccountLocked,
            C::RobotAccountUnusable,
            C::HarborTokenRejected,
            C::HarborKeyMismatch,
        ]);
    }
    codes.extend([C::CredentialHelperFailed, C::TokenTimeRejected]);
    codes
}

/// Whether the words of the refusal are of a right.
fn names_right(facts: &Facts<'_>) -> bool {
    let words = |sign: &Sign| sign.text.as_str().contains("permission");
    facts.reading.sign(SignKind::AccessDenied).is_some_and(words) || names_action(facts)
}

/// Whether the words are Quay's, which a message without a host has, too.
fn says_as_quay(facts: &Facts<'_>) -> bool {
    let words = |sign: &Sign| sign.text.as_str().contains("access to the requested resource");
    facts.reading.sign(SignKind::AccessDenied).is_some_and(words)
}

/// Whether it names the action that it refuses, as Harbor does when a token lacks it.
fn names_action(facts: &Facts<'_>) -> bool {
    facts.reading.layers.iter().any(|layer| layer.text.as_str().contains(", action: "))
}

/// What may be wrong with the credential of a pull or a login that was refused; at least three causes.
fn credential_first(facts: &Facts<'_>) -> Vec<C> {
    match facts.sent {
        Sent::Yes => vec![C::CredentialRejected, C::CredentialExpired, C::StaleCredential],
        Sent::Likely => {
            vec![C::CredentialRejected, C::CredentialExpired, C::StaleCredential, C::NoCredential]
        }
        _ if facts.is_login() && facts.kind == Kind::Other && facts.reading.operation.is_none() => {
            vec![C::CredentialRejected, C::NoCredential, C::CredentialExpired, C::HarborKeyMismatch]
        }
        // A client that logs in goes on to the registry with the token it got: it is the token that may be
        // refused.
        _ if facts.reading.operation == Some(Operation::Login) && facts.kind == Kind::Other => {
            vec![C::CredentialRejected, C::HarborKeyMismatch, C::CredentialExpired, C::HarborTokenRejected]
        }
        _ if facts.is_login() => {
            vec![C::CredentialRejected, C::CredentialExpired, C::NoCredential]
        }
        Sent::Unknown if facts.kind == Kind::Google => {
            vec![C::NoCredential, C::StaleCredential, C::CredentialExpired, C::CredentialRejected]
        }
        // They have public images, too, and say so of one that is not there.
        Sent::Unknown if facts.kind.serves_everybody() || says_as_quay(facts) => {
            vec![
                C::NoCredential,
                C::ImageNotFound,
                C::CredentialRejected,
                C::CredentialExpired,
                C::StaleCredential,
            ]
        }
        Sent::Unknown | Sent::No => {
            vec![C::NoCredential, C::CredentialRejected, C::CredentialExpired, C::StaleCredential]
        }
    }
}

fn unauthorized_push(facts: &Facts<'_>) -> Vec<C> {
    if facts.sent == Sent::No {
        return no_credential(facts);
    }
    let mut codes = match facts.sent {
        // The token was good for the parts before.
        _ if facts.reading.sign(SignKind::PushUnderway).is_some() => {
            vec![C::TokenOutlived, C::HarborTokenRejected, C::CredentialExpired, C::PushDenied]
        }
        Sent::Yes => vec![C::CredentialRejected, C::CredentialExpired, C::PushDenied],
        _ if names_action(facts) => {
            vec![C::PushDenied, C::HarborTokenRejected, C::NoCredential, C::CredentialRejected]
        }
        // It makes no repository for who pushes, and says the same of one that is not there.
        _ if facts.kind == Kind::Quay => {
            vec![C::NoCredential, C::PushDenied, C::RepositoryNotFound, C::CredentialRejected]
        }
        _ => vec![C::NoCredential, C::PushDenied, C::CredentialRejected],
    };
    codes.extend([C::CredentialExpired, C::RepositoryNotFound, C::RobotAccountUnusable, C::AccountLocked]);
    if facts.kind == Kind::Other {
        codes.extend([C::HarborTokenRejected, C::HarborKeyMismatch, C::TokenOutlived, C::TokenTimeRejected]);
    }
    codes
}

/// Nothing was sent, and that was not enough. It need not be a private image: many registries say the same of
/// one that does not exist.
pub(super) fn no_credential(facts: &Facts<'_>) -> Vec<C> {
    if facts.reading.push {
        return vec![
            C::NoCredential,
            C::CredentialHelperFailed,
            C::BuilderConfigNotMounted,
            C::BuilderConfigMisnamed,
            C::CredentialNotVisible,
            C::RepositoryNotFound,
            C::PushDenied,
        ];
    }
    let mut codes = vec![C::NoCredential];
    if facts.kind.has_node_identity() {
        codes.extend([C::CredentialNotVisible, C::CredentialHelperFailed]);
    }
    codes.push(C::ImageNotFound);
    if !facts.reading.sandbox {
        codes.extend([C::PullSecretNotReferenced, C::PullSecretNoMatch, C::PullSecretMissing]);
    }
    codes.extend([C::CredentialNotVisible, C::CredentialHelperFailed]);
    codes
}

/// Access was refused without a reason.
pub(super) fn denied(facts: &Facts<'_>) -> Vec<C> {
    if facts.reading.push {
        return denied_push(facts);
    }
    let mut codes = denied_pull(facts);
    if facts.may_push() {
        codes.insert(1, C::PushDenied);
    }
    if facts.sent == Sent::Unknown && names_right(facts) {
        codes.insert(1, C::PermissionDenied);
    }
    if facts.sent == Sent::No || facts.sent == Sent::Unknown {
        codes.extend(no_credential(facts));
    }
    codes
}

fn denied_pull(facts: &Facts<'_>) -> Vec<C> {
    match facts.sent {
        _ if facts.is_login() => vec![
            C::CredentialRejected,
            C::NoCredential,
            C::CredentialExpired,
            C::PermissionDenied,
            C::StaleCredential,
        ],
        Sent::No if facts.is_official() => vec![C::ImageNotFound, C::NoCredential],
        Sent::No => vec![C::NoCredential, C::ImageNotFound],
        _ if facts.is_official() => vec![C::ImageNotFound, C::NoCredential, C::PermissionDenied],
        Sent::Yes | Sent::Likely if facts.kind == Kind::Ecr => {
            vec![C::PermissionDenied, C::CredentialExpired, C::ImageNotFound, C::CredentialRejected]
        }
        Sent::Yes | Sent::Likely => {
            vec![
                C::PermissionDenied,
                C::ImageNotFound,
                C::CredentialRejected,
                C::CredentialExpired,
                C::StaleCredential,
            ]
        }
        Sent::Unknown => denied_to_somebody(facts),
    }
}

/// Denied, and not known whether there was a credential.
pub(super) fn denied_to_somebody(facts: &Facts<'_>) -> Vec<C> {
    match facts.kind {
        Kind::Ecr => {
            vec![C::NoCredential, C::CredentialExpired, C::ImageNotFound, C::PermissionDenied]
        }
        // GHCR says so to a token that it does not know, even for a public image.
        Kind::GitHub => {
            vec![
                C::NoCredential,
                C::StaleCredential,
                C::ImageNotFound,
                C::CredentialRejected,
                C::PermissionDenied,
            ]
        }
        _ if facts.reading.status == Some(403) => {
            vec![
                C::PermissionDenied,
                C::NoCredential,
                C::ImageNotFound,
                C::CredentialRejected,
                C::CredentialExpired,
            ]
        }
        _ => {
            vec![
                C::NoCredential,
                C::ImageNotFound,
                C::PermissionDenied,
                C::CredentialRejected,
                C::CredentialExpired,
            ]
        }
    }
}

fn denied_push(facts: &Facts<'_>) -> Vec<C> {
    let rest = [C::RepositoryNotFound, C::CredentialExpired, C::RobotAccountUnusable, C::AccountLocked];
    let first: &[C] = match facts.sent {
        Sent::No => return no_credential(facts),
        Sent::Yes => &[C::PushDenied, C::CredentialRejected],
        _ => &[C::PushDenied, C::NoCredential, C::CredentialRejected],
    };
    first.iter().copied().chain(rest).collect()
}
