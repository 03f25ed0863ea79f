//! The table: one row a thing tested. A person gets the columns that fit, the steps and the findings below; a pipe
//! gets every column and one line a row.

use regauth::evidence::Action;
use regauth::report::{LimitRow, Report};

pub use super::grid::Layout;
use super::rows::View;
use super::{
    clock, doctor, explain, findings, harbor, limits, lines, preflight, steps, stores, summary, workloads,
};

/// The whole report as text.
pub fn report(report: &Report, layout: &Layout) -> String {
    if let Some(text) = &report.text {
        return explain::report(report, text, layout);
    }
    if report.plan.action == Action::Doctor && !layout.wide {
        return doctor::report(report, layout);
    }
    if report.plan.action == Action::Preflight && !layout.wide {
        return preflight::report(report, layout);
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
            Action::Harbor
                | Action::Clock
                | Action::Why
                | Action::Secrets
                | Action::Doctor
                | Action::Preflight
        ) {
            out.push_str(&findings::in_full(report));
            out.push_str(&commented(&summary::for_pipe(report, &lines, &limits)));
            return out;
        }
        // Findings that no row shows would be lost to whoever reads lines.
        let rows: Vec<View<'_>> = report.results.iter().map(View::of).collect();
        let is_shown =
            |id: &str, code| rows.iter().any(|row| row.code == Some(code) && row.evidence.contains(&id));
        out.push_str(&findings::lines(report, is_shown));
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
pub(super) fn commented(text: &str) -> String {
    text.lines().filter(|line| !line.is_empty()).map(|line| format!("# {line}\n")).collect()
}
