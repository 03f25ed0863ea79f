//! Pulls that failed or did not end, each judged by its own message.

use super::message::{self, Context, CredentialSent};
use super::wording;
use crate::code::Code;
use crate::evidence::{CredentialUse, Evidence, LastSeen, Outcome, Pull, PullSeen};
use crate::finding::{Candidate, Finding, Subject};
use crate::fix;
use crate::plan::SecretSource;
use crate::registry::reference::Reference;
use crate::text::Clean;

/// A pull that failed: the likeliest cause that its message gives.
pub(super) fn failed(evidence: &Evidence) -> Vec<Finding> {
    evidence.pulls.iter().filter_map(|pull| failed_pull(pull, evidence)).collect()
}

fn failed_pull(pull: &Pull, evidence: &Evidence) -> Option<Finding> {
    let (message, candidates) = judge(pull, evidence)?;
    let mut candidates = candidates.into_iter();
    let first = candidates.next()?;
    let (code, certain) = match held_back_refusal(pull, first.code, evidence) {
        Some(code) => (code, false),
        None => (first.code, first.certain),
    };
    let mut finding = about(pull, code, evidence);
    finding.certain = certain;
    finding.messages = vec![message];
    if !certain {
        finding.also_possible = candidates.map(|candidate| candidate.code).filter(|other| *other != code).collect();
        finding.settle_by = first.settle_by;
    }
    Some(finding)
}

/// What a failed pull's message may mean, likeliest first; `None` for a pull that did not fail.
pub(super) fn judge(pull: &Pull, evidence: &Evidence) -> Option<(Clean, Vec<Candidate>)> {
    let Outcome::Seen { value: PullSeen::Failed { message, .. } } = &pull.outcome else { return None };
    Some((message.clone(), candidates(pull, message, evidence.plan.identity.source)))
}

/// What a message of this pull may mean, given the credential that it can have had.
pub fn candidates(pull: &Pull, message: &Clean, source: SecretSource) -> Vec<Candidate> {
    let named = pull.pull_secrets.iter().any(|name| !pull.missing_pull_secrets.contains(name));
    let possible = named && source != SecretSource::Disabled && pull.credential == CredentialUse::AsPlanned;
    let credential = if possible { CredentialSent::Some } else { CredentialSent::None };
    let image = Reference::parse(pull.image_rewritten.as_deref().unwrap_or(&pull.image)).ok();
    message::candidates(message.as_str(), &Context { image, credential })
}

/// A pull that went without the credential, because it had been refused elsewhere, and was refused for the
/// lack of one, shows that refusal's consequence and not a second cause.
fn held_back_refusal(pull: &Pull, code: Code, evidence: &Evidence) -> Option<Code> {
    let CredentialUse::HeldBack { refused_on } = &pull.credential else { return None };
    if !code.asks_for_credential() {
        return None;
    }
    let of_first = |other: &&Pull| {
        other.node == *refused_on && other.image == pull.image && other.credential == CredentialUse::AsPlanned
    };
    let refused = evidence.pulls.iter().find(of_first)?;
    judge(refused, evidence).and_then(|(_, candidates)| candidates.first().map(|candidate| candidate.code))
}

/// A pull that was still going on when the time was up.
pub(super) fn not_finished(evidence: &Evidence) -> Vec<Finding> {
    evidence
        .pulls
        .iter()
        .filter(|pull| matches!(pull.outcome, Outcome::TimedOut { last_seen: LastSeen::Pulling, .. }))
        .map(|pull| {
            let mut finding = about(pull, Code::PullNotFinished, evidence);
            finding.certain = false;
            finding.also_possible = vec![Code::ConnectionTimedOut];
            finding.settle_by = Some("a longer --timeout: a slow pull ends, a silent registry does not".into());
            finding
        })
        .collect()
}

/// A finding about one pull, its sentence and mends filled in.
pub(super) fn about(pull: &Pull, code: Code, evidence: &Evidence) -> Finding {
    let place = wording::Place::of(pull, evidence);
    let subject = Subject {
        name: place.subject(code),
        images: vec![pull.image.clone()],
        nodes: vec![pull.node.clone()],
    };
    let mut finding = Finding::new(code, subject, place.cause(code));
    finding.evidence = vec![pull.id.clone()];
    finding.fixes = fix::for_pull(code, &place);
    finding
}
