//! Pulls that failed or did not end.

use super::build::*;
use crate::code::Code;
use crate::diagnose::pull::{failed as failed_pulls, not_finished};
use crate::diagnose::{Place, pull_candidates};
use crate::evidence::{LastSeen, Step};
use crate::finding::Severity;
use crate::plan::SecretSource;
use crate::text::Clean;

#[test]
fn a_failed_pull_is_judged_by_its_message() {
    for (cause, code, certain) in [
        (WRONG_PASSWORD, Code::CredentialRejected, false),
        (NO_CREDENTIAL, Code::NoCredential, false),
        (NOT_FOUND, Code::ImageNotFound, false),
        (RATE_LIMITED, Code::RateLimited, true),
        (TIMED_OUT, Code::ConnectionTimedOut, false),
        (REFUSED, Code::ConnectionRefused, false),
        (NO_SUCH_HOST, Code::RegistryNameUnresolved, true),
        ("an unheard-of failure", Code::Unknown, false),
    ] {
        let found = findings(vec![failed("node1", cause)]);
        assert_eq!(found.len(), 1, "{cause}");
        assert_eq!((found[0].code, found[0].certain), (code, certain), "{cause}");
        assert_eq!(found[0].severity, code.severity());
        assert_eq!(found[0].evidence, ["pull/node1/0"]);
        assert!(found[0].messages[0].as_str().starts_with("failed to pull and unpack image"));
        assert_eq!(
            (&found[0].subject.nodes[..], &found[0].subject.images[..]),
            (&["node1".into()][..], &[IMAGE.into()][..])
        );
    }
}

#[test]
fn what_is_not_certain_names_other_causes_and_what_settles_it() {
    let open = &findings(vec![failed("node1", WRONG_PASSWORD)])[0];
    assert!(
        open.also_possible.contains(&Code::CredentialExpired) && !open.also_possible.contains(&open.code)
    );
    assert!(open.settle_by.is_some());
    let sure = &findings(vec![failed("node1", RATE_LIMITED)])[0];
    assert!(sure.also_possible.is_empty() && sure.settle_by.is_none());
}

#[test]
fn a_pull_that_worked_or_was_not_made_is_no_failed_pull() {
    for pull in [
        pulled("node1"),
        denied("node1"),
        absent("node1"),
        broken("node1", Step::Sandbox, WRONG_PASSWORD),
        timed_out("node1", LastSeen::Pulling),
    ] {
        assert!(failed_pulls(&evidence(vec![pull])).is_empty());
    }
}

#[test]
fn the_subject_is_what_is_to_be_mended() {
    let subject = |pull| findings(vec![pull]).remove(0).subject.name;
    assert_eq!(subject(failed("node1", WRONG_PASSWORD)), "secret/regcred");
    let mut two_secrets = failed("node1", WRONG_PASSWORD);
    two_secrets.pull_secrets.push("other".into());
    assert_eq!(subject(two_secrets), format!("registry/{REGISTRY}"));
    assert_eq!(subject(failed("node1", NO_CREDENTIAL).without_secrets()), "serviceaccount/builder");
    assert_eq!(subject(failed("node1", NOT_FOUND)), format!("image/{IMAGE}"));
    assert_eq!(subject(failed("node1", TIMED_OUT)), format!("registry/{REGISTRY}"));
}

#[test]
fn the_registry_is_that_of_the_image_which_the_webhook_put_in() {
    let mut pull = failed("node1", "an unheard-of failure");
    pull.image_rewritten = Some(ELSEWHERE.into());
    let place = Place::of(&pull, &evidence(vec![pull.clone()]));
    assert_eq!((place.registry.as_str(), place.image.as_str()), ("mirror.example.org", ELSEWHERE));
    let found = &findings(vec![pull])[0];
    assert_eq!(found.subject.name, "registry/mirror.example.org");
    assert_eq!(found.subject.images, [IMAGE], "the user knows the image by the name that they wrote");
}

#[test]
fn without_a_secret_to_send_a_bare_401_asks_for_one() {
    let bare = Clean::new(
        "unexpected status from HEAD request to https://registry.example.com/v2/team/app/manifests/1: 401 Unauthorized",
    );
    let possible = |pull, source| {
        let codes: Vec<Code> =
            pull_candidates(&pull, &bare, source).into_iter().map(|one| one.code).collect();
        codes.contains(&Code::CredentialRejected)
    };
    assert!(possible(pulled("node1"), SecretSource::ServiceAccount));
    assert!(!possible(pulled("node1").without_secrets(), SecretSource::ServiceAccount));
    assert!(!possible(pulled("node1").missing("regcred"), SecretSource::Given));
    assert!(!possible(pulled("node1"), SecretSource::Disabled));
    assert!(!possible(pulled("node1").held_back("node2"), SecretSource::Given));
}

#[test]
fn one_missing_secret_of_two_leaves_one_to_send() {
    let bare = Clean::new(
        "unexpected status from HEAD request to https://registry.example.com/v2/: 401 Unauthorized",
    );
    let mut pull = pulled("node1").missing("regcred");
    pull.pull_secrets.push("other".into());
    let candidates = pull_candidates(&pull, &bare, SecretSource::Given);
    assert!(candidates.iter().any(|one| one.code == Code::CredentialRejected), "{candidates:?}");
}

#[test]
fn only_a_pull_that_had_begun_is_one_that_did_not_finish() {
    let found = not_finished(&evidence(vec![timed_out("node1", LastSeen::Pulling)]));
    assert_eq!((found[0].code, found[0].severity), (Code::PullNotFinished, Severity::Unknown));
    assert!(!found[0].certain && found[0].settle_by.is_some());
    assert_eq!(found[0].also_possible, [Code::ConnectionTimedOut]);
    for last_seen in [LastSeen::Planned, LastSeen::Created, LastSeen::Scheduled] {
        assert!(not_finished(&evidence(vec![timed_out("node1", last_seen)])).is_empty());
    }
    assert!(not_finished(&evidence(vec![pulled("node1"), failed("node2", TIMED_OUT)])).is_empty());
}

#[test]
fn no_mend_carries_a_password() {
    for cause in [WRONG_PASSWORD, NO_CREDENTIAL, TIMED_OUT, NO_SUCH_HOST] {
        for fix in findings(vec![failed("node1", cause)]).into_iter().flat_map(|finding| finding.fixes) {
            assert!(!fix.command.contains("--docker-password"), "{}", fix.command);
        }
    }
    assert!(!findings(vec![failed("node1", NO_CREDENTIAL)])[0].fixes.is_empty());
}

#[test]
fn a_tag_is_certainly_missing_where_the_same_identity_reads_the_repository() {
    let missing = |other| {
        findings(vec![failed("node1", NOT_FOUND), other])
            .into_iter()
            .find(|one| one.code == Code::ImageNotFound)
    };
    let other_tag = "registry.example.com/team/app:2";
    let sure = missing(pulled("node1").of(other_tag, 1)).unwrap();
    assert!(sure.certain && sure.also_possible.is_empty() && sure.settle_by.is_none());
    for other in [
        pulled("node1").of(SIBLING, 1),
        pulled("node2").of(other_tag, 1).held_back("node1"),
        failed("node1", NOT_FOUND).of(other_tag, 1),
    ] {
        let open = missing(other).unwrap();
        assert!(!open.certain && open.settle_by.is_some() && !open.also_possible.is_empty());
    }
}

/// The commands for a pull without a credential, done as this identity.
fn commands_as(name: &str, source: SecretSource, pull_secrets: &[&str]) -> Vec<String> {
    let mut pull = failed("node1", NO_CREDENTIAL);
    pull.pull_secrets = pull_secrets.iter().map(ToString::to_string).collect();
    let mut evidence = evidence(vec![pull]);
    let identity = &mut evidence.plan.identity;
    identity.name = name.into();
    identity.source = source;
    identity.pull_secrets = pull_secrets.iter().map(ToString::to_string).collect();
    let found = failed_pulls(&evidence).into_iter().find(|one| one.code == Code::NoCredential).unwrap();
    found.fixes.into_iter().map(|fix| fix.command).collect()
}

#[test]
fn a_new_pull_secret_is_named_where_the_identity_gets_its_own_from() {
    let account = commands_as("serviceaccount/builder", SecretSource::ServiceAccount, &["other"]);
    assert!(account[0].starts_with("kubectl -n team create secret generic regcred --type="), "{account:?}");
    assert!(!account[0].contains("apply"), "it would write the credential into an annotation: {account:?}");
    assert!(account[1].contains(r#"patch serviceaccount/builder --type=json -p '[{"op":"add","path":"/imagePullSecrets/-","value":{"name":"regcred"}}]'"#), "{account:?}");
    let none = commands_as("serviceaccount/builder", SecretSource::ServiceAccount, &[]);
    assert!(none[1].contains(r#""path":"/imagePullSecrets","value":[{"name":"regcred"}]"#), "{none:?}");
    // The ServiceAccount's own list is not that of the run.
    for source in [SecretSource::Disabled, SecretSource::Given] {
        let unread = commands_as("serviceaccount/builder", source, &[]);
        assert!(
            unread[1].contains(
                "get serviceaccount/builder -o json | jq '.imagePullSecrets = ((.imagePullSecrets // [])"
            ),
            "{unread:?}"
        );
    }
    // A list of its own keeps the ServiceAccount's out.
    let own = commands_as("deploy/web", SecretSource::Workload, &["other"]);
    assert!(own[1].contains("patch deploy/web --type=strategic"), "{own:?}");
    let pod = commands_as("pod/w", SecretSource::Workload, &["regcred"]);
    assert!(pod[0].contains("create secret generic regcred-2 "), "the name is taken: {pod:?}");
    assert!(
        pod[1].contains("get pod/w -o yaml") && pod.iter().all(|one| !one.contains("serviceaccount")),
        "{pod:?}"
    );
}

#[test]
fn each_secret_that_may_have_been_refused_gets_a_command_of_its_own_and_no_annotation() {
    let mut pull = failed("node1", WRONG_PASSWORD);
    pull.pull_secrets = vec!["w1".into(), "w2".into()];
    let found = failed_pulls(&evidence(vec![pull]));
    let commands: Vec<&str> = found[0].fixes.iter().map(|fix| fix.command.as_str()).collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    for (command, name) in commands.iter().zip(["w1", "w2"]) {
        assert!(command.starts_with(&format!("kubectl -n team create secret generic {name} ")), "{command}");
        assert!(
            command.ends_with(&format!("| kubectl -n team patch secret {name} --patch-file=/dev/stdin")),
            "{command}"
        );
    }
}

#[test]
fn an_image_that_is_not_there_has_commands_too() {
    let fixes = |cause: &str| failed_pulls(&evidence(vec![failed("node1", cause)])).remove(0).fixes;
    let tags = fixes(NOT_FOUND);
    assert_eq!(tags[0].command, "skopeo list-tags docker://registry.example.com/team/app");
    assert_eq!(tags[1].command, "kubectl regauth probe registry.example.com/team/app:1");
    let platforms = fixes("no match for platform in manifest: not found");
    assert!(platforms[0].command.ends_with("imagetools inspect registry.example.com/team/app:1"));
    assert_eq!(platforms[1].command, "kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch");
}
