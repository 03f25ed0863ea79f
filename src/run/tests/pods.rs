//! What the pods' status says, without an event.

use serde_json::json;

use super::build::*;
use crate::evidence::{Outcome, PullSeen, Step};

#[test]
fn a_container_that_cannot_be_configured_was_pulled_even_without_an_event() {
    for reason in ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"] {
        let mut tracker = tracker();
        tracker.pod_is(&pod(0, json!([waiting(reason, "configmap not found")])), 1_000);
        tracker.settle(1_000 + GRACE - 1);
        assert_eq!(outcome(&tracker, 0, 0), None, "{reason}: the event may still come");
        tracker.settle(1_000 + GRACE);
        assert_eq!(outcome(&tracker, 0, 0), Some(&worked(None, None, None)), "{reason}");
    }
}

#[test]
fn a_container_that_runs_or_ended_was_pulled() {
    for state in [
        json!({"running": {"startedAt": "2025-01-02T03:04:05Z"}}),
        json!({"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://0a1b"}}),
    ] {
        let mut tracker = tracker();
        tracker.pod_is(&pod(0, json!([state])), 0);
        tracker.settle(GRACE);
        assert_eq!(outcome(&tracker, 0, 0), Some(&worked(None, None, None)));
    }
}

#[test]
fn a_container_that_is_being_created_says_nothing() {
    let mut tracker = tracker();
    for state in
        [waiting("ContainerCreating", ""), waiting("PodInitializing", ""), waiting("", ""), json!({})]
    {
        tracker.pod_is(&pod(0, json!([state])), 0);
    }
    tracker.settle(100_000);
    assert_eq!(outcome(&tracker, 0, 0), None);
    assert_eq!(tracker.next_decision(), None);
}

#[test]
fn a_failed_pull_whose_event_never_comes_is_told_by_the_status() {
    let mut tracker = tracker();
    tracker.event(&event(0, 0, "Pulling", "Pulling image"), 400);
    tracker.pod_is(&pod(0, json!([waiting("ErrImagePull", NOT_FOUND)])), 1_000);
    tracker.pod_is(&pod(0, json!([waiting("ImagePullBackOff", "Back-off pulling image \"x\"")])), 2_000);
    tracker.settle(1_000 + GRACE);
    let said = ("ErrImagePull".to_string(), NOT_FOUND.to_string(), Some(600));
    assert_eq!(failure(&tracker, 0, 0), said, "the whole message, and the time of its status");
}

#[test]
fn a_shortened_message_gives_way_to_a_whole_one() {
    let mut tracker = tracker();
    tracker.pod_is(&pod(0, json!([waiting("ImagePullBackOff", "Back-off pulling image \"x\"")])), 1_000);
    tracker.pod_is(&pod(0, json!([waiting("ErrImagePull", NOT_FOUND)])), 1_400);
    tracker.settle(1_400 + GRACE - 1);
    assert_eq!(outcome(&tracker, 0, 0), None, "the better word has its own time");
    tracker.settle(1_400 + GRACE);
    assert_eq!(failure(&tracker, 0, 0).1, NOT_FOUND);
}

#[test]
fn an_image_name_that_the_kubelet_does_not_take_is_a_failed_pull() {
    let mut tracker = tracker();
    tracker.pod_is(&pod(0, json!([waiting("InvalidImageName", "couldn't parse image name")])), 0);
    tracker.settle(GRACE);
    let (reason, message, took) = failure(&tracker, 0, 0);
    assert_eq!(
        (reason.as_str(), message.as_str(), took),
        ("InvalidImageName", "couldn't parse image name", None)
    );
}

#[test]
fn two_containers_of_one_pod_are_told_apart() {
    let mut tracker = tracker_of(&[IMAGE, SIBLING]);
    tracker.pod_is(&pod(0, json!([stopped(), waiting("ErrImagePull", "no web")])), 0);
    tracker.settle(GRACE);
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(None, None, None)));
    assert_eq!(failure(&tracker, 0, 1).1, "no web");
}

#[test]
fn a_pod_that_no_node_has_room_for_could_not_be_scheduled() {
    let mut tracker = tracker();
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/3 nodes are available: 1 Insufficient cpu"});
    tracker.pod_is(&pod_with_status(0, json!({"phase": "Pending", "conditions": [condition]})), 100);
    assert_eq!(outcome(&tracker, 0, 0), None, "the scheduler may change its mind");
    assert_eq!(tracker.next_decision(), Some(2_100));
    tracker.settle(2_100);
    let Some(Outcome::Failed { step: Step::Schedule, message }) = outcome(&tracker, 0, 0) else {
        panic!("{:?}", outcome(&tracker, 0, 0));
    };
    assert!(message.as_str().contains("Insufficient cpu"));
}

#[test]
fn a_pod_that_waits_for_the_scheduler_is_still_open() {
    let mut tracker = tracker();
    for (status, reason) in [("False", "SchedulingGated"), ("False", ""), ("True", "Unschedulable")] {
        let condition = json!({"type": "PodScheduled", "status": status, "reason": reason, "message": "m"});
        tracker.pod_is(&pod_with_status(0, json!({"phase": "Pending", "conditions": [condition]})), 100);
        assert_eq!(outcome(&tracker, 0, 0), None, "{status} {reason}");
    }
}

#[test]
fn a_pod_that_the_kubelet_turned_away_is_told_in_its_words() {
    let mut tracker = tracker_of(&[IMAGE, SIBLING]);
    let status = json!({"phase": "Failed", "reason": "OutOfcpu",
        "message": "Node didn't have enough resource: cpu, requested: 1, used: 4, capacity: 4"});
    tracker.pod_is(&pod_with_status(0, status), 100);
    for image in 0..2 {
        let Some(Outcome::Failed { step: Step::Admit, message }) = outcome(&tracker, 0, image) else {
            panic!("{:?}", outcome(&tracker, 0, image));
        };
        assert!(message.as_str().starts_with("OutOfcpu: Node didn't have enough resource"), "{message}");
    }
}

#[test]
fn a_pod_that_somebody_else_deleted_is_absent() {
    let mut tracker = tracker();
    assert_eq!(tracker.pod_deleted(&pod(0, json!([null]))), Some(0));
    assert!(matches!(outcome(&tracker, 0, 0), Some(Outcome::Absent { .. })));
    assert_eq!(outcome(&tracker, 1, 0), None);
}

#[test]
fn the_end_of_a_pod_whose_outcome_is_known_changes_nothing() {
    let mut tracker = tracker();
    tracker.event(&success(), 100);
    tracker.pod_deleted(&pod(0, json!([null])));
    tracker.pod_is(&pod_with_status(0, json!({"phase": "Failed", "reason": "Evicted", "message": "m"})), 200);
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(Some(58), Some(3), Some(768_618))));
}

#[test]
fn pods_of_strangers_are_not_looked_at() {
    let mut tracker = tracker();
    let mut stranger = pod(0, json!([stopped()]));
    stranger.metadata.name = "web-0".into();
    assert_eq!((tracker.pod_is(&stranger, 0), tracker.pod_deleted(&stranger)), (None, None));
    tracker.settle(10_000);
    assert!(!tracker.is_known(0));
}

#[test]
fn a_pod_that_the_scheduler_places_after_all_is_open_again() {
    let mut tracker = tracker();
    let condition =
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "full"});
    tracker.pod_is(&pod_with_status(0, json!({"phase": "Pending", "conditions": [condition]})), 100);
    tracker.pod_is(&pod_with_status(0, json!({"phase": "Pending", "conditions": []})), 200);
    tracker.settle(10_000);
    assert_eq!(outcome(&tracker, 0, 0), None);
}

#[test]
fn an_evicted_pod_is_no_pulled_image() {
    let never_made = json!([{"name": "image-0", "state":
        {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}}]);
    let status = json!({"phase": "Failed", "reason": "Evicted", "message": "low on resource: ephemeral-storage",
        "containerStatuses": never_made});
    let mut tracker = tracker();
    tracker.pod_is(&pod_with_status(0, status), 100);
    tracker.settle(60_000);
    let evicted = |outcome: Option<&Outcome<PullSeen>>| matches!(outcome, Some(Outcome::Failed { step: Step::Admit, message }) if message.as_str().contains("Evicted"));
    assert!(evicted(outcome(&tracker, 0, 0)), "{:?}", outcome(&tracker, 0, 0));
}
