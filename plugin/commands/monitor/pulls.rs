//! Pulls by registry and class of nodes: how they ended, and how long they took.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use regauth::collect::node_classes::NodeClasses;
use regauth::collect::pulled::KubeletPull;
use regauth::evidence::Action;
use regauth::registry::reference::Reference;
use regauth::report::{Report, Verdict};

use crate::render::prometheus::histogram::Histogram;

/// So many registries are told apart; the others are [`OTHER`].
pub const REGISTRIES: usize = 50;
/// So many pairs of a registry and a class of nodes are told apart; the others are [`OTHER`].
pub const PAIRS: usize = 200;
/// What is not told apart.
pub const OTHER: &str = "other";
/// The letters that the id of a run has.
const RUN_ID: usize = 8;

/// A registry and a class of nodes.
pub type Pair = (String, String);

/// Pulls since the program began.
pub struct Pulls {
    /// How many ended how.
    pub ended: BTreeMap<(Pair, &'static str), u64>,
    /// How long those took that worked.
    pub took: BTreeMap<Pair, Histogram>,
    registries: BTreeSet<String>,
    pairs: BTreeSet<Pair>,
    /// Events that were counted, by a hash of their ids, and how often each had been said. Only those that the API server
    /// still has are kept.
    told: HashMap<u64, u32>,
    since: Timestamp,
}

impl Pulls {
    /// None yet. What kubelets told before `since` is not counted.
    pub fn new(since: Timestamp) -> Self {
        Self {
            ended: BTreeMap::new(),
            took: BTreeMap::new(),
            registries: BTreeSet::new(),
            pairs: BTreeSet::new(),
            told: HashMap::new(),
            since,
        }
    }

    /// From when on kubelets' events are counted (UTC).
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Counts the tests of a report: pulls by kubelets and by probes.
    pub fn add_tests(&mut self, report: &Report, classes: &NodeClasses) {
        for row in report.pulls() {
            let image = row.image_rewritten.as_ref().unwrap_or(&row.image);
            self.add(image, classes.of(&row.node), row.result, 1, row.took_ms);
        }
        for row in report.probes().filter(|row| row.action == Action::Pull) {
            self.add(&row.image, classes.of(&row.node), row.result, 1, row.took_ms);
        }
    }

    /// Counts what kubelets told of pulls of every day, each of it once.
    pub fn add_events(&mut self, pulls: &[KubeletPull], classes: &NodeClasses) {
        let mut still = HashMap::with_capacity(pulls.len());
        for pull in pulls.iter().filter(|pull| !is_own(&pull.pod)) {
            let id = hash(&pull.id);
            // One that was said before this program began is counted for the time that it was said since.
            let counted = self.told.get(&id).copied();
            let known = counted.unwrap_or(if pull.first_at < self.since { pull.count - 1 } else { 0 });
            let verdict = if pull.ok { Verdict::Ok } else { Verdict::Failed };
            let new = pull.count.saturating_sub(known);
            if new > 0 {
                self.add(&pull.image, classes.of(&pull.node), verdict, u64::from(new), pull.took_ms);
            }
            still.insert(id, pull.count.max(known));
        }
        self.told = still;
    }

    fn add(&mut self, image: &str, class: &str, verdict: Verdict, times: u64, took_ms: Option<u64>) {
        let result = match verdict {
            Verdict::Ok => "ok",
            Verdict::Failed => "failed",
            Verdict::NotFinished => "not_finished",
            // Nothing was pulled.
            Verdict::NotTested => return,
        };
        let pair = self.pair(image, class);
        *self.ended.entry((pair.clone(), result)).or_default() += times;
        if let (Verdict::Ok, Some(ms)) = (verdict, took_ms) {
            self.took.entry(pair).or_default().observe(ms as f64 / 1e3);
        }
    }

    fn pair(&mut self, image: &str, class: &str) -> Pair {
        let registry = Reference::parse(image).map(|image| image.registry().to_string());
        let registry = registry.unwrap_or_else(|_| OTHER.into());
        let registry = match self.registries.len() < REGISTRIES || self.registries.contains(&registry) {
            true => registry,
            false => OTHER.into(),
        };
        self.registries.insert(registry.clone());
        let pair = (registry, class.to_string());
        let pair = match self.pairs.len() < PAIRS || self.pairs.contains(&pair) {
            true => pair,
            false => (OTHER.into(), OTHER.into()),
        };
        self.pairs.insert(pair.clone());
        pair
    }
}

/// Whether a pod is one of a run of this program: its pulls are counted as tests.
fn is_own(pod: &str) -> bool {
    let parts = pod.strip_prefix("regauth-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(run, index)| {
        run.len() == RUN_ID && !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn told(id: &str, count: u32, first: i64, ok: bool) -> KubeletPull {
        KubeletPull {
            id: id.into(),
            count,
            first_at: at(first),
            at: at(2_000),
            node: "node1".into(),
            pod: "web-1".into(),
            image: "r.example.com/app:1".into(),
            ok,
            took_ms: ok.then_some(1_200),
        }
    }

    fn ended(pulls: &Pulls, result: &'static str) -> u64 {
        pulls.ended.iter().filter(|((_, one), _)| *one == result).map(|(_, count)| *count).sum()
    }

    #[test]
    fn each_event_is_counted_once_and_a_count_that_rises_by_the_rise() {
        let (mut pulls, classes) = (Pulls::new(at(1_000)), NodeClasses::default());
        for _ in 0..3 {
            pulls.add_events(&[told("a", 1, 1_500, true), told("b", 3, 1_500, false)], &classes);
        }
        assert_eq!((ended(&pulls, "ok"), ended(&pulls, "failed")), (1, 3));
        pulls.add_events(&[told("b", 5, 1_500, false)], &classes);
        assert_eq!((ended(&pulls, "ok"), ended(&pulls, "failed")), (1, 5));
        assert_eq!(pulls.told.len(), 1, "an event that is gone is forgotten");
    }

    #[test]
    fn what_was_said_before_the_program_began_is_not_counted_again() {
        let mut pulls = Pulls::new(at(1_000));
        pulls.add_events(&[told("a", 7, 500, false)], &NodeClasses::default());
        assert_eq!(ended(&pulls, "failed"), 1);
    }

    #[test]
    fn pulls_of_our_own_pods_are_tests_and_not_events() {
        let mut pulls = Pulls::new(at(1_000));
        let own = KubeletPull { pod: "regauth-abcd2345-0".into(), ..told("a", 1, 1_500, true) };
        pulls.add_events(&[own], &NodeClasses::default());
        assert_eq!(pulls.ended.len(), 0);
        assert!(!is_own("regauth-web-0") && !is_own("regauth-abcd2345-x7k2p") && !is_own("web-1"));
    }

    #[test]
    fn registries_and_pairs_are_bounded() {
        let mut pulls = Pulls::new(at(0));
        for number in 0..10_000 {
            let image = format!("r{number}.example.com/app:1");
            pulls.add(&image, &format!("class-{number}"), Verdict::Ok, 1, Some(5));
        }
        assert!(pulls.registries.len() <= REGISTRIES + 1, "{}", pulls.registries.len());
        assert!(pulls.ended.len() <= PAIRS + 1 && pulls.took.len() <= PAIRS + 1, "{}", pulls.ended.len());
        assert_eq!(ended(&pulls, "ok"), 10_000, "nothing is lost");
    }

    #[test]
    fn what_was_not_tested_is_no_pull() {
        let mut pulls = Pulls::new(at(0));
        pulls.add("r.example.com/app:1", "c", Verdict::NotTested, 1, None);
        pulls.add("r.example.com/app:1", "c", Verdict::Failed, 1, Some(9_000));
        assert_eq!((pulls.ended.len(), pulls.took.len()), (1, 0));
    }
}
