//! Families of forms: each with one that is of it, and one that is near and is not.

use super::*;
use Code as C;

/// The first codes, nothing being known beside the message.
#[track_caller]
fn begins(message: &str, expected: &[Code]) {
    let found = codes(message, CredentialSent::Unknown);
    assert_eq!(found.get(..expected.len()), Some(expected), "{message}\n{found:?}");
}

#[test]
fn a_body_behind_a_word_of_the_client_is_the_registrys_answer() {
    begins(
        r#"Error response from daemon: unauthorized: {"errors":[{"code":"TOOMANYREQUESTS","message":"slow"}]}"#,
        &[C::RateLimited],
    );
    begins(r#"unauthorized: {"hint":"no errors here"}"#, &[C::NoCredential, C::CredentialRejected]);
    // Its detail may be what tells.
    let detail = |text: &str| {
        format!(r#"{{"errors":[{{"code":"BLOB_UPLOAD_INVALID","message":"no","detail":"{text}"}}]}}"#)
    };
    begins(&detail("Repository does not allow updating assets: x"), &[C::RefusedByPolicy]);
    begins(&detail("x"), &[C::RegistryServerError]);
}

#[test]
fn the_status_in_a_detail_outweighs_an_invalid_manifest() {
    let push = "error pushing image: failed to push to destination registry.example.net/a:1: MANIFEST_INVALID: \
                manifest invalid; map[description:";
    begins(&format!("{push}HTTP 403 Forbidden]"), &[C::PushDenied]);
    begins(&format!("{push}no layers]"), &[C::ContentCorrupt]);
}

#[test]
fn a_stores_document_says_why_and_a_page_does_not() {
    let parsing =
        "error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: ";
    let document =
        |code: &str| format!("{parsing}\"<?xml version='1.0'?><Error><Code>{code}</Code></Error>\"");
    begins(&document("UserProjectAccountProblem"), &[C::RefusedByPolicy]);
    begins(&document("AccessDenied"), &[C::PermissionDenied, C::EgressBlocked]);
    begins(&format!("{parsing}\"<html><title>AccessDenied</title></html>\""), &[C::UnexpectedResponder]);
}

#[test]
fn what_is_no_json_is_a_secret_for_the_kubelet_and_an_answer_for_a_client() {
    let syntax = "invalid character '}' after object key";
    begins(syntax, &[C::PullSecretMalformed]);
    begins(&format!("Failed to pull image \"a:1\": {syntax}"), &[C::PullSecretMalformed]);
    begins(&format!("Get \"https://registry.example.net/v2/\": {syntax}"), &[C::UnexpectedResponder]);
    begins(&format!("Error response from daemon: {syntax}"), &[C::UnexpectedResponder]);
    begins("Error parsing HTTP response: unexpected end of JSON input: \"\"", &[C::UnexpectedResponder]);
}

#[test]
fn the_realm_is_what_is_not_reached_when_a_token_was_wanted() {
    let token = |words: &str| {
        format!("failed to fetch oauth token: Post \"https://auth.example.net/token\": {words}")
    };
    for words in [
        "dial tcp: lookup auth.example.net on 10.0.0.2:53: server misbehaving",
        "dial tcp 10.0.0.9:443: connect: connection refused",
    ] {
        begins(&token(words), &[C::TokenServiceUnreachable]);
    }
    let ping = "failed to ping registry http://harbor.a.svc: Get \"https://core.harbor.domain/service/token?service=h\": \
                dial tcp: lookup core.harbor.domain on 10.0.0.2:53: no such host";
    begins(ping, &[C::TokenServiceUnreachable, C::RegistryNameUnresolved, C::RealmMismatch]);
    begins(
        "Get \"https://auth.example.net/v2/\": dial tcp: lookup auth.example.net: no such host",
        &[C::RegistryNameUnresolved],
    );
    begins(
        "Requesting bearer token: received unexpected HTTP status: 502 Bad Gateway",
        &[C::TokenServiceUnreachable],
    );
}

#[test]
fn who_asked_decides_what_is_missing() {
    let token = |account: &str| {
        format!(
            "Get https://registry.example.net/v2/a/manifests/1: token auth attempt for registry: \
             https://auth.example.net/token?{account}scope=repository%3Aa%3Apull&service=r request failed with \
             status: 401 Unauthorized"
        )
    };
    begins(&token("account=deploy&"), &[C::CredentialRejected]);
    begins(&token("account=&"), &[C::NoCredential]);
    let forbidden =
        |user: &str| format!("denied: Download request for repo:path 'a:b' is forbidden for user: '{user}'.");
    begins(&forbidden("token:reader"), &[C::PermissionDenied, C::ImageNotFound]);
    begins(&forbidden("anonymous"), &[C::NoCredential]);
    begins("unauthorized: please use personal access token to login", &[C::CredentialRejected]);
    let pushed = "failed to push registry.example.net/a:1: failed to authorize: failed to fetch anonymous token: \
                  unexpected status: 403 Forbidden";
    begins(pushed, &[C::NoCredential]);
    begins(&pushed.replace("anonymous", "oauth"), &[C::PushDenied]);
}

#[test]
fn a_push_shows_by_what_was_being_written() {
    begins("#12 pushing layers 0.8s done\n#12 ERROR: unexpected status: 403 Forbidden", &[C::PushDenied]);
    begins(
        "#12 exporting layers 0.8s done\n#12 ERROR: unexpected status: 403 Forbidden",
        &[C::PermissionDenied],
    );
    let commit = |what: &str| format!("failed commit on ref \"{what}\": unexpected status: 403 Forbidden");
    begins(&commit("manifest-sha256:aa"), &[C::PushDenied]);
    begins(
        "failed commit on ref \"layer-sha256:aa\": unexpected commit digest a, expected b",
        &[C::ContentCorrupt],
    );
    begins(&commit("manifest-sha256:aa").replace("403 Forbidden", "401 Unauthorized"), &[C::TokenOutlived]);
    let bearer = "blob: Requesting bearer token: invalid status code from registry 403 (Forbidden)";
    begins(&format!("writing {bearer}"), &[C::PushDenied, C::CredentialRejected, C::CredentialExpired]);
    begins(&format!("reading {bearer}"), &[C::PermissionDenied]);
    let missing = "NAME_UNKNOWN: The repository with name 'a' does not exist in the registry with id '1'";
    begins(&format!("Error: push: get image: {missing}"), &[C::RepositoryNotFound]);
    begins(&format!("Error: pull: get image: {missing}"), &[C::ImageNotFound]);
    begins("docker : unknown blob", &[C::ContentCorrupt]);
}

#[test]
fn the_phrase_behind_a_request_alone_is_a_proxys() {
    begins("Get https://registry.example.net/v2/: AuthorizedOnly", &[C::ProxyFailed]);
    begins("Get https://registry.example.net/v2/: Forbidden port", &[C::ProxyFailed]);
    begins("Get https://registry.example.net/v2/: invalid proxy URL port \"port\"", &[C::ProxyFailed]);
    begins("pulling failed: AuthorizedOnly", &[C::Unknown]);
    begins("Get https://registry.example.net/v2/: went wrong somehow", &[C::Unknown]);
}

#[test]
fn the_runtimes_socket_is_the_cause_unless_a_registry_was_asked_too() {
    begins(
        "connect: connect endpoint 'unix:///run/x.sock', make sure it runs: context deadline exceeded",
        &[C::RuntimeFailed],
    );
    begins(
        "cannot access containerd socket \"/run/containerd/containerd.sock\": no such file or directory",
        &[C::RuntimeFailed],
    );
    begins("connect to registry.example.net: i/o timeout", &[C::ConnectionTimedOut]);
    let scan = "2 errors occurred:\n\t* Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n\t* GET \
                https://registry.example.net/v2/a/manifests/1: UNAUTHORIZED: authentication required";
    begins(scan, &[C::NoCredential]);
}

#[test]
fn a_helper_without_an_entry_and_one_that_failed_are_the_helpers_and_a_missing_config_is_the_builders() {
    let none = "looking up credentials for registry.example.net in credential helper x.json: credentials not found in native keychain";
    begins(none, &[C::CredentialHelperFailed, C::NoCredential]);
    begins("credentials not found in native keychain", &[C::NoCredential]);
    begins(
        "ERROR: (gcloud.auth.docker-helper) You do not have an active account selected.",
        &[C::CredentialHelperFailed],
    );
    begins("ERROR: (gcloud.builds.submit) You do not have an active account selected.", &[C::Unknown]);
    let open = |path: &str| format!("Unable to read \"{path}\": open {path}: no such file or directory");
    begins(&open("/home/pack/.docker/config.json"), &[C::BuilderConfigNotMounted]);
    begins(&open("/home/pack/buildpack.toml"), &[C::Unknown]);
}

#[test]
fn a_name_that_cannot_be_one_is_what_a_400_is_about() {
    let head = |reference: &str| {
        format!(
            "HEAD https://registry.example.net/v2/a/manifests/{reference}: unexpected status code 400 Bad Request"
        )
    };
    begins(&head("1.0+build"), &[C::InvalidImageName]);
    begins(&head("1.0-build"), &[C::UnexpectedResponder]);
    begins(
        "GET http://10.0.0.7:30003/v2/: unexpected status code 400 Bad Request",
        &[C::UnexpectedResponder, C::PlainHttpRegistry],
    );
}

#[test]
fn what_a_registry_says_in_words_outweighs_its_word() {
    for words in [
        "The image tag \"1\" already exists in the \"app\" repository and cannot be overwritten because the repository is immutable.",
        "The repository with name 'app' in registry with id '1' already has the maximum allowed number of images which is '10000'",
        "registry contains 1 repositories, limit is 1",
    ] {
        begins(&format!("denied: {words}"), &[C::RefusedByPolicy]);
    }
    begins("denied: the image tag is not what it was", &[C::NoCredential]);
    begins(
        r#"{"errors":[{"code":"METHOD NOT ALLOWED","message":"Pushes to the registry are currently disabled."}]}"#,
        &[C::RegistryReadOnly],
    );
    begins(
        "storage: service returned error: StatusCode=403, ErrorCode=AccountSizeOverQuota",
        &[C::RegistryServerError],
    );
}

#[test]
fn programs_in_java_and_python_say_what_broke_by_class_or_in_brackets() {
    begins(
        "Caused by: org.apache.http.conn.ConnectTimeoutException: Connect to a:5000 [a/10.0.0.1] failed: Read timed out",
        &[C::ConnectionTimedOut],
    );
    begins("Caused by: java.lang.IllegalStateException: a:5000", &[C::Unknown]);
    begins(
        "Tried to push BLOB for a:5000/b with digest sha256:aa but failed because: 403 Forbidden",
        &[C::PushDenied],
    );
    begins(
        "Failed to verify the server at https://a/v2/ because only secure connections are allowed.",
        &[C::CertificateUntrusted, C::CertificateNameMismatch],
    );
    let daemon = "docker.errors.APIError: 500 Server Error for http+docker://localhost/v1.41/images/create: Internal \
                  Server Error (\"Get \"https://registry.example.net/v2/\": x509: certificate signed by unknown authority\")";
    begins(daemon, &[C::CertificateUntrusted]);
    begins(
        "401 Client Error: Unauthorized for url: https://registry.example.net/v2/a/manifests/1",
        &[C::NoCredential],
    );
}

#[test]
fn a_registry_without_accounts_refuses_no_credential() {
    let head = |host: &str| {
        format!(
            "failed to resolve reference \"{host}/a:1\": pulling from host {host} failed with status code [manifests 1]: 403 Forbidden"
        )
    };
    begins(&head("registry.k8s.io"), &[C::EgressBlocked]);
    begins(&head("registry.example.net"), &[C::PermissionDenied]);
}

#[test]
fn docker_hubs_token_service_limits_logins_too() {
    let at = |url: &str| format!("unexpected http code: 429, URL: {url}");
    likely(&at("https://auth.docker.io/token?service=registry.docker.io"), C::RateLimited);
    certainly(&at("https://registry-1.docker.io/v2/a/manifests/1"), C::RateLimited);
}

#[test]
fn a_registry_that_takes_no_writes_says_so_in_many_words() {
    begins("denied: Upload/Delete is prohibited in read only mode.", &[C::RegistryReadOnly]);
    begins("The request is prohibited in readonly mode", &[C::RegistryReadOnly]);
    let found = codes("denied: this is a read and write mode", CredentialSent::Unknown);
    assert!(!found.contains(&C::RegistryReadOnly), "{found:?}");
}
