//! Checks that were refused or failed before a pull began.

use super::build::*;
use crate::code::Code;
use crate::diagnose::refusal::{failed_checks, refused_checks};
use crate::evidence::{LastSeen, Step};
use crate::finding::Severity;

#[test]
fn a_pod_that_was_refused_is_not_permitted_in_the_api_servers_words() {
    let found = findings(vec![denied("node1"), denied("node2")]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code, found[0].severity), (Code::NotPermitted, Severity::Unknown));
    assert_eq!(found[0].subject.name, "namespace/team");
    assert_eq!(found[0].subject.nodes, ["node1", "node2"]);
    assert_eq!(found[0].messages.len(), 1, "the same words are shown once");
    assert_eq!(found[0].messages[0].as_str(), "exceeded quota: pods");
}

#[test]
fn what_was_not_refused_is_permitted() {
    for pull in
        [pulled("node1"), absent("node1"), broken("node1", Step::Create, "500"), failed("node1", REFUSED)]
    {
        assert!(refused_checks(&evidence(vec![pull])).is_empty());
    }
}

#[test]
fn a_sandbox_that_cannot_be_made_is_the_runtimes_failure() {
    let found =
        findings(vec![broken("node1", Step::Sandbox, "plugin type=\"bridge\" failed (add): no such device")]);
    assert_eq!((found[0].code, found[0].severity), (Code::RuntimeFailed, Severity::Error));
    assert_eq!(found[0].subject.name, "node/node1");
    assert!(found[0].fixes[0].command.ends_with("describe node node1"));
}

#[test]
fn a_sandbox_image_that_cannot_be_pulled_is_a_pulls_failure() {
    let message = "failed to get sandbox image \"registry.k8s.io/pause:3.10\": failed to pull image \
        \"registry.k8s.io/pause:3.10\": failed to pull and unpack image \"registry.k8s.io/pause:3.10\": failed to resolve \
        image: failed to do request: Head \"https://registry.k8s.io/v2/pause/manifests/3.10\": dial tcp: lookup \
        registry.k8s.io: no such host";
    let found = findings(vec![broken("node1", Step::Sandbox, message)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, Code::RegistryNameUnresolved);
    assert_eq!(found[0].subject.name, "node/node1", "no other pod starts there either");
}

#[test]
fn an_api_server_that_failed_leaves_the_node_unknown() {
    for step in [Step::Create, Step::Watch] {
        let found = findings(vec![broken("node1", step, "the API server is away")]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].severity), (Code::Unknown, Severity::Unknown));
        assert!(!found[0].certain && found[0].settle_by.is_some());
        assert_eq!(found[0].messages[0].as_str(), "the API server is away");
    }
}

#[test]
fn other_steps_are_other_rules() {
    for step in [Step::Schedule, Step::Admit, Step::Interrupted] {
        assert!(failed_checks(&evidence(vec![broken("node1", step, "said")])).is_empty());
    }
    let pulls = vec![pulled("node1"), denied("node2"), timed_out("node3", LastSeen::Pulling)];
    assert!(failed_checks(&evidence(pulls)).is_empty());
}
