//! What a test that works says of pods that still wait.

use super::build::*;
use crate::code::Code;
use crate::diagnose::tests::build::{evidence, failed, pulled};
use crate::evidence::{Evidence, Pull};
use crate::finding::Severity;
use crate::report::{ExitStatus, Report};

fn failing_web() -> Evidence {
    let secrets = vec![secret("team/regcred", &["registry.example.com"])];
    let evidence = audit(vec![deploy("team/web").names(&["regcred"])], secrets);
    why(fails(evidence, "deploy/web", REFUSED))
}

/// A test as a workload, on the node where its pod fails.
fn tested(workload: &str, make: fn(&str) -> Pull) -> Evidence {
    let node = failing_web().workloads.unwrap().failing[0].node.clone();
    let mut test = evidence(vec![Pull { image: APP.into(), ..make(&node) }]);
    (test.plan.identity.name, test.plan.namespace) = (workload.into(), "team".into());
    test
}

fn well(node: &str) -> Pull {
    pulled(node)
}

fn ill(node: &str) -> Pull {
    failed(node, "401 Unauthorized")
}

#[test]
fn a_refusal_that_a_test_of_the_same_pull_does_not_get_is_a_warning_that_says_so() {
    let mut told = Report::of(&failing_web());
    let before = told.findings[0].clone();
    assert_eq!((before.severity, before.code.is_registrys_answer()), (Severity::Error, true));
    told.add(Report::of(&tested("deploy/web", well)));
    let after = &told.findings[0];
    assert_eq!((after.code, after.severity), (before.code, Severity::Warning));
    assert!(after.cause.starts_with(&before.cause) && after.cause.contains("works now"), "{}", after.cause);
    assert!(after.fixes[0].command.starts_with("kubectl -n team delete pod "), "{}", after.fixes[0].command);
    // It is still no healthy cluster.
    assert_eq!(told.exit_status(Some(Severity::Warning)), ExitStatus::Findings);
}

#[test]
fn tests_of_others_and_tests_that_fail_leave_it_as_it_is() {
    for test in [tested("deploy/api", well), tested("deploy/web", ill)] {
        let mut told = Report::of(&failing_web());
        told.add(Report::of(&test));
        assert!(told.findings.iter().all(|one| !one.cause.contains("works now")));
        assert_eq!(told.findings[0].severity, Severity::Error);
    }
}

#[test]
fn an_image_that_is_not_there_needs_no_secret_that_nothing_names() {
    let not_found = "failed to pull and unpack image \"registry.example.com/team/app:1\": failed to resolve reference \
                     \"registry.example.com/team/app:1\": registry.example.com/team/app:1: not found";
    let secrets = vec![secret("team/regcred", &["registry.example.com"])];
    let mut evidence = audit(vec![deploy("team/web")], secrets);
    let seen = evidence.workloads.as_mut().unwrap();
    seen.service_accounts.push(account("team/default", &[]));
    let report = Report::of(&why(fails(evidence, "deploy/web", not_found)));
    let codes: Vec<Code> = report.findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::ImageNotFound]);
}
