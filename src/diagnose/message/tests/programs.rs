//! Other runtimes, builders and registries, in the same frame.

use super::super::CredentialSent;
use super::{certainly, codes, likely};
use crate::finding::Code as C;

#[test]
fn cri_o_and_podman() {
    let source = "initializing source docker://registry.example.net/a:1";
    likely(
        &format!("{source}: reading manifest 1 in registry.example.net/a: manifest unknown"),
        C::ImageNotFound,
    );
    likely(
        &format!(
            "{source}: pinging container registry registry.example.net: Get \"https://registry.example.net/v2/\": dial tcp 10.0.0.7:443: i/o timeout"
        ),
        C::ConnectionTimedOut,
    );
    likely(
        "unable to retrieve auth token: invalid username/password: unauthorized: authentication required",
        C::CredentialRejected,
    );
    certainly(
        "choosing image instance: no image found in image index for architecture \"arm64\", variant \"v8\", OS \"linux\"",
        C::PlatformMissing,
    );
    certainly(
        "Source image rejected: A signature was required, but no signature exists",
        C::SignatureRejected,
    );
    certainly(
        "short-name \"app:1\" did not resolve to an alias and no unqualified-search registries are defined in \"/etc/x\"",
        C::InvalidImageName,
    );
    likely(
        &format!("{source}: Requesting bearer token: invalid status code from registry 403 (Forbidden)"),
        C::PermissionDenied,
    );
}

#[test]
fn the_docker_daemon() {
    let daemon = "Error response from daemon";
    likely(
        &format!(
            "{daemon}: pull access denied for our-app, repository does not exist or may require 'docker login'"
        ),
        C::ImageNotFound,
    );
    likely(
        &format!(
            "{daemon}: Head \"https://registry.example.net/v2/a/manifests/1\": no basic auth credentials"
        ),
        C::NoCredential,
    );
    likely(
        &format!(
            "{daemon}: Get \"https://registry.example.net/v2/\": Get \"https://auth.example.net/token?service=r\": EOF"
        ),
        C::TokenServiceUnreachable,
    );
    certainly(
        &format!("{daemon}: Get \"https://registry.example.net/v2/\": Service Unavailable"),
        C::ProxyFailed,
    );
    certainly("no matching manifest for linux/arm64/v8 in the manifest list entries", C::PlatformMissing);
    certainly(
        "denied: Your authorization token has expired. Reauthenticate and try again.",
        C::CredentialExpired,
    );
    certainly(
        "error getting credentials - err: exec: \"docker-credential-x\": executable file not found in $PATH, out: ``",
        C::CredentialHelperFailed,
    );
    likely(
        "error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: \"<html>\"",
        C::UnexpectedResponder,
    );
}

#[test]
fn builders_that_push() {
    let push = "failed to push registry.example.net/team/app:1";
    likely(
        &format!(
            "{push}: push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"
        ),
        C::PushDenied,
    );
    likely(
        &format!(
            "{push}: unexpected status from POST request to https://registry.example.net/v2/team/app/blobs/uploads/: 401 Unauthorized"
        ),
        C::NoCredential,
    );
    likely(
        "checking push permission for \"registry.example.net/team/app:1\": POST https://registry.example.net/v2/team/app/blobs/uploads/: \
         UNAUTHORIZED: unauthorized to access repository: team/app, action: push: unauthorized to access repository: team/app, action: push",
        C::PushDenied,
    );
    certainly("denied: permission_denied: write_package", C::PushDenied);
    certainly(
        "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ecr:InitiateLayerUpload on resource: x",
        C::PushDenied,
    );
    certainly(
        "denied: adding 12.3 MiB of storage resource, which when updated to current usage of 9.9 GiB will exceed the \
         configured upper limit of 10.0 GiB.",
        C::RefusedByPolicy,
    );
    certainly(
        "denied: The system is in read only mode. Any modification is prohibited.",
        C::RegistryReadOnly,
    );
    let missing =
        codes("unauthorized: project team not found: project team not found", CredentialSent::Unknown);
    assert!(missing[..2].contains(&C::RepositoryNotFound));
}

#[test]
fn helm_and_harbor() {
    likely(
        "Error: GET \"https://registry.example.net/v2/a/manifests/1\": response status code 401: unauthorized: authentication required",
        C::NoCredential,
    );
    likely(
        "Error: could not login to OCI registry \"registry.example.net\": login attempt to https://registry.example.net/v2/ failed with status: 401 Unauthorized",
        C::CredentialRejected,
    );
    certainly("failed to decode bearer token: token is not valid yet", C::TokenTimeRejected);
    likely("failed to verify token: token signed by untrusted key with ID: \"AAAA\"", C::HarborKeyMismatch);
    certainly("unknown: unable to get PrivateKey from PEM type: PRIVATE KEY", C::HarborKeyUnreadable);
}

#[test]
fn clouds() {
    likely(
        "DENIED: Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/p/x\" (or it may not exist)",
        C::PermissionDenied,
    );
    certainly(
        "User: arn:aws:sts::111122223333:assumed-role/node/i-1 is not authorized to perform: ecr:BatchGetImage on resource: x",
        C::PermissionDenied,
    );
    likely(
        "InvalidSignatureException: Signature expired: 20240101T000000Z is now earlier than 20240102T000000Z",
        C::TokenTimeRejected,
    );
    likely(
        "denied: client with IP '203.0.113.9' is not allowed access. Refer to the firewall's rules.",
        C::RefusedByPolicy,
    );
}
