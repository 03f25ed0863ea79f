//! Which workload a pod belongs to.

use std::borrow::Cow;

use serde::Deserialize;

use super::wire::{OwnerReference, PodMeta};
use crate::text::referenced_name;

/// Where a pod belongs.
pub(super) struct Place {
    /// What kubectl calls its workload: `deploy/web`; of a pod that belongs to none that is known, `pod/web-1`.
    pub name: String,
    /// Its own controller, where that is another one: `rs/web-7d9f`.
    pub between: Option<String>,
    /// The custom resource that its ReplicaSet belongs to: `Rollout/web`.
    pub custom: Option<String>,
}

/// The labels by which a ReplicaSet's template is known.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Hashes<'a> {
    #[serde(borrow, rename = "pod-template-hash")]
    deployment: Cow<'a, str>,
    #[serde(borrow, rename = "rollouts-pod-template-hash")]
    rollout: Cow<'a, str>,
}

/// The workload of a pod, by its controller. A Deployment names its ReplicaSets by the hash of their template, which is
/// a label of their pods (k8s.io/kubernetes `pkg/controller/deployment`, 1.36); Argo Rollouts does so with a label of
/// its own. Of other custom resources every pod stands for itself.
pub(super) fn of(meta: &PodMeta<'_>) -> Place {
    let own = || Place { name: format!("pod/{}", meta.name), between: None, custom: None };
    let mut owners = meta.owner_references.iter().flatten();
    let Some(owner) = owners.find(|owner| owner.controller) else { return own() };
    let kind = match (group(owner), owner.kind.as_str()) {
        ("apps", "ReplicaSet") => return of_replica_set(meta, owner),
        ("apps", "StatefulSet") => "sts",
        ("apps", "DaemonSet") => "ds",
        ("batch", "Job") => "job",
        ("", "ReplicationController") => "rc",
        _ => return own(),
    };
    Place { name: format!("{kind}/{}", referenced_name(&owner.name)), between: None, custom: None }
}

fn of_replica_set(meta: &PodMeta<'_>, owner: &OwnerReference) -> Place {
    let labels = meta.labels.map_or("{}", |labels| labels.get());
    let hashes: Hashes<'_> = serde_json::from_str(labels).unwrap_or_default();
    let before = |hash: &str| {
        let name = owner.name.strip_suffix(hash).filter(|_| !hash.is_empty())?;
        name.strip_suffix('-').filter(|name| !name.is_empty())
    };
    let replica_set = format!("rs/{}", referenced_name(&owner.name));
    match (before(&hashes.deployment), before(&hashes.rollout)) {
        (Some(name), _) => Place {
            name: format!("deploy/{}", referenced_name(name)),
            between: Some(replica_set),
            custom: None,
        },
        (None, Some(name)) => {
            Place { name: replica_set, between: None, custom: Some(format!("Rollout/{name}")) }
        }
        (None, None) => Place { name: replica_set, between: None, custom: None },
    }
}

fn group(owner: &OwnerReference) -> &str {
    owner.api_version.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(labels: &str, api_version: &str, kind: &str, name: &str) -> (String, Option<String>) {
        let json = format!(
            r#"{{"name":"p-1","namespace":"n","labels":{labels},
            "ownerReferences":[{{"apiVersion":"{api_version}","kind":"{kind}","name":"{name}","controller":true}}]}}"#
        );
        let meta: PodMeta<'_> = serde_json::from_str(&json).unwrap();
        let place = of(&meta);
        (place.name, place.between)
    }

    #[test]
    fn a_pods_workload_is_that_of_its_controller() {
        let hashed = r#"{"pod-template-hash":"7d9f"}"#;
        assert_eq!(
            place(hashed, "apps/v1", "ReplicaSet", "web-7d9f"),
            ("deploy/web".into(), Some("rs/web-7d9f".into()))
        );
        for (labels, api_version, kind, name, expected) in [
            (hashed, "apps/v1", "ReplicaSet", "web-other", "rs/web-other"),
            ("null", "apps/v1", "ReplicaSet", "web", "rs/web"),
            (r#"{"rollouts-pod-template-hash":"7d9f"}"#, "apps/v1", "ReplicaSet", "web-7d9f", "rs/web-7d9f"),
            ("{}", "apps/v1", "StatefulSet", "db", "sts/db"),
            ("{}", "apps/v1", "DaemonSet", "agent", "ds/agent"),
            ("{}", "batch/v1", "Job", "once", "job/once"),
            ("{}", "v1", "ReplicationController", "old", "rc/old"),
            ("{}", "v1", "Node", "n1", "pod/p-1"),
            ("{}", "apps.kruise.io/v1beta1", "StatefulSet", "db", "pod/p-1"),
            ("{}", "core.strimzi.io/v1beta2", "StrimziPodSet", "kafka", "pod/p-1"),
        ] {
            assert_eq!(place(labels, api_version, kind, name).0, expected, "{kind} {name}");
        }
    }

    #[test]
    fn a_pod_without_a_controller_is_its_own_workload() {
        let meta: PodMeta<'_> = serde_json::from_str(
            r#"{"name":"once","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"x"}]}"#,
        )
        .unwrap();
        assert_eq!(of(&meta).name, "pod/once");
    }
}
