//! The arguments of `kubectl regauth push`.

use std::time::Duration;

use clap::Args;

use super::{BuilderArgs, IdentityArgs, NodeArgs, OutputArgs, ProbeArgs, RunArgs, StoreArgs, VantagePoint};
use crate::settings;

pub(super) const HELP: &str = "\
What it does:
  Starts an upload to the repository and cancels it: that it may be started proves the right
  to push, and nothing is left behind. It looks from one node, unless --node, --node-selector
  or --all-nodes say otherwise. With --as-workload, the docker configuration that the
  builder's containers mount is used, as their program reads it; a pull secret does nothing
  for what a builder pushes. With --repeat each try uses a new connection. It stops when the
  registry refuses the credential itself, so that no account is locked, and goes on after a
  refusal that came although a token had been granted: registries whose replicas hold
  different keys refuse now and then.

Exit status:
  0 the push is allowed  1 a finding at or above --fail-on  2 usage, or nothing could be judged
  3 nothing was found, but something could not be told         130 interrupted

Examples:
  kubectl regauth push registry.example.com/team/app --as-workload deploy/buildkit
  kubectl regauth push registry.example.com/team/app --docker-config-secret ci \\
     --labels app=kaniko
  kubectl regauth push registry.example.com/team/app --pull-secret robot --repeat 100 \\
     --interval 500ms
  kubectl regauth push registry.example.com/team/app --network local";

#[derive(Args, Debug)]
pub struct Push {
    /// The repository, without tag or digest
    #[arg(value_name = "REPOSITORY")]
    pub repository: String,

    /// The network that is looked from
    #[arg(long, value_name = "NETWORK", default_value = "pod")]
    pub network: VantagePoint,
    /// How often the push is tried, to find refusals that come and go
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub repeat: u32,
    /// The pause between repeated tries
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = settings::duration)]
    pub interval: Duration,

    #[command(flatten)]
    pub identity: IdentityArgs,
    #[command(flatten)]
    pub builder: BuilderArgs,
    #[command(flatten)]
    pub stores: StoreArgs,
    #[command(flatten)]
    pub nodes: NodeArgs,
    #[command(flatten)]
    pub probe: ProbeArgs,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}
