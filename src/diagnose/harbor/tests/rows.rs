//! Rows, and the whole in the report.

use super::build::*;
use crate::code::Code;
use crate::evidence::Evidence;
use crate::report::{Report, Verdict};

#[test]
fn a_row_says_of_each_core_what_is_known_and_which_finding_concerns_it() {
    let mut evidence = harbor(&[A, A, B]);
    file(&mut evidence, 1, A);
    let report = Report::of(&evidence);
    let rows: Vec<_> = report.cores().collect();
    let keys: Vec<Option<&str>> = rows.iter().map(|row| row.key.as_deref()).collect();
    assert_eq!(keys, [Some("A"), Some("A"), Some("B")]);
    assert_eq!((rows[0].result, rows[0].code), (Verdict::Ok, None));
    assert_eq!((rows[2].result, rows[2].code), (Verdict::Failed, Some(Code::HarborKeyMismatch)));
    assert_eq!((rows[0].agrees_with_secret, rows[2].agrees_with_secret), (Some(true), Some(false)));
    assert_eq!(rows[0].file_sha256.as_deref(), Some(sum(A).as_str()));
}

#[test]
fn the_report_has_keys_matrix_and_odds_and_survives_a_round_trip() {
    let mut evidence = harbor(&[A, A, B]);
    matrix(&mut evidence, |issuer, verifier| (issuer == 3) != (verifier == 3));
    seen(&mut evidence).decision = Some(decision(Some("ci"), &["push"], Some(refused_push())));
    let report = Report::of(&evidence);
    let harbor = report.harbor.as_ref().unwrap();
    assert_eq!(harbor.keys.len(), 2);
    assert_eq!(harbor.matrix.as_ref().unwrap().cells.len(), 9);
    assert_eq!(harbor.failing.unwrap().cores, 3);
    assert_eq!(harbor.decision.as_ref().unwrap().upload_status, Some(401));
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

#[test]
fn stored_evidence_is_judged_the_same_again() {
    let mut evidence = harbor(&[A, "", B]);
    clock(&mut evidence, 3, 90.0);
    rollout(&mut evidence, true);
    let text = serde_json::to_string(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(crate::diagnose::diagnose(&read), crate::diagnose::diagnose(&evidence));
}

#[test]
fn no_harbor_is_no_row_and_no_summary() {
    let mut evidence = harbor(&[A]);
    evidence.harbor = None;
    evidence.probes.clear();
    let report = Report::of(&evidence);
    assert!(report.cores().next().is_none() && report.harbor.is_none());
}

#[test]
fn the_beginning_of_a_keys_id_is_short_whatever_its_form() {
    for (kid, short) in [
        (A, "ZJXH:E6TN…"),
        ("ZJXH:E6TN", "ZJXH:E6TN"),
        ("2b7e151628ae", "2b7e151628ae"),
        ("2b7e151628aed2a6abf7158809cf4f3c", "2b7e151628ae…"),
        ("Schlüssel-der-Kerne", "Schlüssel-de…"),
        ("", ""),
    ] {
        assert_eq!(crate::diagnose::short_kid(kid), short);
    }
}
