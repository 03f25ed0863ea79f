//! A run on two nodes, and pods and events as an API server tells them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::wire::{Event, Pod};
use crate::evidence::{Action, Outcome, PullSeen, Run};
use crate::plan::{Check, Identity, Plan, PlannedNode, SecretSource, Skip, SkipReason};
use crate::run::Prepared;
use crate::run::track::Tracker;

/// The run's id.
pub(super) const RUN: &str = "abcd2345";
/// How long a status waits for the event that says more, in milliseconds.
pub(super) const GRACE: u64 = 3_000;
/// The image of container `image-0`.
pub(super) const IMAGE: &str = "registry.example.com/team/app:1";
/// The image of container `image-1`, where there are two.
pub(super) const SIBLING: &str = "registry.example.com/team/web:2";
/// What the runtime says of a tag that is not there.
pub(super) const NOT_FOUND: &str = "failed to pull and unpack image \"registry.example.com/team/app:1\": failed to \
    resolve image: registry.example.com/team/app:1: not found";

/// A plan of these images on node1 and node2; node3 is left out.
pub(super) fn plan(images: &[&str]) -> Plan {
    let node = |name: &str| PlannedNode { name: name.into(), skip: None };
    let skip = Some(Skip { reason: SkipReason::NotReady, detail: "not Ready".into() });
    Plan {
        namespace: "team".into(),
        images: images.iter().map(ToString::to_string).collect(),
        identity: Identity {
            name: "deploy/web".into(),
            service_account: "builder".into(),
            pull_secrets: vec!["regcred".into()],
            source: SecretSource::Workload,
        },
        action: Action::Pull,
        checks: vec![Check::Kubelet],
        probe: None,
        harbor: None,
        clock: None,
        scope: None,
        nodes: vec![node("node1"), PlannedNode { name: "node3".into(), skip }, node("node2")],
        sampled_of: None,
        one_first: false,
        timeout_seconds: 120,
        keep: false,
        extra: Map::new(),
    }
}

/// The plan, ready to begin.
pub(super) fn prepared(images: &[&str]) -> Prepared {
    let run = Run {
        id: RUN.into(),
        version: "0.0.0".into(),
        server: "https://api.example.com".into(),
        started_at: Timestamp::UNIX_EPOCH,
        interrupted: false,
        extra: Map::new(),
    };
    Prepared {
        run,
        plan: plan(images),
        nodes: Vec::new(),
        on_node: std::collections::HashMap::new(),
        run_key: "0f".repeat(32).into(),
    }
}

/// A tracker of one image whose two pods were created as they were asked for.
pub(super) fn tracker() -> Tracker {
    tracker_of(&[IMAGE])
}

/// A tracker of these images whose two pods were created as they were asked for.
pub(super) fn tracker_of(images: &[&str]) -> Tracker {
    let mut tracker = Tracker::new(&plan(images), RUN);
    for index in 0..tracker.pods.len() {
        tracker.created(index, &made(index, images, &["regcred"]));
    }
    tracker
}

/// A pod as the answer to its creation tells it.
pub(super) fn made(index: usize, images: &[&str], secrets: &[&str]) -> Pod {
    from(pod_json(index, "", images, secrets, json!([])))
}

/// A pod on its node, each container in a state: `null` for one that has none yet.
pub(super) fn pod(index: usize, states: Value) -> Pod {
    pod_of(index, &[IMAGE, SIBLING][..states.as_array().map_or(1, |states| states.len().max(1))], states)
}

fn pod_of(index: usize, images: &[&str], states: Value) -> Pod {
    from(pod_json(index, &format!("node{}", index + 1), images, &["regcred"], states))
}

fn pod_json(index: usize, node: &str, images: &[&str], secrets: &[&str], states: Value) -> Value {
    let name = |image: usize| format!("image-{image}");
    let statuses = states.as_array().into_iter().flatten().enumerate().map(|(image, state)| {
        json!({"name": name(image), "image": images[image], "imageID": "", "ready": false, "restartCount": 0,
            "started": false, "state": state})
    });
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("regauth-{RUN}-{index}"),
            "namespace": "team",
            "uid": format!("uid-{index}"),
            "resourceVersion": "1207",
            "creationTimestamp": "2025-01-02T03:04:05Z",
            "labels": {"regauth/run": RUN, "regauth/row": index.to_string()},
        },
        "spec": {
            "nodeName": node,
            "serviceAccountName": "builder",
            "imagePullSecrets": secrets.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "containers": images.iter().enumerate().map(|(image, text)| json!({"name": name(image), "image": text}))
                .collect::<Vec<_>>(),
        },
        "status": {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": if node.is_empty() { "False" } else { "True" }}],
            "containerStatuses": statuses.filter(|status| !status["state"].is_null()).collect::<Vec<_>>(),
            "qosClass": "Guaranteed",
        },
    })
}

/// The pod `index` with this status and no node.
pub(super) fn pod_with_status(index: usize, status: Value) -> Pod {
    let mut object = pod_json(index, "", &[IMAGE], &["regcred"], json!([]));
    object["status"] = status;
    from(object)
}

/// A waiting state.
pub(super) fn waiting(reason: &str, message: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": message}})
}

/// The state of a container whose image was pulled and which cannot start.
pub(super) fn stopped() -> Value {
    waiting("CreateContainerConfigError", "configmap \"regauth-abcd2345-absent\" not found")
}

/// An event about container `image-{image}` of pod `index`.
pub(super) fn event(index: usize, image: usize, reason: &str, message: &str) -> Event {
    event_at(index, &format!("spec.containers{{image-{image}}}"), reason, message)
}

/// An event about a whole pod.
pub(super) fn pod_event(index: usize, reason: &str, message: &str) -> Event {
    event_at(index, "", reason, message)
}

fn event_at(index: usize, field_path: &str, reason: &str, message: &str) -> Event {
    from(json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": format!("regauth-{RUN}-{index}.17f3"), "namespace": "team", "resourceVersion": "1300"},
        "involvedObject": {"kind": "Pod", "namespace": "team", "name": format!("regauth-{RUN}-{index}"),
            "uid": format!("uid-{index}"), "apiVersion": "v1", "resourceVersion": "1208", "fieldPath": field_path},
        "reason": reason,
        "message": message,
        "source": {"component": "kubelet", "host": "node1"},
        "type": "Normal",
        "count": 1,
        "eventTime": null,
        "reportingComponent": "kubelet",
    }))
}

/// What the kubelet says of a pull that worked.
pub(super) fn success() -> Event {
    event(0, 0, "Pulled", &pulled_text(IMAGE))
}

/// The kubelet's words for a pull that worked.
pub(super) fn pulled_text(image: &str) -> String {
    format!(
        "Successfully pulled image \"{image}\" in 58ms (61ms including waiting). Image size: 768618 bytes."
    )
}

/// The kubelet's words for a pull that failed.
pub(super) fn failed_text(image: &str, cause: &str) -> String {
    format!("Failed to pull image \"{image}\": {cause}")
}

/// The outcome of a pod's image.
pub(super) fn outcome(tracker: &Tracker, pod: usize, image: usize) -> Option<&Outcome<PullSeen>> {
    tracker.pods[pod].tests[image].outcome.as_ref()
}

/// Reason, message and time of a pull that failed.
pub(super) fn failure(tracker: &Tracker, pod: usize, image: usize) -> (String, String, Option<u64>) {
    match outcome(tracker, pod, image) {
        Some(Outcome::Seen { value: PullSeen::Failed { reason, message, took_ms } }) => {
            (reason.clone(), message.to_string(), *took_ms)
        }
        other => panic!("not a failed pull: {other:?}"),
    }
}

/// A pull that worked, with its times and size.
pub(super) fn worked(
    took_ms: Option<u64>,
    waited_ms: Option<u64>,
    size_bytes: Option<u64>,
) -> Outcome<PullSeen> {
    Outcome::Seen { value: PullSeen::Pulled { took_ms, waited_ms, size_bytes } }
}

fn from<T: serde::de::DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).expect("an object as the API server writes it")
}
