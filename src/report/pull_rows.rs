//! Rows of pulls by kubelets.

use super::rows::{PullRow, Verdict};
use crate::evidence::{CredentialUse, Evidence, LastSeen, Outcome, Pull, PullSeen};
use crate::finding::{Finding, Severity};
use crate::text::Clean;

pub(super) fn pull_row(pull: &Pull, evidence: &Evidence, findings: &[Finding]) -> PullRow {
    // What is only remarked on a pull that works is no cause of its row.
    let finding = findings
        .iter()
        .filter(|finding| !(pull.is_pulled() && finding.severity == Severity::Info))
        .find(|finding| finding.evidence.contains(&pull.id));
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

pub(super) fn waiting_text(last_seen: LastSeen) -> &'static str {
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
