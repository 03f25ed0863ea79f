//! One pod of a run: what is the same whether a kubelet pulls or a probe looks.

use super::probe::ProbeTest;
use super::test::{EVENT_GRACE_MS, Test};
use super::{Ended, Millis, RETRY_GRACE_MS, SANDBOX_GRACE_MS, UNSCHEDULABLE_GRACE_MS};
use crate::api::wire::Pod;
use crate::evidence::{CredentialUse, LastSeen, Outcome, PullSeen, Step};
use crate::plan::{Check, Plan};
use crate::text::Clean;

/// One pod.
#[derive(Debug)]
pub(in crate::run) struct Tracked {
    pub(in crate::run) node: String,
    pub(in crate::run) check: Check,
    pub(in crate::run) credential: CredentialUse,
    pub(in crate::run) pull_secrets: Vec<String>,
    pub(in crate::run) missing_pull_secrets: Vec<String>,
    /// One an image for a kubelet's pulls; none for a probe.
    pub(in crate::run) tests: Vec<Test>,
    /// The probe, where it is one.
    pub(in crate::run) probe: Option<ProbeTest>,
    /// Whether the kubelet missed a pull secret in its latest try.
    pub(super) missed_again: bool,
    pub(super) created: bool,
    /// Whether it is known what the API server made of the pod.
    pub(super) described: bool,
    pub(super) scheduled: bool,
    pub(super) unschedulable: Option<(String, Millis)>,
    pub(super) sandbox_failure: Option<(String, Millis)>,
}

impl Tracked {
    pub(super) fn new(plan: &Plan, node: &str, check: Check) -> Self {
        let images = if check.is_probe() { 0 } else { plan.images.len() };
        Self {
            node: node.to_string(),
            check,
            credential: CredentialUse::AsPlanned,
            pull_secrets: plan.identity.pull_secrets.clone(),
            missing_pull_secrets: Vec::new(),
            tests: (0..images).map(|_| Test::default()).collect(),
            probe: check.is_probe().then(ProbeTest::default),
            missed_again: false,
            created: false,
            described: false,
            scheduled: false,
            unschedulable: None,
            sandbox_failure: None,
        }
    }

    /// Whether everything that it was made for is known.
    pub(super) fn is_known(&self) -> bool {
        let probe = self.probe.as_ref().is_none_or(ProbeTest::is_known);
        probe && self.tests.iter().all(|test| test.outcome.is_some())
    }

    /// Ends what is not known yet.
    pub(super) fn end(&mut self, outcome: &Ended) {
        for test in self.tests.iter_mut().filter(|test| test.outcome.is_none()) {
            test.outcome = Some(outcome.of_any());
        }
        if let Some(probe) = self.probe.as_mut().filter(|probe| probe.outcome.is_none()) {
            probe.outcome = Some(outcome.of_any());
        }
    }

    /// Ends a pod of which nothing more will be heard: what its status said stands.
    pub(super) fn end_after_status(&mut self, outcome: &Ended) {
        for test in self.tests.iter_mut().filter(|test| test.outcome.is_none()) {
            test.settle(Millis::MAX);
        }
        self.settle(Millis::MAX, false);
        self.end(outcome);
    }

    /// The first try's missing pull secrets count no more when a further one found them all.
    pub(super) fn end_of_try(&mut self) {
        let tried_before = self.tests.iter().any(|test| test.tries > 1);
        if tried_before && !self.missed_again {
            self.missing_pull_secrets.clear();
        }
        self.missed_again = false;
    }

    pub(super) fn settle(&mut self, now: Millis, may_find_secret: bool) {
        let over = |since: Millis, grace: Millis| now >= since.saturating_add(grace);
        let stuck = |failure: &Option<(String, Millis)>, grace, step| {
            let (message, _) = failure.as_ref().filter(|(_, since)| over(*since, grace))?;
            Some(Ended::Failed { step, message: Clean::new(message) })
        };
        let stuck = stuck(&self.sandbox_failure, SANDBOX_GRACE_MS, Step::Sandbox)
            .or_else(|| stuck(&self.unschedulable, UNSCHEDULABLE_GRACE_MS, Step::Schedule));
        for test in self.tests.iter_mut().filter(|test| test.outcome.is_none()) {
            let last_word = |(_, since): &&(PullSeen, Millis)| {
                !may_find_secret || test.tries > 1 || over(*since, RETRY_GRACE_MS)
            };
            let failed = test.failure.as_ref().filter(last_word).map(|(value, _)| value.clone());
            test.outcome = failed.map(|value| Outcome::Seen { value });
        }
        if let Some(probe) = &mut self.probe {
            probe.settle(now);
        }
        if let Some(stuck) = stuck {
            self.end(&stuck);
        }
    }

    /// When [`Tracked::settle`] has something to decide, if nothing else happens.
    pub(super) fn next_decision(&self) -> Option<Millis> {
        let open = self.tests.iter().any(|test| test.outcome.is_none())
            || self.probe.as_ref().is_some_and(|probe| probe.outcome.is_none());
        if !open {
            return None;
        }
        let of_test = |test: &Test| {
            let failure = test.failure.as_ref().map(|(_, since)| since + RETRY_GRACE_MS);
            failure.or_else(|| test.waiting.as_ref().map(|(_, since)| since + EVENT_GRACE_MS))
        };
        let sandbox = self.sandbox_failure.as_ref().map(|(_, since)| since + SANDBOX_GRACE_MS);
        let unschedulable = self.unschedulable.as_ref().map(|(_, since)| since + UNSCHEDULABLE_GRACE_MS);
        let probe = self.probe.as_ref().and_then(ProbeTest::next_decision);
        let tests = self.tests.iter().filter(|test| test.outcome.is_none()).filter_map(of_test);
        tests.chain(sandbox).chain(unschedulable).chain(probe).min()
    }

    pub(super) fn last_seen(&self) -> LastSeen {
        let probe = self.probe.as_ref();
        let running = probe.is_some_and(|probe| probe.running_since.is_some());
        let pulling = self.tests.iter().any(|test| test.pulling_since.is_some())
            || probe.is_some_and(|probe| probe.pulling_since.is_some());
        match (self.created, self.scheduled) {
            (false, _) => LastSeen::Planned,
            (true, false) => LastSeen::Created,
            (true, true) if running => LastSeen::Running,
            (true, true) if pulling => LastSeen::Pulling,
            (true, true) => LastSeen::Scheduled,
        }
    }

    /// The time is up, or the user ended the run: what is not known yet becomes evidence of that.
    pub(super) fn close(&mut self, now: Millis, interrupted: bool) {
        if let Some(probe) = &mut self.probe {
            probe.close();
        }
        if interrupted {
            let message = Clean::new("the run was interrupted before the result was known");
            return self.end(&Ended::Failed { step: Step::Interrupted, message });
        }
        let last_seen = self.last_seen();
        let late = |since: Option<Millis>, last_seen| Ended::TimedOut {
            after_ms: now.saturating_sub(since.unwrap_or(0)),
            last_seen,
        };
        for test in self.tests.iter_mut().filter(|test| test.outcome.is_none()) {
            let last_seen = test.pulling_since.map_or(last_seen, |_| LastSeen::Pulling);
            test.outcome = Some(late(test.pulling_since, last_seen).of_any());
        }
        if let Some(probe) = &self.probe {
            let since = probe.running_since.or(probe.pulling_since);
            self.end(&late(since, last_seen));
        }
    }
}

/// A pod that the kubelet turns away.
pub(super) fn turned_away(pod: &Pod) -> Option<Ended> {
    let message = || Clean::new(&format!("{}: {}", pod.status.reason, pod.status.message));
    (pod.status.phase == "Failed").then(|| Ended::Failed { step: Step::Admit, message: message() })
}

/// Why the scheduler finds no room for a pod.
pub(super) fn unschedulable(pod: &Pod) -> Option<String> {
    let scheduled = pod.status.conditions.iter().find(|condition| condition.kind == "PodScheduled")?;
    let refused = scheduled.status == "False" && scheduled.reason == "Unschedulable";
    refused.then(|| scheduled.message.clone())
}
