//! Pull secrets that are named and not there.

use super::build::*;
use crate::code::Code::*;
use crate::evidence::workloads::Workload;
use crate::finding::Severity;

#[test]
fn a_missing_pull_secret_is_told_with_who_names_it_and_where_else_it_is() {
    let evidence =
        audit(vec![deploy("team/web").names(&["regcred"])], vec![absent("team/regcred", &["a", "b"])]);
    let finding = only_of(PullSecretMissing, &evidence);
    assert_eq!((finding.severity, finding.certain), (Severity::Error, true));
    assert_eq!(finding.subject.name, "secret/regcred");
    for words in ["namespace team", "deploy/web names it", "a and b"] {
        assert!(finding.cause.contains(words), "{words}: {}", finding.cause);
    }
    assert!(finding.fixes[0].command.starts_with("kubectl -n a get secret regcred"), "{:?}", finding.fixes);
    assert!(finding.evidence.contains(&"secret/team/regcred".to_string()));
    assert!(finding.evidence.contains(&"workload/team/Deployment/web".to_string()));
}

#[test]
fn a_copy_is_taken_from_where_pulls_work_with_it_and_never_from_where_they_are_refused() {
    let of = |others: &[&str], c1: Workload| {
        let workloads =
            vec![deploy("c0/web").names(&["regcred"]), c1, deploy("team/web").names(&["regcred"])];
        let mut secrets = vec![absent("team/regcred", others)];
        secrets
            .extend(["c0", "c1"].map(|space| secret(&format!("{space}/regcred"), &["registry.example.com"])));
        let mut evidence = audit(workloads, secrets);
        let seen = evidence.workloads.as_mut().unwrap();
        seen.failing = vec![failing(&seen.workloads[0], REFUSED)];
        let missing = found(&evidence).into_iter().find(|one| one.code == PullSecretMissing).unwrap();
        missing.fixes[0].command.clone()
    };
    let works = || deploy("c1/web").names(&["regcred"]).runs();
    let untried = || deploy("c1/web").names(&["regcred"]);
    assert!(of(&["c0", "c1"], works()).starts_with("kubectl -n c1 get secret regcred"));
    assert!(of(&["c0", "c1"], untried()).starts_with("kubectl -n c1 get secret regcred"));
    assert!(of(&["a", "c0", "c1"], works()).starts_with("kubectl -n c1 get secret regcred"));
    assert!(of(&["c0"], works()).starts_with("kubectl -n team create secret generic regcred"));
}

#[test]
fn a_secret_of_forty_deployments_is_one_finding() {
    let workloads = (0..40).map(|n| deploy(&format!("team/web{n:02}"))).collect();
    let evidence = with_accounts(
        workloads,
        vec![absent("team/regcred", &[])],
        vec![account("team/default", &["regcred"])],
    );
    let finding = only_of(PullSecretMissing, &evidence);
    assert!(finding.cause.contains("serviceaccount/default names it for deploy/web00"), "{}", finding.cause);
    assert!(finding.cause.contains("and 37 more"), "{}", finding.cause);
    assert_eq!(finding.evidence.iter().filter(|id| id.starts_with("workload/")).count(), 40);
}

#[test]
fn names_in_two_namespaces_are_two_causes() {
    let workloads = vec![deploy("a/web").names(&["regcred"]), deploy("b/web").names(&["regcred"])];
    let evidence = audit(workloads, vec![absent("a/regcred", &[]), absent("b/regcred", &[])]);
    assert_eq!(found(&evidence).len(), 2);
}

#[test]
fn it_is_a_warning_where_pods_run_all_the_same() {
    let runs = deploy("team/web").names(&["regcred"]).runs();
    let missing = || vec![absent("team/regcred", &[])];
    let harmless = only(&audit(vec![runs.clone()], missing()));
    assert_eq!(harmless.severity, Severity::Warning);
    assert!(harmless.cause.ends_with(" Pulls work all the same."), "{}", harmless.cause);
    let stopped = deploy("team/other").names(&["regcred"]).of(&["registry.example.com/team/other:1"]);
    assert_eq!(only(&audit(vec![runs, stopped], missing())).severity, Severity::Error);
}

#[test]
fn another_secret_that_matches_makes_it_a_warning() {
    let workload = deploy("team/web").names(&["regcred", "good"]);
    let secrets = vec![absent("team/regcred", &[]), secret("team/good", &["registry.example.com"])];
    let finding = only_of(PullSecretMissing, &audit(vec![workload], secrets));
    assert_eq!(finding.severity, Severity::Warning);
    assert!(!finding.cause.contains("work all the same"), "nothing was pulled: {}", finding.cause);
}

#[test]
fn another_secret_that_has_expired_helps_nobody() {
    let workload = deploy("team/web").names(&["regcred", "old"]);
    let old = secret("team/old", &["registry.example.com"]).ends(ago(5));
    let found = found(&audit(vec![workload], vec![absent("team/regcred", &[]), old]));
    let missing = found.iter().find(|one| one.code == PullSecretMissing).unwrap();
    assert_eq!(missing.severity, Severity::Error);
}

#[test]
fn a_pull_that_fails_for_another_reason_is_not_explained_by_it() {
    let evidence = audit(vec![deploy("team/web").names(&["regcred"])], vec![absent("team/regcred", &[])]);
    let refused = only_of(PullSecretMissing, &all_fail(evidence.clone(), DENIED));
    assert_eq!(refused.severity, Severity::Error);
    assert!(refused.evidence.contains(&"pod/team/deploy-web-x/app".to_string()), "{refused:?}");
    assert_eq!((refused.subject.nodes.len(), refused.messages.len()), (1, 1));
    let silent = only_of(PullSecretMissing, &all_fail(evidence, TIMED_OUT));
    assert_eq!(silent.severity, Severity::Warning);
    assert!(silent.evidence.iter().all(|id| !id.starts_with("pod/")), "{silent:?}");
}

#[test]
fn a_secret_that_may_not_be_read_is_missing_if_kubelets_say_so() {
    let workload = deploy("team/web").names(&["regcred"]);
    let mut evidence = all_fail(audit(vec![workload], vec![hidden("team/regcred")]), DENIED);
    let seen = evidence.workloads.as_mut().unwrap();
    seen.failing[0].missing_pull_secrets = vec!["regcred".into()];
    let one = only_of(PullSecretMissing, &evidence);
    assert!(!one.certain && one.settle_by.is_some());
    let seen = evidence.workloads.as_mut().unwrap();
    let mut second = seen.failing[0].clone();
    second.id.push('2');
    second.node = "node2".into();
    seen.failing.push(second);
    assert!(only_of(PullSecretMissing, &evidence).certain);
}

#[test]
fn jobs_that_ended_and_accounts_that_are_overruled_name_nothing() {
    let mut job = deploy("team/once").names(&["regcred"]);
    job.name = "job/once".into();
    job.active = false;
    let own = deploy("team/web").names(&["good"]);
    let evidence = with_accounts(
        vec![job, own],
        vec![absent("team/regcred", &[]), secret("team/good", &["registry.example.com"])],
        vec![account("team/default", &["regcred"])],
    );
    assert!(found(&evidence).is_empty(), "{:#?}", found(&evidence));
}

#[test]
fn why_speaks_of_workloads_that_fail_alone() {
    let workloads = vec![deploy("team/web").names(&["regcred"]), deploy("team/other").names(&["gone"])];
    let evidence = audit(workloads, vec![absent("team/regcred", &[]), absent("team/gone", &[])]);
    assert_eq!(found(&evidence).len(), 2);
    let told = told(&why(fails(evidence, "deploy/web", DENIED)));
    assert!(told.contains(&(PullSecretMissing, "secret/regcred".into())), "{told:?}");
    assert!(!told.iter().any(|(_, subject)| subject == "secret/gone"), "{told:?}");
}
