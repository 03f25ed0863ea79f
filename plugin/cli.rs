//! The arguments, as the user types them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use regauth::collect::identity::WorkloadRef;

use crate::cli_image::Image;
use crate::settings;

/// Why can this cluster not pull (or push) this image?
#[derive(Debug, Parser)]
#[command(name = "kubectl-regauth", bin_name = "kubectl regauth", version, propagate_version = true)]
#[command(disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub connection: Connection,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Have the kubelets of the nodes pull an image, and say which cannot and why
    #[command(after_help = PULL_HELP)]
    Pull(Box<Pull>),
    /// Remove what runs of a killed client left in the cluster
    #[command(after_help = CLEANUP_HELP)]
    Cleanup(Cleanup),
    /// Print the least rights that each part needs, as RBAC manifests
    #[command(after_help = RBAC_HELP)]
    Rbac(Rbac),
    /// The probe's image, for registries that cannot reach the internet
    Image(Image),
}

const PULL_HELP: &str = "\
What it does:
  Makes one short-lived pod a node, whose containers refer to a ConfigMap that does not exist: the
  kubelet pulls the image by the node's own path (runtime, mirrors, CA, proxy, credentials) and
  starts nothing of it. The image is DOWNLOADED to the tested nodes and stays there, so pods with
  imagePullPolicy IfNotPresent may start afterwards as if the fault were mended; and each pull
  counts against a registry's pull limit.

Exit status:
  0 all pulls work    1 a finding at or above --fail-on    2 usage, or nothing could be judged
  3 nothing was found, but something could not be told     130 interrupted

Examples:
  kubectl regauth pull registry.example.com/team/app:1.2 --as-workload deploy/web
  kubectl regauth pull nginx:1.27 --node node-a --node node-b --no-pull-secret";

const CLEANUP_HELP: &str = "\
Only runs past their deadline are removed, unless --run or --force says otherwise: another run may
be a colleague's that is going on.

Examples:
  kubectl regauth cleanup -n team-a
  kubectl regauth cleanup -A --yes";

const RBAC_HELP: &str = "\
Without a flag, the rights of all parts are printed. No part needs to read Secrets. But mind that
whoever may create pods in a namespace can use every Secret and ServiceAccount in it.

Examples:
  kubectl regauth rbac --pull | kubectl apply -f -
  kubectl regauth rbac --read-only";

/// kubectl's own flags; they mean what they mean in kubectl.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Connection, as in kubectl")]
pub struct Connection {
    /// The kubeconfig file
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig's cluster
    #[arg(long, global = true, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The kubeconfig's user
    #[arg(long, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// The namespace [default: the context's]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// User to act as
    #[arg(long = "as", global = true, value_name = "USER")]
    pub impersonate: Option<String>,
    /// Group to act as (repeatable)
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,
    /// UID to act as
    #[arg(long = "as-uid", global = true, value_name = "UID")]
    pub impersonate_uid: Option<String>,
    /// URL of the API server
    #[arg(short, long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// File with the CA of the API server
    #[arg(long, global = true, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// Name to expect in the API server's certificate
    #[arg(long, global = true, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// Time limit of one request, such as 10s; 0 for none
    #[arg(long, global = true, value_name = "DURATION", default_value = "0", value_parser = settings::duration)]
    pub request_timeout: std::time::Duration,
    /// Log level: 1 shows warnings, 6 each request; never a body or a header
    #[arg(short = 'v', long = "v", global = true, value_name = "LEVEL", default_value_t = 0)]
    pub verbosity: u8,
}

#[derive(Args, Debug)]
pub struct Pull {
    /// Images to pull [default with --as-workload: the workload's own]
    #[arg(value_name = "IMAGE")]
    pub images: Vec<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,
    #[command(flatten)]
    pub nodes: NodeArgs,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Identity: what the pulls are done as")]
pub struct IdentityArgs {
    /// A workload: its ServiceAccount and pull secrets (pod, deploy, sts, ds, rs, job or cronjob)
    #[arg(long, value_name = "KIND/NAME", value_parser = str::parse::<WorkloadRef>)]
    #[arg(conflicts_with_all = ["service_account", "pull_secrets", "no_pull_secret"])]
    pub as_workload: Option<WorkloadRef>,
    /// A ServiceAccount with its pull secrets [default: default]
    #[arg(long, value_name = "NAME", value_parser = settings::object_name)]
    pub service_account: Option<String>,
    /// A pull secret, in place of the ServiceAccount's (repeatable)
    #[arg(long = "pull-secret", value_name = "NAME", conflicts_with = "no_pull_secret")]
    #[arg(value_parser = settings::object_name)]
    pub pull_secrets: Vec<String>,
    /// No pull secret, not even the ServiceAccount's; the node's own credentials may still apply
    #[arg(long)]
    pub no_pull_secret: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Nodes")]
pub struct NodeArgs {
    /// A node to test (repeatable) [default: all, of more than 100 a sample]
    #[arg(long = "node", value_name = "NAME", conflicts_with = "all_nodes", value_parser = settings::object_name)]
    pub nodes: Vec<String>,
    /// Test the nodes with these labels
    #[arg(long, value_name = "SELECTOR")]
    pub node_selector: Option<String>,
    /// Test all nodes, however many there are
    #[arg(long)]
    pub all_nodes: bool,
    /// Let one node go first, and send a credential that is refused there from no other
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub one_first: OneFirst,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Print what would be created, as YAML; `server` has the API server's admission look at it
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "client", default_value = "none", hide_default_value = true)]
    pub dry_run: DryRun,
    /// Time limit of the run
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = settings::run_limit)]
    pub timeout: std::time::Duration,
    /// Leave the Job and its pods for inspection until the Job's deadline (--timeout and a minute)
    #[arg(long)]
    pub keep: bool,
    /// Do not ask before many pulls from Docker Hub
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    /// The least severity of a finding that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    pub fail_on: FailOn,
}

#[derive(Args, Debug)]
pub struct Cleanup {
    /// In all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// The run with this id, also if it is going on
    #[arg(long, value_name = "ID", conflicts_with = "force")]
    pub run: Option<String>,
    /// All runs, also those that are going on
    #[arg(long)]
    pub force: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Args, Debug)]
pub struct Rbac {
    /// What `pull` needs
    #[arg(long)]
    pub pull: bool,
    /// What `cleanup` needs
    #[arg(long)]
    pub cleanup: bool,
    /// What is needed to plan a run without creating anything (`pull --dry-run`)
    #[arg(long)]
    pub read_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OneFirst {
    /// With a credential and more than 3 nodes
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    #[value(hide = true)]
    None,
    Client,
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Wide,
    Json,
    Yaml,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}
