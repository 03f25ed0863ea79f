//! What is at work, as `kubectl regauth version` prints it.

use regauth::compatibility::Fit;
use serde::Serialize;

/// What is at work: what the command prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    /// This program.
    pub client: Part,
    /// The API server; absent where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// The probe's image.
    pub probe_image: ProbeImage,
}

/// A version, and the platform that it runs on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// As it is told.
    pub version: String,
    /// Such as `linux/amd64`.
    pub platform: String,
}

/// What is known of the API server.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Server {
    /// It answered.
    Answered {
        /// Its version.
        #[serde(flatten)]
        part: Part,
        /// Whether runs can be made on it.
        #[serde(flatten)]
        fit: Fit,
    },
    /// It did not.
    Silent {
        /// Why.
        problem: String,
    },
}

/// The probe's image that a run would use.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeImage {
    /// Its name.
    pub reference: String,
    /// Who says so.
    pub from: ProbeImageFrom,
    /// The platforms for which this program carries it (`image save`, `image push`).
    pub inside: Vec<String>,
    /// Whether it is of this client's version, and what is inside is there for the nodes.
    #[serde(flatten)]
    pub fit: Fit,
}

/// Where the name of the probe's image comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ProbeImageFrom {
    /// This program's own version.
    Default,
    /// The variable `REGAUTH_PROBE_IMAGE`.
    Variable,
}
