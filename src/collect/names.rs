//! Names of objects, for completion at a prompt. Only metadata is asked for: of a Secret nothing but its name comes.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::identity::WorkloadRef;
use crate::api::wire::Named;
use crate::api::{Api, ApiError, path};

/// Lists without spec, status and data (Kubernetes 1.15 and later, "Receiving resources as Tables and metadata").
pub(super) const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/// What is decoded, for errors.
const WHAT: &str = "list of metadata";
/// The label in which each node's kubelet tells its architecture.
const ARCHITECTURE: &str = "kubernetes.io/arch";

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objects {
    /// Namespaces.
    Namespaces,
    /// Nodes.
    Nodes,
    /// ServiceAccounts of a namespace.
    ServiceAccounts,
    /// Secrets of a namespace.
    Secrets,
    /// Secrets of a namespace that are of a type that the kubelet reads.
    PullSecrets,
    /// Workloads of a namespace and of this kind, in a form that [`WorkloadRef`] takes.
    Workloads(String),
}

impl Objects {
    fn paths(&self, namespace: &str) -> Vec<String> {
        let of_type = |name: &str| {
            path::with(&path::core(namespace, "secrets"), &[("fieldSelector", &format!("type={name}"))])
        };
        match self {
            Self::Namespaces => vec!["/api/v1/namespaces".into()],
            Self::Nodes => vec!["/api/v1/nodes".into()],
            Self::ServiceAccounts => vec![path::core(namespace, "serviceaccounts")],
            Self::Secrets => vec![path::core(namespace, "secrets")],
            Self::PullSecrets => {
                vec![of_type("kubernetes.io/dockerconfigjson"), of_type("kubernetes.io/dockercfg")]
            }
            Self::Workloads(kind) => {
                let any = format!("{kind}/any").parse::<WorkloadRef>();
                any.map(|any| vec![any.collection(namespace)]).unwrap_or_default()
            }
        }
    }
}

/// The names that the API server tells within `limit`, sorted. What it refuses, and what comes too late, is left out.
pub async fn names(api: &Api, objects: &Objects, namespace: &str, limit: Duration) -> Vec<String> {
    let until = Instant::now() + limit;
    let mut names = BTreeSet::new();
    for path in objects.paths(namespace) {
        let heard = api.each(WHAT, &path, METADATA, |object: Named| {
            names.insert(object.metadata.name);
        });
        let _ = timeout_at(until, heard).await;
    }
    names.into_iter().filter(|name| !name.is_empty()).collect()
}

/// The architectures of the cluster's nodes, as Go names them.
pub async fn architectures(api: &Api) -> Result<BTreeSet<String>, ApiError> {
    let mut found = BTreeSet::new();
    api.each(WHAT, "/api/v1/nodes", METADATA, |mut node: Named| {
        found.extend(node.metadata.labels.remove(ARCHITECTURE));
    })
    .await?;
    Ok(found)
}
