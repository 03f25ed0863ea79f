//! The arguments of `kubectl regauth preflight`.

use std::time::Duration;

use clap::Args;

use super::workloads::FixAs;
use super::{OutputArgs, ProbeArgs};
use crate::settings;

pub(super) const HELP: &str = "\
What it does:
  Before a deploy, or in a pipeline: would every image of these manifests be pullable on this
  cluster, with the identity that they name? It reads whatever has a pod template (of custom
  resources too, where one is found), and judges of each image the reference, the pull secrets
  (missing, malformed, without an entry for it), the registry's answer, and whether there is
  something for the platform of the nodes that its pods can land on. The registry is asked by
  short-lived probes in the cluster, with the pull secrets that are there; where a probe finds no
  way to the registry, by a pull of the node itself. Secrets, ServiceAccounts and namespaces of
  the manifests count as there; what a Secret opens that is not in the cluster yet is not tested.

Exit status:
  0 all is well   1 a finding at or above --fail-on   2 usage, or nothing could be judged
  3 nothing was found, but something could not be told   130 interrupted

Examples:
  kubectl regauth preflight -f deploy/ -R -n team
  helm template web ./chart | kubectl regauth preflight -f - -n team -o junit
  kubectl kustomize overlays/prod | kubectl regauth preflight -f - --read-only
  kubectl regauth preflight -f deploy.yaml -o sarif
  kubectl regauth preflight -f builder.yaml --push registry.example.com/team/app";

#[derive(Args, Debug)]
pub struct Preflight {
    /// A manifest, a folder of manifests, or `-` for the standard input (repeatable)
    #[arg(short, long = "filename", value_name = "FILE|FOLDER|-", required_unless_present = "kustomize")]
    pub filenames: Vec<String>,
    /// Folders with all that is in them
    #[arg(short = 'R', long)]
    pub recursive: bool,
    // Told what to do instead: to build it is kubectl's work.
    #[arg(short = 'k', long, value_name = "FOLDER", hide = true)]
    pub kustomize: Option<String>,
    /// Create nothing: without asking registries
    #[arg(long, conflicts_with = "push")]
    pub read_only: bool,
    /// A repository that builders of the manifests push to: whether they may (repeatable)
    #[arg(long, value_name = "REPOSITORY")]
    pub push: Vec<String>,
    /// Push as this ServiceAccount, in place of the manifests' builders
    #[arg(long, value_name = "NAME", requires = "push", value_parser = settings::object_name)]
    pub service_account: Option<String>,
    /// On how many nodes each image is tested, one of each platform first
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = at_least_one)]
    pub max_nodes: usize,
    /// How many pods the tests may make
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub max_pods: usize,
    /// Time limit
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = settings::run_limit)]
    pub timeout: Duration,
    /// How mends are written
    #[arg(long, value_name = "FORMAT", default_value = "kubectl")]
    pub fix_format: FixAs,
    #[command(flatten)]
    pub probing: ProbeArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("{text:?} is no number of nodes, from 1 on")),
        Ok(number) => Ok(number),
    }
}
