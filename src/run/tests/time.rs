//! Sandboxes that fail for a while, decisions that are due, and the end of a run.

use serde_json::json;

use super::build::*;
use crate::evidence::{LastSeen, Outcome, Step};
use crate::run::track::{Ended, Tracker};

const NO_NETWORK: &str =
    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network";

fn sandbox_fails(tracker: &mut Tracker, now: u64) {
    tracker.event(&pod_event(0, "FailedCreatePodSandBox", NO_NETWORK), now);
}

#[test]
fn a_sandbox_that_keeps_failing_ends_the_test() {
    let mut tracker = tracker_of(&[IMAGE, SIBLING]);
    sandbox_fails(&mut tracker, 1_000);
    sandbox_fails(&mut tracker, 8_000);
    tracker.settle(10_999);
    assert!(!tracker.is_known(0));
    tracker.settle(11_000);
    for image in 0..2 {
        let Some(Outcome::Failed { step: Step::Sandbox, message }) = outcome(&tracker, 0, image) else {
            panic!("{:?}", outcome(&tracker, 0, image));
        };
        assert_eq!(message.as_str(), NO_NETWORK);
    }
}

#[test]
fn a_sandbox_that_recovers_is_forgotten() {
    let mut tracker = tracker();
    sandbox_fails(&mut tracker, 1_000);
    tracker.event(&event(0, 0, "Pulling", "Pulling image"), 5_000);
    tracker.settle(60_000);
    assert_eq!(outcome(&tracker, 0, 0), None);
    assert_eq!(tracker.next_decision(), None);
}

#[test]
fn the_next_decision_is_the_earliest_that_is_open() {
    let mut tracker = tracker();
    assert_eq!(tracker.next_decision(), None);
    sandbox_fails(&mut tracker, 1_000);
    assert_eq!(tracker.next_decision(), Some(11_000));
    tracker.pod_is(&pod(1, json!([stopped()])), 2_000);
    assert_eq!(tracker.next_decision(), Some(2_000 + GRACE));
    tracker.settle(2_000 + GRACE);
    assert_eq!(tracker.next_decision(), Some(11_000), "what is known needs no decision");
    tracker.settle(11_000);
    assert_eq!(tracker.next_decision(), None);
}

#[test]
fn at_the_deadline_each_test_tells_how_far_it_had_come() {
    let mut tracker = Tracker::new(&plan(&[IMAGE]), RUN);
    tracker.created(0, &made(0, &[IMAGE], &[]));
    tracker.close(120_000, false);
    let late = |last_seen| Some(Outcome::TimedOut { after_ms: 120_000, last_seen });
    assert_eq!(outcome(&tracker, 0, 0).cloned(), late(LastSeen::Created));
    assert_eq!(outcome(&tracker, 1, 0).cloned(), late(LastSeen::Planned));

    let mut tracker = tracker_of(&[IMAGE, SIBLING]);
    tracker.pod_is(&pod(0, json!([null, null])), 1_000);
    tracker.pod_is(&pod(1, json!([null, null])), 1_000);
    tracker.event(&event(1, 0, "Pulling", "Pulling image"), 20_000);
    assert!(tracker.is_asking(1) && !tracker.is_asking(0));
    tracker.close(120_000, false);
    assert_eq!(outcome(&tracker, 0, 0).cloned(), late(LastSeen::Scheduled));
    let pulling = Outcome::TimedOut { after_ms: 100_000, last_seen: LastSeen::Pulling };
    assert_eq!(outcome(&tracker, 1, 0), Some(&pulling));
}

#[test]
fn what_the_status_had_said_counts_at_the_deadline() {
    let mut tracker = tracker();
    tracker.pod_is(&pod(0, json!([stopped()])), 119_900);
    tracker.pod_is(&pod(1, json!([waiting("ErrImagePull", NOT_FOUND)])), 119_900);
    tracker.close(120_000, false);
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(None, None, None)));
    assert_eq!(failure(&tracker, 1, 0).1, NOT_FOUND);
}

#[test]
fn an_interruption_is_no_time_out() {
    let mut tracker = tracker();
    tracker.event(&success(), 100);
    tracker.close(5_000, true);
    assert_eq!(
        outcome(&tracker, 0, 0),
        Some(&worked(Some(58), Some(3), Some(768_618))),
        "what is known stays"
    );
    assert!(matches!(outcome(&tracker, 1, 0), Some(Outcome::Failed { step: Step::Interrupted, .. })));
}

#[test]
fn a_refused_creation_ends_only_what_is_open() {
    let mut tracker = tracker_of(&[IMAGE, SIBLING]);
    tracker.event(&success(), 100);
    let denied = Ended::Denied { status: 403, message: crate::text::Clean::new("quota") };
    tracker.end(0, &denied);
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(Some(58), Some(3), Some(768_618))));
    assert_eq!(outcome(&tracker, 0, 1), Some(&denied.of_any()));
    tracker.end(99, &denied);
}

#[test]
fn only_the_plans_nodes_that_are_not_left_out_are_tracked() {
    let nodes: Vec<_> = tracker().pods.into_iter().map(|pod| pod.node).collect();
    assert_eq!(nodes, ["node1", "node2"]);
}
