//! Rows of reports.

use super::build::*;
use crate::code::Code;
use crate::evidence::endpoint::ConnectFailure;
use crate::evidence::probe::{Network, Withheld};
use crate::evidence::{Evidence, Outcome};
use crate::report::{ProbeRow, Report, Verdict};

fn rows(evidence: &Evidence) -> Vec<ProbeRow> {
    Report::of(evidence).probes().cloned().collect()
}

#[test]
fn a_row_says_where_it_failed_and_as_whom() {
    let good = pulled_by("node1", vec![anonymous(closed()), with("secret/regcred", all_good())]);
    let bad = pulled_by("node2", vec![anonymous(closed()), with("secret/regcred", closed())]);
    let dead = stuck("node3", Network::Pod, unconnected(registry(), ConnectFailure::Refused));
    let rows = rows(&evidence(vec![good, bad, dead], Vec::new()));
    let told: Vec<_> =
        rows.iter().map(|row| (row.result, row.step.as_deref(), row.identity.as_str(), row.code)).collect();
    assert_eq!(
        told,
        [
            (Verdict::Ok, None, "secret/regcred", None),
            (Verdict::Failed, Some("manifest"), "secret/regcred", Some(Code::CredentialRejected)),
            (Verdict::Failed, Some("connect"), "anonymous", Some(Code::EgressBlocked)),
        ]
    );
    assert_eq!(rows[0].attempts[1].is.as_deref(), Some("password of user ci"));
    let steps: Vec<&str> = rows[0].path.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(steps, ["DNS", "connect", "TLS"]);
    assert_eq!(rows[0].took_ms, Some(9 + 8), "three requests, and the way");
}

#[test]
fn a_row_keeps_the_namespace_of_its_test_where_tests_of_several_are_put_together() {
    let of = |namespace: &str| {
        let mut evidence = evidence(vec![pulled_by("node1", vec![anonymous(closed())])], Vec::new());
        evidence.plan.namespace = namespace.into();
        evidence
    };
    let report = Report::of_all(&[of("default"), of("one"), of("two")]).unwrap();
    let namespaces: Vec<&str> = report.probes().map(|row| row.namespace.as_str()).collect();
    assert_eq!(namespaces, ["default", "one", "two"]);
}

#[test]
fn times_that_no_probe_measures_are_added_without_overflow() {
    let mut probe = pulled_by("node1", vec![anonymous(all_good())]);
    let Outcome::Seen { value } = &mut probe.outcome else { unreachable!("it was seen") };
    for attempt in value.targets.iter_mut().flat_map(|target| &mut target.attempts) {
        attempt.exchanges.iter_mut().for_each(|exchange| exchange.took_ms = u64::MAX - 1);
    }
    assert_eq!(rows(&evidence(vec![probe], Vec::new()))[0].took_ms, Some(u64::MAX));
}

#[test]
fn a_credential_that_was_not_sent_is_told() {
    let mut kept = with("secret/regcred", Vec::new());
    kept.withheld = Some(Withheld::RefusedElsewhere { on: "node1".into() });
    let evidence = evidence(
        vec![
            pulled_by("node1", vec![anonymous(closed()), with("secret/regcred", closed())]),
            pulled_by("node2", vec![anonymous(closed()), kept]),
        ],
        Vec::new(),
    );
    let row = rows(&evidence).remove(1);
    assert_eq!((row.result, row.code), (Verdict::Failed, Some(Code::CredentialRejected)));
    assert_eq!(row.attempts[1].withheld.as_deref(), Some("refused on node1, not sent again"));
}

#[test]
fn the_document_survives_a_round_trip() {
    let evidence = evidence(vec![pulled_by("node1", vec![anonymous(closed())])], Vec::new());
    let text = serde_json::to_string(&evidence).unwrap();
    let again: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(Report::of(&again).findings, Report::of(&evidence).findings);
    let report = serde_json::to_value(Report::of(&evidence)).unwrap();
    let read: Report = serde_json::from_value(report.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), report);
}
