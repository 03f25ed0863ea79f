//! A preflight: a row a workload and image of the manifests, what is wrong and how it is mended, and what was looked at
//! and what was not.

use regauth::evidence::Action;
use regauth::report::{AuditRow, Report};

use super::findings;
use super::grid::{Column, Layout, RESULT, grid};
use super::lines::{self, Line};
use super::table::commented;
use super::units::{certain, none, verdict};
use super::{doctor, sheets};

/// The whole report.
pub fn report(report: &Report, layout: &Layout) -> String {
    let mut rows: Vec<&AuditRow> = report.audits().collect();
    rows.sort_by_key(|row| sheets::rank(row.result));
    let mut table = match rows.is_empty() {
        true => String::new(),
        false => grid(&rows, &columns(report, layout), |row| row.result, layout),
    };
    let mut pushes: Vec<Line> = lines::lines_of(report, |row| row.action == Action::Push);
    pushes.retain(|line| line.method == "probe");
    if !pushes.is_empty() {
        table.push('\n');
        table.push_str(&lines::table(&pushes, layout));
    }
    match layout.width {
        None => table + &findings::in_full(report) + &commented(&doctor::told(report, usize::MAX)),
        Some(width) => {
            let blocks = findings::blocks(report, layout);
            format!("{table}{blocks}\n{}", doctor::told(report, usize::from(width)))
        }
    }
}

fn columns<'r>(report: &Report, layout: &Layout) -> Vec<Column<&'r AuditRow>> {
    let column = Column::<&AuditRow>::new;
    let several = report.plan.scope.as_ref().is_some_and(|scope| scope.all_namespaces);
    let columns = [
        (layout.all() || several, column("NAMESPACE", |row| row.namespace.clone())),
        (true, column("WORKLOAD", |row| row.workload.clone())),
        (true, column("IMAGE", |row| row.image.clone())),
        (true, column(RESULT, |row| verdict(row.result).into()).whole()),
        (true, column("CODE", |row| row.code.map_or_else(none, |code| code.to_string())).whole()),
        (true, column("CERTAIN", |row| certain(row.certain)).spare(2)),
        (true, column("PULL SECRETS", |row| names(&row.credential.pull_secrets)).spare(1)),
        (layout.all(), column("SERVICEACCOUNT", |row| row.credential.service_account.clone())),
        (
            layout.all(),
            column("TESTED ON", |row| row.planned.as_ref().map_or_else(none, |one| names(&one.nodes))),
        ),
        (true, column("WHERE", where_it_is).spare(3)),
    ];
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

fn names(names: &[String]) -> String {
    if names.is_empty() { none() } else { names.join(", ") }
}

/// Where the manifest names the image.
pub fn where_it_is(row: &&AuditRow) -> String {
    row.planned.as_ref().map_or_else(none, |planned| planned.place.describe())
}
