//! The nodes' clocks by the leases that their kubelets renew.
//!
//! A kubelet writes its own clock into `spec.renewTime`, with microseconds, and a watch tells of it some milliseconds
//! later. `arrival − renewTime` is the *lag*: the observer's clock minus the node's, plus the way of the renewal. What the
//! observer's clock is off, and what all ways have in common, is the same in all lags of one watch, and is gone from
//! their differences; what remains beside the offset is how much longer one way took than another.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ClockBounds;

/// How far apart the ways of two renewals are taken to be where nothing tells it, in microseconds. Of 5,000 leases on a
/// two-core machine the lag of all but 1 % was under 15 ms.
const UNTOLD_US: i64 = 20_000;
/// Under this no uncertainty goes, in microseconds: of one sample or two, and of more.
const FEW_SAMPLES_US: i64 = 5_000;
const MORE_SAMPLES_US: i64 = 2_000;
/// How many nodes with two samples tell what is usual.
const TELLING: usize = 5;
/// The longest that the fastest way of all is taken to be, in microseconds: 3 ms on an idle cluster.
const FASTEST_WAY_US: i64 = 50_000;
/// By how much longer another way may be, in microseconds: much more than was ever seen.
const SLOW_WAY_US: i64 = 200_000;
/// `leaseDurationSeconds` unless the kubelets are configured otherwise.
const USUAL_SECONDS: u64 = 40;

/// What one watch of the leases in `kube-node-lease` saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseClocks {
    /// One item a node, in the order of their names.
    pub nodes: Vec<LeaseClock>,
    /// How long the watch listened, in milliseconds.
    pub listened_ms: u64,
    /// When it ended, by the observer's clock (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The API server's clock minus the observer's, by the `Date` of its answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_server: Option<ClockBounds>,
    /// How often the watch was interrupted.
    pub interruptions: u32,
}

/// The clock of one node, by the renewals of its lease.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseClock {
    /// The node's name.
    pub node: String,
    /// How many renewals were seen.
    pub samples: u32,
    /// The smallest `arrival − renewTime` of the last samples, in microseconds: the observer's clock minus the node's, plus the
    /// fastest way of a renewal to the observer. `None` where no renewal was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_lag_us: Option<i64>,
    /// The second smallest: how far it is from the smallest shows how even the ways are. `None` of one sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_lag_us: Option<i64>,
    /// `renewTime` of the lease as it was before the watch began (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
    /// How long the lease holds, in seconds (`leaseDurationSeconds`); a kubelet renews it four times as often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_seconds: Option<u64>,
    /// Of a node whose lease did not move: whether it is Ready, where nodes may be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// Whether there is no such node (any more).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

impl LeaseClock {
    /// How long the lease holds, in seconds; the usual time where it does not say.
    pub fn holds_seconds(&self) -> u64 {
        self.lease_seconds.unwrap_or(USUAL_SECONDS)
    }

    /// How uneven the ways of this node's renewals are, in microseconds.
    fn gap_us(&self) -> Option<i64> {
        Some(self.next_lag_us?.saturating_sub(self.least_lag_us?))
    }
}

/// A node's clock against the middle one of all nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offset<'a> {
    /// Whose.
    pub lease: &'a LeaseClock,
    /// The node's clock minus the middle one, in microseconds.
    pub offset_us: i64,
    /// How far that may be wrong, in microseconds. An estimate: nothing bounds how long a renewal takes, and a slow one
    /// looks like a clock that is behind.
    pub uncertainty_us: i64,
}

/// The clocks of all nodes whose renewals were seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Offsets<'a> {
    /// In the order of the nodes' names.
    pub nodes: Vec<Offset<'a>>,
    /// The lag of the node in the middle, in microseconds.
    pub middle_lag_us: i64,
    /// The middle clock minus the API server's, where that is known.
    pub middle_to_api: Option<ClockBounds>,
}

impl<'a> Offsets<'a> {
    /// The node that is furthest ahead, and the one that is furthest behind.
    pub fn extremes(&self) -> Option<(Offset<'a>, Offset<'a>)> {
        let ahead = self.nodes.iter().max_by_key(|node| node.offset_us)?;
        let behind = self.nodes.iter().min_by_key(|node| node.offset_us)?;
        Some((*ahead, *behind))
    }

    /// How far the clocks of any two nodes are apart at most, with its uncertainty, in microseconds. The observer's clock is
    /// not in it.
    pub fn spread_us(&self) -> Option<(i64, i64)> {
        let (ahead, behind) = self.extremes()?;
        let uncertainty = match ahead.lease.node == behind.lease.node {
            true => 0,
            false => ahead.uncertainty_us.saturating_add(behind.uncertainty_us),
        };
        Some((ahead.offset_us.saturating_sub(behind.offset_us), uncertainty))
    }

    /// The node that is furthest from the middle.
    pub fn worst(&self) -> Option<Offset<'a>> {
        self.nodes.iter().max_by_key(|node| node.offset_us.unsigned_abs()).copied()
    }
}

impl LeaseClocks {
    /// The nodes' clocks against the middle one; `None` where no renewal was seen.
    ///
    /// The middle and not the fastest: a clock that is ahead has the smallest lag, and all others would seem to be behind.
    pub fn offsets(&self) -> Option<Offsets<'_>> {
        let middle_lag_us = self.middle_lag_us()?;
        let usual = self.usual_gap_us();
        let offset = |lease: &'_ LeaseClock| lease.least_lag_us.map(|lag| middle_lag_us.saturating_sub(lag));
        let nodes = self.nodes.iter().filter_map(|lease| {
            Some(Offset { lease, offset_us: offset(lease)?, uncertainty_us: uncertainty_us(lease, usual) })
        });
        let middle_to_api = self.api_server.map(|api| self.middle(middle_lag_us).minus(api));
        Some(Offsets { nodes: nodes.collect(), middle_lag_us, middle_to_api })
    }

    /// The nodes whose lease was not renewed for longer than it holds, with the age of the last renewal in seconds.
    pub fn frozen(&self) -> impl Iterator<Item = (&LeaseClock, u64)> {
        self.silent().filter_map(|lease| {
            let age = self.age_seconds(lease)?;
            (age > lease.holds_seconds()).then_some((lease, age))
        })
    }

    /// The nodes of which no renewal was seen; some of them may have a lease that is renewed more rarely.
    pub fn silent(&self) -> impl Iterator<Item = &LeaseClock> {
        self.nodes.iter().filter(|lease| lease.samples == 0 && !lease.gone)
    }

    /// The API server's clock minus a node's, where both are known: another witness beside those that a probe asks.
    pub fn api_server_to(&self, node: &str) -> Option<ClockBounds> {
        let lag = self.nodes.iter().find(|lease| lease.node == node)?.least_lag_us?;
        let mut clock = self.middle(lag);
        clock.high_us = clock.high_us.saturating_add(SLOW_WAY_US);
        Some(self.api_server?.minus(clock))
    }

    /// How old the last renewal of a lease was at the end, in seconds: by the clock of the node in the middle where there is one,
    /// since the observer's may be wrong.
    fn age_seconds(&self, lease: &LeaseClock) -> Option<u64> {
        let ended = self.ended_at?.as_microsecond();
        let ended = ended.saturating_sub(self.middle_lag_us().unwrap_or(0));
        let age = ended.saturating_sub(lease.before?.as_microsecond());
        u64::try_from(age / 1_000_000).ok()
    }

    /// The middle one of all lags; of an even number that one of the two that the API server's clock speaks for.
    fn middle_lag_us(&self) -> Option<i64> {
        let mut lags: Vec<i64> = self.nodes.iter().filter_map(|lease| lease.least_lag_us).collect();
        lags.sort_unstable();
        let upper = *lags.get(lags.len() / 2)?;
        if !lags.len().is_multiple_of(2) {
            return Some(upper);
        }
        let lower = *lags.get(lags.len() / 2 - 1)?;
        // Without the API server's word the faster way.
        let Some(api) = self.api_server else { return Some(lower) };
        let away = |lag: i64| self.middle(lag).minus(api).middle_us().unsigned_abs();
        Some(if away(upper) < away(lower) { upper } else { lower })
    }

    /// A clock with this lag, minus the observer's.
    fn middle(&self, lag_us: i64) -> ClockBounds {
        let least = lag_us.saturating_neg();
        ClockBounds { low_us: least, high_us: least.saturating_add(FASTEST_WAY_US) }
    }

    /// How uneven the ways usually are: nine in ten nodes that have two samples or more.
    fn usual_gap_us(&self) -> i64 {
        let mut gaps: Vec<i64> = self.nodes.iter().filter_map(LeaseClock::gap_us).collect();
        gaps.sort_unstable();
        match gaps.get(gaps.len() * 9 / 10) {
            Some(gap) if gaps.len() >= TELLING => *gap,
            _ => UNTOLD_US,
        }
    }
}

fn uncertainty_us(lease: &LeaseClock, usual: i64) -> i64 {
    match (lease.samples, lease.gap_us()) {
        (0 | 1, _) | (_, None) => usual.max(FEW_SAMPLES_US),
        (2, Some(gap)) => gap.max(FEW_SAMPLES_US),
        (_, Some(gap)) => gap.max(MORE_SAMPLES_US),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes with these lags in milliseconds, one sample each.
    fn clocks(lags_ms: &[i64]) -> LeaseClocks {
        let node = |(index, lag): (usize, &i64)| LeaseClock {
            node: format!("node{index}"),
            samples: 1,
            least_lag_us: Some(lag * 1_000),
            ..LeaseClock::default()
        };
        LeaseClocks { nodes: lags_ms.iter().enumerate().map(node).collect(), ..LeaseClocks::default() }
    }

    fn offsets_ms(clocks: &LeaseClocks) -> Vec<i64> {
        clocks.offsets().unwrap().nodes.iter().map(|node| node.offset_us / 1_000).collect()
    }

    #[test]
    fn a_clock_that_is_ahead_does_not_make_the_others_seem_behind() {
        assert_eq!(offsets_ms(&clocks(&[4, 5, -6_996, 4, 90_004])), [0, -1, 7_000, 0, -90_000]);
    }

    #[test]
    fn the_observers_clock_has_no_part_in_the_spread() {
        let spread = |lags: &[i64]| clocks(lags).offsets().unwrap().spread_us();
        assert_eq!(spread(&[4, 5, -6_996]), spread(&[3_600_004, 3_600_005, 3_593_004]));
        assert_eq!(spread(&[4, 5, -6_996]), Some((7_001_000, 2 * UNTOLD_US)));
        assert_eq!(spread(&[4]), Some((0, 0)));
    }

    #[test]
    fn of_two_the_api_server_says_which_is_right() {
        let mut two = clocks(&[4, -6_996]);
        assert_eq!(offsets_ms(&two), [-7_000, 0], "nobody says it: the faster way");
        two.api_server = Some(ClockBounds::around(0, 500_000));
        assert_eq!(offsets_ms(&two), [0, 7_000]);
        two.api_server = Some(ClockBounds::around(7_000_000, 500_000));
        assert_eq!(offsets_ms(&two), [-7_000, 0]);
    }

    #[test]
    fn the_middle_is_bounded_against_the_api_server() {
        let mut all = clocks(&[90_004, 90_005, 90_003]);
        all.api_server = Some(ClockBounds::around(0, 500_000));
        let bounds = all.offsets().unwrap().middle_to_api.unwrap();
        assert!(bounds.low_us < -90_000_000 && bounds.high_us > -90_000_000, "{bounds:?}");
        assert!((89_000_000..90_000_000).contains(&bounds.least_us()), "{bounds:?}");
    }

    #[test]
    fn more_samples_make_it_surer() {
        let mut all = clocks(&[4; 12]);
        let uncertainty = |clocks: &LeaseClocks| clocks.offsets().unwrap().nodes[0].uncertainty_us;
        assert_eq!(uncertainty(&all), UNTOLD_US);
        for node in all.nodes.iter_mut().skip(1) {
            node.samples = 2;
            node.next_lag_us = Some(11_000);
        }
        assert_eq!(uncertainty(&all), 7_000, "the ways of the others tell what is usual");
        all.nodes[0].samples = 4;
        all.nodes[0].next_lag_us = Some(4_500);
        assert_eq!(uncertainty(&all), MORE_SAMPLES_US);
    }

    #[test]
    fn a_lease_is_frozen_when_it_is_older_than_it_holds_by_the_other_nodes_clock() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let silent = |seconds: i64| LeaseClock {
            node: format!("silent{seconds}"),
            before: Some(now - jiff::SignedDuration::from_secs(seconds)),
            lease_seconds: Some(40),
            ..LeaseClock::default()
        };
        let mut all = clocks(&[4, 5]);
        all.nodes.extend([silent(15), silent(300)]);
        all.ended_at = Some(now);
        let frozen = |clocks: &LeaseClocks| -> Vec<(String, u64)> {
            clocks.frozen().map(|(lease, age)| (lease.node.clone(), age)).collect()
        };
        assert_eq!(frozen(&all), [("silent300".to_string(), 299)]);
        assert_eq!(all.silent().count(), 2);
        // This machine is an hour ahead, and nobody is frozen for that.
        all.ended_at = Some(now + jiff::SignedDuration::from_hours(1));
        for node in all.nodes.iter_mut().take(2) {
            node.least_lag_us = Some(3_600_000_000);
        }
        assert_eq!(frozen(&all).len(), 1);
        all.nodes[3].gone = true;
        assert_eq!(frozen(&all).len(), 0);
    }

    #[test]
    fn nothing_is_told_of_nothing() {
        assert_eq!(LeaseClocks::default().offsets(), None);
        let far = clocks(&[i64::MIN / 1_000, i64::MAX / 1_000, 0]);
        assert!(far.offsets().unwrap().spread_us().is_some());
    }
}
