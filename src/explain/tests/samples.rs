//! Texts as people paste them (tests/fixtures/explain), each with what is in it.

use super::super::{explain, message};
use super::{causes, codes};
use crate::code::Code as C;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/explain/", $name))
    };
}

/// What a text shows: its causes as (code, line, count, image), and the lines that follow from them.
#[track_caller]
fn shows(text: &str, expected: &[(C, usize, u64, &str)], followers: &[usize]) {
    let explained = explain(text);
    assert_eq!(causes(&explained), expected, "{explained:#?}");
    let lines: Vec<usize> = explained.followers.iter().map(|follower| follower.line).collect();
    assert_eq!(lines, followers, "{explained:#?}");
}

#[test]
fn a_described_pod_shows_its_missing_secret_and_what_the_registry_said() {
    let text = sample!("describe-containerd.txt");
    let image = "registry.example.com/team/web:1.4.2";
    shows(text, &[(C::PullSecretMissing, 35, 22, ""), (C::NoCredential, 37, 4, image)], &[19, 38, 39, 40]);
    let explained = explain(text);
    assert_eq!(explained.causes[0].subject(), "secret/regcred");
    assert_eq!(explained.causes[1].subject(), "registry/registry.example.com");
    assert!(explained.causes.iter().all(|cause| cause.pods == ["team-a/web-7d9c5b6f4-x2kqp"]));
    assert!(explained.followers.iter().all(|follower| follower.follows == 37));
}

#[test]
fn lines_that_a_terminal_broke_are_read_as_one() {
    let image = "quay.example.net/shop/api:2024.05";
    shows(sample!("describe-crio-wrapped.txt"), &[(C::CertificateUntrusted, 15, 2, image)], &[9, 20]);
}

#[test]
fn events_of_a_namespace_with_one_cause_are_one() {
    let text = sample!("events.txt");
    shows(text, &[(C::RateLimited, 4, 2, "docker.io/library/nginx:1.27-alpine")], &[7, 8]);
    assert_eq!(explain(text).causes[0].pods, ["shop/web-1", "shop/web-2"]);
    assert_eq!(explain(text).causes[0].images.len(), 2);
}

#[test]
fn pods_as_yaml_and_json() {
    shows(sample!("pod.yaml"), &[(C::NoCredential, 24, 1, "ghcr.io/acme/worker:3")], &[28]);
    assert_eq!(explain(sample!("pod.yaml")).causes[0].pods, ["jobs/worker-5"]);
    let image = "registry.example.org/ml/train:latest";
    shows(sample!("pods.json"), &[(C::PlatformMissing, 17, 1, image)], &[18]);
    let value: serde_json::Value = serde_json::from_str(sample!("pods.json")).unwrap();
    let compact = explain(&value.to_string());
    assert_eq!(causes(&compact), [(C::PlatformMissing, 1, 1, image)]);
    assert_eq!(compact.causes[0].pods, ["ml/batch-1"]);
}

#[test]
fn logs_of_builds() {
    let app = "registry.example.com/group/app:1";
    shows(sample!("gitlab-kaniko.log"), &[(C::NoCredential, 7, 1, app)], &[10]);
    shows(sample!("jenkins-docker-push.log"), &[(C::PushDenied, 12, 1, "192.0.2.86/library/app")], &[15, 16]);
    let python = "europe-west1-docker.pkg.dev/my-project/base/python:3.12";
    shows(sample!("github-buildx.log"), &[(C::NoCredential, 5, 3, python)], &[]);
    let api = "registry.example.com/dev/api:v-1a2b3c";
    shows(sample!("garden-skopeo.log"), &[(C::PermissionDenied, 7, 1, api)], &[2, 9, 11]);
    shows(
        sample!("podman-two.log"),
        &[
            (C::RegistryNameUnresolved, 6, 1, "registry.example.org/nexus3:latest"),
            (C::ImageNotFound, 7, 1, "docker.io/library/nexus3:latest"),
        ],
        &[],
    );
}

#[test]
fn logs_of_deployments() {
    let app = "registry.example.com/team/app:1.0";
    shows(sample!("terraform.log"), &[(C::NoCredential, 4, 1, app)], &[16]);
    shows(sample!("helm.log"), &[(C::ImageNotFound, 3, 1, "registry.example.com/charts/web:1.2.3")], &[]);
    let chart = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/charts/web:1.0.0";
    shows(sample!("argo-json.log"), &[(C::CredentialExpired, 2, 1, chart)], &[]);
}

#[test]
fn journals_of_nodes_and_daemons() {
    let api = "harbor.example.com/apps/api:9";
    shows(sample!("node-journal.log"), &[(C::ConnectionTimedOut, 3, 4, api)], &[7]);
    assert_eq!(explain(sample!("node-journal.log")).causes[0].pods, ["apps/api-6f5d"]);
    shows(sample!("dockerd.log"), &[(C::PlainHttpRegistry, 1, 3, "")], &[]);
}

#[test]
fn a_failing_pull_without_a_word_on_why_is_told_as_such() {
    let text = sample!("helm-wait.log");
    shows(text, &[(C::Unknown, 5, 1, "")], &[2]);
    let commands = explain(text).causes[0].next(Some("team"));
    assert_eq!(commands[0].command, "kubectl regauth why pod/web-6c5d9f7b8-abcde -n team");
}

#[test]
fn progress_success_and_the_failures_of_others_are_no_registry_error() {
    let explained = explain(sample!("nothing.log"));
    assert_eq!(explained.causes, [], "{explained:#?}");
    assert_eq!(explained.followers, []);
    for line in sample!("nothing.log").lines() {
        assert_eq!(codes(&format!("begin\n{line}\nend")), [], "{line}");
    }
}

#[test]
fn a_lone_message_is_believed_to_be_of_a_registry() {
    assert_eq!(codes("dial tcp 203.0.113.209:443: connect: connection refused"), [C::ConnectionRefused]);
    assert_eq!(codes("begin\ndial tcp 203.0.113.209:443: connect: connection refused\nend"), []);
    assert_eq!(codes("good morning"), []);
    assert_eq!(codes(""), []);
}

#[test]
fn a_lone_message_without_a_word_on_images_is_never_certain() {
    for line in [
        "write /tmp/out: no space left on device",
        "dial tcp: lookup cache.example.com on 10.96.0.10:53: no such host",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "error during connect: Get \"http://docker:2375/v1.24/info\": dial tcp: lookup docker on 10.0.0.2:53: no such host",
    ] {
        let explained = explain(line);
        let candidates = explained.causes.iter().flat_map(|cause| &cause.candidates);
        assert!(candidates.clone().count() > 0, "{line}");
        assert!(candidates.clone().all(|one| !one.certain && one.settle_by.is_some()), "{line}");
        assert_eq!(codes(&format!("begin\n{line}\nend")), [], "{line}");
    }
    let told = explain(
        "Head \"https://r.example.com/v2/a/manifests/1\": x509: certificate signed by unknown authority",
    );
    assert!(told.causes[0].is_certain());
}

#[test]
fn what_others_refused_is_no_registry_error_even_alone() {
    for line in [
        "AccessDenied: User: arn:aws:sts::1:assumed-role/x is not authorized to perform: s3:GetObject",
        "429 Too Many Requests: https://api.github.com/rate_limit exceeded",
        "redis: dial tcp: lookup redis on 10.96.0.10:53: no such host",
        "Unable to connect to the server: x509: certificate signed by unknown authority",
        "Error: Unauthorized: You must be logged in to the server (Unauthorized)",
        "ERROR: failed to solve: failed to compute cache key: \"/dist\": not found",
        "ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref a::b: \"/dist\": not found",
        "error: failed to pull some refs; hint: Updates were rejected because the remote contains work",
        "    Expected: \"manifest unknown\"",
    ] {
        assert_eq!(codes(line), [], "{line}");
        assert_eq!(codes(&format!("begin\n{line}\nend")), [], "{line}");
    }
}

#[test]
fn a_verb_of_pulls_alone_is_no_sign_of_one() {
    for line in [
        "error: manifest unknown field \"spec.foo\"",
        "failed to push metrics to https://prom.example.com/api/v1/write: 401 Unauthorized",
        "failed to fetch manifest for tenant: dial tcp 10.0.0.5:5432: connect: connection refused",
        "failed to copy blob to bucket: AccessDenied",
        "Failed to authorize user bob: invalid token",
        "Failed to resolve image size: unknown error",
        "failed to push to gateway \"gateway:9091\": connection refused",
    ] {
        assert_eq!(codes(&format!("begin\n{line}\nend")), [], "{line}");
    }
    for (line, code) in [
        ("ERROR: failed to solve: nginx:9: docker.io/library/nginx:9: not found", C::ImageNotFound),
        (
            "failed to copy: httpReadSeeker: failed open: unexpected status code https://r.example.com/v2/a/blobs/b: 500",
            C::RegistryServerError,
        ),
        ("Error response from daemon: manifest unknown", C::ImageNotFound),
        ("Error: reading manifest 1 in r.example.com/a: manifest unknown", C::ImageNotFound),
    ] {
        assert_eq!(codes(&format!("begin\n{line}\nend")), [code], "{line}");
    }
}

#[test]
fn what_follows_is_told_with_its_own_image_and_not_without_end() {
    let errors = (0..30).map(|n| format!("Failed to pull image \"r.example.com/a{n}:1\": x: not found\n"));
    let text: String = errors
        .chain((0..300).map(|n| format!("Back-off pulling image \"r.example.com/a{}:1\" {n}\n", n % 30)))
        .collect();
    let explained = explain(&text);
    assert_eq!(explained.causes.len(), 30);
    assert_eq!(explained.followers.len(), 200);
    assert!(explained.followers.iter().all(|one| one.follows == (one.line - 1) % 30 + 1));
}

#[test]
fn the_same_cause_in_other_words_is_one_cause() {
    let text = "Failed to pull image \"r.example.com/a:1\": rpc error: code = NotFound desc = failed to pull and unpack image \
                \"r.example.com/a:1\": failed to resolve reference \"r.example.com/a:1\": r.example.com/a:1: not found\n\
                Failed to pull image \"r.example.com/a:1\": failed to pull and unpack image \"r.example.com/a:1\": failed to \
                resolve image: r.example.com/a:1: not found\n\
                Failed to pull image \"r.example.com/b:1\": failed to pull and unpack image \"r.example.com/b:1\": failed to \
                resolve image: r.example.com/b:1: not found\n";
    assert_eq!(
        causes(&explain(text)),
        [(C::ImageNotFound, 1, 2, "r.example.com/a:1"), (C::ImageNotFound, 3, 1, "r.example.com/b:1")]
    );
}

#[test]
fn commands_have_what_the_text_names() {
    let explained = explain(sample!("describe-containerd.txt"));
    let commands: Vec<String> = explained.causes[1].next(None).into_iter().map(|fix| fix.command).collect();
    assert_eq!(
        commands,
        [
            "kubectl regauth why pod/web-7d9c5b6f4-x2kqp -n team-a",
            "kubectl regauth probe registry.example.com/team/web:1.4.2",
            "kubectl regauth pull registry.example.com/team/web:1.4.2 -n team-a --method both",
        ]
    );
    let limited = explain("toomanyrequests: You have reached your pull rate limit").causes[0].next(None);
    assert_eq!(limited[0].command, "kubectl regauth limits");
    let push = explain(sample!("gitlab-kaniko.log")).causes[0].next(Some("ci"));
    assert_eq!(push[0].command, "kubectl regauth push registry.example.com/group/app:1 -n ci");
    // Harbor says the same of a right that is missing and of a token that another core does not take.
    let harbor = "unauthorized: unauthorized to access repository: team/app, action: push";
    let commands: Vec<String> =
        explain(harbor).causes[0].next(None).into_iter().map(|fix| fix.command).collect();
    assert_eq!(commands, ["kubectl regauth push REPOSITORY", "kubectl regauth harbor -n HARBOR-NAMESPACE"]);
}

#[test]
fn one_message_may_be_plain_a_json_string_or_an_object() {
    let plain = "toomanyrequests: Rate exceeded";
    for line in [
        plain.to_owned(),
        format!("2024-05-01T10:00:00Z {plain}"),
        format!("{plain:?}"),
        format!("{{\"id\":1,\"message\":{plain:?}}}"),
    ] {
        let found = message(&line);
        assert_eq!(
            found.iter().map(|one| (one.code, one.certain)).collect::<Vec<_>>(),
            [(C::RateLimited, true)],
            "{line}"
        );
    }
    assert_eq!(message(""), []);
    assert_eq!(message("  \"\" "), []);
    assert_eq!(message("good morning")[0].code, C::Unknown);
}
