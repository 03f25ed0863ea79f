//! From a finding's subject to the object that can have events.

use crate::api::path;
use crate::collect::identity::WorkloadRef;
use crate::text::is_object_name;

/// Events about objects that are in no namespace lie here (pkg/apis/core/validation/events.go, Kubernetes 1.36).
const OF_CLUSTER: &str = "default";

/// An object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Object {
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: &'static str,
    /// Its namespace; empty where it is in none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where the API server has it.
    pub path: String,
}

impl Object {
    /// What a subject such as `deploy/web` or `secret/regcred` names; `None` where that is no object that has events.
    pub fn of(subject: &str, namespace: &str) -> Option<Self> {
        let (kind, name) = subject.split_once('/')?;
        if !is_object_name(name) {
            return None;
        }
        if kind == "node" {
            return Some(Self::core("Node", "", name, path::named("/api/v1/nodes", name)));
        }
        if namespace.is_empty() {
            return None;
        }
        let in_core = |resource: &str| path::named(&path::core(namespace, resource), name);
        match kind {
            "secret" => return Some(Self::core("Secret", namespace, name, in_core("secrets"))),
            "serviceaccount" => {
                return Some(Self::core("ServiceAccount", namespace, name, in_core("serviceaccounts")));
            }
            _ => {}
        }
        let workload: WorkloadRef = subject.parse().ok()?;
        Some(Self {
            api_version: workload.api_version(),
            kind: workload.object_kind(),
            namespace: namespace.into(),
            name: workload.name().into(),
            path: workload.path(namespace),
        })
    }

    fn core(kind: &'static str, namespace: &str, name: &str, path: String) -> Self {
        Self { api_version: "v1".into(), kind, namespace: namespace.into(), name: name.into(), path }
    }

    /// The namespace of its events.
    pub fn events_in(&self) -> &str {
        if self.namespace.is_empty() { OF_CLUSTER } else { &self.namespace }
    }
}
