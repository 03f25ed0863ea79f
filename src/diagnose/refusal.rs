//! Checks that were refused or failed before a pull began.

use super::message::{self, Context, CredentialSent};
use super::pull::about;
use crate::code::Code;
use crate::evidence::{Evidence, Outcome, Pull, Step};
use crate::finding::{Finding, Fix};
use crate::text::Clean;

/// Pods that the API server or an admission plugin refused.
pub(super) fn refused_checks(evidence: &Evidence) -> Vec<Finding> {
    evidence
        .pulls
        .iter()
        .filter_map(|pull| match &pull.outcome {
            Outcome::Denied { message, .. } => Some(refused(pull, message, evidence)),
            _ => None,
        })
        .collect()
}

fn refused(pull: &Pull, message: &Clean, evidence: &Evidence) -> Finding {
    let namespace = &evidence.plan.namespace;
    let mut finding = about(pull, Code::NotPermitted, evidence);
    finding.subject.name = format!("namespace/{namespace}");
    finding.cause = format!("The API server refused what the test has to create in namespace {namespace}.");
    finding.messages = vec![message.clone()];
    finding.fixes = vec![Fix::new(
        "shows the quotas and limits that apply; or test in another namespace with -n",
        format!("kubectl -n {namespace} describe resourcequota,limitrange"),
    )];
    finding
}

/// Pods whose sandbox the kubelet could not make, or that the API server failed for.
pub(super) fn failed_checks(evidence: &Evidence) -> Vec<Finding> {
    evidence
        .pulls
        .iter()
        .filter_map(|pull| match &pull.outcome {
            Outcome::Failed { step: Step::Sandbox, message } => Some(sandbox(pull, message, evidence)),
            Outcome::Failed { step: Step::Create | Step::Watch, message } => {
                Some(no_answer(pull, message, evidence))
            }
            _ => None,
        })
        .collect()
}

/// The sandbox image is pulled too, so the message may be a pull's; else it is the runtime's own failure.
fn sandbox(pull: &Pull, text: &Clean, evidence: &Evidence) -> Finding {
    let context = Context { image: None, credential: CredentialSent::Unknown };
    let first =
        message::candidates(text.as_str(), &context).into_iter().find(|first| first.code != Code::Unknown);
    let code = first.as_ref().map_or(Code::RuntimeFailed, |first| first.code);
    let mut finding = about(pull, code, evidence);
    finding.certain = first.is_some_and(|first| first.certain);
    finding.subject.name = format!("node/{}", pull.node);
    finding.cause = format!("The kubelet cannot start any pod there: {}.", code.meaning());
    finding.messages = vec![text.clone()];
    finding.fixes = vec![Fix::new(
        "shows the kubelet's events of the node",
        format!("kubectl describe node {}", pull.node),
    )];
    finding
}

fn no_answer(pull: &Pull, message: &Clean, evidence: &Evidence) -> Finding {
    let mut finding = about(pull, Code::Unknown, evidence);
    finding.certain = false;
    finding.subject.name = "apiserver".into();
    finding.cause = "The API server failed or was away, so nothing is known of the node.".into();
    finding.messages = vec![message.clone()];
    finding.settle_by = Some("run it again when the API server answers".into());
    finding
}
