//! The arguments of `kubectl regauth limits`.

use clap::{Args, ValueEnum};

use super::{IdentityArgs, NodeArgs, OutputArgs, ProbeArgs, RunArgs, StoreArgs};

pub(super) const HELP: &str = "\
What it does:
  Asks Docker Hub from each node how many pulls are left, anonymously and with each credential
  of the identity, and groups the answers by what is charged: an address, which nodes behind
  one gateway share, or an account. Nothing is pulled, and asking is not charged. An image
  that answers without a limit is not limited.

Exit status:
  0 enough is left   1 a finding at or above --fail-on   2 usage, or nothing could be judged
  3 nothing was found, but something could not be told    130 interrupted

Examples:
  kubectl regauth limits
  kubectl regauth limits nginx:1.27 --as-workload deploy/web --threshold 30
  kubectl regauth limits --network local";

#[derive(Args, Debug)]
pub struct Limits {
    /// Images to ask about as well
    #[arg(value_name = "IMAGE")]
    pub images: Vec<String>,

    /// The network that is looked from
    #[arg(long, value_name = "NETWORK", default_value = "node")]
    pub network: LimitsNetwork,
    /// The share of the limit under which what is left is little
    #[arg(long, value_name = "PERCENT", default_value_t = regauth::plan::RATE_LIMIT_THRESHOLD_PERCENT)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
    pub threshold: u8,

    #[command(flatten)]
    pub identity: IdentityArgs,
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

/// Where limits are asked from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LimitsNetwork {
    /// The nodes' network, as the kubelet
    Node,
    /// This machine, with its own credentials; no cluster
    Local,
}
