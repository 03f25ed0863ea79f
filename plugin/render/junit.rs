//! A report as JUnit XML, which Jenkins, GitLab and others show as tests: a suite a kind of row, a case a row; then the
//! findings that no row shows, and the checks that were not made.
//!
//! There is no specification; the rules are those of Jenkins's `junit-10.xsd` (xunit plugin).

use std::collections::HashMap;
use std::fmt::Write;

use regauth::finding::{Finding, Severity};
use regauth::report::{NotChecked, NotCheckedState, Report, Row, Verdict};

use super::findings::in_words;
use super::rows::View;
use super::xml::{attributes, escaped};
use super::{headline, units};

/// How a case ended.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Passed,
    /// Something is wrong.
    Failure,
    /// It could not be told. Never a pass.
    Error,
    /// It was not asked.
    Skipped,
}

struct Case {
    name: String,
    took_ms: u64,
    end: End,
    /// The code of the finding, or how it came to nothing.
    sort: String,
    /// One sentence.
    message: String,
    /// All that is known.
    text: String,
}

struct Suite {
    name: &'static str,
    cases: Vec<Case>,
}

/// The report.
pub fn report(report: &Report) -> String {
    let mut suites = of_rows(report);
    suites.push(Suite { name: "findings", cases: of_findings(report) });
    suites.push(Suite { name: "not checked", cases: of_unchecked(report) });
    suites.retain(|suite| !suite.cases.is_empty());
    suites.iter_mut().for_each(|suite| unique(&mut suite.cases));
    let all: Vec<&Case> = suites.iter().flat_map(|suite| &suite.cases).collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut head = vec![("name", headline::command(report).to_string())];
    head.extend(counts(&all));
    let _ = writeln!(out, "<testsuites{}>", attributes(&head));
    for suite in &suites {
        out.push_str(&written(suite, report));
    }
    out + "</testsuites>\n"
}

/// A suite a kind, in the order in which the kinds come.
fn of_rows(report: &Report) -> Vec<Suite> {
    let mut suites: Vec<Suite> = Vec::new();
    for row in &report.results {
        let view = View::of(row);
        let case = of_row(row, &view, report);
        match suites.iter_mut().find(|suite| suite.name == view.kind) {
            Some(suite) => suite.cases.push(case),
            None => suites.push(Suite { name: view.kind, cases: vec![case] }),
        }
    }
    suites
}

fn of_row(row: &Row, view: &View<'_>, report: &Report) -> Case {
    let finding = view.finding(report).or_else(|| planned(row, report));
    let end = match view.result {
        Verdict::Ok => End::Passed,
        Verdict::Failed => End::Failure,
        Verdict::NotFinished => End::Error,
        Verdict::NotTested => End::Skipped,
    };
    let said = said(row).unwrap_or_default();
    let message = finding.map(|finding| finding.cause.clone()).filter(|cause| !cause.is_empty());
    Case {
        name: view.name(),
        took_ms: view.took_ms.unwrap_or_default(),
        end,
        sort: view.code.map_or_else(|| units::verdict(view.result).into(), |code| code.to_string()),
        message: message
            .or(Some(said).filter(|said| !said.is_empty()))
            .unwrap_or_else(|| units::verdict(view.result).into()),
        text: finding.map(in_words).unwrap_or_default(),
    }
}

/// Of what a manifest names: a finding about that place, such as that of the probe which tested it.
fn planned<'r>(row: &Row, report: &'r Report) -> Option<&'r Finding> {
    let Row::Audit(row) = row else { return None };
    let place = &row.planned.as_ref()?.place;
    report.findings.iter().find(|one| Some(one.code) == row.code && one.places.contains(place))
}

/// The words of whoever ended it, where no finding explains it.
fn said(row: &Row) -> Option<String> {
    match row {
        Row::Pull(row) => row.message.as_ref().map(ToString::to_string),
        Row::Probe(row) => row.message.as_ref().map(ToString::to_string),
        Row::Limit(row) => row.message.as_ref().map(ToString::to_string),
        Row::Failing(row) => row.message.as_ref().map(ToString::to_string),
        Row::Explained(row) => Some(row.message.to_string()),
        Row::Clock(row) => row.state.clone(),
        Row::Audit(row) => Some(row.credential.then.clone()),
        Row::Core(_) => None,
    }
}

/// The findings that no case of a row carries: those of rows that passed, and those about no row.
fn of_findings(report: &Report) -> Vec<Case> {
    let views: Vec<View<'_>> = report.results.iter().map(View::of).collect();
    let is_carried = |finding: &&Finding| {
        let shows = |view: &View<'_>| view.code == Some(finding.code) && view.is_about(finding);
        views.iter().any(|view| matches!(view.result, Verdict::Failed | Verdict::NotFinished) && shows(view))
    };
    report.findings.iter().filter(|finding| !is_carried(finding)).map(of_finding).collect()
}

fn of_finding(finding: &Finding) -> Case {
    let namespace = match finding.subject.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" in namespace {namespace}"),
    };
    Case {
        name: format!("{}: {}{namespace}", finding.code, finding.subject.name),
        took_ms: 0,
        end: match finding.severity {
            Severity::Error | Severity::Warning => End::Failure,
            Severity::Unknown => End::Error,
            Severity::Info => End::Passed,
        },
        sort: finding.code.to_string(),
        message: finding.cause.clone(),
        text: in_words(finding),
    }
}

fn of_unchecked(report: &Report) -> Vec<Case> {
    let case = |item: &NotChecked| Case {
        name: item.what.clone(),
        took_ms: 0,
        end: if item.state == NotCheckedState::LeftOut { End::Skipped } else { End::Error },
        sort: headline::state(item.state).into(),
        message: item.why.clone(),
        text: String::new(),
    };
    let interrupted = NotChecked {
        what: "the rest of the run".into(),
        state: NotCheckedState::Failed,
        why: "the run was interrupted".into(),
    };
    let interrupted = report.run.interrupted.then(|| case(&interrupted));
    report.not_checked.iter().map(case).chain(interrupted).collect()
}

/// GitLab takes the first of cases with one name and drops the others.
fn unique(cases: &mut [Case]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for case in cases {
        let count = seen.entry(case.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            case.name.push_str(&format!(" ({count})"));
        }
    }
}

fn counts(cases: &[&Case]) -> Vec<(&'static str, String)> {
    let count = |end: End| cases.iter().filter(|case| case.end == end).count().to_string();
    let took = cases.iter().map(|case| case.took_ms).fold(0, u64::saturating_add);
    vec![
        ("tests", cases.len().to_string()),
        ("failures", count(End::Failure)),
        ("errors", count(End::Error)),
        ("time", seconds(took)),
    ]
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

fn written(suite: &Suite, report: &Report) -> String {
    let cases: Vec<&Case> = suite.cases.iter().collect();
    let mut head = vec![("name", suite.name.to_string())];
    head.extend(counts(&cases));
    let skipped = cases.iter().filter(|case| case.end == End::Skipped).count();
    head.push(("skipped", skipped.to_string()));
    // In UTC and without a zone, as Ant writes it.
    head.push(("timestamp", report.run.started_at.strftime("%Y-%m-%dT%H:%M:%S").to_string()));
    let mut out = format!("  <testsuite{}>\n    <properties>\n", attributes(&head));
    for (name, value) in headline::facts(report) {
        let _ = writeln!(
            out,
            "      <property{}/>",
            attributes(&[("name", name.to_lowercase()), ("value", value)])
        );
    }
    out.push_str("    </properties>\n");
    for case in cases {
        out.push_str(&element(case, suite.name));
    }
    out + "  </testsuite>\n"
}

fn element(case: &Case, suite: &str) -> String {
    // Jenkins takes what stands before the last dot for a package.
    let head = [
        ("classname", format!("regauth.{suite}")),
        ("name", case.name.clone()),
        ("time", seconds(case.took_ms)),
    ];
    let detail = [("type", case.sort.clone()), ("message", case.message.clone())];
    let inner = match case.end {
        End::Passed if case.text.is_empty() => return format!("    <testcase{}/>\n", attributes(&head)),
        End::Passed => format!("<system-out>{}</system-out>", escaped(&case.text)),
        End::Failure => tag("failure", &detail, &case.text),
        End::Error => tag("error", &detail, &case.text),
        End::Skipped => tag("skipped", &detail, &case.text),
    };
    format!("    <testcase{}>\n      {inner}\n    </testcase>\n", attributes(&head))
}

fn tag(name: &str, head: &[(&str, String)], text: &str) -> String {
    format!("<{name}{}>{}</{name}>", attributes(head), escaped(text))
}
