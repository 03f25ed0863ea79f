//! Cores that do not answer, and what could not be read.

use super::build::*;
use crate::code::Code;
use crate::evidence::harbor::seen::Via;
use crate::evidence::harbor::{PodState, Unread};
use crate::evidence::probe::{ExchangeResult, ExchangeStep};
use crate::evidence::{Evidence, Outcome};
use crate::finding::Severity;
use crate::report::{ExitStatus, NotCheckedState, Report, Verdict};
use crate::text::Clean;

#[test]
fn a_core_that_does_not_answer_is_named() {
    let mut evidence = harbor(&[A, A, A]);
    silence(&mut evidence, 2);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::HarborCoreUnreachable, true));
    assert_eq!(finding.subject.name, format!("pod/{}", name(2)));
    assert!(finding.fixes.iter().any(|fix| fix.command.contains("logs")));
}

#[test]
fn where_no_core_answers_it_may_be_the_way() {
    let mut evidence = harbor(&[A, A]);
    silence(&mut evidence, 1);
    silence(&mut evidence, 2);
    let findings = crate::diagnose::diagnose(&evidence);
    assert!(
        findings.iter().all(|finding| !finding.certain && finding.also_possible == [Code::EgressBlocked])
    );
    seen(&mut evidence).via = Via::PortForward;
    assert!(crate::diagnose::diagnose(&evidence).iter().all(|finding| finding.certain));
}

#[test]
fn a_pod_that_is_starting_in_a_rollout_is_a_warning_and_one_that_ends_is_nothing() {
    let mut evidence = harbor(&[A, A, A]);
    silence(&mut evidence, 3);
    shown(&mut evidence).cores[2].state = PodState::Unready;
    assert_eq!(only(&evidence).severity, Severity::Error);
    rollout(&mut evidence, false);
    assert_eq!(only(&evidence).severity, Severity::Warning);
    shown(&mut evidence).cores[2].state = PodState::Terminating;
    assert_eq!(codes(&evidence), []);
}

#[test]
fn what_answers_as_no_core_does_is_told_apart() {
    for (status, code) in [(404, Code::UnexpectedResponder), (503, Code::HarborCoreUnreachable)] {
        let mut evidence = harbor(&[A, A]);
        seen(&mut evidence).cores[1].token =
            answered(crate::evidence::probe::ExchangeStep::PullToken, answer(status, "", ""));
        let finding = only(&evidence);
        assert_eq!((finding.code, finding.certain), (code, false), "{status}");
    }
}

#[test]
fn refused_reads_are_one_finding_with_the_rights() {
    let mut evidence = harbor(&[A, A]);
    let denied = |what: &str, right: &str| Unread {
        what: what.into(),
        outcome: Outcome::Denied { status: 403, message: Clean::new("forbidden") },
        settled_by: Clean::new(right),
    };
    shown(&mut evidence).unread =
        vec![denied("secret/harbor-core", "get secrets"), denied("checksums", "create pods/exec")];
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::NotPermitted, Severity::Unknown));
    assert!(finding.cause.contains("get secrets and create pods/exec"), "{}", finding.cause);
    let report = Report::of(&evidence);
    let denied = report.not_checked.iter().filter(|item| item.state == NotCheckedState::Denied);
    assert_eq!(denied.count(), 2, "{:?}", report.not_checked);
}

#[test]
fn what_was_not_asked_for_is_left_out_with_its_flag() {
    let mut evidence = harbor(&[A, A]);
    assert_eq!(Report::of(&evidence).not_checked, []);
    evidence.plan.harbor = Some(crate::plan::HarborPlan::default());
    let report = Report::of(&evidence);
    assert!(report.not_checked.iter().all(|item| item.state == NotCheckedState::LeftOut));
    let why: Vec<&str> = report.not_checked.iter().map(|item| item.why.as_str()).collect();
    assert!(
        why.iter().any(|why| why.contains("--exec")) && why.iter().any(|why| why.contains("--logs")),
        "{why:?}"
    );
}

#[test]
fn an_anonymous_matrix_over_a_private_library_says_that_it_says_nothing() {
    let mut evidence = harbor(&[A, A]);
    matrix(&mut evidence, |_, _| false);
    let matrix = seen(&mut evidence).matrix.as_mut().unwrap();
    matrix.method = crate::evidence::harbor::seen::Method::Anonymous;
    for control in &mut matrix.controls {
        (control.status, control.holds) = (Some(401), false);
    }
    let report = Report::of(&evidence);
    assert_eq!(report.findings, []);
    let [item] = report.not_checked.as_slice() else { panic!("{:?}", report.not_checked) };
    assert_eq!(item.state, NotCheckedState::Failed);
    assert!(item.why.contains("library") && item.why.contains("--pull-secret"), "{}", item.why);
}

#[test]
fn a_pod_that_is_not_ready_and_was_not_asked_is_told_and_a_ready_one_is_not_checked() {
    let mut evidence = harbor(&[A, A, A]);
    seen(&mut evidence).cores.pop();
    let report = Report::of(&evidence);
    assert_eq!(report.findings, []);
    assert!(report.not_checked.iter().any(|item| item.what == format!("core {}", name(3))));
    let pod = &mut shown(&mut evidence).cores[2];
    (pod.state, pod.restarts) = (PodState::Unready, 7);
    let finding = only(&evidence);
    assert_eq!(finding.code, Code::HarborCoreUnreachable);
    assert!(finding.cause.contains("after 7 restarts"), "{}", finding.cause);
}

#[test]
fn a_core_that_stops_answering_during_the_run_is_not_all_right() {
    let mut evidence = harbor(&[A, A]);
    assert_eq!(codes(&evidence), []);
    let broke = ExchangeResult::Broken { message: Clean::new("connection closed") };
    seen(&mut evidence).cores[1].stopped = Some(exchange(ExchangeStep::Info, broke));
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::HarborCoreUnreachable, false));
    assert_eq!(finding.subject.name, format!("pod/{}", name(2)));
    assert!(finding.cause.contains("at first") && finding.settle_by.is_some(), "{}", finding.cause);
    let report = Report::of(&evidence);
    assert_eq!(report.cores().map(|row| row.result).collect::<Vec<_>>(), [Verdict::Ok, Verdict::Failed]);
    shown(&mut evidence).cores[1].state = PodState::Terminating;
    assert_eq!(codes(&evidence), [], "a pod that ends stops answering");
}

#[test]
fn a_run_that_was_cut_short_is_incomplete_and_says_of_what() {
    let mut evidence = harbor(&[A, A]);
    seen(&mut evidence).unasked = vec!["3 of 4 pairs".into(), "27 of 30 requests at the front door".into()];
    let report = Report::of(&evidence);
    assert_eq!(report.findings, []);
    let items: Vec<_> = report.not_checked.iter().map(|item| (item.what.as_str(), item.state)).collect();
    assert_eq!(
        items,
        [
            ("3 of 4 pairs", NotCheckedState::TimedOut),
            ("27 of 30 requests at the front door", NotCheckedState::TimedOut)
        ]
    );
    assert_eq!(report.exit_status(Some(Severity::Error)), ExitStatus::Incomplete);
}

#[test]
fn a_dead_core_says_nothing_of_the_project_library() {
    let mut evidence = harbor(&[A, A]);
    silence(&mut evidence, 2);
    matrix(&mut evidence, |_, _| false);
    let matrix = seen(&mut evidence).matrix.as_mut().unwrap();
    matrix.method = crate::evidence::harbor::seen::Method::Anonymous;
    (matrix.controls[1].status, matrix.controls[1].holds) = (None, false);
    let report = Report::of(&evidence);
    let [item] = report.not_checked.as_slice() else { panic!("{:?}", report.not_checked) };
    assert!(
        item.why.contains("1 of 2 cores did not answer") && !item.why.contains("library"),
        "{}",
        item.why
    );
}

#[test]
fn advice_is_for_the_way_that_the_cores_were_reached() {
    let why = |evidence: &Evidence| {
        Report::of(evidence).not_checked.into_iter().map(|item| item.why).collect::<Vec<_>>().join("\n")
    };
    let mut evidence = by_url(&[(A, 30)]);
    evidence.plan.harbor.as_mut().unwrap().ask.repository = Some("team/app".into());
    let text = why(&evidence);
    assert!(text.contains("--docker-config") && !text.contains("--pull-secret"), "{text}");
    // A login that was withheld: what would settle it, and no word of what the cores gave.
    let mut withheld = login("ci", 200);
    (withheld.exchange, withheld.withheld) = (None, Some(Clean::new("front: it speaks plain HTTP")));
    seen(&mut evidence).login = Some(withheld);
    seen(&mut evidence).front.as_mut().unwrap().url = Clean::new("http://harbor.example.com:8080");
    let text = why(&evidence);
    assert!(
        text.contains("--plain-http harbor.example.com:8080") && !text.contains("no core gave"),
        "{text}"
    );
    seen(&mut evidence).login = Some(login("ci", 401));
    assert!(why(&evidence).contains("the login was refused; not asked"));
}
