//! What stands below a table: the summary and the findings.

use super::*;
use regauth::finding::{Finding, Subject};
use regauth::report::{NotChecked, NotCheckedState, Rate, SeriesRow, UPLOAD_LEFT};

#[test]
fn a_repeated_push_tells_its_rate_with_the_interval() {
    let mut row = probe("node1", Network::Pod, Verdict::Failed);
    row.action = Action::Push;
    row.series = Some(SeriesRow {
        asked: 20,
        accepted: 18,
        refused: 2,
        failed: 0,
        refusal_rate: Rate::new(2, 20),
        stopped: None,
    });
    let mut report = report(Action::Push, &[Check::ProbePod], vec![Row::Probe(row)]);
    report.plan.probe = Some(ProbePlan { repeat: 20, interval_ms: 500, ..ProbePlan::default() });
    let text = rendered(&report, Some(200), false);
    assert!(text.contains("from node1: 20 of 20 pushes"), "{text}");
    assert!(
        text.contains("500ms apart: 18 accepted, 2 refused, 0 not told. Refused: 10 % (95 % confidence:"),
        "{text}"
    );
}

#[test]
fn a_finding_of_a_probe_says_who_said_what() {
    let subject = Subject {
        name: "secret/regcred".into(),
        images: vec![IMAGE.into()],
        nodes: vec!["node1".into()],
        ..Subject::default()
    };
    let mut finding =
        Finding::new(Code::CredentialRejected, subject, "r.example.com refused the user and secret.");
    finding.messages = vec![Clean::new("incorrect username or password")];
    finding.evidence = vec!["probe/node1/node/0".into()];
    let mut report = report(
        Action::Pull,
        &[Check::ProbeNode],
        vec![Row::Probe(probe("node1", Network::Node, Verdict::Failed))],
    );
    report.findings = vec![finding];
    let text = rendered(&report, Some(100), false);
    assert!(text.contains("CredentialRejected (error): secret/regcred on node1"), "{text}");
    assert!(text.contains("  said: incorrect username or password"), "{text}");
}

#[test]
fn what_was_not_tested_is_no_part_of_what_worked() {
    let rows =
        vec![pull("node1", Verdict::Ok), pull("node2", Verdict::NotTested), pull("node3", Verdict::Failed)];
    let text = rendered(&report(Action::Pull, &[Check::Kubelet], rows), Some(120), false);
    assert!(text.contains("1 of 3 pulls worked, 1 not tested, in namespace team"), "{text}");
    let rows = vec![pull("node1", Verdict::NotTested)];
    let text = rendered(&report(Action::Pull, &[Check::Kubelet], rows), Some(120), false);
    assert!(text.contains("Nothing was tested, in namespace team"), "{text}");
}

#[test]
fn a_pipe_gets_every_finding_that_is_not_its_rows_own() {
    let finding = |code: Code| {
        let subject = Subject {
            name: code.to_string(),
            images: vec![IMAGE.into()],
            nodes: Vec::new(),
            ..Subject::default()
        };
        let mut finding = Finding::new(code, subject, "a cause");
        finding.evidence = vec!["probe/node1/node/0".into()];
        finding
    };
    let mut row = probe("node1", Network::Node, Verdict::Failed);
    row.evidence = "probe/node1/node/0".into();
    row.code = Some(Code::CredentialRejected);
    let mut report = report(Action::Pull, &[Check::ProbeNode], vec![Row::Probe(row)]);
    report.findings = vec![finding(Code::CredentialRejected), finding(Code::PermissionDenied)];
    let piped = rendered(&report, None, false);
    assert!(piped.contains("# error PermissionDenied"), "{piped}");
    assert!(!piped.contains("# error CredentialRejected"), "{piped}");
}

#[test]
fn an_upload_that_is_left_is_a_note() {
    let mut row = probe("node1", Network::Pod, Verdict::Ok);
    row.action = Action::Push;
    let mut report = report(Action::Push, &[Check::ProbePod], vec![Row::Probe(row)]);
    report.not_checked.push(NotChecked {
        what: format!("{UPLOAD_LEFT} r/team/app by the probe on node1 from the pod network"),
        state: NotCheckedState::LeftOut,
        why: "the upload could not be cancelled (HTTP 401); the registry drops it by itself".into(),
    });
    let text = rendered(&report, Some(200), false);
    assert!(text.contains("note: cancelling the upload to r/team/app by the probe on node1"), "{text}");
    assert!(text.contains("(HTTP 401); the registry drops it by itself.\n"), "{text}");
}
