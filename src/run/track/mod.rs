//! What is known of each pod, from the API server's answers, the pods' changes and their events. Pure: it is
//! told the time.

mod pod;
mod probe;
mod test;

use std::collections::HashMap;
use std::convert::Infallible;

use super::manifest::{container_name, is_placeholder, pod_name};
use crate::api::wire::{Event, Pod};
use crate::diagnose::message::{missing_pull_secrets, pulled};
use crate::evidence::{LastSeen, Outcome};
use crate::plan::{Check, Plan};
use crate::text::{Clean, referenced_name};

/// How long the scheduler may change its mind.
const UNSCHEDULABLE_GRACE_MS: u64 = 2_000;
/// How long a sandbox may keep failing: a network plugin that starts late gets over it.
const SANDBOX_GRACE_MS: u64 = 10_000;

/// How long a pull that failed without a pull secret waits for the kubelet's next try (after 10 s), where other
/// nodes found the secret: a kubelet that learns of a pod before the API server's node authorizer does is
/// refused the secret at first.
const RETRY_GRACE_MS: u64 = 25_000;

pub(in crate::run) use pod::Tracked;
use pod::{turned_away, unschedulable};
pub(in crate::run) use test::Test;
use test::waiting;

/// How a pod ended of which nothing was seen.
pub(in crate::run) type Ended = Outcome<Infallible>;

/// Milliseconds since the run began.
pub(in crate::run) type Millis = u64;

/// All pods of a run.
#[derive(Debug)]
pub(in crate::run) struct Tracker {
    run: String,
    images: Vec<String>,
    pub(in crate::run) pods: Vec<Tracked>,
    by_name: HashMap<String, usize>,
    /// The most containers that a probe's pod was seen to have, with those that webhooks put in.
    pub(in crate::run) probe_containers: usize,
}

impl Tracker {
    pub(in crate::run) fn new(plan: &Plan, run: &str) -> Self {
        let pods: Vec<Tracked> =
            plan.pods().into_iter().map(|(node, check)| Tracked::new(plan, node, check)).collect();
        let by_name = (0..pods.len()).map(|index| (pod_name(run, index), index)).collect();
        Self { run: run.to_string(), images: plan.images.clone(), pods, by_name, probe_containers: 1 }
    }

    /// One more pod than planned. Returns its index.
    pub(in crate::run) fn add(&mut self, plan: &Plan, node: &str, check: Check) -> usize {
        let index = self.pods.len();
        self.by_name.insert(pod_name(&self.run, index), index);
        self.pods.push(Tracked::new(plan, node, check));
        index
    }

    /// The API server made the pod, maybe not quite as it was asked to.
    pub(in crate::run) fn created(&mut self, index: usize, made: &Pod) {
        let Some(pod) = self.pods.get_mut(index) else { return };
        pod.created = true;
        if made.spec.containers.is_empty() {
            return;
        }
        pod.described = true;
        if pod.check.is_probe() {
            let containers = made.spec.containers.len() + made.spec.init_containers.len();
            self.probe_containers = self.probe_containers.max(containers);
        }
        let secrets = made.spec.image_pull_secrets.iter().map(|secret| secret.name.clone());
        let named = secrets.filter(|name| !name.is_empty() && !is_placeholder(name, &self.run));
        pod.pull_secrets = named.map(|name| referenced_name(&name)).collect();
        for (image, (test, asked)) in pod.tests.iter_mut().zip(&self.images).enumerate() {
            let name = container_name(image);
            let got = made.spec.containers.iter().find(|container| container.name == name);
            test.image_rewritten =
                got.map(|got| Clean::new(&got.image).to_string()).filter(|got| got != asked);
        }
    }

    /// Ends what of a pod is not known yet.
    pub(in crate::run) fn end(&mut self, index: usize, outcome: &Ended) {
        if let Some(pod) = self.pods.get_mut(index) {
            pod.end(outcome);
        }
    }

    /// A pod as it is now. Returns its index if it is one of the run's.
    pub(in crate::run) fn pod_is(&mut self, seen: &Pod, now: Millis) -> Option<usize> {
        let index = *self.by_name.get(&seen.metadata.name)?;
        if self.pods.get(index).is_some_and(|pod| !pod.described) {
            self.created(index, seen);
        }
        let pod = self.pods.get_mut(index)?;
        if !seen.spec.node_name.is_empty() {
            pod.scheduled = true;
            pod.node.clone_from(&seen.spec.node_name);
        }
        // A pod that was ended early shows containers as terminated that never began.
        let ended = turned_away(seen);
        for (image, test) in pod.tests.iter_mut().enumerate().filter(|_| ended.is_none()) {
            let name = container_name(image);
            let status = seen.status.container_statuses.iter().find(|status| status.name == name);
            if let Some(waiting) = status.and_then(waiting) {
                test.status_says(waiting, now);
            }
        }
        pod.unschedulable = unschedulable(seen).map(|message| {
            let since = pod.unschedulable.take().map_or(now, |(_, since)| since);
            (message, since)
        });
        if let Some(probe) = &mut pod.probe {
            probe.status_says(seen, ended.as_ref(), now);
        }
        if let Some(outcome) = ended {
            pod.end_after_status(&outcome);
        }
        self.settle_one(index, now);
        Some(index)
    }

    /// A pod was deleted, by whomever.
    pub(in crate::run) fn pod_deleted(&mut self, seen: &Pod) -> Option<usize> {
        let index = *self.by_name.get(&seen.metadata.name)?;
        let message = Clean::new("the test's pod was deleted by something else before its result was known");
        self.pods.get_mut(index)?.end_after_status(&Ended::Absent { message });
        Some(index)
    }

    /// An event. Returns the index of the pod it is about, if it is one of the run's.
    pub(in crate::run) fn event(&mut self, event: &Event, now: Millis) -> Option<usize> {
        let index = *self.by_name.get(&event.involved_object.name)?;
        let pod = self.pods.get_mut(index)?;
        if let Some(probe) = &mut pod.probe {
            // That the run's own placeholder is missing is no news.
            let missing = missing_pull_secrets(&event.message);
            if !missing.is_empty() && missing.iter().all(|name| is_placeholder(name, &self.run)) {
                return Some(index);
            }
            probe.event(&event.reason, &event.message, now);
            self.settle_one(index, now);
            return Some(index);
        }
        let container = container_of(&event.involved_object.field_path);
        let test = (0..pod.tests.len()).find(|image| container == Some(container_name(*image).as_str()));
        match (event.reason.as_str(), test.and_then(|image| pod.tests.get_mut(image))) {
            ("FailedToRetrieveImagePullSecret", _) => {
                pod.missed_again = true;
                let names = missing_pull_secrets(&event.message).into_iter();
                for name in names.filter(|name| !is_placeholder(name, &self.run)) {
                    if !pod.missing_pull_secrets.contains(&name) {
                        pod.missing_pull_secrets.push(name);
                    }
                }
            }
            ("FailedCreatePodSandBox", _) => {
                pod.sandbox_failure.get_or_insert((event.message.clone(), now));
            }
            ("Pulling", Some(test)) => {
                test.pulling_since.get_or_insert(now);
                pod.sandbox_failure = None;
            }
            ("Pulled", Some(test)) => test.pulled(pulled(&event.message)),
            ("Failed", Some(test)) => test.failed_event(&event.message, now),
            _ => {}
        }
        if matches!(event.reason.as_str(), "Pulled" | "Failed") {
            pod.end_of_try();
        }
        self.settle_one(index, now);
        Some(index)
    }

    /// The same as [`Tracker::settle`] for one pod, where the others have no say: thousands of pods change one by one.
    fn settle_one(&mut self, index: usize, now: Millis) {
        let Some(pod) = self.pods.get_mut(index) else { return };
        if !pod.missing_pull_secrets.is_empty() {
            return self.settle(now);
        }
        for test in pod.tests.iter_mut().filter(|test| test.outcome.is_none()) {
            test.settle(now);
        }
        pod.settle(now, false);
    }

    /// Decides what has waited long enough for more to come.
    pub(in crate::run) fn settle(&mut self, now: Millis) {
        for test in self.pods.iter_mut().flat_map(|pod| &mut pod.tests).filter(|test| test.outcome.is_none())
        {
            test.settle(now);
        }
        let seen = |test: &Test| matches!(test.outcome, Some(Outcome::Seen { .. }));
        let secrets_exist =
            self.pods.iter().any(|pod| pod.missing_pull_secrets.is_empty() && pod.tests.iter().any(seen));
        let told = |test: &Test| test.outcome.is_some() || test.failure.is_some();
        let all_told = self.pods.iter().filter(|pod| pod.created).all(|pod| pod.tests.iter().all(told));
        // A single kubelet's word is not enough.
        let witnesses = self.pods.iter().filter(|pod| !pod.missing_pull_secrets.is_empty()).count();
        for pod in &mut self.pods {
            let doubtful = secrets_exist || !all_told || witnesses == 1;
            let may_find_it = !pod.missing_pull_secrets.is_empty() && doubtful;
            pod.settle(now, may_find_it);
        }
    }

    /// When [`Tracker::settle`] has something to decide, if nothing else happens.
    pub(in crate::run) fn next_decision(&self) -> Option<Millis> {
        self.pods.iter().filter_map(Tracked::next_decision).min()
    }

    /// Whether all of a pod's tests are known.
    pub(in crate::run) fn is_known(&self, index: usize) -> bool {
        self.pods.get(index).is_none_or(Tracked::is_known)
    }

    /// Whether the registry may be hearing of the pod just now: its kubelet has begun to pull the images under
    /// test, or its probe runs.
    pub(in crate::run) fn is_asking(&self, index: usize) -> bool {
        self.pods.get(index).is_some_and(|pod| match pod.last_seen() {
            LastSeen::Running => true,
            LastSeen::Pulling => pod.probe.is_none(),
            _ => false,
        })
    }

    /// The time is up, or the user ended the run: what is not known yet becomes evidence of that.
    pub(in crate::run) fn close(&mut self, now: Millis, interrupted: bool) {
        self.settle(u64::MAX);
        for pod in &mut self.pods {
            pod.close(now, interrupted);
        }
    }
}

/// `NAME` of `spec.containers{NAME}`.
fn container_of(field_path: &str) -> Option<&str> {
    field_path.strip_prefix("spec.containers{")?.strip_suffix('}')
}
