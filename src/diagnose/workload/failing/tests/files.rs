//! Evidence as it is kept in files, one story each.

use std::path::Path;

use super::build::judged;
use crate::code::Code;
use crate::evidence::Evidence;
use crate::finding::{Finding, Severity};

type Told = (Code, &'static str, Severity, bool);

fn read(name: &str) -> Evidence {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/evidence");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the file gives: this alone.
fn gives(name: &str, (code, subject, severity, certain): Told) -> Finding {
    let mut found = judged(&read(name));
    let told: Vec<_> =
        found.iter().map(|one| (one.code, one.subject.name.as_str(), one.severity, one.certain)).collect();
    assert_eq!(told, [(code, subject, severity, certain)], "{name}: {found:#?}");
    found.remove(0)
}

#[test]
fn one_of_two_deployments_lacks_its_pull_secret() {
    let finding = gives(
        "one-of-two-deployments-lacks-its-pull-secret",
        (Code::NoCredential, "serviceaccount/default", Severity::Error, false),
    );
    assert!(finding.also_possible.contains(&Code::PullSecretNotReferenced));
    assert!(finding.cause.contains("2 pods of deploy/worker, on 2 nodes"), "{}", finding.cause);
}

#[test]
fn a_stale_credential_for_a_public_registry() {
    let finding = gives(
        "stale-credential-for-a-public-registry",
        (Code::StaleCredential, "secret/ecr-public", Severity::Error, true),
    );
    assert!(finding.fixes.iter().any(|fix| fix.command.ends_with("--no-pull-secret")), "{:?}", finding.fixes);
}

#[test]
fn a_sync_pod_at_docker_hubs_limit() {
    let finding = gives(
        "sync-pod-at-docker-hubs-limit",
        (Code::RateLimited, "registry/docker.io", Severity::Error, true),
    );
    assert!(finding.cause.contains("cronjob/sync in namespace team pulls without one"), "{}", finding.cause);
    assert!(finding.fixes[0].command.contains("jobTemplate"), "{:?}", finding.fixes);
}

#[test]
fn one_node_alone_fails() {
    let finding = gives(
        "one-node-alone-fails",
        (Code::EgressBlocked, "registry/registry.example.com", Severity::Error, false),
    );
    assert_eq!(finding.subject.nodes, ["node3"]);
    assert_eq!(finding.evidence.len(), 2, "both workloads of the node");
}

#[test]
fn the_events_have_expired() {
    let finding = gives("events-have-expired", (Code::Unknown, "deploy/web", Severity::Unknown, false));
    assert!(finding.settle_by.unwrap().contains("--probe"));
}
