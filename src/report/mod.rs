//! The one document that every command emits and every format renders.

mod clock_rows;
mod clock_unchecked;
mod compared;
pub mod explained;
mod harbor;
pub mod harbor_rows;
mod harbor_unchecked;
mod planned;
mod probe_rows;
mod pull_rows;
mod recovered;
mod rows;
mod steps;
pub mod stores;
mod tested;
mod unchecked;
mod workload_rows;
mod workload_unchecked;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::clock_rows::{ClockMethod, ClockRow, ClockSummary};
pub use self::compared::{Comparison, Since};
pub use self::harbor_rows::{CoreRow, HarborSummary};
pub use self::probe_rows::attempt_verdict;
pub use self::rows::{AttemptRow, LimitRow, ProbeRow, PullRow, Rate, Row, SeriesRow, StepRow, Verdict};
pub use self::steps::describe as describe_credential;
pub use self::unchecked::{NotChecked, NotCheckedState, UPLOAD_LEFT};
pub use self::workload_rows::{
    AuditRow, CredentialRow, FailingRow, PlannedRow, TriedRow, WorkloadSummary, WorksRow,
};
use crate::diagnose;
use crate::evidence::{API_VERSION, Evidence, Run};
use crate::finding::{Finding, Severity};
use crate::plan::Plan;

/// What was asked, what came of it, and what it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`API_VERSION`].
    pub api_version: String,
    /// `Report`.
    pub kind: String,
    /// Which run.
    pub run: Run,
    /// What was asked.
    pub plan: Plan,
    /// One row a thing tested.
    pub results: Vec<Row>,
    /// What it means, worst first.
    pub findings: Vec<Finding>,
    /// What the plan wanted and did not get, or left out.
    pub not_checked: Vec<NotChecked>,
    /// What the clients of this machine have for the images, where it was this machine that looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<stores::StoreRow>,
    /// What is known of a Harbor as a whole, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harbor: Option<HarborSummary>,
    /// What the nodes' clocks come to, where their leases were watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockSummary>,
    /// What is known of a text as a whole, where one was explained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<explained::TextSummary>,
    /// How much was looked at, where workloads were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<WorkloadSummary>,
    /// What has changed since an earlier check-up, where it was put beside one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Fields of a newer version, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a command's exit status says of its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Nothing at or above the threshold was found, and everything in the plan was checked.
    Healthy,
    /// At least one finding is at or above the threshold.
    Findings,
    /// Nothing was found, and something could not be told.
    Incomplete,
    /// The user ended the run.
    Interrupted,
}

impl ExitStatus {
    /// The process's exit status. 2 (usage, or nothing could be judged) is an error, not a report.
    pub fn code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Findings => 1,
            Self::Incomplete => 3,
            Self::Interrupted => 130,
        }
    }
}

impl Report {
    /// Judges evidence and puts it beside what it means.
    pub fn of(evidence: &Evidence) -> Self {
        let findings = diagnose::diagnose(evidence);
        let pulls =
            evidence.pulls.iter().map(|pull| Row::Pull(pull_rows::pull_row(pull, evidence, &findings)));
        let results = pulls
            .chain(probe_rows::rows(evidence, &findings))
            .chain(harbor::rows(evidence, &findings))
            .chain(clock_rows::rows(evidence, &findings))
            .chain(workload_rows::rows(evidence, &findings))
            .collect();
        Self {
            api_version: API_VERSION.into(),
            kind: "Report".into(),
            run: evidence.run.clone(),
            plan: evidence.plan.clone(),
            results,
            not_checked: unchecked::not_checked(evidence),
            stores: stores::rows(evidence, &findings),
            harbor: HarborSummary::of(evidence),
            clock: clock_rows::summary(evidence),
            text: None,
            workloads: workload_rows::summary(evidence),
            comparison: None,
            findings,
            extra: Map::new(),
        }
    }

    /// The rows of pulls by kubelets.
    pub fn pulls(&self) -> impl Iterator<Item = &PullRow> {
        self.results.iter().filter_map(|row| if let Row::Pull(row) = row { Some(row) } else { None })
    }

    /// The rows of pulls and pushes by probes.
    pub fn probes(&self) -> impl Iterator<Item = &ProbeRow> {
        self.results.iter().filter_map(|row| if let Row::Probe(row) = row { Some(row) } else { None })
    }

    /// The rows of pull limits.
    pub fn limits(&self) -> impl Iterator<Item = &LimitRow> {
        self.results.iter().filter_map(|row| if let Row::Limit(row) = row { Some(row) } else { None })
    }

    /// The rows of Harbor's cores.
    pub fn cores(&self) -> impl Iterator<Item = &CoreRow> {
        self.results.iter().filter_map(|row| if let Row::Core(row) = row { Some(row) } else { None })
    }

    /// The rows of a text's causes.
    pub fn explained(&self) -> impl Iterator<Item = &explained::ExplainedRow> {
        self.results.iter().filter_map(|row| if let Row::Explained(row) = row { Some(row) } else { None })
    }

    /// The rows of clocks.
    pub fn clocks(&self) -> impl Iterator<Item = &ClockRow> {
        self.results.iter().filter_map(|row| if let Row::Clock(row) = row { Some(row) } else { None })
    }

    /// The rows of workloads' pulls that fail.
    pub fn failing(&self) -> impl Iterator<Item = &FailingRow> {
        self.results.iter().filter_map(|row| if let Row::Failing(row) = row { Some(row) } else { None })
    }

    /// The rows of what images have for credentials.
    pub fn audits(&self) -> impl Iterator<Item = &AuditRow> {
        self.results.iter().filter_map(|row| if let Row::Audit(row) = row { Some(row) } else { None })
    }

    /// Whether nothing could be looked at, so that there is nothing to judge.
    pub fn saw_nothing(&self) -> bool {
        self.results.is_empty() && self.findings.is_empty() && !self.is_whole()
    }

    /// Whether all was checked but what was left out on purpose.
    pub fn is_whole(&self) -> bool {
        self.not_checked.iter().all(|item| item.state == NotCheckedState::LeftOut)
    }

    /// The exit status, with findings of `fail_on` and worse as failures (`None`: no finding is one).
    pub fn exit_status(&self, fail_on: Option<Severity>) -> ExitStatus {
        let counts = |finding: &&Finding| fail_on.is_some_and(|limit| reaches(finding.severity, limit));
        if self.run.interrupted {
            ExitStatus::Interrupted
        } else if self.findings.iter().any(|finding| counts(&finding)) {
            ExitStatus::Findings
        } else if self.findings.iter().any(|finding| finding.severity == Severity::Unknown)
            || !self.is_whole()
            // Nothing at all was tested. Of workloads, that no pull fails is an answer.
            || (self.results.is_empty() && self.workloads.is_none())
        {
            ExitStatus::Incomplete
        } else {
            ExitStatus::Healthy
        }
    }
}

/// `Unknown` has an exit status of its own and reaches no threshold.
fn reaches(severity: Severity, limit: Severity) -> bool {
    severity != Severity::Unknown && severity <= limit
}
