//! Which Secret of a namespace would supply the credential for an image, by how pulls with it go.

use std::collections::{HashMap, HashSet};

use super::Audit;
use super::entries::is_usable;
use super::pullers::{Matching, Puller, State, Use, is_failing_now, is_read_by_kubelet, matching};
use super::wants::{Want, refuses_credential};
use crate::diagnose::workload::Keyring;
use crate::evidence::workloads::{FailingPull, PullSecret};
use crate::registry::reference::Reference;

/// What the Secrets of a namespace could be used for, and by whom they are.
pub(super) struct Fitting<'p, 'e> {
    by_namespace: HashMap<&'e str, Vec<&'e PullSecret>>,
    named_by: HashMap<&'e str, Vec<&'p Puller<'e>>>,
    /// Ids of Secrets, and the registries that refused what they hold, or the repositories that did not let it pull.
    refused: HashSet<(&'e str, String)>,
}

/// A Secret that has an entry for an image, and who uses it.
#[derive(Clone, Copy)]
pub(super) struct Fit<'p, 'e> {
    pub(super) secret: &'e PullSecret,
    /// A workload of the same namespace that names it and pulls from the same registry.
    pub(super) sibling: Option<&'p Puller<'e>>,
}

/// How much speaks for a Secret; first what speaks for it most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Merit {
    /// Pods run images of the registry with this Secret, and no other of theirs fits.
    Works,
    /// Pods run images of the registry with this Secret, or another of theirs.
    WorksAmongOthers,
    /// A workload names it for the registry.
    Named,
    /// Nobody uses it.
    Unused,
}

impl<'p, 'e> Fitting<'p, 'e> {
    pub(super) fn of(audit: &'p Audit<'e>) -> Self {
        let mut by_namespace: HashMap<&str, Vec<&PullSecret>> = HashMap::new();
        let seen: &'e [PullSecret] = &audit.view.seen.secrets;
        for secret in seen.iter().filter(|secret| is_read_by_kubelet(secret)) {
            by_namespace.entry(&secret.namespace).or_default().push(secret);
        }
        for secrets in by_namespace.values_mut() {
            secrets.sort_by(|a, b| a.name.cmp(&b.name));
        }
        let mut named_by: HashMap<&str, Vec<&'p Puller<'e>>> = HashMap::new();
        let mut refused = HashSet::new();
        for puller in &audit.pullers {
            for secret in &puller.keyring.read {
                named_by.entry(&secret.id).or_default().push(puller);
            }
            refused.extend(puller.uses.iter().flat_map(refusals));
        }
        Self { by_namespace, named_by, refused }
    }

    /// The Secret of the namespace that has a usable entry for an image which was not refused: that with which pulls
    /// work before others.
    pub(super) fn find(
        &self,
        audit: &Audit<'e>,
        puller: &Puller<'e>,
        image: &Reference,
    ) -> Option<Fit<'p, 'e>> {
        let secrets = self.by_namespace.get(puller.workload.namespace.as_str())?;
        let others = secrets.iter().filter(|secret| !puller.names.contains(&secret.name));
        let fits = others.filter(|secret| !self.is_refused(secret, image)).filter(|secret| {
            let alone = Keyring { read: vec![**secret], missing: Vec::new(), unread: Vec::new() };
            let entries: Vec<Matching<'_>> = matching(&alone, image).unwrap_or_default();
            entries.iter().any(|entry| is_usable(audit, entry))
        });
        let weighed = fits.map(|secret| self.weigh(secret, image));
        weighed.min_by_key(|(merit, _)| *merit).map(|(_, fit)| fit)
    }

    /// Whether a Secret of the namespace that the workload does not name has an entry for an image.
    pub(super) fn has(&self, audit: &Audit<'e>, puller: &Puller<'e>, image: &Reference) -> bool {
        self.find(audit, puller, image).is_some()
    }

    fn is_refused(&self, secret: &'e PullSecret, image: &Reference) -> bool {
        let by = |place: String| self.refused.contains(&(secret.id.as_str(), place));
        by(image.registry().to_owned()) || by(image.repository())
    }

    fn weigh(&self, secret: &'e PullSecret, image: &Reference) -> (Merit, Fit<'p, 'e>) {
        let namers = self.named_by.get(secret.id.as_str()).into_iter().flatten().copied();
        let siblings = namers.flat_map(|namer| {
            let same = namer.uses.iter().filter(|one| one.reference.registry() == image.registry());
            same.map(move |one| (merit(one, secret), namer))
        });
        // The first of equals: they come in the order of their ids.
        match siblings.min_by_key(|(merit, _)| *merit) {
            Some((merit, sibling)) => (merit, Fit { secret, sibling: Some(sibling) }),
            None => (Merit::Unused, Fit { secret, sibling: None }),
        }
    }
}

/// What a use of a Secret says for it.
fn merit(one: &Use<'_>, secret: &PullSecret) -> Merit {
    let is_this = |tried: &&Matching<'_>| tried.secret.id == secret.id;
    let (these, others): (Vec<&Matching<'_>>, Vec<&Matching<'_>>) =
        one.matching.iter().flatten().partition(is_this);
    match one.state {
        State::Works if these.is_empty() => Merit::Named,
        State::Works if others.is_empty() => Merit::Works,
        State::Works => Merit::WorksAmongOthers,
        State::Fails(_) | State::Untried => Merit::Named,
    }
}

/// The Secrets that were sent for an image whose pull was refused: the kubelet tries all that match. A credential that the
/// registry knows and does not let pull is no worse for other repositories.
fn refusals<'e>(one: &Use<'e>) -> Vec<(&'e str, String)> {
    if one.state != State::Fails(Want::Credential) {
        return Vec::new();
    }
    let now: Vec<&FailingPull> = one.failing.iter().copied().filter(|pull| is_failing_now(pull)).collect();
    let everywhere = now.iter().any(|pull| refuses_credential(pull, &one.reference));
    let place = if everywhere { one.reference.registry().to_owned() } else { one.reference.repository() };
    // A kubelet that did not find a Secret did not send it.
    let was_sent = |name: &String| {
        now.iter().any(|pull| !pull.missing_pull_secrets.iter().any(|missing| missing == name))
    };
    let tried = one.matching.iter().flatten().filter(|tried| was_sent(&tried.secret.name));
    tried.map(|tried| (tried.secret.id.as_str(), place.clone())).collect()
}
