//! Rows of clocks, and what they come to.

use serde::{Deserialize, Serialize};

use super::pull_rows::waiting_text;
use super::rows::{Row, Verdict};
use crate::code::Code;
use crate::diagnose::clock;
use crate::evidence::clock::{ClockBounds, ClockSeen, LeaseClock, Offsets};
use crate::evidence::{Action, Evidence, Outcome, Probe};
use crate::finding::{Finding, Severity};

/// How a clock was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ClockMethod {
    /// By the renewals of the node's lease.
    Lease,
    /// By a probe on the node.
    Probe,
}

/// One node's clock by one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClockRow {
    /// The node.
    pub node: String,
    /// How its clock was read.
    pub method: ClockMethod,
    /// Whether it was read, and nothing is wrong with it.
    pub result: Verdict,
    /// The node's clock minus that of the nodes in the middle (leases), or minus true time as the servers tell it (probe), in
    /// microseconds. Positive: ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_us: Option<i64>,
    /// How far that may be wrong to either side, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertainty_us: Option<i64>,
    /// How many renewals or answers it is from.
    pub samples: u32,
    /// What the kernel and the servers say, or why nothing is known, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The code of the finding that explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// Id of the evidence item.
    pub evidence: String,
}

/// What the leases of all nodes come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClockSummary {
    /// How many leases there are.
    pub nodes: usize,
    /// Of how many a renewal was seen.
    pub measured: usize,
    /// How long the watch listened, in milliseconds.
    pub listened_ms: u64,
    /// How far the clocks of any two nodes are apart at most, in microseconds; this machine's clock has no part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread_us: Option<i64>,
    /// How far that may be wrong, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread_uncertainty_us: Option<i64>,
    /// The node that is furthest ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<String>,
    /// The node that is furthest behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
    /// The clock of the nodes in the middle minus the API server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_to_api_server: Option<ClockBounds>,
    /// This machine's clock minus the API server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this_machine_to_api_server: Option<ClockBounds>,
    /// How often the watch was interrupted.
    pub interruptions: u32,
}

/// What the leases come to; `None` where they were not watched.
pub(super) fn summary(evidence: &Evidence) -> Option<ClockSummary> {
    let leases = evidence.leases.as_ref()?;
    let offsets = leases.offsets();
    let spread = offsets.as_ref().and_then(Offsets::spread_us);
    let extremes = offsets.as_ref().and_then(Offsets::extremes);
    let here = ClockBounds { low_us: 0, high_us: 0 };
    Some(ClockSummary {
        nodes: leases.nodes.len(),
        measured: offsets.as_ref().map_or(0, |offsets| offsets.nodes.len()),
        listened_ms: leases.listened_ms,
        spread_us: spread.map(|(spread, _)| spread),
        spread_uncertainty_us: spread.map(|(_, uncertainty)| uncertainty),
        ahead: extremes.map(|(ahead, _)| ahead.lease.node.clone()),
        behind: extremes.map(|(_, behind)| behind.lease.node.clone()),
        middle_to_api_server: offsets.as_ref().and_then(|offsets| offsets.middle_to_api),
        this_machine_to_api_server: leases.api_server.map(|api| here.minus(api)),
        interruptions: leases.interruptions,
    })
}

/// The rows of all clocks: leases in the order of the nodes.
pub(super) fn rows(evidence: &Evidence, findings: &[Finding]) -> Vec<Row> {
    let mut rows = lease_rows(evidence, findings);
    let probes = evidence.probes.iter().filter(|_| evidence.plan.action == Action::Clock);
    rows.extend(probes.map(|probe| Row::Clock(probe_row(probe, evidence, findings))));
    rows
}

fn probe_row(probe: &Probe, evidence: &Evidence, findings: &[Finding]) -> ClockRow {
    let mut row = ClockRow {
        node: probe.node.clone(),
        method: ClockMethod::Probe,
        result: Verdict::NotTested,
        offset_us: None,
        uncertainty_us: None,
        samples: 0,
        state: Some(unseen(probe)),
        code: None,
        certain: None,
        evidence: probe.id.clone(),
    };
    let Some(seen) = probe.seen().and_then(|seen| seen.clock.as_ref()) else {
        let about = findings.iter().find(|finding| finding.evidence.contains(&probe.id));
        row.code = about.map(|finding| finding.code);
        row.certain = about.map(|finding| finding.certain);
        return row;
    };
    let truth = clock::truth_of(probe, seen, evidence.leases.as_ref());
    if let (Some(node), clock::Verdict::Agreed { by, .. }) = (truth.node(), &truth) {
        row.offset_us = Some(node.middle_us());
        row.uncertainty_us = Some(node.uncertainty_us());
        row.samples = by.iter().map(|one| one.answers).fold(0, u32::saturating_add);
    }
    row.result = Verdict::Ok;
    row.state = Some(states(seen).join("; "));
    explain(&mut row, findings);
    row
}

fn unseen(probe: &Probe) -> String {
    match &probe.outcome {
        Outcome::Seen { .. } => "the probe says nothing of its clock: is its image of this version?".into(),
        Outcome::TimedOut { last_seen, .. } => waiting_text(*last_seen).into(),
        Outcome::Absent { message } | Outcome::Denied { message, .. } | Outcome::Failed { message, .. } => {
            message.to_string()
        }
    }
}

/// What the kernel and each server say.
fn states(seen: &ClockSeen) -> Vec<String> {
    let mut told = Vec::new();
    match (&seen.kernel, &seen.kernel_refusal) {
        (Some(kernel), _) if kernel.synchronised => {
            told.push(format!("kernel synchronised (± {})", clock::span(kernel.estimated_error_us)));
        }
        (Some(_), _) => told.push("kernel not synchronised".into()),
        (None, Some(why)) => told.push(format!("kernel not read: {why}")),
        (None, None) => {}
    }
    for ntp in &seen.ntp {
        let said = match &ntp.outcome {
            Outcome::Seen { value } if value.is_time() => {
                format!(
                    "{} (stratum {})",
                    clock::offset(value.offset.middle_us().saturating_neg()),
                    value.stratum
                )
            }
            Outcome::Seen { value } if value.kiss.is_some() => "refuses".into(),
            Outcome::Seen { .. } => "not synchronised".into(),
            _ => "no answer".into(),
        };
        told.push(format!("{} {said}", ntp.server));
    }
    for date in &seen.dates {
        let bounds = ClockBounds { low_us: 0, high_us: 0 }.minus(date.offset);
        told.push(format!(
            "{} {} (± {})",
            date.server,
            clock::offset(bounds.middle_us()),
            clock::span(bounds.uncertainty_us())
        ));
    }
    told
}

fn lease_rows(evidence: &Evidence, findings: &[Finding]) -> Vec<Row> {
    let Some(leases) = &evidence.leases else { return Vec::new() };
    let offsets = leases.offsets();
    // Both are in the order of the nodes.
    let mut measured = offsets.iter().flat_map(|offsets| &offsets.nodes).peekable();
    let mut rows = Vec::new();
    for lease in &leases.nodes {
        let offset = measured.next_if(|offset| offset.lease.node == lease.node);
        let mut row = silent_row(lease);
        if let Some(offset) = offset {
            row.offset_us = Some(offset.offset_us);
            row.uncertainty_us = Some(offset.uncertainty_us);
            row.result = Verdict::Ok;
            row.state = None;
        }
        explain(&mut row, findings);
        rows.push(Row::Clock(row));
    }
    rows
}

fn silent_row(lease: &LeaseClock) -> ClockRow {
    let state = match (lease.gone, lease.ready) {
        (true, _) => "there is no such node any more",
        (false, Some(false)) => "not renewed, the node is not Ready",
        (false, Some(true)) => "not renewed, the node is Ready",
        (false, None) => "not renewed while it was watched",
    };
    ClockRow {
        node: lease.node.clone(),
        method: ClockMethod::Lease,
        result: if lease.gone { Verdict::NotTested } else { Verdict::NotFinished },
        offset_us: None,
        uncertainty_us: None,
        samples: lease.samples,
        state: Some(state.into()),
        code: None,
        certain: None,
        evidence: clock::lease_id(lease),
    }
}

/// Gives a row the worst finding about it.
fn explain(row: &mut ClockRow, findings: &[Finding]) {
    let about = findings.iter().find(|finding| finding.evidence.contains(&row.evidence));
    let Some(finding) = about.filter(|finding| finding.severity < Severity::Info) else { return };
    row.code = Some(finding.code);
    row.certain = Some(finding.certain);
    row.result = Verdict::Failed;
}
