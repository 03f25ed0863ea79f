//! The table: one row a thing tested. A person gets the columns that fit, the steps and the findings below; a pipe
//! gets every column and one line a row.

use regauth::code::Code;
use regauth::evidence::Action;
use regauth::report::{LimitRow, Report, Row};

pub use super::grid::Layout;
use super::{clock, doctor, explain, findings, harbor, limits, lines, steps, stores, summary, workloads};

/// The whole report as text.
pub fn report(report: &Report, layout: &Layout) -> String {
    if let Some(text) = &report.text {
        return explain::report(report, text, layout);
    }
    if report.plan.action == Action::Doctor && !layout.wide {
        return doctor::report(report, layout);
    }
    let lines = lines::lines(report);
    let limits: Vec<&LimitRow> = limits::grouped(report.limits());
    let mut out = lines::table(&lines, layout);
    let tables = [
        workloads::table(report, layout),
        limits::table(&limits, layout),
        harbor::table(report, layout),
        clock::table(report, layout),
    ];
    for table in tables {
        if !out.is_empty() && !table.is_empty() {
            out.push('\n');
        }
        out.push_str(&table);
    }
    let has_rows = !out.is_empty();
    if layout.width.is_none() && has_rows {
        out.push_str(&commented(&workloads::chains(report, layout)));
        out.push_str(&commented(&steps::blocks(report, layout)));
        out.push_str(&commented(&stores::section(report, layout)));
        out.push_str(&commented(&harbor::section(report, layout)));
        out.push_str(&commented(&clock::summary(report).join("\n")));
        // A Harbor's or a clock's row is no cause, and where these commands run nobody sees a terminal.
        if matches!(
            report.plan.action,
            Action::Harbor | Action::Clock | Action::Why | Action::Secrets | Action::Doctor
        ) {
            out.push_str(&findings::in_full(report));
            out.push_str(&commented(&summary::for_pipe(report, &lines, &limits)));
            return out;
        }
        // Findings that no row shows would be lost to whoever reads lines.
        let shown: Vec<(&str, Option<Code>)> =
            report.results.iter().map(|row| (evidence(row), code(row))).collect();
        out.push_str(&findings::lines(report, |id, code| shown.contains(&(id, Some(code)))));
    } else {
        out.push_str(&workloads::chains(report, layout));
        out.push_str(&steps::blocks(report, layout));
        out.push_str(&stores::section(report, layout));
        out.push_str(&harbor::section(report, layout));
        out.push_str(&findings::blocks(report, layout));
        out.push_str(&summary::summary(report, &lines, &limits, layout));
    }
    out
}

/// For a pipe: lines that whoever reads rows passes over.
fn commented(text: &str) -> String {
    text.lines().filter(|line| !line.is_empty()).map(|line| format!("# {line}\n")).collect()
}

fn code(row: &Row) -> Option<Code> {
    match row {
        Row::Pull(row) => row.code,
        Row::Probe(row) => row.code,
        Row::Limit(row) => row.code,
        Row::Core(row) => row.code,
        Row::Clock(row) => row.code,
        Row::Explained(row) => row.code(),
        Row::Failing(row) => row.code,
        Row::Audit(row) => row.code,
    }
}

fn evidence(row: &Row) -> &str {
    match row {
        Row::Pull(row) => &row.evidence,
        Row::Probe(row) => &row.evidence,
        Row::Limit(row) => &row.evidence,
        Row::Core(row) => &row.evidence,
        Row::Clock(row) => &row.evidence,
        Row::Explained(row) => &row.evidence,
        Row::Failing(row) => row.evidence.first().map_or("", String::as_str),
        Row::Audit(row) => &row.evidence,
    }
}
