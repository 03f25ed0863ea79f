//! What the run has learnt of credentials that the registry refuses: a refused one is sent once in a run.

use std::collections::BTreeMap;

use super::waves::Word;
use crate::code::Code;
use crate::diagnose;
use crate::diagnose::message::{self, Context, CredentialSent};
use crate::evidence::probe::{Attempt, CredentialSeen, Exchange, ExchangeStep, Withheld};
use crate::evidence::{CredentialUse, Outcome, Probe, ProbeSeen, Pull, PullSeen, Step};
use crate::plan::{Check, Plan, SecretSource};
use crate::probe::Refused;
use crate::registry::reference::Reference;
use crate::secret::Fingerprint;
use crate::text::Clean;

/// Stands for any credential: a kubelet does not say which of them it sent.
const ANY: &str = "*";

/// Credentials that were refused, and where.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    refused: Vec<Refused>,
    /// Whether a pull secret for the probe's own image was.
    image_secrets: bool,
}

impl Refusals {
    /// A kubelet's pull was refused: it may have sent any of the identity's credentials.
    pub(super) fn kubelet(&mut self, node: &str) {
        self.add(ANY, "", node);
    }

    /// A probe's credentials that were refused, by their fingerprints; or those with which a kubelet asked for the
    /// probe's own image.
    pub(super) fn probe(&mut self, probe: &Probe, plan: &Plan) {
        if refuses_image_secrets(probe, plan) {
            self.image_secrets = true;
            if tests_image_secrets(plan) {
                self.kubelet(&probe.node);
            }
        }
        for attempt in probe.seen().into_iter().flat_map(attempts).filter(|one| one.refuses_credential()) {
            let fingerprint = attempt.credential.as_ref().map_or(ANY, fingerprint);
            let origin = attempt.sent_to.as_ref().map_or("", Clean::as_str);
            self.add(fingerprint, origin, &probe.node);
        }
    }

    fn add(&mut self, fingerprint: &str, origin: &str, node: &str) {
        if !self.refused.iter().any(|known| known.fingerprint == fingerprint && known.origin == origin) {
            self.refused.push(Refused {
                fingerprint: fingerprint.into(),
                on: node.into(),
                origin: origin.into(),
            });
        }
    }

    /// How many credentials are known to be refused.
    pub(super) fn count(&self) -> usize {
        self.refused.len()
    }

    /// How a pod that is made now uses the identity's credentials, and which a probe must not send. A kubelet
    /// would try all of them.
    pub(super) fn of(&self, check: Check) -> (CredentialUse, Vec<Refused>) {
        let any = self.refused.iter().find(|refused| refused.fingerprint == ANY);
        let hold_back = if check.is_probe() { any } else { any.or(self.refused.first()) };
        let credential = match hold_back {
            Some(refused) => CredentialUse::HeldBack { refused_on: refused.on.clone() },
            None => CredentialUse::AsPlanned,
        };
        (credential, if check.is_probe() { self.refused.clone() } else { Vec::new() })
    }

    /// Whether the pull secrets for the probe's own image must not be used again.
    pub(super) fn of_image(&self) -> bool {
        self.image_secrets
    }
}

/// All attempts of a probe.
fn attempts(seen: &ProbeSeen) -> impl Iterator<Item = &Attempt> + Clone {
    seen.targets.iter().flat_map(|target| &target.attempts)
}

fn fingerprint(credential: &CredentialSeen) -> &str {
    credential.described.fingerprint.as_ref().map_or(ANY, Fingerprint::as_str)
}

/// What a probe says about the credentials; nothing unless each registry has judged each that it is sent.
pub(super) fn word_of_probe(probe: &Probe, plan: &Plan) -> Word {
    let Some(seen) = probe.seen() else {
        let refused = refuses_image_secrets(probe, plan) && tests_image_secrets(plan);
        return if refused { Word::Refused } else { Word::NeverLooked };
    };
    let mut judged: BTreeMap<(String, &str), bool> = BTreeMap::new();
    for target in &seen.targets {
        let registry = registry_of(&target.image);
        for attempt in target.attempts.iter().filter(|attempt| is_at_stake(attempt)) {
            let credential = attempt.credential.as_ref();
            let key = credential.map(fingerprint).unwrap_or_default();
            *judged.entry((registry.clone(), key)).or_default() |=
                takes_credential(attempt) || attempt.refuses_credential();
        }
    }
    if !attempts(seen).any(is_at_stake) {
        // No credential matches, so none is sent by others either.
        return if attempts(seen).any(is_answered) { Word::Taken } else { Word::Nothing };
    }
    match judged.values().all(|judged| *judged) {
        // What was refused is held back all the same.
        false => Word::Nothing,
        true if attempts(seen).any(Attempt::refuses_credential) => Word::Refused,
        true => Word::Taken,
    }
}

/// Whether a kubelet that asked for the probe's own image was refused a pull secret.
fn refuses_image_secrets(probe: &Probe, plan: &Plan) -> bool {
    let Outcome::Failed { step: Step::ProbeImage, message } = &probe.outcome else { return false };
    let Some(plan) = plan.probe.as_ref().filter(|plan| !plan.image_pull_secrets.is_empty()) else {
        return false;
    };
    let context = Context { image: Reference::parse(&plan.image).ok(), credential: CredentialSent::Some };
    diagnose::may_refuse_credential(&message::candidates(message.as_str(), &context))
}

/// Whether the probe's own image is pulled with what the run tests.
fn tests_image_secrets(plan: &Plan) -> bool {
    plan.probe.iter().flat_map(|probe| &probe.image_pull_secrets).any(|name| plan.is_under_test(name))
}

/// Whether an attempt's credential is one that later pods may send. One that was refused before is held back already;
/// an empty entry is sent by nobody, nor is one that fits nothing that the registry asks for.
fn is_at_stake(attempt: &Attempt) -> bool {
    let settled = match &attempt.withheld {
        Some(Withheld::Empty | Withheld::RefusedBefore | Withheld::RefusedElsewhere { .. }) => true,
        Some(Withheld::Scheme { asked }) => !asked.is_empty(),
        _ => false,
    };
    attempt.credential.is_some() && !settled
}

/// Whether the registry judged a credential and took it: its token service granted a token, or the registry itself
/// let it past the question who asks. A 429, a 5xx or a 403 without a token comes before that question.
fn takes_credential(attempt: &Attempt) -> bool {
    let past = |one: &Exchange| {
        one.is_good() || one.answer().is_some_and(|answer| answer.status == 404 && answer.marks.any())
    };
    attempt.withheld.is_none()
        && attempt.exchanges.iter().any(|one| match one.step {
            ExchangeStep::Ping => false,
            step if step.is_token() => one.is_good(),
            _ => past(one),
        })
}

/// Whether a registry answered at all.
fn is_answered(attempt: &Attempt) -> bool {
    attempt.succeeded() || attempt.exchanges.iter().filter_map(Exchange::answer).any(|one| one.marks.any())
}

/// The registry of an image, as far as it can be told.
fn registry_of(image: &str) -> String {
    Reference::parse(image).map(|image| image.registry().to_string()).unwrap_or_default()
}

/// What a kubelet's pulls say about the credentials: they are taken only where each registry has answered about an
/// image of its own.
pub(super) fn word_of_pulls(pulls: &[Pull], source: SecretSource) -> Word {
    let mut answered: BTreeMap<String, bool> = BTreeMap::new();
    for pull in pulls {
        let taken = match &pull.outcome {
            Outcome::Seen { value: PullSeen::Pulled { .. } } => true,
            Outcome::Seen { value: PullSeen::Failed { message, .. } } => {
                let candidates = diagnose::pull_candidates(pull, message, source);
                if diagnose::may_refuse_credential(&candidates) {
                    return Word::Refused;
                }
                candidates.first().is_some_and(|first| judges_credential(first.code))
            }
            _ => false,
        };
        *answered.entry(registry_of(pull.image_used())).or_default() |= taken;
    }
    if !answered.is_empty() && answered.values().all(|taken| *taken) { Word::Taken } else { Word::Nothing }
}

/// Whether a registry that answers so would have refused a wrong credential. A limit may come before that.
fn judges_credential(code: Code) -> bool {
    code.is_registrys_answer() && code != Code::RateLimited
}
