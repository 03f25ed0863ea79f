//! The loop of a run: makes pods in waves, listens to what comes of them, and deletes each as soon as its
//! rows are known.

mod aside;
mod end;
mod hear;
mod known;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::create::{Answered, Creator};
use super::harvest;
use super::job;
use super::logs::Logs;
use super::manifest::Order;
use super::reaper::Reaper;
use super::refusals::Refusals;
use super::track::{Ended, Millis, Tracker};
use super::waves::Waves;
use super::{Finished, Observer, Prepared, Progress};
use crate::api::{Api, ApiError};
use crate::error::Error;
use crate::evidence::Step;
use crate::plan::Check;
use hear::Message;

pub(super) use aside::run;

/// How long the others wait for the node that goes first, at the most.
const PATIENCE: Duration = Duration::from_secs(30);

/// The share of the time left that a pod may take which the others wait for: one in so many.
const ALONE_SHARE: u64 = 3;

struct Engine<'a> {
    api: &'a Api,
    prepared: &'a Prepared,
    observer: &'a dyn Observer,
    begun: Instant,
    tracker: Tracker,
    waves: Waves,
    refusals: Refusals,
    reaper: Reaper,
    creator: Creator<'a>,
    logs: Logs,
    /// Pods that are not finished with.
    open: BTreeSet<usize>,
    /// Pods that the plan did not have.
    added: HashSet<usize>,
    /// Pods whose creation was answered, one way or the other.
    made: HashSet<usize>,
    /// Pods that were created and are not given to the reaper yet.
    alive: HashSet<usize>,
    alone_since: Option<(usize, Instant)>,
    /// Why nothing is heard of the pods just now.
    lost: Option<ApiError>,
    /// Told when the namespace refuses probes on the nodes' network.
    no_host_network: Option<oneshot::Sender<()>>,
    /// Whether it is a run aside, which asks no kubelets.
    is_aside: bool,
}

/// What a run in one namespace is part of.
pub(super) enum Part {
    /// It is all there is.
    Whole,
    /// It tells when its namespace refuses probes on the nodes' network.
    Tells(oneshot::Sender<()>),
    /// It makes such probes in another namespace. What kubelets do is asked in the plan's own.
    Aside,
}

/// One run in one namespace.
async fn one(
    api: &Api,
    prepared: &Prepared,
    observer: &dyn Observer,
    stop: &CancellationToken,
    part: Part,
) -> Result<Finished, Error> {
    let begun = Instant::now();
    if prepared.plan.pods().is_empty() {
        let tracker = Tracker::new(&prepared.plan, &prepared.run.id);
        return Ok(Finished { evidence: harvest::evidence(&tracker, prepared, false), left_behind: None });
    }
    let (uid, refusal) = match job::create(api, prepared).await? {
        Ok(uid) => (uid, None),
        Err(refusal) => (String::new(), Some(refusal)),
    };
    let mut engine = Engine::new(api, prepared, observer, begun, uid);
    engine.is_aside = matches!(part, Part::Aside);
    if let Part::Tells(told) = part {
        engine.no_host_network = Some(told);
    }
    let mut left_behind = None;
    let mut interrupted = false;
    if let Some(refusal) = refusal {
        engine.end_all(&not_made(&refusal));
    } else {
        let (sender, receiver) = mpsc::channel(256);
        let watches = engine.watch(&sender);
        drop(sender);
        observer.saw(Progress::Began { rows: engine.rows() });
        interrupted = engine.listen(receiver, stop).await;
        if !interrupted {
            engine.blind();
        }
        left_behind = engine.clean_up().await.err();
        drop(watches);
    }
    engine.tracker.close(engine.now(), interrupted);
    let evidence = harvest::evidence(&engine.tracker, prepared, interrupted);
    Ok(Finished { evidence, left_behind })
}

impl<'a> Engine<'a> {
    fn new(
        api: &'a Api,
        prepared: &'a Prepared,
        observer: &'a dyn Observer,
        begun: Instant,
        job_uid: String,
    ) -> Self {
        let (plan, id) = (&prepared.plan, prepared.run.id.as_str());
        let tracker = Tracker::new(plan, id);
        Self {
            api,
            prepared,
            observer,
            begun,
            waves: Waves::new(tracker.pods.iter().map(|pod| pod.check.is_probe()), plan.one_first),
            refusals: Refusals::default(),
            reaper: Reaper::new(api.clone(), &plan.namespace, id),
            creator: Creator::new(api, prepared, job_uid),
            logs: Logs::new(api.clone(), &plan.namespace, id),
            open: (0..tracker.pods.len()).collect(),
            tracker,
            added: HashSet::new(),
            made: HashSet::new(),
            alive: HashSet::new(),
            alone_since: None,
            lost: None,
            no_host_network: None,
            is_aside: false,
        }
    }

    fn now(&self) -> Millis {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How many rows there will be: one an image that a kubelet pulls, one a probe.
    fn rows(&self) -> usize {
        self.tracker.pods.iter().map(|pod| pod.tests.len() + usize::from(pod.probe.is_some())).sum()
    }

    /// Runs until all rows are known, the time is up or the run is stopped; says whether it was stopped.
    async fn listen(&mut self, mut messages: mpsc::Receiver<Message>, stop: &CancellationToken) -> bool {
        let deadline = self.begun + Duration::from_secs(self.prepared.plan.timeout_seconds);
        loop {
            self.launch();
            if (0..self.tracker.pods.len()).all(|index| self.tracker.is_known(index)) {
                return false;
            }
            let wake = self.wake(deadline);
            tokio::select! {
                () = stop.cancelled() => return true,
                Some(answered) = self.creator.next(), if !self.creator.is_idle() => self.answered(answered),
                Some((index, whole)) = self.logs.next(), if !self.logs.is_idle() => {
                    self.log_is_read(index, whole);
                }
                Some(message) = messages.recv() => {
                    self.hear(message);
                    // What has come together is judged together: each look goes over all pods.
                    while let Ok(more) = messages.try_recv() {
                        self.hear(more);
                    }
                }
                () = sleep_until(wake) => {}
            }
            if Instant::now() >= deadline {
                return false;
            }
            self.tracker.settle(self.now());
            self.look();
            self.reaper.work();
        }
    }

    /// When there is something to do even if nothing happens.
    fn wake(&self, deadline: Instant) -> Instant {
        let decision = self.tracker.next_decision().map(|at| self.begun + Duration::from_millis(at));
        let patience = self.alone_since.map(|(pod, since)| since + self.patience_with(pod));
        [decision, patience, self.reaper.due()].into_iter().flatten().fold(deadline, Instant::min)
    }

    /// A probe that runs has a deadline of its own, and is waited for until then.
    fn patience_with(&self, pod: usize) -> Duration {
        let runs = self.tracker.pods[pod].check.is_probe() && self.tracker.is_asking(pod);
        let own = if runs { self.prepared.plan.timeout_seconds / ALONE_SHARE } else { 0 };
        self.patience() + Duration::from_secs(own)
    }

    fn patience(&self) -> Duration {
        let probes = self.tracker.pods.iter().any(|pod| pod.check.is_probe());
        let kubelets = self.tracker.pods.iter().any(|pod| !pod.check.is_probe());
        let turns = 3 * (u32::from(probes) + u32::from(kubelets)).max(1);
        PATIENCE.min(Duration::from_secs(self.prepared.plan.timeout_seconds) / turns)
    }

    /// How long a pod that is made now may take. One that the others wait for gets a share, so that there is time
    /// for them, and for as many more that cannot tell.
    fn seconds_for_next(&self) -> u64 {
        let left = self.prepared.plan.timeout_seconds.saturating_sub(self.begun.elapsed().as_secs());
        if self.waves.awaited().is_some() { left / ALONE_SHARE } else { left }
    }

    /// Sends what may be created now.
    fn launch(&mut self) {
        let is_over = |(pod, since): &(usize, Instant)| since.elapsed() >= self.patience_with(*pod);
        if let Some((pod, _)) = self.alone_since.filter(is_over) {
            let is_probe = self.tracker.pods[pod].check.is_probe();
            self.waves.patience_is_over(self.tracker.is_asking(pod), is_probe);
            self.alone_since = None;
        }
        for index in self.waves.due() {
            self.creator.order(index, self.tracker.pods[index].check);
        }
        if let Some(awaited) = self.waves.awaited()
            && self.alone_since.is_none_or(|(pod, _)| pod != awaited)
        {
            self.alone_since = Some((awaited, Instant::now()));
            self.observer.saw(Progress::OneFirst { node: &self.tracker.pods[awaited].node });
        }
        let seconds_left = self.seconds_for_next();
        let (tracker, refusals, added) = (&mut self.tracker, &self.refusals, &self.added);
        let containers = tracker.probe_containers;
        // Whoever asks for all nodes at once is given that.
        let holds_back = |index: usize| self.prepared.plan.one_first || added.contains(&index);
        self.creator.launch(|index| {
            let pod = &mut tracker.pods[index];
            let mut order = Order::planned(&self.prepared.plan, index, &pod.node, pod.check);
            if holds_back(index) {
                (order.credential, order.refused) = refusals.of(pod.check);
                order.image_secrets_refused = refusals.of_image();
            }
            pod.credential = order.credential.clone();
            Order { seconds_left, containers, ..order }
        });
    }

    fn answered(&mut self, Answered { index, made, is_pilot }: Answered) {
        self.made.insert(index);
        match made {
            Ok(pod) => {
                self.tracker.created(index, &pod);
                self.alive.insert(index);
            }
            Err(error) => {
                let outcome = not_made(&error);
                self.tracker.end(index, &outcome);
                let is_denied = matches!(outcome, Ended::Denied { .. });
                if is_pilot && is_denied && self.tracker.pods[index].check == Check::ProbeNode {
                    self.no_probe_on_nodes(&outcome);
                }
            }
        }
    }

    /// The namespace refuses probes on the nodes' network: what it said to the first, it would say to all.
    fn no_probe_on_nodes(&mut self, outcome: &Ended) {
        let is_one = |pod: usize| self.tracker.pods[pod].check == Check::ProbeNode;
        self.waves.forget(is_one);
        self.creator.cancel(is_one);
        let all: Vec<usize> = (0..self.tracker.pods.len()).filter(|pod| is_one(*pod)).collect();
        for index in all {
            self.made.insert(index);
            self.tracker.end(index, outcome);
        }
        if let Some(told) = self.no_host_network.take() {
            let _ = told.send(());
        }
    }
}

/// What becomes of a pod that could not be made. An admission webhook that gives no status answers 400.
fn not_made(error: &ApiError) -> Ended {
    let message = error.message();
    let is_webhooks = message.as_str().contains("denied the request");
    match error.code() {
        Some(status @ (403 | 422)) => Ended::Denied { status, message },
        Some(status @ 400..=499) if is_webhooks => Ended::Denied { status, message },
        _ => Ended::Failed { step: Step::Create, message },
    }
}
