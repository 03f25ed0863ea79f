//! The arguments of `kubectl regauth clock`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{NodeArgs, OutputArgs, ProbeArgs, RunArgs};
use crate::settings;

pub(super) const HELP: &str = "\
What it does:
  Watches the leases that kubelets renew every 10 s by their own clocks, and compares them: all
  nodes within one renew period, by one watch, without a pod. This machine's clock has no part
  in how far nodes are apart. A renewal that is slow looks like a clock that is behind:
  such a node's next one is waited for, at most one more period; --listen takes more samples.
  --method probe asks time servers, the kernel and registries from a pod on each node.

What a difference means:
  60 s   what Harbor from 2.11 on forgives a token's times (the default of --threshold)
  0.5 s  Harbor up to 2.10 forgives nothing: a warning

Exit status:
  0 all clocks agree   1 a finding at or above --fail-on   2 usage, or nothing could be judged
  3 nothing was found, but something could not be told
  130 interrupted; --watch is meant to be, and ends by what was found

Examples:
  kubectl regauth clock
  kubectl regauth clock --listen 1m --threshold 100ms
  kubectl regauth clock --watch
  kubectl regauth clock --method probe --ntp-server ntp.example.com harbor.example.com/team/app:1";

#[derive(Args, Debug)]
pub struct Clock {
    /// Images whose registry and token service tell their time to the probes as well
    #[arg(value_name = "IMAGE", value_parser = settings::image)]
    pub images: Vec<String>,

    /// How clocks are read
    #[arg(long, value_name = "METHOD", default_value = "lease")]
    pub method: ClockMethod,
    /// How long leases are watched; longer takes more samples [default: until each was renewed, 11s at most]
    #[arg(long, value_name = "DURATION", value_parser = settings::listen, conflicts_with = "watch")]
    pub listen: Option<Duration>,
    /// Go on until interrupted, and show which clock is the worst; ends with the report
    #[arg(short, long)]
    pub watch: bool,
    /// A difference beyond this is an error
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = settings::threshold)]
    pub threshold: Duration,
    /// A time server that probes ask (repeatable); the ones that the nodes are told to use cannot be known
    #[arg(long = "ntp-server", value_name = "HOST[:PORT]", value_parser = settings::time_server)]
    pub ntp_servers: Vec<String>,

    #[command(flatten)]
    pub nodes: NodeArgs,
    #[command(flatten)]
    pub probe: ProbeArgs,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How clocks are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClockMethod {
    /// By the renewals of the nodes' leases; no pods
    Lease,
    /// By a probe on each node
    Probe,
    Both,
}

impl ClockMethod {
    /// Whether leases are watched.
    pub fn has_leases(self) -> bool {
        self != Self::Probe
    }

    /// Whether probes look.
    pub fn has_probes(self) -> bool {
        self != Self::Lease
    }
}
