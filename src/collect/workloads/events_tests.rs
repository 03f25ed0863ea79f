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
    let path =
        if reason.starts_with("FailedToRetrieve") || reason.contains("Sandbox") || reason == "FailedMount" {
            ""
        } else {
            "spec.containers{app}"
        };
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

#[test]
fn pods_that_have_started_nothing_and_say_nothing_are_counted_until_events_say_that_they_lack_an_image() {
    let starting = |pods: &[Value]| {
        let merged = merged(&Scope::default(), pods, &[]);
        merged.groups.values().map(|group| group.starting).sum::<u32>()
    };
    let pending = |name: &str, node: &str| {
        let mut pod = pod(name, node, "r/web:1");
        pod["status"] = json!({"phase": "Pending"});
        pod
    };
    let (not_taken, unscheduled) = (pending("web-1", "n1"), pending("web-2", ""));
    let creating = waiting(pod("web-3", "n1", "r/web:1"), "ContainerCreating", "");
    let failing = waiting(pod("web-4", "n1", "r/web:1"), "ImagePullBackOff", "Back-off");
    assert_eq!(starting(&[not_taken, unscheduled, creating.clone(), failing]), 2);
    let mut merged = merged(&Scope::default(), &[creating], &[]);
    let lacking = std::mem::take(&mut merged.waiting);
    merged.tell_of_starting(&lacking);
    assert_eq!(merged.groups.values().map(|group| group.starting).sum::<u32>(), 0);
}

#[test]
fn an_image_that_came_after_its_failure_is_told_from_one_that_the_node_had() {
    let one = [waiting(pod("web-1", "n1", "r/web:1"), "ImagePullBackOff", "Back-off")];
    let pending = merged(&Scope::default(), &one, &[]).failing.remove(0);
    let failed = event("web-1", "Failed", "Failed to pull image \"r/web:1\": no", "10:05:00");
    let came = |message: &str, at: &str| {
        events(&[failed.clone(), event("web-1", "Pulled", message, at)]).came_later(&pending)
    };
    let pulled =
        "Successfully pulled image \"r/web:1\" in 58ms (58ms including waiting). Image size: 768618 bytes.";
    assert!(came(pulled, "10:06:00"));
    assert!(!came(pulled, "10:04:00"), "it failed since");
    assert!(!came("Container image \"r/web:1\" already present on machine", "10:06:00"));
    assert!(!events(&[failed]).came_later(&pending));
}

#[test]
fn of_an_image_that_is_a_volume_events_tell_of_the_whole_pod() {
    let mut one = waiting(
        pod("web-1", "n1", "r/web:1"),
        "ImagePullBackOff",
        "Back-off pulling image \"private.example.com/data:1\"",
    );
    one["spec"]["volumes"] = json!([{"name": "data", "image": {"reference": "private.example.com/data:1"}}]);
    let mut merged = merged(&Scope::default(), &[one], &[]);
    let mut failed = event(
        "web-1",
        "Failed",
        "Failed to pull image \"private.example.com/data:1\": unauthorized",
        "10:05:00",
    );
    failed["involvedObject"]["fieldPath"] = json!("");
    events(&[failed]).tell(&mut merged.failing[0]);
    let pull = merged.into_evidence(&[]).1.remove(0);
    assert_eq!((pull.image.as_str(), pull.said_by), ("private.example.com/data:1", Some(Witness::Event)));
    assert!(pull.message.unwrap().as_str().ends_with("unauthorized"));
}

const NO_PAUSE: &str = "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \
    \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": failed to resolve reference \
    \"registry.k8s.io/pause:3.9\": failed to do request: Head \"https://registry.k8s.io/v2/pause/manifests/3.9\": dial tcp \
    192.0.2.1:443: i/o timeout";

/// The first container that waits, in a pod with `status` beside it.
fn creating(change: impl FnOnce(&mut Value)) -> super::failing::Pending {
    let mut one = waiting(pod("web-1", "n1", "r/web:1"), "ContainerCreating", "");
    change(&mut one);
    merged(&Scope::default(), &[one], &[]).waiting.remove(0)
}

#[test]
fn a_pod_without_its_sandbox_image_fails_a_pull_of_the_nodes_own() {
    let pending = creating(|_| {});
    let told = |list: &[Value]| events(list).of_sandbox(&pending);
    for (message, image) in [
        (NO_PAUSE, "registry.k8s.io/pause:3.9"),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed pulling image \"r/pause:3\": Error \
             response from daemon: Get \"https://r/v2/\": dial tcp 192.0.2.1:443: i/o timeout",
            "r/pause:3",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = error creating pod sandbox: initializing \
             source docker://r/pause:3: pinging container registry r: Get \"https://r/v2/\": dial tcp: i/o timeout",
            "r/pause:3",
        ),
    ] {
        let pull = told(&[event("web-1", "FailedCreatePodSandBox", message, "10:05:00")]).unwrap();
        assert_eq!((pull.image.as_str(), pull.id.as_str()), (image, "pod/shop/web-1/(sandbox)"));
        assert!(pull.is_of_sandbox() && pull.lacks_image() && pull.pull_secrets.is_empty());
        assert_eq!((pull.said_by, pull.events), (Some(Witness::Event), Events::Found));
    }
    let network =
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox";
    let failed = event("web-1", "FailedCreatePodSandBox", NO_PAUSE, "10:05:00");
    for later in [
        event("web-1", "FailedCreatePodSandBox", network, "10:06:00"),
        event("web-1", "Pulling", "Pulling image \"r/web:1\"", "10:06:00"),
    ] {
        assert!(told(&[failed.clone(), later.clone()]).is_none(), "{later}");
        assert!(told(&[later.clone(), failed.clone()]).is_none(), "{later}");
    }
}

#[test]
fn a_pod_of_which_any_failure_is_told_is_not_silent() {
    let pending = creating(|_| {});
    assert!(events(&[]).is_silent(&pending));
    assert!(events(&[event("web-2", "FailedMount", "x", "10:05:00")]).is_silent(&pending));
    assert!(events(&[event("web-1", "FailedScheduling", "x", "10:05:00")]).is_silent(&pending));
    for reason in ["FailedMount", "FailedCreatePodSandBox", "NetworkNotReady", "Pulling", "Pulled"] {
        assert!(!events(&[event("web-1", reason, "x", "10:05:00")]).is_silent(&pending), "{reason}");
    }
}

#[test]
fn what_a_pod_waits_for_is_the_first_container_that_never_was() {
    let init = |policy: &str, status: Value| {
        creating(move |pod| {
            pod["spec"]["initContainers"] =
                json!([{"name": "prepare", "image": "r/init:1", "restartPolicy": policy}]);
            pod["status"]["initContainerStatuses"] = json!([status]);
        })
    };
    assert!(creating(|_| {}).is_next);
    assert!(!creating(|pod| pod["status"]["containerStatuses"][0]["restartCount"] = json!(1)).is_next);
    let running = json!({"name": "prepare", "containerID": "c://1", "state": {"running": {}}});
    assert!(!init("", running.clone()).is_next, "it may run for hours");
    assert!(init("Always", running).is_next);
    assert!(
        init("", json!({"name": "prepare", "containerID": "c://1", "state": {"terminated": {}}})).is_next
    );
    let waits = json!({"name": "prepare", "state": {"waiting": {"reason": "PodInitializing"}}});
    let first = init("", waits);
    assert_eq!((first.is_next, first.pull.container.as_str()), (true, "prepare"));
}
