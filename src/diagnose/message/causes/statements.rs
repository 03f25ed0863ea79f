//! Causes that a program or a registry states in words.

use super::super::hosts::Kind;
use super::super::reading::Operation;
use super::super::sign::{Sign, SignKind as S};
use super::facts::{Facts, Sent};
use super::{Causes, access, credentials, refusals};
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
    S::HelperHasNone,
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
    S::NoCredentialSent,
    S::NotPermitted,
    S::ScopeMissing,
    S::ReadNotPermittedOrMissing,
    S::NotPermittedOrMissing,
    S::Expired,
    S::TokenExpired,
    S::AddressRefused,
    S::MayBePolicy,
    S::Invalid,
    S::WrongPassword,
    S::WrongPasswordOrNone,
    S::HarborCore,
    S::StorageFailed,
    S::BackendUnreachable,
    S::BadRealm,
    S::ContentMissing,
    S::Corrupt,
    S::Incomplete,
    S::StoreIncomplete,
    S::UnreadableManifest,
    S::StorageRefused,
    S::NotRegistry,
    S::SecretMalformed,
    S::JsonSyntax,
    S::VerifierFailed,
    S::RuntimeFailed,
    S::ProxyRefused,
];

/// The cause that a statement gives by itself.
pub(super) fn definite(facts: &Facts<'_>) -> Option<Causes> {
    let counts = |kind: &&S| **kind != S::RuntimeFailed || !facts.registry_answered();
    let sign = DEFINITE.iter().filter(counts).find_map(|kind| facts.reading.sign(*kind))?;
    let because = because(sign);
    credentials::stated(facts, sign.kind, &because)
        .or_else(|| image_or_node(facts, sign.kind, &because))
        .or_else(|| responder(facts, sign.kind, &because))
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
        // It looked for a signature, or for the image.
        S::SignatureRejected if facts.reading.sign(S::NotFound).is_some() => {
            Causes::open(&[C::SignatureRejected, C::ImageNotFound], because)
        }
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
        S::VerifierFailed => Causes::open(&[C::RuntimeFailed, C::SignatureRejected], because),
        S::RuntimeFailed => Causes::certain(C::RuntimeFailed, because),
        S::ProxyRefused => Causes::certain(C::ProxyFailed, because),
        _ => return None,
    })
}

/// Who answered, or failed behind who did.
fn responder(facts: &Facts<'_>, kind: S, because: &str) -> Option<Causes> {
    let codes: &[C] = match kind {
        S::NotRegistry => return page(facts, because),
        S::JsonSyntax if facts.is_of_answer() => return page(facts, because),
        S::JsonSyntax => &[C::PullSecretMalformed, C::UnexpectedResponder, C::ContentCorrupt],
        S::BadRealm => &[C::RealmMismatch, C::UnexpectedResponder],
        S::BackendUnreachable => {
            &[C::RegistryServerError, C::HarborCoreUnreachable, C::ConnectionRefused, C::ProxyFailed]
        }
        S::StorageFailed => &[C::RegistryServerError, C::RefusedByPolicy, C::HarborConfigDrift],
        S::StorageRefused => &[C::PermissionDenied, C::EgressBlocked, C::ClockDrift, C::UnexpectedResponder],
        S::HarborCore => {
            &[C::HarborCoreUnreachable, C::RegistryServerError, C::ProxyFailed, C::UnexpectedResponder]
        }
        _ => return None,
    };
    Some(Causes::open(codes, because))
}

/// A page, or something else that no registry says. Servers in front of registries answer some statuses with
/// pages, and mean them.
fn page(facts: &Facts<'_>, because: &str) -> Option<Causes> {
    let codes: &[C] = match facts.reading.status {
        Some(401 | 407 | 413 | 429 | 500..) => return access::answered(facts),
        Some(403) if facts.may_push() => {
            &[C::UnexpectedResponder, C::PushDenied, C::EgressBlocked, C::PermissionDenied, C::ProxyFailed]
        }
        Some(403) => &[C::UnexpectedResponder, C::PermissionDenied, C::EgressBlocked, C::ProxyFailed],
        Some(404) => &[C::UnexpectedResponder, C::ImageNotFound, C::ProxyFailed],
        _ if facts.at_token_service() => {
            &[C::UnexpectedResponder, C::TokenServiceUnreachable, C::ProxyFailed]
        }
        _ => &[C::UnexpectedResponder, C::ProxyFailed, C::RegistryServerError],
    };
    Some(Causes::open(codes, because))
}

/// Statements that leave it open, and the status of the gRPC error around them.
pub(super) fn vague(facts: &Facts<'_>) -> Option<Causes> {
    let reading = facts.reading;
    let first = |kinds: &[S]| kinds.iter().find_map(|kind| reading.sign(*kind));
    if let Some(sign) = first(&[S::ConfigMissing]) {
        let codes =
            [C::BuilderConfigNotMounted, C::BuilderConfigMisnamed, C::NoCredential, C::CredentialNotVisible];
        return Some(Causes::open(&codes, because(sign)));
    }
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

fn because(sign: &Sign) -> String {
    format!("it says \"{}\"", sign.text)
}
