//! A table of any rows: what is laid out how, whoever reads it.

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use regauth::report::Verdict;

use super::wrap::{self, Breaks, chars};

/// How many spaces stand between columns; in a narrow terminal; where words would be broken otherwise.
const GAPS: [usize; 3] = [3, 2, 1];

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
    /// Never broken into lines.
    is_whole: bool,
    /// Left out where the terminal is too narrow for all, the highest first; 0: never.
    spare: u8,
}

impl<R> Column<R> {
    /// A column.
    pub fn new(title: &'static str, text: fn(&R) -> String) -> Self {
        Self { title, text, is_whole: false, spare: 0 }
    }

    /// One that is never broken into lines: what it shows is searched for as it stands.
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }

    /// One that is left out where the terminal is too narrow for all, the highest `order` first.
    pub fn spare(mut self, order: u8) -> Self {
        self.spare = order;
        self
    }
}

/// The column that is coloured.
pub const RESULT: &str = "RESULT";

/// Rows as a table. Where a person reads it, it is as narrow as the terminal: the gaps first, then lines broken between
/// words and the parts of names, then columns that can be spared, and only then lines broken anywhere.
pub fn grid<R>(rows: &[R], columns: &[Column<R>], verdict: fn(&R) -> Verdict, layout: &Layout) -> String {
    let cells = rows.iter().map(|row| columns.iter().map(|column| (column.text)(row)).collect());
    let titles: Vec<String> = columns.iter().map(|column| column.title.to_string()).collect();
    let cells: Vec<Vec<String>> = std::iter::once(titles).chain(cells).collect();
    let room = layout.width.filter(|_| !layout.wide).map_or(usize::MAX, usize::from);
    let Arrangement { shown, gap } = arrange(columns, &cells, room);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    if layout.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for (index, row) in cells.iter().enumerate() {
        let verdict = index.checked_sub(1).and_then(|row| rows.get(row)).map(verdict);
        let cell = |(column, width): &(usize, usize)| {
            let cell = Cell::new(wrap::lines(&row[*column], *width).join("\n"));
            match verdict.filter(|_| layout.colour && columns[*column].title == RESULT) {
                Some(verdict) => cell.fg(colour(verdict)),
                None => cell,
            }
        };
        match verdict {
            None => table.set_header(shown.iter().map(cell)),
            Some(_) => table.add_row(shown.iter().map(cell)),
        };
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, u16::try_from(gap).unwrap_or_default()));
    }
    table.trim_fmt() + "\n"
}

/// Which columns are shown, each with its width, and how far apart.
struct Arrangement {
    shown: Vec<(usize, usize)>,
    gap: usize,
}

fn arrange<R>(columns: &[Column<R>], cells: &[Vec<String>], room: usize) -> Arrangement {
    let widest = |column: usize, text: &dyn Fn(&str) -> usize| {
        cells.iter().map(|row| text(&row[column])).max().unwrap_or_default()
    };
    let mut shown: Vec<(usize, usize)> =
        (0..columns.len()).map(|column| (column, widest(column, &chars))).collect();
    if let Some(gap) = GAPS[..2].iter().copied().find(|gap| total(&shown, *gap) <= room) {
        return Arrangement { shown, gap };
    }
    let squeezed_by = |shown: &[(usize, usize)], gap: usize, breaks: Breaks| {
        squeezed(shown, gap, room, |column| match columns[column].is_whole {
            true => widest(column, &chars),
            false => floor(cells, column, breaks),
        })
    };
    let gap = GAPS[1];
    loop {
        let breaks = [Breaks::Parts, Breaks::Names];
        if let Some(shown) = breaks.into_iter().find_map(|one| squeezed_by(&shown, gap, one)) {
            return Arrangement { shown, gap };
        }
        let spare = shown.iter().enumerate().max_by_key(|(_, (column, _))| columns[*column].spare);
        match spare.filter(|(_, (column, _))| columns[*column].spare > 0).map(|(at, _)| at) {
            Some(at) => shown.remove(at),
            None => break,
        };
    }
    let gap = GAPS[2];
    let breaks = [Breaks::Names, Breaks::Anywhere];
    let fitting = breaks.into_iter().find_map(|one| squeezed_by(&shown, gap, one));
    Arrangement { shown: fitting.unwrap_or(shown), gap }
}

/// How narrow a column may become. Titles stay whole.
fn floor(cells: &[Vec<String>], column: usize, breaks: Breaks) -> usize {
    let narrowest = |(row, cells): (usize, &Vec<String>)| match (row, cells.get(column)) {
        (0, Some(title)) => chars(title),
        (_, text) => text.map_or(0, |text| wrap::narrowest(text, breaks)),
    };
    cells.iter().enumerate().map(narrowest).max().unwrap_or_default()
}

fn total(shown: &[(usize, usize)], gap: usize) -> usize {
    shown.iter().map(|(_, width)| width).sum::<usize>() + gap * shown.len().saturating_sub(1)
}

/// The widest columns made narrower until all have room, none narrower than its floor; `None` if that is not enough.
fn squeezed(
    shown: &[(usize, usize)],
    gap: usize,
    room: usize,
    floor: impl Fn(usize) -> usize,
) -> Option<Vec<(usize, usize)>> {
    let mut shown = shown.to_vec();
    let floors: Vec<usize> = shown.iter().map(|(column, _)| floor(*column)).collect();
    while total(&shown, gap) > room {
        let wide = shown.iter_mut().zip(&floors).filter(|((_, width), floor)| width > *floor);
        let ((_, width), _) = wide.max_by_key(|((_, width), _)| *width)?;
        *width -= 1;
    }
    Some(shown)
}

fn colour(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Ok => Color::Green,
        Verdict::Failed => Color::Red,
        _ => Color::Yellow,
    }
}
