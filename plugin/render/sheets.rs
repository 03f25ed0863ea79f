//! The rows of a report as sheets of text, for formats that lay tables out by themselves.

use regauth::report::{Report, Verdict};

use super::grid::{Column, Layout};
use super::{clock, explain, harbor, limits, lines, workloads};

/// The columns are those that a person sees whose terminal has room for all that matters.
pub const ROOMY: Layout = Layout { width: Some(u16::MAX), colour: false, wide: false, ascii: false };

/// How a row ended, and its cells.
pub type Line = (Verdict, Vec<String>);

/// Rows of one kind, worst first.
pub struct Sheet {
    /// What they are, as a heading.
    pub title: &'static str,
    /// The columns' titles.
    pub head: Vec<&'static str>,
    pub rows: Vec<Line>,
}

impl Sheet {
    /// Rows by the columns of their table; `None` of no rows.
    pub fn of<R>(
        title: &'static str,
        rows: &[R],
        columns: &[Column<R>],
        verdict: fn(&R) -> Verdict,
    ) -> Option<Self> {
        let cells = |row: &R| columns.iter().map(|column| (column.text)(row)).collect();
        let mut told: Vec<Line> = rows.iter().map(|row| (verdict(row), cells(row))).collect();
        // Stable: within a verdict the report's order stays.
        told.sort_by_key(|(verdict, _)| rank(*verdict));
        let head = columns.iter().map(|column| column.title).collect();
        (!told.is_empty()).then_some(Self { title, head, rows: told })
    }

    /// The rows that are not well, then those that are.
    pub fn parted(&self) -> (&[Line], &[Line]) {
        self.rows.split_at(self.rows.partition_point(|(verdict, _)| *verdict != Verdict::Ok))
    }
}

/// Worst first.
pub fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 0,
        Verdict::NotFinished => 1,
        Verdict::NotTested => 2,
        Verdict::Ok => 3,
    }
}

/// A sheet for each kind of rows that the report has.
pub fn sheets(report: &Report) -> Vec<Sheet> {
    let sheets = [
        workloads::failing_sheet(report),
        lines::sheet(report),
        workloads::audit_sheet(report),
        limits::sheet(report),
        harbor::sheet(report),
        clock::sheet(report),
        explain::sheet(report),
    ];
    sheets.into_iter().flatten().collect()
}
