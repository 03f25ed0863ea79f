//! Pull secrets and docker configurations that are not there or cannot be read.

use super::about::{about, is_builder, sender};
use super::answer;
use super::look::{Look, looks};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::probe::BrokenConfig;
use crate::finding::{Finding, Severity};

/// Configurations that cannot be read: to the kubelet one fails the look-up for the whole pod.
pub(in crate::diagnose) fn broken(evidence: &Evidence) -> Vec<Finding> {
    looks(evidence)
        .flat_map(|look| look.target.keyring.broken.iter().map(move |config| malformed(&look, config)))
        .collect()
}

fn malformed(look: &Look<'_>, config: &BrokenConfig) -> Finding {
    if !config.clients.is_empty() {
        return super::stored::unreadable(look, config);
    }
    let harm = match look.has_kubelet_keyring() {
        true => "which fails the look-up of credentials for every image of the pod, good entries included",
        false => "so whoever reads it has no credential from it",
    };
    let cause = format!("{} cannot be read, {harm}: {}.", config.source, config.error);
    let mut finding = about(look, Code::PullSecretMalformed, Some(&config.source), cause);
    super::kubelet::attach(&mut finding, look);
    finding
}

/// Named configurations that are not there, or lack the key that is read.
pub(in crate::diagnose) fn missing(evidence: &Evidence) -> Vec<Finding> {
    looks(evidence)
        .flat_map(|look| look.target.keyring.missing.iter().map(move |name| missing_one(&look, name)))
        .collect()
}

fn missing_one(look: &Look<'_>, source: &str) -> Finding {
    let namespace = &look.evidence.plan.namespace;
    let name = source.strip_prefix("secret/").unwrap_or(source);
    let (code, certain) = whether_missing(look, name);
    let cause = match code {
        _ if is_builder(look) => format!(
            "{source} is not there in namespace {namespace}, or lacks the key that {} reads.",
            sender(look)
        ),
        Code::PullSecretWrongType => format!(
            "The Secret {name} in namespace {namespace} has no key that the kubelet reads (.dockerconfigjson, .dockercfg)."
        ),
        _ if certain => format!("The pull secret {name} does not exist in namespace {namespace}."),
        _ => format!(
            "The pull secret {name} does not exist in namespace {namespace}, or has no key that the kubelet reads."
        ),
    };
    let mut finding = about(look, code, Some(&format!("secret/{name}")), cause);
    if !certain {
        finding.certain = false;
        finding.also_possible = vec![Code::PullSecretWrongType];
        finding.settle_by = Some(format!("kubectl -n {namespace} get secret {name}"));
    }
    if !explains_the_failure(look) {
        finding.severity = Severity::Warning;
    } else {
        super::kubelet::attach(&mut finding, look);
    }
    finding
}

/// A mounted Secret that is not there looks like one without the key; the kubelet's own event tells them apart.
fn whether_missing(look: &Look<'_>, name: &str) -> (Code, bool) {
    let named = |pull: &&crate::evidence::Pull| pull.pull_secrets.iter().any(|secret| secret == name);
    let pulls = || look.evidence.pulls.iter().filter(named);
    if pulls().any(|pull| pull.missing_pull_secrets.iter().any(|missing| missing == name)) {
        return (Code::PullSecretMissing, true);
    }
    let told = |pull: &crate::evidence::Pull| pull.is_pulled() || pull.failure().is_some();
    match pulls().any(told) {
        true => (Code::PullSecretWrongType, true),
        false => (Code::PullSecretMissing, false),
    }
}

/// Whether the image is refused for want of a credential.
fn explains_the_failure(look: &Look<'_>) -> bool {
    let Some(deciding) = look.deciding().filter(|attempt| !attempt.succeeded()) else { return false };
    let judged = answer::failure(look, deciding);
    judged.is_some_and(|judged| {
        judged.first().is_some_and(|first| {
            first.code.asks_for_credential() && !(first.code == Code::ImageNotFound && first.certain)
        })
    })
}
