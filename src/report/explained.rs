//! What a text was explained to be: a row a cause, with what follows from it.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{NotChecked, NotCheckedState, Report, Row};
use crate::code::Code;
use crate::evidence::{API_VERSION, Action, Run};
use crate::explain::{Cause, Explained};
use crate::finding::{Candidate, Finding, Subject};
use crate::plan::Plan;
use crate::text::{Clean, capitalised};

/// One cause that a text shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExplainedRow {
    /// The first line that shows it, from 1.
    pub line: usize,
    /// How often it is told.
    pub count: u64,
    /// The message that says most of it.
    pub message: Clean,
    /// What it may be, likeliest first.
    pub candidates: Vec<Candidate>,
    /// Images concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Hosts that its messages name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Pods concerned, as `NAMESPACE/NAME` or `NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<String>,
    /// Id of the place: `line/12`.
    pub evidence: String,
}

impl ExplainedRow {
    /// The likeliest cause.
    pub fn code(&self) -> Option<Code> {
        self.candidates.first().map(|candidate| candidate.code)
    }
}

/// What is known of a text as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TextSummary {
    /// How many lines were read.
    pub lines: usize,
    /// Lines that only follow from a cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<FollowerRow>,
}

/// A line that says no more than that something else failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FollowerRow {
    /// The first such line.
    pub line: usize,
    /// How often it is there.
    pub count: u64,
    /// Its text.
    pub message: Clean,
    /// The line of the cause that it follows from.
    pub follows: usize,
}

impl Report {
    /// What a text shows. `namespace`: that of pods whose own the text does not say; `left_unread`: why not all of the
    /// text was read.
    pub fn of_text(
        explained: &Explained,
        run: Run,
        namespace: Option<&str>,
        left_unread: Option<String>,
    ) -> Self {
        let images = unique(explained.causes.iter().flat_map(|cause| cause.images.iter().cloned()));
        let plan = Plan { checks: Vec::new(), ..Plan::of_this_machine(Action::Explain, images, 0) };
        let left_out =
            |why| NotChecked { what: "the rest of the text".into(), state: NotCheckedState::LeftOut, why };
        let unlisted =
            (explained.unlisted > 0).then(|| format!("{} more errors are not listed", explained.unlisted));
        let followers = explained.followers.iter().map(|follower| FollowerRow {
            line: follower.line,
            count: follower.count,
            message: follower.message.clone(),
            follows: follower.follows,
        });
        Self {
            api_version: API_VERSION.into(),
            kind: "Report".into(),
            run,
            plan: Plan { namespace: namespace.unwrap_or_default().into(), ..plan },
            results: explained.causes.iter().map(|cause| Row::Explained(row(cause))).collect(),
            findings: explained.causes.iter().map(|cause| finding(cause, namespace)).collect(),
            not_checked: left_unread.into_iter().chain(unlisted).map(left_out).collect(),
            stores: Vec::new(),
            harbor: None,
            clock: None,
            workloads: None,
            comparison: None,
            text: Some(TextSummary { lines: explained.lines, followers: followers.collect() }),
            extra: Map::new(),
        }
    }
}

fn row(cause: &Cause) -> ExplainedRow {
    ExplainedRow {
        line: cause.line,
        count: cause.count,
        message: cause.message.clone(),
        candidates: cause.candidates.clone(),
        images: cause.images.clone(),
        hosts: cause.hosts.clone(),
        pods: cause.pods.clone(),
        evidence: evidence(cause),
    }
}

fn finding(cause: &Cause, namespace: Option<&str>) -> Finding {
    let first = cause.candidates.first();
    let because = first.map_or("nothing in the message is known", |candidate| candidate.because.as_str());
    let subject = Subject { name: cause.subject(), images: cause.images.clone(), ..Subject::default() };
    let text = format!("{}: {because}.", capitalised(cause.code().meaning()));
    Finding {
        certain: cause.is_certain(),
        messages: vec![cause.message.clone()],
        evidence: vec![evidence(cause)],
        also_possible: cause.candidates.iter().skip(1).map(|candidate| candidate.code).collect(),
        settle_by: first.and_then(|candidate| candidate.settle_by.clone()),
        fixes: cause.next(namespace),
        ..Finding::new(cause.code(), subject, text)
    }
}

fn evidence(cause: &Cause) -> String {
    format!("line/{}", cause.line)
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}
