//! Cloud identities that a ServiceAccount is bound to.

use std::collections::BTreeMap;

use crate::evidence::builder::{Ambient, AmbientKind};
use crate::text::Clean;

/// The annotations by which clouds bind a ServiceAccount to an identity of theirs (documented by each).
const ANNOTATIONS: &[(&str, AmbientKind)] = &[
    ("eks.amazonaws.com/role-arn", AmbientKind::AwsRole),
    ("iam.gke.io/gcp-service-account", AmbientKind::GcpServiceAccount),
    ("azure.workload.identity/client-id", AmbientKind::AzureClient),
];

/// The cloud identities that these annotations of a ServiceAccount bind it to. Bindings that the cloud keeps
/// itself (EKS Pod Identity, GKE's direct grants) do not show in the cluster.
pub fn ambient(annotations: &BTreeMap<String, String>) -> Vec<Ambient> {
    let of = |(key, kind): &(&str, AmbientKind)| {
        let identity = annotations.get(*key).filter(|value| !value.is_empty())?;
        Some(Ambient { kind: *kind, identity: Clean::with_cap(identity, 256) })
    };
    ANNOTATIONS.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clouds_annotation_is_known_and_others_are_not() {
        let annotations = [
            ("eks.amazonaws.com/role-arn", "arn:aws:iam::123456789012:role/builder"),
            ("azure.workload.identity/client-id", ""),
            ("example.com/other", "x"),
        ];
        let annotations = annotations.map(|(key, value)| (key.to_string(), value.to_string())).into();
        let found = ambient(&annotations);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].kind, found[0].identity.as_str()),
            (AmbientKind::AwsRole, "arn:aws:iam::123456789012:role/builder")
        );
    }
}
