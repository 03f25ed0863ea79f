//! What is shown while leases are watched: progress for a person, with `--watch` the worst clock; into a pipe a line whenever
//! another clock is the worst, and at least one a renew period.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use regauth::collect::leases::Observer;
use regauth::diagnose::{signed_span, span};
use regauth::evidence::clock::LeaseClocks;
use tokio_util::sync::CancellationToken;

use crate::cli::Format;
use crate::output::Output;

/// How often a person sees something new.
const REDRAW: Duration = Duration::from_secs(1);
/// How often a pipe gets a line at the least.
const PERIOD: Duration = Duration::from_secs(10);

/// Shows what is known so far.
pub struct Live<'a> {
    bar: ProgressBar,
    watch: bool,
    /// Where lines go; none where the report alone may be in the output.
    lines: Option<RefCell<&'a mut Output>>,
    stop: CancellationToken,
    drawn: Cell<Option<Instant>>,
    /// When the last line was written, and which node was the worst.
    told: RefCell<Option<(Instant, String)>>,
}

impl<'a> Live<'a> {
    pub fn new(output: &'a mut Output, watch: bool, format: Format, stop: CancellationToken) -> Self {
        let target = match output.is_watched() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{elapsed} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let has_lines =
            watch && !output.is_read_by_a_person() && matches!(format, Format::Table | Format::Wide);
        let lines = has_lines.then(|| RefCell::new(output));
        Self { bar, watch, lines, stop, drawn: Cell::new(None), told: RefCell::new(None) }
    }

    /// Takes the progress away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// A line for the pipe, where there is something new. Whoever closed it wants no more, and ends the watch.
    fn tell(&self, clocks: &LeaseClocks, heard: usize, known: usize) {
        let (Some(lines), Some(now)) = (&self.lines, worst(clocks)) else { return };
        let mut told = self.told.borrow_mut();
        let is_due = told.as_ref().is_none_or(|(at, worst)| at.elapsed() >= PERIOD || *worst != now.node);
        if !is_due {
            return;
        }
        let line = format!("# {:.0} {heard}/{known} nodes, {}\n", Timestamp::now(), now.text);
        if !lines.borrow_mut().line(&line) {
            self.stop.cancel();
        }
        *told = Some((Instant::now(), now.node));
    }
}

impl Observer for Live<'_> {
    fn saw(&self, clocks: &dyn Fn() -> LeaseClocks, heard: usize, known: usize) {
        if self.drawn.get().is_some_and(|at| at.elapsed() < REDRAW)
            || (self.lines.is_none() && self.bar.is_hidden())
        {
            return;
        }
        self.drawn.set(Some(Instant::now()));
        let mut text = format!("{heard} of {known} nodes' leases were renewed");
        if self.watch {
            let clocks = clocks();
            if self.lines.is_some() && heard > 0 {
                self.tell(&clocks, heard, known);
            }
            if let Some(worst) = worst(&clocks) {
                text = format!("{text}; {}; Ctrl-C ends with the report", worst.text);
            }
        }
        self.bar.set_message(text);
        self.bar.tick();
    }

    fn doubts(&self, nodes: &[String]) {
        let whose = match nodes {
            [one] => format!("{one} seems"),
            many => format!("{} nodes seem", many.len()),
        };
        self.bar.set_message(format!("{whose} to be off, or was heard late: waiting for the next renewal"));
        self.bar.tick();
    }
}

struct Worst {
    node: String,
    text: String,
}

fn worst(clocks: &LeaseClocks) -> Option<Worst> {
    let offsets = clocks.offsets()?;
    let (worst, (spread, uncertainty)) = (offsets.worst()?, offsets.spread_us()?);
    let frozen = clocks.frozen().count();
    let mut text = format!(
        "worst {} {} (± {}), spread {} (± {})",
        worst.lease.node,
        signed_span(worst.offset_us),
        span(worst.uncertainty_us),
        span(spread),
        span(uncertainty)
    );
    if frozen > 0 {
        text.push_str(&format!(", {frozen} frozen"));
    }
    Some(Worst { node: worst.lease.node.clone(), text })
}
