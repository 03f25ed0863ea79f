//! Labels that belong to controllers.

/// Labels that controllers give to their pods and count them by: a pod of ours with one of them could be adopted or
/// counted (`k8s.io/api/apps/v1` and `batch/v1`, Kubernetes 1.36).
const OWN: &[&str] = &[
    "pod-template-hash",
    "pod-template-generation",
    "controller-uid",
    "controller-revision-hash",
    "job-name",
];

/// What the newer of such labels begin with: `batch.kubernetes.io/job-name`, `statefulset.kubernetes.io/pod-name`,
/// `apps.kubernetes.io/pod-index`.
const OWN_PREFIXES: &[&str] = &["batch.kubernetes.io/", "statefulset.kubernetes.io/", "apps.kubernetes.io/"];

/// Whether a controller gives this label to its pods and finds or counts them by it. No pod of ours carries it.
pub fn is_controllers_own(label: &str) -> bool {
    OWN.contains(&label) || OWN_PREFIXES.iter().any(|prefix| label.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_controllers_are_known_by_name_or_prefix() {
        for own in [
            "pod-template-hash",
            "job-name",
            "batch.kubernetes.io/controller-uid",
            "statefulset.kubernetes.io/pod-name",
            "apps.kubernetes.io/pod-index",
        ] {
            assert!(is_controllers_own(own), "{own}");
        }
        for other in ["app", "app.kubernetes.io/name", "my-job-name", "example.com/job-name"] {
            assert!(!is_controllers_own(other), "{other}");
        }
    }
}
