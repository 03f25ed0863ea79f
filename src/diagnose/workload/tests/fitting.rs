//! Which of several Secrets is named to a workload that lacks one.

use super::build::*;
use crate::code::Code::*;
use crate::evidence::Evidence;
use crate::evidence::workloads::{PullSecret, Workload};

const FORBIDDEN: &str = "failed to pull and unpack image \"registry.example.com/team/app:1\": failed to resolve image: \
    unexpected status from HEAD request to https://registry.example.com/v2/team/app/manifests/1: 403 Forbidden";

fn for_registry(names: &[&str]) -> Vec<PullSecret> {
    names.iter().map(|name| secret(&format!("team/{name}"), &["registry.example.com"])).collect()
}

/// `deploy/plain` lacks a Secret, beside these.
fn beside(mut others: Vec<Workload>, secrets: &[&str]) -> Evidence {
    others.push(deploy("team/plain"));
    fails(audit(others, for_registry(secrets)), "deploy/plain", DENIED)
}

fn named(evidence: &Evidence) -> String {
    let mut found = found(evidence);
    found.retain(|finding| finding.code == PullSecretNotReferenced);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0).cause
}

#[test]
fn a_secret_that_the_registry_refuses_is_not_recommended() {
    let bad = deploy("team/bad").names(&["bad"]);
    let both = deploy("team/badok").names(&["bad", "ok"]).runs();
    let evidence = fails(beside(vec![bad.clone(), both], &["bad", "ok"]), "deploy/bad", REFUSED);
    let cause = named(&evidence);
    assert!(cause.contains("secret/ok, which has an entry for it and is used by deploy/badok"), "{cause}");
    // One that nobody uses is better than one that is refused.
    let evidence = fails(beside(vec![bad.clone()], &["bad", "good"]), "deploy/bad", REFUSED);
    assert!(named(&evidence).contains("secret/good, which has an entry for it."));
    let alone = fails(beside(vec![bad], &["bad"]), "deploy/bad", REFUSED);
    assert!(!told(&alone).iter().any(|(code, _)| *code == PullSecretNotReferenced), "{:?}", told(&alone));
}

#[test]
fn a_secret_with_which_pods_run_comes_before_one_that_is_only_named() {
    let untried = deploy("team/a").names(&["a-new"]).of(&["registry.example.com/team/a:1"]);
    let runs = deploy("team/z").names(&["z-old"]).runs();
    let cause = named(&beside(vec![untried, runs], &["a-new", "z-old"]));
    assert!(cause.contains("secret/z-old") && cause.contains("is used by deploy/z"), "{cause}");
    let both = deploy("team/both").names(&["a", "b"]).runs();
    let alone = deploy("team/one").names(&["b"]).runs();
    let cause = named(&beside(vec![both, alone], &["a", "b"]));
    assert!(cause.contains("secret/b") && cause.contains("is used by deploy/one"), "{cause}");
}

#[test]
fn a_right_that_lacks_for_one_repository_says_nothing_of_others() {
    let other = deploy("team/other").names(&["regcred"]).of(&["registry.example.com/team/other:1"]);
    let words = FORBIDDEN.replace("team/app", "team/other");
    let evidence = fails(beside(vec![other], &["regcred"]), "deploy/other", &words);
    assert!(named(&evidence).contains("secret/regcred"));
    let same = deploy("team/other").names(&["regcred"]);
    let evidence = fails(beside(vec![same], &["regcred"]), "deploy/other", FORBIDDEN);
    assert!(!told(&evidence).iter().any(|(code, _)| *code == PullSecretNotReferenced));
}

#[test]
fn a_secret_that_a_kubelet_did_not_find_was_not_refused() {
    let late = deploy("team/late").names(&["regcred"]);
    let mut evidence = fails(beside(vec![late], &["regcred"]), "deploy/late", DENIED);
    let seen = evidence.workloads.as_mut().unwrap();
    let pull = seen.failing.iter_mut().find(|pull| pull.pod.contains("late")).unwrap();
    pull.missing_pull_secrets = vec!["regcred".into()];
    assert!(named(&evidence).contains("secret/regcred"));
}
