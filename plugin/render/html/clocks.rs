//! How far each node's clock is off, as a plot: those that are off the most each on a line, the others together on one.

use regauth::diagnose::{signed_span, span};
use regauth::report::{ClockRow, Report};

use super::super::clock::method;
use super::markup::Html;
use super::{Section, framed};

/// So many clocks have a line of their own.
const LINES: usize = 30;
/// The plot's width, and where it begins and ends between names and values, in the plot's own units.
const WIDTH: f64 = 760.0;
const LEFT: f64 = 200.0;
const RIGHT: f64 = 660.0;
/// How high a line is.
const LINE: f64 = 22.0;
/// How much of a name is shown.
const NAME: usize = 28;

/// The section; `None` where no clock was read.
pub fn section(report: &Report) -> Option<Section> {
    let mut rows: Vec<&ClockRow> = report.clocks().filter(|row| row.offset_us.is_some()).collect();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by_key(|row| (row.code.is_none(), std::cmp::Reverse(offset(row).unsigned_abs())));
    let several = rows.windows(2).any(|pair| pair[0].method != pair[1].method);
    let (own, others) = rows.split_at(rows.len().min(LINES));
    let scale = Scale::of(&rows);
    let lines: Html = own.iter().enumerate().map(|(at, row)| line(row, at, several, &scale)).collect();
    let height = LINE * (own.len() + usize::from(!others.is_empty())) as f64;
    let drawing = scale.axis(height).and(lines).and(together(others, own.len(), &scale));
    let size = format!("0 0 {WIDTH} {}", height + 2.0 * LINE);
    let label = "How far each node's clock is off; the table below has the numbers";
    let picture = Html::with("svg", &[("viewBox", &size), ("role", "img"), ("aria-label", label)], drawing);
    let words = "Behind to the left, ahead to the right; the axis is logarithmic away from zero, and a bar shows how far a value may be wrong.";
    let body =
        Html::with("p", &[("class", "muted")], words).and(framed("scroll plot", "Clock offsets", picture));
    Some(Section::new("clocks", "Clock offsets", body))
}

fn offset(row: &ClockRow) -> i64 {
    row.offset_us.unwrap_or_default()
}

/// From microseconds to places: linear up to a millisecond, logarithmic beyond, so that milliseconds and minutes have
/// room beside each other.
struct Scale {
    low: f64,
    high: f64,
}

/// Where numbers stand at the axis, in microseconds.
const TICKS: &[i64] = &[
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
];

fn folded(us: i64) -> f64 {
    (us as f64).signum() * (1.0 + (us as f64).abs() / 1e3).log10()
}

impl Scale {
    fn of(rows: &[&ClockRow]) -> Self {
        let ends = rows.iter().flat_map(|row| {
            let wrong = row.uncertainty_us.unwrap_or_default();
            [folded(offset(row).saturating_sub(wrong)), folded(offset(row).saturating_add(wrong))]
        });
        // Zero is always there, with some room to both sides.
        let (low, high) = ends.fold((-0.5_f64, 0.5_f64), |(low, high), end| (low.min(end), high.max(end)));
        Self { low: low - 0.1, high: high + 0.1 }
    }

    fn place(&self, us: i64) -> f64 {
        LEFT + (folded(us) - self.low) / (self.high - self.low) * (RIGHT - LEFT)
    }

    fn axis(&self, height: f64) -> Html {
        let both = TICKS.iter().flat_map(|tick| [-tick, *tick]).chain([0]);
        let mut ticks: Vec<i64> = both.filter(|us| (LEFT..=RIGHT).contains(&self.place(*us))).collect();
        ticks.sort_unstable();
        // Numbers do not run into each other: zero first, then from the outside in.
        let mut shown: Vec<i64> = vec![0];
        for tick in ticks.iter().rev().chain(&ticks) {
            if shown.iter().all(|one| (self.place(*one) - self.place(*tick)).abs() > 55.0) {
                shown.push(*tick);
            }
        }
        shown.into_iter().map(|us| self.tick(us, height)).collect()
    }

    fn tick(&self, us: i64, height: f64) -> Html {
        let (x, bottom) = (self.place(us), LINE + height);
        let class = if us == 0 { "zero" } else { "axis" };
        let words = if us == 0 { "0".to_string() } else { signed_span(us) };
        stroke(class, (x, LINE), (x, bottom)).and(written(x, LINE - 8.0, "middle", "faint", &words))
    }
}

fn line(row: &ClockRow, at: usize, several: bool, scale: &Scale) -> Html {
    let y = LINE * (at as f64 + 1.5);
    let mut name: String = row.node.chars().take(NAME).collect();
    if name.len() < row.node.len() {
        name.push('…');
    }
    if several {
        name.push_str(&format!(" ({})", method(row.method)));
    }
    let wrong = row.uncertainty_us.unwrap_or_default();
    let (from, to) = (offset(row).saturating_sub(wrong), offset(row).saturating_add(wrong));
    let title = format!("{}: {} (± {})", row.node, signed_span(offset(row)), span(wrong));
    let dot = Html::with(
        "circle",
        &[
            ("class", if row.code.is_some() { "dot bad" } else { "dot" }),
            ("cx", &number(scale.place(offset(row)))),
            ("cy", &number(y)),
            ("r", if row.code.is_some() { "6" } else { "4" }),
        ],
        Html::tag("title", title),
    );
    // A mark in words, beside the colour and the size.
    let value = match row.code {
        Some(_) => format!("✗ {}", signed_span(offset(row))),
        None => signed_span(offset(row)),
    };
    written(LEFT - 10.0, y + 4.0, "end", "", &name)
        .and(stroke("range", (scale.place(from), y), (scale.place(to), y)))
        .and(dot)
        .and(written(RIGHT + 12.0, y + 4.0, "start", "", &value))
}

/// The clocks that have no line of their own.
fn together(rows: &[&ClockRow], at: usize, scale: &Scale) -> Html {
    let Some(most) = rows.iter().map(|row| offset(row).saturating_abs()).max() else {
        return Html::default();
    };
    let y = LINE * (at as f64 + 1.5);
    let mut places: Vec<i64> = rows.iter().map(|row| scale.place(offset(row)).round() as i64).collect();
    places.sort_unstable();
    places.dedup();
    let ticks = places.into_iter().map(|x| stroke("range", (x as f64, y - 5.0), (x as f64, y + 5.0)));
    written(LEFT - 10.0, y + 4.0, "end", "faint", &format!("{} others", rows.len()))
        .and(ticks.collect::<Html>())
        .and(written(RIGHT + 12.0, y + 4.0, "start", "faint", &format!("≤ {}", span(most))))
}

fn stroke(class: &str, from: (f64, f64), to: (f64, f64)) -> Html {
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
    Html::with("line", &[("class", class), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)], "")
}

fn written(x: f64, y: f64, anchor: &str, class: &str, text: &str) -> Html {
    let place = [number(x), number(y)];
    Html::with("text", &[("x", &place[0]), ("y", &place[1]), ("text-anchor", anchor), ("class", class)], text)
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}
