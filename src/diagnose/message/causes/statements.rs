//! Causes that a program or a registry states in words.

use super::super::hosts::Kind;
use super::super::reading::{FailureKind, Operation};
use super::super::sign::{Sign, SignKind as S};
use super::facts::{Facts, Sent};
use super::{Causes, access, network, refusals};
use crate::finding::Code as C;

/// Statements that say more than what is around them, the most exact first.
const DEFINITE: &[S] = &[
    S::NeverPulled,
    S::Throttled,
    S::SecretsMissing,
    S::DiskFull,
    S::NoPlatform,
    S::SignatureRejected,
    S::InvalidName,
    S::HelperMissing,
    S::TooManyLogins,
    S::RateLimited,
    S::Policy,
    S::ReadOnly,
    S::RobotUnusable,
    S::RobotTokenOver,
    S::Locked,
    S::UnreadableKey,
    S::UnknownKey,
    S::OutsideTimes,
    S::TokenOver,
    S::SkewedSignature,
    S::SessionExpired,
    S::HelperNotPermitted,
    S::HelperFailed,
    S::NotPermitted,
    S::ScopeMissing,
    S::NotPermittedOrMissing,
    S::Expired,
    S::TokenExpired,
    S::AddressRefused,
    S::MayBePolicy,
    S::Invalid,
    S::WrongPassword,
    S::WrongPasswordOrNone,
    S::NoCredentialSent,
    S::BackendUnreachable,
    S::BadRealm,
    S::ContentMissing,
    S::Corrupt,
    S::Incomplete,
    S::StoreIncomplete,
    S::UnreadableManifest,
    S::NotRegistry,
    S::SecretMalformed,
    S::RuntimeFailed,
    S::ProxyRefused,
];

/// The cause that a statement gives by itself.
pub(super) fn definite(facts: &Facts<'_>) -> Option<Causes> {
    let sign = DEFINITE.iter().find_map(|kind| facts.reading.sign(*kind))?;
    let because = because(sign);
    credential(facts, sign.kind, &because).or_else(|| image_or_node(facts, sign.kind, &because))
}

fn credential(facts: &Facts<'_>, kind: S, because: &str) -> Option<Causes> {
    let right = if facts.reading.push { C::PushDenied } else { C::PermissionDenied };
    Some(match kind {
        S::NoCredentialSent if facts.reading.push => {
            Causes::open(&[C::NoCredential, C::CredentialHelperFailed, C::BuilderConfigNotMounted], because)
        }
        S::NoCredentialSent => Causes::open(&refusals::no_credential(facts), because),
        S::HelperMissing => Causes::certain(C::CredentialHelperFailed, because),
        S::HelperFailed => helper_failed(facts, because),
        S::HelperNotPermitted => Causes::open(
            &[C::PermissionDenied, C::CredentialHelperFailed, C::CredentialNotVisible, C::NoCredential],
            because,
        ),
        S::SessionExpired => {
            Causes::open(&[C::CredentialExpired, C::CredentialHelperFailed, C::CredentialRejected], because)
        }
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
            Causes::open(&[C::CredentialRejected, C::CredentialExpired, right, C::NoCredential], because)
        }
        S::Locked => Causes::certain(C::AccountLocked, because),
        S::TooManyLogins => Causes::open(&[C::AccountLocked, C::RateLimited, C::CredentialRejected], because),
        S::RobotTokenOver => Causes::open(
            &[C::RobotAccountUnusable, C::CredentialExpired, C::TokenOutlived, C::ClockDrift],
            because,
        ),
        S::RobotUnusable => Causes::certain(C::RobotAccountUnusable, because),
        S::NotPermitted => Causes::certain(right, because),
        S::ScopeMissing => {
            Causes::open(&[right, C::PushDenied, C::PermissionDenied, C::CredentialRejected], because)
        }
        S::NotPermittedOrMissing => {
            Causes::open(&[right, C::ImageNotFound, C::NoCredential, C::CredentialNotVisible], because)
        }
        _ => return token_or_secret(kind, because),
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

fn image_or_node(facts: &Facts<'_>, kind: S, because: &str) -> Option<Causes> {
    Some(match kind {
        S::NeverPulled => Causes::certain(C::ImageNeverPulled, because),
        S::Throttled => Causes::certain(C::NodePullThrottled, because),
        S::DiskFull if facts.server_says() => {
            Causes::open(&[C::RegistryServerError, C::NodeDiskFull], because)
        }
        S::DiskFull => Causes::certain(C::NodeDiskFull, because),
        S::NoPlatform => Causes::certain(C::PlatformMissing, because),
        S::SignatureRejected => Causes::certain(C::SignatureRejected, because),
        S::InvalidName => Causes::certain(C::InvalidImageName, because),
        S::RateLimited => Causes::certain(C::RateLimited, because),
        S::Policy => Causes::certain(C::RefusedByPolicy, because),
        S::MayBePolicy => {
            Causes::open(&[C::RefusedByPolicy, C::RegistryReadOnly, C::PermissionDenied], because)
        }
        S::ReadOnly => Causes::certain(C::RegistryReadOnly, because),
        S::ContentMissing | S::Corrupt => Causes::certain(C::ContentCorrupt, because),
        S::Incomplete => Causes::open(&[C::ContentCorrupt, C::ConnectionRefused, C::ProxyFailed], because),
        S::StoreIncomplete | S::UnreadableManifest => {
            Causes::open(&[C::ContentCorrupt, C::RuntimeFailed], because)
        }
        S::BadRealm => Causes::open(&[C::RealmMismatch, C::UnexpectedResponder], because),
        S::BackendUnreachable => Causes::open(
            &[C::RegistryServerError, C::HarborCoreUnreachable, C::ConnectionRefused, C::ProxyFailed],
            because,
        ),
        // Servers in front of registries answer these with pages, and mean them.
        S::NotRegistry if matches!(facts.reading.status, Some(401 | 407 | 413 | 429 | 500..)) => {
            return access::answered(facts);
        }
        S::NotRegistry if facts.reading.status == Some(403) && facts.may_push() => Causes::open(
            &[C::UnexpectedResponder, C::PushDenied, C::PermissionDenied, C::ProxyFailed],
            because,
        ),
        S::NotRegistry if facts.reading.status == Some(403) => {
            Causes::open(&[C::UnexpectedResponder, C::PermissionDenied, C::ProxyFailed], because)
        }
        S::NotRegistry if facts.reading.status == Some(404) => {
            Causes::open(&[C::UnexpectedResponder, C::ImageNotFound, C::ProxyFailed], because)
        }
        S::NotRegistry if facts.at_token_service() => {
            Causes::open(&[C::UnexpectedResponder, C::TokenServiceUnreachable, C::ProxyFailed], because)
        }
        S::NotRegistry => {
            Causes::open(&[C::UnexpectedResponder, C::ProxyFailed, C::RegistryServerError], because)
        }
        S::RuntimeFailed => Causes::certain(C::RuntimeFailed, because),
        S::ProxyRefused => Causes::certain(C::ProxyFailed, because),
        _ => return None,
    })
}

/// Statements that leave it open, and the status of the gRPC error around them.
pub(super) fn vague(facts: &Facts<'_>) -> Option<Causes> {
    let reading = facts.reading;
    let first = |kinds: &[S]| kinds.iter().find_map(|kind| reading.sign(*kind));
    if let Some(sign) = first(&[S::TokenRefused]) {
        let codes: &[C] = match facts.kind {
            Kind::Other => {
                &[C::HarborTokenRejected, C::TokenTimeRejected, C::HarborKeyMismatch, C::ClockDrift]
            }
            _ => &[C::TokenTimeRejected, C::ClockDrift, C::CredentialRejected],
        };
        return Some(Causes::open(codes, because(sign)));
    }
    if let Some(sign) = first(&[S::NoSuchRepository, S::NotFound]) {
        return Some(access::not_found(facts, because(sign)));
    }
    if let Some(sign) = first(&[S::AccessDenied]) {
        return Some(Causes::open(&refusals::denied(facts), because(sign)));
    }
    if let Some(sign) = first(&[S::ServerError]) {
        return Some(access::server_error(facts, because(sign)));
    }
    if let Some(sign) = first(&[S::RegistryUnavailable]) {
        let codes =
            [C::RegistryServerError, C::ConnectionTimedOut, C::ConnectionRefused, C::RegistryNameUnresolved];
        return Some(Causes::open(&codes, because(sign)));
    }
    if reading.operation == Some(Operation::Unpack) {
        let codes = [C::RuntimeFailed, C::NodeDiskFull, C::ContentCorrupt];
        return Some(Causes::open(&codes, "it broke while layers were written to the node's disk"));
    }
    by_grpc(facts).or_else(|| {
        let unknown = reading.registry_error.as_ref().filter(|error| error.code == "UNKNOWN")?;
        Some(access::server_error(facts, format!("the registry answered \"{}\"", unknown.code)))
    })
}

fn by_grpc(facts: &Facts<'_>) -> Option<Causes> {
    let status = facts.reading.grpc.as_ref()?;
    let because = format!("the runtime's error is of the class \"{status}\" and says no more");
    let codes: &[C] = match status.as_str() {
        "NotFound" => return Some(access::not_found(facts, because)),
        "Unauthenticated" if facts.sent == Sent::No => &[C::NoCredential, C::ImageNotFound],
        "Unauthenticated" => &[C::NoCredential, C::CredentialRejected],
        "PermissionDenied" => &[C::PermissionDenied, C::NoCredential, C::ImageNotFound],
        "Unavailable" => &[C::RuntimeFailed, C::RegistryServerError, C::ConnectionRefused],
        "DeadlineExceeded" => &[C::PullNotFinished, C::ConnectionTimedOut, C::EgressBlocked],
        "Canceled" => &[C::PullNotFinished, C::RuntimeFailed],
        "ResourceExhausted" => &[C::RateLimited, C::NodeDiskFull, C::RuntimeFailed],
        "InvalidArgument" => &[C::InvalidImageName, C::RuntimeFailed],
        "FailedPrecondition" | "DataLoss" => &[C::ContentCorrupt, C::RuntimeFailed],
        _ => return None,
    };
    Some(Causes::open(codes, because))
}

fn is_github(facts: &Facts<'_>) -> bool {
    facts.kind == Kind::GitHub
        || facts.reading.sign(S::Invalid).is_some_and(|sign| sign.text.as_str().contains("GitHub"))
}

fn because(sign: &Sign) -> String {
    format!("it says \"{}\"", sign.text)
}
