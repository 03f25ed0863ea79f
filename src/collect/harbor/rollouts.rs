//! Rollouts of core that are not finished: while one is on, and for ever where it is stuck, old and new pods serve
//! side by side.

use serde::Deserialize;

use super::objects::outcome_of;
use super::wire::{Meta, Pod};
use crate::api::wire::{Condition, null_as_default};
use crate::api::{Api, path};
use crate::collect::selector::Selector;
use crate::evidence::harbor::Unread;
use crate::evidence::harbor::pods::Rollout;
use crate::text::Clean;

/// A Deployment or StatefulSet.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Workload {
    metadata: Meta,
    spec: Spec,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    replicas: Option<u32>,
    selector: Option<Selector>,
    paused: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    observed_generation: i64,
    replicas: u32,
    updated_replicas: u32,
    ready_replicas: u32,
    #[serde(deserialize_with = "null_as_default")]
    conditions: Vec<Condition>,
}

/// The unfinished rollouts of the pods' workloads, which are found by their selectors; and what could not be read.
pub(super) async fn of(api: &Api, namespace: &str, pods: &[Pod]) -> (Vec<Rollout>, Vec<Unread>) {
    let owned = |pod: &Pod| {
        pod.metadata.owner_references.iter().any(|owner| owner.controller && owner.kind == "StatefulSet")
    };
    let mut kinds = vec![("deployments", "deployment")];
    if pods.iter().any(owned) {
        kinds.push(("statefulsets", "statefulset"));
    }
    let (mut rollouts, mut unread) = (Vec::new(), Vec::new());
    for (resource, kind) in kinds {
        let path = path::group("apps/v1", namespace, resource);
        match api.list::<Workload>("workloads", &path).await {
            Ok(workloads) => {
                let theirs = workloads.iter().filter(|one| one.selects_one_of(pods));
                rollouts.extend(theirs.filter_map(|one| one.unfinished(kind)));
            }
            Err(error) => unread.push(Unread {
                what: format!("rollouts of core ({resource})"),
                outcome: outcome_of(&error).of_any(),
                settled_by: Clean::new(&format!("list {resource}")),
            }),
        }
    }
    (rollouts, unread)
}

impl Workload {
    fn selects_one_of(&self, pods: &[Pod]) -> bool {
        let selector = self.spec.selector.as_ref();
        selector.is_some_and(|selector| pods.iter().any(|pod| selector.matches(&pod.metadata.labels)))
    }

    fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// As `kubectl rollout status` sees it (polymorphichelpers/rollout_status.go), but for pods of the newest template
    /// that are not ready: those are no rollout any more.
    fn unfinished(&self, kind: &str) -> Option<Rollout> {
        let wanted = self.spec.replicas.unwrap_or(1);
        let Status { replicas, updated_replicas, ready_replicas, .. } = self.status;
        let progressing = self.condition("Progressing");
        let exceeded = progressing.is_some_and(|one| one.reason == "ProgressDeadlineExceeded");
        let unseen = self.status.observed_generation < self.metadata.generation;
        let mixed = updated_replicas < wanted || replicas > updated_replicas;
        if !(unseen || mixed || exceeded) {
            return None;
        }
        let paused = self.spec.paused;
        let words = match (progressing, paused) {
            (_, true) => "it is paused".to_string(),
            (Some(condition), false) => condition.message.clone(),
            (None, false) => String::new(),
        };
        Some(Rollout {
            workload: format!("{kind}/{}", self.metadata.name),
            wanted,
            updated: updated_replicas,
            ready: ready_replicas,
            stuck: exceeded || paused,
            message: Clean::with_cap(&words, 512),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rollout(spec: Value, status: Value) -> Option<Rollout> {
        let object =
            json!({"metadata": {"name": "harbor-core", "generation": 2}, "spec": spec, "status": status});
        serde_json::from_value::<Workload>(object).unwrap().unfinished("deployment")
    }

    fn conditions(reason: &str) -> Value {
        json!([{"type": "Progressing", "status": "False", "reason": reason, "message": "ReplicaSet has timed out"}])
    }

    #[test]
    fn a_finished_rollout_is_none_even_with_a_pod_that_is_not_ready() {
        let status =
            json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 2});
        assert_eq!(rollout(json!({"replicas": 3}), status), None);
    }

    #[test]
    fn pods_of_two_templates_are_a_rollout_in_progress() {
        let status =
            json!({"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "readyReplicas": 3});
        let seen = rollout(json!({"replicas": 3}), status).unwrap();
        assert_eq!((seen.workload.as_str(), seen.stuck), ("deployment/harbor-core", false));
        assert_eq!((seen.wanted, seen.updated, seen.ready), (3, 1, 3));
    }

    #[test]
    fn a_deadline_that_is_exceeded_and_a_pause_are_stuck() {
        let status = json!({"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "readyReplicas": 3,
            "conditions": conditions("ProgressDeadlineExceeded")});
        let seen = rollout(json!({"replicas": 3}), status).unwrap();
        assert!(seen.stuck && seen.message.as_str() == "ReplicaSet has timed out");
        let status =
            json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 0, "readyReplicas": 3});
        let seen = rollout(json!({"replicas": 3, "paused": true}), status).unwrap();
        assert!(seen.stuck && seen.message.as_str() == "it is paused");
    }

    #[test]
    fn a_change_that_the_controller_has_not_seen_yet_is_a_rollout() {
        let status =
            json!({"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3});
        assert!(!rollout(json!({"replicas": 3}), status).unwrap().stuck);
    }

    #[test]
    fn a_statefulset_with_two_revisions_is_a_rollout() {
        let status = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "readyReplicas": 3,
            "currentRevision": "a", "updateRevision": "b"});
        assert!(rollout(json!({"replicas": 3}), status).is_some());
    }
}
