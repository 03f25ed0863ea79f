//! The nodes' clocks by a watch of their leases: thousands of them, interruptions, refusals.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use regauth::collect::leases::{self, Listen};
use regauth::evidence::clock::LeaseClocks;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::server::{Answer, Asked, Fake, Sender, lines, status_json, stream};

/// How long a renewal takes to the observer.
const WAY: SignedDuration = SignedDuration::from_millis(4);

/// Nodes whose kubelets renew their leases every ten seconds.
#[derive(Clone)]
struct Nodes {
    /// How far each clock is ahead, in milliseconds; `None`: it does not renew.
    offsets_ms: Arc<Vec<Option<i64>>>,
    /// Of the first node, how late the renewals of the first periods come, in milliseconds; `None`: none
    /// comes.
    late_ms: [Option<i64>; 3],
    begun: Timestamp,
    clock: Instant,
}

impl Nodes {
    fn new(offsets_ms: Vec<Option<i64>>) -> Self {
        Self {
            offsets_ms: Arc::new(offsets_ms),
            late_ms: [Some(0); 3],
            begun: Timestamp::now(),
            clock: Instant::now(),
        }
    }

    /// `count` nodes that are right.
    fn right(count: usize) -> Self {
        Self::new(vec![Some(0); count])
    }

    fn lease(&self, index: usize, renewed: Timestamp) -> Value {
        json!({"metadata": {"name": format!("node{index}"), "resourceVersion": "7"},
            "spec": {"holderIdentity": format!("node{index}"), "leaseDurationSeconds": 40, "renewTime": renewed}})
    }

    /// The lease of a node that is renewed now, by its own clock; the line comes after its way.
    fn renewal(&self, index: usize) -> Option<Value> {
        let elapsed = self.clock.elapsed();
        let period = usize::try_from(elapsed.as_secs() / 10).unwrap();
        let late = self.late_ms.get(period).filter(|_| index == 0).copied().unwrap_or(Some(0))?;
        let now =
            self.begun + SignedDuration::try_from(elapsed).unwrap() - WAY - SignedDuration::from_millis(late);
        let own = now + SignedDuration::from_millis((*self.offsets_ms.get(index)?)?);
        Some(json!({"type": "MODIFIED", "object": self.lease(index, own)}))
    }

    /// A page of the list; what it holds was renewed five minutes ago.
    fn page(&self, asked: &Asked) -> Answer {
        let limit: usize = asked.query("limit").parse().unwrap();
        let from: usize = asked.query("continue").parse().unwrap_or(0);
        let to = (from + limit).min(self.offsets_ms.len());
        let old = self.begun - SignedDuration::from_mins(5);
        let items: Vec<Value> = (from..to).map(|index| self.lease(index, old)).collect();
        let next = if to < self.offsets_ms.len() { to.to_string() } else { String::new() };
        let body = json!({"metadata": {"resourceVersion": "5", "continue": next}, "items": items});
        Answer::Raw(200, vec![("date", "Sat, 21 Nov 2026 12:00:00 GMT")], body.to_string())
    }

    /// Renews the leases evenly over each ten seconds.
    async fn renew(self, into: Sender) {
        let count = self.offsets_ms.len();
        for round in 0.. {
            for step in 0..100 {
                let at = Duration::from_secs(round * 10) + Duration::from_millis(300 + step * 100);
                sleep(at.saturating_sub(self.clock.elapsed())).await;
                let step = usize::try_from(step).unwrap();
                let due = (count * step / 100)..(count * (step + 1) / 100);
                let text: String =
                    due.filter_map(|index| self.renewal(index)).map(|line| format!("{line}\n")).collect();
                // An empty piece would be the end of the stream.
                if !text.is_empty() && into.send(Ok(Bytes::from(text))).is_err() {
                    return;
                }
            }
        }
    }

    fn serve(self) -> Fake {
        Fake::new(move |asked| match asked.is_watch() {
            true => {
                let (sender, answer) = stream();
                tokio::spawn(self.clone().renew(sender));
                answer
            }
            false if asked.path.ends_with("/leases") => self.page(asked),
            false => Answer::status(404, "NotFound", "no such node"),
        })
    }
}

async fn watch(fake: &Fake) -> LeaseClocks {
    leases::watch(&fake.api, Listen::default(), &(), &CancellationToken::new()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_one_of_thousands_of_nodes_is_measured_by_one_watch_in_one_period() {
    for count in [1_000, 5_000] {
        let mut offsets = vec![Some(0); count];
        offsets[17] = Some(7_000);
        offsets[count - 1] = Some(-90_000);
        offsets[count / 2] = Some(50);
        let fake = Nodes::new(offsets).serve();
        let clocks = watch(&fake).await;
        assert_eq!(clocks.nodes.len(), count);
        assert!(clocks.nodes.iter().all(|lease| lease.samples > 0), "{count} nodes");
        assert!(clocks.listened_ms < 12_000, "{}", clocks.listened_ms);
        assert!(clocks.api_server.is_some());
        let offsets = clocks.offsets().unwrap();
        let of = |name: String| offsets.nodes.iter().find(|one| one.lease.node == name).unwrap().offset_us;
        assert_eq!(of("node17".into()), 7_000_000);
        assert_eq!(of(format!("node{}", count - 1)), -90_000_000);
        assert_eq!(of(format!("node{}", count / 2)), 50_000);
        assert_eq!(offsets.spread_us().unwrap().0, 97_000_000);
        let asked = fake.asked();
        assert_eq!(asked.iter().filter(|one| one.is_watch()).count(), 1, "one watch");
        assert_eq!(asked.len(), count / 500 + 1, "and the pages");
        assert!(asked.iter().all(|one| one.method == Method::GET));
    }
}

/// What the first of ten nodes comes to, of which the renewals of the first periods are so late, and how long was
/// listened, in seconds.
async fn of_the_first(offset_ms: i64, late_ms: [Option<i64>; 3], listen: Listen) -> (u32, i64, bool, u64) {
    let mut offsets = vec![Some(0); 10];
    offsets[0] = Some(offset_ms);
    let fake = Nodes { late_ms, ..Nodes::new(offsets) }.serve();
    let clocks = leases::watch(&fake.api, listen, &(), &CancellationToken::new()).await.unwrap();
    let offsets = clocks.offsets().unwrap();
    let first = offsets.nodes.iter().find(|node| node.lease.node == "node0").unwrap();
    (first.lease.samples, first.offset_us / 1_000, first.is_certain(500_000), clocks.listened_ms / 1_000)
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_only_renewal_may_be_late_is_listened_to_once_more() {
    let usual = Listen::default();
    // Its second renewal comes in time: its clock is right.
    assert_eq!(of_the_first(0, [Some(3_000), Some(0), Some(0)], usual).await, (2, 0, false, 11));
    // It is behind: now it is certain, and no third is waited for.
    assert_eq!(of_the_first(-7_000, [Some(0); 3], usual).await, (2, -7_000, true, 11));
    // None comes: the doubt stays, after one more period and not for ever.
    assert_eq!(of_the_first(0, [Some(3_000), None, None], usual).await, (1, -3_000, false, 21));
    // Nobody is early, and none is a minute late.
    assert_eq!(of_the_first(7_000, [Some(0); 3], usual).await, (1, 7_000, true, 10));
    assert_eq!(of_the_first(-90_000, [Some(0); 3], usual).await, (1, -90_000, true, 10));
    // What is under the threshold is no doubt, and who says how long to listen is obeyed.
    assert_eq!(of_the_first(0, [Some(300), Some(0), Some(0)], usual).await, (1, -300, false, 10));
    let time = Duration::from_secs(10);
    let exactly = Listen { at_least: time, at_most: Some(time), doubt_over: None };
    assert_eq!(of_the_first(0, [Some(3_000), Some(0), Some(0)], exactly).await, (1, -3_000, false, 10));
}

#[tokio::test(start_paused = true)]
async fn the_watch_begins_where_the_list_stands_and_what_was_there_before_is_no_sample() {
    let fake = Nodes::new(vec![Some(0), Some(0), None]).serve();
    let clocks = watch(&fake).await;
    let watched = fake.asked().iter().find(|one| one.is_watch()).unwrap().clone();
    assert_eq!(watched.query("resourceVersion"), "5");
    assert_eq!(watched.path, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases");
    let silent = &clocks.nodes[2];
    assert_eq!((silent.samples, silent.least_lag_us), (0, None));
    assert!(silent.gone, "the API server knows no such node");
    assert!(clocks.offsets().unwrap().spread_us().unwrap().0 < 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_lease_does_not_move_is_asked_for_once_and_may_be_hidden() {
    for (answer, ready) in [
        (
            Answer::Json(
                200,
                json!({"metadata": {"name": "node1"}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}),
            ),
            Some(false),
        ),
        (
            Answer::Json(
                200,
                json!({"metadata": {"name": "node1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
            ),
            Some(true),
        ),
        (Answer::status(403, "Forbidden", "you may not get nodes"), None),
    ] {
        let nodes = Nodes::new(vec![Some(0), None]);
        let answer = Mutex::new(Some(answer));
        let fake = Fake::new(move |asked| match asked.is_watch() {
            true => {
                let (sender, answer) = stream();
                tokio::spawn(nodes.clone().renew(sender));
                answer
            }
            false if asked.path.ends_with("/leases") => nodes.page(asked),
            false => answer.lock().unwrap().take().expect("asked once"),
        });
        let clocks = watch(&fake).await;
        assert_eq!((clocks.nodes[1].ready, clocks.nodes[1].gone), (ready, false));
        assert_eq!(clocks.frozen().count(), 1);
        assert_eq!(fake.count(&Method::GET, "/api/v1/nodes/node1"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_a_watch_that_was_cut_is_no_sample() {
    let nodes = Nodes::right(2);
    let late = nodes.lease(0, nodes.begun - SignedDuration::from_secs(3));
    let mut watches = 0;
    let fake = Fake::new(move |asked| match asked.is_watch() {
        true => {
            watches += 1;
            if watches == 1 {
                return lines(&[]);
            }
            let (sender, answer) = stream();
            let line = json!({"type": "MODIFIED", "object": late});
            sender.send(Ok(Bytes::from(format!("{line}\n")))).unwrap();
            tokio::spawn(nodes.clone().renew(sender));
            answer
        }
        false => nodes.page(asked),
    });
    let clocks = watch(&fake).await;
    assert!(clocks.offsets().unwrap().spread_us().unwrap().0 < 1_000, "{clocks:?}");
    assert!(clocks.nodes.iter().all(|lease| lease.samples == 1 || lease.samples == 2));
}

#[tokio::test(start_paused = true)]
async fn leases_that_may_not_be_read_are_one_sentence() {
    for denied_watch in [false, true] {
        let nodes = Nodes::right(2);
        let fake = Fake::new(move |asked| match asked.is_watch() == denied_watch {
            true => Answer::Json(403, status_json(403, "Forbidden", "leases is forbidden")),
            false => nodes.page(asked),
        });
        let result = leases::watch(&fake.api, Listen::default(), &(), &CancellationToken::new()).await;
        let error = result.unwrap_err().to_string();
        let verb = if denied_watch { "watch" } else { "list" };
        let expected = format!("cannot {verb} the nodes' leases in namespace kube-node-lease: ");
        assert!(error.starts_with(&expected) && error.contains("leases is forbidden"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopped_early_it_returns_what_is_known_so_far() {
    let fake = Nodes::right(10).serve();
    let stop = CancellationToken::new();
    let ends = stop.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        ends.cancel();
    });
    let endless = Listen { at_most: None, ..Listen::default() };
    let clocks = leases::watch(&fake.api, endless, &(), &stop).await.unwrap();
    let heard = clocks.nodes.iter().filter(|lease| lease.samples > 0).count();
    assert_eq!((clocks.nodes.len(), clocks.listened_ms), (10, 5_000));
    assert!((3..7).contains(&heard), "{heard}");
}
