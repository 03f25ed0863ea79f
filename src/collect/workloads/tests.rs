//! What pods, objects and events become, from JSON.

use serde_json::{Value, json};

use super::controllers::Controllers;
use super::lists::Fold;
use super::merged::Merged;
use super::pods::Pods;
use super::scope::Scope;
use crate::evidence::workloads::{Events, FailingPull, OwnerKind, PullPolicy, PullState, Witness, Workload};

pub(super) fn add<S: Fold>(to: &mut S, object: &Value) {
    let text = object.to_string();
    to.add(serde_json::from_str(&text).unwrap()).unwrap();
}

/// A pod that runs `image`, of a Deployment `web`.
pub(super) fn pod(name: &str, node: &str, image: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"),
            "creationTimestamp": "2026-07-01T10:00:00Z",
            "labels": {"app": "web", "pod-template-hash": "7d9f"},
            "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {}}}],
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9f",
                "uid": "x", "controller": true, "blockOwnerDeletion": true}]},
        "spec": {"nodeName": node, "serviceAccountName": "web", "imagePullSecrets": [{"name": "regcred"}],
            "containers": [{"name": "app", "image": image, "imagePullPolicy": "Always"}]},
        "status": {"phase": "Running", "startTime": "2026-07-01T10:00:00Z", "containerStatuses": [
            {"name": "app", "containerID": "containerd://1", "image": image, "state": {"running": {"startedAt": "2026-07-01T10:00:09Z"}}}]},
    })
}

pub(super) fn waiting(mut pod: Value, reason: &str, message: &str) -> Value {
    pod["status"]["phase"] = json!("Pending");
    pod["status"]["containerStatuses"][0] =
        json!({"name": "app", "state": {"waiting": {"reason": reason, "message": message}}});
    pod
}

fn bare(mut pod: Value) -> Value {
    pod["metadata"]["ownerReferences"] = json!(null);
    pod
}

fn owned_by(mut pod: Value, version: &str, kind: &str, name: &str) -> Value {
    pod["metadata"]["ownerReferences"] =
        json!([{"apiVersion": version, "kind": kind, "name": name, "controller": true}]);
    pod
}

/// What these pods and objects, by their kinds, become.
pub(super) fn merged(scope: &Scope, pods: &[Value], objects: &[(&'static str, Value)]) -> Merged {
    let mut folded = Pods::of(scope);
    pods.iter().for_each(|pod| add(&mut folded, pod));
    let controllers = objects.iter().map(|(kind, object)| {
        let mut one = Controllers::of(scope, kind);
        add(&mut one, object);
        one
    });
    Merged::of(folded, controllers.collect(), scope)
}

fn seen(pods: &[Value], objects: &[(&'static str, Value)]) -> (Vec<Workload>, Vec<FailingPull>) {
    merged(&Scope::default(), pods, objects).into_evidence(&[])
}

fn deployment(spec: Value) -> Value {
    json!({"metadata": {"name": "web", "namespace": "shop",
        "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"}}, "spec": spec})
}

#[test]
fn pods_of_one_workload_are_counted_and_not_kept() {
    let pods: Vec<Value> =
        (0..40).map(|at| pod(&format!("web-{at}"), &format!("n{}", at % 15), "r/web:1")).collect();
    let (workloads, failing) = seen(&pods, &[]);
    assert_eq!((workloads.len(), failing.len()), (1, 0));
    let web = &workloads[0];
    assert_eq!((web.id.as_str(), web.pods, web.active), ("workload/shop/deploy/web", 40, true));
    let image = &web.images[0];
    assert_eq!((image.image.as_str(), image.started, image.pull_policy), ("r/web:1", 40, PullPolicy::Always));
    assert_eq!(image.started_on, ["n0", "n1", "n10", "n11", "n12", "n13", "n14", "n2", "n3", "n4"]);
    assert_eq!(image.started_with, [["regcred"]]);
    assert_eq!(image.last_started_at, "2026-07-01T10:00:09Z".parse().ok());
}

#[test]
fn the_order_of_pods_changes_nothing() {
    let mut pods: Vec<Value> =
        (0..30).map(|at| pod(&format!("web-{at}"), &format!("n{at}"), "r/web:1")).collect();
    pods[3] = waiting(pods[3].clone(), "ErrImagePull", "no");
    pods[9]["spec"]["imagePullSecrets"] = json!([{"name": "other"}]);
    let first = seen(&pods, &[]);
    pods.reverse();
    assert_eq!(seen(&pods, &[]), first);
}

#[test]
fn the_error_of_a_pull_secret_that_cannot_be_read_is_the_reason_itself() {
    let error = "illegal base64 data at input byte 3";
    let (_, failing) = seen(&[waiting(pod("web-1", "n1", "r/web:2"), error, error)], &[]);
    assert_eq!(failing[0].state, PullState::Other);
    assert_eq!(failing[0].message.as_ref().unwrap().as_str(), error);
    for (reason, message) in [("CrashLoopBackOff", "CrashLoopBackOff"), ("a reason", "another message")] {
        assert_eq!(
            seen(&[waiting(pod("web-1", "n1", "r/web:2"), reason, message)], &[]).1.len(),
            0,
            "{reason}"
        );
    }
}

#[test]
fn a_container_that_waits_for_the_image_of_a_volume_fails_that_images_pull() {
    let of = |message: &str| {
        let mut one = waiting(pod("web-1", "n1", "docker.io/library/nginx:1"), "ErrImagePull", message);
        one["spec"]["volumes"] = json!([{"name": "cfg", "configMap": {"name": "image"}},
            {"name": "data", "image": {"reference": "private.example.com/data:1", "pullPolicy": "Always"}}]);
        let (workloads, failing) = seen(&[one], &[]);
        (failing[0].image.clone(), workloads)
    };
    let refused = "failed to pull and unpack image \"private.example.com/data:1\": failed to resolve image: unauthorized";
    let (image, workloads) = of(refused);
    assert_eq!(image, "private.example.com/data:1");
    let images: Vec<(&str, PullPolicy)> =
        workloads[0].images.iter().map(|one| (one.image.as_str(), one.pull_policy)).collect();
    assert_eq!(
        images,
        [
            ("docker.io/library/nginx:1", PullPolicy::Always),
            ("private.example.com/data:1", PullPolicy::Always)
        ]
    );
    for own in ["failed to pull and unpack image \"docker.io/library/nginx:1\": no", "no image is named"] {
        assert_eq!(of(own).0, "docker.io/library/nginx:1");
    }
    let mut runs = pod("web-1", "n1", "docker.io/library/nginx:1");
    runs["spec"]["volumes"] = json!([{"name": "data", "image": {"reference": "private.example.com/data:1"}}]);
    assert_eq!(seen(&[runs], &[]).0[0].images[1].started, 1);
}

#[test]
fn a_container_that_waits_for_its_image_is_a_failing_pull() {
    for (reason, state) in [
        ("ErrImagePull", PullState::ErrImagePull),
        ("ImagePullBackOff", PullState::ImagePullBackOff),
        ("InvalidImageName", PullState::InvalidImageName),
        ("ErrImageNeverPull", PullState::ErrImageNeverPull),
        ("RegistryUnavailable", PullState::Other),
        ("SignatureValidationFailed", PullState::Other),
    ] {
        let (workloads, failing) = seen(&[waiting(pod("web-1", "n1", "r/web:2"), reason, "why")], &[]);
        assert_eq!(failing.len(), 1, "{reason}");
        let one = &failing[0];
        assert_eq!((one.state, one.said_by), (state, Some(Witness::Status)));
        assert_eq!(
            (one.id.as_str(), one.workload.as_str()),
            ("pod/shop/web-1/app", "workload/shop/deploy/web")
        );
        assert_eq!((one.image.as_str(), one.node.as_str()), ("r/web:2", "n1"));
        assert_eq!((one.service_account.as_str(), one.pull_secrets[0].as_str()), ("web", "regcred"));
        assert_eq!(one.since.unwrap().to_string(), "2026-07-01T10:00:00Z");
        assert_eq!(one.events, Events::NotRead);
        assert_eq!(workloads[0].images[0].started, 0);
    }
    for other in ["CrashLoopBackOff", "CreateContainerConfigError", "ContainerCreating"] {
        assert!(seen(&[waiting(pod("web-1", "n1", "r/web:2"), other, "")], &[]).1.is_empty(), "{other}");
    }
}

#[test]
fn init_and_ephemeral_containers_wait_for_images_too() {
    let mut pod = pod("web-1", "n1", "r/web:1");
    pod["spec"]["initContainers"] = json!([{"name": "prepare", "image": "r/init:1"}]);
    pod["spec"]["ephemeralContainers"] = json!([{"name": "debug", "image": "r/debug:1"}]);
    let state = |name: &str| json!([{"name": name, "state": {"waiting": {"reason": "ErrImagePull"}}}]);
    pod["status"]["initContainerStatuses"] = state("prepare");
    pod["status"]["ephemeralContainerStatuses"] = state("debug");
    let (workloads, failing) = seen(&[pod], &[]);
    let images: Vec<&str> = failing.iter().map(|one| one.image.as_str()).collect();
    assert_eq!(images, ["r/debug:1", "r/init:1"]);
    assert_eq!((failing[0].message.clone(), failing[0].said_by), (None, None));
    let all: Vec<&str> = workloads[0].images.iter().map(|one| one.image.as_str()).collect();
    assert_eq!(all, ["r/init:1", "r/web:1", "r/debug:1"]);
}

#[test]
fn pods_that_are_over_or_going_do_not_fail() {
    let mut ended = waiting(pod("web-1", "n1", "r/web:1"), "ErrImagePull", "no");
    ended["status"]["phase"] = json!("Failed");
    let mut going = waiting(pod("web-2", "n1", "r/web:1"), "ErrImagePull", "no");
    going["metadata"]["deletionTimestamp"] = json!("2026-07-01T10:00:00Z");
    let (workloads, failing) = seen(&[ended.clone(), going], &[]);
    assert!(failing.is_empty());
    assert_eq!(workloads[0].pods, 1);
    let (workloads, _) = seen(&[bare(ended)], &[]);
    assert_eq!((workloads[0].name.as_str(), workloads[0].pods, workloads[0].active), ("pod/web-1", 0, false));
}

#[test]
fn a_template_says_what_the_next_pod_gets() {
    let template = deployment(json!({"replicas": 0, "template": {"spec": {"serviceAccountName": "new",
        "initContainers": [{"name": "prepare", "image": "r/init:1", "imagePullPolicy": "Never"}],
        "containers": [{"name": "app", "image": "r/web:2"}]}}}));
    let (workloads, _) = seen(&[pod("web-1", "n1", "r/web:1")], &[("deploy", template.clone())]);
    let web = &workloads[0];
    assert_eq!((web.service_account.as_str(), web.active, web.pods), ("new", false, 1));
    assert!(web.pull_secrets.is_empty(), "those of the pod are its ServiceAccount's of then");
    let images: Vec<(&str, u32)> = web.images.iter().map(|one| (one.image.as_str(), one.started)).collect();
    assert_eq!(images, [("r/init:1", 0), ("r/web:2", 0), ("r/web:1", 1)]);
    assert_eq!(web.images[0].pull_policy, PullPolicy::Never);
    assert_eq!((web.owners[0].kind, web.owners[0].name.as_str()), (OwnerKind::Helm, "shop"));
    let (alone, _) = seen(&[], &[("deploy", template)]);
    assert_eq!((alone[0].pods, alone[0].images.len()), (0, 2), "a workload needs no pods");
}

#[test]
fn what_a_workload_wants_is_told_by_its_kind() {
    let template = json!({"spec": {"containers": [{"name": "c", "image": "i"}]}});
    for (kind, spec, status, active) in [
        ("deploy", json!({"template": template}), json!({}), true),
        ("sts", json!({"replicas": 0, "template": template}), json!({}), false),
        ("ds", json!({"template": template}), json!({"desiredNumberScheduled": 0}), false),
        ("ds", json!({"template": template}), json!({"desiredNumberScheduled": 3}), true),
        (
            "job",
            json!({"template": template}),
            json!({"conditions": [{"type": "Complete", "status": "True"}]}),
            false,
        ),
        ("job", json!({"suspend": true, "template": template}), json!({}), false),
        ("job", json!({"template": template}), json!({"conditions": null}), true),
        (
            "cronjob",
            json!({"suspend": true, "jobTemplate": {"spec": {"template": template}}}),
            json!({}),
            false,
        ),
        ("cronjob", json!({"jobTemplate": {"spec": {"template": template}}}), json!({}), true),
    ] {
        let object = json!({"metadata": {"name": "x", "namespace": "shop"}, "spec": spec, "status": status});
        let (workloads, _) = seen(&[], &[(kind, object)]);
        assert_eq!((workloads[0].active, workloads[0].images.len()), (active, 1), "{kind} {spec} {status}");
    }
}

#[test]
fn pods_of_a_cronjobs_jobs_are_the_cronjobs() {
    let template = json!({"spec": {"containers": [{"name": "app", "image": "r/sync:2"}]}});
    let cron_job = json!({"metadata": {"name": "sync", "namespace": "shop"},
        "spec": {"jobTemplate": {"spec": {"template": template}}}});
    let job = json!({"metadata": {"name": "sync-1", "namespace": "shop", "ownerReferences": [
        {"apiVersion": "batch/v1", "kind": "CronJob", "name": "sync", "controller": true}]},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "r/sync:1"}]}}}});
    let pod = owned_by(
        waiting(pod("sync-1-x", "n1", "r/sync:1"), "ErrImagePull", "no"),
        "batch/v1",
        "Job",
        "sync-1",
    );
    let (workloads, failing) =
        seen(std::slice::from_ref(&pod), &[("job", job.clone()), ("cronjob", cron_job)]);
    assert_eq!(workloads.len(), 1);
    assert_eq!((workloads[0].name.as_str(), workloads[0].images.len()), ("cronjob/sync", 2));
    assert_eq!(failing[0].workload, "workload/shop/cronjob/sync");
    let (workloads, _) = seen(std::slice::from_ref(&pod), &[("job", job)]);
    assert_eq!(
        workloads[0].images[0].image, "r/sync:1",
        "where CronJobs are not read, the Job's template serves"
    );
    assert_eq!(seen(&[pod], &[]).0[0].name, "job/sync-1");
}

#[test]
fn a_named_cronjobs_failing_pods_are_those_of_its_jobs() {
    let template = json!({"spec": {"containers": [{"name": "app", "image": "r/sync:2"}]}});
    let cron_job = json!({"metadata": {"name": "sync", "namespace": "shop"},
        "spec": {"jobTemplate": {"spec": {"template": template}}}});
    let job = json!({"metadata": {"name": "sync-1", "namespace": "shop", "ownerReferences": [
        {"apiVersion": "batch/v1", "kind": "CronJob", "name": "sync", "controller": true}]}, "spec": {}});
    let failing = |name: &str, job: &str| {
        owned_by(waiting(pod(name, "n1", "r/sync:1"), "ErrImagePull", "no"), "batch/v1", "Job", job)
    };
    let scope = Scope { namespace: "shop".into(), wanted: vec!["cronjob/sync".into()], selector: None };
    let pods = [failing("sync-1-x", "sync-1"), failing("other-x", "other")];
    let (workloads, failing) =
        merged(&scope, &pods, &[("job", job), ("cronjob", cron_job)]).into_evidence(&[]);
    let told: Vec<&str> = failing.iter().map(|one| one.pod.as_str()).collect();
    assert_eq!(told, ["sync-1-x"]);
    let aside: Vec<(&str, bool)> =
        workloads.iter().map(|one| (one.name.as_str(), one.out_of_scope)).collect();
    assert_eq!(aside, [("cronjob/sync", false), ("job/other", true)]);
}

#[test]
fn pods_of_custom_resources_stand_for_themselves_and_say_whose_they_are() {
    let kafka =
        owned_by(pod("kafka-0", "n1", "r/kafka:1"), "core.strimzi.io/v1beta2", "StrimziPodSet", "kafka");
    let mut rollout = owned_by(pod("web-1", "n1", "r/web:1"), "apps/v1", "ReplicaSet", "web-7d9f");
    rollout["metadata"]["labels"] = json!({"rollouts-pod-template-hash": "7d9f"});
    let (workloads, _) = seen(&[kafka, rollout], &[]);
    let told: Vec<(&str, &str)> =
        workloads.iter().map(|one| (one.name.as_str(), one.owners[0].name.as_str())).collect();
    assert_eq!(told, [("pod/kafka-0", "StrimziPodSet/kafka"), ("rs/web-7d9f", "Rollout/web")]);
}

#[test]
fn a_builder_is_told_by_its_pod_or_template() {
    let mut kaniko = bare(pod("build-1", "n1", "gcr.io/kaniko-project/executor:v1"));
    kaniko["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "c", "mountPath": "/kaniko/.docker"}]);
    kaniko["spec"]["volumes"] = json!([{"name": "c", "secret": {"secretName": "push",
        "items": [{"key": ".dockerconfigjson", "path": "config.json"}]}}]);
    let merged = merged(&Scope::default(), &[kaniko], &[]);
    let group = merged.groups.values().next().unwrap();
    assert_eq!(group.builder_secrets().collect::<Vec<_>>(), [("push", ".dockerconfigjson")]);
    assert_eq!(merged.subjects().len(), 1, "what a builder may connect to matters");
}

#[test]
fn of_what_was_not_asked_for_siblings_stay_as_evidence() {
    let scope = Scope { namespace: "shop".into(), wanted: vec!["pod/web-1".into()], selector: None };
    let pods = [
        waiting(pod("web-1", "n1", "r/web:1"), "ErrImagePull", "no"),
        waiting(pod("web-2", "n2", "r/web:1"), "ErrImagePull", "no"),
        waiting(bare(pod("other", "n2", "r/web:1")), "ErrImagePull", "no"),
    ];
    let (workloads, failing) = merged(&scope, &pods, &[]).into_evidence(&[]);
    let told: Vec<(&str, bool)> = workloads.iter().map(|one| (one.name.as_str(), one.out_of_scope)).collect();
    assert_eq!(told, [("deploy/web", false), ("pod/other", true)]);
    let failing: Vec<&str> = failing.iter().map(|one| one.pod.as_str()).collect();
    assert_eq!(failing, ["web-1"], "only what was asked for is judged");
}

#[test]
fn a_pod_whose_spec_is_none_fails_the_list_instead_of_passing_for_healthy() {
    let scope = Scope::default();
    let mut pods = Pods::of(&scope);
    let text = r#"{"metadata":{"name":"x"},"spec":{"containers":7}}"#;
    assert!(pods.add(serde_json::from_str(text).unwrap()).is_err());
}
