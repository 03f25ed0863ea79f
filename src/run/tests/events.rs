//! What events say, before and after the status.

use serde_json::json;

use super::build::*;

#[test]
fn a_pull_worked_when_its_event_says_so() {
    let mut tracker = tracker();
    tracker.event(&event(0, 0, "Pulling", "Pulling image \"registry.example.com/team/app:1\""), 100);
    assert_eq!(tracker.event(&success(), 160), Some(0));
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(Some(58), Some(3), Some(768_618))));
    assert!(tracker.is_known(0) && !tracker.is_known(1));
}

#[test]
fn the_event_that_comes_after_the_status_still_gives_the_times() {
    let mut tracker = tracker();
    tracker.pod_is(&pod(0, json!([stopped()])), 1_000);
    assert_eq!(outcome(&tracker, 0, 0), None, "the event is waited for");
    tracker.event(&success(), 1_900);
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(Some(58), Some(3), Some(768_618))));
}

#[test]
fn the_status_that_comes_after_the_event_changes_nothing() {
    let mut tracker = tracker();
    tracker.event(&success(), 1_000);
    tracker.pod_is(&pod(0, json!([stopped()])), 1_001);
    tracker.settle(60_000);
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(Some(58), Some(3), Some(768_618))));
}

#[test]
fn a_failed_pulls_event_has_the_runtimes_whole_message() {
    let mut tracker = tracker();
    tracker.event(&event(0, 0, "Pulling", "Pulling image"), 100);
    tracker.event(&event(0, 0, "Failed", &failed_text(IMAGE, NOT_FOUND)), 350);
    assert_eq!(failure(&tracker, 0, 0), ("ErrImagePull".into(), NOT_FOUND.into(), Some(250)));
}

#[test]
fn a_failed_pulls_event_after_the_status_keeps_the_statuss_reason() {
    let mut tracker = tracker();
    tracker.pod_is(&pod(0, json!([waiting("SignatureValidationFailed", "short")])), 300);
    tracker.event(&event(0, 0, "Failed", &failed_text(IMAGE, NOT_FOUND)), 350);
    let (reason, message, _) = failure(&tracker, 0, 0);
    assert_eq!((reason.as_str(), message.as_str()), ("SignatureValidationFailed", NOT_FOUND));
}

#[test]
fn events_about_other_steps_are_not_about_the_pull() {
    let mut tracker = tracker();
    for message in
        ["Error: ErrImagePull", "Error: configmap \"x\" not found", "Failed to inspect image \"x\": y"]
    {
        tracker.event(&event(0, 0, "Failed", message), 100);
    }
    tracker.event(&event(0, 0, "Pulled", "Container image \"x\" already present on machine"), 100);
    tracker.event(&event(0, 0, "BackOff", "Back-off pulling image \"x\""), 100);
    tracker.event(&pod_event(0, "Pulled", &pulled_text(IMAGE)), 100);
    assert_eq!(outcome(&tracker, 0, 0), None);
}

#[test]
fn the_first_outcome_stays_whatever_retries_bring() {
    let mut tracker = tracker();
    tracker.event(&event(0, 0, "Failed", &failed_text(IMAGE, NOT_FOUND)), 350);
    tracker.event(&success(), 10_000);
    tracker.event(&event(0, 0, "Failed", &failed_text(IMAGE, "another cause")), 20_000);
    assert_eq!(failure(&tracker, 0, 0).1, NOT_FOUND);
}

#[test]
fn events_of_strangers_are_not_heard() {
    let mut tracker = tracker();
    let mut stranger = success();
    stranger.involved_object.name = "web-6d4cf56db6-x2x2x".into();
    assert_eq!(tracker.event(&stranger, 100), None);
    let other_container = event(0, 7, "Pulled", &pulled_text(IMAGE));
    tracker.event(&other_container, 100);
    assert!(!tracker.is_known(0) && !tracker.is_known(1));
}

#[test]
fn each_container_is_a_test_of_its_own() {
    let mut tracker = tracker_of(&[IMAGE, SIBLING]);
    tracker.event(&event(0, 1, "Failed", &failed_text(SIBLING, "no such thing")), 200);
    assert!(!tracker.is_known(0), "the first image is still open");
    tracker.event(&event(0, 0, "Pulled", &pulled_text(IMAGE)), 300);
    assert!(tracker.is_known(0));
    assert_eq!(failure(&tracker, 0, 1).1, "no such thing");
    assert_eq!(outcome(&tracker, 0, 0), Some(&worked(Some(58), Some(3), Some(768_618))));
    assert_eq!(
        (outcome(&tracker, 1, 0), outcome(&tracker, 1, 1)),
        (None, None),
        "the other pod knows nothing"
    );
}

#[test]
fn pull_secrets_that_the_kubelet_did_not_find_are_kept_once() {
    let mut tracker = tracker();
    let message = "Unable to retrieve some image pull secrets (regcred, b); attempting to pull the image may not succeed.";
    for _ in 0..2 {
        tracker.event(&pod_event(0, "FailedToRetrieveImagePullSecret", message), 100);
    }
    assert_eq!(tracker.pods[0].missing_pull_secrets, ["regcred", "b"]);
    assert!(tracker.pods[1].missing_pull_secrets.is_empty());
    assert_eq!(outcome(&tracker, 0, 0), None, "the pull goes on without them");
}

#[test]
fn our_own_placeholder_is_not_a_missing_secret() {
    let mut tracker = tracker();
    let text =
        |name: &str| format!("Unable to retrieve some image pull secrets ({name}); attempting to pull");
    tracker.event(&pod_event(0, "FailedToRetrieveImagePullSecret", &text("regauth-abcd2345-none")), 100);
    assert!(tracker.pods[0].missing_pull_secrets.is_empty());
    tracker.event(&pod_event(0, "FailedToRetrieveImagePullSecret", &text("regauth-another-none")), 100);
    assert_eq!(tracker.pods[0].missing_pull_secrets, ["regauth-another-none"]);
}

#[test]
fn what_a_runtime_echoes_is_kept_without_its_secret() {
    let mut tracker = tracker();
    let echo = "unexpected status: 401 grant_type=password&password=hunter2-planted&username=u";
    tracker.event(&event(0, 0, "Failed", &failed_text(IMAGE, echo)), 100);
    assert!(!failure(&tracker, 0, 0).1.contains("hunter2-planted"));
}
