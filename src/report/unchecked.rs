//! What the plan wanted and did not get, or left out.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::pull_rows::waiting_text;
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep, Target, Withheld};
use crate::evidence::{Action, Evidence, Outcome, Probe, Pull, Unread};
use crate::plan::Check;

/// How the item of an upload begins that could not be cancelled.
pub const UPLOAD_LEFT: &str = "cancelling the upload to";

/// Something that was not checked, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// Everything that was not checked.
pub(super) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let mut items: Vec<NotChecked> = evidence.pulls.iter().filter_map(unchecked_pull).collect();
    items.extend(missing_pulls(evidence));
    items.extend(evidence.probes.iter().flat_map(|probe| unchecked_probe(probe, evidence)));
    items.extend(missing_probes(evidence));
    items.extend(left_aside(evidence));
    items.extend(super::clock_unchecked::not_checked(evidence));
    items.extend(super::harbor_unchecked::not_checked(evidence));
    items.extend(super::workload_unchecked::not_checked(evidence));
    items.extend(super::planned::not_checked(evidence));
    items.extend(evidence.unread.iter().map(not_read));
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
    if !evidence.plan.checks.contains(&Check::Kubelet) {
        return Vec::new();
    }
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

/// What a probe did not look at.
fn unchecked_probe(probe: &Probe, evidence: &Evidence) -> Vec<NotChecked> {
    let from = format!("from the {} network", probe.network.as_str());
    let what = match probe.node.is_empty() {
        true => "the probe on this machine".to_string(),
        false => format!("the probe on {} {from}", probe.node),
    };
    let (state, why) = match &probe.outcome {
        Outcome::Seen { .. } => return unchecked_targets(probe, &what, evidence),
        Outcome::Absent { message } | Outcome::Failed { message, .. } => {
            (NotCheckedState::Failed, message.to_string())
        }
        Outcome::Denied { message, .. } => (NotCheckedState::Denied, message.to_string()),
        Outcome::TimedOut { last_seen, .. } => (NotCheckedState::TimedOut, waiting_text(*last_seen).into()),
    };
    vec![NotChecked { what, state, why }]
}

/// Images that a probe says nothing of, what its result has no room for, and credentials that were not sent.
fn unchecked_targets(probe: &Probe, what: &str, evidence: &Evidence) -> Vec<NotChecked> {
    let Some(seen) = probe.seen() else { return Vec::new() };
    let missing = evidence.plan.images.iter().filter(|image| {
        matches!(evidence.plan.action, Action::Pull | Action::Push)
            && !seen.targets.iter().any(|one| one.image == **image)
    });
    let mut items: Vec<NotChecked> = missing
        .map(|image| NotChecked {
            what: format!("{image} by {what}"),
            state: NotCheckedState::Failed,
            why: "the evidence holds nothing about it".into(),
        })
        .collect();
    items.extend(seen.truncated.iter().map(|left_out| NotChecked {
        what: format!("{left_out}, by {what}"),
        state: NotCheckedState::LeftOut,
        why:
            "there was no room for it in the pod's termination message, and its log could not be read".into(),
    }));
    for (target, attempt) in
        seen.targets.iter().flat_map(|target| target.attempts.iter().map(move |one| (target, one)))
    {
        if let (Some(Withheld::RefusedElsewhere { on }), Some(credential)) =
            (&attempt.withheld, &attempt.credential)
        {
            items.push(NotChecked {
                what: format!("{} with {} by {what}", target.image, credential.source),
                state: NotCheckedState::LeftOut,
                why: format!("the registry refused it on {on}, and it is not sent again"),
            });
        }
    }
    items.extend(seen.targets.iter().filter_map(|target| upload_left(target, what)));
    items
}

/// An upload that could not be cancelled. The push is proven all the same, so it is left out, and no failure.
fn upload_left(target: &Target, what: &str) -> Option<NotChecked> {
    let exchanges = target.attempts.iter().flat_map(|attempt| &attempt.exchanges);
    let mut cancelled = exchanges.filter(|one| one.step == ExchangeStep::UploadCancel);
    let failed = cancelled.find(|one| !one.is_good())?;
    let (whose, registry_drops) = match target.series.as_ref().is_some_and(|series| series.accepted > 1) {
        true => ("the uploads", "the registry drops them by itself"),
        false => ("the upload", "the registry drops it by itself"),
    };
    Some(NotChecked {
        what: format!("{UPLOAD_LEFT} {} by {what}", target.image),
        state: NotCheckedState::LeftOut,
        why: format!("{whose} could not be cancelled ({}); {registry_drops}", why_not_cancelled(failed)),
    })
}

fn why_not_cancelled(exchange: &Exchange) -> String {
    match &exchange.result {
        // Distribution with token authentication: its router asks for `delete` on every DELETE.
        ExchangeResult::Answered(answer) if matches!(answer.status, 401 | 403) => {
            format!("HTTP {}: some registries want the right to delete for that", answer.status)
        }
        ExchangeResult::Answered(answer) => format!("HTTP {}", answer.status),
        ExchangeResult::TimedOut => "no answer in time".into(),
        ExchangeResult::Unreachable => "the registry was not reached any more".into(),
        ExchangeResult::Broken { message } | ExchangeResult::Refused { message } => message.to_string(),
    }
}

/// What probes in another namespace than the plan's were not given, because it is of the plan's namespace.
fn left_aside(evidence: &Evidence) -> Vec<NotChecked> {
    let own = &evidence.plan.namespace;
    let mut probes = evidence.probes.iter();
    let Some(aside) = probes.find(|probe| !probe.namespace.is_empty() && probe.namespace != *own) else {
        return Vec::new();
    };
    let given = evidence.plan.probe.iter();
    let bundle = given.clone().filter_map(|probe| probe.ca_bundle.as_ref()?.object());
    let secrets = given.flat_map(|probe| &probe.image_pull_secrets).map(|name| format!("secret/{name}"));
    let item = |object: String| NotChecked {
        what: format!("{object} by the probes in namespace {}", aside.namespace),
        state: NotCheckedState::LeftOut,
        why: format!("it is of namespace {own}, and they went without it"),
    };
    bundle.chain(secrets).map(item).collect()
}

/// Probes of the plan of which the evidence holds nothing.
fn missing_probes(evidence: &Evidence) -> Vec<NotChecked> {
    let planned = evidence.plan.tested_nodes().count();
    let networks = evidence.plan.checks.iter().filter_map(|check| check.network());
    networks
        .filter_map(|network| {
            let wanted = if network == crate::evidence::Network::Local { 1 } else { planned };
            let seen = evidence.probes.iter().filter(|probe| probe.network == network).count();
            (seen < wanted).then(|| NotChecked {
                what: format!("{} of {wanted} probes from the {} network", wanted - seen, network.as_str()),
                state: NotCheckedState::Failed,
                why: "the evidence holds nothing about it".into(),
            })
        })
        .collect()
}

/// How something came not to be checked, and why.
pub(super) fn state<T>(outcome: &Outcome<T>) -> (NotCheckedState, String) {
    match outcome {
        Outcome::Seen { .. } => (NotCheckedState::LeftOut, String::new()),
        Outcome::Denied { message, .. } => (NotCheckedState::Denied, message.to_string()),
        Outcome::TimedOut { .. } => (NotCheckedState::TimedOut, "no answer in time".into()),
        Outcome::Absent { message } | Outcome::Failed { message, .. } => {
            (NotCheckedState::Failed, message.to_string())
        }
    }
}

/// Something that was not read. What a flag would have settled was left out; what a right would have settled was refused.
pub(super) fn not_read(unread: &Unread) -> NotChecked {
    let (state, why) = state(&unread.outcome);
    let settled_by = unread.settled_by.as_str();
    let by_flag = settled_by.starts_with("--");
    let state = if by_flag && state == NotCheckedState::Failed { NotCheckedState::LeftOut } else { state };
    let why = match (settled_by.is_empty(), by_flag) {
        (true, _) => why,
        // A flag by itself, or a clause about it.
        (false, true) if settled_by.contains(' ') => joined(&why, settled_by),
        (false, true) => joined(&why, &format!("{settled_by} asks for it")),
        (false, false) => joined(&why, &format!("it needs the right: {settled_by}")),
    };
    NotChecked { what: unread.what.clone(), state, why }
}

pub(super) fn joined(why: &str, more: &str) -> String {
    if why.is_empty() { more.to_string() } else { format!("{why}; {more}") }
}
