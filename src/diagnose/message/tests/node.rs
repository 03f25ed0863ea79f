//! What the kubelet and containerd can show, and which cause comes first.

use super::super::{CredentialSent, candidates};
use super::{asked_for, certainly, codes, judge, likely, of_private, pulled};
use crate::finding::Code as C;

const HEAD: &str = "failed to do request: Head \"https://registry.example.net/v2/team/app/manifests/1.0\"";

#[test]
fn the_kubelets_own_words_are_certain() {
    certainly(
        "Container image \"r.example.net/a:1\" is not present with pull policy of Never",
        C::ImageNeverPulled,
    );
    certainly(
        "ErrImageNeverPull: Container image \"a\" is not present with pull policy of Never",
        C::ImageNeverPulled,
    );
    certainly("Failed to pull image \"r.example.net/a:1\": pull QPS exceeded", C::NodePullThrottled);
    certainly(
        "Failed to apply default image tag \"r.example.net/A\": couldn't parse image name \"r.example.net/A\": invalid \
         reference format: repository name (A) must be lowercase",
        C::InvalidImageName,
    );
    certainly(
        "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
        C::PullSecretMissing,
    );
    certainly("The node was low on resource: imagefs. Threshold quantity: 1Gi", C::NodeDiskFull);
    certainly(
        "image pull failed for r.example.net/a:1 because the signature validation failed: no signature",
        C::SignatureRejected,
    );
}

#[test]
fn a_back_off_without_a_cause_is_unknown_and_says_where_to_look() {
    let found = judge("Back-off pulling image \"r.example.net/a:1\"", CredentialSent::Some);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, C::Unknown);
    assert!(found[0].settle_by.as_ref().unwrap().contains("Failed"));
}

#[test]
fn a_missing_credential_comes_first_where_none_was_sent() {
    let anonymous = "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to \
                     https://registry.example.net/service/token?scope=x&service=y: 401 Unauthorized";
    let scope = "pull access denied, repository does not exist or may require authorization: server message: \
                 insufficient_scope: authorization failed";
    let basic = "pull access denied, repository does not exist or may require authorization: authorization failed: no \
                 basic auth credentials";
    let manifest =
        "pulling from host registry.example.net failed with status code [manifests 1.0]: 401 Unauthorized";
    for cause in [anonymous, scope, basic, manifest] {
        let found = judge(&of_private(cause), CredentialSent::None);
        assert_eq!((found[0].code, found[0].certain), (C::NoCredential, false), "{cause}");
        assert!(found.iter().all(|candidate| candidate.code != C::CredentialRejected), "{cause}");
    }
    // Whatever the pull secrets could supply, nothing was sent.
    assert_eq!(codes(&of_private(basic), CredentialSent::Some)[0], C::NoCredential);
    assert_eq!(codes(&of_private(anonymous), CredentialSent::Some)[0], C::NoCredential);
}

#[test]
fn a_refused_credential_comes_first_where_one_was_sent() {
    let oauth = "failed to authorize: failed to fetch oauth token: unexpected status from GET request to \
                 https://registry.example.net/service/token?account=ci&scope=x&service=y: 401 Unauthorized";
    let manifest = "unexpected status from HEAD request to https://registry.example.net/v2/team/app/manifests/1.0: 401 \
                    Unauthorized";
    for cause in [oauth, manifest] {
        assert_eq!(codes(&of_private(cause), CredentialSent::Some)[0], C::CredentialRejected, "{cause}");
    }
    assert_eq!(codes(&of_private(oauth), CredentialSent::Unknown)[0], C::CredentialRejected);
    let scope = "pull access denied, repository does not exist or may require authorization: server message: \
                 insufficient_scope: authorization failed";
    assert_eq!(codes(&of_private(scope), CredentialSent::Some)[..2], [C::PermissionDenied, C::ImageNotFound]);
}

#[test]
fn a_name_without_its_registry_is_looked_for_among_docker_hubs_own() {
    let scope = "pull access denied, repository does not exist or may require authorization: server message: \
                 insufficient_scope: authorization failed";
    likely(&pulled("docker.io/library/our-service:1", scope), C::ImageNotFound);
    likely(&pulled("docker.io/team/our-service:1", scope), C::NoCredential);
}

#[test]
fn a_cloud_registry_may_be_given_a_credential_by_the_node() {
    let basic = "pull access denied, repository does not exist or may require authorization: authorization failed: no \
                 basic auth credentials";
    let found =
        codes(&pulled("111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1", basic), CredentialSent::None);
    assert_eq!(found[..3], [C::NoCredential, C::CredentialNotVisible, C::CredentialHelperFailed]);
}

#[test]
fn what_is_not_found_is_certain_only_for_who_may_read() {
    let message = of_private("registry.example.net/team/app:1.0: not found");
    let found = judge(&message, CredentialSent::Some);
    assert_eq!((found[0].code, found[0].certain, found.len()), (C::ImageNotFound, true, 1));
    for credential in [CredentialSent::None, CredentialSent::Unknown] {
        let found = judge(&message, credential);
        assert_eq!((found[0].code, found[0].certain), (C::ImageNotFound, false));
        assert!(found.iter().any(|candidate| candidate.code == C::NoCredential));
    }
    certainly(&pulled("docker.io/team/app:1", "manifest unknown: manifest unknown"), C::ImageNotFound);
}

#[test]
fn content_that_is_missing_or_wrong_is_corrupt() {
    for cause in [
        "failed commit on ref \"layer-sha256:01\": unexpected commit digest sha256:02, expected sha256:01: failed precondition",
        "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:01 \
         (application/vnd.oci.image.layer.v1.tar+gzip) from remote: not found",
        "failed to copy: httpReadSeeker: failed open: content at https://registry.example.net/v2/a/blobs/sha256:01 not found: not found",
        "failed size validation: 10 != 20: failed precondition",
        "failed to extract layer sha256:01: gzip: invalid checksum: unknown",
    ] {
        certainly(&of_private(cause), C::ContentCorrupt);
    }
    likely(
        &of_private("failed to copy: short read: expected 10 bytes but got 5: unexpected EOF"),
        C::ContentCorrupt,
    );
}

#[test]
fn a_web_page_in_a_manifests_place_is_no_corrupt_content() {
    for cause in [
        "rpc error: code = NotFound desc = get image config descriptor: unexpected media type text/html for sha256:cbff66: not found",
        "failed to unpack image on snapshotter overlayfs: unexpected media type text/html for sha256:cbff66: not found",
    ] {
        likely(&of_private(cause), C::UnexpectedResponder);
    }
}

#[test]
fn the_nodes_own_troubles_are_told() {
    certainly(
        &of_private(
            "failed to extract layer sha256:01: write /var/lib/containerd/x: no space left on device: unknown",
        ),
        C::NodeDiskFull,
    );
    certainly(
        &of_private("failed to prepare extraction snapshot \"extract-1\": context: x"),
        C::RuntimeFailed,
    );
    certainly(
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix \
         /run/containerd/containerd.sock: connect: connection refused\"",
        C::RuntimeFailed,
    );
    likely(&of_private("failed to extract layer sha256:01: something new"), C::RuntimeFailed);
    certainly(&of_private("no match for platform in manifest sha256:01: not found"), C::PlatformMissing);
    certainly(
        &of_private("image verifier v blocked pull of x with digest sha256:01 for reason: no"),
        C::SignatureRejected,
    );
}

#[test]
fn limits_and_server_errors_are_told() {
    let url = "https://registry.example.net/v2/team/app/manifests/1.0";
    certainly(
        &of_private(&format!("unexpected status from HEAD request to {url}: 429 Too Many Requests")),
        C::RateLimited,
    );
    likely(
        &of_private(&format!("unexpected status from HEAD request to {url}: 503 Service Unavailable")),
        C::RegistryServerError,
    );
    likely(
        &of_private(
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to \
             https://auth.example.net/token?scope=x&service=y: 500 Internal Server Error",
        ),
        C::TokenServiceUnreachable,
    );
    likely(
        &of_private(&format!("unexpected status from HEAD request to {url}: 400 Bad Request")),
        C::UnexpectedResponder,
    );
}

#[test]
fn network_failures_are_told_at_the_registry() {
    for (words, code) in [
        ("dial tcp 10.0.0.7:443: connect: connection refused", C::ConnectionRefused),
        ("dial tcp 10.0.0.7:443: connect: no route to host", C::ConnectionRefused),
        ("EOF", C::ConnectionRefused),
        ("dial tcp 10.0.0.7:443: i/o timeout", C::ConnectionTimedOut),
        ("net/http: TLS handshake timeout", C::ConnectionTimedOut),
        ("context deadline exceeded", C::ConnectionTimedOut),
        (
            "dial tcp: lookup registry.example.net on 10.0.0.2:53: read udp 10.0.0.1:1->10.0.0.2:53: i/o timeout",
            C::RegistryNameUnresolved,
        ),
        (
            "x509: certificate is valid for ingress.local, not registry.example.net",
            C::CertificateNameMismatch,
        ),
        (
            "x509: certificate has expired or is not yet valid: current time 2020-01-01T00:00:00Z is before 2024-01-01T00:00:00Z",
            C::CertificateNotValidNow,
        ),
        ("remote error: tls: handshake failure", C::TlsHandshakeFailed),
        ("tls: first record does not look like a TLS handshake", C::PlainHttpRegistry),
    ] {
        likely(&of_private(&format!("{HEAD}: {words}")), code);
    }
    for (words, code) in [
        ("dial tcp: lookup registry.example.net on 10.0.0.2:53: no such host", C::RegistryNameUnresolved),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            C::CertificateUntrusted,
        ),
        (
            "x509: cannot validate certificate for 10.0.0.7 because it doesn't contain any IP SANs",
            C::CertificateNameMismatch,
        ),
        ("http: server gave HTTP response to HTTPS client", C::PlainHttpRegistry),
        ("proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused", C::ProxyFailed),
        ("Proxy Authentication Required", C::ProxyFailed),
    ] {
        certainly(&of_private(&format!("{HEAD}: {words}")), code);
    }
}

#[test]
fn a_token_service_elsewhere_is_the_one_that_is_not_reached() {
    let at = |host: &str, words: &str| {
        of_private(&format!(
            "failed to authorize: failed to fetch anonymous token: Get \
             \"https://{host}/token?scope=repository%3Ateam%2Fapp%3Apull&service=r\": {words}"
        ))
    };
    likely(
        &at("auth.example.net", "dial tcp: lookup auth.example.net: no such host"),
        C::TokenServiceUnreachable,
    );
    likely(&at("auth.example.net", "dial tcp 10.0.0.9:443: i/o timeout"), C::TokenServiceUnreachable);
    // What its certificate says is as telling there as anywhere.
    likely(&at("auth.example.net", "x509: certificate signed by unknown authority"), C::CertificateUntrusted);
    // On the registry's own host, too: who asks for a token was answered by the registry before.
    let own =
        codes(&at("registry.example.net", "dial tcp 10.0.0.7:443: i/o timeout"), CredentialSent::Unknown);
    assert_eq!(own[..2], [C::TokenServiceUnreachable, C::ConnectionTimedOut]);
    // Docker Hub's registry goes by another name than its images.
    let hub = pulled(
        "docker.io/team/app:1",
        "failed to do request: Head \"https://registry-1.docker.io/v2/team/app/manifests/1\": dial tcp: lookup \
         registry-1.docker.io: no such host",
    );
    certainly(&hub, C::RegistryNameUnresolved);
}

#[test]
fn the_storage_behind_a_redirect_is_named() {
    let message = of_private(
        "failed to copy: httpReadSeeker: failed open: failed to do request: Get \
         \"https://cdn.example.org/blob?sig=[redacted]\": dial tcp 10.0.0.8:443: i/o timeout",
    );
    let found = judge(&message, CredentialSent::Some);
    assert_eq!(found[0].code, C::ConnectionTimedOut);
    assert!(found[0].because.contains("redirect's host cdn.example.org"), "{}", found[0].because);
    let denied = of_private(
        "failed to copy: httpReadSeeker: failed open: unexpected status code https://cdn.example.org/blob: 403 Forbidden",
    );
    likely(&denied, C::UnexpectedResponder);
}

#[test]
fn a_page_instead_of_an_api_is_somebody_elses() {
    likely(
        &of_private(
            "failed to authorize: failed to fetch anonymous token: unable to decode token response: invalid character \
             '<' looking for beginning of value",
        ),
        C::UnexpectedResponder,
    );
}

#[test]
fn the_image_that_was_asked_for_decides_whose_registry_it_is() {
    let message = "failed to do request: Head \"https://registry.example.net/v2/a/manifests/1\": x509: certificate \
                   signed by unknown authority";
    let found = candidates(message, &asked_for("registry.example.net/a:1", CredentialSent::Unknown));
    assert_eq!((found[0].code, found[0].certain), (C::CertificateUntrusted, true));
    // The sandbox's image is another one.
    let sandbox = "failed to get sandbox image \"registry.k8s.io/pause:3.9\": failed to pull image \
                   \"registry.k8s.io/pause:3.9\": registry.k8s.io/pause:3.9: not found";
    let found = candidates(sandbox, &asked_for("registry.example.net/a:1", CredentialSent::Some));
    assert!(!found[0].certain);
}
