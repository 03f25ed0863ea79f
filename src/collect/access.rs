//! Whether the user may do what a run needs, asked before anything is created.

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::json;

use crate::api::{Api, ApiError};

/// One right: a verb on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// `create`, `list`, …
    pub verb: &'static str,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The resource, plural; with its subresource, if one is meant: `pods/log`.
    pub resource: &'static str,
    /// Whether it is asked for the run's namespace (else for the cluster).
    pub namespaced: bool,
}

impl Right {
    pub(crate) const fn new(
        verb: &'static str,
        group: &'static str,
        resource: &'static str,
        namespaced: bool,
    ) -> Self {
        Self { verb, group, resource, namespaced }
    }

    /// `create pods in namespace x`, `list nodes`.
    pub fn describe(&self, namespace: &str) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let place = match (self.namespaced, namespace) {
            (false, _) => String::new(),
            (true, "") => " in all namespaces".to_string(),
            (true, namespace) => format!(" in namespace {namespace}"),
        };
        format!("{} {}{group}{place}", self.verb, self.resource)
    }
}

/// What `pull` needs, besides reading a workload that it is asked to be.
pub const PULL: &[Right] = &[
    Right::new("list", "", "nodes", false),
    Right::new("get", "", "serviceaccounts", true),
    Right::new("create", "batch", "jobs", true),
    Right::new("delete", "batch", "jobs", true),
    Right::new("create", "", "pods", true),
    Right::new("list", "", "pods", true),
    Right::new("watch", "", "pods", true),
    Right::new("deletecollection", "", "pods", true),
    Right::new("list", "", "events", true),
    Right::new("watch", "", "events", true),
];

/// What probes may use beside [`PULL`]: the whole result of one whose termination message had no room for it.
/// Without it the row says what is missing.
pub const PROBE_LOGS: &[Right] = &[Right::new("get", "", "pods/log", true)];

/// What `harbor` needs: Harbor's pods.
pub const HARBOR: &[Right] = &[Right::new("list", "", "pods", true)];

/// What `harbor` reads besides, each for a check that is told as not done without it: rollouts of core, session
/// affinity before it, and the settings that pods take from ConfigMaps.
pub const HARBOR_READS: &[Right] = &[
    Right::new("get", "", "configmaps", true),
    Right::new("list", "apps", "deployments", true),
    Right::new("list", "apps", "statefulsets", true),
    Right::new("list", "", "services", true),
    Right::new("list", "networking.k8s.io", "ingresses", true),
];

/// What `harbor` uses to tell whether pods hold the key that their Secret holds now.
pub const HARBOR_SECRETS: &[Right] = &[Right::new("get", "", "secrets", true)];

/// What `harbor --exec` uses. A WebSocket is opened by GET, so that servers up to 1.34 ask for `get` and later ones for
/// `create` besides (feature gate `AuthorizePodWebsocketUpgradeCreatePermission`).
pub const HARBOR_EXEC: &[Right] =
    &[Right::new("get", "", "pods/exec", true), Right::new("create", "", "pods/exec", true)];

/// What `harbor --logs` uses.
pub const HARBOR_LOGS: &[Right] = &[Right::new("get", "", "pods/log", true)];

/// What the nodes' clocks by their leases need, in the namespace of the leases ([`super::leases::NAMESPACE`]).
pub const LEASES: &[Right] = &[
    Right::new("list", "coordination.k8s.io", "leases", true),
    Right::new("watch", "coordination.k8s.io", "leases", true),
];

/// What they may use beside [`LEASES`]: whether a node whose lease does not move is Ready. Without it that is not said.
pub const LEASE_NODES: &[Right] = &[Right::new("get", "", "nodes", false)];

/// What `harbor --via port-forward` needs beside listing pods; both verbs for the same reason as in [`HARBOR_EXEC`].
pub const PORT_FORWARD: &[Right] =
    &[Right::new("get", "", "pods/portforward", true), Right::new("create", "", "pods/portforward", true)];

/// What `why` and `secrets` read of workloads. Each list that is refused is told; without all of them there is nothing to
/// judge.
pub const WORKLOADS: &[Right] = &[
    Right::new("list", "", "pods", true),
    Right::new("list", "apps", "deployments", true),
    Right::new("list", "apps", "statefulsets", true),
    Right::new("list", "apps", "daemonsets", true),
    Right::new("list", "batch", "jobs", true),
    Right::new("list", "batch", "cronjobs", true),
    Right::new("get", "", "serviceaccounts", true),
    Right::new("list", "", "serviceaccounts", true),
    Right::new("list", "networking.k8s.io", "networkpolicies", true),
];

/// What `why` reads besides: the kubelets' words, and nodes.
pub const WHY: &[Right] = &[Right::new("list", "", "events", true), Right::new("list", "", "nodes", false)];

/// What `why` and `secrets` use to tell what pull secrets hold, and where else one of that name exists.
pub const PULL_SECRETS: &[Right] =
    &[Right::new("get", "", "secrets", true), Right::new("list", "", "secrets", true)];

/// What `--emit-events` needs in the namespaces of the objects that findings are about; in `default` for nodes.
pub const EVENTS: &[Right] = &[
    Right::new("get", "", "events", true),
    Right::new("create", "", "events", true),
    Right::new("patch", "", "events", true),
];

/// What it may use besides: whether what a finding is about exists, and its unique id. Without them the event is written all
/// the same, for what was seen in another way. Secrets are not among them.
pub const EVENT_SUBJECTS: &[Right] = &[
    Right::new("get", "", "serviceaccounts", true),
    Right::new("get", "", "pods", true),
    Right::new("get", "apps", "deployments", true),
    Right::new("get", "apps", "statefulsets", true),
    Right::new("get", "apps", "daemonsets", true),
    Right::new("get", "apps", "replicasets", true),
    Right::new("get", "batch", "jobs", true),
    Right::new("get", "batch", "cronjobs", true),
    Right::new("get", "", "nodes", false),
];

/// What `cleanup` needs in a namespace.
pub const CLEANUP: &[Right] = &[
    Right::new("list", "batch", "jobs", true),
    Right::new("delete", "batch", "jobs", true),
    Right::new("list", "", "pods", true),
    Right::new("deletecollection", "", "pods", true),
];

/// The right to read a workload.
pub const fn get(group: &'static str, resource: &'static str) -> Right {
    Right::new("get", group, resource, true)
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

/// The rights that the user lacks, by one SelfSubjectAccessReview each, side by side.
///
/// A server that does not let itself be asked (403) is not taken to refuse: the request itself will tell.
pub async fn missing(api: &Api, namespace: &str, rights: &[Right]) -> Result<Vec<Right>, ApiError> {
    let answers = join_all(rights.iter().map(|right| allowed(api, namespace, right))).await;
    let mut missing = Vec::new();
    for (right, answer) in rights.iter().zip(answers) {
        match answer {
            Ok(true) => {}
            Ok(false) => missing.push(*right),
            Err(error) if error.code() == Some(403) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}

async fn allowed(api: &Api, namespace: &str, right: &Right) -> Result<bool, ApiError> {
    let (resource, subresource) = right.resource.split_once('/').unwrap_or((right.resource, ""));
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": right.verb,
            "group": right.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": if right.namespaced { namespace } else { "" },
        }},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer: Review = api.create("access review", path, &review).await?;
    Ok(answer.status.allowed)
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
