//! The arguments of `kubectl regauth why` and `secrets`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use regauth::collect::identity::WorkloadRef;
use regauth::evidence::workloads::Resource;
use regauth::plan::FixFormat;

use super::{EventArgs, OutputArgs, ProbeArgs};
use crate::settings;

pub(super) const WHY_HELP: &str = "\
What it does:
  Reads pods, their events, ServiceAccounts and the Secrets that they name, and says of each image
  that a pod lacks: which credentials the kubelet tries, in its order, and what each is; what the
  registry said; the cause; and the command that mends it. Where other pods have the image, it says
  on which nodes and with which secret. Nothing is created. Of a Secret only kind, user and expiry
  are kept; without the right to read Secrets it goes on without what is in them.
  --probe tests the pulls in question again from inside the cluster, as `pull` does: on a node where
  they fail and on one where they do not.

Exit status:
  0 no pull fails   1 a finding at or above --fail-on   2 usage, or nothing could be judged
  3 nothing was found, but something could not be told   130 interrupted

Examples:
  kubectl regauth why
  kubectl regauth why deploy/web -n team
  kubectl regauth why pod/web-5d4f-x2 -n team --probe
  kubectl regauth why -A -o json";

pub(super) const SECRETS_HELP: &str = "\
What it does:
  An audit before anything fails: for each workload, image and identity the pull secret that is
  missing, of the wrong type, malformed, empty, without an entry for the registry, expired or about
  to; copies of one Secret that differ; a workload without the secret that its siblings have;
  builders that mount their docker configuration where nothing reads it. Nothing is created or
  asked of a registry. Only Secrets that a workload names are read, and of them only kind, user
  and expiry are kept.

Exit status:
  0 all is well   1 a finding at or above --fail-on   2 usage, or nothing could be judged
  3 nothing was found, but something could not be told   130 interrupted

Examples:
  kubectl regauth secrets -n team
  kubectl regauth secrets -A --within 14d
  kubectl regauth secrets deploy/web -n team --fix-format kustomize";

#[derive(Args, Debug)]
pub struct Why {
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Test the pulls that fail again, from inside the cluster: on a node where they fail and on one where they do not
    #[arg(long)]
    pub probe: bool,
    /// Do not ask before many pulls from Docker Hub (--probe)
    #[arg(short, long, requires = "probe")]
    pub yes: bool,
    #[command(flatten)]
    pub probing: ProbeArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub events: EventArgs,
}

#[derive(Args, Debug)]
pub struct Secrets {
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Warn of credentials that live longer than two days and end within this time, such as 14d
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = settings::long_duration)]
    pub within: Duration,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub events: EventArgs,
}

/// Which workloads are looked at, and how mends are written.
#[derive(Args, Debug)]
pub struct ScopeArgs {
    /// Workloads, such as pod/web-1 or deploy/web [default: all of the namespace]
    #[arg(value_name = "KIND/NAME", value_parser = str::parse::<WorkloadRef>)]
    #[arg(conflicts_with_all = ["all_namespaces", "selector"])]
    pub workloads: Vec<WorkloadRef>,
    /// In all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Pods with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Time limit
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = settings::run_limit)]
    pub timeout: Duration,
    /// How mends are written
    #[arg(long, value_name = "FORMAT", default_value = "kubectl")]
    pub fix_format: FixAs,
    /// Of what would be read, this is left out
    #[arg(skip)]
    pub without: Vec<Resource>,
}

/// The form of mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FixAs {
    /// Commands to paste
    Kubectl,
    /// A kustomization
    Kustomize,
    /// Values of a Helm chart, by the common conventions
    HelmValues,
    /// Garden's patchResources and a shared variable
    Garden,
}

impl From<FixAs> for FixFormat {
    fn from(format: FixAs) -> Self {
        match format {
            FixAs::Kubectl => Self::Kubectl,
            FixAs::Kustomize => Self::Kustomize,
            FixAs::HelmValues => Self::HelmValues,
            FixAs::Garden => Self::Garden,
        }
    }
}
