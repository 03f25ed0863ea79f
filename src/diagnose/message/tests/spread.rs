//! Messages that say several things at once, and messages as they are pasted.

use super::super::{CredentialSent, SignKind, read};
use super::{certainly, codes, judge, likely};
use crate::finding::Code as C;

const DENIED: &str = "reading manifest 1 in quay.io/acme/app: unauthorized: access to the requested resource is not authorized";

#[test]
fn a_registry_and_its_mirrors_are_told_apart_and_the_registry_comes_first() {
    let message = format!(
        "Failed to pull image \"quay.io/acme/app:1\": rpc error: code = Unknown desc = (Mirrors also failed: \
         [mirror.example.net/acme/app:1: pinging container registry mirror.example.net: Get \
         \"https://mirror.example.net/v2/\": x509: certificate signed by unknown authority]): quay.io/acme/app:1: {DENIED}"
    );
    let reading = read(&message);
    assert_eq!((reading.attempts.len(), reading.several_places), (2, true));
    let found = judge(&message, CredentialSent::Unknown);
    assert_eq!([found[0].code, found[1].code], [C::NoCredential, C::CertificateUntrusted]);
    assert!(found.iter().all(|candidate| !candidate.certain));
}

#[test]
fn what_podman_says_of_several_registries_is_read_one_by_one() {
    let message = format!(
        "Error: 2 errors occurred while pulling:\n * initializing source docker://registry.example.net/app:1: pinging \
         container registry registry.example.net: Get \"https://registry.example.net/v2/\": dial tcp: lookup \
         registry.example.net: no such host\n * initializing source docker://quay.io/acme/app:1: {DENIED}"
    );
    let found = codes(&message, CredentialSent::Unknown);
    assert_eq!([found[0], found[1]], [C::RegistryNameUnresolved, C::NoCredential]);
}

#[test]
fn colours_typographic_quotes_and_drawn_lines_hide_nothing() {
    certainly(
        "\u{1b}[31m\u{1b}[1mERROR:\u{1b}[0m \u{1b}[33mpull QPS exceeded\u{1b}[0m",
        C::NodePullThrottled,
    );
    certainly(
        "│ Error: Container image “web:1” is not present with pull policy of Never\r\n",
        C::ImageNeverPulled,
    );
    certainly("#033[1;31mtoomanyrequests:#033[0m Rate exceeded", C::RateLimited);
    likely("\\u001b[31mno basic auth credentials\\u001b[0m", C::NoCredential);
}

#[test]
fn a_phrase_behind_a_status_is_not_a_proxys() {
    for (status, code) in
        [("500: Internal Server Error", C::RegistryServerError), ("403: Forbidden", C::PermissionDenied)]
    {
        let message = format!(
            "Error: failed to perform \"Resolve\" on source: HEAD \
             \"https://harbor.example.net/v2/charts/app/manifests/1.0\": response status code {status}"
        );
        likely(&message, code);
    }
}

#[test]
fn a_push_that_is_refused_half_way_had_a_token_that_was_good() {
    let refused = "The push refers to repository [registry.example.net/app]\n5f70bf18a086: Preparing\n\
                   unauthorized: authentication required";
    let underway = refused.replace("Preparing", "Pushed");
    assert!(read(&underway).signs.iter().any(|sign| sign.kind == SignKind::PushUnderway));
    assert_eq!(codes(&underway, CredentialSent::Unknown)[0], C::TokenOutlived);
    assert_ne!(codes(refused, CredentialSent::Unknown)[0], C::TokenOutlived);
}

#[test]
fn a_page_behind_a_status_is_judged_by_the_status_where_pages_are_usual() {
    likely(
        "unsupported status code 401; body: <html><title>401 Authorization Required</title>",
        C::NoCredential,
    );
    likely(
        "error parsing HTTP 404 response body: invalid character '<' looking for beginning of value",
        C::UnexpectedResponder,
    );
    certainly("unexpected status code 429 Too Many Requests: <html>", C::RateLimited);
}

#[test]
fn a_helper_that_is_missing_is_certain_and_one_that_failed_is_not() {
    certainly(
        "error getting credentials - err: exec: \"docker-credential-x\": executable file not found in $PATH, out: ``",
        C::CredentialHelperFailed,
    );
    likely("error getting credentials - err: exit status 1, out: ``", C::CredentialHelperFailed);
    likely(
        "unable to retrieve ecr registry auth: RequestError: Post \"https://api.ecr.us-east-1.amazonaws.com/\": \
         dial tcp 203.0.113.69:443: i/o timeout",
        C::ConnectionTimedOut,
    );
}

#[test]
fn an_expired_credential_may_hide_what_anybody_may_read() {
    let said = "denied: Your authorization token has expired. Reauthenticate and try again.";
    certainly(
        &format!(
            "pull access denied for 123456789012.dkr.ecr.us-east-1.amazonaws.com/a, repository does not exist or may require 'docker login': {said}"
        ),
        C::CredentialExpired,
    );
    likely(
        &format!(
            "pull access denied for public.ecr.aws/a/b, repository does not exist or may require 'docker login': {said}"
        ),
        C::StaleCredential,
    );
}

#[test]
fn a_full_disk_of_the_registry_is_not_the_nodes() {
    likely("unknown: filesystem: mkdir /storage/docker: no space left on device", C::RegistryServerError);
}
