//! What is known of each lease while it is watched. Fed with changes and told the time.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Clock, Page};
use crate::api::watch::{Change, Stamp};
use crate::api::wire::{Lease, LeaseSpec};
use crate::collect::nodes::natural;
use crate::evidence::clock::{ClockBounds, LeaseClock, LeaseClocks};
use crate::text;

/// How many of a node's last samples count: a clock that is corrected while it is watched is soon seen right.
const WINDOW: usize = 6;
/// What a connection brings at first may have waited for it.
const SETTLING: Duration = Duration::from_millis(150);

/// All leases.
pub(super) struct State {
    clock: Clock,
    nodes: BTreeMap<String, Seen>,
    api_server: Option<ClockBounds>,
    interruptions: u32,
    is_listed: bool,
}

#[derive(Default)]
struct Seen {
    samples: u32,
    /// The last lags, in microseconds.
    lags: Vec<i64>,
    before: Option<Timestamp>,
    renewed: Option<Timestamp>,
    lease_seconds: Option<u64>,
}

impl State {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, nodes: BTreeMap::new(), api_server: None, interruptions: 0, is_listed: false }
    }

    /// A page of the list: how the leases were before.
    pub(super) fn page(&mut self, page: Page) {
        for lease in page.leases {
            let Some(seen) = self.seen(&lease.metadata.name) else { continue };
            seen.lease_seconds = lease.spec.lease_duration_seconds;
            seen.before = seen.before.max(lease.spec.renew_time);
        }
        if let Some(clock) = page.clock {
            self.api_server = self.api_server.map_or(Some(clock), |known| known.and(clock));
        }
        self.is_listed |= page.is_last;
    }

    pub(super) fn change(&mut self, change: Change<Lease>, stamp: Stamp) {
        match change {
            Change::Is(lease) => self.is(&lease, stamp),
            Change::Deleted(lease) => {
                self.nodes.remove(&lease.metadata.name);
            }
            Change::Lost(_) => self.interruptions += 1,
            Change::Resumed | Change::Ended(_) => {}
        }
    }

    fn is(&mut self, lease: &Lease, stamp: Stamp) {
        let arrived = self.clock.at(stamp.at);
        let Some(seen) = self.seen(&lease.metadata.name) else { return };
        let LeaseSpec { renew_time, lease_duration_seconds } = lease.spec;
        seen.lease_seconds = lease_duration_seconds.or(seen.lease_seconds);
        let is_late = stamp.is_added || stamp.connected_for < SETTLING;
        let Some(renewed) = renew_time.filter(|renewed| seen.renewed != Some(*renewed)) else { return };
        if is_late {
            // It is old, or may be, and tells nothing of the clock.
            seen.before = Some(renewed);
            return;
        }
        seen.renewed = Some(renewed);
        seen.samples += 1;
        if seen.lags.len() == WINDOW {
            seen.lags.remove(0);
        }
        seen.lags.push(arrived.as_microsecond().saturating_sub(renewed.as_microsecond()));
    }

    fn seen(&mut self, node: &str) -> Option<&mut Seen> {
        text::is_object_name(node).then(|| self.nodes.entry(node.to_string()).or_default())
    }

    /// Whether all pages of the list are in.
    pub(super) fn is_listed(&self) -> bool {
        self.is_listed
    }

    /// How many leases there are.
    pub(super) fn known(&self) -> usize {
        self.nodes.len()
    }

    /// Of how many no renewal was seen.
    pub(super) fn unheard(&self) -> usize {
        self.nodes.values().filter(|seen| seen.samples == 0).count()
    }

    /// What is known now.
    pub(super) fn clocks(&self, listened: Duration) -> LeaseClocks {
        let mut nodes: Vec<LeaseClock> = self.nodes.iter().map(|(name, seen)| seen.clock(name)).collect();
        nodes.sort_by_cached_key(|lease| natural(&lease.node));
        LeaseClocks {
            nodes,
            listened_ms: u64::try_from(listened.as_millis()).unwrap_or(u64::MAX),
            ended_at: Some(self.clock.at(Instant::now())),
            api_server: self.api_server,
            interruptions: self.interruptions,
        }
    }
}

impl Seen {
    fn clock(&self, name: &str) -> LeaseClock {
        let mut lags = self.lags.clone();
        lags.sort_unstable();
        LeaseClock {
            node: name.to_string(),
            samples: self.samples,
            least_lag_us: lags.first().copied(),
            next_lag_us: lags.get(1).copied(),
            before: self.before,
            lease_seconds: self.lease_seconds,
            ready: None,
            gone: false,
        }
    }
}
