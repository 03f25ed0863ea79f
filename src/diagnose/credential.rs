//! What runs with and without a credential, and the kubelet's events about pull secrets, say.

use super::pull::{about, likeliest};
use crate::code::Code;
use crate::evidence::{CredentialUse, Evidence, Outcome, Pull};
use crate::finding::{Candidate, Finding, Severity};

/// A credential that one node's pull was refused for, while another node pulled the image without it.
pub(super) fn stale(evidence: &Evidence) -> Vec<Finding> {
    let public = |pull: &&Pull| matches!(pull.credential, CredentialUse::HeldBack { .. }) && pull.is_pulled();
    let refused = |pull: &&Pull| {
        pull.credential == CredentialUse::AsPlanned
            && likeliest(pull, evidence).is_some_and(|first| first.code.refuses_credential())
    };
    evidence
        .pulls
        .iter()
        .filter(refused)
        .filter(|pull| evidence.pulls.iter().filter(public).any(|other| other.image == pull.image))
        .map(|pull| about(pull, Code::StaleCredential, evidence))
        .collect()
}

/// Pull secrets that the kubelet did not find: the cause where the pull was refused for lack of a
/// credential, a warning where it works all the same.
pub(super) fn missing_pull_secrets(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pull in &evidence.pulls {
        for name in &pull.missing_pull_secrets {
            findings.push(missing_pull_secret(pull, name, evidence));
        }
    }
    findings
}

fn missing_pull_secret(pull: &Pull, name: &str, evidence: &Evidence) -> Finding {
    let namespace = &evidence.plan.namespace;
    let reports = |other: &&Pull| other.missing_pull_secrets.iter().any(|missing| missing == name);
    let found = |other: &&Pull| {
        matches!(other.outcome, Outcome::Seen { .. })
            && other.pull_secrets.iter().any(|named| named == name)
            && other.credential == pull.credential
            && !reports(other)
    };
    if evidence.pulls.iter().any(|other| found(&other)) {
        return kubelet_missed(pull, name, evidence);
    }
    let mut finding = about(pull, Code::PullSecretMissing, evidence);
    finding.subject.name = format!("secret/{name}");
    finding.cause = format!("The pull secret {name} does not exist in namespace {namespace}.");
    finding.fixes = crate::fix::missing_pull_secret(name, namespace, &evidence.plan.identity);
    finding.messages = pull.failure().cloned().into_iter().collect();
    // One kubelet may have been refused the secret for a moment; several do not err alike.
    if !evidence.pulls.iter().filter(reports).any(|other| other.node != pull.node) {
        finding.certain = false;
        finding.cause =
            format!("The kubelet could not retrieve the pull secret {name} in namespace {namespace}.");
        finding.fixes = vec![crate::fix::look_at_secret(name, namespace)];
        finding.settle_by = Some(format!("kubectl -n {namespace} get secret {name}"));
    }
    // "Not found" is what a registry says that hides images from strangers, unless it is sure of it.
    let explains = |first: Candidate| {
        first.code.asks_for_credential() && !(first.code == Code::ImageNotFound && first.certain)
    };
    if !likeliest(pull, evidence).is_some_and(explains) {
        finding.severity = Severity::Warning;
    }
    finding
}

/// The secret exists, since other nodes have it: this kubelet did not get it.
fn kubelet_missed(pull: &Pull, name: &str, evidence: &Evidence) -> Finding {
    let mut finding = about(pull, Code::RuntimeFailed, evidence);
    finding.subject.name = format!("node/{}", pull.node);
    finding.cause = format!("The kubelet could not retrieve the pull secret {name}, which other nodes have.");
    finding.certain = false;
    finding.settle_by = Some("the kubelet's log on the node".into());
    finding
}
