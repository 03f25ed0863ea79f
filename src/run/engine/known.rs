//! What is done with what has become known of a pod.

use super::Engine;
use crate::evidence::{Action, Outcome, ProbeSeen, PullSeen, Step};
use crate::plan::Check;
use crate::run::waves::Word;
use crate::run::{Progress, harvest};

impl Engine<'_> {
    /// Reports what has become known, and gives pods that are no longer needed to the reaper. Each pod is
    /// judged once.
    pub(super) fn look(&mut self) {
        let open: Vec<usize> = self.open.iter().copied().collect();
        for index in open {
            self.ask_for_log(index);
            if !self.tracker.is_known(index) && self.tracker.pods[index].probe.is_some() {
                continue;
            }
            self.report(index);
            // An event may be faster than the answer to the request that made the pod.
            if self.tracker.is_known(index) && self.made.contains(&index) {
                self.open.remove(&index);
                self.finish(index);
            }
        }
    }

    /// The whole result, where the termination message holds it cut.
    fn ask_for_log(&mut self, index: usize) {
        if let Some(probe) = self.tracker.pods[index].probe.as_mut().filter(|probe| probe.wants_log()) {
            let asked = self.logs.ask(index);
            probe.log_is_asked_for(asked);
        }
    }

    pub(super) fn log_is_read(&mut self, index: usize, whole: Option<ProbeSeen>) {
        if let Some(probe) = &mut self.tracker.pods[index].probe {
            probe.log_is_read(whole);
        }
    }

    fn finish(&mut self, index: usize) {
        let word = harvest::word(&self.tracker, self.prepared, index);
        let refused = word == Word::Refused;
        let was_awaited = self.waves.awaited() == Some(index);
        let known = self.refusals.count();
        self.learn(index, refused);
        self.waves.known(index, &word);
        if was_awaited {
            self.alone_since = None;
        }
        if self.refusals.count() > known {
            self.tell_of_refusal(index);
        }
        if (!self.prepared.plan.keep || refused) && self.alive.remove(&index) {
            self.reaper.add(index);
        }
        self.fall_back(index);
    }

    /// Says that pods that are still to be made go without a credential: also where the others did not wait for this
    /// pod, or where nothing is known of its other credentials.
    fn tell_of_refusal(&self, index: usize) {
        let has_more = !self.waves.is_empty() || self.creator.has_waiting();
        if self.prepared.plan.one_first && has_more {
            self.observer.saw(Progress::HeldBack { node: &self.tracker.pods[index].node });
        }
    }

    fn learn(&mut self, index: usize, refused: bool) {
        match harvest::probe_of(&self.tracker, self.prepared, index) {
            Some(probe) => self.refusals.probe(&probe, &self.prepared.plan),
            None if !refused => {}
            None => self.refusals.kubelet(&self.tracker.pods[index].node),
        }
    }

    fn report(&mut self, index: usize) {
        let now = self.now();
        let Some(pod) = self.tracker.pods.get_mut(index) else { return };
        for test in pod.tests.iter_mut().filter(|test| test.known_at.is_none()) {
            if let Some(outcome) = &test.outcome {
                let ok = matches!(outcome, Outcome::Seen { value: PullSeen::Pulled { .. } });
                test.known_at = Some(now);
                self.observer.saw(Progress::Row { node: &pod.node, ok, tested: is_tested(outcome) });
            }
        }
        if let Some(probe) = pod.probe.as_mut().filter(|probe| probe.known_at.is_none())
            && let Some(outcome) = &probe.outcome
        {
            probe.known_at = Some(now);
            let (ok, tested) = (is_ok(outcome), is_tested(outcome));
            self.observer.saw(Progress::Row { node: &pod.node, ok, tested });
        }
    }

    /// Where a probe cannot look, the node's kubelet can still say whether it pulls.
    fn fall_back(&mut self, index: usize) {
        let plan = &self.prepared.plan;
        let pod = &self.tracker.pods[index];
        let outcome = pod.probe.as_ref().and_then(|probe| probe.outcome.as_ref());
        let cannot_look = match outcome {
            Some(Outcome::Denied { .. }) => pod.check == Check::ProbeNode,
            Some(Outcome::Failed { step, .. }) => *step == Step::ProbeImage,
            _ => false,
        };
        let is_asked =
            |other: &crate::run::track::Tracked| other.check == Check::Kubelet && other.node == pod.node;
        if self.is_aside
            || !cannot_look
            || plan.action != Action::Pull
            || self.tracker.pods.iter().any(is_asked)
        {
            return;
        }
        let node = pod.node.clone();
        let added = self.tracker.add(plan, &node, Check::Kubelet);
        self.waves.add(added, false);
        self.open.insert(added);
        self.added.insert(added);
        self.observer.saw(Progress::Began { rows: self.rows() });
    }
}

/// Whether a check could be done, whatever it saw.
fn is_tested<T>(outcome: &Outcome<T>) -> bool {
    matches!(outcome, Outcome::Seen { .. } | Outcome::TimedOut { .. })
}

/// Whether a probe saw everything that it was to show, of every target, with a credential or without.
fn is_ok(outcome: &Outcome<ProbeSeen>) -> bool {
    let Outcome::Seen { value } = outcome else { return false };
    if let Some(harbor) = &value.harbor {
        return harbor.cores.iter().all(|core| core.answers());
    }
    value.targets.iter().all(|target| target.attempts.iter().any(|attempt| attempt.succeeded()))
}
