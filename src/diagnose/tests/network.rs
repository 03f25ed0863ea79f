//! What the comparison of nodes says about the network.

use super::build::*;
use crate::code::Code;
use crate::diagnose::network::cut_off_nodes;
use crate::evidence::{LastSeen, Pull};

fn told(pulls: Vec<Pull>) -> Vec<(Code, Vec<String>)> {
    findings(pulls).into_iter().map(|finding| (finding.code, finding.subject.nodes)).collect()
}

fn nodes(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_node_that_is_cut_off_where_another_is_not_is_blocked() {
    for cause in [REFUSED, TIMED_OUT] {
        let found = findings(vec![failed("node1", cause), pulled("node2"), failed("node3", cause)]);
        assert_eq!(found.len(), 1, "the general cause is gone: {found:?}");
        assert_eq!((found[0].code, found[0].certain), (Code::EgressBlocked, true));
        assert_eq!(found[0].subject.nodes, ["node1", "node3"]);
        assert_eq!(found[0].messages.len(), 1, "the runtime's words stay");
    }
}

#[test]
fn a_registry_that_refuses_elsewhere_can_be_reached_there() {
    for answer in [WRONG_PASSWORD, NO_CREDENTIAL, NOT_FOUND, RATE_LIMITED] {
        let told = told(vec![failed("node1", TIMED_OUT), failed("node2", answer)]);
        assert!(told.contains(&(Code::EgressBlocked, nodes(&["node1"]))), "{answer}: {told:?}");
    }
}

#[test]
fn a_lone_time_out_blames_no_egress() {
    for other in [
        failed("node2", TIMED_OUT),
        // Not the registry's answer: the name, or the check itself.
        failed("node2", NO_SUCH_HOST),
        denied("node2"),
        absent("node2"),
        timed_out("node2", LastSeen::Scheduled),
        // Another registry says nothing about this one.
        pulled("node2").of(ELSEWHERE, 1),
    ] {
        let told = told(vec![failed("node1", TIMED_OUT), other]);
        assert!(told.iter().all(|(code, _)| *code != Code::EgressBlocked), "{told:?}");
        assert!(
            told.contains(&(Code::ConnectionTimedOut, nodes(&["node1"])))
                || told.contains(&(Code::ConnectionTimedOut, nodes(&["node1", "node2"]))),
            "{told:?}"
        );
    }
}

#[test]
fn a_node_that_does_not_resolve_the_name_is_not_blocked() {
    let told = told(vec![failed("node1", NO_SUCH_HOST), pulled("node2")]);
    assert_eq!(told, [(Code::RegistryNameUnresolved, nodes(&["node1"]))]);
}

#[test]
fn a_silent_pull_is_a_time_out_where_the_others_time_out() {
    let found = findings(vec![timed_out("node1", LastSeen::Pulling), failed("node2", TIMED_OUT)]);
    let silent = found.iter().find(|finding| finding.subject.nodes.contains(&"node1".to_string()));
    let silent = silent.expect("the silent node is in a finding");
    assert_eq!((silent.code, silent.certain), (Code::ConnectionTimedOut, false));
    assert!(silent.settle_by.is_some());
    assert!(found.iter().all(|finding| finding.code != Code::PullNotFinished));
}

#[test]
fn a_silent_pull_is_only_not_finished_where_the_registry_answers_or_nothing_is_known() {
    for other in [pulled("node2"), failed("node2", REFUSED), failed("node2", NO_SUCH_HOST)] {
        let evidence = evidence(vec![timed_out("node1", LastSeen::Pulling), other]);
        let about = cut_off_nodes(&evidence).into_iter().filter(|one| one.subject.nodes == ["node1"]).count();
        assert_eq!(about, 0);
        assert!(told(evidence.pulls).contains(&(Code::PullNotFinished, nodes(&["node1"]))));
    }
}

#[test]
fn a_silent_pull_is_not_finished_where_a_third_node_is_answered() {
    let pulls = vec![timed_out("node1", LastSeen::Pulling), failed("node2", TIMED_OUT), pulled("node3")];
    let told = told(pulls);
    assert!(told.contains(&(Code::PullNotFinished, nodes(&["node1"]))), "{told:?}");
    assert!(told.contains(&(Code::EgressBlocked, nodes(&["node2"]))), "{told:?}");
}

#[test]
fn a_node_that_the_registry_answers_for_another_image_is_not_cut_off() {
    let told = told(vec![failed("node1", TIMED_OUT), pulled("node1").of(SIBLING, 1)]);
    assert_eq!(told, [(Code::ConnectionTimedOut, nodes(&["node1"]))]);
}
