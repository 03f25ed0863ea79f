//! Many pods with one cause, and pods of which nobody says why.

use super::super::pulls;
use super::build::*;
use crate::code::Code;
use crate::diagnose::settle;
use crate::finding::{Finding, Severity, Subject};

#[test]
fn forty_pods_of_one_deployment_are_one_finding() {
    let web = deploy("web", IMAGE);
    let pulls = (0..40).map(|number| {
        let mut pull = waits(&web, &format!("node{}", number % 3), NO_CREDENTIAL);
        pull.pod = format!("web-{number:02}");
        pull.id = format!("pod/team/{}/app", pull.pod);
        pull
    });
    let finding = one(&why(vec![web.clone()], pulls.collect()));
    assert!(
        finding.cause.ends_with("(40 pods of deploy/web, on 3 nodes; for example pod/web-00 on node0)."),
        "{}",
        finding.cause
    );
    assert_eq!(finding.evidence.len(), 40);
}

#[test]
fn pods_of_their_own_are_not_said_to_be_of_a_workload() {
    let (web, mut alone) = (deploy("web", IMAGE), deploy("a-pod", IMAGE));
    alone.name = "pod/a-pod-node1".into();
    alone.id = "workload/team/pod/a-pod-node1".into();
    let pulls = [waits(&web, "node1", NO_CREDENTIAL), waits(&web, "node2", NO_CREDENTIAL)];
    let mut bare = waits(&alone, "node1", NO_CREDENTIAL);
    (bare.pod, bare.id) = ("a-pod-node1".into(), "pod/team/a-pod-node1/app".into());
    let finding = one(&why(vec![web.clone(), alone], [&pulls[..], &[bare]].concat()));
    assert!(
        finding.cause.ends_with(
            "(3 pods, 2 of deploy/web and 1 by itself, on 2 nodes; for example pod/a-pod-node1 on node1)."
        ),
        "{}",
        finding.cause
    );
}

#[test]
fn what_stops_most_pods_comes_first_and_warnings_stop_none() {
    let (web, one) =
        (deploy("web", HUB), deploy("one", IMAGE).naming(&["regcred"]).started(&["node2"], &["regcred"]));
    let evidence = why(
        vec![web.clone(), one.clone()],
        vec![
            waits(&web, "node1", HUB_LIMIT),
            waits(&web, "node2", HUB_LIMIT),
            waits(&one, "node1", WRONG_PASSWORD),
        ],
    )
    .secrets(vec![secret("regcred", &["registry.example.com"])])
    .node(node("node2", &[], &[IMAGE]));
    let codes: Vec<Code> = judged(&evidence).iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::RateLimited, Code::CredentialRejected, Code::CachedImageHidesFailure]);
}

#[test]
fn expired_events_are_said_to_be_and_what_settles_it_is_named() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let evidence = why(vec![web.clone()], vec![silent(&web, "node1")])
        .secrets(vec![secret("regcred", &["registry.example.com"])]);
    let finding = one(&evidence);
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::Unknown, "deploy/web", false)]);
    assert_eq!(finding.severity, Severity::Unknown);
    assert!(finding.cause.contains("the events have expired"), "{}", finding.cause);
    assert!(finding.cause.contains("sends the credential of secret/regcred"), "{}", finding.cause);
    let settle = finding.settle_by.unwrap();
    assert!(settle.contains("`kubectl regauth why deploy/web -n team --probe`"), "{settle}");
    assert!(settle.contains("`kubectl -n team delete pod web-node1`"), "{settle}");
}

#[test]
fn a_pod_without_words_fails_as_its_sister_does_that_has_them() {
    let web = deploy("web", IMAGE);
    let finding =
        one(&why(vec![web.clone()], vec![silent(&web, "node1"), waits(&web, "node2", NO_CREDENTIAL)]));
    assert_eq!(finding.code, Code::NoCredential);
    assert_eq!(finding.evidence.len(), 2);
}

#[test]
fn what_another_nodes_way_meets_says_nothing_of_a_pod_without_words() {
    let web = deploy("web", IMAGE);
    let found = judged(&why(vec![web.clone()], vec![silent(&web, "node1"), waits(&web, "node2", UNTRUSTED)]));
    let codes: Vec<Code> = found.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::CertificateUntrusted, Code::Unknown]);
}

#[test]
fn a_message_that_is_not_understood_is_shown_and_unknown() {
    let web = deploy("web", IMAGE);
    let finding = one(&why(vec![web.clone()], vec![waits(&web, "node1", "the moon is full")]));
    assert_eq!(finding.code, Code::Unknown);
    assert!(finding.messages[0].as_str().contains("the moon is full"));
}

#[test]
fn a_finding_about_several_pods_stays_for_those_that_nothing_else_explains() {
    let (web, sync) = (deploy("web", IMAGE), deploy("sync", HUB));
    let evidence = why(
        vec![web.clone(), sync.clone()],
        vec![waits(&web, "node1", NO_CREDENTIAL), waits(&sync, "node1", HUB_LIMIT)],
    );
    let subject = Subject { name: "serviceaccount/default".into(), ..Subject::default() };
    let mut unnamed = Finding::new(Code::PullSecretNotReferenced, subject, "Neither names secret/all.");
    unnamed.evidence = ["workload/team/Deployment/web", "pod/team/web-node1/app", "pod/team/sync-node1/app"]
        .map(str::to_owned)
        .to_vec();
    let found = settle::most_specific(pulls(&evidence).into_iter().chain([unnamed]).collect());
    let told: Vec<_> = found.iter().map(|one| (one.code, one.evidence.last().unwrap().as_str())).collect();
    assert_eq!(
        told,
        [
            (Code::RateLimited, "pod/team/sync-node1/app"),
            (Code::PullSecretNotReferenced, "pod/team/web-node1/app")
        ]
    );
}
