//! What the run has learnt of credentials that the registry refuses: a refused one is sent once in a run.

use super::waves::Word;
use crate::diagnose;
use crate::evidence::probe::{Attempt, CredentialSeen, Exchange};
use crate::evidence::{CredentialUse, Outcome, Probe, ProbeSeen, Pull, PullSeen};
use crate::plan::{Check, SecretSource};
use crate::probe::Refused;
use crate::secret::Fingerprint;

/// Stands for any credential: a kubelet does not say which of them it sent.
const ANY: &str = "*";

/// Credentials that were refused, and where.
#[derive(Debug, Default)]
pub(super) struct Refusals(Vec<Refused>);

impl Refusals {
    /// A kubelet's pull was refused: it may have sent any of the identity's credentials.
    pub(super) fn kubelet(&mut self, node: &str) {
        self.add(ANY, node);
    }

    /// A probe's credentials that were refused, by their fingerprints.
    pub(super) fn probe(&mut self, probe: &Probe) {
        for fingerprint in probe.seen().map(refused_fingerprints).unwrap_or_default() {
            self.add(&fingerprint, &probe.node);
        }
    }

    fn add(&mut self, fingerprint: &str, node: &str) {
        if !self.0.iter().any(|known| known.fingerprint == fingerprint) {
            self.0.push(Refused { fingerprint: fingerprint.into(), on: node.into(), origin: String::new() });
        }
    }

    /// How a pod that is made now uses the identity's credentials, and which a probe must not send. A kubelet
    /// would try all of them.
    pub(super) fn of(&self, check: Check) -> (CredentialUse, Vec<Refused>) {
        let any = self.0.iter().find(|refused| refused.fingerprint == ANY);
        let hold_back = if check.is_probe() { any } else { any.or(self.0.first()) };
        let credential = match hold_back {
            Some(refused) => CredentialUse::HeldBack { refused_on: refused.on.clone() },
            None => CredentialUse::AsPlanned,
        };
        (credential, if check.is_probe() { self.0.clone() } else { Vec::new() })
    }
}

/// Fingerprints of the credentials that a probe saw refused.
fn refused_fingerprints(seen: &ProbeSeen) -> Vec<String> {
    let attempts = seen.targets.iter().flat_map(|target| &target.attempts);
    let credentials = attempts.filter(|attempt| attempt.refuses_credential()).flat_map(|one| &one.credential);
    let fingerprint = |credential: &CredentialSeen| {
        credential.described.fingerprint.as_ref().map_or(ANY, Fingerprint::as_str).to_string()
    };
    credentials.map(fingerprint).collect()
}

/// What a probe says about the credentials.
pub(super) fn word_of_probe(probe: &Probe) -> Word {
    let Some(seen) = probe.seen() else { return Word::NeverLooked };
    if !refused_fingerprints(seen).is_empty() {
        return Word::Refused;
    }
    // A registry that answered at all would have said so.
    let attempts = || seen.targets.iter().flat_map(|target| &target.attempts);
    let sent = attempts().filter(|attempt| attempt.credential.is_some() && attempt.withheld.is_none());
    let answered = |attempt: &Attempt| {
        attempt.succeeded()
            || attempt.exchanges.iter().filter_map(Exchange::answer).any(|one| one.marks.any())
    };
    let mut sent = sent.peekable();
    let taken = match sent.peek() {
        Some(_) => sent.any(answered),
        None => attempts().any(answered),
    };
    if taken { Word::Taken } else { Word::Nothing }
}

/// What a kubelet's pulls say about the credentials.
pub(super) fn word_of_pulls(pulls: &[Pull], source: SecretSource) -> Word {
    let mut word = Word::Nothing;
    for pull in pulls {
        match &pull.outcome {
            Outcome::Seen { value: PullSeen::Pulled { .. } } => word = Word::Taken,
            Outcome::Seen { value: PullSeen::Failed { message, .. } } => {
                let candidates = diagnose::pull_candidates(pull, message, source);
                if diagnose::may_refuse_credential(&candidates) {
                    return Word::Refused;
                }
                if candidates.first().is_some_and(|first| first.code.is_registrys_answer()) {
                    word = Word::Taken;
                }
            }
            _ => {}
        }
    }
    word
}
