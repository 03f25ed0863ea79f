//! A check-up: one table of findings, each with its evidence and mends below it, and what was looked at and what was not.

use regauth::finding::Finding;
use regauth::report::{NotCheckedState, Report, Verdict};

use super::findings::{self, some, wrapped};
use super::grid::{Column, Layout, grid};
use super::table::commented;
use super::units::none;
use super::{clock, compared, summary, workloads};

/// From this width on the table has the sentences, too.
const ROOM: u16 = 120;

/// The whole report.
pub fn report(report: &Report, layout: &Layout) -> String {
    let table = match report.findings.is_empty() {
        true => String::new(),
        false => {
            let told = |finding| Told { finding, since: compared::since(report, finding) };
            let rows: Vec<Told<'_>> = report.findings.iter().map(told).collect();
            grid(&rows, &columns(report, layout), |_| Verdict::Failed, layout)
        }
    };
    match layout.width {
        None => table + &findings::in_full(report) + &commented(&told(report, usize::MAX)),
        Some(width) => {
            let blocks = findings::blocks(report, layout);
            let gap = if table.is_empty() { "" } else { "\n" };
            format!("{table}{blocks}{gap}{}", told(report, usize::from(width)))
        }
    }
}

/// A row of the table.
struct Told<'r> {
    finding: &'r Finding,
    /// How it stands to an earlier check-up.
    since: &'static str,
}

fn columns<'r>(report: &Report, layout: &Layout) -> Vec<Column<Told<'r>>> {
    let (compared, several) = (report.comparison.is_some(), workloads::several_namespaces(report));
    // Sentences in narrow columns are read by nobody: they stand in full below the table.
    let has_room = layout.width.is_none_or(|width| width >= ROOM);
    let column = Column::<Told<'r>>::new;
    let columns = [
        (compared, column("SINCE", |one| one.since.into()).whole()),
        (true, column("SEVERITY", |one| one.finding.severity.as_str().into()).whole()),
        (true, column("CODE", |one| one.finding.code.to_string()).whole()),
        (layout.all() || several, column("NAMESPACE", |one| or_none(&one.finding.subject.namespace))),
        (true, column("SUBJECT", |one| one.finding.subject.name.clone())),
        (layout.all(), column("NODES", |one| or_none(&some(&one.finding.subject.nodes)))),
        (layout.all(), column("CERTAIN", |one| if one.finding.certain { "yes".into() } else { "no".into() })),
        (has_room, column("CAUSE", |one| one.finding.cause.clone())),
        (has_room, column("WHAT TO DO", |one| what_to_do(one.finding))),
    ];
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

fn or_none(text: &str) -> String {
    if text.is_empty() { none() } else { text.to_string() }
}

/// The first mend; else what would settle the cause.
fn what_to_do(finding: &Finding) -> String {
    let mend = finding.fixes.first().map(|fix| fix.what.clone());
    let settle = || finding.settle_by.as_ref().map(|by| format!("settle it by {by}"));
    mend.or_else(settle).unwrap_or_else(none)
}

/// What was looked at, and what was not and why.
pub(super) fn told(report: &Report, width: usize) -> String {
    let mut out = String::new();
    let mut say = |prefix: &str, text: &str| out.push_str(&wrapped(prefix, text, width));
    match (report.findings.is_empty(), report.is_whole()) {
        (false, _) => {}
        (true, true) => say("", "Nothing is wrong with what was looked at."),
        (true, false) if report.saw_nothing() => {
            say("", "Nothing could be judged: see what was not looked at, and why.");
        }
        (true, false) => {
            say("", "Nothing is wrong with what was looked at, but not all could be: see the end.")
        }
    }
    for text in looked_at(report) {
        say("looked at: ", &text);
    }
    for item in &report.not_checked {
        let prefix = match item.state {
            NotCheckedState::LeftOut => "left out: ",
            NotCheckedState::Denied => "not allowed: ",
            NotCheckedState::Failed | NotCheckedState::TimedOut => "not checked: ",
        };
        let gap = if item.why.is_empty() { "" } else { ": " };
        say(prefix, &format!("{}{gap}{}", item.what, item.why));
    }
    for (begin, text) in compared::told(report) {
        say(begin, &text);
    }
    if report.run.interrupted {
        say("interrupted: ", "what was seen until then stands here.");
    }
    out
}

fn looked_at(report: &Report) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    told.extend(report.workloads.as_ref().map(|seen| workloads::summary(report, seen)));
    let cores = report.cores().count();
    if let Some(harbor) = report.harbor.as_ref().filter(|_| cores > 0) {
        told.push(format!("{cores} Harbor cores {}.", summary::of_harbor(harbor)));
    }
    told.extend(clock::summary(report).into_iter().next());
    let tests = report.pulls().map(|row| row.result).chain(report.probes().map(|row| row.result));
    let tests: Vec<Verdict> = tests.filter(|result| *result != Verdict::NotTested).collect();
    if !tests.is_empty() {
        let worked = tests.iter().filter(|one| **one == Verdict::Ok).count();
        told.push(format!("{worked} of {} tests of pulls worked.", tests.len()));
    }
    told.into_iter()
        .map(|text| text.strip_prefix("Looked at ").map_or_else(|| text.clone(), str::to_string))
        .collect()
}
