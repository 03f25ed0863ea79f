//! Registries that are run by their users: Artifactory, Nexus.

use super::judge::Action::Push;
use super::row::{Row, Source};
use crate::finding::Code as C;

const BAD_CREDENTIAL: Source = Source::Reported("github.com/concourse/registry-image-resource/issues/47");

pub(super) const ARTIFACTORY: &[Row] = &[
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::AccountLocked],
        "user name and password or token do not fit",
        BAD_CREDENTIAL,
    )
    .says("BAD_CREDENTIAL"),
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::AccountLocked],
        "user name and password or token do not fit",
        BAD_CREDENTIAL,
    )
    .says("*Bad Credentials"),
];

const NEXUS_ACCESS: Source = Source::Reported("github.com/sonatype/nexus-public/issues/410");
const NEXUS_REDEPLOY: Source =
    Source::Documented("help.sonatype.com/en/configuring-repositories.html#deployment-policy");

pub(super) const NEXUS: &[Row] = &[
    Row::new(
        &[C::CredentialRejected, C::PermissionDenied, C::CredentialExpired, C::ImageNotFound],
        "the credential is not taken, or its roles do not reach the repository: it does not say which",
        NEXUS_ACCESS,
    )
    .status(&[401])
    .sent(true)
    .says("access to the requested resource is not authorized"),
    Row::new(
        &[C::NoCredential, C::ImageNotFound],
        "anonymous pulls need the Docker Bearer Token Realm and a role of the anonymous user",
        NEXUS_ACCESS,
    )
    .status(&[401])
    .sent(false)
    .says("access to the requested resource is not authorized"),
    Row::new(&[C::RefusedByPolicy], "the repository's deployment policy", NEXUS_REDEPLOY)
        .on(Push)
        .says("*does not allow updating assets")
        .certain(),
];
