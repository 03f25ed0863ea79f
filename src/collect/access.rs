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
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::collect::identity::WorkloadRef;
    use crate::collect::policies;

    const PULL_ROLES: &str = include_str!("../../manifests/rbac/pull.yaml");
    const CLEANUP_ROLES: &str = include_str!("../../manifests/rbac/cleanup.yaml");
    const CLOCK_ROLES: &str = include_str!("../../manifests/rbac/clock.yaml");
    const HARBOR_ROLES: &str = include_str!("../../manifests/rbac/harbor.yaml");
    const WORKLOAD_ROLES: &str = include_str!("../../manifests/rbac/workloads.yaml");
    const EVENT_ROLES: &str = include_str!("../../manifests/rbac/events.yaml");
    const READ_ONLY_ROLES: &str = include_str!("../../manifests/rbac/read-only.yaml");

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Role {
        kind: String,
        api_version: String,
        metadata: serde_json::Value,
        rules: Vec<Rule>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Rule {
        api_groups: Vec<String>,
        resources: Vec<String>,
        verbs: Vec<String>,
    }

    type Granted = BTreeSet<(String, String, String)>;

    fn roles(text: &str) -> Vec<Role> {
        serde_saphyr::from_multiple(text).unwrap()
    }

    fn granted(text: &str) -> Granted {
        let mut granted = Granted::new();
        for rule in roles(text).into_iter().flat_map(|role| role.rules) {
            for group in &rule.api_groups {
                for resource in &rule.resources {
                    granted.extend(
                        rule.verbs.iter().map(|verb| (group.clone(), resource.clone(), verb.clone())),
                    );
                }
            }
        }
        granted
    }

    fn wanted(rights: &[Right]) -> Granted {
        rights.iter().map(|right| (right.group.into(), right.resource.into(), right.verb.into())).collect()
    }

    fn workloads() -> Vec<Right> {
        let kinds = ["pod", "deploy", "sts", "ds", "rs", "job", "cronjob"];
        kinds.iter().map(|kind| format!("{kind}/x").parse::<WorkloadRef>().unwrap().right()).collect()
    }

    #[test]
    fn the_roles_for_pull_grant_what_pull_asks_for_and_nothing_else() {
        let mut all = wanted(PULL);
        all.extend(wanted(&workloads()));
        all.extend(wanted(policies::RIGHTS));
        all.extend(wanted(PROBE_LOGS));
        assert_eq!(granted(PULL_ROLES), all);
    }

    #[test]
    fn the_role_for_cleanup_grants_what_cleanup_asks_for_and_nothing_else() {
        assert_eq!(granted(CLEANUP_ROLES), wanted(CLEANUP));
    }

    #[test]
    fn the_roles_for_harbor_grant_what_harbor_asks_for_and_nothing_else() {
        let mut all: Granted = wanted(PULL);
        all.retain(|(_, resource, _)| resource != "nodes");
        for rights in [HARBOR, HARBOR_READS, HARBOR_SECRETS, HARBOR_EXEC, HARBOR_LOGS, PORT_FORWARD] {
            all.extend(wanted(rights));
        }
        assert_eq!(granted(HARBOR_ROLES), all);
        let alone = |resource: &str| {
            roles(HARBOR_ROLES).iter().any(|role| role.rules.iter().all(|rule| rule.resources == [resource]))
        };
        assert!(alone("secrets") && alone("pods/exec"), "what makes an administrator has roles of its own");
    }

    #[test]
    fn the_roles_for_workloads_grant_what_why_and_secrets_ask_for_and_nothing_else() {
        let mut all = wanted(WORKLOADS);
        for rights in [WHY, PULL_SECRETS, workloads().as_slice()] {
            all.extend(wanted(rights));
        }
        assert_eq!(granted(WORKLOAD_ROLES), all);
        for apart in ["secrets", "nodes"] {
            let alone = |role: &Role| {
                role.rules.len() == 1 && role.rules.iter().all(|rule| rule.resources == [apart])
            };
            assert!(roles(WORKLOAD_ROLES).iter().any(alone), "{apart} are in a role of their own");
        }
        assert!(WORKLOADS.iter().chain(WHY).all(|right| right.resource != "secrets"));
    }

    #[test]
    fn the_roles_for_clocks_grant_what_clocks_ask_for_and_nothing_else() {
        let mut all = wanted(LEASES);
        all.extend(wanted(LEASE_NODES));
        assert_eq!(granted(CLOCK_ROLES), all);
        assert!(
            roles(CLOCK_ROLES).iter().all(|role| role.rules.len() == 1),
            "a role of its own for what is cluster-wide"
        );
    }

    #[test]
    fn the_roles_for_events_grant_what_emit_events_uses_and_nothing_else() {
        let mut all = wanted(EVENTS);
        all.extend(wanted(EVENT_SUBJECTS));
        assert_eq!(granted(EVENT_ROLES), all);
        let read: BTreeSet<&str> = EVENT_SUBJECTS.iter().map(|right| right.resource).collect();
        assert!(workloads().iter().all(|right| read.contains(right.resource)));
    }

    #[test]
    fn no_role_mentions_secrets_or_a_wildcard() {
        for text in [PULL_ROLES, CLEANUP_ROLES, CLOCK_ROLES, EVENT_ROLES, READ_ONLY_ROLES] {
            for (group, resource, verb) in granted(text) {
                assert_ne!(resource.split('/').next(), Some("secrets"));
                assert!([&group, &resource, &verb].iter().all(|part| !part.contains('*')), "{resource}");
            }
            assert!(roles(text).iter().all(|role| role.kind == "ClusterRole"));
            assert!(roles(text).iter().all(|role| role.api_version == "rbac.authorization.k8s.io/v1"));
            assert!(roles(text).iter().all(|role| role.metadata["name"].is_string()));
        }
        assert!(PULL.iter().chain(CLEANUP).all(|right| right.resource != "secrets"));
    }

    #[test]
    fn cluster_wide_rights_are_in_a_role_of_their_own() {
        for role in roles(PULL_ROLES) {
            let nodes =
                role.rules.iter().filter(|rule| rule.resources.iter().any(|one| one == "nodes")).count();
            assert!(nodes == 0 || nodes == role.rules.len(), "a RoleBinding of it would grant no nodes");
        }
        assert!(PULL.iter().all(|right| right.namespaced == (right.resource != "nodes")));
    }

    #[test]
    fn the_role_for_reading_creates_and_deletes_nothing() {
        let verbs: BTreeSet<String> = granted(READ_ONLY_ROLES).into_iter().map(|(_, _, verb)| verb).collect();
        assert_eq!(verbs, BTreeSet::from(["get".to_string(), "list".into()]));
    }

    #[test]
    fn a_right_is_described_as_kubectl_would() {
        let told: Vec<String> = PULL.iter().take(3).map(|right| right.describe("team")).collect();
        assert_eq!(
            told,
            ["list nodes", "get serviceaccounts in namespace team", "create jobs.batch in namespace team"]
        );
    }
}
