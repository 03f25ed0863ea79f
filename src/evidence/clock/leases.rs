//! The leases of nodes while they were watched: what each renewal told, and which do not move.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ClockBounds;

/// `leaseDurationSeconds` unless the kubelets are configured otherwise.
const USUAL_SECONDS: u64 = 40;

/// What one watch of the leases in `kube-node-lease` saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
}

impl LeaseClocks {
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

    /// How old the last renewal of a lease was at the end, in seconds: by the clock of the node in the middle where there is one,
    /// since the observer's may be wrong.
    fn age_seconds(&self, lease: &LeaseClock) -> Option<u64> {
        let ended = self.ended_at?.as_microsecond();
        let ended = ended.saturating_sub(self.middle_lag_us().unwrap_or(0));
        let age = ended.saturating_sub(lease.before?.as_microsecond());
        u64::try_from(age / 1_000_000).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::offsets::tests::clocks;
    use super::*;

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
}
