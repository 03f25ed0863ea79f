//! What the pod of a probe says, by its status and its events.

use serde_json::{Value, json};

use super::build::{RUN, pod_event, prepared};
use crate::api::wire::Pod;
use crate::evidence::{LastSeen, Outcome, ProbeSeen, Step};
use crate::plan::{Check, ProbePlan};
use crate::probe::report;
use crate::run::track::{Ended, Tracker};
use crate::text::Clean;

/// A tracker of a probe (0) and a kubelet (1) on node1, both created.
fn tracker() -> Tracker {
    let mut plan = prepared(&["r/a:1"]).plan;
    plan.checks = vec![Check::ProbeNode, Check::Kubelet];
    plan.probe = Some(ProbePlan::default());
    let mut tracker = Tracker::new(&plan, RUN);
    for index in 0..tracker.pods.len() {
        tracker.created(index, &Pod::default());
    }
    tracker
}

fn pod_in(phase: &str, reason: &str, state: Value) -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": format!("regauth-{RUN}-0")},
        "spec": {"nodeName": "node1", "containers": [{"name": "probe", "image": "p"}]},
        "status": {"phase": phase, "reason": reason, "message": "its words",
            "containerStatuses": [{"name": "probe", "state": state}]},
    }))
    .unwrap()
}

fn pod(state: Value) -> Pod {
    pod_in("Pending", "", state)
}

fn ended(exit_code: i32, reason: &str, message: &str) -> Pod {
    let phase = if exit_code == 0 { "Succeeded" } else { "Failed" };
    let state = json!({"terminated":
        {"exitCode": exit_code, "reason": reason, "message": message, "containerID": "containerd://1"}});
    pod_in(phase, "", state)
}

fn waiting(reason: &str, message: &str) -> Pod {
    pod(json!({"waiting": {"reason": reason, "message": message}}))
}

fn outcome(tracker: &Tracker) -> Option<&Outcome<ProbeSeen>> {
    tracker.pods[0].probe.as_ref().unwrap().outcome.as_ref()
}

fn failed(tracker: &Tracker) -> (Step, String) {
    match outcome(tracker) {
        Some(Outcome::Failed { step, message }) => (*step, message.to_string()),
        other => panic!("not failed: {other:?}"),
    }
}

fn wants_log(tracker: &Tracker) -> bool {
    tracker.pods[0].probe.as_ref().unwrap().wants_log()
}

#[test]
fn what_a_probe_saw_is_in_its_termination_message() {
    let mut tracker = tracker();
    let seen = ProbeSeen { version: "1.2.3".into(), ..ProbeSeen::default() };
    tracker.pod_is(&pod(json!({"running": {}})), 500);
    assert!(!tracker.is_known(0) && tracker.is_asking(0));
    assert_eq!(tracker.pod_is(&ended(0, "Completed", &report::encode(&seen, 4096)), 900), Some(0));
    assert_eq!(outcome(&tracker), Some(&Outcome::Seen { value: seen }));
    assert!(tracker.is_known(0) && !wants_log(&tracker) && !tracker.is_known(1));
}

#[test]
fn a_cut_result_asks_for_the_log_and_stands_where_the_log_says_no_more() {
    let cut = ProbeSeen { truncated: vec!["details".into()], ..ProbeSeen::default() };
    let whole = ProbeSeen { version: "whole".into(), ..ProbeSeen::default() };
    for (read, expected) in [(Some(whole.clone()), whole), (None, cut.clone())] {
        let mut tracker = tracker();
        tracker.pod_is(&ended(0, "Completed", &report::whole(&cut)), 900);
        assert!(wants_log(&tracker) && !tracker.is_known(0));
        let probe = tracker.pods[0].probe.as_mut().unwrap();
        probe.log_is_asked_for(true);
        assert!(!probe.wants_log() && !probe.is_known());
        probe.log_is_read(read);
        assert!(tracker.is_known(0));
        assert_eq!(outcome(&tracker), Some(&Outcome::Seen { value: expected }));
    }
}

#[test]
fn a_message_that_cannot_be_read_is_no_result_unless_the_log_has_one() {
    let mut tracker = tracker();
    tracker.pod_is(&ended(0, "Completed", "{\"version\": \"hunter2"), 900);
    assert!(wants_log(&tracker));
    tracker.close(1_000, false);
    let (step, message) = failed(&tracker);
    assert_eq!(step, Step::Probe);
    assert!(!message.contains("hunter2") && message.contains("cannot be read"), "{message}");
}

#[test]
fn a_program_that_fails_is_told_apart_from_one_that_cannot_be_started() {
    for (exit_code, reason, message, step) in [
        (2, "Error", "the task cannot be read", Step::Probe),
        (137, "OOMKilled", "", Step::Probe),
        (128, "StartError", "failed to create containerd task: exec format error", Step::ProbeImage),
        (1, "Error", "exec /regauth-probe: exec format error", Step::ProbeImage),
    ] {
        let mut tracker = tracker();
        tracker.pod_is(&ended(exit_code, reason, message), 900);
        let (failed_at, words) = failed(&tracker);
        assert_eq!(failed_at, step, "{reason}");
        assert!(words.starts_with(reason) && words.contains(&exit_code.to_string()), "{words}");
        assert!(words.contains(message), "{words}");
    }
}

#[test]
fn an_image_that_cannot_be_pulled_is_told_in_the_kubelets_words() {
    for reason in ["ErrImagePull", "InvalidImageName", "ImagePullBackOff", "ErrImageNeverPull"] {
        let mut tracker = tracker();
        tracker.pod_is(&waiting(reason, "no such host"), 1_000);
        assert_eq!(tracker.next_decision(), Some(4_000), "{reason}");
        tracker.settle(3_999);
        assert!(!tracker.is_known(0), "{reason}: the event may say more");
        tracker.settle(4_000);
        assert_eq!(failed(&tracker), (Step::ProbeImage, "no such host".to_string()), "{reason}");
    }
}

#[test]
fn the_whole_message_of_a_failed_pull_counts_and_not_the_back_off() {
    let mut tracker = tracker();
    tracker.pod_is(&waiting("ImagePullBackOff", "Back-off pulling image"), 1_000);
    tracker.event(&pod_event(0, "Failed", "Failed to pull image \"p\": the whole story"), 1_500);
    tracker.pod_is(&waiting("ImagePullBackOff", "Back-off pulling image"), 2_000);
    tracker.settle(60_000);
    assert_eq!(failed(&tracker).1, "the whole story");
}

#[test]
fn a_probe_image_that_is_pulled_at_the_second_try_is_fine() {
    let mut tracker = tracker();
    tracker.event(&pod_event(0, "FailedToRetrieveImagePullSecret", "Unable to retrieve some"), 900);
    tracker.pod_is(&waiting("ErrImagePull", "denied"), 1_000);
    tracker.settle(20_000);
    assert!(!tracker.is_known(0), "the kubelet had not found a pull secret");
    tracker.event(&pod_event(0, "Pulled", "Successfully pulled image"), 21_000);
    tracker.settle(60_000);
    assert_eq!((outcome(&tracker), tracker.next_decision()), (None, None));
}

#[test]
fn a_container_that_cannot_be_made_fails_the_probe_after_a_while() {
    for reason in ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"] {
        let mut tracker = tracker();
        tracker.pod_is(&waiting(reason, "why"), 1_000);
        tracker.settle(10_999);
        assert!(!tracker.is_known(0), "{reason}");
        tracker.settle(11_000);
        assert_eq!(failed(&tracker), (Step::Probe, format!("{reason}: why")));
    }
}

#[test]
fn what_cannot_be_mounted_does_not_hang_until_the_deadline() {
    let mut tracker = tracker();
    let words = "MountVolume.SetUp failed for volume \"ca\" : configmap \"corp-ca\" not found";
    tracker.event(&pod_event(0, "FailedMount", words), 1_000);
    tracker.event(&pod_event(0, "FailedMount", words), 5_000);
    tracker.settle(10_999);
    assert!(!tracker.is_known(0));
    tracker.settle(11_000);
    assert_eq!(failed(&tracker), (Step::Mount, words.to_string()));
}

#[test]
fn a_mount_or_sandbox_that_works_later_is_forgotten() {
    for reason in ["FailedMount", "FailedCreatePodSandBox"] {
        for recovered in ["Pulling", "Pulled", "Started"] {
            let mut tracker = tracker();
            tracker.event(&pod_event(0, reason, "not yet"), 1_000);
            tracker.event(&pod_event(0, recovered, ""), 2_000);
            tracker.settle(60_000);
            assert_eq!(outcome(&tracker), None, "{reason} {recovered}");
        }
    }
}

#[test]
fn a_sandbox_that_keeps_failing_ends_the_probe() {
    let mut tracker = tracker();
    tracker.event(&pod_event(0, "FailedCreatePodSandBox", "no network"), 1_000);
    tracker.settle(11_000);
    assert_eq!(failed(&tracker), (Step::Sandbox, "no network".into()));
}

#[test]
fn an_evicted_probe_was_turned_away_and_one_that_had_finished_was_not() {
    let mut tracker = tracker();
    let killed = json!({"terminated": {"exitCode": 137, "reason": "Error", "containerID": "containerd://1"}});
    tracker.pod_is(&pod_in("Failed", "Evicted", killed), 900);
    assert_eq!(failed(&tracker), (Step::Admit, "Evicted: its words".into()));
    let never = json!({"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}});
    let mut tracker = self::tracker();
    tracker.pod_is(&pod_in("Failed", "Evicted", never), 900);
    assert_eq!(failed(&tracker).0, Step::Admit);
    let done = json!({"terminated": {"exitCode": 0, "message": "{}", "containerID": "containerd://1"}});
    let mut tracker = self::tracker();
    tracker.pod_is(&pod_in("Failed", "Evicted", done), 900);
    assert!(matches!(outcome(&tracker), Some(Outcome::Seen { .. })));
}

#[test]
fn a_probe_without_a_room_and_one_that_was_deleted_are_told_as_kubelets_pods_are() {
    let mut tracker = tracker();
    let mut unplaced = waiting("", "");
    unplaced.spec.node_name.clear();
    unplaced.status.conditions = serde_json::from_value(json!([{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "Insufficient memory"}]))
    .unwrap();
    tracker.pod_is(&unplaced, 0);
    tracker.settle(2_000);
    assert_eq!(failed(&tracker), (Step::Schedule, "Insufficient memory".into()));
    let mut tracker = self::tracker();
    tracker.pod_deleted(&waiting("", ""));
    assert!(matches!(outcome(&tracker), Some(Outcome::Absent { .. })));
}

#[test]
fn at_the_deadline_a_probe_tells_how_far_it_had_come() {
    let late = |after_ms, last_seen| Some(Outcome::TimedOut { after_ms, last_seen });
    let mut running = tracker();
    running.event(&pod_event(0, "Pulling", "Pulling image"), 10_000);
    running.pod_is(&pod(json!({"running": {}})), 20_000);
    running.close(120_000, false);
    assert_eq!(outcome(&running).cloned(), late(100_000, LastSeen::Running));
    let mut pulling = tracker();
    pulling.pod_is(&waiting("ContainerCreating", ""), 500);
    pulling.event(&pod_event(0, "Pulling", "Pulling image"), 10_000);
    assert!(!pulling.is_asking(0), "its own image is no question to the registry under test");
    pulling.close(120_000, false);
    assert_eq!(outcome(&pulling).cloned(), late(110_000, LastSeen::Pulling));
    let mut interrupted = tracker();
    interrupted.close(120_000, true);
    assert_eq!(failed(&interrupted).0, Step::Interrupted);
}

#[test]
fn pods_that_are_added_are_tracked_as_planned_ones() {
    let mut tracker = tracker();
    let plan = prepared(&["r/a:1"]).plan;
    assert_eq!(tracker.add(&plan, "node9", Check::Kubelet), 4);
    tracker.end(4, &Ended::Absent { message: Clean::new("x") });
    assert!(tracker.is_known(4));
}

#[test]
fn a_probes_missing_pull_secret_is_no_witness_about_the_kubelets() {
    let mut tracker = tracker();
    tracker
        .event(&pod_event(0, "FailedToRetrieveImagePullSecret", "Unable to retrieve some (probe-pull)"), 1);
    assert!(tracker.pods.iter().all(|pod| pod.missing_pull_secrets.is_empty()));
}

#[test]
fn a_missing_placeholder_is_not_waited_for() {
    for (name, grace) in [(format!("regauth-{RUN}-none"), 3_000), ("regcred".to_string(), 25_000)] {
        let mut tracker = tracker();
        let missing = format!(
            "Unable to retrieve some image pull secrets ({name}); attempting to pull the image may not succeed."
        );
        tracker.event(&pod_event(0, "FailedToRetrieveImagePullSecret", &missing), 0);
        tracker.event(&pod_event(0, "Failed", "Failed to pull image \"p\": no such host"), 0);
        assert_eq!(tracker.next_decision(), Some(grace), "{name}");
    }
}
