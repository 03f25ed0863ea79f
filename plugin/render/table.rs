//! The table: one row a node and image. A person gets the columns that fit and the findings below; a pipe
//! gets every column and one line a row.

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use regauth::evidence::Presence;
use regauth::report::{PullRow, Report, Verdict};

use super::findings;

/// From this width on the identity has a column of its own.
const WIDE_TERMINAL: u16 = 120;

/// How to lay out.
pub struct Layout {
    /// The terminal's width in columns; `None`: no person reads it.
    pub width: Option<u16>,
    /// Whether colours help.
    pub colour: bool,
    /// Every column, also those that matter rarely.
    pub wide: bool,
}

struct Column {
    title: &'static str,
    text: fn(&PullRow) -> String,
}

/// The whole report as text.
pub fn report(report: &Report, layout: &Layout) -> String {
    let rows: Vec<&PullRow> = report.pulls().collect();
    let mut out = String::new();
    if !rows.is_empty() {
        out.push_str(&rows_table(&rows, layout));
    }
    if layout.width.is_none() && !rows.is_empty() {
        // Findings that no row shows would be lost to whoever reads lines.
        let shown: Vec<&str> = rows.iter().map(|row| row.evidence.as_str()).collect();
        out.push_str(&findings::lines(report, |id| shown.contains(&id)));
    } else {
        out.push_str(&findings::blocks(report, layout));
        out.push_str(&findings::summary(report, &rows, layout));
    }
    out
}

fn rows_table(rows: &[&PullRow], layout: &Layout) -> String {
    let columns = columns(rows, layout);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match layout.width.filter(|_| !layout.wide) {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    if layout.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(columns.iter().map(|column| Cell::new(column.title)));
    for row in rows {
        table.add_row(columns.iter().map(|column| cell(column, row, layout)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 3));
    }
    table.trim_fmt() + "\n"
}

fn cell(column: &Column, row: &PullRow, layout: &Layout) -> Cell {
    let cell = Cell::new((column.text)(row));
    match (column.title, row.result) {
        _ if !layout.colour => cell,
        ("RESULT", Verdict::Ok) => cell.fg(Color::Green),
        ("RESULT", Verdict::Failed) => cell.fg(Color::Red),
        ("RESULT", _) => cell.fg(Color::Yellow),
        _ => cell,
    }
}

fn columns(rows: &[&PullRow], layout: &Layout) -> Vec<Column> {
    let all = layout.width.is_none() || layout.wide;
    let several = |text: fn(&PullRow) -> String| rows.windows(2).any(|pair| text(pair[0]) != text(pair[1]));
    let mut columns = vec![Column { title: "NODE", text: |row| row.node.clone() }];
    if all || several(|row| row.image.clone()) {
        columns.push(Column { title: "IMAGE", text: |row| row.image.clone() });
    }
    columns.push(Column { title: "RESULT", text: |row| result(row).to_string() });
    if all || rows.iter().any(|row| row.took_ms.is_some()) {
        columns.push(Column { title: "TIME", text: |row| row.took_ms.map_or_else(none, millis) });
    }
    if all || rows.iter().any(|row| row.size_bytes.is_some()) {
        columns.push(Column { title: "SIZE", text: |row| row.size_bytes.map_or_else(none, bytes) });
    }
    let identity: fn(&PullRow) -> String = |row| row.identity.clone();
    if all || several(identity) || layout.width.is_some_and(|width| width >= WIDE_TERMINAL) {
        columns.push(Column { title: "IDENTITY", text: identity });
    }
    if all || rows.iter().any(|row| row.code.is_some()) {
        columns
            .push(Column { title: "CODE", text: |row| row.code.map_or_else(none, |code| code.to_string()) });
        columns.push(Column { title: "CERTAIN", text: certain });
    }
    if layout.wide {
        columns.push(Column { title: "WAITED", text: |row| row.waited_ms.map_or_else(none, millis) });
        columns.push(Column {
            title: "IMAGE USED",
            text: |row| row.image_rewritten.clone().unwrap_or_else(|| row.image.clone()),
        });
        columns.push(Column { title: "POD", text: |row| row.pod.clone() });
    }
    if all {
        columns.push(Column { title: "ON NODE BEFORE", text: |row| presence(row.on_node_before).into() });
        columns.push(Column { title: "MESSAGE", text: message });
    }
    columns
}

fn none() -> String {
    "-".into()
}

fn result(row: &PullRow) -> &'static str {
    match row.result {
        Verdict::Ok => "ok",
        Verdict::Failed => "failed",
        Verdict::NotFinished => "not finished",
        Verdict::NotTested => "not tested",
    }
}

fn certain(row: &PullRow) -> String {
    match row.certain {
        Some(true) => "yes".into(),
        Some(false) => "no".into(),
        None => none(),
    }
}

fn message(row: &PullRow) -> String {
    row.message.as_ref().map_or_else(none, ToString::to_string)
}

fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Yes => "yes",
        Presence::No => "no",
        Presence::Unknown => "unknown",
    }
}

/// A time as people read it: `58ms`, `1.2s`, `2m03s`.
fn millis(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{}m{:02}s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// A size in the units of Kubernetes quantities: `750Ki`, `12.3Mi`.
fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    for (unit, size) in UNITS {
        if bytes >= size {
            let tenths = bytes * 10 / size;
            return if tenths < 100 {
                format!("{}.{}{unit}", tenths / 10, tenths % 10)
            } else {
                format!("{}{unit}", tenths / 10)
            };
        }
    }
    format!("{bytes}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_short() {
        assert_eq!([millis(58), millis(1_250), millis(123_000)], ["58ms", "1.2s", "2m03s"]);
        assert_eq!([bytes(512), bytes(768_618), bytes(12_900_000)], ["512B", "750Ki", "12Mi"]);
    }
}
