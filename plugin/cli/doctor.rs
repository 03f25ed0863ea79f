//! The arguments of `kubectl regauth doctor`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use regauth::evidence::workloads::Resource;

use super::workloads::FixAs;
use super::{EventArgs, OutputArgs, ProbeArgs, ScopeArgs};
use crate::settings;

pub(super) const HELP: &str = "\
What it does:
  The first command to run. Side by side it looks at pulls that fail and at what workloads have
  for credentials (as `why` and `secrets` do), at the nodes' clocks by their leases (about 11 s),
  and at Harbor's cores, if there is a Harbor (as `harbor --via port-forward`). Then it tests what
  these leave open, as the workload in question: first with a probe, and with a pull by the kubelet
  only where the probe settles nothing, since that leaves the image on the node. One running
  workload for each registry is tested beside them. A part that fails or is not allowed stops none
  of the others, and is told at the end; --skip leaves out on purpose what you may not read.

Exit status:
  0 all is well   1 a finding at or above --fail-on   2 usage, or nothing could be judged
  3 nothing was found, but something could not be told   130 interrupted

Examples:
  kubectl regauth doctor -n team
  kubectl regauth doctor -A --read-only
  kubectl regauth doctor -A --compare yesterday.regauth --save today.regauth
  kubectl regauth doctor -n team --skip nodes,clocks        # with rights in one namespace only
  kubectl regauth doctor -n team --image registry.example.com/team/app:1 --max-pods 6";

#[derive(Args, Debug)]
pub struct Doctor {
    /// What `collect` wrote earlier: say what is new since then, still there and gone
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Keep what was seen in a new file as well, as `collect` does
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    #[command(flatten)]
    pub checkup: CheckUpArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub events: EventArgs,
}

/// What is looked at, for every command that looks at everything.
#[derive(Args, Debug)]
pub struct CheckUpArgs {
    /// In all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// An image to test as well, as the namespace's default ServiceAccount (repeatable)
    #[arg(long = "image", value_name = "REFERENCE", value_parser = settings::image)]
    pub images: Vec<String>,
    /// Create nothing: without the tests
    #[arg(long)]
    pub read_only: bool,
    /// Time limit of all parts together
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = settings::run_limit)]
    pub max_duration: Duration,
    /// How many pods the tests may make
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub max_pods: usize,
    /// How mends are written
    #[arg(long, value_name = "FORMAT", default_value = "kubectl")]
    pub fix_format: FixAs,
    /// Leave out what you may not read or do not want read, so that it does not count as unknown (repeatable)
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub skip: Vec<CheckUpPart>,
    #[command(flatten)]
    pub probing: ProbeArgs,
}

/// A part of a check-up that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckUpPart {
    /// What pull secrets hold
    Secrets,
    /// What nodes have and lack
    Nodes,
    /// Harbor's cores
    Harbor,
    /// The nodes' clocks
    Clocks,
}

impl CheckUpPart {
    /// What is not looked at without it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Secrets => "the contents of pull secrets",
            Self::Nodes => "what nodes have and lack",
            Self::Harbor => "whether there is a Harbor, and its cores",
            Self::Clocks => "the nodes' clocks",
        }
    }

    /// The lists that are not read without it.
    fn resources(self) -> &'static [Resource] {
        match self {
            Self::Secrets => &[Resource::Secrets, Resource::SecretNames],
            Self::Nodes => &[Resource::Nodes],
            Self::Harbor | Self::Clocks => &[],
        }
    }
}

impl CheckUpArgs {
    /// The workloads that are looked at.
    pub fn scope(&self) -> ScopeArgs {
        ScopeArgs {
            workloads: Vec::new(),
            all_namespaces: self.all_namespaces,
            selector: None,
            timeout: self.max_duration,
            fix_format: self.fix_format,
            without: self.skip.iter().flat_map(|part| part.resources()).copied().collect(),
        }
    }

    /// Whether a part is looked at.
    pub fn wants(&self, part: CheckUpPart) -> bool {
        !self.skip.contains(&part)
    }
}
