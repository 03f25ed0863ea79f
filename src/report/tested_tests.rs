//! Reports of one question, put together.

use crate::code::Code;
use crate::diagnose::tests::build::{evidence, failed};
use crate::finding::{Finding, Subject};
use crate::report::{Report, Row};

fn report(finding: Finding) -> Report {
    let mut report = Report::of(&evidence(vec![failed("node1", "x")]));
    report.findings = vec![finding];
    report
}

fn finding(code: Code, certain: bool, evidence: &str) -> Finding {
    let subject = Subject { name: "secret/regcred".into(), ..Subject::default() };
    let mut finding = Finding::new(code, subject, "…");
    finding.certain = certain;
    finding.also_possible =
        if certain { Vec::new() } else { vec![Code::StaleCredential, Code::AccountLocked] };
    finding.evidence = vec![evidence.into()];
    finding
}

#[test]
fn a_certain_test_settles_what_was_only_possible() {
    let mut told = report(finding(Code::CredentialRejected, false, "pod/a"));
    told.add(report(finding(Code::StaleCredential, true, "probe/a")));
    let codes: Vec<Code> = told.findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::StaleCredential]);
    assert_eq!(told.findings[0].evidence, ["probe/a", "pod/a"]);
}

#[test]
fn an_uncertain_test_and_another_cause_stand_beside_it() {
    let mut told = report(finding(Code::CredentialRejected, false, "pod/a"));
    told.add(report(finding(Code::StaleCredential, false, "probe/a")));
    told.add(report(finding(Code::NodeDiskFull, true, "probe/b")));
    assert_eq!(told.findings.len(), 3);
}

#[test]
fn what_is_written_down_explains_the_run_that_only_saw_the_refusal() {
    let of = |code, evidence| {
        let mut finding = finding(code, true, evidence);
        finding.subject.images = vec!["registry.example.com/team/app:1".into()];
        finding
    };
    let mut told = report(of(Code::PullSecretNotReferenced, "pod/team/a/app"));
    let mut run = report(of(Code::NoCredential, "pull/a"));
    run.plan.namespace = "team".into();
    told.add(run);
    let codes: Vec<Code> = told.findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::PullSecretNotReferenced]);
    assert_eq!(told.findings[0].evidence, ["pod/team/a/app", "pull/a"]);
    let mut other = of(Code::NoCredential, "pull/b");
    other.subject.images = vec!["registry.example.com/team/other:1".into()];
    told.add(report(other));
    assert_eq!(told.findings.len(), 2);
}

#[test]
fn tests_of_two_runs_on_one_node_are_told_apart() {
    let of_run = |run: &str| {
        let mut report = report(finding(Code::CredentialRejected, true, "pull/node1/0"));
        report.run.id = run.into();
        report.findings[0].subject.name = format!("secret/{run}");
        report
    };
    let mut told = of_run("a");
    told.add(of_run("b"));
    told.add(of_run("c"));
    let ids: Vec<&str> = told.results.iter().filter_map(Row::test_id).collect();
    assert_eq!(ids, ["pull/node1/0", "pull/node1/0#b", "pull/node1/0#c"]);
    let evidence: Vec<&str> = told.findings.iter().map(|one| one.evidence[0].as_str()).collect();
    assert_eq!(evidence, ids);
}

#[test]
fn the_same_stands_once() {
    let mut told = report(finding(Code::CredentialRejected, true, "pod/a"));
    told.add(report(finding(Code::CredentialRejected, true, "probe/a")));
    assert_eq!(told.findings.len(), 1);
    assert_eq!(told.findings[0].evidence, ["pod/a", "probe/a"]);
}

#[test]
fn a_test_that_is_not_certain_either_narrows_what_was_left_open() {
    let mut told = report(finding(Code::CredentialRejected, false, "pod/a"));
    let mut narrower = finding(Code::CredentialRejected, false, "probe/a");
    narrower.also_possible = vec![Code::AccountLocked, Code::PermissionDenied];
    narrower.settle_by = Some("a fresh login".into());
    told.add(report(narrower));
    assert_eq!(told.findings.len(), 1);
    assert_eq!(told.findings[0].also_possible, [Code::AccountLocked]);
    assert_eq!(told.findings[0].settle_by.as_deref(), Some("a fresh login"));
}

#[test]
fn secrets_of_one_name_in_two_namespaces_are_two() {
    let of = |namespace: &str, certain, evidence: &str| {
        let mut finding = finding(Code::CredentialRejected, certain, evidence);
        finding.subject.namespace = namespace.into();
        finding
    };
    let tested = |namespace: &str, certain| {
        let mut report = report(finding(Code::CredentialRejected, certain, "probe/b"));
        report.plan.namespace = namespace.into();
        report
    };
    for certain in [false, true] {
        let mut told = report(of("one", false, "pod/one/a"));
        told.add(tested("two", certain));
        let namespaces: Vec<&str> = told.findings.iter().map(|one| one.subject.namespace.as_str()).collect();
        assert_eq!(namespaces, ["one", "two"]);
        told.add(tested("one", certain));
        assert_eq!(told.findings.len(), 2);
    }
}

#[test]
fn a_part_that_could_not_be_done_keeps_a_check_up_from_being_healthy() {
    use crate::evidence::{Outcome, Step, Unread};
    use crate::report::{ExitStatus, NotCheckedState};
    use crate::text::Clean;
    let well = || evidence(vec![crate::diagnose::tests::build::pulled("node1")]);
    let report = Report::of_all(&[well(), well()]).unwrap();
    assert_eq!((report.results.len(), report.exit_status(None)), (2, ExitStatus::Healthy));
    let mut first = well();
    first.unread.push(Unread {
        what: "the nodes' clocks".into(),
        outcome: Outcome::Failed { step: Step::Read, message: Clean::new("no answer") },
        settled_by: Clean::default(),
    });
    let report = Report::of_all(&[first, well()]).unwrap();
    assert_eq!(report.not_checked[0].state, NotCheckedState::Failed);
    assert_eq!(report.exit_status(None), ExitStatus::Incomplete);
    assert!(Report::of_all(&[]).is_none());
}
