//! Pods that are not quite what was asked for.

use serde_json::json;

use super::build::*;
use crate::run::track::Tracker;

const MIRROR: &str = "mirror.example.org/team/app:1";

#[test]
fn an_image_that_a_webhook_rewrote_is_told() {
    let mut tracker = Tracker::new(&plan(&[IMAGE, SIBLING]), RUN);
    tracker.created(0, &made(0, &[MIRROR, SIBLING], &[]));
    let rewritten: Vec<_> =
        tracker.pods[0].tests.iter().map(|test| test.image_rewritten.as_deref()).collect();
    assert_eq!(rewritten, [Some(MIRROR), None]);
}

#[test]
fn a_pod_that_the_watch_tells_of_first_is_taken_as_created() {
    let mut tracker = Tracker::new(&plan(&[IMAGE]), RUN);
    tracker.pod_is(&made(0, &[MIRROR], &["from-the-serviceaccount"]), 10);
    assert_eq!(tracker.pods[0].tests[0].image_rewritten.as_deref(), Some(MIRROR));
    assert_eq!(tracker.pods[0].pull_secrets, ["from-the-serviceaccount"]);
}

#[test]
fn pull_secrets_are_those_of_the_pod_that_was_made() {
    let mut tracker = tracker();
    tracker.created(0, &made(0, &[IMAGE], &["regcred", "", "added", "regauth-abcd2345-none"]));
    assert_eq!(tracker.pods[0].pull_secrets, ["regcred", "added"]);
}

#[test]
fn an_answer_without_a_pod_leaves_the_planned_secrets() {
    let mut tracker = Tracker::new(&plan(&[IMAGE]), RUN);
    tracker.created(0, &crate::api::wire::Pod::default());
    assert_eq!(tracker.pods[0].pull_secrets, ["regcred"]);
}

#[test]
fn the_node_is_the_one_that_the_pod_really_got() {
    let mut tracker = tracker();
    let mut elsewhere = pod(0, json!([null]));
    elsewhere.spec.node_name = "node9".into();
    tracker.pod_is(&elsewhere, 10);
    assert_eq!(tracker.pods[0].node, "node9");
}

#[test]
fn a_container_that_was_put_in_is_not_a_test() {
    let mut tracker = tracker();
    let mut meddled = pod(0, json!([null]));
    meddled.status.container_statuses = vec![
        serde_json::from_value(json!({
            "name": "istio-proxy", "state": {"running": {}}
        }))
        .unwrap(),
    ];
    tracker.pod_is(&meddled, 0);
    tracker.settle(10_000);
    assert_eq!(outcome(&tracker, 0, 0), None);
}
