//! The rules about clocks: by leases, and by what probes saw.

mod leases;
mod probes;
#[cfg(test)]
mod tests;
mod truth;
mod words;

pub(crate) use leases::{drift as lease_drift, frozen, id as lease_id};
pub(crate) use probes::{drift, rejected_tokens, unreachable, unsynchronised};
pub(crate) use truth::{Verdict, of as truth_of};
pub use words::{offset, span};

use crate::evidence::Evidence;
use crate::finding::Fix;
use crate::plan::clock::NO_LEEWAY_MS;

/// From which difference on clocks are worth a word, and from which on they break tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// In microseconds.
    pub warning_us: i64,
    /// In microseconds.
    pub error_us: i64,
}

impl Limits {
    /// Those of the plan.
    pub(crate) fn of(evidence: &Evidence) -> Self {
        let plan = evidence.plan.clock.clone().unwrap_or_default();
        let micros = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000);
        Self { warning_us: micros(plan.threshold_ms.min(NO_LEEWAY_MS)), error_us: micros(plan.threshold_ms) }
    }
}

/// Where a node's clock is looked at and set right.
fn at_the_node() -> Vec<Fix> {
    let fix = |what: &str, command: &str| Fix::new(what, command);
    vec![
        fix(
            "on the node: shows what its clock is kept by, and how far it says to be off",
            "timedatectl; chronyc -n sources || timedatectl timesync-status",
        ),
        fix("on the node, with chrony: sets the clock right at once", "chronyc makestep"),
        fix(
            "on the node, with systemd-timesyncd: asks its servers anew",
            "timedatectl set-ntp true && systemctl restart systemd-timesyncd",
        ),
    ]
}
