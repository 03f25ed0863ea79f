//! What the comparison of nodes says about the network.

use std::collections::{HashMap, HashSet};

use super::pull::{about, likeliest};
use super::wording::Place;
use crate::code::Code;
use crate::evidence::{Evidence, LastSeen, Outcome, Pull, PullSeen};
use crate::finding::Finding;

/// How a pull went, as far as the registry's own host is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contact {
    /// The registry answered, if only with a refusal.
    Answered,
    /// No connection: refused, timed out, no route.
    CutOff(Code),
    /// The pull neither ended nor failed.
    Silent,
    /// Another failure (name, certificate, proxy) or no test.
    NotTold,
}

/// A node that cannot reach a registry while others can (`EgressBlocked`), and pulls that hang on a
/// registry that others saw time out (`ConnectionTimedOut`).
pub(super) fn cut_off_nodes(evidence: &Evidence) -> Vec<Finding> {
    let contacts: Vec<(&Pull, String, Contact)> = evidence
        .pulls
        .iter()
        .map(|pull| (pull, Place::of(pull, evidence).registry, contact(pull, evidence)))
        .collect();
    let mut seen: HashMap<&str, Seen<'_>> = HashMap::new();
    for (pull, registry, contact) in &contacts {
        let seen = seen.entry(registry).or_default();
        if *contact == Contact::Answered {
            seen.answered.insert(&pull.node);
        }
        seen.timed_out |= *contact == Contact::CutOff(Code::ConnectionTimedOut);
    }
    contacts
        .iter()
        .filter_map(|(pull, registry, contact)| {
            let Seen { answered, timed_out } = seen.get(registry.as_str())?;
            // A node that got an answer for another image of the registry is not cut off from it.
            let elsewhere = !answered.is_empty() && !answered.contains(pull.node.as_str());
            match contact {
                Contact::CutOff(_) if elsewhere => Some(cut_off(pull, evidence)),
                Contact::Silent if *timed_out && answered.is_empty() => Some(silent(pull, evidence)),
                _ => None,
            }
        })
        .collect()
}

/// Nodes whose kubelets a registry answered, if only with a refusal.
pub(super) fn answered_kubelets<'a>(evidence: &'a Evidence, registry: &str) -> Vec<&'a str> {
    let answered = |pull: &&Pull| {
        Place::of(pull, evidence).registry == registry && contact(pull, evidence) == Contact::Answered
    };
    evidence.pulls.iter().filter(answered).map(|pull| pull.node.as_str()).collect()
}

/// What a run saw of one registry.
#[derive(Default)]
struct Seen<'a> {
    /// Nodes that it answered.
    answered: HashSet<&'a str>,
    /// Whether a connection to it timed out.
    timed_out: bool,
}

fn cut_off(pull: &Pull, evidence: &Evidence) -> Finding {
    let mut finding = about(pull, Code::EgressBlocked, evidence);
    finding.messages = pull.failure().cloned().into_iter().collect();
    finding
}

fn silent(pull: &Pull, evidence: &Evidence) -> Finding {
    let mut finding = about(pull, Code::ConnectionTimedOut, evidence);
    finding.certain = false;
    finding.also_possible = vec![Code::PullNotFinished];
    finding.settle_by =
        Some("a longer --timeout: this runtime waits longer than the others before it gives up".into());
    finding
}

fn contact(pull: &Pull, evidence: &Evidence) -> Contact {
    match &pull.outcome {
        Outcome::Seen { value: PullSeen::Pulled { .. } } => Contact::Answered,
        Outcome::TimedOut { last_seen: LastSeen::Pulling, .. } => Contact::Silent,
        Outcome::Seen { value: PullSeen::Failed { .. } } => {
            match likeliest(pull, evidence).map(|first| first.code) {
                Some(code @ (Code::ConnectionRefused | Code::ConnectionTimedOut)) => Contact::CutOff(code),
                Some(code) if code.is_registrys_answer() => Contact::Answered,
                _ => Contact::NotTold,
            }
        }
        _ => Contact::NotTold,
    }
}
