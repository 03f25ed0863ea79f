//! What is asked of a Harbor.

use serde::{Deserialize, Serialize};

use crate::evidence::harbor::seen::Via;

/// Up to so many cores each verifies the tokens of each; of more, each of a few.
pub const FULL_MATRIX: usize = 20;
/// How many anonymous tokens are asked at the front door, each over a fresh connection.
pub const FRONT_TOKENS: u32 = 30;

/// The plan of one look at a Harbor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct HarborPlan {
    /// How its cores are reached.
    pub via: Via,
    /// Whether the checksums of the key files are computed in the pods.
    pub exec: bool,
    /// From how long ago on the cores' logs are read, in seconds; absent: they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs_seconds: Option<u64>,
    /// What the observer asks the cores.
    pub ask: HarborAsk,
}

/// What an observer asks Harbor's cores: plain data without secrets, since it stands in a pod's arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct HarborAsk {
    /// How the cores are reached.
    pub via: Via,
    /// The cores, or the addresses of the URL.
    pub cores: Vec<CoreAddress>,
    /// The front door's URL, without user and password; absent: it is not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<String>,
    /// Whether the user says that the credential may go to the front door in the clear.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub front_plain_http: bool,
    /// How many anonymous tokens are asked at the front door.
    pub front_tokens: u32,
    /// The repository of the decision by the client's own token: `PROJECT/REPOSITORY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

/// Where a core is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CoreAddress {
    /// The pod's name; for an address of the URL the address itself.
    pub name: String,
    /// `ip:port` to connect to.
    pub address: String,
    /// Whether TLS is spoken there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls: bool,
}
