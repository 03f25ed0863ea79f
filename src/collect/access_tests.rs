//! The rights that are asked for beside those that the manifests grant.

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
                granted.extend(rule.verbs.iter().map(|verb| (group.clone(), resource.clone(), verb.clone())));
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
        let alone =
            |role: &Role| role.rules.len() == 1 && role.rules.iter().all(|rule| rule.resources == [apart]);
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
        let nodes = role.rules.iter().filter(|rule| rule.resources.iter().any(|one| one == "nodes")).count();
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
