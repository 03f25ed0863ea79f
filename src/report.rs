//! The one document that every command emits and every format renders.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::code::Code;
use crate::diagnose;
use crate::evidence::{
    API_VERSION, CredentialUse, Evidence, LastSeen, Outcome, Presence, Pull, PullSeen, Run,
};
use crate::finding::{Finding, Severity};
use crate::plan::Plan;
use crate::text::Clean;

/// What was asked, what came of it, and what it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Fields of a newer version, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A row of results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Row {
    /// A pull of one image by one node.
    Pull(PullRow),
}

/// How a test ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It worked.
    Ok,
    /// It failed.
    Failed,
    /// The time was up first.
    NotFinished,
    /// It could not be tested.
    NotTested,
}

/// One pull of one image by one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRow {
    /// The node.
    pub node: String,
    /// The image as the user wrote it.
    pub image: String,
    /// What a webhook made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_rewritten: Option<String>,
    /// How it ended.
    pub result: Verdict,
    /// How long the pull took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// How long it waited behind other pulls, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
    /// The image's size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Which identity was used, in words.
    pub identity: String,
    /// The code of the finding that explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// The runtime's, the kubelet's or the API server's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Clean>,
    /// Whether the node had the image before.
    pub on_node_before: Presence,
    /// The pod that tested it.
    pub pod: String,
    /// Id of the evidence item.
    pub evidence: String,
}

/// Something that was not checked, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotChecked {
    /// What was to be checked.
    pub what: String,
    /// How it came not to be.
    pub state: NotCheckedState,
    /// In words.
    pub why: String,
}

/// How something came not to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NotCheckedState {
    /// The plan left it out.
    LeftOut,
    /// It was refused.
    Denied,
    /// It failed.
    Failed,
    /// The time was up.
    TimedOut,
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
        let results =
            evidence.pulls.iter().map(|pull| Row::Pull(pull_row(pull, evidence, &findings))).collect();
        Self {
            api_version: API_VERSION.into(),
            kind: "Report".into(),
            run: evidence.run.clone(),
            plan: evidence.plan.clone(),
            results,
            not_checked: not_checked(evidence),
            findings,
            extra: Map::new(),
        }
    }

    /// The exit status, with findings of `fail_on` and worse as failures (`None`: no finding is one).
    pub fn exit_status(&self, fail_on: Option<Severity>) -> ExitStatus {
        let counts = |finding: &&Finding| fail_on.is_some_and(|limit| reaches(finding.severity, limit));
        if self.run.interrupted {
            ExitStatus::Interrupted
        } else if self.findings.iter().any(|finding| counts(&finding)) {
            ExitStatus::Findings
        } else if self.findings.iter().any(|finding| finding.severity == Severity::Unknown)
            || self.not_checked.iter().any(|item| item.state != NotCheckedState::LeftOut)
            // Nothing at all was tested.
            || self.results.is_empty()
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

fn pull_row(pull: &Pull, evidence: &Evidence, findings: &[Finding]) -> PullRow {
    let finding = findings.iter().find(|finding| finding.evidence.contains(&pull.id));
    let (mut took, mut waited, mut size) = (None, None, None);
    let (result, message) = match &pull.outcome {
        Outcome::Seen { value: PullSeen::Pulled { took_ms, waited_ms, size_bytes } } => {
            (took, waited, size) = (*took_ms, *waited_ms, *size_bytes);
            (Verdict::Ok, None)
        }
        Outcome::Seen { value: PullSeen::Failed { message, took_ms, .. } } => {
            took = *took_ms;
            (Verdict::Failed, Some(message.clone()))
        }
        Outcome::Absent { message } | Outcome::Denied { message, .. } | Outcome::Failed { message, .. } => {
            (Verdict::NotTested, Some(message.clone()))
        }
        Outcome::TimedOut { after_ms, last_seen } => {
            took = Some(*after_ms);
            (Verdict::NotFinished, Some(Clean::new(waiting_text(*last_seen))))
        }
    };
    PullRow {
        node: pull.node.clone(),
        image: pull.image.clone(),
        image_rewritten: pull.image_rewritten.clone(),
        result,
        took_ms: took,
        waited_ms: waited,
        size_bytes: size,
        identity: identity_text(pull, evidence),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        message,
        on_node_before: pull.on_node_before,
        pod: pull.pod.clone(),
        evidence: pull.id.clone(),
    }
}

fn waiting_text(last_seen: LastSeen) -> &'static str {
    match last_seen {
        LastSeen::Planned => "the time was up before its turn came",
        LastSeen::Created => "the scheduler had not placed the pod when the time was up",
        LastSeen::Scheduled => "the kubelet had not begun to pull when the time was up",
        LastSeen::Pulling => "the pull was still going on when the time was up",
        LastSeen::Running => "the probe was still looking when the time was up",
    }
}

fn identity_text(pull: &Pull, evidence: &Evidence) -> String {
    match &pull.credential {
        CredentialUse::AsPlanned => evidence.plan.identity.describe(),
        CredentialUse::HeldBack { refused_on } => {
            format!("no pull secret (refused on {refused_on}, not sent again)")
        }
    }
}

fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let mut items: Vec<NotChecked> = evidence.pulls.iter().filter_map(unchecked_pull).collect();
    items.extend(missing_pulls(evidence));
    for node in &evidence.plan.nodes {
        if let Some(skip) = &node.skip {
            let why = skip.detail.clone();
            items.push(NotChecked {
                what: format!("node/{}", node.name),
                state: NotCheckedState::LeftOut,
                why,
            });
        }
    }
    if let Some(all) = evidence.plan.sampled_of {
        items.push(NotChecked {
            what: format!("{} other nodes", all.saturating_sub(evidence.plan.nodes.len())),
            state: NotCheckedState::LeftOut,
            why: "a sample of each class of nodes was tested; --all-nodes tests all".into(),
        });
    }
    items
}

/// Pulls of the plan of which the evidence holds nothing.
fn missing_pulls(evidence: &Evidence) -> Vec<NotChecked> {
    // By pod, since the node that a pod got may be another than the planned one.
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for pull in &evidence.pulls {
        *seen.entry(pull.image.as_str()).or_default() += 1;
    }
    let planned = evidence.plan.tested_nodes().count();
    let missing = |image: &&String| seen.get(image.as_str()).copied().unwrap_or(0) < planned;
    let item = |image: &String| NotChecked {
        what: format!(
            "{image} on {} of {planned} nodes",
            planned - seen.get(image.as_str()).copied().unwrap_or(0)
        ),
        state: NotCheckedState::Failed,
        why: "the evidence holds nothing about it".into(),
    };
    evidence.plan.images.iter().filter(missing).map(item).collect()
}

fn unchecked_pull(pull: &Pull) -> Option<NotChecked> {
    let (state, why) = match &pull.outcome {
        Outcome::Seen { .. } => return None,
        Outcome::Absent { message } | Outcome::Failed { message, .. } => {
            (NotCheckedState::Failed, message.to_string())
        }
        Outcome::Denied { message, .. } => (NotCheckedState::Denied, message.to_string()),
        Outcome::TimedOut { last_seen, .. } => (NotCheckedState::TimedOut, waiting_text(*last_seen).into()),
    };
    Some(NotChecked { what: format!("{} on {}", pull.image, pull.node), state, why })
}
