//! The arguments of `kubectl regauth harbor`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, FromArgMatches, ValueEnum};
use regauth::plan::harbor::FRONT_TOKENS;

use super::{EventArgs, OutputArgs, ProbeArgs, RunArgs, StoreArgs};
use crate::settings;

pub(super) const HELP: &str = "\
What it does:
  Finds Harbor's core pods and asks each at its own address, never through the Service: which
  key signs its tokens (an anonymous token tells), what its clock says, and who accepts whose
  tokens. Beside it, what clients see at the front door, over fresh connections. Compares keys,
  configuration and images of the pods as far as you may read them. Nothing is written, no
  password is guessed, and a credential that is refused is sent once.

Ways to the cores:
  --via pod           a short-lived pod in Harbor's namespace (the default)
  --via port-forward  from this machine, through the API server; needs no image of ours, and is
                      taken by itself when the probe's image cannot be had
  --url URL           from this machine, without a cluster: many tokens over fresh connections;
                      two different key ids prove that cores differ, one proves nothing where a
                      load balancer keeps you at one core

Credentials:
  None is needed. One is sent only with --pull-secret (a pod mounts it, this program never reads
  it), with --docker-config or --client (this machine's, for the other ways), and with --url and
  --project, which take what Docker, Podman or Helm would send from this machine. In the cluster
  it goes to core's own port, in the clear where Harbor's pods speak HTTP to each other.

Exit status:
  0 all is well       1 a finding at or above --fail-on    2 usage, or nothing could be judged
  3 nothing was found, but something could not be told     130 interrupted

Examples:
  kubectl regauth harbor -n harbor
  kubectl regauth harbor -n harbor --exec --logs=24h
  kubectl regauth harbor -n harbor --pull-secret regcred --project team/app
  kubectl regauth harbor --url https://harbor.example.com --project team/app \\
     --docker-config ./ci-config.json";

#[derive(Args, Debug)]
pub struct Harbor {
    /// How the cores are reached [default: pod, or port-forward where the probe cannot run]
    #[arg(long, value_name = "WAY", conflicts_with = "url")]
    pub via: Option<HarborVia>,
    /// Harbor's URL: asks from this machine, without a cluster
    // Not parsed here, nor is --front: an error of the parser would repeat a password.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// An address behind that URL to ask by itself, such as a virtual machine's (repeatable)
    #[arg(long = "endpoint", value_name = "IP:PORT", requires = "url", value_parser = settings::endpoint)]
    pub endpoints: Vec<SocketAddr>,
    /// The labels of core's pods, where Harbor is not found by those of its charts and operator
    #[arg(long, value_name = "SELECTOR", conflicts_with = "url")]
    pub selector: Option<String>,
    /// The front door to ask beside the cores [default: core's Service; with port-forward, Harbor's external URL]
    #[arg(long, value_name = "URL", conflicts_with = "url")]
    pub front: Option<String>,
    /// How many tokens are asked at the front door, each over a fresh connection
    #[arg(long, value_name = "N", default_value_t = FRONT_TOKENS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub front_requests: u32,
    /// A repository that a push fails for: says whether it is the credential, a right, the project, the key, a clock
    /// or a read-only Harbor. Needs a credential
    #[arg(long, value_name = "PROJECT/REPOSITORY", value_parser = settings::harbor_repository)]
    pub project: Option<String>,
    /// The credential: a pull secret in Harbor's namespace
    #[arg(long, value_name = "NAME", value_parser = settings::object_name, conflicts_with = "url")]
    pub pull_secret: Option<String>,
    /// Compute checksums in the core pods: of the key's file, and of configuration that must be equal. Needs the
    /// right to create pods/exec; keys and values never leave the pods
    #[arg(long, conflicts_with = "url")]
    pub exec: bool,
    /// Count the telling lines of the cores' logs, from so long ago on [default: 1h]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "1h", value_parser = settings::duration, conflicts_with = "url")]
    pub logs: Option<Duration>,
    /// Ask Harbor's external URL from the network of every node as well, as its pulls do (a pod a node, hostNetwork)
    #[arg(long, conflicts_with_all = ["url", "via"])]
    pub from_nodes: bool,
    /// Compare the nodes' clocks as well, by their leases; takes 11 seconds, and up to 11 more where one
    /// is heard late
    #[arg(long, conflicts_with = "url")]
    pub clocks: bool,
    /// The node that the pod runs on [default: one that is ready]
    #[arg(long, value_name = "NAME", value_parser = settings::object_name, conflicts_with = "url")]
    pub node: Option<String>,

    #[command(flatten)]
    pub probe: ProbeArgs,
    #[command(flatten)]
    pub stores: StoreArgs,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub events: EventArgs,
}

/// How cores are reached in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HarborVia {
    /// A short-lived pod in Harbor's namespace
    Pod,
    /// This machine, through the API server
    PortForward,
}

impl Harbor {
    /// What each flag has by itself.
    ///
    /// # Errors
    ///
    /// Only if a flag had no value of its own.
    pub fn without_flags() -> Result<Self, String> {
        let matches = Self::augment_args(clap::Command::new("harbor")).try_get_matches_from(["harbor"]);
        let read = matches.and_then(|matches| Self::from_arg_matches(&matches));
        read.map_err(|error| error.to_string())
    }

    /// The first flag about a cluster that was given, if any.
    pub fn given_for_cluster(&self) -> Option<&'static str> {
        self.probe.given_for_pods().or_else(|| self.run.given_for_cluster())
    }

    /// Whether a credential of this machine was asked for.
    pub fn wants_store(&self) -> bool {
        self.stores.given().is_some()
    }
}
