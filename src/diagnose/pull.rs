//! Pulls that failed or did not end, each judged by its own message.

use super::message::{self, Context, CredentialSent};
use super::wording;
use crate::code::Code;
use crate::evidence::{CredentialUse, Evidence, LastSeen, Outcome, Pull};
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
    if let Some(refused) = refusal_behind(pull, candidates.first()?.code, evidence) {
        let mut finding = failed_pull(refused, evidence)?;
        finding.subject.nodes = vec![pull.node.clone()];
        finding.evidence = vec![pull.id.clone()];
        finding.messages = vec![message];
        return Some(finding);
    }
    let mut candidates = candidates.into_iter();
    let first = candidates.next()?;
    let mut finding = about(pull, first.code, evidence);
    finding.certain = first.certain;
    finding.messages = vec![message];
    if !first.certain {
        finding.also_possible = candidates.map(|candidate| candidate.code).collect();
        finding.settle_by = first.settle_by;
    }
    if first.code == Code::ImageNotFound {
        weigh_not_found(&mut finding, pull, evidence);
    }
    Some(finding)
}

/// "Not found" is also what registries say that hide what may not be read. It is certain where the same
/// identity has read the repository, and otherwise not, unless the message itself proves it.
fn weigh_not_found(finding: &mut Finding, pull: &Pull, evidence: &Evidence) {
    if may_read_repository(pull, evidence) {
        finding.certain = true;
        finding.also_possible.clear();
        finding.settle_by = None;
    } else if finding.certain && !pull.pull_secrets.is_empty() {
        finding.certain = false;
        finding.also_possible = vec![Code::PermissionDenied];
        let how = "a pull of a tag of the same repository that is known to exist, with the same identity";
        finding.settle_by = Some(how.into());
    }
}

fn may_read_repository(pull: &Pull, evidence: &Evidence) -> bool {
    let repository = |pull: &Pull| Reference::parse(pull.image_used()).ok().map(|image| image.repository());
    let of_same = repository(pull);
    evidence
        .pulls
        .iter()
        .any(|other| other.is_pulled() && other.credential == pull.credential && repository(other) == of_same)
}

/// What a failed pull's message may mean, likeliest first; `None` for a pull that did not fail.
pub(super) fn judge(pull: &Pull, evidence: &Evidence) -> Option<(Clean, Vec<Candidate>)> {
    let message = pull.failure()?;
    Some((message.clone(), candidates(pull, message, evidence.plan.identity.source)))
}

/// The likeliest cause of a failed pull.
pub(super) fn likeliest(pull: &Pull, evidence: &Evidence) -> Option<Candidate> {
    judge(pull, evidence)?.1.into_iter().next()
}

/// What a message of this pull may mean, given the credential that it can have had.
pub fn candidates(pull: &Pull, message: &Clean, source: SecretSource) -> Vec<Candidate> {
    let named = pull.pull_secrets.iter().any(|name| !pull.missing_pull_secrets.contains(name));
    let possible = named && source != SecretSource::Disabled && pull.credential == CredentialUse::AsPlanned;
    let credential = if possible { CredentialSent::Some } else { CredentialSent::None };
    let image = Reference::parse(pull.image_used()).ok();
    message::candidates(message.as_str(), &Context { image, credential })
}

/// Whether the registry refused a credential, or may have: then it is not sent again.
pub fn may_refuse_credential(candidates: &[Candidate]) -> bool {
    let Some(first) = candidates.first() else { return false };
    let refuses = |candidate: &Candidate| candidate.code.refuses_credential();
    refuses(first) || (!first.certain && candidates.iter().any(refuses))
}

/// The refusal that a pull shows the consequence of: it went without the credential, because that had been
/// refused elsewhere, and was refused for the lack of one. No second cause.
fn refusal_behind<'a>(pull: &Pull, code: Code, evidence: &'a Evidence) -> Option<&'a Pull> {
    let CredentialUse::HeldBack { refused_on } = &pull.credential else { return None };
    let is_first = |other: &&Pull| {
        other.node == *refused_on && other.image == pull.image && other.credential == CredentialUse::AsPlanned
    };
    let refuses = |other: &&Pull| judge(other, evidence).is_some_and(|(_, all)| may_refuse_credential(&all));
    code.asks_for_credential().then(|| evidence.pulls.iter().filter(is_first).find(refuses))?
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
            finding.settle_by =
                Some("a longer --timeout: a slow pull ends, a silent registry does not".into());
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
        ..Subject::default()
    };
    let mut finding = Finding::new(code, subject, place.cause(code));
    finding.evidence = vec![pull.id.clone()];
    finding.fixes = fix::for_pull(code, &place);
    finding
}
