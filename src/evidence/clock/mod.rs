//! What was seen of clocks: leases that kubelets renew by their own clock, time servers, the kernel's own word.
//!
//! An offset is always *the other's clock minus the observer's*, in microseconds: positive means ahead.

mod bounds;
mod leases;
pub mod leeway;
mod offsets;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use bounds::ClockBounds;
pub use leases::{LeaseClock, LeaseClocks};
pub use offsets::{Offset, Offsets};

use super::Outcome;
use crate::text::Clean;

/// What a probe saw of the clock of its node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClockSeen {
    /// The kernel's own word (`adjtimex`); absent where the system has no such call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<KernelClock>,
    /// Why the kernel did not tell, where it has the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_refusal: Option<Clean>,
    /// One item a time server, in the order of the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ntp: Vec<NtpSeen>,
    /// One item a server whose `Date` was seen, by its authority.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<DateSeen>,
    /// Tokens that were issued while the probe looked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenTimes>,
    /// Servers that were to tell their time over HTTP, and did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<Untold>,
}

/// A server that did not tell its time over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Untold {
    /// `host:port`, or what the user named where that is no registry.
    pub server: String,
    /// What was to be told: `Date`, or `token`.
    pub what: String,
    /// Why not.
    pub why: Clean,
}

/// The state of a kernel's clock: `adjtimex(2)` with mode 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KernelClock {
    /// Whether the kernel holds the clock for synchronised: neither `TIME_ERROR` nor `STA_UNSYNC`.
    pub synchronised: bool,
    /// The maximum error, in microseconds.
    pub max_error_us: i64,
    /// The estimated error, in microseconds.
    pub estimated_error_us: i64,
}

/// What a time server answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NtpSeen {
    /// The server as the user wrote it.
    pub server: String,
    /// The address that was asked last, with the port.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// What came of it.
    pub outcome: Outcome<NtpAnswer>,
}

/// A time server's answer (RFC 5905, section 7.3; the offset by section 8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NtpAnswer {
    /// The server's clock minus the node's, with half the round trip as its uncertainty; [`ClockBounds::UNKNOWN`],
    /// and left out, where it tells no time.
    #[serde(default = "ClockBounds::unknown", skip_serializing_if = "ClockBounds::is_unknown")]
    pub offset: ClockBounds,
    /// How many samples; the one with the shortest round trip counts.
    pub samples: u32,
    /// The distance from a reference clock: 1 to 15; 0 and 16 are no time.
    pub stratum: u8,
    /// The leap indicator; 3 is "not synchronised".
    pub leap: u8,
    /// The root dispersion plus half the root delay, in microseconds: how wrong the server itself says it may be.
    pub root_distance_us: i64,
    /// The reference: an address, or four letters; of a kiss-of-death its code (`RATE`, `DENY`).
    pub reference: Clean,
    /// The code of a kiss-of-death that ended the samples: `RATE` (asked too often), `DENY`, `RSTR` (not for this
    /// client). Beside it, the other fields are those of the answers before it, where there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kiss: Option<Clean>,
}

impl NtpAnswer {
    /// Whether the server tells the time at all: synchronised, and no kiss-of-death.
    pub fn is_time(&self) -> bool {
        (1..16).contains(&self.stratum) && self.leap != 3
    }
}

/// The clock of an HTTP server, by its `Date`s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DateSeen {
    /// `host:port`.
    pub server: String,
    /// Its clock minus the observer's; narrowed by every answer.
    pub offset: ClockBounds,
    /// How many answers.
    #[serde(default)]
    pub answers: u32,
    /// Whether answers contradicted each other: several servers behind one name, or a `Date` that is kept for a while.
    /// The bounds then hold what any of them said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contradictory: bool,
}

/// The times of a token against the node's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TokenTimes {
    /// Who issued it: `host:port` of the token service.
    pub service: String,
    /// `iat`, `nbf` and `exp`, by the issuer's clock (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<Timestamp>,
    /// See `iat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<Timestamp>,
    /// See `iat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<Timestamp>,
    /// The node's clock when it was asked for (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The node's clock when it came (UTC).
    pub received_at: Timestamp,
}

impl TokenTimes {
    /// The issuer's clock minus the node's, by `iat` (whole seconds, RFC 7519's `NumericDate` as issuers write it).
    pub fn issuer(&self) -> Option<ClockBounds> {
        Some(ClockBounds::of_stamp(self.iat?, 1_000_000, self.sent_at?, self.received_at))
    }
}
