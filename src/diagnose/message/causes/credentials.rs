//! Causes that a program or a registry states about credentials, rights and tokens.

use super::super::hosts::Kind;
use super::super::reading::FailureKind;
use super::super::sign::SignKind as S;
use super::facts::Facts;
use super::{Causes, network, refusals};
use crate::finding::Code as C;

/// The cause that a statement about a credential, a right or a token gives by itself.
pub(super) fn stated(facts: &Facts<'_>, kind: S, because: &str) -> Option<Causes> {
    refused(facts, kind, because)
        .or_else(|| helper(facts, kind, because))
        .or_else(|| right(facts, kind, because))
        .or_else(|| token_or_secret(kind, because))
}

fn refused(facts: &Facts<'_>, kind: S, because: &str) -> Option<Causes> {
    Some(match kind {
        S::NoCredentialSent => Causes::open(&refusals::no_credential(facts), because),
        S::WrongPasswordOrNone => Causes::open(
            &[C::CredentialRejected, C::NoCredential, C::StaleCredential, C::CredentialExpired],
            because,
        ),
        S::WrongPassword => {
            Causes::open(&[C::CredentialRejected, C::StaleCredential, C::CredentialExpired], because)
        }
        S::Expired => expired(facts, because),
        S::Invalid
            if facts.kind.has_node_identity() || facts.reading.requests.is_empty() && !is_github(facts) =>
        {
            Causes::open(&[C::CredentialExpired, C::CredentialRejected], because)
        }
        S::Invalid => {
            let right = right_of(facts);
            Causes::open(&[C::CredentialRejected, C::CredentialExpired, right, C::NoCredential], because)
        }
        S::Locked => Causes::certain(C::AccountLocked, because),
        S::TooManyLogins => Causes::open(&[C::AccountLocked, C::RateLimited, C::CredentialRejected], because),
        S::RobotTokenOver => Causes::open(
            &[C::RobotAccountUnusable, C::CredentialExpired, C::TokenOutlived, C::ClockDrift],
            because,
        ),
        S::RobotUnusable => Causes::certain(C::RobotAccountUnusable, because),
        _ => return None,
    })
}

fn helper(facts: &Facts<'_>, kind: S, because: &str) -> Option<Causes> {
    Some(match kind {
        S::HelperMissing => Causes::certain(C::CredentialHelperFailed, because),
        S::HelperFailed => helper_failed(facts, because),
        S::HelperHasNone => {
            Causes::open(&[C::CredentialHelperFailed, C::NoCredential, C::CredentialNotVisible], because)
        }
        S::HelperNotPermitted => Causes::open(
            &[C::PermissionDenied, C::CredentialHelperFailed, C::CredentialNotVisible, C::NoCredential],
            because,
        ),
        S::SessionExpired => {
            Causes::open(&[C::CredentialExpired, C::CredentialHelperFailed, C::CredentialRejected], because)
        }
        _ => return None,
    })
}

/// The right that was wanted.
fn right_of(facts: &Facts<'_>) -> C {
    if facts.reading.push { C::PushDenied } else { C::PermissionDenied }
}

fn right(facts: &Facts<'_>, kind: S, because: &str) -> Option<Causes> {
    let right = right_of(facts);
    Some(match kind {
        S::NotPermitted => Causes::certain(right, because),
        S::ScopeMissing => {
            Causes::open(&[right, C::PushDenied, C::PermissionDenied, C::CredentialRejected], because)
        }
        S::ReadNotPermittedOrMissing => Causes::open(
            &[C::PermissionDenied, C::ImageNotFound, right, C::NoCredential, C::CredentialNotVisible],
            because,
        ),
        S::NotPermittedOrMissing => {
            let missing = if facts.reading.push { C::RepositoryNotFound } else { C::ImageNotFound };
            Causes::open(&[right, missing, C::NoCredential, C::CredentialNotVisible], because)
        }
        _ => return None,
    })
}

/// A registry that also has what anybody may read refuses even that to a credential that has expired.
fn expired(facts: &Facts<'_>, because: &str) -> Causes {
    match facts.kind {
        Kind::Ecr | Kind::Google | Kind::Azure | Kind::Other => {
            Causes::certain(C::CredentialExpired, because)
        }
        Kind::EcrPublic => {
            Causes::open(&[C::StaleCredential, C::CredentialExpired, C::CredentialRejected], because)
        }
        _ => Causes::open(&[C::CredentialExpired, C::StaleCredential, C::CredentialRejected], because),
    }
}

/// What a helper failed at may be told behind it: the way to its cloud, or the credential that it has.
fn helper_failed(facts: &Facts<'_>, because: &str) -> Causes {
    // That it timed out is the helper's failure; the cloud's address for machines is no registry's.
    let kind = facts.reading.failure.as_ref().map(|failure| failure.kind);
    let own = matches!(kind, None | Some(FailureKind::Deadline | FailureKind::Canceled))
        || facts.host().starts_with("169.254.");
    if !own && let Some(mut causes) = network::broken(facts) {
        causes.codes.insert(1, C::CredentialHelperFailed);
        return Causes::open(&causes.codes, causes.because);
    }
    let mut codes = vec![C::CredentialHelperFailed];
    if facts.reading.sign(S::WrongPassword).or(facts.reading.sign(S::Invalid)).is_some() {
        codes.insert(0, C::CredentialRejected);
        codes.push(C::CredentialExpired);
    }
    codes.extend([C::NoCredential, C::CredentialNotVisible, C::CredentialExpired]);
    Causes::open(&codes, because)
}

fn token_or_secret(kind: S, because: &str) -> Option<Causes> {
    Some(match kind {
        S::SecretsMissing => Causes::certain(C::PullSecretMissing, because),
        S::SecretMalformed => {
            Causes::open(&[C::PullSecretMalformed, C::ContentCorrupt, C::UnexpectedResponder], because)
        }
        S::OutsideTimes => Causes::certain(C::TokenTimeRejected, because),
        S::TokenExpired => Causes::open(
            &[
                C::CredentialExpired,
                C::TokenOutlived,
                C::TokenTimeRejected,
                C::ClockDrift,
                C::CredentialRejected,
            ],
            because,
        ),
        S::AddressRefused => {
            Causes::open(&[C::RefusedByPolicy, C::EgressBlocked, C::PermissionDenied], because)
        }
        S::TokenOver => Causes::open(&[C::TokenOutlived, C::TokenTimeRejected, C::ClockDrift], because),
        S::SkewedSignature => {
            Causes::open(&[C::TokenTimeRejected, C::ClockDrift, C::CredentialHelperFailed], because)
        }
        S::UnknownKey => {
            Causes::open(&[C::HarborKeyMismatch, C::HarborKeyStale, C::HarborKeyNotMounted], because)
        }
        S::UnreadableKey => Causes::certain(C::HarborKeyUnreadable, because),
        _ => return None,
    })
}

fn is_github(facts: &Facts<'_>) -> bool {
    facts.kind == Kind::GitHub
        || facts.reading.sign(S::Invalid).is_some_and(|sign| sign.text.as_str().contains("GitHub"))
}
