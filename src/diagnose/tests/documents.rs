//! The rows of a report, and documents that are read again.

use serde_json::{Value, json};

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::{Evidence, LastSeen, Pull};
use crate::report::{PullRow, Report, Verdict};

fn row(pull: Pull) -> PullRow {
    Report::of(&evidence(vec![pull])).pulls().next().cloned().unwrap()
}

#[test]
fn a_row_says_in_one_word_how_its_pull_ended() {
    for (pull, verdict, code) in [
        (pulled("node1"), Verdict::Ok, None),
        (failed("node1", RATE_LIMITED), Verdict::Failed, Some(Code::RateLimited)),
        (timed_out("node1", LastSeen::Pulling), Verdict::NotFinished, Some(Code::PullNotFinished)),
        (denied("node1"), Verdict::NotTested, Some(Code::NotPermitted)),
        (absent("node1"), Verdict::NotTested, Some(Code::NodeNotTested)),
    ] {
        let row = row(pull);
        assert_eq!((row.result, row.code), (verdict, code));
        assert_eq!(row.message.is_some(), verdict != Verdict::Ok);
    }
}

#[test]
fn a_row_of_a_pull_that_worked_has_its_times_and_size() {
    let row = row(pulled("node1"));
    assert_eq!((row.took_ms, row.waited_ms, row.size_bytes), (Some(58), Some(60), Some(768_618)));
}

#[test]
fn a_row_says_whether_the_credential_was_held_back() {
    assert_eq!(row(pulled("node1")).identity, "serviceaccount/builder (secret regcred)");
    let held_back = row(pulled("node2").held_back("node1"));
    assert_eq!(held_back.identity, "no pull secret (refused on node1, not sent again)");
}

#[test]
fn fields_of_a_newer_version_survive_a_round_trip() {
    let mut document =
        serde_json::to_value(evidence(vec![pulled("node1"), failed("node2", TIMED_OUT)])).unwrap();
    document["clocks"] = json!([{"node": "node1", "offsetMs": 3}]);
    document["run"]["operator"] = json!("alice");
    document["plan"]["audit"] = json!({"image": "x"});
    let read: Evidence = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), document);
    let report = Report::of(&read);
    assert_eq!(report.run.extra["operator"], "alice");
    let mut written = serde_json::to_value(&report).unwrap();
    written["signature"] = json!("abc");
    written["findings"][0]["weight"] = json!(3);
    let again: Report = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(again).unwrap(), written);
}

#[test]
fn every_outcome_survives_a_round_trip_and_is_judged_the_same_again() {
    let pulls = vec![
        pulled("node1"),
        failed("node2", WRONG_PASSWORD).missing("a"),
        denied("node3"),
        absent("node4"),
        timed_out("node5", LastSeen::Scheduled),
        pulled("node6").held_back("node2"),
    ];
    let evidence = evidence(pulls);
    let text = serde_json::to_string(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(read, evidence);
    assert_eq!(diagnose(&read), diagnose(&evidence));
}

#[test]
fn an_outcome_is_written_as_it_is_documented() {
    let written = |pull| serde_json::to_value(evidence(vec![pull])).unwrap()["pulls"][0]["outcome"].clone();
    let worked = written(pulled("node1"));
    assert_eq!((&worked["state"], &worked["value"]["result"]), (&json!("seen"), &json!("pulled")));
    assert_eq!(worked["value"]["tookMs"], 58);
    let late: Value = written(timed_out("node1", LastSeen::Pulling));
    assert_eq!(late, json!({"state": "timedOut", "afterMs": 120_000, "lastSeen": "pulling"}));
    assert_eq!(written(denied("node1"))["status"], 403);
}

#[test]
fn a_secret_that_somebody_put_into_stored_evidence_is_not_shown() {
    let mut document = serde_json::to_value(evidence(vec![failed("node1", WRONG_PASSWORD)])).unwrap();
    document["pulls"][0]["outcome"]["value"]["message"] =
        json!("401: grant_type=password&password=hunter2-planted&username=u \u{1b}[31mred");
    let read: Evidence = serde_json::from_value(document).unwrap();
    let shown = serde_json::to_string(&Report::of(&read)).unwrap();
    assert!(!shown.contains("hunter2-planted") && !shown.contains("\\u001b"), "{shown}");
}
