//! What a visit is at, on stderr when that is a terminal.

use std::cell::RefCell;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use regauth::run::{Observer, Progress};

/// A line that says what is going on.
pub struct Live {
    bar: ProgressBar,
    doing: RefCell<Vec<String>>,
}

/// Something that is going on until it is dropped.
pub struct Doing<'a> {
    live: &'a Live,
    what: String,
}

impl Live {
    /// On stderr, or nowhere.
    pub fn new(visible: bool) -> Self {
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, doing: RefCell::default() }
    }

    /// Something begins.
    pub fn doing(&self, what: &str) -> Doing<'_> {
        self.doing.borrow_mut().push(what.to_string());
        self.show();
        Doing { live: self, what: what.to_string() }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        self.bar.set_message(self.text());
    }

    fn text(&self) -> String {
        self.doing.borrow().join(", ")
    }
}

impl Drop for Doing<'_> {
    fn drop(&mut self) {
        self.live.doing.borrow_mut().retain(|one| *one != self.what);
        self.live.show();
    }
}

impl Observer for Live {
    fn saw(&self, progress: Progress<'_>) {
        if let Progress::HeldBack { node } = progress {
            self.bar.println(format!(
                "a credential was refused on {node}: it is sent from no node that is still to come"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_is_told_no_more() {
        let live = Live::new(false);
        let clocks = live.doing("clocks");
        let _workloads = live.doing("workloads");
        assert_eq!(live.text(), "clocks, workloads");
        drop(clocks);
        assert_eq!(live.text(), "workloads");
    }
}
