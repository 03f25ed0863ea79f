//! What is asked of clocks.

use serde::{Deserialize, Serialize};

/// From Harbor 2.11 on, a token's times may be off by so much, in milliseconds.
pub const HARBOR_LEEWAY_MS: u64 = 60_000;
/// Up to Harbor 2.10 there is no leeway: what a token's whole seconds forgive, in milliseconds.
pub const NO_LEEWAY_MS: u64 = 500;

/// The plan of one look at clocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClockPlan {
    /// Whether the leases of the nodes are watched.
    pub leases: bool,
    /// How long the leases are watched at most, in milliseconds, and one more period where a single renewal may only have
    /// come late; 0: until interrupted.
    pub listen_ms: u64,
    /// An offset or spread beyond this breaks tokens, in milliseconds.
    pub threshold_ms: u64,
    /// What probes on the nodes ask; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<ClockAsk>,
}

impl Default for ClockPlan {
    fn default() -> Self {
        Self { leases: true, listen_ms: 11_000, threshold_ms: HARBOR_LEEWAY_MS, ask: None }
    }
}

/// What a probe asks about its node's clock: plain data without secrets, since it stands in a pod's arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClockAsk {
    /// Time servers: a name or address, with an optional port.
    pub ntp_servers: Vec<String>,
}
