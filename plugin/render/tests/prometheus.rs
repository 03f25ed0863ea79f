//! Metrics, read by a reader of the text format 0.0.4.

use std::collections::{BTreeMap, BTreeSet};

use regauth::code::Code;
use regauth::evidence::Action;
use regauth::finding::{Finding, Subject};
use regauth::report::Row;

use super::fixture::{HOSTILE, cluster};
use crate::render::prometheus;

pub type Labels = BTreeMap<String, String>;

/// The labels between braces, unescaped.
fn labels(text: &str) -> Labels {
    let mut found = Labels::new();
    let mut letters = text.chars().peekable();
    while letters.peek().is_some() {
        let name: String = letters.by_ref().take_while(|letter| *letter != '=').collect();
        assert!(
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'),
            "{text}"
        );
        assert_eq!(letters.next(), Some('"'), "{text}");
        let mut value = String::new();
        loop {
            match letters.next().expect("a closing quote") {
                '"' => break,
                '\\' => value.push(match letters.next() {
                    Some('n') => '\n',
                    Some(letter @ ('\\' | '"')) => letter,
                    other => panic!("escape {other:?} in {text}"),
                }),
                letter => value.push(letter),
            }
        }
        assert!(found.insert(name, value).is_none(), "a label is named twice: {text}");
        assert!(matches!(letters.next(), None | Some(',')), "{text}");
    }
    found
}

/// Every series, after the rules of the format were held to: HELP and TYPE once and before the series of their family,
/// which stand together; no series twice; a number at the end.
pub fn read(text: &str) -> Vec<(String, Labels, f64)> {
    assert!(text.ends_with('\n'), "the last line ends too");
    let (mut series, mut closed) = (Vec::new(), BTreeSet::new());
    let (mut family, mut kind) = (String::new(), String::new());
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect("a help");
            assert!(!words.is_empty() && closed.insert(name.to_string()), "{line}");
            family = name.into();
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            kind = typed.strip_prefix(&format!("{family} ")).expect("the family's type").to_string();
            assert!(["gauge", "counter", "histogram"].contains(&kind.as_str()), "{line}");
            assert!(kind != "counter" || family.ends_with("_total"), "{line}");
        } else {
            let (what, value) = line.rsplit_once(' ').expect("a value");
            let (name, inner) = match what.split_once('{') {
                Some((name, inner)) => (name, inner.strip_suffix('}').expect("a brace")),
                None => (what, ""),
            };
            let of = match kind.as_str() {
                "histogram" => ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)),
                _ => Some(name),
            };
            assert_eq!(of, Some(family.as_str()), "series of a family stand together");
            assert!(seen.insert(what.to_string()), "twice: {what}");
            series.push((name.to_string(), labels(inner), value.parse().expect(value)));
        }
    }
    series
}

pub fn value(series: &[(String, Labels, f64)], name: &str, wanted: &[(&str, &str)]) -> f64 {
    let has =
        |labels: &Labels| wanted.iter().all(|(name, text)| labels.get(*name).is_some_and(|one| one == text));
    let found: Vec<f64> =
        series.iter().filter(|one| one.0 == name && has(&one.1)).map(|(_, _, value)| *value).collect();
    assert_eq!(found.len(), 1, "{name} {wanted:?}: {series:?}");
    found[0]
}

#[test]
fn findings_rows_and_what_was_not_checked_are_counted() {
    let series = read(&prometheus::report(&cluster(100)));
    let of = |name: &str, wanted: &[(&str, &str)]| value(&series, name, wanted);
    assert_eq!(of("regauth_findings", &[("code", "EgressBlocked"), ("severity", "error")]), 1.0);
    assert_eq!(of("regauth_finding", &[("subject", "secret/regcred"), ("namespace", "team")]), 1.0);
    assert_eq!(of("regauth_rows", &[("kind", "pull"), ("result", "failed")]), 4.0);
    assert_eq!(of("regauth_rows", &[("kind", "pull"), ("result", "ok")]), 95.0);
    assert_eq!(of("regauth_rows", &[("kind", "clock"), ("result", "not_finished")]), 1.0);
    assert_eq!(of("regauth_checks_not_made", &[("state", "denied")]), 1.0);
    assert_eq!(of("regauth_checks_not_made", &[("state", "timed_out")]), 0.0);
    assert_eq!(of("regauth_run_timestamp_seconds", &[]), 1_767_225_600.0);
}

#[test]
fn times_are_in_seconds() {
    let series = read(&prometheus::report(&cluster(5)));
    let of = |name: &str, wanted: &[(&str, &str)]| value(&series, name, wanted);
    assert_eq!(of("regauth_clock_offset_seconds", &[("node", "node3"), ("method", "lease")]), 7.0);
    assert_eq!(of("regauth_clock_uncertainty_seconds", &[("node", "node3")]), 0.005);
    let regcred = [("namespace", "team"), ("credential", "secret/regcred r.example.com")];
    assert_eq!(of("regauth_credential_expiry_timestamp_seconds", &regcred), 1_767_268_800.0);
    assert_eq!(of("regauth_credential_seconds_to_expiry", &regcred), 43_200.0);
    assert!(!series.iter().any(|one| one.0 == "regauth_clock_offset_seconds" && one.1["node"] == "node4"));
}

#[test]
fn a_credential_is_of_the_namespace_in_which_it_was_tested() {
    let mut report = cluster(5);
    // What is asked of all namespaces is asked from one of them.
    report.plan.namespace = "default".into();
    let began = report.run.started_at;
    let mut probes = report.results.iter_mut().filter_map(|row| match row {
        Row::Probe(row) => Some(row),
        _ => None,
    });
    let tested = probes.next().unwrap();
    tested.namespace = "other".into();
    tested.attempts.iter_mut().for_each(|attempt| attempt.expires_at = Some(began));
    let series = read(&prometheus::report(&report));
    let of = |namespace: &str| {
        let expiry = series.iter().filter(|one| one.0 == "regauth_credential_expiry_timestamp_seconds");
        expiry.filter(|one| one.1["namespace"] == namespace).count()
    };
    assert_eq!([of("other"), of("team"), of("default")], [1, 1, 0]);
}

#[test]
fn harbors_key_groups_are_counted() {
    let series = read(&prometheus::report(&cluster(5)));
    assert_eq!(value(&series, "regauth_harbor_key_groups", &[("namespace", "harbor")]), 2.0);
    assert_eq!(value(&series, "regauth_harbor_push_failure_ratio", &[]), 0.9739);
}

#[test]
fn so_many_series_and_no_more_and_the_rest_is_summed() {
    let mut report = super::report(Action::Secrets, &[], Vec::new());
    let finding = |number: usize| {
        let subject =
            Subject { name: format!("secret/s{number}"), namespace: "team".into(), ..Subject::default() };
        let code = if number < 900 { Code::CredentialExpired } else { Code::CredentialExpiresSoon };
        Finding::new(code, subject, "")
    };
    report.findings = (0..1_200).map(finding).collect();
    // The same thing twice is one series.
    report.findings.insert(1, finding(0));
    let series = read(&prometheus::report(&report));
    assert_eq!(series.iter().filter(|one| one.0 == "regauth_finding").count(), 1_000);
    assert_eq!(value(&series, "regauth_finding", &[("subject", "secret/s0")]), 2.0);
    assert_eq!(value(&series, "regauth_finding_truncated", &[("code", "CredentialExpiresSoon")]), 200.0);
    assert_eq!(value(&series, "regauth_series_truncated", &[("metric", "regauth_finding")]), 200.0);
    assert_eq!(value(&series, "regauth_findings", &[("code", "CredentialExpired")]), 901.0);
}

#[test]
fn of_many_clocks_those_that_are_off_the_most_are_kept() {
    let series = read(&prometheus::report(&cluster(1_500)));
    assert_eq!(series.iter().filter(|one| one.0 == "regauth_clock_offset_seconds").count(), 1_000);
    assert_eq!(value(&series, "regauth_clock_offset_seconds", &[("node", "node3")]), 7.0);
    assert_eq!(
        value(&series, "regauth_series_truncated", &[("metric", "regauth_clock_offset_seconds")]),
        499.0
    );
}

#[test]
fn hostile_text_is_the_value_of_a_label_and_no_more() {
    let mut report = cluster(5);
    report.findings[0].subject.name = format!("{HOSTILE}\"}} 1\nregauth_findings 7\n{}", "x".repeat(500));
    let series = read(&prometheus::report(&report));
    let found = series.iter().filter(|one| one.0 == "regauth_finding").map(|one| one.1["subject"].as_str());
    let name = found.into_iter().find(|name| name.starts_with(HOSTILE)).expect("the subject");
    assert!(name.contains('\n') && name.chars().count() == 201, "{name}");
}
