//! The pod that has a node's kubelet pull: one container an image.
//!
//! A container refers to a ConfigMap key that does not exist, so that the kubelet pulls its image and then
//! stops: nothing of the image is ever started.

use serde_json::{Value, json};

use super::{Order, Resources, container_name, named, security};
use crate::evidence::CredentialUse;
use crate::plan::{Plan, SecretSource};

/// What the pod's spec has beside what every pod of a run has.
pub(super) fn fill(spec: &mut Value, plan: &Plan, run: &str, order: &Order, resources: Resources) {
    spec["containers"] = containers(plan, run, resources);
    if let Some(secrets) = pull_secrets(plan, run, &order.credential) {
        spec["imagePullSecrets"] = secrets;
    }
}

fn containers(plan: &Plan, run: &str, resources: Resources) -> Value {
    plan.images.iter().enumerate().map(|(index, image)| container(run, index, image, resources)).collect()
}

/// What stands in the Job's template, from which no pod is ever made: the API server asks for a container, also where
/// no image is under test.
pub(super) fn of_the_job(plan: &Plan, run: &str) -> Value {
    match (&plan.probe, plan.images.is_empty()) {
        (Some(probe), true) => json!([container(run, 0, &probe.image, Resources::Stated)]),
        _ => containers(plan, run, Resources::Stated),
    }
}

/// The pod's own pull secrets; `None` leaves it to admission to copy the ServiceAccount's.
pub(super) fn pull_secrets(plan: &Plan, run: &str, credential: &CredentialUse) -> Option<Value> {
    let none = || Some(named(&[], run));
    match (credential, plan.identity.source) {
        (CredentialUse::HeldBack { .. }, _) | (_, SecretSource::Disabled) => none(),
        (_, SecretSource::ServiceAccount) => None,
        (_, SecretSource::Workload | SecretSource::Given) => {
            Some(plan.identity.pull_secrets.iter().map(|name| json!({"name": name})).collect())
        }
    }
}

fn container(run: &str, index: usize, image: &str, resources: Resources) -> Value {
    let mut container = json!({
        "name": container_name(index),
        "image": image,
        "imagePullPolicy": "Always",
        "env": [{
            "name": "REGAUTH_NEVER_STARTS",
            "valueFrom": {"configMapKeyRef": {"name": format!("regauth-{run}-absent"), "key": "absent"}},
        }],
        "securityContext": security(),
    });
    if resources == Resources::Stated {
        container["resources"] = json!({
            // Nodes that report no ephemeral storage have room for none of it.
            "requests": {"cpu": "1m", "memory": "1Mi", "ephemeral-storage": "0"},
            "limits": {"cpu": "1m", "memory": "1Mi", "ephemeral-storage": "1Mi"},
        });
    }
    container
}
