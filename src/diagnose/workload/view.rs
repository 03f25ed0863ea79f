//! The evidence about workloads, indexed.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::evidence::Evidence;
use crate::evidence::workloads::{FailingPull, PullSecret, ServiceAccountSeen, Workload, Workloads};
use crate::plan::{ScopePlan, SecretSource};
use crate::registry::keyring::KeyringError;
use crate::registry::keyring::evidence::{EntryEvidence, SecretEvidence, lookup};
use crate::registry::reference::Reference;

/// What was seen of workloads, by name.
pub(crate) struct View<'e> {
    pub(crate) evidence: &'e Evidence,
    pub(crate) seen: &'e Workloads,
    workloads: HashMap<&'e str, &'e Workload>,
    accounts: HashMap<(&'e str, &'e str), &'e ServiceAccountSeen>,
    secrets: HashMap<(&'e str, &'e str), &'e PullSecret>,
}

/// Pull secrets by their names, as one pod has them.
pub(crate) struct Keyring<'e> {
    /// Those that were read, in order.
    pub(crate) read: Vec<&'e PullSecret>,
    /// Names that no Secret of the namespace has.
    pub(crate) missing: Vec<&'e str>,
    /// Names of those that could not be read: what is in them is not known.
    pub(crate) unread: Vec<&'e str>,
}

impl<'e> View<'e> {
    /// `None` where workloads were not asked for.
    pub(crate) fn of(evidence: &'e Evidence) -> Option<Self> {
        let seen = evidence.workloads.as_ref()?;
        let accounts = seen.service_accounts.iter();
        Some(Self {
            evidence,
            seen,
            workloads: seen.workloads.iter().map(|one| (one.id.as_str(), one)).collect(),
            accounts: accounts
                .filter_map(|one| Some(((one.namespace.as_str(), one.name.as_str()), one.seen()?)))
                .collect(),
            secrets: seen
                .secrets
                .iter()
                .map(|one| ((one.namespace.as_str(), one.name.as_str()), one))
                .collect(),
        })
    }

    /// From a time to when the evidence was collected, in seconds.
    pub(crate) fn seconds_since(&self, time: Timestamp) -> i64 {
        self.evidence.collected_at.as_second() - time.as_second()
    }

    /// What was asked; the default where the plan does not say.
    pub(crate) fn scope(&self) -> ScopePlan {
        self.evidence.plan.scope.clone().unwrap_or_default()
    }

    /// A workload by its id.
    pub(crate) fn workload(&self, id: &str) -> Option<&'e Workload> {
        self.workloads.get(id).copied()
    }

    /// A ServiceAccount that was read.
    pub(crate) fn account(&self, namespace: &str, name: &str) -> Option<&'e ServiceAccountSeen> {
        self.accounts.get(&(namespace, name)).copied()
    }

    /// A Secret that was looked for.
    pub(crate) fn secret(&self, namespace: &str, name: &str) -> Option<&'e PullSecret> {
        self.secrets.get(&(namespace, name)).copied()
    }

    /// The pull secrets that a new pod of a workload gets, and from where; `None` where they are its
    /// ServiceAccount's and that was not read.
    pub(crate) fn pull_secrets(&self, workload: &'e Workload) -> Option<(&'e [String], SecretSource)> {
        if !workload.pull_secrets.is_empty() {
            return Some((&workload.pull_secrets, SecretSource::Workload));
        }
        let account = self.account(&workload.namespace, &workload.service_account)?;
        Some((&account.pull_secrets, SecretSource::ServiceAccount))
    }

    /// The keyring of the pull secrets that a pod has.
    pub(crate) fn keyring(&self, namespace: &str, names: &'e [String]) -> Keyring<'e> {
        let mut keyring = Keyring { read: Vec::new(), missing: Vec::new(), unread: Vec::new() };
        for name in names {
            match self.secret(namespace, name) {
                Some(secret) if secret.seen().is_some() => keyring.read.push(secret),
                Some(secret) if secret.is_absent() => keyring.missing.push(name),
                _ => keyring.unread.push(name),
            }
        }
        keyring
    }

    /// The pulls of a workload that fail.
    pub(crate) fn failing_of(&self, workload: &'e str) -> impl Iterator<Item = &'e FailingPull> {
        self.seen.failing.iter().filter(move |one| one.workload == workload)
    }
}

impl<'e> Keyring<'e> {
    /// Whether all of the named secrets were read or are known to be missing.
    pub(crate) fn is_whole(&self) -> bool {
        self.unread.is_empty()
    }

    /// The entries that the kubelet tries for an image, in its order, each with the secret that it is from.
    ///
    /// # Errors
    ///
    /// The first pull secret that is broken: it fails the look-up for the whole pod.
    pub(crate) fn lookup(
        &self,
        image: &Reference,
    ) -> Result<Vec<(&'e SecretEvidence, &'e EntryEvidence)>, KeyringError> {
        let configs = self.read.iter().filter_map(|secret| secret.seen()).map(|seen| &seen.docker_config);
        lookup(configs, image)
    }
}
