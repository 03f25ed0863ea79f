//! What `monitor` serves, and the document that says what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use regauth::collect::pulled::KubeletPull;
use regauth::report::{NotChecked, NotCheckedState, Report, Row};

use super::figures::{Beside, Figures};
use super::refused::Seen;
use super::text;
use crate::render::prometheus;
use crate::render::tests::fixture::cluster;
use crate::render::tests::prometheus::{Labels, read, value};

const DOCUMENT: &str = include_str!("../../../docs/metrics.md");
const SOURCES: [&str; 2] = [include_str!("../../render/prometheus/mod.rs"), include_str!("text.rs")];

fn kubelet_pull() -> KubeletPull {
    let at = Timestamp::from_second(1_767_225_600).unwrap();
    KubeletPull {
        id: "a".into(),
        count: 1,
        first_at: at,
        at,
        node: "node1".into(),
        pod: "web-1".into(),
        image: "r.example.com/team/app:1".into(),
        ok: true,
        took_ms: Some(1_200),
    }
}

/// After one check-up, one try of a canary, and what is read beside them.
fn figures(report: &Report) -> Figures {
    let began = Timestamp::from_second(1_767_225_000).unwrap();
    let mut figures = Figures::new(&["r.example.com/canary".into()], began);
    let beside = Beside { pulls: Some(vec![kubelet_pull()]), ..Beside::default() };
    figures.checked(report, report.harbor.as_slice(), &beside, Duration::from_millis(12_500));
    let probe = report.probes().next().expect("a row of a probe");
    let mut row = probe.clone();
    row.image = "r.example.com/canary".into();
    figures.canaries.tried(&[&row]);
    figures.refused.read(vec![(("harbor".into(), "core-1".into()), Seen::Counter(7.0))]);
    figures
}

#[test]
fn before_the_first_check_up_it_is_said_which_version_is_there_and_that_none_was_made() {
    let text = text::figures(&Figures::new(&[], Timestamp::UNIX_EPOCH));
    let series = read(&text);
    assert_eq!(value(&series, "regauth_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0);
    for result in ["ok", "findings", "incomplete", "failed"] {
        assert_eq!(value(&series, "regauth_checkups_total", &[("result", result)]), 0.0);
    }
    assert!(!text.contains("regauth_findings"), "nothing is reported that was not seen");
    assert!(!text.contains("regauth_checkup_last_success_timestamp_seconds"));
}

#[test]
fn a_check_up_that_could_look_at_nothing_is_no_success() {
    let mut report = cluster(5);
    (report.results, report.findings) = (Vec::new(), Vec::new());
    let (what, why) = ("the list of pods".to_string(), "you may not".to_string());
    report.not_checked = vec![NotChecked { what, state: NotCheckedState::Denied, why }];
    let mut figures = Figures::new(&[], Timestamp::UNIX_EPOCH);
    figures.checked(&report, &[], &Beside::default(), Duration::from_millis(300));
    let text = text::figures(&figures);
    let series = read(&text);
    assert_eq!(value(&series, "regauth_checkups_total", &[("result", "failed")]), 1.0);
    assert!(!text.contains("regauth_checkup_last_success_timestamp_seconds"));
}

#[test]
fn pulls_of_tests_and_of_kubelets_are_counted_and_measured() {
    let report = cluster(5);
    let series = read(&text::figures(&figures(&report)));
    let pulled = report.pulls().count() + report.probes().count() + 1;
    let total: f64 = series.iter().filter(|one| one.0 == "regauth_pulls_total").map(|one| one.2).sum();
    assert!(total > 1.0 && total <= pulled as f64, "{total} of {pulled}");
    let of = |end: &str, bound: Option<&str>| -> f64 {
        let name = format!("regauth_pull_duration_seconds{end}");
        let is_one =
            |one: &&(String, Labels, f64)| one.0 == name && bound.is_none_or(|bound| one.1["le"] == bound);
        series.iter().filter(is_one).map(|one| one.2).sum()
    };
    assert_eq!(of("_bucket", Some("+Inf")), of("_count", None));
    assert!(of("_bucket", Some("2.5")) >= 1.0 && of("_sum", None) >= 1.2);
    assert!(of("_bucket", Some("0.1")) <= of("_bucket", Some("300")), "buckets are cumulative");
    assert_eq!(value(&series, "regauth_checkups_total", &[("result", "findings")]), 1.0);
    assert_eq!(value(&series, "regauth_checkup_duration_seconds", &[]), 12.5);
    assert_eq!(
        value(
            &series,
            "regauth_harbor_refused_requests_total",
            &[("namespace", "harbor"), ("pod", "core-1")]
        ),
        7.0
    );
}

#[test]
fn a_check_up_that_fails_is_counted_and_the_last_figures_stand_with_their_time() {
    let mut figures = figures(&cluster(5));
    let before = read(&text::figures(&figures));
    figures.failed(Duration::from_secs(30));
    let after = read(&text::figures(&figures));
    assert_eq!(value(&after, "regauth_checkups_total", &[("result", "failed")]), 1.0);
    for name in ["regauth_checkup_last_success_timestamp_seconds", "regauth_run_timestamp_seconds"] {
        assert_eq!(value(&before, name, &[]), value(&after, name, &[]), "{name}");
    }
    let findings =
        |series: &[(String, Labels, f64)]| series.iter().filter(|one| one.0 == "regauth_findings").count();
    assert_eq!((findings(&after), findings(&after) > 0), (findings(&before), true));
}

#[test]
fn several_harbors_have_a_series_each() {
    let report = cluster(5);
    let first = report.harbor.clone().expect("a Harbor");
    let second = regauth::report::HarborSummary { namespace: "other".into(), ..first.clone() };
    let series = read(&prometheus::checkup(&report, [&first, &second]));
    for namespace in ["harbor", "other"] {
        assert_eq!(value(&series, "regauth_harbor_key_groups", &[("namespace", namespace)]), 2.0);
    }
}

/// Name, type and labels of each metric, by the tables of the document.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| `regauth_"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 7, "name, type, labels, meaning and bound: {line}");
        assert!(!cells[4].is_empty() && !cells[5].is_empty(), "{line}");
        let labels = cells[3].split(',').map(|label| label.trim().trim_matches('`').to_string());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        (cells[1].trim_matches('`').to_string(), (cells[2].to_string(), labels))
    })
    .collect()
}

/// Words of the sources that are names of metrics.
fn named() -> BTreeSet<String> {
    let words = SOURCES.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let is_name = |word: &&str| {
        word.starts_with("regauth_") && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    words.filter(is_name).map(str::to_string).collect()
}

#[test]
fn the_document_names_every_metric_and_no_other() {
    let documented: BTreeSet<String> = documented().into_keys().collect();
    assert_eq!(documented, named());
}

#[test]
fn the_document_has_the_types_and_labels_that_are_served() {
    let mut report = cluster(1_500);
    // More findings than there are series for.
    let one = report.findings[0].clone();
    report.findings.extend((0..2_000).map(|number| {
        let mut finding = one.clone();
        finding.subject.name = format!("secret/s{number}");
        finding
    }));
    assert!(report.results.iter().any(|row| matches!(row, Row::Clock(_))));
    let text = text::figures(&figures(&report));
    let mut served: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a type");
        served.insert(name.into(), (kind.into(), BTreeSet::new()));
    }
    for (name, labels, _) in read(&text) {
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let family = family.filter(|family| served.contains_key(*family)).unwrap_or(&name).to_string();
        let known = served.get_mut(&family).expect("a family");
        known.1.extend(labels.into_keys().filter(|label| label != "le"));
    }
    let documented = documented();
    for (name, what) in &served {
        assert_eq!(documented.get(name), Some(what), "{name}");
    }
    let missing: Vec<&String> = documented.keys().filter(|name| !served.contains_key(*name)).collect();
    assert!(missing.is_empty(), "the fixture shows no {missing:?}");
}

#[test]
fn no_label_holds_a_credential() {
    let report = cluster(5);
    for (name, labels, _) in read(&text::figures(&figures(&report))) {
        for value in labels.values() {
            assert!(
                !value.contains("hunter2") && !value.to_lowercase().contains("password="),
                "{name} {value}"
            );
        }
    }
}
