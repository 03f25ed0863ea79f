//! What the program knows between two check-ups, as it is served.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use regauth::collect::node_classes::NodeClasses;
use regauth::collect::pulled::KubeletPull;
use regauth::finding::Severity;
use regauth::report::{ExitStatus, HarborSummary, Report};

use super::canary::Canaries;
use super::pulls::Pulls;
use super::refused::Refused;
use crate::render::prometheus;

/// How a check-up ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Nothing was found, and everything could be told.
    Ok,
    /// There are warnings or errors.
    Findings,
    /// Nothing of that kind was found, and something could not be told.
    Incomplete,
    /// There is no report.
    Failed,
}

impl Ended {
    /// All of them: each has a series from the beginning, so that a first failure is seen to rise.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Findings, Self::Incomplete, Self::Failed];

    /// The value of the label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Findings => "findings",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }

    fn of(report: &Report) -> Self {
        match report.exit_status(Some(Severity::Warning)) {
            ExitStatus::Healthy => Self::Ok,
            ExitStatus::Findings => Self::Findings,
            ExitStatus::Incomplete | ExitStatus::Interrupted => Self::Incomplete,
        }
    }
}

/// Everything that is served.
pub struct Figures {
    /// The last report as metrics; none before the first.
    pub report: String,
    /// Check-ups by how they ended.
    pub checkups: BTreeMap<Ended, u64>,
    /// How long the last one took.
    pub took: Option<Duration>,
    /// When the last one ended that gave a report (UTC).
    pub last_success: Option<Timestamp>,
    /// Pulls.
    pub pulls: Pulls,
    /// Canaries.
    pub canaries: Canaries,
    /// What Harbor's cores refused.
    pub refused: Refused,
}

/// What is read beside the check-up itself.
#[derive(Default)]
pub struct Beside {
    /// The classes of nodes.
    pub classes: NodeClasses,
    /// Kubelets' events about pulls; absent where they could not be read.
    pub pulls: Option<Vec<KubeletPull>>,
}

impl Figures {
    /// Of a program that begins now, with a canary for each repository.
    pub fn new(repositories: &[String], now: Timestamp) -> Self {
        Self {
            report: String::new(),
            checkups: Ended::ALL.into_iter().map(|ended| (ended, 0)).collect(),
            took: None,
            last_success: None,
            pulls: Pulls::new(now),
            canaries: Canaries::new(repositories),
            refused: Refused::default(),
        }
    }

    /// Takes a check-up in that gave a report, with each Harbor that it looked at.
    pub fn checked(&mut self, report: &Report, harbors: &[HarborSummary], beside: &Beside, took: Duration) {
        if report.saw_nothing() {
            // Nothing of it may pass for a cluster that is well.
            return self.failed(took);
        }
        self.report = prometheus::checkup(report, harbors);
        self.pulls.add_tests(report, &beside.classes);
        if let Some(pulls) = &beside.pulls {
            self.pulls.add_events(pulls, &beside.classes);
        }
        self.last_success = Some(Timestamp::now());
        self.ended(Ended::of(report), took);
    }

    /// Takes one in that gave none, or could look at nothing: the last report stands, with its time.
    pub fn failed(&mut self, took: Duration) {
        self.ended(Ended::Failed, took);
    }

    fn ended(&mut self, ended: Ended, took: Duration) {
        *self.checkups.entry(ended).or_default() += 1;
        self.took = Some(took);
    }
}
