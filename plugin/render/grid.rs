//! A table of any rows: what is laid out how, whoever reads it.

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use regauth::report::Verdict;

/// How to lay out.
#[derive(Clone, Copy)]
pub struct Layout {
    /// The terminal's width in columns; `None`: no person reads it.
    pub width: Option<u16>,
    /// Whether colours help.
    pub colour: bool,
    /// Every column, also those that matter rarely.
    pub wide: bool,
    /// Whether marks must be ASCII.
    pub ascii: bool,
}

impl Layout {
    /// Whether every column is shown.
    pub fn all(&self) -> bool {
        self.width.is_none() || self.wide
    }
}

/// A column: its title and what it shows of a row.
pub struct Column<R> {
    pub title: &'static str,
    pub text: fn(&R) -> String,
}

impl<R> Column<R> {
    /// A column.
    pub fn new(title: &'static str, text: fn(&R) -> String) -> Self {
        Self { title, text }
    }
}

/// The column that is coloured.
pub const RESULT: &str = "RESULT";

/// Rows as a table. `gap` is how many spaces stand between columns.
pub fn grid<R>(
    rows: &[R],
    columns: &[Column<R>],
    verdict: fn(&R) -> Verdict,
    layout: &Layout,
    gap: u16,
) -> String {
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
        let cell = |column: &Column<R>| {
            let cell = Cell::new((column.text)(row));
            if layout.colour && column.title == RESULT { cell.fg(colour(verdict(row))) } else { cell }
        };
        table.add_row(columns.iter().map(cell));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, gap));
    }
    table.trim_fmt() + "\n"
}

fn colour(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Ok => Color::Green,
        Verdict::Failed => Color::Red,
        _ => Color::Yellow,
    }
}
