//! What a probe is told to do: plain data without secrets, since it stands in the pod's arguments.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::evidence::probe::Action;
use crate::plan::{ClockAsk, HarborAsk};
use crate::secret::{Fingerprint, RunKeyText};

/// Docker Hub's image that shows what is left of the pull limit; a HEAD of it is not charged (Docker's
/// documentation, "Docker Hub usage and limits").
pub const RATE_LIMIT_PREVIEW: &str = "docker.io/ratelimitpreview/test:latest";

/// One probe's task. The pod's only argument is this as JSON. Its `Debug` leaves the run's key out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    /// What to ask.
    pub action: Action,
    /// Images, or repositories for a push, as the user wrote them.
    pub targets: Vec<String>,
    /// The node's platform, as `os/architecture`; empty: the probe's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// Where credentials lie, in the kubelet's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// The run's key for fingerprints, in hexadecimal digits. It keys nothing but comparisons within the run.
    pub run_key: RunKeyText,
    /// Credentials that the registry has refused elsewhere: they are not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// The proxy to use, as `http://host:port`; empty: the environment's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub proxy: String,
    /// Files with certificates (PEM) to trust beside the image's own, or folders of such files: a mounted
    /// ConfigMap or Secret, whose own files start with `..`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_bundles: Vec<PathBuf>,
    /// Certificates (PEM) to trust beside the image's own; at most 64 KiB in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_pem: Vec<String>,
    /// The folder that stands for the node's root: `etc/hosts`, `etc/ssl`, `etc/pki`, `etc/containerd/certs.d`
    /// and the like are beneath it, as far as the node has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_config: Option<PathBuf>,
    /// Registries (`host:port`) that the user says speak plain HTTP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plain_http: Vec<String>,
    /// What to ask Harbor's cores, for that action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harbor: Option<HarborAsk>,
    /// What to ask about the clock, for that action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockAsk>,
    /// How often a push is repeated; 0 or 1: once.
    #[serde(default)]
    pub repeat: u32,
    /// The pause between repeated pushes, in milliseconds.
    #[serde(default)]
    pub interval_ms: u64,
    /// How long everything may take, in seconds.
    pub timeout_seconds: u64,
    /// How many bytes the termination message may have.
    pub message_bytes: usize,
}

/// Where credentials lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// What to call it in evidence: `secret/regcred`, or a file's name.
    pub name: String,
    /// A mounted Secret's folder, or a docker configuration file.
    pub path: PathBuf,
    /// Who reads it.
    pub reader: Reader,
}

/// Who reads a docker configuration, which decides what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Reader {
    /// The kubelet, from a pull secret: `path` is a folder.
    Kubelet,
    /// A builder or a program on a laptop, from its docker configuration: `path` is a file or a folder that
    /// holds `config.json`.
    Client,
}

/// A credential that the registry refused elsewhere in this run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refused {
    /// Its fingerprint under the run's key; `*` for any: a kubelet does not say which it sent.
    pub fingerprint: String,
    /// The node where it was refused.
    pub on: String,
    /// The origin of the token service or registry that refused it ([`Attempt::sent_to`]); empty for any: a kubelet
    /// does not say.
    ///
    /// [`Attempt::sent_to`]: crate::evidence::probe::Attempt::sent_to
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
}

impl Refused {
    /// Whether it keeps a credential from being sent to an origin.
    pub fn holds_back(&self, fingerprint: &Fingerprint, origin: &str) -> bool {
        let is_it = self.fingerprint == "*" || self.fingerprint == fingerprint.as_str();
        is_it && (self.origin.is_empty() || self.origin == origin)
    }
}
