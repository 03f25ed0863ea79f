//! What is left of pull limits, grouped by what is charged.

use regauth::report::{LimitRow, Report, Verdict};

use super::grid::{Column, Layout, RESULT, grid};
use super::sheets::{ROOMY, Sheet};
use super::units::{certain, none, verdict, window};

/// Rows of one source stand together, those without a limit last.
pub fn grouped<'a>(rows: impl Iterator<Item = &'a LimitRow>) -> Vec<&'a LimitRow> {
    let mut rows: Vec<&LimitRow> = rows.collect();
    rows.sort_by(|a, b| {
        let key = |row: &LimitRow| (row.result != Verdict::Ok, !row.limited, row.source.clone());
        key(a).cmp(&key(b))
    });
    rows
}

/// The rows as a table; empty when there are none.
pub fn table(rows: &[&LimitRow], layout: &Layout) -> String {
    if rows.is_empty() {
        return String::new();
    }
    grid(rows, &columns(rows, layout), |row| row.result, layout)
}

/// The rows as a sheet.
pub fn sheet(report: &Report) -> Option<Sheet> {
    let rows = grouped(report.limits());
    Sheet::of("Pull limits", &rows, &columns(&rows, &ROOMY), |row| row.result)
}

fn columns<'a>(rows: &[&'a LimitRow], layout: &Layout) -> Vec<Column<&'a LimitRow>> {
    let all = layout.all();
    let several = |text: fn(&LimitRow) -> &str| rows.windows(2).any(|pair| text(pair[0]) != text(pair[1]));
    let column = Column::<&'a LimitRow>::new;
    let columns = [
        (true, column("CHARGED", |row| row.source.clone().unwrap_or_else(none))),
        (all || rows.iter().any(|row| !row.node.is_empty()), column("NODE", |row| filled(&row.node))),
        (all, column("NETWORK", |row| row.network.as_str().into())),
        (all || several(|row| &row.image), column("IMAGE", |row| row.image.clone())),
        (true, column("CREDENTIAL", |row| row.credential.clone().unwrap_or_else(|| "anonymous".into()))),
        (true, column("LEFT", left)),
        (true, column("OF", |row| row.limit.map_or_else(none, |limit| limit.to_string())).spare(1)),
        (true, column("WINDOW", |row| row.window_seconds.map_or_else(none, window)).spare(2)),
        (
            all || rows.iter().any(|row| row.result != Verdict::Ok),
            column(RESULT, |row| verdict(row.result).into()),
        ),
        (
            all || rows.iter().any(|row| row.code.is_some()),
            column("CODE", |row| row.code.map_or_else(none, |code| code.to_string())).whole(),
        ),
        (all, column("CERTAIN", |row| certain(row.certain))),
        (all, column("MESSAGE", |row| row.message.as_ref().map_or_else(none, ToString::to_string))),
    ];
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

fn filled(text: &str) -> String {
    if text.is_empty() { none() } else { text.into() }
}

fn left(row: &&LimitRow) -> String {
    match (row.result, row.limited, row.remaining) {
        (Verdict::Ok, false, _) => "not limited".into(),
        (_, _, Some(remaining)) => remaining.to_string(),
        _ => none(),
    }
}
