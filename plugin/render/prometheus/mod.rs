//! A report as metrics in Prometheus's text format, for node_exporter's textfile collector and the Pushgateway.
//!
//! Base units, a bounded number of series, and no label that is another in every run: the run's id is not among them.

pub mod family;
pub mod histogram;

use regauth::finding::Finding;
use regauth::report::{ClockRow, HarborSummary, NotCheckedState, Report, Row, TriedRow, Verdict};

use self::family::{Family, Labels};
use super::rows::View;
use super::{clock, headline, units};

/// The report.
pub fn report(report: &Report) -> String {
    checkup(report, report.harbor.as_ref())
}

/// A report that joins several parts, of which each may have looked at a Harbor of its own.
pub fn checkup<'h>(report: &Report, harbors: impl IntoIterator<Item = &'h HarborSummary>) -> String {
    let mut families = of_run(report);
    let mut truncated = Family::new("regauth_series_truncated", "Series that were left out, by the metric.");
    families.extend(of_findings(report, &mut truncated));
    families.extend([unchecked(report), rows(report)]);
    families.extend(of_credentials(report, &mut truncated));
    families.extend(of_clocks(report, &mut truncated));
    families.extend(of_harbors(harbors));
    families.push(truncated);
    families.iter().map(Family::written).collect()
}

fn of_run(report: &Report) -> Vec<Family> {
    let mut info = Family::new("regauth_run_info", "Which command of which version wrote this; always 1.");
    let command = headline::command(report).trim_start_matches("kubectl regauth ").to_string();
    info.add(vec![("command", command), ("version", report.run.version.clone())], 1.0);
    let mut began =
        Family::new("regauth_run_timestamp_seconds", "When the run began, in seconds since 1970 (UTC).");
    began.add(Vec::new(), seconds_of_ms(report.run.started_at.as_millisecond()));
    let mut interrupted =
        Family::new("regauth_run_interrupted", "Whether the run was ended before it was finished.");
    interrupted.add(Vec::new(), if report.run.interrupted { 1.0 } else { 0.0 });
    vec![info, began, interrupted]
}

fn of_findings(report: &Report, truncated: &mut Family) -> Vec<Family> {
    let mut all = Family::new("regauth_findings", "Findings by code and severity.");
    let mut each =
        Family::new("regauth_finding", "Findings by what they are about; the worst, if there are too many.");
    let mut rest = Family::new(
        "regauth_finding_truncated",
        "Findings that regauth_finding has no series of, by code and severity.",
    );
    for finding in &report.findings {
        all.add(kind(finding), 1.0);
        let mut labels = kind(finding);
        labels.push(("namespace", finding.subject.namespace.clone()));
        labels.push(("subject", finding.subject.name.clone()));
        each.add(labels, 1.0);
    }
    // In the report's order, the worst first.
    for (labels, count) in bounded(&mut each, truncated, |_| 0.0) {
        rest.add(labels.into_iter().take(2).collect(), count);
    }
    vec![all, each, rest]
}

fn kind(finding: &Finding) -> Labels {
    vec![("code", finding.code.to_string()), ("severity", finding.severity.as_str().to_string())]
}

/// What is left out, and says so.
fn bounded(family: &mut Family, truncated: &mut Family, by: impl Fn(f64) -> f64) -> Vec<(Labels, f64)> {
    let rest = family.bound(by);
    if !rest.is_empty() {
        truncated.add(vec![("metric", family.name().to_string())], count(rest.len()));
    }
    rest
}

fn unchecked(report: &Report) -> Family {
    let mut family =
        Family::new("regauth_checks_not_made", "Things that were not checked, by how that came about.");
    let states = [
        NotCheckedState::LeftOut,
        NotCheckedState::Denied,
        NotCheckedState::Failed,
        NotCheckedState::TimedOut,
    ];
    for state in states {
        let number = report.not_checked.iter().filter(|item| item.state == state).count();
        family.add(vec![("state", headline::state(state).replace(' ', "_"))], count(number));
    }
    family
}

fn rows(report: &Report) -> Family {
    let mut family = Family::new("regauth_rows", "Things that were tested, by kind and result.");
    let results = [Verdict::Ok, Verdict::Failed, Verdict::NotFinished, Verdict::NotTested];
    for view in report.results.iter().map(View::of) {
        for result in results {
            let labels =
                vec![("kind", view.kind.to_string()), ("result", units::verdict(result).replace(' ', "_"))];
            family.add(labels, if view.result == result { 1.0 } else { 0.0 });
        }
    }
    family
}

/// Of each Secret's entry the end of its life, where it says so itself.
fn of_credentials(report: &Report, truncated: &mut Family) -> Vec<Family> {
    let mut ends = Family::new(
        "regauth_credential_expiry_timestamp_seconds",
        "When a credential expires, in seconds since 1970 (UTC).",
    );
    let mut left = Family::new(
        "regauth_credential_seconds_to_expiry",
        "How long a credential was valid when the run began, in seconds; below 0 it had expired.",
    );
    let mut tell = |namespace: &str, credential: String, at: jiff::Timestamp| {
        let labels = vec![("namespace", namespace.to_string()), ("credential", credential)];
        ends.lower(labels.clone(), seconds_of_ms(at.as_millisecond()));
        let span = at.as_millisecond() - report.run.started_at.as_millisecond();
        left.lower(labels, seconds_of_ms(span));
    };
    let mut tried = |namespace: &str, row: &TriedRow| {
        if let Some(at) = row.expires_at {
            tell(namespace, format!("secret/{} {}", row.secret, row.key), at);
        }
    };
    for row in &report.results {
        match row {
            Row::Failing(row) => row.credential.tried.iter().for_each(|one| tried(&row.namespace, one)),
            Row::Audit(row) => row.credential.tried.iter().for_each(|one| tried(&row.namespace, one)),
            _ => {}
        }
    }
    for (row, attempt) in report.probes().flat_map(|row| row.attempts.iter().map(move |one| (row, one))) {
        if let (Some(source), Some(at)) = (&attempt.credential, attempt.expires_at) {
            tell(&row.namespace, source.clone(), at);
        }
    }
    bounded(&mut ends, truncated, |at| at);
    bounded(&mut left, truncated, |left| left);
    vec![ends, left]
}

fn of_clocks(report: &Report, truncated: &mut Family) -> Vec<Family> {
    let mut offset = Family::new(
        "regauth_clock_offset_seconds",
        "A node's clock minus that of the nodes in the middle (lease), or minus true time (probe).",
    );
    let mut uncertainty = Family::new(
        "regauth_clock_uncertainty_seconds",
        "How far regauth_clock_offset_seconds may be wrong to either side.",
    );
    let mut spread =
        Family::new("regauth_clock_spread_seconds", "How far the clocks of any two nodes are apart at most.");
    let mut rows: Vec<&ClockRow> = report.clocks().filter(|row| row.offset_us.is_some()).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.offset_us.map(i64::unsigned_abs)));
    for row in rows.iter().take(family::SERIES) {
        let labels = || vec![("node", row.node.clone()), ("method", clock::method(row.method).to_string())];
        offset.lower(labels(), seconds_of_us(row.offset_us.unwrap_or_default()));
        if let Some(us) = row.uncertainty_us {
            uncertainty.lower(labels(), seconds_of_us(us));
        }
    }
    let rest = rows.len().saturating_sub(family::SERIES);
    for family in [&offset, &uncertainty].into_iter().filter(|_| rest > 0) {
        truncated.add(vec![("metric", family.name().to_string())], count(rest));
    }
    if let Some(us) = report.clock.as_ref().and_then(|clock| clock.spread_us) {
        spread.add(Vec::new(), seconds_of_us(us));
    }
    vec![offset, uncertainty, spread]
}

fn of_harbors<'h>(harbors: impl IntoIterator<Item = &'h HarborSummary>) -> Vec<Family> {
    let mut keys = Family::new(
        "regauth_harbor_key_groups",
        "How many different token keys Harbor's cores hold; 1 is as it should be.",
    );
    let mut pushes = Family::new(
        "regauth_harbor_push_failure_ratio",
        "The share of pushes that fail because cores do not accept each other's tokens, from 0 to 1.",
    );
    for harbor in harbors {
        let labels = || vec![("namespace", harbor.namespace.clone())];
        keys.add(labels(), count(harbor.keys.len()));
        if let Some(failing) = &harbor.failing {
            pushes.add(labels(), failing.push_rate);
        }
    }
    vec![keys, pushes]
}

fn count(number: usize) -> f64 {
    // Counts of rows are far below 2^53, up to which every whole number is exact.
    number as f64
}

fn seconds_of_ms(ms: i64) -> f64 {
    ms as f64 / 1e3
}

fn seconds_of_us(us: i64) -> f64 {
    us as f64 / 1e6
}
