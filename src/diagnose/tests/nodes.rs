//! Nodes that were not tested.

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::diagnose::node::{could_not_take_the_test, left_out};
use crate::evidence::{LastSeen, Step};
use crate::finding::Severity;
use crate::plan::{PlannedNode, SkipReason};

#[test]
fn a_node_that_the_plan_left_out_is_told_with_what_its_reason_weighs() {
    for (reason, severity, words) in [
        (SkipReason::NotReady, Severity::Warning, "not Ready"),
        (SkipReason::DiskPressure, Severity::Warning, "disk pressure"),
        (SkipReason::Virtual, Severity::Info, "virtual node"),
    ] {
        let mut evidence = evidence(vec![pulled("node1")]);
        evidence.plan.nodes.push(PlannedNode { name: "node2".into(), skip: skip(reason) });
        let found = diagnose(&evidence);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].severity), (Code::NodeNotTested, severity));
        assert!(found[0].cause.contains(words), "{}", found[0].cause);
        assert_eq!(
            (&found[0].subject.nodes[..], &found[0].evidence[..]),
            (&["node2".into()][..], &["plan/nodes/node2".into()][..])
        );
        assert_eq!(found[0].fixes.is_empty(), severity == Severity::Info);
    }
}

#[test]
fn nodes_left_out_for_one_reason_are_one_finding() {
    let mut evidence = evidence(vec![pulled("node1")]);
    for (name, reason) in
        [("a", SkipReason::NotReady), ("b", SkipReason::Virtual), ("c", SkipReason::NotReady)]
    {
        evidence.plan.nodes.push(PlannedNode { name: name.into(), skip: skip(reason) });
    }
    let told: Vec<_> = diagnose(&evidence).into_iter().map(|one| one.subject.nodes).collect();
    assert_eq!(told, [vec!["a".to_string(), "c".into()], vec!["b".into()]]);
}

#[test]
fn a_plan_that_leaves_nothing_out_gives_no_such_finding() {
    assert!(left_out(&evidence(vec![pulled("node1"), failed("node2", TIMED_OUT)])).is_empty());
}

#[test]
fn a_test_that_never_reached_the_pull_is_told_with_the_reason() {
    for (pull, words) in [
        (broken("node1", Step::Schedule, "0/3 nodes are available"), "scheduler found no room"),
        (broken("node1", Step::Admit, "OutOfcpu: no"), "kubelet turned the test away"),
        (absent("node1"), "removed by something else"),
        (timed_out("node1", LastSeen::Created), "did not place the test"),
        (timed_out("node1", LastSeen::Scheduled), "did not begin the pull"),
        (timed_out("node1", LastSeen::Planned), "before the node's turn"),
    ] {
        let found = findings(vec![pull]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code, found[0].severity), (Code::NodeNotTested, Severity::Warning));
        assert!(found[0].cause.contains(words), "{}", found[0].cause);
        assert_eq!(found[0].evidence, ["pull/node1/0"]);
        assert_eq!(found[0].subject.images, [IMAGE]);
    }
}

#[test]
fn the_scheduler_and_the_kubelet_are_quoted() {
    let found = findings(vec![broken("node1", Step::Schedule, "0/3 nodes are available")]);
    assert_eq!(found[0].messages[0].as_str(), "0/3 nodes are available");
}

#[test]
fn a_test_that_reached_the_pull_or_failed_for_us_is_not_the_nodes() {
    for pull in [
        pulled("node1"),
        failed("node1", TIMED_OUT),
        timed_out("node1", LastSeen::Pulling),
        denied("node1"),
        broken("node1", Step::Create, "500"),
        broken("node1", Step::Watch, "away"),
        broken("node1", Step::Sandbox, "no network"),
        broken("node1", Step::Interrupted, "ended"),
    ] {
        assert!(could_not_take_the_test(&evidence(vec![pull])).is_empty());
    }
}
