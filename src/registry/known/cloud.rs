//! Registries of clouds: Google, AWS, Azure.

use super::judge::Action::{Pull, Push};
use super::judge::Place;
use super::row::{Row, Source};
use crate::finding::Code as C;

const GAR: Source = Source::Documented("cloud.google.com/artifact-registry/docs/docker/troubleshoot");
const GAR_ANONYMOUS: Source = Source::Reported("github.com/GoogleCloudPlatform/aactl/issues/233");
const GAR_TOKEN: Source =
    Source::Documented("cloud.google.com/artifact-registry/docs/docker/authentication#token");

pub(super) const GOOGLE: &[Row] = &[
    Row::new(
        &[C::NoCredential, C::CredentialNotVisible, C::CredentialHelperFailed, C::ImageNotFound],
        "it saw no credential, and does not say whether there is a repository",
        GAR_ANONYMOUS,
    )
    .says("Unauthenticated request. Unauthenticated requests do not have permission")
    .sent(false),
    Row::new(
        &[C::CredentialExpired, C::CredentialRejected, C::CredentialNotVisible],
        "it took the credential for none",
        GAR_ANONYMOUS,
    )
    .says("Unauthenticated request.")
    .sent(true),
    Row::new(
        &[C::PermissionDenied, C::ImageNotFound],
        "the role is missing, or there is no such repository: it does not say which",
        GAR,
    )
    .says("*Permission *artifactregistry.* denied on resource"),
    Row::new(
        &[C::ImageNotFound, C::PermissionDenied],
        "there is no such repository, or none that the account may know of",
        GAR,
    )
    .code("NAME_UNKNOWN")
    .sent(true),
    Row::new(
        &[C::CredentialExpired, C::CredentialRejected, C::StaleCredential],
        "an access token lives for one hour by default, and one that is over is answered so",
        GAR_TOKEN,
    )
    .status(&[401])
    .sent(true),
    Row::new(
        &[C::NoCredential, C::CredentialNotVisible, C::CredentialHelperFailed, C::ImageNotFound],
        "it asks for a credential; a node's own may be missing",
        GAR,
    )
    .status(&[401, 403])
    .sent(false)
    .when(|answer| answer.from_registry),
];

const ECR_EXPIRED: Source = Source::Reported("github.com/CircleCI-Public/aws-ecr-orb/pull/277");
const ECR_ERRORS: Source =
    Source::Documented("docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html");
const ECR_MISSING: Source = Source::Reported("github.com/plexsystems/sinker/issues/55");
const ECR_MUTABILITY: Source =
    Source::Documented("docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html");
const ECR_ENDPOINTS: Source =
    Source::Documented("docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html");

pub(super) const ECR: &[Row] = &[
    Row::new(&[C::CredentialExpired], "a token lives for twelve hours, and this one is over", ECR_EXPIRED)
        .says("Your authorization token has expired")
        .certain(),
    Row::new(&[C::PermissionDenied], "it names the right that is missing", ECR_ERRORS)
        .says("User: * is not authorized to perform: ecr")
        .certain(),
    Row::new(&[C::ImageNotFound], "there is no such repository, and a push makes none", ECR_MISSING)
        .says("The repository with name * does not exist")
        .certain(),
    Row::new(&[C::RefusedByPolicy], "the tag is immutable", ECR_MUTABILITY)
        .on(Push)
        .says("*tag is immutable")
        .certain(),
    Row::new(
        &[C::NoCredential, C::CredentialNotVisible, C::CredentialHelperFailed],
        "it serves nothing without a credential; a node's own may be missing",
        ECR_ERRORS,
    )
    .status(&[401, 403])
    .sent(false)
    .when(|answer| answer.from_registry && answer.place != Place::Storage),
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::CredentialHelperFailed],
        "it does not take the token: another region's or account's, or an old one",
        ECR_ERRORS,
    )
    .status(&[400, 401])
    .sent(true)
    .when(|answer| answer.from_registry),
    Row::new(
        &[C::PermissionDenied, C::CredentialExpired, C::ImageNotFound, C::CredentialRejected],
        "the right is missing, in IAM or in the repository's policy, or the token is over",
        ECR_ERRORS,
    )
    .status(&[403])
    .sent(true)
    .when(|answer| answer.from_registry && answer.place != Place::Storage),
    Row::new(
        &[C::EgressBlocked, C::PermissionDenied, C::ClockDrift, C::UnexpectedResponder],
        "layers come from S3: a gateway endpoint's policy must allow the region's layer bucket",
        ECR_ENDPOINTS,
    )
    .at(Place::Storage)
    .status(&[403]),
];

const PUBLIC_STALE: Source = Source::Reported("github.com/awslabs/eksdemo/pull/68");

pub(super) const ECR_PUBLIC: &[Row] = &[
    Row::new(
        &[C::StaleCredential, C::CredentialExpired, C::CredentialRejected],
        "pulls need no credential, and one that is over is refused all the same",
        PUBLIC_STALE,
    )
    .on(Pull)
    .status(&[400, 401, 403])
    .sent(true)
    .when(|answer| answer.place != Place::Storage),
    Row::new(&[C::CredentialExpired], "a token lives for twelve hours, and this one is over", ECR_EXPIRED)
        .on(Push)
        .says("Your authorization token has expired")
        .certain(),
    Row::new(&[C::ImageNotFound], "there is no such repository, and a push makes none", ECR_MISSING)
        .says("The repository with name * does not exist")
        .certain(),
];

const ACR_FIREWALL: Source = Source::Reported("github.com/docker/build-push-action/issues/1214");
const ACR_LOGIN: Source =
    Source::Documented("learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-login");
const ACR_ROLE: Source = Source::Reported("github.com/Azure/AKS/issues/4593");
const ACR_ANONYMOUS: Source = Source::Reported("github.com/Azure/AKS/issues/4459");

pub(super) const AZURE: &[Row] = &[
    Row::new(
        &[C::RefusedByPolicy, C::EgressBlocked, C::PermissionDenied],
        "the registry's firewall does not know the address that the request came from",
        ACR_FIREWALL,
    )
    .says("*client with IP * is not allowed access"),
    Row::new(&[C::CredentialRejected, C::CredentialExpired], "the identity is gone, or never was", ACR_LOGIN)
        .says("*Application not registered with AAD"),
    Row::new(
        &[C::CredentialRejected, C::CredentialExpired, C::PermissionDenied, C::ImageNotFound],
        "the credential is not taken, or its identity has no role there: it does not say which",
        ACR_ROLE,
    )
    .at(Place::TokenService)
    .status(&[401])
    .sent(true)
    .when(|answer| answer.from_registry),
    Row::new(
        &[C::NoCredential, C::CredentialNotVisible, C::CredentialHelperFailed, C::ImageNotFound],
        "it asks for a credential; a node's own may be missing",
        ACR_ANONYMOUS,
    )
    .status(&[401])
    .sent(false)
    .when(|answer| answer.from_registry),
];
