//! What a probe and the kubelet of the same node say of the same image.

use super::look::{Look, looks};
use crate::code::Code;
use crate::diagnose::pull::judge;
use crate::diagnose::settle::{KNOWN_TO_PROBES, MORE_SPECIFIC};
use crate::evidence::{Evidence, Network};
use crate::finding::Finding;

/// Lets a finding explain the kubelet's failed pull, too, where that may have the same cause.
pub(super) fn attach(finding: &mut Finding, look: &Look<'_>) {
    if look.probe.network != Network::Node {
        return;
    }
    let Some((pull, candidates)) = look.pull().and_then(|pull| Some((pull, judge(pull, look.evidence)?.1)))
    else {
        return;
    };
    let explains = |code: Code| code == finding.code || replaces(finding.code, code);
    let same = match candidates.first() {
        Some(first) if first.certain => explains(first.code),
        _ => candidates.iter().any(|candidate| explains(candidate.code)),
    };
    if same {
        finding.evidence.push(pull.id.clone());
    }
}

fn replaces(specific: Code, general: Code) -> bool {
    MORE_SPECIFIC
        .iter()
        .chain(KNOWN_TO_PROBES)
        .any(|(code, generals)| *code == specific && generals.contains(&general))
}

/// Makes one finding of what a kubelet and the probe beside it say of one cause: the probe's, with the kubelet's
/// words.
pub(in crate::diagnose) fn agree(findings: Vec<Finding>) -> Vec<Finding> {
    let is_kubelets = |finding: &Finding| finding.evidence.iter().all(|id| id.starts_with("pull/"));
    let (kubelets, mut others): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(is_kubelets);
    let mut rest = Vec::new();
    for kubelet in kubelets {
        let explains = |other: &&mut Finding| {
            other.evidence.iter().any(|id| id.starts_with("probe/"))
                && other.severity <= other.code.severity()
                && kubelet.evidence.iter().all(|id| other.evidence.contains(id))
                && (other.code == kubelet.code || replaces(other.code, kubelet.code) || !kubelet.certain)
                && kubelet.severity <= kubelet.code.severity()
        };
        match others.iter_mut().find(explains) {
            Some(probe) => {
                probe.certain |= kubelet.certain && probe.code == kubelet.code;
                if probe.certain {
                    probe.also_possible.clear();
                    probe.settle_by = None;
                }
                let news = kubelet.messages.into_iter().filter(|text| !probe.messages.contains(text));
                let news: Vec<_> = news.collect();
                probe.messages.extend(news);
            }
            None => rest.push(kubelet),
        }
    }
    rest.extend(others);
    rest
}

/// A kubelet that fails where a probe on its own network gets through with the same credential: the difference is
/// in the node.
pub(in crate::diagnose) fn differ(findings: &mut [Finding], evidence: &Evidence) {
    let through: Vec<&str> = looks(evidence)
        .filter(|look| look.probe.network == Network::Node && look.works())
        .filter_map(|look| look.pull().filter(|pull| pull.failure().is_some()).map(|pull| pull.id.as_str()))
        .collect();
    for finding in findings {
        let is_one =
            !finding.evidence.is_empty() && finding.evidence.iter().all(|id| through.contains(&id.as_str()));
        if is_one && !is_about_the_pod(finding.code) {
            finding.cause = format!(
                "{} The probe got through from the node's own network with the same credential, so the cause is in the node's own configuration: its mirror, proxy, CA or runtime.",
                finding.cause
            );
        }
    }
}

/// Causes that lie in the pod or its image, whatever the node's path is.
fn is_about_the_pod(code: Code) -> bool {
    matches!(
        code,
        Code::PullSecretMissing
            | Code::PullSecretWrongType
            | Code::InvalidImageName
            | Code::ImageNeverPulled
            | Code::NodeDiskFull
            | Code::SignatureRejected
            | Code::NodePullThrottled
    )
}
