//! Causes below HTTP, or in HTTP itself: names, connections, TLS, proxies.

use super::super::hosts::{self, Kind, Role};
use super::super::reading::{Failure, FailureKind as F, Operation};
use super::Causes;
use super::facts::Facts;
use crate::finding::Code;

/// What broke on the way to the registry, its token service or its storage.
pub(super) fn broken(facts: &Facts<'_>) -> Option<Causes> {
    let failure = facts.reading.failure.as_ref()?;
    let because = because(facts, failure);
    if failure.proxy {
        return Some(Causes::certain(Code::ProxyFailed, because).at_token_service(facts));
    }
    // A pull that broke while it was being unpacked broke in the content, as far as the reader can tell.
    if facts.reading.operation == Some(Operation::Unpack) && failure.kind == F::Closed {
        return Some(Causes::open(
            &[Code::ContentCorrupt, Code::ConnectionRefused, Code::RuntimeFailed],
            because,
        ));
    }
    let (mut codes, certain) = family(facts, failure.kind);
    if facts.at_token_service() {
        codes = at_token_service(facts, failure.kind, codes);
        return Some(Causes { codes, certain: false, because });
    }
    Some(Causes { codes, certain, because })
}

/// What a server may lack that could not be verified.
const UNVERIFIED: &[Code] = &[
    Code::CertificateUntrusted,
    Code::CertificateNameMismatch,
    Code::PlainHttpRegistry,
    Code::CertificateNotValidNow,
];

/// The codes that a kind of failure stands for at any host, and whether the first is certain.
fn family(facts: &Facts<'_>, kind: F) -> (Vec<Code>, bool) {
    use Code as C;
    match kind {
        F::Refused => (vec![C::ConnectionRefused, C::EgressBlocked, C::PlainHttpRegistry], false),
        F::Reset | F::Closed => {
            (vec![C::ConnectionRefused, C::EgressBlocked, C::ProxyFailed, C::TlsHandshakeFailed], false)
        }
        F::Unreachable => (vec![C::ConnectionRefused, C::EgressBlocked], false),
        F::TimedOut => (vec![C::ConnectionTimedOut, C::EgressBlocked, C::ProxyFailed], false),
        F::Dial => (vec![C::ConnectionTimedOut, C::EgressBlocked, C::ConnectionRefused], false),
        F::HandshakeTimedOut => {
            (vec![C::ConnectionTimedOut, C::TlsHandshakeFailed, C::EgressBlocked, C::ProxyFailed], false)
        }
        F::Deadline | F::Canceled => (deadline(facts), false),
        F::NameUnknown => (vec![C::RegistryNameUnresolved], true),
        F::NameFailed | F::NameTimedOut => (vec![C::RegistryNameUnresolved, C::EgressBlocked], false),
        F::Untrusted => (vec![C::CertificateUntrusted], true),
        F::NoAddress => (vec![C::CertificateNameMismatch], true),
        F::OtherName => (vec![C::CertificateNameMismatch, C::UnexpectedResponder], false),
        F::NotValidNow => (vec![C::CertificateNotValidNow, C::ClockDrift], false),
        F::Handshake => (vec![C::TlsHandshakeFailed, C::ProxyFailed, C::UnexpectedResponder], false),
        F::HttpAnswered => plain_http(facts),
        F::Unverified => (UNVERIFIED.to_vec(), false),
        F::Unreadable => {
            (vec![C::CertificateUntrusted, C::TlsHandshakeFailed, C::UnexpectedResponder], false)
        }
        F::HttpsWanted | F::NotTls => {
            (vec![C::PlainHttpRegistry, C::ProxyFailed, C::UnexpectedResponder], false)
        }
        F::ConnectRefused => (vec![C::ProxyFailed], true),
        F::ConnectForbidden => (vec![C::ProxyFailed, C::EgressBlocked, C::UnexpectedResponder], false),
        F::Malformed => (vec![C::UnexpectedResponder, C::ProxyFailed, C::PlainHttpRegistry], false),
        F::BadScheme => (vec![C::RealmMismatch, C::InvalidImageName, C::TokenServiceUnreachable], false),
    }
}

/// The realm belongs to the registry, which must have answered for it to be known. What its certificate or
/// its protocol is wrong about is wrong wherever it stands; where it cannot be reached, that is the finding.
fn at_token_service(facts: &Facts<'_>, kind: F, family: Vec<Code>) -> Vec<Code> {
    use Code as C;
    let own_word = matches!(
        kind,
        F::Untrusted
            | F::NoAddress
            | F::OtherName
            | F::NotValidNow
            | F::Unreadable
            | F::Unverified
            | F::Handshake
            | F::HttpAnswered
            | F::NotTls
            | F::HttpsWanted
            | F::ConnectRefused
            | F::ConnectForbidden
            | F::Malformed
    );
    let mut codes = Vec::new();
    if kind == F::BadScheme {
        codes.push(C::RealmMismatch);
    }
    if own_word {
        codes.extend(family.first());
        codes.push(C::TokenServiceUnreachable);
    } else {
        codes.push(C::TokenServiceUnreachable);
        codes.extend(family.first().filter(|code| **code != C::InvalidImageName));
    }
    if facts.kind == Kind::Other && facts.token_service_is_elsewhere() {
        codes.push(C::RealmMismatch);
    }
    codes.extend(family.into_iter().filter(|code| *code != C::InvalidImageName));
    codes
}

/// Time was up. With a request in hand nothing answered it; without one it may have been any part of the
/// pull.
fn deadline(facts: &Facts<'_>) -> Vec<Code> {
    use Code as C;
    let rest = [
        C::EgressBlocked,
        C::ProxyFailed,
        C::RegistryNameUnresolved,
        C::TokenServiceUnreachable,
        C::RuntimeFailed,
    ];
    let first = match facts.reading.request() {
        Some(_) => [C::ConnectionTimedOut, C::PullNotFinished],
        None => [C::PullNotFinished, C::ConnectionTimedOut],
    };
    first.into_iter().chain(rest).collect()
}

impl Causes {
    /// On the way to a token service it is that which was not reached.
    fn at_token_service(mut self, facts: &Facts<'_>) -> Self {
        if facts.at_token_service() {
            self.codes.push(Code::TokenServiceUnreachable);
            self.certain = false;
        }
        self
    }
}

/// A registry of one's own that answers in HTTP is set up so; one that is known to speak HTTPS is not the one
/// that answered.
fn plain_http(facts: &Facts<'_>) -> (Vec<Code>, bool) {
    let is_api = facts.reading.request().is_some_and(|request| hosts::is_api(request.url.as_str()));
    if facts.role == Role::Registry && facts.kind == Kind::Other && is_api {
        return (vec![Code::PlainHttpRegistry], true);
    }
    (vec![Code::PlainHttpRegistry, Code::ProxyFailed, Code::UnexpectedResponder], false)
}

fn because(facts: &Facts<'_>, failure: &Failure) -> String {
    let host = facts.host();
    let whose = match facts.role {
        _ if failure.proxy => "on the way to a proxy for ",
        _ if facts.at_token_service() => "at the token service ",
        Role::Elsewhere => "at the redirect's host ",
        _ => "at ",
    };
    format!("it broke {whose}{host}: \"{}\"", failure.text)
}
