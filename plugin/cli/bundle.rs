//! The arguments of `kubectl regauth collect` and `kubectl regauth analyze`.

use std::path::PathBuf;

use clap::Args;

use super::workloads::FixAs;
use super::{CheckUpArgs, OutputArgs};

pub(super) const COLLECT_HELP: &str = "\
What it does:
  Looks at everything as `doctor` does, and writes what was seen as one file, for somebody else or
  for later: `kubectl regauth analyze FILE` says the same causes without the cluster. The file is a
  gzipped tar of JSON with checksums. It holds no credential; it does hold names of namespaces,
  workloads, Secrets, nodes, registries and users, which --anonymize replaces, each by the same
  other name wherever it stands. Look at the result before you give it away: free text may hold
  more than names.

Exit status:
  0 written   2 usage, or nothing could be written   130 interrupted; what was seen is written

Examples:
  kubectl regauth collect incident-42.regauth -n team
  kubectl regauth collect - -A --read-only --anonymize >cluster.regauth";

pub(super) const ANALYZE_HELP: &str = "\
What it does:
  Judges what `collect` wrote, with the rules of this version, and prints what `doctor` would have
  printed. No cluster and no network are needed. With --compare it says what is new since another
  file, what is still there and what is gone.

Exit status:
  0 all is well   1 a finding at or above --fail-on   2 usage, or FILE cannot be read
  3 nothing was found, but something could not be told

Examples:
  kubectl regauth analyze incident-42.regauth
  kubectl regauth analyze today.regauth --compare yesterday.regauth -o html >report.html";

#[derive(Args, Debug)]
pub struct Collect {
    /// The file to write; `-` is stdout
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace names of namespaces, workloads, Secrets, nodes, hosts, images and users
    #[arg(long)]
    pub anonymize: bool,
    /// Replace FILE if it is there
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub checkup: CheckUpArgs,
}

#[derive(Args, Debug)]
pub struct Analyze {
    /// What `collect` wrote; `-` is stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What `collect` wrote earlier: say what is new since then, still there and gone
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// How mends are written [default: as it was collected]
    #[arg(long, value_name = "FORMAT")]
    pub fix_format: Option<FixAs>,
    #[command(flatten)]
    pub output: OutputArgs,
}
