//! What runs with and without the credential, and the kubelet's events about pull secrets, say.

use super::build::*;
use crate::code::Code;
use crate::diagnose::credential::{missing_pull_secrets, stale};
use crate::diagnose::may_refuse_credential;
use crate::evidence::{LastSeen, Pull};
use crate::finding::{Candidate, Finding, Severity};
use crate::plan::SecretSource;

fn found(code: Code, pulls: Vec<Pull>) -> Option<Finding> {
    findings(pulls).into_iter().find(|finding| finding.code == code)
}

#[test]
fn a_refused_credential_is_stale_where_another_node_pulls_without_it() {
    let pulls = vec![failed("node1", WRONG_PASSWORD), pulled("node2").held_back("node1")];
    let stale = found(Code::StaleCredential, pulls.clone()).expect("the image is public");
    assert!(stale.certain);
    assert_eq!((stale.severity, stale.subject.nodes), (Severity::Error, vec!["node1".to_string()]));
    assert_eq!(codes(pulls), [Code::StaleCredential], "the general cause is gone");
}

#[test]
fn a_credential_is_not_stale_for_an_image_that_nobody_pulled_without_it() {
    let refused = || failed("node1", WRONG_PASSWORD);
    for other in [
        // Sent and taken elsewhere: the image need not be public.
        pulled("node2"),
        // Another image may well be public.
        pulled("node2").of(SIBLING, 1).held_back("node1"),
        failed("node2", NO_CREDENTIAL).held_back("node1"),
        timed_out("node2", LastSeen::Pulling).held_back("node1"),
        denied("node2").held_back("node1"),
    ] {
        let message = format!("{other:?}");
        assert!(stale(&evidence(vec![refused(), other])).is_empty(), "{message}");
    }
}

#[test]
fn only_a_refused_credential_is_stale() {
    for cause in [NO_CREDENTIAL, NOT_FOUND, TIMED_OUT, RATE_LIMITED] {
        let pulls = vec![failed("node1", cause), pulled("node2").held_back("node1")];
        assert!(stale(&evidence(pulls)).is_empty(), "{cause}");
    }
}

#[test]
fn a_pull_that_went_without_the_refused_credential_is_no_second_cause() {
    let pulls = vec![failed("node1", WRONG_PASSWORD), failed("node2", NO_CREDENTIAL).held_back("node1")];
    let codes: Vec<Code> = findings(pulls).iter().map(|finding| finding.code).collect();
    assert!(codes.iter().all(|code| *code == Code::CredentialRejected), "{codes:?}");
}

#[test]
fn a_held_back_pull_that_fails_for_another_reason_keeps_that_reason() {
    let pulls = vec![failed("node1", WRONG_PASSWORD), failed("node2", NO_SUCH_HOST).held_back("node1")];
    let found = found(Code::RegistryNameUnresolved, pulls).expect("the second node has a trouble of its own");
    assert_eq!(found.subject.nodes, ["node2"]);
}

#[test]
fn a_held_back_pull_keeps_its_own_code_where_the_refusal_is_not_in_the_evidence() {
    assert_eq!(codes(vec![failed("node2", NO_CREDENTIAL).held_back("node1")]), [Code::NoCredential]);
    let of_another_image = vec![
        failed("node1", WRONG_PASSWORD).of(SIBLING, 1),
        failed("node2", NO_CREDENTIAL).held_back("node1"),
    ];
    assert!(codes(of_another_image).contains(&Code::NoCredential));
}

#[test]
fn a_missing_pull_secret_is_the_cause_where_a_credential_is_asked_for() {
    for cause in [NO_CREDENTIAL, NOT_FOUND] {
        let pulls =
            vec![failed("node1", cause).missing("regcred"), failed("node2", cause).missing("regcred")];
        let all = findings(pulls);
        assert_eq!(all.len(), 1, "the general cause is gone: {all:?}");
        assert!(all[0].certain, "two kubelets do not err alike");
        assert_eq!((all[0].code, all[0].severity), (Code::PullSecretMissing, Severity::Error));
        assert_eq!(all[0].subject.name, "secret/regcred");
        assert!(all[0].cause.contains("regcred does not exist in namespace team"));
        assert!(!all[0].messages.is_empty(), "the registry's words stay");
    }
}

#[test]
fn a_missing_pull_secret_is_a_warning_where_it_is_not_the_cause() {
    for pull in [pulled("node1"), failed("node1", TIMED_OUT), denied("node1")] {
        let pulls = vec![pull.missing("regcred")];
        let finding = found(Code::PullSecretMissing, pulls).expect("the event was there");
        assert_eq!(finding.severity, Severity::Warning);
    }
    let both = codes(vec![failed("node1", TIMED_OUT).missing("regcred")]);
    assert_eq!(both, [Code::ConnectionTimedOut, Code::PullSecretMissing], "a remark replaces no cause");
}

#[test]
fn pull_secrets_that_were_found_are_not_missing() {
    let pulls = vec![failed("node1", NO_CREDENTIAL), pulled("node2")];
    assert!(missing_pull_secrets(&evidence(pulls)).is_empty());
}

#[test]
fn each_missing_secret_is_one_finding_over_all_nodes() {
    let pulls = vec![
        failed("node1", NO_CREDENTIAL).missing("a").missing("b"),
        failed("node2", NO_CREDENTIAL).missing("a"),
    ];
    let all = findings(pulls);
    let told: Vec<_> = all.iter().map(|one| (one.subject.name.as_str(), one.subject.nodes.len())).collect();
    assert_eq!(told, [("secret/a", 2), ("secret/b", 1)]);
}

#[test]
fn where_the_serviceaccount_names_the_secret_its_list_is_shown() {
    let commands = |source| {
        let of = |node| failed(node, NO_CREDENTIAL).missing("regcred");
        let mut evidence = evidence(vec![of("node1"), of("node2")]);
        evidence.plan.identity.source = source;
        let fixes = missing_pull_secrets(&evidence).remove(0).fixes;
        fixes.into_iter().map(|fix| fix.command).collect::<Vec<_>>()
    };
    assert!(
        commands(SecretSource::ServiceAccount).iter().any(|one| one.contains("get serviceaccount builder"))
    );
    assert!(commands(SecretSource::Given).iter().all(|one| !one.contains("get serviceaccount")));
}

#[test]
fn the_consequence_of_a_held_back_credential_is_told_with_its_cause() {
    let all =
        findings(vec![failed("node1", WRONG_PASSWORD), failed("node2", NO_CREDENTIAL).held_back("node1")]);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!((all[0].subject.name.as_str(), all[0].subject.nodes.len()), ("secret/regcred", 2));
}

#[test]
fn one_kubelets_word_alone_does_not_make_a_secret_missing_for_certain() {
    let all = findings(vec![failed("node1", NO_CREDENTIAL).missing("regcred")]);
    assert_eq!((all[0].code, all[0].certain), (Code::PullSecretMissing, false));
    assert!(all[0].cause.contains("could not retrieve"), "{}", all[0].cause);
    assert_eq!(all[0].fixes[0].command, "kubectl -n team get secret regcred");
}

#[test]
fn a_secret_that_other_nodes_have_is_not_missing() {
    let pulls = vec![failed("node1", NO_CREDENTIAL).missing("regcred"), pulled("node2")];
    let all = findings(pulls);
    assert_eq!((all.len(), all[0].code, all[0].certain), (1, Code::RuntimeFailed, false), "{all:?}");
    assert_eq!(all[0].subject.name, "node/node1");
}

#[test]
fn a_credential_that_may_have_been_refused_is_not_sent_again() {
    let candidate = |code, certain| Candidate { code, certain, because: String::new(), settle_by: None };
    let denied = |certain| {
        let first = candidate(Code::PermissionDenied, certain);
        may_refuse_credential(&[first, candidate(Code::CredentialRejected, false)])
    };
    assert!(denied(false), "a 403 may be a refused credential");
    assert!(!denied(true), "known to the registry for certain");
    assert!(may_refuse_credential(&[candidate(Code::CredentialExpired, true)]));
    assert!(!may_refuse_credential(&[candidate(Code::ConnectionRefused, false)]));
    assert!(!may_refuse_credential(&[]));
}
