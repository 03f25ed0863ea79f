//! Rows of Harbor's cores, and what is known of a Harbor as a whole.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows::Verdict;
use crate::code::Code;
use crate::evidence::clock::ClockBounds;
use crate::evidence::harbor::pods::{CoreLog, Rollout, Sticky};
use crate::evidence::harbor::seen::{Cell, Method, Via};
use crate::evidence::harbor::{FrontSeen, Installer, PodState};
use crate::text::Clean;

/// One core of Harbor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreRow {
    /// The pod, or an address of the URL.
    pub pod: String,
    /// Its node; empty where it is no pod.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// `ip:port`; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// When its container started (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// How often its container was restarted.
    #[serde(default)]
    pub restarts: u32,
    /// Its image as the spec names it; empty where it is no pod.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// Its version as it says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Clean>,
    /// Whether it serves; absent where it is no pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PodState>,
    /// The letter of its key: cores with the same one hold the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The id of the key that it signs with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<Clean>,
    /// SHA-256 of its key's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// Whether its key is what its Secret holds now; absent where that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees_with_secret: Option<bool>,
    /// Its clock minus the observer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockBounds>,
    /// Whether it answers and issues tokens, and no error concerns it.
    pub result: Verdict,
    /// The code of the finding that concerns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// Id of the evidence item.
    pub evidence: String,
}

/// What a node meets at Harbor's external URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// The node.
    pub node: String,
    /// The URL, without user and password.
    pub url: Clean,
    /// Whether its token service gave it tokens.
    pub gets_tokens: bool,
}

/// What is known of a Harbor as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HarborSummary {
    /// Its namespace; empty where it was asked by its URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// What installed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installer: Option<Installer>,
    /// The release.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub release: String,
    /// How its cores were reached; absent where nobody asked them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// Cores that hold the same key.
    pub keys: Vec<KeyRow>,
    /// Who accepts whose tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<MatrixRow>,
    /// How often a user's push fails because cores do not accept each other's tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<FailingRow>,
    /// What clients see at the front door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<FrontSeen>,
    /// Which nodes get tokens at Harbor's external URL, where they were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeRow>,
    /// What the client's own token says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionRow>,
    /// Rollouts that are not finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<Rollout>,
    /// What keeps a client at one core.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sticky: Vec<Sticky>,
    /// How often the cores logged telling lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<CoreLog>,
}

/// Cores that hold the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KeyRow {
    /// `A`, `B`, …
    pub letter: String,
    /// The key's id; absent where only the checksum of its file is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// SHA-256 of its file, where the id is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// Who holds it.
    pub cores: Vec<String>,
    /// Whether the Secret that they mount holds it now; absent where that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees_with_secret: Option<bool>,
}

/// Who accepts whose tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MatrixRow {
    /// How it was found out.
    pub method: Method,
    /// The cores that the cells mean by their indexes.
    pub cores: Vec<MatrixCore>,
    /// One item a pair that was tried.
    pub cells: Vec<Cell>,
    /// Indexes of verifiers that do not behave as the method needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_control: Vec<usize>,
}

/// A core of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MatrixCore {
    /// Its name.
    pub name: String,
    /// The letter of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// How often a request or push fails, with a token from a random core and each request to a random one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailingRow {
    /// The share of single requests, from 0 to 1.
    pub request_rate: f64,
    /// The share of pushes, from 0 to 1.
    pub push_rate: f64,
    /// How many requests with one token such a push has.
    pub push_requests: u32,
    /// Over so many cores that serve.
    pub cores: usize,
}

/// What the client's own token says of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DecisionRow {
    /// `PROJECT/REPOSITORY`.
    pub repository: String,
    /// Which core, or `front`.
    pub at: String,
    /// Whom the token was issued to; absent where to nobody, or where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Clean>,
    /// What it grants there.
    pub actions: Vec<Clean>,
    /// The status of the token's request; absent where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_status: Option<u16>,
    /// The status of the upload's start; 202 is that a push works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_status: Option<u16>,
}
