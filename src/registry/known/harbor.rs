//! Harbor: its core signs tokens, verifies them alone, and takes a token that it cannot verify for none.

use super::judge::{Answer, Place};
use super::row::{Granted, Row, Source};
use crate::finding::Code as C;
use crate::registry::challenge::Challenge;
use crate::registry::claims::Claims;

const SEEN: Source = Source::Seen("Harbor 2.16, four cores");
const PROXY: Source = Source::Code("Harbor 2.16: src/server/middleware/repoproxy/proxy.go");
const QUOTA: Source = Source::Reported("github.com/goharbor/harbor/issues/17390");
const IMMUTABLE: Source = Source::Code("Harbor 2.16: src/server/middleware/immutable");

const BAD_CREDENTIAL: &[C] =
    &[C::CredentialRejected, C::CredentialExpired, C::RobotAccountUnusable, C::AccountLocked];
const TOKEN_REFUSED: &[C] =
    &[C::HarborTokenRejected, C::HarborKeyMismatch, C::TokenTimeRejected, C::ClockDrift, C::TokenOutlived];

/// The realm of the registry behind core (Harbor 2.16: make/photon/prepare/templates/registry/config.yml.jinja).
const REGISTRY_REALM: &str = "harbor-registry-basic-realm";

/// Whether it is the registry behind core that asks, for core's own credential: it refused the one that core sent.
pub(crate) fn asks_for_core(challenges: &[Challenge]) -> bool {
    let is_of_registry = |challenge: &Challenge| {
        matches!(challenge, Challenge::Basic { .. }) && challenge.realm() == Some(REGISTRY_REALM)
    };
    challenges.iter().any(is_of_registry)
}

pub(super) const ROWS: &[Row] = &[
    Row::new(&[C::RegistryReadOnly], "an administrator made it read-only", SEEN)
        .says("The system is in read only mode")
        .certain(),
    Row::new(&[C::RegistryReadOnly], "a proxy project takes no pushes", PROXY)
        .says("can not push artifact to a proxy project")
        .certain(),
    Row::new(&[C::RefusedByPolicy], "the project's quota", QUOTA)
        .says("*ing * of storage resource, which")
        .certain(),
    Row::new(&[C::RefusedByPolicy], "the tag is immutable", IMMUTABLE)
        .says("*configured as immutable")
        .certain(),
    Row::new(&[C::ImageNotFound], "there is no such project", SEEN)
        .status(&[401, 404])
        .says("project * not found")
        .certain(),
    // The token service
    Row::new(
        &[C::HarborKeyUnreadable, C::TokenServiceUnreachable, C::RegistryServerError],
        "a core that cannot read its token key answers so",
        SEEN,
    )
    .at(Place::TokenService)
    .status(&[500]),
    Row::new(&[C::RealmMismatch, C::ProxyFailed], "another service is behind the realm", SEEN)
        .at(Place::TokenService)
        .status(&[400])
        .says("Unable to handle service"),
    Row::new(BAD_CREDENTIAL, "wrong, expired, disabled or locked: it does not say which", SEEN)
        .at(Place::TokenService)
        .status(&[401])
        .sent(true),
    Row::new(&[C::NoCredential], "a login without a credential", SEEN)
        .at(Place::TokenService)
        .status(&[401])
        .sent(false)
        .certain(),
    // The registry
    Row::new(
        &[C::HarborConfigDrift, C::RegistryServerError],
        "the registry behind the core refuses the core's own credential",
        Source::Code("Harbor 2.16: make/photon/prepare/templates/registry/config.yml.jinja"),
    )
    .status(&[401])
    .when(|answer| asks_for_core(answer.challenges)),
    Row::new(BAD_CREDENTIAL, "its token was issued to nobody although a credential was sent", SEEN)
        .status(&[401])
        .granted(Granted::Nobody),
    Row::new(&[C::PermissionDenied], "its token was issued to the account and does not grant this", SEEN)
        .status(&[401])
        .sent(true)
        .granted(Granted::No)
        .certain(),
    Row::new(TOKEN_REFUSED, "a token that grants this was not verified by the core that it came to", SEEN)
        .status(&[401])
        .granted(Granted::Yes),
    Row::new(TOKEN_REFUSED, "a token of a login was not verified by the core that it came to", SEEN)
        .status(&[401])
        .when(carries_a_login),
    Row::new(
        &[
            C::PermissionDenied,
            C::CredentialRejected,
            C::CredentialExpired,
            C::HarborTokenRejected,
            C::HarborKeyMismatch,
        ],
        "the token that was sent does not count or does not grant this",
        SEEN,
    )
    .status(&[401])
    .sent(true)
    .says("unauthorized to access repository: *, action: "),
    Row::new(BAD_CREDENTIAL, "it does not take the credential", SEEN)
        .status(&[401])
        .sent(true)
        .when(|answer| answer.claims.is_none() && answer.repository.is_empty()),
    Row::new(&[C::ImageNotFound], "what may not be read it answers with 401, so there is none", SEEN)
        .status(&[404])
        .code("NOT_FOUND")
        .certain(),
];

/// A scopeless token that was issued to an account, at `/v2/`.
fn carries_a_login(answer: &Answer<'_>) -> bool {
    answer.repository.is_empty() && answer.claims.is_some_and(|claims: &Claims| claims.sub.is_some())
}
