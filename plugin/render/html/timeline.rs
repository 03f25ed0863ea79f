//! Where the time of pulls and probes went: a bar of phases each, with every phase in words below it.

use regauth::report::{ProbeRow, PullRow, Report, Row, Verdict};

use super::super::rows::View;
use super::super::sheets::rank;
use super::super::steps::deciding;
use super::super::units::millis;
use super::markup::Html;
use super::{Section, more, of_verdict};

/// So many are shown: those that failed, then those that took longest.
const SHOWN: usize = 30;
/// The width of the longest, in the bar's own units; and the least width of a phase, so that none is lost.
const WIDTH: u64 = 1_000;
const LEAST: u64 = 4;

/// One step of a pull.
struct Phase {
    name: String,
    took_ms: u64,
    ok: bool,
}

struct Bar<'r> {
    view: View<'r>,
    phases: Vec<Phase>,
}

impl Bar<'_> {
    fn total(&self) -> u64 {
        self.phases.iter().map(|phase| phase.took_ms).fold(0, u64::saturating_add)
    }
}

/// The section; `None` where no time was taken.
pub fn section(report: &Report) -> Option<Section> {
    let mut bars: Vec<Bar<'_>> = report.results.iter().filter_map(bar).collect();
    let longest = bars.iter().map(Bar::total).max()?.max(1);
    // Stable: among equals the report's order stays.
    bars.sort_by_key(|bar| (rank(bar.view.result), std::cmp::Reverse(bar.total())));
    let items: Html = bars.iter().take(SHOWN).map(|bar| item(bar, longest)).collect();
    let words = format!("All bars have one scale; the longest is {}.", millis(longest));
    let body = Html::with("p", &[("class", "muted")], words)
        .and(Html::with("ul", &[("class", "phases")], items))
        .and(more(bars.len().saturating_sub(SHOWN), "that took less time"));
    Some(Section::new("phases", "Phases of pulls and probes", body))
}

fn bar(row: &Row) -> Option<Bar<'_>> {
    let phases = match row {
        Row::Pull(row) => of_pull(row),
        Row::Probe(row) => of_probe(row),
        _ => return None,
    };
    (!phases.is_empty()).then(|| Bar { view: View::of(row), phases })
}

fn of_pull(row: &PullRow) -> Vec<Phase> {
    let waited = row.waited_ms.filter(|ms| *ms > 0);
    let waited = waited.map(|took_ms| Phase { name: "waiting for other pulls".into(), took_ms, ok: true });
    let pulled =
        row.took_ms.map(|took_ms| Phase { name: "pull".into(), took_ms, ok: row.result == Verdict::Ok });
    waited.into_iter().chain(pulled).collect()
}

fn of_probe(row: &ProbeRow) -> Vec<Phase> {
    let requests = deciding(row).map(|attempt| attempt.steps.as_slice()).unwrap_or_default();
    let steps = row.path.iter().chain(requests);
    steps.map(|step| Phase { name: step.step.clone(), took_ms: step.took_ms, ok: step.ok }).collect()
}

fn item(bar: &Bar<'_>, longest: u64) -> Html {
    let (_, mark) = of_verdict(bar.view.result);
    let title = format!("{mark} {} ({})", bar.view.name(), millis(bar.total()));
    let told = bar.phases.iter().map(|phase| {
        let mark = if phase.ok { "" } else { "✗ " };
        format!("{mark}{} {}", phase.name, millis(phase.took_ms))
    });
    let told = told.collect::<Vec<_>>().join(" → ");
    let head = Html::with("h3", &[], title);
    Html::tag("li", head.and(drawing(bar, longest)).and(Html::with("p", &[("class", "steps")], told)))
}

/// The bar itself: decoration, since the words below say the same.
fn drawing(bar: &Bar<'_>, longest: u64) -> Html {
    let mut x = 0;
    let mut rectangles = Html::default();
    for (at, phase) in bar.phases.iter().enumerate() {
        let width = (phase.took_ms.saturating_mul(WIDTH) / longest).max(LEAST);
        let class = match (phase.ok, at % 2) {
            (false, _) => "bad",
            (true, 0) => "",
            (true, _) => "odd",
        };
        let (left, wide) = (x.to_string(), width.to_string());
        let place =
            [("class", class), ("x", left.as_str()), ("y", "0"), ("width", wide.as_str()), ("height", "10")];
        rectangles = rectangles.and(Html::with("rect", &place, ""));
        x += width;
    }
    // Phases of no time are drawn all the same, so the longest bar may need more room.
    let size = format!("0 0 {} 10", WIDTH.max(x) + LEAST * 10);
    let frame = [("viewBox", size.as_str()), ("preserveAspectRatio", "none"), ("aria-hidden", "true")];
    Html::with("div", &[("class", "bar")], Html::with("svg", &frame, rectangles))
}
