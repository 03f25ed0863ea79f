//! Pods and templates of the same workloads put together.

use std::collections::{BTreeMap, BTreeSet};

use super::controllers::Controllers;
use super::egress::Subject;
use super::failing::Pending;
use super::group::{self, Group};
use super::pods::{Groups, Pods};
use super::scope::Scope;
use crate::evidence::workloads::{FailingPull, ServiceAccount, Workload};

/// All workloads that were read.
pub(super) struct Merged {
    pub groups: Groups,
    /// Pulls that fail.
    pub failing: Vec<Pending>,
    /// Containers that wait and do not say for what.
    pub waiting: Vec<Pending>,
    /// Whether there is any workload at all, asked for or not.
    pub found_any: bool,
    /// The CronJobs of Jobs.
    cron_jobs: BTreeMap<(String, String), String>,
}

impl Merged {
    /// Puts together what pods and objects show.
    pub fn of(pods: Pods<'_>, controllers: Vec<Controllers<'_>>, scope: &Scope) -> Self {
        let mut merged = Self {
            groups: Groups::new(),
            failing: pods.failing,
            waiting: pods.waiting,
            found_any: false,
            cron_jobs: BTreeMap::new(),
        };
        for one in &controllers {
            merged.cron_jobs.extend(one.cron_jobs.clone());
        }
        // Objects first: a template says best what a workload is. A Job of a CronJob only counts where that is not read.
        let (jobs, others): (Vec<_>, Vec<_>) = controllers
            .into_iter()
            .flat_map(|one| one.groups)
            .partition(|(key, _)| merged.cron_jobs.contains_key(key));
        for (key, group) in others {
            merged.add(key, group);
        }
        for (key, job) in jobs {
            let known = merged.groups.get_mut(&merged.place(&key));
            match known.filter(|group| group.has_template) {
                Some(group) => group.in_scope |= job.in_scope,
                None => merged.add(key, job),
            }
        }
        for (key, group) in pods.groups {
            merged.add(key, group);
        }
        for pending in merged.failing.iter_mut().chain(&mut merged.waiting) {
            let key = (pending.pull.namespace.clone(), pending.workload.clone());
            pending.workload = merged.cron_jobs.get(&key).cloned().unwrap_or(key.1);
        }
        let is_asked_for = |one: &Pending| one.is_asked_for || scope.wanted.contains(&one.workload);
        merged.failing.retain(is_asked_for);
        merged.waiting.retain(is_asked_for);
        merged.found_any = !merged.groups.is_empty();
        merged.drop_strangers(scope);
        merged
    }

    fn place(&self, key: &(String, String)) -> (String, String) {
        let name = self.cron_jobs.get(key).unwrap_or(&key.1);
        (key.0.clone(), name.clone())
    }

    fn add(&mut self, key: (String, String), group: Group) {
        let key = self.place(&key);
        let known = self.groups.remove(&key);
        self.groups.insert(
            key,
            match known {
                Some(known) => known.merge(group),
                None => group,
            },
        );
    }

    /// Workloads that were not asked for stay where they may show something about one that was.
    fn drop_strangers(&mut self, scope: &Scope) {
        if scope.is_all() {
            return;
        }
        let asked = self.groups.iter().filter(|(_, group)| group.in_scope);
        let namespaces: BTreeSet<String> = asked.map(|((namespace, _), _)| namespace.clone()).collect();
        self.groups.retain(|(namespace, _), _| namespaces.contains(namespace));
    }

    /// The name of the workload that a pod of a Job, or another, belongs to.
    pub fn workload_of(&self, namespace: &str, name: &str) -> String {
        self.place(&(namespace.to_string(), name.to_string())).1
    }

    /// Pods that had said nothing yet, and of which events say that they lack their image.
    pub fn tell_of_starting(&mut self, lacking: &[Pending]) {
        let pods: BTreeSet<(&str, &str, &str)> = lacking
            .iter()
            .map(|one| (one.pull.namespace.as_str(), one.workload.as_str(), one.pull.pod.as_str()))
            .collect();
        for (namespace, workload, _) in pods {
            if let Some(group) = self.groups.get_mut(&(namespace.to_string(), workload.to_string())) {
                group.starting = group.starting.saturating_sub(1);
            }
        }
    }

    /// Namespaces in which a pull fails.
    pub fn failing_namespaces(&self) -> BTreeSet<&str> {
        self.failing.iter().map(|one| one.pull.namespace.as_str()).collect()
    }

    /// Workloads that build, or whose pulls fail: what their pods may connect to matters.
    pub fn subjects(&self) -> Vec<Subject> {
        let failing: BTreeSet<(&str, &str)> =
            self.failing.iter().map(|one| (one.pull.namespace.as_str(), one.workload.as_str())).collect();
        let of = |((namespace, name), group): (&(String, String), &Group)| {
            let matters = !group.builders.is_empty() || failing.contains(&(namespace, name));
            let labels = group.labels.clone().filter(|_| matters && group.in_scope)?;
            Some(Subject { id: group::id(namespace, name), namespace: namespace.clone(), labels })
        };
        self.groups.iter().filter_map(of).collect()
    }

    /// As evidence, in the order of ids.
    pub fn into_evidence(self, accounts: &[ServiceAccount]) -> (Vec<Workload>, Vec<FailingPull>) {
        let accounts: BTreeMap<(&str, &str), &ServiceAccount> =
            accounts.iter().map(|one| ((one.namespace.as_str(), one.name.as_str()), one)).collect();
        let mut workloads = Vec::with_capacity(self.groups.len());
        for ((namespace, name), mut group) in self.groups {
            let account = accounts.get(&(namespace.as_str(), group.service_account.as_str()));
            let account = account.and_then(|account| account.seen());
            for builder in &mut group.builders {
                builder.ambient = account.map(|account| account.ambient.clone()).unwrap_or_default();
            }
            let secrets = account.map(|account| account.pull_secrets.as_slice());
            workloads.push(group.into_workload(&namespace, &name, secrets));
        }
        let of = |pending: Pending| FailingPull {
            workload: group::id(&pending.pull.namespace, &pending.workload),
            ..pending.pull
        };
        let mut failing: Vec<FailingPull> = self.failing.into_iter().map(of).collect();
        failing.sort_by(|a, b| a.id.cmp(&b.id));
        (workloads, failing)
    }
}
