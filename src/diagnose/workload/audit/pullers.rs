//! Who pulls which image with which pull secrets, and how that goes.

use std::collections::HashMap;
use std::rc::Rc;

use super::entries::is_usable;
use super::wants::{Want, want};
use super::{Audit, View};
use crate::evidence::workloads::{
    FailingPull, ImageUse, PullPolicy, PullSecret, PullState, ServiceAccountSeen, Workload,
};
use crate::finding::Severity;
use crate::fix::workload::Place;
use crate::plan::SecretSource;
use crate::registry::keyring::SecretState;
use crate::registry::keyring::evidence::EntryEvidence;
use crate::registry::known::Provider;
use crate::registry::reference::Reference;

use crate::diagnose::workload::Keyring;

/// A workload, and the pull secrets that its next pods get.
pub(super) struct Puller<'e> {
    pub(super) workload: &'e Workload,
    /// Names of its pull secrets, in order.
    pub(super) names: &'e [String],
    /// Who names them.
    pub(super) source: SecretSource,
    /// Its ServiceAccount, where that was read.
    pub(super) account: Option<&'e ServiceAccountSeen>,
    pub(super) keyring: Rc<Keyring<'e>>,
    /// Its images that are pulled, as far as their names can be read.
    pub(super) uses: Vec<Use<'e>>,
}

/// An image of a workload.
pub(super) struct Use<'e> {
    pub(super) image: &'e ImageUse,
    pub(super) reference: Reference,
    pub(super) state: State,
    /// Pulls of it that fail (or failed before it started all the same), by pods that have these pull secrets.
    pub(super) failing: Vec<&'e FailingPull>,
    /// The entries that the kubelet tries, in order; `None` where a broken Secret fails the look-up.
    pub(super) matching: Option<Vec<Matching<'e>>>,
}

/// An entry that matches.
#[derive(Clone, Copy)]
pub(super) struct Matching<'e> {
    pub(super) secret: &'e PullSecret,
    pub(super) entry: &'e EntryEvidence,
}

/// How the pulls of an image go with these pull secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// One fails.
    Fails(Want),
    /// Pods started it.
    Works,
    /// No pod has started it with these pull secrets.
    Untried,
}

/// Keyrings by namespace and names: most workloads have the same.
#[derive(Default)]
pub(super) struct Keyrings<'e>(HashMap<(&'e str, &'e [String]), Rc<Keyring<'e>>>);

impl<'e> Keyrings<'e> {
    pub(super) fn of(&mut self, view: &View<'e>, namespace: &'e str, names: &'e [String]) -> Rc<Keyring<'e>> {
        let keyring = self.0.entry((namespace, names));
        keyring.or_insert_with(|| Rc::new(view.keyring(namespace, names))).clone()
    }
}

impl<'e> Puller<'e> {
    /// `None` where its pull secrets are its ServiceAccount's and that was not read.
    pub(super) fn of(
        workload: &'e Workload,
        failing: &[&'e FailingPull],
        view: &View<'e>,
        keyrings: &mut Keyrings<'e>,
    ) -> Option<Self> {
        let (names, source) = view.pull_secrets(workload)?;
        let keyring = keyrings.of(view, &workload.namespace, names);
        let images = workload.images.iter().filter(|image| image.pull_policy != PullPolicy::Never);
        let uses =
            images.filter_map(|image| Use::of(workload, image, names, failing, &keyring, view)).collect();
        let account = view.account(&workload.namespace, &workload.service_account);
        Some(Self { workload, names, source, account, keyring, uses })
    }

    /// Where it is mended.
    pub(super) fn place(&self, audit: &Audit<'_>) -> Place<'e> {
        let format = audit.view.scope().fix_format;
        Place { workload: self.workload, account: self.account, format }
    }

    /// Whether a pull of it fails.
    pub(super) fn fails(&self) -> bool {
        self.uses.iter().any(Use::fails)
    }

    /// The uses that findings are about.
    pub(super) fn uses(&self, audit: &Audit<'_>) -> impl Iterator<Item = &Use<'e>> {
        let is_why = audit.is_why();
        self.uses.iter().filter(move |one| !is_why || one.fails())
    }

    /// How much a fault weighs that leaves a pull secret without effect: little where pulls work all the same.
    pub(super) fn weight(&self, audit: &Audit<'_>) -> Severity {
        let works = |one: &Use<'e>| match one.state {
            State::Fails(want) => want == Want::Other,
            State::Works => true,
            State::Untried => audit.open(&one.reference).is_some() || one.has_usable_match(audit),
        };
        match self.uses.iter().all(works) && !self.uses.is_empty() {
            true => Severity::Warning,
            false => Severity::Error,
        }
    }
}

impl<'e> Use<'e> {
    fn of(
        workload: &'e Workload,
        image: &'e ImageUse,
        names: &'e [String],
        failing: &[&'e FailingPull],
        keyring: &Keyring<'e>,
        view: &View<'e>,
    ) -> Option<Self> {
        let reference = Reference::parse(&image.image).ok()?;
        let with_these = |pull: &&FailingPull| is_same_list(&pull.pull_secrets, names);
        let of_image = |pull: &&FailingPull| pull.image == image.image;
        let mut failing: Vec<&'e FailingPull> =
            failing.iter().copied().filter(of_image).filter(with_these).collect();
        failing.sort_by(|a, b| a.id.cmp(&b.id));
        let matching = matching(keyring, &reference);
        let has_none = keyring.is_whole() && matching.as_ref().is_some_and(Vec::is_empty);
        let now = failing.iter().filter(|pull| is_failing_now(pull));
        let wants = now.map(|pull| want(pull, &reference, has_none));
        let started = image.started > 0
            && lists(workload, image, view).into_iter().any(|list| is_same_list(list, names));
        let state = match wants.min() {
            Some(want) => State::Fails(want),
            None if started => State::Works,
            None => State::Untried,
        };
        Some(Self { image, reference, state, failing, matching })
    }

    pub(super) fn fails(&self) -> bool {
        matches!(self.state, State::Fails(_))
    }

    /// Its pulls that fail and that a fault of its credentials may explain.
    pub(super) fn explained(&self) -> &[&'e FailingPull] {
        if self.state == State::Fails(Want::Other) { &[] } else { &self.failing }
    }

    fn has_usable_match(&self, audit: &Audit<'_>) -> bool {
        self.matching.iter().flatten().any(|one| is_usable(audit, one))
    }
}

/// `StartedAllTheSame` is a pull of the past.
pub(super) fn is_failing_now(pull: &FailingPull) -> bool {
    !matches!(pull.state, PullState::StartedAllTheSame | PullState::Pulling)
}

/// The pull secrets of the pods that started an image; those of the workload where the evidence does not say.
pub(super) fn lists<'e>(workload: &'e Workload, image: &'e ImageUse, view: &View<'e>) -> Vec<&'e [String]> {
    if image.started_with.is_empty() {
        return view.pull_secrets(workload).map(|(names, _)| names).into_iter().collect();
    }
    image.started_with.iter().map(Vec::as_slice).collect()
}

/// Whether two lists name the same Secrets. The order decides nothing here.
fn is_same_list(one: &[String], other: &[String]) -> bool {
    one.iter().all(|name| other.contains(name)) && other.iter().all(|name| one.contains(name))
}

/// Whether no pull secret can have supplied a credential: all were read, and none matches.
pub(super) fn certainly_has_none(keyring: &Keyring<'_>, image: &Reference) -> bool {
    keyring.is_whole()
        && keyring.missing.is_empty()
        && matching(keyring, image).is_some_and(|matching| matching.is_empty())
}

/// The entries that the kubelet tries; `None` where a broken Secret fails the look-up.
pub(super) fn matching<'e>(keyring: &Keyring<'e>, image: &Reference) -> Option<Vec<Matching<'e>>> {
    let found = keyring.lookup(image).ok()?;
    let of = |config: *const _| {
        let mut secrets = keyring.read.iter();
        secrets.find(|secret| secret.seen().is_some_and(|seen| std::ptr::eq(&seen.docker_config, config)))
    };
    let found = found.into_iter();
    Some(found.filter_map(|(config, entry)| Some(Matching { secret: of(config).copied()?, entry })).collect())
}

/// Whether the kubelet reads entries of this Secret.
pub(super) fn is_read_by_kubelet(secret: &PullSecret) -> bool {
    secret.seen().is_some_and(|seen| seen.docker_config.state == SecretState::Read)
}

/// Registries of many owners: that one image needs no credential says nothing of another.
pub(super) fn is_shared(registry: &str) -> bool {
    matches!(
        Provider::of_host(registry),
        Provider::DockerHub
            | Provider::Ghcr
            | Provider::Quay
            | Provider::Gcr
            | Provider::GitLab
            | Provider::EcrPublic
    ) || matches!(registry, "registry.k8s.io" | "mcr.microsoft.com" | "nvcr.io")
}
