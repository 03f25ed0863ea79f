//! Pulls that a registry refuses while only what is written down was asked for.

use super::build::*;
use crate::code::Code::*;
use crate::evidence::workloads::PullState;
use crate::report::{Report, Verdict};

fn of_regcred() -> crate::evidence::Evidence {
    audit(
        vec![deploy("team/web").names(&["regcred"])],
        vec![secret("team/regcred", &["registry.example.com"])],
    )
}

fn result(evidence: &crate::evidence::Evidence) -> Verdict {
    Report::of(evidence).audits().next().unwrap().result
}

#[test]
fn a_refused_credential_is_a_finding_of_the_audit_and_its_row_fails() {
    let evidence = all_fail(of_regcred(), REFUSED);
    let finding = only_of(CredentialRejected, &evidence);
    assert_eq!(finding.subject.name, "secret/regcred");
    assert_eq!(
        finding.cause,
        "registry.example.com refused the user and secret of secret/regcred (user ci) in namespace team \
         (pod/deploy-web-x of deploy/web on node1)."
    );
    let report = Report::of(&evidence);
    let row = report.audits().next().unwrap();
    assert_eq!((row.result, row.failing, row.code), (Verdict::Failed, 1, Some(CredentialRejected)));
}

#[test]
fn a_pull_that_fails_for_another_reason_is_no_finding_and_its_row_fails_all_the_same() {
    let evidence = all_fail(of_regcred(), TIMED_OUT);
    assert!(found(&evidence).is_empty());
    assert_eq!(result(&evidence), Verdict::Failed);
    assert_eq!(result(&of_regcred()), Verdict::Ok);
}

#[test]
fn what_started_all_the_same_is_not_told_by_an_audit() {
    let mut evidence = all_fail(of_regcred(), REFUSED);
    evidence.workloads.as_mut().unwrap().failing[0].state = PullState::StartedAllTheSame;
    assert!(found(&evidence).is_empty());
}

#[test]
fn what_a_secret_holds_that_may_not_be_read_is_not_known() {
    let evidence = audit(vec![deploy("team/web").names(&["bad"])], vec![hidden("team/bad")]);
    let evidence = all_fail(evidence, DENIED);
    for evidence in [evidence.clone(), why(evidence)] {
        let finding = only_of(CredentialRejected, &evidence);
        assert!(!finding.certain && finding.also_possible.contains(&NoCredential), "{finding:#?}");
        assert!(
            finding.cause.starts_with(
                "registry.example.com asks for a credential or refuses that of secret/bad in namespace team, which could \
                 not be read: whether it fits is not known"
            ),
            "{}",
            finding.cause
        );
        assert_eq!(finding.subject.name, "secret/bad");
        let commands: Vec<&str> = finding.fixes.iter().map(|fix| fix.command.as_str()).collect();
        assert_eq!(commands, ["kubectl -n team get secret bad"]);
        assert!(finding.settle_by.is_some());
    }
}
