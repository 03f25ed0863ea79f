//! The arguments of `kubectl regauth monitor`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::{CheckUpArgs, EventArgs};
use crate::settings;

pub(super) const HELP: &str = "\
What it does:
  Goes on until it is ended: looks at everything as `doctor` does, again and again, and serves what
  it came to at /metrics for Prometheus (docs/metrics.md) and whether it is alive at /healthz. Made
  for a Deployment with one replica (manifests/); outside a pod it uses the kubeconfig. A check-up
  that fails is counted, and the figures of the last one that worked go on being served with its
  time. Kubelets' pulls of every day are counted where events may be listed.
  A canary starts an upload to a repository and cancels it, as `push` does from the pods' network:
  in the check-up's namespace, never beside a check-up, and less often once its credential is
  refused. Harbor's refused requests are read from its cores' own metrics where they are enabled,
  else from their logs where these may be read.

Exit status:
  0 it was ended by a signal   2 usage, or it could not begin

Examples:
  kubectl regauth monitor -A --read-only
  kubectl regauth monitor -A --listen 0.0.0.0:9464 --interval 10m --emit-events
  kubectl regauth monitor -n ci --push-canary registry.example.com/canary/app \\
     --canary-pull-secret regcred";

#[derive(Args, Debug)]
pub struct Monitor {
    #[command(flatten)]
    pub checkup: CheckUpArgs,
    /// Where metrics are served; port 0 takes a free one, which is told
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:9464")]
    #[arg(value_parser = settings::listen_address)]
    pub listen: SocketAddr,
    /// From the beginning of one check-up to that of the next, give or take 10 %
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = settings::interval)]
    pub interval: Duration,
    #[command(flatten)]
    pub canary: CanaryArgs,
    #[command(flatten)]
    pub events: EventArgs,
}

/// Pushes that are tried again and again.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Push canary")]
pub struct CanaryArgs {
    /// A repository to which an upload is started and cancelled (repeatable)
    #[arg(long = "push-canary", value_name = "REPOSITORY")]
    pub repositories: Vec<String>,
    /// The ServiceAccount whose pull secrets the canary uses [default: default]
    #[arg(long = "canary-service-account", value_name = "NAME", requires = "repositories")]
    #[arg(value_parser = settings::object_name)]
    pub service_account: Option<String>,
    /// A pull secret for the canary, in place of the ServiceAccount's
    #[arg(long = "canary-pull-secret", value_name = "NAME", requires = "repositories")]
    #[arg(value_parser = settings::object_name)]
    pub pull_secret: Option<String>,
    /// From one try to the next, give or take 10 %
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    #[arg(value_parser = settings::interval)]
    pub canary_interval: Duration,
}
