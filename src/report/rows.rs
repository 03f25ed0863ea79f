//! The rows of a report: one thing tested each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock_rows::ClockRow;
use super::workload_rows::{AuditRow, FailingRow};
use crate::code::Code;
use crate::evidence::{Action, Network, Presence};
use crate::text::Clean;

/// A row of results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind")]
pub enum Row {
    /// A pull of one image by one node.
    Pull(PullRow),
    /// What a probe saw of one image or repository from one network: a pull or a push.
    Probe(ProbeRow),
    /// What is left of a registry's pull limit for one node and credential.
    Limit(LimitRow),
    /// One core of a Harbor.
    Core(super::harbor_rows::CoreRow),
    /// A node's clock by one method.
    Clock(ClockRow),
    /// One cause that a text shows.
    Explained(super::explained::ExplainedRow),
    /// A pull of a workload that fails.
    Failing(FailingRow),
    /// What an image of a workload has for a credential.
    Audit(AuditRow),
}

impl Row {
    /// The id of the evidence of a test: of a pull, or of what a probe saw.
    pub(super) fn test_id(&self) -> Option<&str> {
        match self {
            Self::Pull(row) => Some(&row.evidence),
            Self::Probe(row) => Some(&row.evidence),
            Self::Limit(row) => Some(&row.evidence),
            _ => None,
        }
    }

    pub(super) fn test_id_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Pull(row) => Some(&mut row.evidence),
            Self::Probe(row) => Some(&mut row.evidence),
            Self::Limit(row) => Some(&mut row.evidence),
            _ => None,
        }
    }
}

/// How a test ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It worked.
    Ok,
    /// It failed.
    Failed,
    /// The time was up first.
    NotFinished,
    /// It could not be tested.
    NotTested,
}

/// One pull of one image by one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PullRow {
    /// The node.
    pub node: String,
    /// The image as the user wrote it.
    pub image: String,
    /// What a webhook made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_rewritten: Option<String>,
    /// How it ended.
    pub result: Verdict,
    /// How long the pull took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// How long it waited behind other pulls, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
    /// The image's size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Which identity was used, in words.
    pub identity: String,
    /// The code of the finding that explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// The runtime's, the kubelet's or the API server's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Clean>,
    /// Whether the node had the image before.
    pub on_node_before: Presence,
    /// The pod that tested it.
    pub pod: String,
    /// Id of the evidence item.
    pub evidence: String,
}

/// What one probe saw of one image or repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProbeRow {
    /// The node; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// The network that it looked from.
    pub network: Network,
    /// The image or repository as the user wrote it.
    pub image: String,
    /// Whether it was a pull or a push.
    pub action: Action,
    /// How it ended, by the kubelet's order of credentials: a pull that works with the second credential is a
    /// pull that works.
    pub result: Verdict,
    /// The step that it failed at: `DNS`, `proxy`, `connect`, `TLS`, `challenge`, `credential`, `token`,
    /// `manifest`, `config`, `layer`, `upload`, … Absent where it worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How long the deciding attempt took with the way to the hosts that it needed, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Which identity decided the result, in words: `secret/regcred`, `anonymous`.
    pub identity: String,
    /// The code of the finding that explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// The registry's or the API server's own words, or what broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Clean>,
    /// The way to the hosts: names, connections, handshakes, in the order in which they were contacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<StepRow>,
    /// First without a credential, then with each that matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptRow>,
    /// The repeated push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesRow>,
    /// The pod that looked; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pod: String,
    /// Id of the evidence item: the probe's, with the index of the image.
    pub evidence: String,
}

/// What one credential, or none, came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttemptRow {
    /// Where the credential is from: `secret/regcred`, a file, a store; absent for the attempt without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// What it is, in words, with its user: `password of user ci`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// When it expires (UTC), where it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether it worked; not tested: the credential was not sent.
    pub result: Verdict,
    /// Why the credential was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// Its requests, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRow>,
}

/// One step: a look-up, a connection, a handshake, a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StepRow {
    /// `DNS`, `connect`, `TLS`, `proxy`, or a request's step.
    pub step: String,
    /// What was asked or contacted: a host name, an address, `GET /v2/`.
    pub what: String,
    /// Whether it did what it should.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What came of it, in a few words: `192.0.2.7`, `TLS 1.3`, `401`, `no answer in time`.
    pub saw: String,
}

/// The same push again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeriesRow {
    /// How often it was to be tried.
    pub asked: u32,
    /// How often it was accepted.
    pub accepted: u32,
    /// How often it was refused although a token had been granted.
    pub refused: u32,
    /// How often it could not be told.
    pub failed: u32,
    /// The share of refusals among those that could be told, from 0 to 1; absent when none could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal_rate: Option<Rate>,
    /// Why it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Clean>,
}

pub use crate::rate::Rate;

/// What is left of a registry's pull limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LimitRow {
    /// The node; empty for this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// The network that it looked from.
    pub network: Network,
    /// The image whose answer says it.
    pub image: String,
    /// Where the credential is from; absent for a pull without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Whether it could be told.
    pub result: Verdict,
    /// Whether the answer names a limit; an answer without one is not limited.
    pub limited: bool,
    /// Pulls that are allowed in a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Pulls that are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
    /// The window, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<u64>,
    /// Who is charged: an address, or an account's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The code of the finding that explains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// The registry's own words, where it could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Clean>,
    /// Id of the evidence item: the probe's, with the index of the image.
    pub evidence: String,
}
