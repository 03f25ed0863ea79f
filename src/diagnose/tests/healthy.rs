//! What is not known never passes for healthy.

use super::build::*;
use crate::evidence::{Evidence, LastSeen, Outcome, Pull, PullSeen, Step};
use crate::finding::Severity;
use crate::plan::{PlannedNode, SkipReason};
use crate::report::{ExitStatus, NotCheckedState, Report};

fn healthy() -> Evidence {
    let pulls = ["node1", "node2", "node3"].into_iter();
    evidence(pulls.flat_map(|node| [pulled(node), pulled(node).of(SIBLING, 1)]).collect())
}

fn status(evidence: &Evidence, fail_on: Option<Severity>) -> ExitStatus {
    Report::of(evidence).exit_status(fail_on)
}

/// Every way in which a pull can end without having been seen to work.
fn not_successes() -> Vec<Outcome<PullSeen>> {
    let mut pulls: Vec<Pull> = vec![denied("x"), absent("x")];
    for cause in ["an unheard-of failure", "", WRONG_PASSWORD, NOT_FOUND, RATE_LIMITED, TIMED_OUT] {
        pulls.push(failed("x", cause));
    }
    for step in [Step::Create, Step::Schedule, Step::Admit, Step::Sandbox, Step::Watch, Step::Interrupted] {
        pulls.push(broken("x", step, "said"));
        pulls.push(broken("x", step, ""));
    }
    for last_seen in [LastSeen::Planned, LastSeen::Created, LastSeen::Scheduled, LastSeen::Pulling] {
        pulls.push(timed_out("x", last_seen));
    }
    pulls.into_iter().map(|pull| pull.outcome).collect()
}

#[test]
fn where_every_pull_worked_all_is_healthy() {
    let evidence = healthy();
    for fail_on in [None, Some(Severity::Error), Some(Severity::Warning), Some(Severity::Info)] {
        assert_eq!(status(&evidence, fail_on), ExitStatus::Healthy);
    }
    assert_eq!(ExitStatus::Healthy.code(), 0);
    assert!(Report::of(&evidence).not_checked.is_empty());
}

#[test]
fn one_pull_that_was_not_seen_to_work_is_never_healthy() {
    for index in 0..healthy().pulls.len() {
        for outcome in not_successes() {
            let mut evidence = healthy();
            evidence.pulls[index].outcome = outcome;
            for fail_on in [Some(Severity::Error), Some(Severity::Warning), Some(Severity::Info)] {
                let told = status(&evidence, fail_on);
                assert_ne!(told.code(), 0, "{:?} gives {told:?}", evidence.pulls[index].outcome);
            }
        }
    }
}

#[test]
fn what_could_not_be_told_is_incomplete_even_where_no_finding_fails() {
    for pull in [
        denied("node1"),
        absent("node1"),
        broken("node1", Step::Watch, "away"),
        broken("node1", Step::Interrupted, "ended"),
        timed_out("node1", LastSeen::Pulling),
        timed_out("node1", LastSeen::Planned),
    ] {
        let evidence = evidence(vec![pull, pulled("node2")]);
        assert_eq!(status(&evidence, None), ExitStatus::Incomplete);
        assert_eq!(status(&evidence, Some(Severity::Error)), ExitStatus::Incomplete);
    }
    assert_eq!(ExitStatus::Incomplete.code(), 3);
}

#[test]
fn a_failed_pull_is_a_finding_unless_no_finding_is_to_fail() {
    let evidence = evidence(vec![failed("node1", RATE_LIMITED), pulled("node2")]);
    assert_eq!(status(&evidence, Some(Severity::Error)), ExitStatus::Findings);
    assert_eq!(status(&evidence, None), ExitStatus::Healthy, "asked for with --fail-on none");
    assert_eq!(ExitStatus::Findings.code(), 1);
}

#[test]
fn an_unknown_finding_reaches_no_threshold() {
    let evidence = evidence(vec![failed("node1", "an unheard-of failure")]);
    assert_eq!(status(&evidence, Some(Severity::Info)), ExitStatus::Incomplete);
}

#[test]
fn a_warning_fails_only_where_warnings_are_to_fail() {
    let evidence = evidence(vec![pulled("node1").missing("regcred")]);
    assert_eq!(status(&evidence, Some(Severity::Error)), ExitStatus::Healthy);
    assert_eq!(status(&evidence, Some(Severity::Warning)), ExitStatus::Findings);
}

#[test]
fn an_interrupted_run_is_one_whatever_it_found() {
    for pull in [pulled("node1"), failed("node1", RATE_LIMITED)] {
        let mut evidence = evidence(vec![pull]);
        evidence.run.interrupted = true;
        assert_eq!(status(&evidence, Some(Severity::Error)), ExitStatus::Interrupted);
    }
    assert_eq!(ExitStatus::Interrupted.code(), 130);
}

#[test]
fn what_the_plan_left_out_is_told_and_does_not_fail() {
    let mut evidence = healthy();
    evidence.plan.nodes.push(PlannedNode { name: "fargate".into(), skip: skip(SkipReason::Virtual) });
    evidence.plan.sampled_of = Some(40);
    let report = Report::of(&evidence);
    let told: Vec<_> = report.not_checked.iter().map(|item| (item.what.as_str(), item.state)).collect();
    assert_eq!(
        told,
        [("node/fargate", NotCheckedState::LeftOut), ("36 other nodes", NotCheckedState::LeftOut)]
    );
    assert_eq!(report.exit_status(Some(Severity::Error)), ExitStatus::Healthy);
}

#[test]
fn a_node_of_the_plan_without_a_pull_is_not_healthy() {
    let mut evidence = healthy();
    evidence.pulls.truncate(2);
    assert_ne!(status(&evidence, Some(Severity::Error)).code(), 0);
    evidence.pulls.clear();
    assert_ne!(status(&evidence, Some(Severity::Error)).code(), 0);
}
