//! Every form of wrapping is peeled, and what is inside is taken over.

use super::super::{FailureKind, Operation, SignKind, TokenFetch, read};
use super::{of_private, pulled};

#[test]
fn the_layers_of_containerd_1_are_peeled() {
    let reading = read(&of_private(
        "failed to do request: Head \"https://registry.example.net/v2/team/app/manifests/1.0\": dial tcp 10.0.0.7:443: \
         connect: connection refused",
    ));
    assert_eq!(reading.image.as_ref().unwrap().as_str(), "registry.example.net/team/app:1.0");
    assert_eq!(reading.operation, Some(Operation::Resolve));
    assert_eq!(reading.grpc.as_ref().unwrap().as_str(), "Unknown");
    let request = reading.request().unwrap();
    assert_eq!((request.method, request.host.as_str()), (Some("HEAD"), "registry.example.net"));
    assert_eq!(reading.failure.as_ref().unwrap().kind, FailureKind::Refused);
    assert!(!reading.push && !reading.sandbox && !reading.truncated);
    let programs: Vec<_> = reading.layers.iter().map(|layer| layer.by).collect();
    assert_eq!(&programs[..3], ["kubelet", "kubelet", "containerd"]);
}

#[test]
fn containerd_2_leaves_the_reference_out() {
    let reading = read(
        "Failed to pull image \"r.example.net/a:1\": failed to pull and unpack image \"r.example.net/a:1\": failed to \
         resolve image: r.example.net/a:1: not found",
    );
    assert_eq!(reading.operation, Some(Operation::Resolve));
    assert!(reading.sign(SignKind::NotFound).is_some());
}

#[test]
fn a_back_off_passes_on_the_cause_that_newer_kubelets_append() {
    let cause =
        "ErrImagePull: rpc error: code = NotFound desc = no match for platform in manifest: not found";
    let reading = read(&format!("Back-off pulling image \"r.example.net/a:1\": {cause}"));
    assert!(reading.sign(SignKind::BackOff).is_some());
    assert!(reading.sign(SignKind::NoPlatform).is_some());
}

#[test]
fn a_token_request_says_whether_a_credential_went_with_it() {
    let url =
        "https://auth.example.net/token?scope=repository%3Ateam%2Fapp%3Apull&service=registry.example.net";
    for (words, fetch) in
        [("anonymous token", TokenFetch::Anonymous), ("oauth token", TokenFetch::WithCredential)]
    {
        let reading = read(&of_private(&format!(
            "failed to authorize: failed to fetch {words}: unexpected status from GET request to {url}: 401 Unauthorized"
        )));
        assert_eq!(reading.operation, Some(Operation::Authorize));
        assert_eq!(reading.token, Some(fetch));
        assert_eq!(reading.status, Some(401));
        assert_eq!(reading.host(), Some("auth.example.net"));
    }
}

#[test]
fn the_statuses_of_containerd_1_and_2_are_read_with_host_and_code() {
    let old = read(&of_private(
        "pulling from host mirror.example.net failed with status code [manifests 1.0]: 403 Forbidden",
    ));
    assert_eq!((old.status, old.host()), (Some(403), Some("mirror.example.net")));
    // The registry's error comes on a line of its own, which a cleaned message has lost.
    for between in ["\n", " "] {
        let new = read(&of_private(&format!(
            "unexpected status from HEAD request to https://registry.example.net/v2/team/app/manifests/1.0: 403 \
             Forbidden{between}denied: requested access to the resource is denied"
        )));
        assert_eq!(new.status, Some(403));
        let error = new.registry_error.unwrap();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("DENIED", "requested access to the resource is denied")
        );
    }
    let blob = read(&of_private(
        "failed to copy: httpReadSeeker: failed open: unexpected status code \
         https://registry.example.net/v2/team/app/blobs/sha256:0123: 500 Internal Server Error - Server message: \
         unknown: unknown error",
    ));
    assert_eq!((blob.status, blob.operation), (Some(500), Some(Operation::Fetch)));
    assert_eq!(blob.registry_error.unwrap().code, "UNKNOWN");
}

#[test]
fn the_sandbox_image_is_told_apart() {
    let reading = read(
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \
         \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": failed to pull and unpack \
         image \"registry.k8s.io/pause:3.9\": failed to resolve reference \"registry.k8s.io/pause:3.9\": unexpected EOF",
    );
    assert!(reading.sandbox);
    assert_eq!(reading.image.unwrap().as_str(), "registry.k8s.io/pause:3.9");
}

#[test]
fn quotes_within_quotes_are_opened() {
    let inner = of_private("registry.example.net/team/app:1.0: not found");
    let quoted = format!("\"PullImage from image service failed\" err={inner:?} image=\"r.example.net/a:1\"");
    assert!(read(&quoted).sign(SignKind::NotFound).is_some());
    let twice = format!(
        "E0612 10:11:12.123456    1234 pod_workers.go:951] \"Error syncing pod, skipping\" err={:?} pod=\"ns/p\"",
        format!("failed to \"StartContainer\" for \"x\" with ErrImagePull: {inner:?}")
    );
    let reading = read(&twice);
    assert!(reading.sign(SignKind::NotFound).is_some());
    assert_eq!(reading.image.unwrap().as_str(), "registry.example.net/team/app:1.0");
    // The inside of a quoted message, as it is copied from a log.
    let bare = inner.replace('"', "\\\"");
    assert!(read(&bare).sign(SignKind::NotFound).is_some(), "{:?}", read(&bare));
}

#[test]
fn a_json_body_is_read_as_what_it_is() {
    let reading = read(
        "unexpected status from GET request to https://r.example.net/v2/a/manifests/1: 401 Unauthorized: \
         {\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\",\"detail\":null}]}",
    );
    assert_eq!(reading.registry_error.unwrap().code, "UNAUTHORIZED");
    let daemon = read("(HTTP code 500) server error - {\"message\":\"Get https://r.example.net/v2/: EOF\"}");
    assert_eq!(daemon.failure.unwrap().kind, FailureKind::Closed);
    assert_eq!(daemon.requests[0].host, "r.example.net");
}

#[test]
fn attempts_with_several_credentials_are_kept_apart() {
    let one = "rpc error: code = Unknown desc = failed to pull and unpack image \"r.example.net/a:1\": failed to \
               authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized";
    let other = "rpc error: code = NotFound desc = failed to pull and unpack image \"r.example.net/a:1\": failed to \
                 resolve image: r.example.net/a:1: not found";
    let reading = read(&format!("Failed to pull image \"r.example.net/a:1\": [{one}, {other}]"));
    assert_eq!(reading.attempts.len(), 2);
    assert_eq!(reading.attempts[0].status, Some(401));
    assert!(reading.attempts[1].sign(SignKind::NotFound).is_some());
    let cut = read(&format!("Failed to pull image \"r.example.net/a:1\": [{one}, {}...", &other[..80]));
    assert_eq!((cut.attempts.len(), cut.truncated), (2, true));
}

#[test]
fn a_name_that_does_not_resolve_is_told_with_and_without_its_server() {
    for (words, kind) in [
        ("no such host", FailureKind::NameUnknown),
        ("server misbehaving", FailureKind::NameFailed),
        ("Temporary failure in name resolution", FailureKind::NameFailed),
        ("read udp 10.0.0.1:1->10.0.0.2:53: i/o timeout", FailureKind::NameTimedOut),
        ("i/o timeout", FailureKind::NameTimedOut),
        ("read udp 10.0.0.1:1->10.0.0.2:53: read: connection refused", FailureKind::NameFailed),
    ] {
        for server in ["", " on 10.0.0.2:53"] {
            let message = format!("dial tcp: lookup registry.example.net{server}: {words}");
            assert_eq!(read(&message).failure.unwrap().kind, kind, "{message}");
            assert_eq!(read(&message).host(), Some("registry.example.net"));
        }
    }
}

#[test]
fn the_errors_of_connections_are_told_apart() {
    for (words, kind) in [
        ("dial tcp 10.0.0.7:443: connect: connection refused", FailureKind::Refused),
        ("dial tcp 10.0.0.7:443: getsockopt: connection refused", FailureKind::Refused),
        ("dial tcp [2001:db8::7]:443: connect: network is unreachable", FailureKind::Unreachable),
        ("dial tcp 10.0.0.7:443: connect: no route to host", FailureKind::Unreachable),
        ("dial tcp 10.0.0.7:443: i/o timeout", FailureKind::TimedOut),
        ("dial tcp 10.0.0.7:443: connect: connection timed out", FailureKind::TimedOut),
        ("read tcp 10.0.0.1:5->10.0.0.7:443: read: connection reset by peer", FailureKind::Reset),
        ("write tcp 10.0.0.1:5->10.0.0.7:443: write: broken pipe", FailureKind::Reset),
        ("EOF", FailureKind::Closed),
        ("unexpected EOF", FailureKind::Closed),
        ("http2: server sent GOAWAY and closed the connection", FailureKind::Closed),
        ("net/http: TLS handshake timeout", FailureKind::HandshakeTimedOut),
        ("net/http: timeout awaiting response headers", FailureKind::TimedOut),
        (
            "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
            FailureKind::TimedOut,
        ),
        ("context deadline exceeded", FailureKind::Deadline),
        ("context canceled", FailureKind::Canceled),
        ("http: server gave HTTP response to HTTPS client", FailureKind::HttpAnswered),
        ("tls: first record does not look like a TLS handshake", FailureKind::NotTls),
        ("remote error: tls: protocol version not supported", FailureKind::Handshake),
        ("tls: server selected unsupported protocol version 301", FailureKind::Handshake),
        ("x509: certificate signed by unknown authority", FailureKind::Untrusted),
        ("tls: failed to verify certificate: x509: certificate is not trusted", FailureKind::Untrusted),
        ("x509: certificate is valid for a.example.net, not registry.example.net", FailureKind::OtherName),
        (
            "x509: cannot validate certificate for 10.0.0.7 because it doesn't contain any IP SANs",
            FailureKind::NoAddress,
        ),
        ("x509: certificate has expired or is not yet valid", FailureKind::NotValidNow),
        ("unsupported protocol scheme \"\"", FailureKind::BadScheme),
        ("Bad Gateway", FailureKind::ConnectRefused),
    ] {
        let message = of_private(&format!(
            "failed to do request: Head \"https://registry.example.net/v2/team/app/manifests/1.0\": {words}"
        ));
        assert_eq!(read(&message).failure.unwrap().kind, kind, "{message}");
    }
}

#[test]
fn a_proxy_on_the_way_is_noted() {
    let reading = read(&of_private(
        "failed to do request: Head \"https://registry.example.net/v2/team/app/manifests/1.0\": proxyconnect tcp: dial \
         tcp: lookup proxy.example.net: no such host",
    ));
    assert!(reading.failure.unwrap().proxy);
}

#[test]
fn words_inside_a_name_a_url_or_a_sentence_are_no_cause() {
    for message in [
        "Pulling image \"r.example.net/eof/unauthorized:denied\"",
        "Failed to pull image \"r.example.net/no-such-host/manifest-unknown:401\"",
        "the operator is not sure whether EOF or manifest unknown or denied apply here",
        "see https://r.example.net/docs/401-unauthorized/connection-refused",
    ] {
        let reading = read(message);
        assert_eq!(
            (reading.failure, reading.status, reading.registry_error),
            (None, None, None),
            "{message}"
        );
        assert!(reading.signs.is_empty(), "{message}");
    }
}

#[test]
fn a_message_that_was_cut_is_marked() {
    let whole = pulled("docker.io/team/app:1", "docker.io/team/app:1: not found");
    for mark in ["...", "... [truncated]", "… [120 bytes cut]"] {
        assert!(read(&format!("{}{mark}", &whole[..whole.len() - 6])).truncated, "{mark}");
    }
    assert!(!read(&whole).truncated);
}
