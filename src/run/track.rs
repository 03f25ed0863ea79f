//! What is known of each pod, from the API server's answers, the pods' changes and their events. Pure: it is
//! told the time.

use std::collections::HashMap;

use super::manifest::{container_name, is_placeholder, pod_name};
use crate::api::wire::{ContainerStatus, Event, Pod};
use crate::diagnose::message::{Pulled, missing_pull_secrets, pulled};
use crate::evidence::{CredentialUse, LastSeen, Outcome, PullSeen, Step};
use crate::plan::Plan;
use crate::text::Clean;

/// How long a status waits for the event that says more: the kubelet sends both within milliseconds.
const EVENT_GRACE_MS: u64 = 3_000;
/// How long a sandbox may keep failing: a network plugin that starts late gets over it.
const SANDBOX_GRACE_MS: u64 = 10_000;

/// How long a pull that failed without a pull secret waits for the kubelet's next try (after 10 s), where other
/// nodes found the secret: a kubelet that learns of a pod before the API server's node authorizer does is
/// refused the secret at first.
const RETRY_GRACE_MS: u64 = 25_000;

/// Milliseconds since the run began.
pub(super) type Millis = u64;

/// One image in one pod.
#[derive(Debug, Default)]
pub(super) struct Test {
    pub(super) image_rewritten: Option<String>,
    pub(super) outcome: Option<Outcome<PullSeen>>,
    /// When the outcome was known.
    pub(super) known_at: Option<Millis>,
    /// A failure that may not be the last word.
    failure: Option<(PullSeen, Millis)>,
    /// How often the kubelet's events said how a pull ended.
    tries: u32,
    pulling_since: Option<Millis>,
    /// What the status said, and since when.
    waiting: Option<(Waiting, Millis)>,
}

/// A container's waiting state, as far as it says how the pull went.
#[derive(Clone, Debug)]
enum Waiting {
    Pulled,
    Failed { reason: String, message: String, whole: bool },
}

/// One pod.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) node: String,
    pub(super) credential: CredentialUse,
    pub(super) pull_secrets: Vec<String>,
    pub(super) missing_pull_secrets: Vec<String>,
    pub(super) tests: Vec<Test>,
    /// Whether the kubelet missed a pull secret in its latest try.
    missed_again: bool,
    created: bool,
    scheduled: bool,
    sandbox_failure: Option<(String, Millis)>,
}

/// All pods of a run.
#[derive(Debug)]
pub(super) struct Tracker {
    run: String,
    images: Vec<String>,
    pub(super) pods: Vec<Tracked>,
    by_name: HashMap<String, usize>,
}

impl Tracker {
    pub(super) fn new(plan: &Plan, run: &str) -> Self {
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
                scheduled: false,
                sandbox_failure: None,
            })
            .collect();
        let by_name = (0..pods.len()).map(|index| (pod_name(run, index), index)).collect();
        Self { run: run.to_string(), images: plan.images.clone(), pods, by_name }
    }

    /// The API server made the pod, maybe not quite as it was asked to.
    pub(super) fn created(&mut self, index: usize, made: &Pod) {
        let run = self.run.clone();
        let Some(pod) = self.pods.get_mut(index) else { return };
        pod.created = true;
        if !made.spec.containers.is_empty() {
            let secrets = made.spec.image_pull_secrets.iter().map(|secret| secret.name.clone());
            pod.pull_secrets =
                secrets.filter(|name| !name.is_empty() && !is_placeholder(name, &run)).collect();
        }
        for (image, (test, asked)) in pod.tests.iter_mut().zip(&self.images).enumerate() {
            let name = container_name(image);
            let got = made.spec.containers.iter().find(|container| container.name == name);
            test.image_rewritten = got.map(|got| got.image.clone()).filter(|got| got != asked);
        }
    }

    /// Ends every test of a pod that is not known yet in the same way.
    pub(super) fn end(&mut self, index: usize, outcome: &Outcome<PullSeen>) {
        if let Some(pod) = self.pods.get_mut(index) {
            for test in pod.tests.iter_mut().filter(|test| test.outcome.is_none()) {
                test.outcome = Some(outcome.clone());
            }
        }
    }

    /// A pod as it is now. Returns its index if it is one of the run's.
    pub(super) fn pod_is(&mut self, seen: &Pod, now: Millis) -> Option<usize> {
        let index = *self.by_name.get(&seen.metadata.name)?;
        if self.pods.get(index).is_some_and(|pod| !pod.created) {
            self.created(index, seen);
        }
        if let Some(outcome) = turned_away(seen) {
            self.end(index, &outcome);
        }
        let pod = self.pods.get_mut(index)?;
        if !seen.spec.node_name.is_empty() {
            pod.scheduled = true;
            pod.node.clone_from(&seen.spec.node_name);
        }
        for (image, test) in pod.tests.iter_mut().enumerate() {
            let name = container_name(image);
            let status = seen.status.container_statuses.iter().find(|status| status.name == name);
            if let Some(waiting) = status.and_then(waiting) {
                test.status_says(waiting, now);
            }
        }
        self.settle(now);
        Some(index)
    }

    /// A pod was deleted, by whomever.
    pub(super) fn pod_deleted(&mut self, seen: &Pod) -> Option<usize> {
        let index = *self.by_name.get(&seen.metadata.name)?;
        let message = Clean::new("the test's pod was deleted by something else before its result was known");
        self.end(index, &Outcome::Absent { message });
        Some(index)
    }

    /// An event. Returns the index of the pod it is about, if it is one of the run's.
    pub(super) fn event(&mut self, event: &Event, now: Millis) -> Option<usize> {
        let index = *self.by_name.get(&event.involved_object.name)?;
        let run = self.run.clone();
        let pod = self.pods.get_mut(index)?;
        let container = container_of(&event.involved_object.field_path);
        let test = (0..pod.tests.len()).find(|image| container == Some(container_name(*image).as_str()));
        match (event.reason.as_str(), test.and_then(|image| pod.tests.get_mut(image))) {
            ("FailedToRetrieveImagePullSecret", _) => {
                pod.missed_again = true;
                let names = missing_pull_secrets(&event.message).into_iter();
                for name in names.filter(|name| !is_placeholder(name, &run)) {
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
    pub(super) fn settle(&mut self, now: Millis) {
        for test in self.pods.iter_mut().flat_map(|pod| &mut pod.tests).filter(|test| test.outcome.is_none())
        {
            test.settle(now);
        }
        let seen = |test: &Test| matches!(test.outcome, Some(Outcome::Seen { .. }));
        let secrets_exist =
            self.pods.iter().any(|pod| pod.missing_pull_secrets.is_empty() && pod.tests.iter().any(seen));
        let told = |test: &Test| test.outcome.is_some() || test.failure.is_some();
        let all_told = self.pods.iter().filter(|pod| pod.created).all(|pod| pod.tests.iter().all(told));
        for pod in &mut self.pods {
            let may_find_it = !pod.missing_pull_secrets.is_empty() && (secrets_exist || !all_told);
            pod.settle(now, may_find_it);
        }
    }

    /// When [`Tracker::settle`] has something to decide, if nothing else happens.
    pub(super) fn next_decision(&self) -> Option<Millis> {
        let of_test = |test: &Test| {
            let failure = test.failure.as_ref().map(|(_, since)| since + RETRY_GRACE_MS);
            failure.or_else(|| test.waiting.as_ref().map(|(_, since)| since + EVENT_GRACE_MS))
        };
        let open = |pod: &&Tracked| pod.tests.iter().any(|test| test.outcome.is_none());
        let pods = self.pods.iter().filter(open);
        pods.flat_map(|pod| {
            let sandbox = pod.sandbox_failure.as_ref().map(|(_, since)| since + SANDBOX_GRACE_MS);
            let tests = pod.tests.iter().filter(|test| test.outcome.is_none()).filter_map(of_test);
            tests.chain(sandbox)
        })
        .min()
    }

    /// Whether all of a pod's tests are known.
    pub(super) fn is_known(&self, index: usize) -> bool {
        self.pods.get(index).is_none_or(|pod| pod.tests.iter().all(|test| test.outcome.is_some()))
    }

    /// Whether the kubelet has begun to pull anything for the pod.
    pub(super) fn is_pulling(&self, index: usize) -> bool {
        self.pods.get(index).is_some_and(|pod| pod.last_seen() == LastSeen::Pulling)
    }

    /// The time is up, or the user ended the run: what is not known yet becomes evidence of that.
    pub(super) fn close(&mut self, now: Millis, interrupted: bool) {
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
        let sandbox =
            self.sandbox_failure.as_ref().filter(|(_, since)| now >= since.saturating_add(SANDBOX_GRACE_MS));
        let sandbox =
            sandbox.map(|(message, _)| Outcome::Failed { step: Step::Sandbox, message: Clean::new(message) });
        for test in self.tests.iter_mut().filter(|test| test.outcome.is_none()) {
            let last_word = |(_, since): &&(PullSeen, Millis)| {
                !may_find_secret || now >= since.saturating_add(RETRY_GRACE_MS)
            };
            let failed = test.failure.as_ref().filter(last_word).map(|(value, _)| value.clone());
            test.outcome = failed.map(|value| Outcome::Seen { value }).or_else(|| sandbox.clone());
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

impl Test {
    /// The first word counts: what follows are the kubelet's retries.
    fn status_says(&mut self, waiting: Waiting, now: Millis) {
        let better = matches!(
            (&self.waiting, &waiting),
            (Some((Waiting::Failed { whole: false, .. }, _)), Waiting::Failed { whole: true, .. })
        );
        if self.waiting.is_none() || better {
            self.waiting = Some((waiting, now));
        }
    }

    fn pulled(&mut self, pulled: Option<Pulled>) {
        // "already present on machine" is no pull; with the policy Always it does not come.
        let Some(pulled) = pulled.filter(|_| self.outcome.is_none()) else { return };
        self.tries += 1;
        self.outcome = Some(Outcome::Seen {
            value: PullSeen::Pulled {
                took_ms: Some(pulled.took_ms),
                waited_ms: pulled.waited_ms.map(|in_all| in_all.saturating_sub(pulled.took_ms)),
                size_bytes: pulled.size_bytes,
            },
        });
    }

    /// Only `Failed to pull image "R": …` is about the pull: the kubelet sends `Failed` for other steps too.
    fn failed_event(&mut self, message: &str, now: Millis) {
        let Some(rest) = message.strip_prefix("Failed to pull image ") else { return };
        if self.outcome.is_some() {
            return;
        }
        let cause = rest.split_once("\": ").map_or(rest, |(_, cause)| cause);
        let reason = match &self.waiting {
            Some((Waiting::Failed { reason, .. }, _)) => reason.clone(),
            _ => "ErrImagePull".to_string(),
        };
        self.fail(reason, cause, now);
    }

    fn fail(&mut self, reason: String, message: &str, now: Millis) {
        let took_ms = self.pulling_since.map(|since| now.saturating_sub(since));
        self.tries += 1;
        self.failure = Some((PullSeen::Failed { reason, message: Clean::new(message), took_ms }, now));
    }

    /// The status is the last word when no event said more in time.
    fn settle(&mut self, now: Millis) {
        let Some((waiting, since)) = self.waiting.clone().filter(|_| self.failure.is_none()) else { return };
        if now < since.saturating_add(EVENT_GRACE_MS) {
            return;
        }
        match waiting {
            Waiting::Pulled => {
                let value = PullSeen::Pulled { took_ms: None, waited_ms: None, size_bytes: None };
                self.outcome = Some(Outcome::Seen { value });
            }
            Waiting::Failed { reason, message, .. } => self.fail(reason, &message, since),
        }
    }
}

/// What a container's status says about its pull. A container that cannot be configured, created or run was
/// pulled: the kubelet pulls first (`startContainer` in pkg/kubelet/kuberuntime, Kubernetes 1.36).
fn waiting(status: &ContainerStatus) -> Option<Waiting> {
    let state = &status.state;
    if state.running.is_some() || state.terminated.is_some() {
        return Some(Waiting::Pulled);
    }
    let waiting = state.waiting.as_ref()?;
    match waiting.reason.as_str() {
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => Some(Waiting::Pulled),
        "" | "ContainerCreating" | "PodInitializing" => None,
        reason => Some(Waiting::Failed {
            reason: reason.to_string(),
            message: waiting.message.clone(),
            // The back-off's message may be shortened to "Back-off pulling image".
            whole: reason != "ImagePullBackOff",
        }),
    }
}

/// A pod that the scheduler finds no room for, or the kubelet turns away.
fn turned_away(pod: &Pod) -> Option<Outcome<PullSeen>> {
    if pod.status.phase == "Failed" {
        let message = Clean::new(&format!("{}: {}", pod.status.reason, pod.status.message));
        return Some(Outcome::Failed { step: Step::Admit, message });
    }
    let scheduled = pod.status.conditions.iter().find(|condition| condition.kind == "PodScheduled")?;
    let unschedulable = scheduled.status == "False" && scheduled.reason == "Unschedulable";
    unschedulable.then(|| Outcome::Failed { step: Step::Schedule, message: Clean::new(&scheduled.message) })
}

/// `NAME` of `spec.containers{NAME}`.
fn container_of(field_path: &str) -> Option<&str> {
    field_path.strip_prefix("spec.containers{")?.strip_suffix('}')
}
