//! The nodes' clocks by the leases that their kubelets renew: one watch, no pods.
//!
//! A kubelet renews its lease every quarter of the time that it holds (10 s of 40, with up to 4 % more) by an update that
//! holds its own clock. The leases that are there at first are listed in pages, and the watch begins where the first page stands;
//! what they hold is old, and only tells which leases do not move.

mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::api::watch::{Change, Stamp, Watch};
use crate::api::wire::{Lease, List, Node};
use crate::api::{Api, ApiError, path};
use crate::error::Error;
use crate::evidence::clock::{ClockBounds, LeaseClocks};
use crate::plan::clock::NO_LEEWAY_MS;
use state::State;

/// Where kubelets keep their leases.
pub const NAMESPACE: &str = "kube-node-lease";
/// Leases a page of the list.
const PAGE: &str = "500";
/// Changes that may wait to be read: a second of 5,000 nodes has 500.
const WAITING: usize = 1024;
/// How often the watch is looked at.
const TICK: Duration = Duration::from_millis(250);
/// When the API server may end the watch, in seconds; it goes on where it was ended.
const WATCH_SECONDS: u64 = 600;
/// One renew period of kubelets that are not configured otherwise, and how late they may be (4 %) with something to spare.
const PERIOD: Duration = Duration::from_secs(11);
/// Of how many nodes whose lease does not move it is asked whether they are Ready.
const ASKED_NODES: usize = 20;

/// How long to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// No less, even if all nodes were heard.
    pub at_least: Duration,
    /// No longer, even if some were not; `None`: until stopped.
    pub at_most: Option<Duration>,
    /// By how much a single renewal may show a node to be off before the node's next one is waited for, which tells whether
    /// the first came late: for one more period at most. `None`: it is not waited for.
    pub doubt_over: Option<Duration>,
}

impl Default for Listen {
    /// One renew period of kubelets that are not configured otherwise.
    fn default() -> Self {
        Self {
            at_least: Duration::from_secs(10),
            at_most: Some(PERIOD),
            doubt_over: Some(Duration::from_millis(NO_LEEWAY_MS)),
        }
    }
}

/// Listens to a watch of leases.
pub trait Observer {
    /// What is known so far: several times a second.
    fn saw(&self, clocks: &dyn Fn() -> LeaseClocks, heard: usize, known: usize);
    /// The next renewals of these nodes are waited for, since those that were seen may have come late.
    fn doubts(&self, nodes: &[String]);
}

/// Nobody listens.
impl Observer for () {
    fn saw(&self, _: &dyn Fn() -> LeaseClocks, _: usize, _: usize) {}
    fn doubts(&self, _: &[String]) {}
}

enum Heard {
    Change(Change<Lease>, Stamp),
    Page(Page),
    /// A page could not be read.
    NoPage(ApiError),
}

/// A page of the list, and what its `Date` says of the API server's clock.
struct Page {
    leases: Vec<Lease>,
    clock: Option<ClockBounds>,
    is_last: bool,
}

/// Watches the leases and measures each node's clock. `stop` ends it with what is known so far.
///
/// # Errors
///
/// When the leases may not be listed or watched, or the API server cannot be reached.
pub async fn watch(
    api: &Api,
    listen: Listen,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<LeaseClocks, Error> {
    let mut watched = Watched::begin(api).await?;
    let mut clocks = watched.until(listen, observer, stop).await?;
    drop(watched);
    ask_for_silent_nodes(api, &mut clocks).await;
    Ok(clocks)
}

/// A watch that goes on, and what it has told. Dropped, it ends.
struct Watched {
    state: State,
    begun: Instant,
    heard: mpsc::Receiver<Heard>,
    _tasks: JoinSet<()>,
}

impl Watched {
    /// The watch begins where the first page stands; the other pages are read beside it.
    async fn begin(api: &Api) -> Result<Self, Error> {
        let clock = Clock::start();
        let (page, from, next) = read_page(api, &clock, "").await.map_err(not_read("list"))?;
        let (into, heard) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        let watch = Watch {
            what: "lease",
            path: path::group("coordination.k8s.io/v1", NAMESPACE, "leases"),
            from,
            timeout_seconds: WATCH_SECONDS,
        };
        tasks.spawn(watch.run_stamped(api.clone(), into.clone(), Heard::Change));
        tasks.spawn(further_pages(api.clone(), clock, next, into));
        let mut state = State::new(clock);
        state.page(page);
        Ok(Self { state, begun: Instant::now(), heard, _tasks: tasks })
    }

    async fn until(
        &mut self,
        listen: Listen,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<LeaseClocks, Error> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut doubt = Doubt::new(listen.doubt_over);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                message = self.heard.recv() => match message {
                    Some(message) => self.hear(message)?,
                    None => break,
                },
                _ = ticks.tick() => if self.tell(listen, observer) && !self.waits(&mut doubt, observer) {
                    break;
                },
            }
        }
        Ok(self.state.clocks(self.begun.elapsed()))
    }

    /// Whether there are nodes whose next renewal is worth waiting for.
    fn waits(&self, doubt: &mut Doubt, observer: &dyn Observer) -> bool {
        if !doubt.has_time(self.begun.elapsed()) {
            return false;
        }
        let clocks = self.state.clocks(self.begun.elapsed());
        let nodes = doubt.about(&clocks);
        if !nodes.is_empty() {
            observer.doubts(&nodes);
        }
        !nodes.is_empty()
    }

    fn hear(&mut self, message: Heard) -> Result<(), Error> {
        match message {
            Heard::Page(page) => self.state.page(page),
            Heard::NoPage(error) => return Err(not_read("list")(error)),
            Heard::Change(Change::Ended(error), _) => return Err(not_read("watch")(error)),
            Heard::Change(change, stamp) => self.state.change(change, stamp),
        }
        Ok(())
    }

    /// Tells the observer how it stands; whether that is enough.
    fn tell(&self, listen: Listen, observer: &dyn Observer) -> bool {
        let (known, unheard) = (self.state.known(), self.state.unheard());
        observer.saw(&|| self.state.clocks(self.begun.elapsed()), known - unheard, known);
        is_done(listen, self.begun.elapsed(), self.state.is_listed() && unheard == 0)
    }
}

/// Nodes that a single renewal shows to be off, which may only have come late.
struct Doubt {
    over_us: Option<i64>,
    /// When it began, since the watch did.
    since: Option<Duration>,
}

impl Doubt {
    fn new(over: Option<Duration>) -> Self {
        let micros = |over: Duration| i64::try_from(over.as_micros()).unwrap_or(i64::MAX);
        Self { over_us: over.map(micros), since: None }
    }

    /// Whether a period has not passed since there was doubt for the first time.
    fn has_time(&mut self, now: Duration) -> bool {
        self.over_us.is_some() && now.saturating_sub(*self.since.get_or_insert(now)) < PERIOD
    }

    fn about(&self, clocks: &LeaseClocks) -> Vec<String> {
        let (Some(offsets), Some(over)) = (clocks.offsets(), self.over_us) else { return Vec::new() };
        offsets.doubtful(over).into_iter().map(str::to_string).collect()
    }
}

fn not_read(verb: &str) -> impl FnOnce(ApiError) -> Error {
    Error::doing(format!("{verb} the nodes' leases in namespace {NAMESPACE}"))
}

fn is_done(listen: Listen, elapsed: Duration, all_heard: bool) -> bool {
    elapsed >= listen.at_least && all_heard && listen.at_most.is_some()
        || listen.at_most.is_some_and(|most| elapsed >= most)
}

/// The observer's clock as it was at the start, carried on by one that is never set: a correction while it is
/// listened moves no sample.
#[derive(Clone, Copy, Debug)]
struct Clock {
    wall: Timestamp,
    started: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { wall: Timestamp::now(), started: Instant::now() }
    }

    fn at(&self, instant: Instant) -> Timestamp {
        let since = instant.saturating_duration_since(self.started);
        self.wall.checked_add(since).unwrap_or(Timestamp::MAX)
    }

    fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }
}

/// The pages after the first.
async fn further_pages(api: Api, clock: Clock, mut next: String, into: mpsc::Sender<Heard>) {
    while !next.is_empty() {
        let heard = match read_page(&api, &clock, &next).await {
            Ok((page, _, then)) => {
                next = then;
                Heard::Page(page)
            }
            Err(error) => {
                next.clear();
                Heard::NoPage(error)
            }
        };
        if into.send(heard).await.is_err() {
            return;
        }
    }
}

/// A page, the version where it stands, and where the next begins: empty for the first and after the last.
async fn read_page(api: &Api, clock: &Clock, next: &str) -> Result<(Page, String, String), ApiError> {
    let leases = path::group("coordination.k8s.io/v1", NAMESPACE, "leases");
    let url = path::with(&leases, &[("limit", PAGE), ("continue", next)]);
    let sent = clock.now();
    let answer = api.get_dated::<List<Lease>>("leases", &url).await?;
    let bounds = answer.date.map(|date| ClockBounds::of_stamp(date, 1_000_000, sent, clock.now()));
    let meta = answer.body.metadata;
    let page = Page { leases: answer.body.items, clock: bounds, is_last: meta.next.is_empty() };
    Ok((page, meta.resource_version, meta.next))
}

/// A node whose lease does not move may be known to be down, or gone.
async fn ask_for_silent_nodes(api: &Api, clocks: &mut LeaseClocks) {
    let frozen: Vec<String> =
        clocks.frozen().take(ASKED_NODES).map(|(lease, _)| lease.node.clone()).collect();
    for name in frozen {
        let answer = api.get::<Node>("node", &path::named("/api/v1/nodes", &name)).await;
        let Some(lease) = clocks.nodes.iter_mut().find(|lease| lease.node == name) else { continue };
        match answer {
            Ok(node) => {
                let ready = node.status.conditions.iter().find(|condition| condition.kind == "Ready");
                lease.ready = Some(ready.is_some_and(|ready| ready.status == "True"));
            }
            Err(error) if error.code() == Some(404) => lease.gone = true,
            // Whoever may not read nodes learns less.
            Err(_) => return,
        }
    }
}
