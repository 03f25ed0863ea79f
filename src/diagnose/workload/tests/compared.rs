//! What is gone since an earlier check-up, where pods are what showed it.

use super::build::*;
use crate::code::Code;
use crate::evidence::Evidence;
use crate::report::{Comparison, Report};

fn failing_web() -> Evidence {
    let evidence = audit(
        vec![deploy("team/web").names(&["regcred"])],
        vec![secret("team/regcred", &["registry.example.com"])],
    );
    why(fails(evidence, "deploy/web", DENIED))
}

fn compared(mut now: Report, then: &Report) -> Comparison {
    now.compare(then);
    now.comparison.expect("a comparison")
}

#[test]
fn a_pull_that_still_fails_is_not_gone_whatever_is_said_of_it_now() {
    let then = Report::of(&failing_web());
    assert_ne!(then.findings.len(), 0);
    let mut now = Report::of(&failing_web());
    now.findings.iter_mut().for_each(|finding| finding.code = Code::Unknown);
    let comparison = compared(now, &then);
    assert_eq!((comparison.gone.len(), comparison.not_looked_at.len()), (0, then.findings.len()));
}

#[test]
fn a_pull_that_fails_no_more_is_gone() {
    let then = Report::of(&failing_web());
    let mut well = failing_web();
    well.workloads.iter_mut().for_each(|seen| seen.failing.clear());
    assert_eq!(compared(Report::of(&well), &then).gone.len(), then.findings.len());
}
