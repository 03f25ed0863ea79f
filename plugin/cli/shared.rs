//! Arguments that several commands have: as whom, on which nodes, for how long, and what is printed.

use clap::{Args, ValueEnum};
use regauth::collect::identity::WorkloadRef;

use super::Format;
use crate::settings;

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Identity: what it is done as")]
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

impl IdentityArgs {
    /// The first flag that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.as_workload.is_some(), "--as-workload"),
            (self.service_account.is_some(), "--service-account"),
            (!self.pull_secrets.is_empty(), "--pull-secret"),
            (self.no_pull_secret, "--no-pull-secret"),
        ];
        first(&flags)
    }
}

impl NodeArgs {
    /// These nodes; none: as the command chooses.
    pub fn of(nodes: Vec<String>, one_first: OneFirst) -> Self {
        Self { nodes, node_selector: None, all_nodes: false, one_first }
    }

    /// The first flag that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            (!self.nodes.is_empty(), "--node"),
            (self.node_selector.is_some(), "--node-selector"),
            (self.all_nodes, "--all-nodes"),
            (self.one_first != OneFirst::Auto, "--one-first"),
        ];
        first(&flags)
    }
}

impl RunArgs {
    /// A run within something larger, which nobody is asked about.
    pub fn unasked(timeout: std::time::Duration) -> Self {
        Self { dry_run: DryRun::None, timeout, keep: false, yes: true }
    }

    /// The first flag that was given and means something in a cluster only, if any.
    pub fn given_for_cluster(&self) -> Option<&'static str> {
        first(&[(self.dry_run != DryRun::None, "--dry-run"), (self.keep, "--keep")])
    }
}

fn first(flags: &[(bool, &'static str)]) -> Option<&'static str> {
    flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
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

#[derive(Args, Clone, Copy, Debug)]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OneFirst {
    /// With a credential and more than 3 pods that could send it
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
pub enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}
