//! Controllers that would take over a test pod for one of their own.

use super::selector::{Labels, Selector};
use crate::api::template::Templated;

/// A controller that adopts pods which match its selector and have no other controller: a ReplicaSet, DaemonSet
/// or Job (`ClaimPods` in k8s.io/kubernetes, 1.36), and then deletes one too many.
///
/// A Deployment's ReplicaSets ask for `pod-template-hash` and a Job's pods for `controller-uid`, which a test pod
/// never carries; a StatefulSet adopts only names of its own form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopter {
    /// Its kind and name: `ds/agent`.
    pub name: String,
    /// What it selects; `None` where that was not read.
    selector: Option<Selector>,
}

impl Adopter {
    /// The controller that would adopt pods with the labels of this workload, given by its kind and whole name.
    pub(super) fn of(kind: &str, name: &str, object: &Templated) -> Option<Self> {
        match kind {
            "rs" | "ds" | "job" => {
                object.selector().map(|one| Self { name: name.into(), selector: Some(one) })
            }
            "pod" => Self::of_pod(object),
            _ => None,
        }
    }

    /// A pod's controller is known by name only, its selector is not read.
    fn of_pod(object: &Templated) -> Option<Self> {
        let owner = object.metadata.owner_references.iter().find(|owner| owner.controller)?;
        let hashed = object.metadata.labels.contains_key("pod-template-hash");
        let kind = match owner.kind.as_str() {
            "DaemonSet" => "ds",
            "ReplicaSet" if !hashed => "rs",
            "ReplicationController" => "rc",
            _ => return None,
        };
        Some(Self { name: format!("{kind}/{}", crate::text::referenced_name(&owner.name)), selector: None })
    }

    /// Whether it would, or may, adopt a pod with these labels.
    pub fn would_adopt(&self, labels: &Labels) -> bool {
        match &self.selector {
            Some(selector) => selector.matches(labels),
            None => !labels.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adopter(kind: &str, object: &str) -> Option<Adopter> {
        Adopter::of(kind, &format!("{kind}/x"), &serde_json::from_str(object).unwrap())
    }

    fn labels(key: &str) -> Labels {
        Labels::from([(key.to_string(), "x".to_string())])
    }

    #[test]
    fn a_daemonset_adopts_what_it_selects() {
        let one =
            adopter("ds", r#"{"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{}}}"#).unwrap();
        assert!(one.would_adopt(&labels("app")));
        assert!(!one.would_adopt(&labels("tier")));
    }

    #[test]
    fn deployments_and_statefulsets_adopt_no_test_pod() {
        for kind in ["deploy", "sts", "cronjob"] {
            let object = r#"{"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{}}}"#;
            assert_eq!(adopter(kind, object), None, "{kind}");
        }
    }

    #[test]
    fn a_replicaset_of_a_deployment_asks_for_a_label_that_no_test_pod_has() {
        let object =
            r#"{"spec":{"selector":{"matchLabels":{"app":"x","pod-template-hash":"1"}},"template":{}}}"#;
        assert!(!adopter("rs", object).unwrap().would_adopt(&labels("app")));
    }

    #[test]
    fn a_pods_controller_may_adopt_unless_it_is_known_not_to() {
        let pod = |kind: &str, label: &str| {
            adopter(
                "pod",
                &format!(
                    r#"{{"metadata":{{"labels":{{"{label}":"x"}},"ownerReferences":[{{"kind":"{kind}","name":"agent","controller":true}}]}},"spec":{{}}}}"#
                ),
            )
        };
        let one = pod("DaemonSet", "app").unwrap();
        assert_eq!(one.name, "ds/agent");
        assert!(one.would_adopt(&labels("app")) && !one.would_adopt(&Labels::new()));
        assert_eq!(pod("ReplicaSet", "pod-template-hash"), None);
        assert_eq!(pod("StatefulSet", "app"), None);
        assert!(pod("ReplicaSet", "app").is_some());
    }
}
