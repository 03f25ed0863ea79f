//! What a change makes of what is known.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::state::State;
use super::{Clock, Listen, Page, is_done};
use crate::api::ApiError;
use crate::api::watch::{Change, Stamp};
use crate::api::wire::{Lease, LeaseMeta, LeaseSpec};
use crate::evidence::clock::{ClockBounds, LeaseClock, LeaseClocks};
use crate::text::Clean;

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// A lease that was renewed so many microseconds after noon, by its node's clock.
fn lease(node: &str, renewed_us: i64) -> Lease {
    Lease {
        metadata: LeaseMeta { name: node.into() },
        spec: LeaseSpec {
            renew_time: Some(noon() + SignedDuration::from_micros(renewed_us)),
            lease_duration_seconds: Some(40),
        },
    }
}

/// A watch that began at noon.
struct Watched {
    started: Instant,
    state: State,
}

impl Watched {
    fn new() -> Self {
        let started = Instant::now();
        Self { started, state: State::new(Clock { wall: noon(), started }) }
    }

    /// A renewal whose line came so many microseconds after noon, on a connection that had been open for a minute.
    fn hears(&mut self, lease: Lease, at_us: u64) {
        self.hears_as(lease, at_us, Duration::from_secs(60), false);
    }

    fn hears_as(&mut self, lease: Lease, at_us: u64, connected_for: Duration, is_added: bool) {
        let at = self.started + Duration::from_micros(at_us);
        self.state.change(Change::Is(lease), Stamp { at, connected_for, is_added });
    }

    fn clocks(&self) -> LeaseClocks {
        self.state.clocks(Duration::from_secs(10))
    }

    fn only(&self) -> LeaseClock {
        let clocks = self.clocks();
        assert_eq!(clocks.nodes.len(), 1);
        clocks.nodes[0].clone()
    }
}

#[test]
fn the_least_lag_of_a_node_counts() {
    let mut watched = Watched::new();
    watched.hears(lease("a", 1_000_000), 1_009_000);
    watched.hears(lease("a", 11_000_000), 11_004_000);
    watched.hears(lease("a", 21_000_000), 21_006_000);
    let node = watched.only();
    assert_eq!((node.samples, node.least_lag_us, node.next_lag_us), (3, Some(4_000), Some(6_000)));
}

#[test]
fn what_was_there_before_is_no_sample() {
    let mut watched = Watched::new();
    let clock = Some(ClockBounds::around(0, 500_000));
    watched.state.page(Page { leases: vec![lease("a", -9_000_000)], clock, is_last: false });
    assert!(!watched.state.is_listed());
    watched.hears_as(lease("a", -3_000_000), 100_000, Duration::from_millis(90), false);
    watched.hears_as(lease("a", -2_000_000), 200_000, Duration::from_secs(60), true);
    let node = watched.only();
    assert_eq!((node.samples, node.least_lag_us), (0, None));
    assert_eq!(node.before, Some(noon() - SignedDuration::from_secs(2)), "the last renewal that is known");
    watched.state.page(Page { leases: Vec::new(), clock, is_last: true });
    assert!(watched.state.is_listed());
}

#[test]
fn a_lease_that_is_told_of_again_without_a_renewal_is_no_second_sample() {
    let mut watched = Watched::new();
    watched.hears(lease("a", 1_000_000), 1_004_000);
    watched.hears(lease("a", 1_000_000), 5_004_000);
    assert_eq!(watched.only().samples, 1);
}

#[test]
fn a_clock_that_is_set_right_is_seen_right_after_a_minute() {
    let mut watched = Watched::new();
    for period in 0..6_i64 {
        // Seven seconds ahead: the smallest lags.
        watched
            .hears(lease("a", period * 10_000_000 + 7_000_000), period.unsigned_abs() * 10_000_000 + 4_000);
    }
    assert_eq!(watched.only().least_lag_us, Some(-6_996_000));
    for period in 6..12_i64 {
        watched.hears(lease("a", period * 10_000_000), period.unsigned_abs() * 10_000_000 + 4_000);
    }
    assert_eq!((watched.only().samples, watched.only().least_lag_us), (12, Some(4_000)));
}

#[test]
fn a_deleted_lease_is_forgotten_and_a_lost_watch_counted() {
    let mut watched = Watched::new();
    watched.hears(lease("a", 1_000_000), 1_004_000);
    watched.hears(lease("b", 1_000_000), 1_004_000);
    let stamp = Stamp { at: watched.started, connected_for: Duration::ZERO, is_added: false };
    watched.state.change(Change::Deleted(lease("b", 1_000_000)), stamp);
    let error = ApiError::Unreachable { server: "https://a".into(), cause: Clean::new("reset") };
    watched.state.change(Change::Lost(error), stamp);
    assert_eq!(watched.only().node, "a");
    assert_eq!(watched.clocks().interruptions, 1);
}

#[test]
fn names_that_no_node_can_have_and_times_at_the_edge_do_no_harm() {
    let mut watched = Watched::new();
    watched.hears(lease("\u{1b}[31m", 0), 0);
    assert_eq!(watched.state.known(), 0);
    let mut far = lease("a", 0);
    far.spec.renew_time = Some(Timestamp::MAX);
    watched.hears(far, 0);
    let mut bare = lease("b", 0);
    bare.spec.renew_time = None;
    watched.hears(bare, 0);
    let clocks = watched.clocks();
    assert_eq!(clocks.nodes.iter().map(|node| node.samples).collect::<Vec<_>>(), [1, 0]);
    assert!(clocks.offsets().is_some());
}

#[test]
fn it_is_listened_for_a_period_at_least_and_a_little_more_at_most() {
    let seconds = |seconds: f64| Duration::from_secs_f64(seconds);
    let usual = Listen::default();
    assert!(!is_done(usual, seconds(9.9), true));
    assert!(is_done(usual, seconds(10.0), true));
    assert!(!is_done(usual, seconds(10.9), false));
    assert!(is_done(usual, seconds(11.0), false));
    let endless = Listen { at_most: None, ..usual };
    assert!(!is_done(endless, seconds(5_000.0), true));
}
