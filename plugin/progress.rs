//! Live progress on stderr, when it is a terminal.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use regauth::run::{Observer, Progress};

/// A bar with rows done, failed and pending.
pub struct Bar {
    bar: ProgressBar,
    rows: Cell<u64>,
    ok: Cell<u64>,
    failed: Cell<u64>,
}

impl Bar {
    /// A bar on stderr, or a hidden one.
    pub fn new(visible: bool) -> Self {
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self { bar, rows: Cell::new(0), ok: Cell::new(0), failed: Cell::new(0) }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn counts(&self) -> String {
        let (ok, failed) = (self.ok.get(), self.failed.get());
        let pending = self.rows.get().saturating_sub(ok + failed);
        format!("{ok} ok, {failed} failed, {pending} pending")
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
                self.bar
                    .println(format!("the credential was refused on {node}: the other nodes go without it"));
            }
            Progress::Row { ok, .. } => {
                let count = if ok { &self.ok } else { &self.failed };
                count.set(count.get() + 1);
                self.bar.inc(1);
                self.bar.set_message(self.counts());
            }
            Progress::CleaningUp => self.bar.set_message(format!("{}; removing the run", self.counts())),
        }
    }
}
