//! The loop of a run: makes pods in waves, listens to what comes of them, and deletes each as soon as its
//! rows are known.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::create::{Creator, Order};
use super::harvest;
use super::job;
use super::manifest::run_selector;
use super::reaper::Reaper;
use super::track::{Millis, Tracker};
use super::waves::{Waves, Word};
use super::{Finished, Observer, Prepared, Progress};
use crate::api::watch::{Change, Watch};
use crate::api::wire::{Event, List, Named, Pod};
use crate::api::{Api, ApiError, path};
use crate::error::Error;
use crate::evidence::{Outcome, PullSeen, Step};

/// How long the others wait for the node that goes first, at the most.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long removing what was created may take.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(20);

enum Message {
    Pod(Change<Pod>),
    Event(Change<Event>),
}

struct Engine<'a> {
    api: &'a Api,
    prepared: &'a Prepared,
    observer: &'a dyn Observer,
    begun: Instant,
    tracker: Tracker,
    waves: Waves,
    reaper: Reaper,
    creator: Creator<'a>,
    /// Pods that are not finished with.
    open: BTreeSet<usize>,
    /// Pods whose creation was answered, one way or the other.
    made: HashSet<usize>,
    /// Pods that were created and are not given to the reaper yet.
    alive: HashSet<usize>,
    alone_since: Option<(usize, Instant)>,
    /// Why nothing is heard of the pods just now.
    lost: Option<ApiError>,
}

pub(super) async fn run(
    api: &Api,
    prepared: &Prepared,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Finished, Error> {
    let begun = Instant::now();
    if prepared.plan.tested_nodes().next().is_none() {
        let tracker = Tracker::new(&prepared.plan, &prepared.run.id);
        return Ok(Finished { evidence: harvest::evidence(&tracker, prepared, false), left_behind: None });
    }
    let (uid, refusal) = match job::create(api, prepared).await? {
        Ok(uid) => (uid, None),
        Err(refusal) => (String::new(), Some(refusal)),
    };
    let mut engine = Engine::new(api, prepared, observer, begun, uid);
    let mut left_behind = None;
    let mut interrupted = false;
    if let Some(refusal) = refusal {
        engine.end_all(&not_made(&refusal));
    } else {
        let (sender, receiver) = mpsc::channel(256);
        let watches = engine.watch(&sender);
        drop(sender);
        let rows = engine.tracker.pods.len() * prepared.plan.images.len();
        observer.saw(Progress::Began { rows });
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
            waves: Waves::new(tracker.pods.len(), plan.one_first),
            reaper: Reaper::new(api.clone(), &plan.namespace, id),
            creator: Creator::new(api, prepared, job_uid),
            open: (0..tracker.pods.len()).collect(),
            tracker,
            made: HashSet::new(),
            alive: HashSet::new(),
            alone_since: None,
            lost: None,
        }
    }

    fn now(&self) -> Millis {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// One watch on the run's pods, one on the events of the namespace's pods. Dropping the set ends them.
    fn watch(&self, into: &mpsc::Sender<Message>) -> JoinSet<()> {
        let plan = &self.prepared.plan;
        let timeout_seconds = plan.timeout_seconds + 30;
        let selector = run_selector(&self.prepared.run.id);
        let pods = Watch {
            what: "pod",
            path: path::with(&path::core(&plan.namespace, "pods"), &[("labelSelector", &selector)]),
            from: String::new(),
            timeout_seconds,
        };
        let events = path::core(&plan.namespace, "events");
        let of_pods = ("fieldSelector", "involvedObject.kind=Pod");
        let mut set = JoinSet::new();
        set.spawn(pods.run(self.api.clone(), into.clone(), Message::Pod));
        let (api, into) = (self.api.clone(), into.clone());
        set.spawn(async move {
            // Old events are of no use: the list is only asked where it stands.
            let limit = path::with(&events, &[of_pods, ("limit", "1")]);
            let from =
                api.get::<List<Named>>("events", &limit).await.map(|list| list.metadata.resource_version);
            let watch = Watch {
                what: "event",
                path: path::with(&events, &[of_pods]),
                from: from.unwrap_or_default(),
                timeout_seconds,
            };
            watch.run(api, into, Message::Event).await;
        });
        set
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
                Some((index, made)) = self.creator.next(), if !self.creator.is_idle() => {
                    self.answered(index, made);
                }
                Some(message) = messages.recv() => self.hear(message),
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
        let patience = self.alone_since.map(|(_, since)| since + self.patience());
        [decision, patience, self.reaper.due()].into_iter().flatten().fold(deadline, Instant::min)
    }

    fn patience(&self) -> Duration {
        PATIENCE.min(Duration::from_secs(self.prepared.plan.timeout_seconds) / 3)
    }

    /// Sends what may be created now.
    fn launch(&mut self) {
        if let Some((pod, _)) = self.alone_since.filter(|(_, since)| since.elapsed() >= self.patience()) {
            self.waves.patience_is_over(self.tracker.is_pulling(pod));
            self.alone_since = None;
        }
        for index in self.waves.due() {
            let credential = self.waves.credential();
            if let Some(pod) = self.tracker.pods.get_mut(index) {
                pod.credential = credential.clone();
                self.creator.order(Order { index, node: pod.node.clone(), credential });
            }
        }
        if let Some(awaited) = self.waves.awaited()
            && self.alone_since.is_none_or(|(pod, _)| pod != awaited)
        {
            self.alone_since = Some((awaited, Instant::now()));
            self.observer.saw(Progress::OneFirst { node: &self.tracker.pods[awaited].node });
        }
        self.creator.launch();
    }

    fn answered(&mut self, index: usize, made: Result<Pod, ApiError>) {
        self.made.insert(index);
        match made {
            Ok(pod) => {
                self.tracker.created(index, &pod);
                self.alive.insert(index);
            }
            Err(error) => self.tracker.end(index, &not_made(&error)),
        }
    }

    fn hear(&mut self, message: Message) {
        let now = self.now();
        if matches!(message, Message::Pod(Change::Is(_) | Change::Deleted(_) | Change::Resumed)) {
            self.lost = None;
        }
        match message {
            Message::Pod(Change::Is(pod)) => {
                self.tracker.pod_is(&pod, now);
            }
            Message::Pod(Change::Deleted(pod)) => {
                if let Some(index) = self.tracker.pod_deleted(&pod) {
                    self.alive.remove(&index);
                }
            }
            Message::Event(Change::Is(event)) => {
                self.tracker.event(&event, now);
            }
            Message::Pod(Change::Resumed)
            | Message::Event(Change::Deleted(_) | Change::Lost(_) | Change::Resumed) => {}
            Message::Pod(Change::Lost(error)) => self.lost = Some(error),
            Message::Pod(Change::Ended(error)) => self.end_all(&not_made(&error)),
            // The pods' status says most of it too.
            Message::Event(Change::Ended(error)) => {
                tracing::warn!(target: "regauth::run", %error, "the watch of the events ended");
            }
        }
    }

    /// Reports what has become known, and gives pods that are no longer needed to the reaper. Each pod is
    /// judged once.
    fn look(&mut self) {
        for index in self.open.clone() {
            for image in 0..self.prepared.plan.images.len() {
                self.report(index, image);
            }
            // An event may be faster than the answer to the request that made the pod.
            if self.tracker.is_known(index) && self.made.contains(&index) {
                self.open.remove(&index);
                self.finish(index);
            }
        }
    }

    fn finish(&mut self, index: usize) {
        let word = harvest::word(&self.tracker, self.prepared, index);
        let refused = word == Word::Refused;
        if self.waves.awaited() == Some(index) {
            self.first_is_known(index, &word);
        }
        if (!self.prepared.plan.keep || refused) && self.alive.remove(&index) {
            self.reaper.add(index);
        }
    }

    fn report(&mut self, index: usize, image: usize) {
        let now = self.now();
        let Some(pod) = self.tracker.pods.get_mut(index) else { return };
        let Some(test) = pod.tests.get_mut(image) else { return };
        if let (Some(outcome), None) = (&test.outcome, test.known_at) {
            let ok = matches!(outcome, Outcome::Seen { value: PullSeen::Pulled { .. } });
            test.known_at = Some(now);
            self.observer.saw(Progress::Row { node: &pod.node, ok });
        }
    }

    fn first_is_known(&mut self, index: usize, word: &Word) {
        let node = self.tracker.pods[index].node.clone();
        self.waves.known(index, &node, word);
        self.alone_since = None;
        if *word == Word::Refused {
            self.observer.saw(Progress::HeldBack { node: &node });
        }
    }

    /// What was not heard of because the API server was away is not the nodes' fault.
    fn blind(&mut self) {
        if let Some(error) = self.lost.take() {
            let outcome = Outcome::Failed { step: Step::Watch, message: error.message() };
            self.end_all(&outcome);
        }
    }

    fn end_all(&mut self, outcome: &Outcome<PullSeen>) {
        for index in 0..self.tracker.pods.len() {
            self.tracker.end(index, outcome);
        }
    }

    /// Removes what is left of the run, within a limit of its own.
    async fn clean_up(&mut self) -> Result<(), ApiError> {
        self.creator.cancel();
        if self.prepared.plan.keep {
            // What was refused is still deleted: no kubelet may go on with it.
            let _ = timeout(CLEAN_UP_LIMIT, self.reaper.finish()).await;
            return Ok(());
        }
        self.observer.saw(Progress::CleaningUp);
        let work = async {
            // A pod whose creation is under way would come after the deletion.
            while let Some((index, made)) = self.creator.next().await {
                self.answered(index, made);
            }
            let (namespace, id) = (&self.prepared.plan.namespace, &self.prepared.run.id);
            if self.reaper.all_done().await && self.alive.is_empty() && !self.creator.unsure {
                return job::remove(self.api, namespace, id).await;
            }
            job::remove_run(self.api, namespace, id).await
        };
        match timeout(CLEAN_UP_LIMIT, work).await {
            Ok(result) => result,
            Err(_) => {
                Err(ApiError::TimedOut { server: self.api.server().to_string(), limit: CLEAN_UP_LIMIT })
            }
        }
    }
}

/// What becomes of a pod that could not be made.
fn not_made(error: &ApiError) -> Outcome<PullSeen> {
    match error.code() {
        Some(status @ 403) => Outcome::Denied { status, message: error.message() },
        Some(status @ 422) => Outcome::Denied { status, message: error.message() },
        _ => Outcome::Failed { step: Step::Create, message: error.message() },
    }
}
