//! Rows of clocks, and what they come to.

use serde::{Deserialize, Serialize};

use super::rows::{Row, Verdict};
use crate::code::Code;
use crate::diagnose::clock;
use crate::evidence::Evidence;
use crate::evidence::clock::{ClockBounds, LeaseClock, Offsets};
use crate::finding::{Finding, Severity};

/// How a clock was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClockMethod {
    /// By the renewals of the node's lease.
    Lease,
    /// By a probe on the node.
    Probe,
}

/// One node's clock by one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    lease_rows(evidence, findings)
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
