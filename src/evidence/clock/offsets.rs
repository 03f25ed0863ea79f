//! The nodes' clocks against each other, by the leases that their kubelets renew.
//!
//! A kubelet writes its own clock into `spec.renewTime`, with microseconds, and a watch tells of it some milliseconds
//! later. `arrival − renewTime` is the *lag*: the observer's clock minus the node's, plus the way of the renewal. What the
//! observer's clock is off, and what all ways have in common, is the same in all lags of one watch, and is gone from
//! their differences; what remains beside the offset is how much longer one way took than another.

use super::{ClockBounds, LeaseClock, LeaseClocks};

/// How far apart the ways of two renewals are taken to be where nothing tells it, in microseconds. Of 5,000 leases on a
/// two-core machine the lag of all but 1 % was under 15 ms.
const UNTOLD_US: i64 = 20_000;
/// Under this no uncertainty goes, in microseconds: of one sample or two, and of more.
const FEW_SAMPLES_US: i64 = 5_000;
const MORE_SAMPLES_US: i64 = 2_000;
/// How late a single renewal may come, in microseconds: an API server that is starved answers after seconds, and the
/// kubelet's request gives up after ten.
const LATE_US: i64 = 10_000_000;
/// How many nodes with two samples tell what is usual.
const TELLING: usize = 5;
/// The longest that the fastest way of all is taken to be, in microseconds: 3 ms on an idle cluster.
const FASTEST_WAY_US: i64 = 50_000;
/// By how much longer another way may be, in microseconds: much more than was ever seen.
const SLOW_WAY_US: i64 = 200_000;

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

impl Offset<'_> {
    /// Whether the node is off by more than this, in microseconds, and its renewal was not just slow: what comes late once
    /// looks like a clock that is behind.
    pub fn is_certain(&self, over_us: i64) -> bool {
        let away = self.offset_us.saturating_abs();
        let may_be_late = self.offset_us < 0 && self.lease.samples < 2 && away < LATE_US;
        away.saturating_sub(self.uncertainty_us) > over_us && !may_be_late
    }

    /// Whether it seems to be off by more than this, in microseconds, and another renewal may clear it.
    fn is_doubtful(&self, over_us: i64) -> bool {
        self.offset_us.saturating_abs() > over_us && self.lease.samples < 2 && !self.is_certain(over_us)
    }
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

    /// The nodes whose clock seems to be off by more than this, in microseconds, or apart from another's, by a single
    /// renewal that may only have come late: the next one tells.
    pub fn doubtful(&self, over_us: i64) -> Vec<&'a str> {
        let mut doubtful: Vec<&Offset<'a>> =
            self.nodes.iter().filter(|node| node.is_doubtful(over_us)).collect();
        let is_off = |node: &Offset<'_>| node.offset_us.saturating_abs() > over_us;
        let apart = self.spread_us().is_some_and(|(spread, _)| spread > over_us);
        if apart && !self.nodes.iter().any(is_off) {
            let behind = self.nodes.iter().min_by_key(|node| node.offset_us);
            doubtful.extend(behind.filter(|node| node.lease.samples < 2));
        }
        doubtful.into_iter().map(|node| node.lease.node.as_str()).collect()
    }

    /// The node that is furthest from the middle.
    pub fn worst(&self) -> Option<Offset<'a>> {
        self.nodes.iter().max_by_key(|node| node.offset_us.unsigned_abs()).copied()
    }
}

impl LeaseClock {
    /// How uneven the ways of this node's renewals are, in microseconds.
    fn gap_us(&self) -> Option<i64> {
        Some(self.next_lag_us?.saturating_sub(self.least_lag_us?))
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

    /// The API server's clock minus a node's, where both are known: another witness beside those that a probe asks.
    pub fn api_server_to(&self, node: &str) -> Option<ClockBounds> {
        let lag = self.nodes.iter().find(|lease| lease.node == node)?.least_lag_us?;
        let mut clock = self.middle(lag);
        clock.high_us = clock.high_us.saturating_add(SLOW_WAY_US);
        Some(self.api_server?.minus(clock))
    }

    /// The middle one of all lags; of an even number that one of the two that the API server's clock speaks for.
    pub(super) fn middle_lag_us(&self) -> Option<i64> {
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
pub(super) mod tests {
    use super::*;

    /// Nodes with these lags in milliseconds, one sample each.
    pub(in super::super) fn clocks(lags_ms: &[i64]) -> LeaseClocks {
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
    fn nothing_is_told_of_nothing() {
        assert_eq!(LeaseClocks::default().offsets(), None);
        let far = clocks(&[i64::MIN / 1_000, i64::MAX / 1_000, 0]);
        assert!(far.offsets().unwrap().spread_us().is_some());
    }
}
