//! What refusals of registries in general mean: Distribution, and whatever speaks its API.

use super::judge::Action::Push;
use super::judge::{Answer, Place};
use super::row::{Granted, Row, Source};
use crate::finding::Code as C;
use crate::registry::api_error::BodyKind;
use crate::registry::challenge::Challenge;

const SPEC: Source = Source::Documented("distribution.github.io/distribution/spec/api, section Errors");
const TOKEN_SPEC: Source = Source::Documented("distribution.github.io/distribution/spec/auth/token");
const HTTP: Source = Source::Documented("RFC 9110, section 15");
const AUTHORIZER: Source = Source::Code("containerd 2.4: core/remotes/docker/authorizer.go");
const ACCESS: Source = Source::Code("Distribution 3.1: registry/auth/token/accesscontroller.go");

const RIGHT_OR_MISSING: &[C] =
    &[C::PermissionDenied, C::ImageNotFound, C::CredentialRejected, C::CredentialExpired, C::StaleCredential];
const NONE_SENT: &[C] = &[C::NoCredential, C::ImageNotFound, C::CredentialNotVisible];
const REFUSED: &[C] = &[
    C::CredentialRejected,
    C::CredentialExpired,
    C::StaleCredential,
    C::AccountLocked,
    C::RobotAccountUnusable,
    C::PermissionDenied,
];

/// The rows, in the order in which they are asked.
pub(super) const ROWS: &[Row] = &[
    // What stands between.
    Row::new(&[C::ProxyFailed], "a proxy wants a login of its own", HTTP).status(&[407]).certain(),
    Row::new(&[C::UnexpectedResponder], "a network wants a login", Source::Documented("RFC 6585, section 6"))
        .status(&[511])
        .certain(),
    Row::new(
        &[C::PlainHttpRegistry],
        "HTTP was spoken where HTTPS is",
        Source::Code("Go 1.24: net/http/server.go"),
    )
    .status(&[400])
    .says("client sent an HTTP request to an HTTPS server")
    .certain(),
    Row::new(&[C::PlainHttpRegistry], "HTTP was spoken where HTTPS is", Source::Code("nginx: status 497"))
        .status(&[400])
        .says("400 The plain HTTP request was sent to HTTPS port")
        .certain(),
    Row::new(&[C::UnexpectedResponder], "a web page, and no mark of a registry", SPEC)
        .when(|answer| answer.status < 500 && is_stranger(answer) && answer.errors.kind == BodyKind::Html)
        .when_status_is_not_404()
        .certain(),
    // What a registry says in words.
    Row::new(
        &[C::AccountLocked],
        "it locks the account after failed logins",
        Source::Reported("github.com/docker/hub-feedback/issues/814"),
    )
    .says("*too many failed login attempts")
    .certain(),
    Row::new(&[C::RateLimited], "its rate limit", SPEC).status(&[429]).certain(),
    Row::new(&[C::RateLimited], "its rate limit", SPEC).code("TOOMANYREQUESTS").certain(),
    Row::new(&[C::RegistryReadOnly], "it is read-only", SPEC).says("*read-only mode").certain(),
    Row::new(&[C::RegistryReadOnly], "it is read-only", SPEC).says("*read only mode").certain(),
    Row::new(
        &[C::RegistryReadOnly],
        "it takes no pushes",
        Source::Code("Distribution 3.1: registry/proxy/proxyblobstore.go"),
    )
    .on(Push)
    .code("UNSUPPORTED")
    .certain(),
    Row::new(
        &[C::RegistryReadOnly, C::RefusedByPolicy, C::UnexpectedResponder],
        "it does not route uploads: read-only, or a cache",
        Source::Code("Distribution 3.1: registry/handlers/blobupload.go"),
    )
    .on(Push)
    .status(&[405]),
    Row::new(
        &[C::RefusedByPolicy],
        "a policy of the project",
        Source::Code("Harbor 2.16: src/lib/errors/const.go"),
    )
    .code("PROJECTPOLICYVIOLATION")
    .certain(),
    Row::new(&[C::RefusedByPolicy], "a quota", SPEC).code("QUOTA_EXCEEDED").certain(),
    Row::new(&[C::CredentialExpired], "the credential has expired", TOKEN_SPEC)
        .at(Place::TokenService)
        .status(&[400, 401, 403])
        .sent(true)
        .says("*expired")
        .certain(),
    // What the token grants, by its own claims.
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::AccountLocked, C::RobotAccountUnusable],
        "its token was issued to nobody although a credential was sent",
        Source::Seen("Harbor 2.16"),
    )
    .status(&[401, 403])
    .granted(Granted::Nobody),
    Row::new(
        &[C::PermissionDenied, C::ImageNotFound],
        "its token was issued to the account and does not grant this",
        ACCESS,
    )
    .status(&[401, 403])
    .sent(true)
    .granted(Granted::No),
    Row::new(NONE_SENT, "its token was issued to nobody and does not grant this", ACCESS)
        .status(&[401, 403])
        .sent(false)
        .granted(Granted::No),
    Row::new(
        &[C::TokenTimeRejected, C::ClockDrift, C::RegistryServerError],
        "its token grants this and was refused all the same",
        ACCESS,
    )
    .status(&[401])
    .when(|answer| answer.place != Place::Storage && answer.granted() == Some(Granted::Yes)),
    // 401 and 403 without any mark of a registry.
    Row::new(
        &[C::ClockDrift, C::TokenTimeRejected, C::UnexpectedResponder],
        "the signed URL is over, by the storage's clock",
        Source::Documented("docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    )
    .at(Place::Storage)
    .says("Request has expired"),
    Row::new(
        &[C::UnexpectedResponder, C::EgressBlocked, C::ProxyFailed, C::ClockDrift, C::PermissionDenied],
        "the registry's own redirect led there, so something in between refuses, or its signature is over",
        HTTP,
    )
    .at(Place::Storage)
    .status(&[401, 403]),
    Row::new(
        &[C::UnexpectedResponder, C::CredentialRejected, C::ProxyFailed],
        "no mark of a token service",
        TOKEN_SPEC,
    )
    .at(Place::TokenService)
    .status(&[401, 403])
    .sent(true)
    .when(is_stranger),
    Row::new(&[C::UnexpectedResponder, C::ProxyFailed, C::EgressBlocked], "no mark of a registry", SPEC)
        .status(&[401, 403])
        .when(is_stranger),
    // 401
    Row::new(&[C::NoCredential], "it lets nobody in without a login", SPEC)
        .status(&[401])
        .at(Place::Registry)
        .sent(false)
        .when(asks_for_basic_alone)
        .certain(),
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::AccountLocked, C::PermissionDenied],
        "it does not take the user name and password",
        Source::Code("Distribution 3.1: registry/auth/htpasswd/access.go"),
    )
    .status(&[401])
    .sent(true)
    .when(asks_for_basic_alone),
    Row::new(REFUSED, "it does not take the credential", TOKEN_SPEC)
        .status(&[401])
        .at(Place::TokenService)
        .sent(true),
    Row::new(
        &[
            C::CredentialRejected,
            C::CredentialExpired,
            C::StaleCredential,
            C::PermissionDenied,
            C::ImageNotFound,
        ],
        "what was sent is not enough",
        SPEC,
    )
    .status(&[401])
    .sent(true),
    Row::new(NONE_SENT, "it asks for a credential", SPEC).status(&[401]),
    // 403
    Row::new(RIGHT_OR_MISSING, "it knows the account and refuses", SPEC).status(&[403]).sent(true),
    Row::new(NONE_SENT, "it refuses who is unknown", SPEC).status(&[403]),
    // 404
    Row::new(
        &[C::RealmMismatch, C::UnexpectedResponder],
        "there is no token service at the realm",
        AUTHORIZER,
    )
    .at(Place::TokenService)
    .status(&[404, 405]),
    Row::new(&[C::ContentCorrupt, C::UnexpectedResponder], "the blob is not where the registry says", SPEC)
        .at(Place::Storage)
        .status(&[404]),
    Row::new(&[C::ContentCorrupt, C::ImageNotFound], "it lacks a blob that its manifest names", SPEC)
        .at(Place::Blob)
        .status(&[404]),
    Row::new(&[C::UnexpectedResponder], "no registry answers `/v2/` so", SPEC)
        .status(&[404])
        .when(|answer| is_stranger(answer) && answer.repository.is_empty()),
    Row::new(&[C::ImageNotFound], "it has the repository, and no such tag or digest", SPEC)
        .status(&[404])
        .code("MANIFEST_UNKNOWN")
        .certain(),
    // Many a registry hides what the account may not read, so this alone is never certain.
    Row::new(&[C::ImageNotFound, C::PermissionDenied], "it has nothing of that name for this account", SPEC)
        .status(&[404])
        .sent(true)
        .when(|answer| answer.from_registry),
    Row::new(&[C::ImageNotFound, C::UnexpectedResponder, C::PermissionDenied], "no mark of a registry", SPEC)
        .status(&[404])
        .when(is_stranger),
    Row::new(
        &[C::ImageNotFound, C::NoCredential, C::PermissionDenied],
        "it may hide what may not be read",
        SPEC,
    )
    .status(&[404]),
    // Others
    Row::new(&[C::InvalidImageName], "it does not take the name", SPEC).code("NAME_INVALID").certain(),
    Row::new(&[C::ContentCorrupt, C::RefusedByPolicy], "it does not take the content", SPEC)
        .code("MANIFEST_INVALID"),
    Row::new(&[C::ContentCorrupt, C::ProxyFailed], "it does not take the content", SPEC)
        .code("DIGEST_INVALID"),
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::UnexpectedResponder],
        "the token service does not take the request",
        Source::Documented("RFC 6749, section 5.2"),
    )
    .at(Place::TokenService)
    .status(&[400])
    .sent(true),
    Row::new(
        &[C::ProxyFailed, C::RefusedByPolicy, C::UnexpectedResponder],
        "too large for what is in between",
        HTTP,
    )
    .status(&[413]),
    Row::new(&[C::RefusedByPolicy, C::ProxyFailed, C::UnexpectedResponder], "a condition is not met", HTTP)
        .status(&[402, 412, 451]),
    Row::new(&[C::ConnectionTimedOut, C::ProxyFailed], "it gave up waiting", HTTP).status(&[408]),
    Row::new(&[C::TokenServiceUnreachable], "a server error of the token service", HTTP)
        .at(Place::TokenService)
        .when(is_server_error)
        .certain(),
    Row::new(&[C::RegistryServerError], "a server error", HTTP)
        .when(|answer| is_server_error(answer) && answer.from_registry)
        .certain(),
    Row::new(
        &[C::RegistryServerError, C::UnexpectedResponder, C::ProxyFailed],
        "a server error, and no mark of a registry: what stands before it may have answered",
        HTTP,
    )
    .when(is_server_error),
    Row::new(
        &[C::UnexpectedResponder, C::ProxyFailed, C::RegistryServerError],
        "no registry answers so",
        SPEC,
    )
    .when(|answer| is_stranger(answer) && answer.status >= 300),
];

impl Row {
    /// A page with 404 may be of the registry's own web server.
    const fn when_status_is_not_404(self) -> Self {
        self.status(&[200, 201, 202, 301, 302, 303, 307, 308, 400, 401, 402, 403, 405, 406, 409, 410, 451])
    }
}

/// No mark of a registry.
fn is_stranger(answer: &Answer<'_>) -> bool {
    !answer.from_registry
}

fn is_server_error(answer: &Answer<'_>) -> bool {
    (500..600).contains(&answer.status)
}

fn asks_for_basic_alone(answer: &Answer<'_>) -> bool {
    !answer.challenges.is_empty()
        && answer.challenges.iter().all(|challenge| !matches!(challenge, Challenge::Bearer { .. }))
        && answer.challenges.iter().any(|challenge| matches!(challenge, Challenge::Basic { .. }))
}
