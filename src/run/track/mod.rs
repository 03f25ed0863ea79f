//! What is known of each pod, from the API server's answers, the pods' changes and their events. Pure: it is
//! told the time.

mod test;

use std::collections::HashMap;

use super::manifest::{container_name, is_placeholder, pod_name};
use crate::api::wire::{Event, Pod};
use crate::diagnose::message::{missing_pull_secrets, pulled};
use crate::evidence::{CredentialUse, LastSeen, Outcome, PullSeen, Step};
use crate::plan::Plan;
use crate::text::{Clean, referenced_name};

/// How long the scheduler may change its mind.
const UNSCHEDULABLE_GRACE_MS: u64 = 2_000;
/// How long a sandbox may keep failing: a network plugin that starts late gets over it.
const SANDBOX_GRACE_MS: u64 = 10_000;

/// How long a pull that failed without a pull secret waits for the kubelet's next try (after 10 s), where other
/// nodes found the secret: a kubelet that learns of a pod before the API server's node authorizer does is
/// refused the secret at first.
const RETRY_GRACE_MS: u64 = 25_000;

pub(in crate::run) use test::Test;
use test::{EVENT_GRACE_MS, waiting};

/// Milliseconds since the run began.
pub(in crate::run) type Millis = u64;

/// One pod.
#[derive(Debug)]
pub(in crate::run) struct Tracked {
    pub(in crate::run) node: String,
    pub(in crate::run) credential: CredentialUse,
    pub(in crate::run) pull_secrets: Vec<String>,
    pub(in crate::run) missing_pull_secrets: Vec<String>,
    pub(in crate::run) tests: Vec<Test>,
    /// Whether the kubelet missed a pull secret in its latest try.
    missed_again: bool,
    created: bool,
    /// Whether it is known what the API server made of the pod.
    described: bool,
    scheduled: bool,
    unschedulable: Option<(String, Millis)>,
    sandbox_failure: Option<(String, Millis)>,
}

/// All pods of a run.
#[derive(Debug)]
pub(in crate::run) struct Tracker {
    run: String,
    images: Vec<String>,
    pub(in crate::run) pods: Vec<Tracked>,
    by_name: HashMap<String, usize>,
}

impl Tracker {
    pub(in crate::run) fn new(plan: &Plan, run: &str) -> Self {
        let pods: Vec<Tracked> = plan
            .tested_nodes()
            .map(|node| Tracked {
                node: node.to_string(),
                credential: CredentialUse::AsPlanned,
                pull_secrets: plan.identity.pull_secrets.clone(),
                missing_pull_secrets: Vec::new(),
                missed_again: false,
                tests: plan.images.iter().map(|_| Test::default()).collect(),
                created: false,
                described: false,
                scheduled: false,
                unschedulable: None,
                sandbox_failure: None,
            })
            .collect();
        let by_name = (0..pods.len()).map(|index| (pod_name(run, index), index)).collect();
        Self { run: run.to_string(), images: plan.images.clone(), pods, by_name }
    }

    /// The API server made the pod, maybe not quite as it was asked to.
    pub(in crate::run) fn created(&mut self, index: usize, made: &Pod) {
        let Some(pod) = self.pods.get_mut(index) else { return };
        pod.created = true;
        if made.spec.containers.is_empty() {
            return;
        }
        pod.described = true;
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

    /// Ends every test of a pod that is not known yet in the same way.
    pub(in crate::run) fn end(&mut self, index: usize, outcome: &Outcome<PullSeen>) {
        if let Some(pod) = self.pods.get_mut(index) {
            for test in pod.tests.iter_mut().filter(|test| test.outcome.is_none()) {
                test.outcome = Some(outcome.clone());
            }
        }
    }

    /// Ends a pod of which nothing more will be heard: what its status said stands.
    fn end_after_status(&mut self, index: usize, outcome: &Outcome<PullSeen>) {
        if let Some(pod) = self.pods.get_mut(index) {
            for test in pod.tests.iter_mut().filter(|test| test.outcome.is_none()) {
                test.settle(Millis::MAX);
            }
            pod.settle(Millis::MAX, false);
        }
        self.end(index, outcome);
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
        if let Some(outcome) = ended {
            self.end_after_status(index, &outcome);
        }
        self.settle(now);
        Some(index)
    }

    /// A pod was deleted, by whomever.
    pub(in crate::run) fn pod_deleted(&mut self, seen: &Pod) -> Option<usize> {
        let index = *self.by_name.get(&seen.metadata.name)?;
        let message = Clean::new("the test's pod was deleted by something else before its result was known");
        self.end_after_status(index, &Outcome::Absent { message });
        Some(index)
    }

    /// An event. Returns the index of the pod it is about, if it is one of the run's.
    pub(in crate::run) fn event(&mut self, event: &Event, now: Millis) -> Option<usize> {
        let index = *self.by_name.get(&event.involved_object.name)?;
        let pod = self.pods.get_mut(index)?;
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
        self.settle(now);
        Some(index)
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
        let of_test = |test: &Test| {
            let failure = test.failure.as_ref().map(|(_, since)| since + RETRY_GRACE_MS);
            failure.or_else(|| test.waiting.as_ref().map(|(_, since)| since + EVENT_GRACE_MS))
        };
        let open = |pod: &&Tracked| pod.tests.iter().any(|test| test.outcome.is_none());
        let pods = self.pods.iter().filter(open);
        pods.flat_map(|pod| {
            let sandbox = pod.sandbox_failure.as_ref().map(|(_, since)| since + SANDBOX_GRACE_MS);
            let tests = pod.tests.iter().filter(|test| test.outcome.is_none()).filter_map(of_test);
            let unschedulable = pod.unschedulable.as_ref().map(|(_, since)| since + UNSCHEDULABLE_GRACE_MS);
            tests.chain(sandbox).chain(unschedulable)
        })
        .min()
    }

    /// Whether all of a pod's tests are known.
    pub(in crate::run) fn is_known(&self, index: usize) -> bool {
        self.pods.get(index).is_none_or(|pod| pod.tests.iter().all(|test| test.outcome.is_some()))
    }

    /// Whether the kubelet has begun to pull anything for the pod.
    pub(in crate::run) fn is_pulling(&self, index: usize) -> bool {
        self.pods.get(index).is_some_and(|pod| pod.last_seen() == LastSeen::Pulling)
    }

    /// The time is up, or the user ended the run: what is not known yet becomes evidence of that.
    pub(in crate::run) fn close(&mut self, now: Millis, interrupted: bool) {
        self.settle(u64::MAX);
        for pod in &mut self.pods {
            let last_seen = pod.last_seen();
            for test in pod.tests.iter_mut().filter(|test| test.outcome.is_none()) {
                let message = || Clean::new("the run was interrupted before the result was known");
                test.outcome = Some(match interrupted {
                    true => Outcome::Failed { step: Step::Interrupted, message: message() },
                    false => Outcome::TimedOut {
                        after_ms: now.saturating_sub(test.pulling_since.unwrap_or(0)),
                        last_seen: test.pulling_since.map_or(last_seen, |_| LastSeen::Pulling),
                    },
                });
            }
        }
    }
}

impl Tracked {
    /// The first try's missing pull secrets count no more when a further one found them all.
    fn end_of_try(&mut self) {
        let tried_before = self.tests.iter().any(|test| test.tries > 1);
        if tried_before && !self.missed_again {
            self.missing_pull_secrets.clear();
        }
        self.missed_again = false;
    }

    fn settle(&mut self, now: Millis, may_find_secret: bool) {
        let over = |since: Millis, grace: Millis| now >= since.saturating_add(grace);
        let stuck = |failure: &Option<(String, Millis)>, grace, step| {
            let (message, _) = failure.as_ref().filter(|(_, since)| over(*since, grace))?;
            Some(Outcome::Failed { step, message: Clean::new(message) })
        };
        let stuck = stuck(&self.sandbox_failure, SANDBOX_GRACE_MS, Step::Sandbox)
            .or_else(|| stuck(&self.unschedulable, UNSCHEDULABLE_GRACE_MS, Step::Schedule));
        for test in self.tests.iter_mut().filter(|test| test.outcome.is_none()) {
            let last_word = |(_, since): &&(PullSeen, Millis)| {
                !may_find_secret || test.tries > 1 || over(*since, RETRY_GRACE_MS)
            };
            let failed = test.failure.as_ref().filter(last_word).map(|(value, _)| value.clone());
            test.outcome = failed.map(|value| Outcome::Seen { value }).or_else(|| stuck.clone());
        }
    }

    fn last_seen(&self) -> LastSeen {
        let pulling = self.tests.iter().any(|test| test.pulling_since.is_some());
        match (self.created, self.scheduled) {
            (false, _) => LastSeen::Planned,
            (true, false) => LastSeen::Created,
            (true, true) if pulling => LastSeen::Pulling,
            (true, true) => LastSeen::Scheduled,
        }
    }
}

/// A pod that the kubelet turns away.
fn turned_away(pod: &Pod) -> Option<Outcome<PullSeen>> {
    let message = || Clean::new(&format!("{}: {}", pod.status.reason, pod.status.message));
    (pod.status.phase == "Failed").then(|| Outcome::Failed { step: Step::Admit, message: message() })
}

/// Why the scheduler finds no room for a pod.
fn unschedulable(pod: &Pod) -> Option<String> {
    let scheduled = pod.status.conditions.iter().find(|condition| condition.kind == "PodScheduled")?;
    let refused = scheduled.status == "False" && scheduled.reason == "Unschedulable";
    refused.then(|| scheduled.message.clone())
}

/// `NAME` of `spec.containers{NAME}`.
fn container_of(field_path: &str) -> Option<&str> {
    field_path.strip_prefix("spec.containers{")?.strip_suffix('}')
}
