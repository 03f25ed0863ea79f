//! Live progress on stderr, when it is a terminal.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use regauth::run::{Observer, Progress};

/// A bar with rows done, failed, not tested and pending.
pub struct Bar {
    bar: ProgressBar,
    rows: Cell<u64>,
    ok: Cell<u64>,
    failed: Cell<u64>,
    not_tested: Cell<u64>,
}

impl Bar {
    /// A bar on stderr, or a hidden one.
    pub fn new(visible: bool) -> Self {
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self { bar, rows: Cell::new(0), ok: Cell::new(0), failed: Cell::new(0), not_tested: Cell::new(0) }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn counts(&self) -> String {
        let (ok, failed, not_tested) = (self.ok.get(), self.failed.get(), self.not_tested.get());
        let pending = self.rows.get().saturating_sub(ok + failed + not_tested);
        let untested = if not_tested == 0 { String::new() } else { format!("{not_tested} not tested, ") };
        format!("{ok} ok, {failed} failed, {untested}{pending} pending")
    }
}

impl Observer for Bar {
    fn saw(&self, progress: Progress<'_>) {
        match progress {
            Progress::Began { rows } => {
                self.rows.set(rows as u64);
                self.bar.set_length(rows as u64);
                self.bar.enable_steady_tick(std::time::Duration::from_millis(200));
                self.bar.set_message(self.counts());
            }
            Progress::OneFirst { node } => {
                self.bar.println(format!("{node} goes first, so that a wrong credential is sent once"))
            }
            Progress::HeldBack { node } => {
                self.bar.println(format!(
                    "a credential was refused on {node}: it is sent from no node that is still to come"
                ));
            }
            Progress::Row { ok, tested, .. } => {
                let count = match (ok, tested) {
                    (true, _) => &self.ok,
                    (false, true) => &self.failed,
                    (false, false) => &self.not_tested,
                };
                count.set(count.get() + 1);
                self.bar.inc(1);
                self.bar.set_message(self.counts());
            }
            Progress::CleaningUp => self.bar.set_message(format!("{}; removing the run", self.counts())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_could_not_be_tested_is_no_failure() {
        let bar = Bar::new(false);
        bar.saw(Progress::Began { rows: 5 });
        for (ok, tested) in [(true, true), (false, true), (false, false), (false, false)] {
            bar.saw(Progress::Row { node: "n", ok, tested });
        }
        assert_eq!(bar.counts(), "1 ok, 1 failed, 2 not tested, 1 pending");
    }
}
