//! What events add to the pulls that fail, from JSON.

use serde_json::{Value, json};

use super::events::AboutPulls;
use super::scope::Scope;
use super::tests::{add, merged, pod, waiting};
use crate::evidence::workloads::{Events, FailingPull, Witness};

fn events(list: &[Value]) -> AboutPulls {
    let mut about = AboutPulls::default();
    list.iter().for_each(|event| add(&mut about, event));
    about
}

fn event(pod: &str, reason: &str, message: &str, at: &str) -> Value {
    let path = if reason.starts_with("FailedToRetrieve") { "" } else { "spec.containers{app}" };
    json!({"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod,
        "uid": format!("uid-{pod}"), "fieldPath": path}, "reason": reason, "message": message,
        "lastTimestamp": format!("2026-07-01T{at}Z")})
}

fn told(about: &[Value]) -> FailingPull {
    let scope = Scope::default();
    let pods =
        [waiting(pod("web-1", "n1", "r/web:1"), "ImagePullBackOff", "Back-off pulling image \"r/web:1\"")];
    let mut merged = merged(&scope, &pods, &[]);
    events(about).tell(&mut merged.failing[0]);
    merged.into_evidence(&[]).1.remove(0)
}

#[test]
fn the_last_event_has_the_whole_words() {
    let one = told(&[
        event("web-1", "Failed", "Failed to pull image \"r/web:1\": second", "10:09:00"),
        event("web-1", "Failed", "Failed to pull image \"r/web:1\": first", "10:01:00"),
        event("web-1", "Failed", "Error: ImagePullBackOff", "10:10:00"),
        event("web-2", "Failed", "Failed to pull image \"r/web:1\": of another pod", "10:11:00"),
    ]);
    assert_eq!(one.message.unwrap().as_str(), "Failed to pull image \"r/web:1\": second");
    assert_eq!((one.said_by, one.events), (Some(Witness::Event), Events::Found));
}

#[test]
fn without_events_the_status_speaks_and_it_is_said() {
    let one = told(&[]);
    assert_eq!(one.message.unwrap().as_str(), "Back-off pulling image \"r/web:1\"");
    assert_eq!((one.said_by, one.events), (Some(Witness::Status), Events::Expired));
}

#[test]
fn events_of_an_older_pod_of_the_same_name_do_not_count() {
    let mut old = event("web-1", "Failed", "Failed to pull image \"r/web:1\": old", "10:09:00");
    old["involvedObject"]["uid"] = json!("uid-before");
    assert_eq!(told(&[old]).events, Events::Expired);
}

#[test]
fn a_pull_secret_that_was_missing_for_a_moment_is_not_missing() {
    let missing = |at: &str| {
        let words = "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.";
        event("web-1", "FailedToRetrieveImagePullSecret", words, at)
    };
    let failed = event("web-1", "Failed", "Failed to pull image \"r/web:1\": no", "10:10:00");
    assert_eq!(told(&[missing("10:09:58"), failed.clone()]).missing_pull_secrets, ["regcred"]);
    assert!(told(&[missing("10:01:00"), failed]).missing_pull_secrets.is_empty());
}

#[test]
fn a_pull_hangs_where_its_last_event_says_so_for_more_than_a_minute() {
    let scope = Scope::default();
    let merged = merged(&scope, &[waiting(pod("web-1", "n1", "r/web:1"), "ContainerCreating", "")], &[]);
    assert!(merged.failing.is_empty());
    let now = "2026-07-01T10:10:00Z".parse().unwrap();
    let pulling = |list: &[Value]| events(list).is_pulling(&merged.waiting[0], now);
    let begun = event("web-1", "Pulling", "Pulling image \"r/web:1\"", "10:05:00");
    assert!(pulling(std::slice::from_ref(&begun)));
    assert!(!pulling(&[begun, event("web-1", "Pulled", "Successfully pulled", "10:06:00")]));
    assert!(!pulling(&[event("web-1", "Pulling", "Pulling image", "10:09:30")]));
    assert!(!pulling(&[event("web-1", "FailedMount", "x", "10:05:00")]));
}
