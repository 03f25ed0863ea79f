//! Hosted registries: GitHub, Docker Hub, Quay, GitLab.

use super::judge::{Answer, Place};
use super::row::{Granted, Row, Source};
use crate::finding::Code as C;

const GHCR_EXPIRED: Source = Source::Reported("github.com/akuity/kargo/pull/778");
const GHCR_WRITE: Source = Source::Reported("github.com/docker/build-push-action/issues/806");
const GHCR_APP: Source = Source::Reported("github.com/hyperledger-firefly/signer/pull/74");
const GHCR_SCOPES: Source = Source::Reported("github.com/daltoniam/switchboard/pull/139");
const GHCR_TOKEN: Source = Source::Reported("github.com/autc04/Retro68/issues/274");

pub(super) const GITHUB: &[Row] = &[
    Row::new(&[C::PushDenied], "the token may not write this package", GHCR_WRITE)
        .says("permission_denied: write_package")
        .certain(),
    Row::new(&[C::PermissionDenied], "the token may not read this package", GHCR_WRITE)
        .says("permission_denied: read_package")
        .certain(),
    Row::new(&[C::PermissionDenied], "the workflow's token lacks `packages: read`", GHCR_APP)
        .says("installation not allowed to read")
        .certain(),
    Row::new(&[C::PushDenied], "the workflow's token lacks `packages: write`", GHCR_APP)
        .says("installation not allowed to ")
        .certain(),
    Row::new(&[C::PermissionDenied, C::CredentialRejected], "the token lacks a scope", GHCR_SCOPES)
        .says("permission_denied: The token provided does not match expected scopes"),
    Row::new(&[C::CredentialRejected, C::CredentialExpired], "it does not know the token", GHCR_TOKEN)
        .says("*User cannot be authenticated with the token provided"),
    Row::new(
        &[
            C::CredentialRejected,
            C::CredentialExpired,
            C::StaleCredential,
            C::PermissionDenied,
            C::ImageNotFound,
        ],
        "it says so to a token that it does not know, even for a public package",
        GHCR_EXPIRED,
    )
    .at(Place::TokenService)
    .status(&[403])
    .code("DENIED")
    .sent(true),
];

const HUB_ACCESS: Source = Source::Documented("docs.docker.com/docker-hub/repos/manage/access");
const HUB_LOGIN: Source = Source::Reported("github.com/docker/hub-feedback/issues/786");

pub(super) const DOCKER_HUB: &[Row] = &[
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::StaleCredential],
        "user name and password or token do not fit",
        HUB_LOGIN,
    )
    .says("incorrect username or password"),
    Row::new(&[C::ImageNotFound, C::NoCredential], "Docker's own images need no credential", HUB_ACCESS)
        .status(&[401, 403])
        .sent(false)
        .when(is_official),
    Row::new(
        &[C::PermissionDenied, C::ImageNotFound],
        "the account may not read it, or there is no such repository: it does not say which",
        HUB_ACCESS,
    )
    .status(&[401, 403])
    .sent(true)
    .when(|answer| answer.granted() == Some(Granted::No) || answer.errors.has_code("DENIED")),
];

fn is_official(answer: &Answer<'_>) -> bool {
    answer.repository.starts_with("library/") && answer.from_registry
}

const QUAY_AUTH: Source = Source::Code("Quay: auth/credentials.py");
const QUAY_TOKEN: Source = Source::Code("Quay: endpoints/v2/v2auth.py");

pub(super) const QUAY: &[Row] = &[
    Row::new(
        &[C::CredentialRejected, C::RobotAccountUnusable, C::StaleCredential],
        "the robot is gone, or its token was made anew",
        QUAY_AUTH,
    )
    .says("*Could not find robot with"),
    Row::new(&[C::CredentialRejected, C::StaleCredential], "user name and password do not fit", QUAY_AUTH)
        .says("*Invalid Username or Password"),
    Row::new(
        &[C::PermissionDenied, C::ImageNotFound],
        "the account may not do this, or there is no such repository: it does not say which",
        QUAY_TOKEN,
    )
    .status(&[401, 403])
    .sent(true)
    .says("access to the requested resource is not authorized"),
];

const GITLAB_FORBIDDEN: Source = Source::Reported("github.com/coollabsio/coolify/issues/890");
const GITLAB_BASIC: Source =
    Source::Documented("docs.gitlab.com/user/packages/container_registry/troubleshoot_container_registry");

pub(super) const GITLAB: &[Row] = &[
    Row::new(&[C::CredentialRejected, C::CredentialExpired], "user name and token do not fit", GITLAB_BASIC)
        .says("HTTP Basic: Access denied"),
    Row::new(
        &[C::PermissionDenied, C::ImageNotFound, C::CredentialRejected, C::CredentialExpired],
        "the account or its token's scopes do not reach the project: it does not say which",
        GITLAB_FORBIDDEN,
    )
    .status(&[401, 403])
    .sent(true)
    .says("access forbidden"),
];
