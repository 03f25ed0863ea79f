//! The arguments, as the user types them.

mod bundle;
mod clock;
mod completion;
mod doctor;
mod events;
#[cfg(test)]
mod examples;
mod explain;
mod format;
mod harbor;
mod image;
mod limits;
mod monitor;
mod preflight;
mod probe;
mod pull;
mod push;
mod reach;
mod shared;
mod upkeep;
mod version;
mod workloads;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::bundle::{Analyze, Collect};
pub use self::clock::{Clock, ClockMethod};
pub use self::completion::{Completion, CompletionCommand, CompletionInstall};
pub use self::doctor::{CheckUpArgs, CheckUpPart, Doctor};
pub use self::events::EventArgs;
pub use self::explain::Explain;
pub use self::format::Format;
pub use self::harbor::{Harbor, HarborVia};
pub use self::image::{ArchiveArgs, Image, ImageCommand, ImagePush, ImageSave};
pub use self::limits::{Limits, LimitsNetwork};
pub use self::monitor::Monitor;
pub use self::preflight::Preflight;
pub use self::probe::{Probe, StoreArgs};
pub use self::pull::{Method, Pull, PullNetwork};
pub use self::push::Push;
pub use self::reach::{BuilderArgs, ProbeArgs, ReachArgs, VantagePoint};
pub use self::shared::{DryRun, FailOn, IdentityArgs, NodeArgs, OneFirst, OutputArgs, RunArgs};
pub use self::upkeep::{Cleanup, Rbac, Schema, SchemaOf};
pub use self::version::{DocumentFormat, Version};
pub use self::workloads::{ScopeArgs, Secrets, Why};
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
    /// Look at everything that may keep pulls from working, test what stays open, and say the causes
    #[command(after_help = doctor::HELP)]
    Doctor(Box<Doctor>),
    /// Say why pods lack their image, by what the API server shows; nothing is created
    #[command(after_help = workloads::WHY_HELP)]
    Why(Box<Why>),
    /// Say which workloads lack the credentials that their images need, before a pull fails
    #[command(after_help = workloads::SECRETS_HELP)]
    Secrets(Box<Secrets>),
    /// Say whether every image of manifests could be pulled here, before they are applied
    #[command(after_help = preflight::HELP)]
    Preflight(Box<Preflight>),
    /// Have the nodes pull an image, and say which cannot, at which step and why
    #[command(after_help = pull::HELP)]
    Pull(Box<Pull>),
    /// Say whether an image could be pushed to a repository, without leaving anything there
    #[command(after_help = push::HELP)]
    Push(Box<Push>),
    /// Look at an image or chart from this machine, step by step, with its own credentials; no cluster
    #[command(after_help = probe::HELP)]
    Probe(Box<Probe>),
    /// Say why pushes to Harbor fail now and then: keys, clocks and configuration of its cores
    #[command(after_help = harbor::HELP)]
    Harbor(Box<Harbor>),
    /// Say how many pulls Docker Hub still allows each node, anonymously and with each credential
    #[command(after_help = limits::HELP)]
    Limits(Box<Limits>),
    /// Say how far the nodes' clocks are apart, by their leases or by probes
    #[command(after_help = clock::HELP)]
    Clock(Box<Clock>),
    /// Go on looking as `doctor` does, and serve what it comes to as metrics for Prometheus
    #[command(after_help = monitor::HELP)]
    Monitor(Box<Monitor>),
    /// Find the registry errors in a message or a log, and say what causes them; or tell of a finding code
    #[command(after_help = explain::HELP)]
    Explain(Explain),
    /// Look at everything as `doctor` does, and write what was seen as one file
    #[command(after_help = bundle::COLLECT_HELP)]
    Collect(Box<Collect>),
    /// Say what `doctor` would have said of what `collect` wrote; no cluster
    #[command(after_help = bundle::ANALYZE_HELP)]
    Analyze(Analyze),
    /// Remove what runs of a killed client left in the cluster
    #[command(after_help = upkeep::CLEANUP_HELP)]
    Cleanup(Cleanup),
    /// Print the least rights that each part needs, as RBAC manifests
    #[command(after_help = upkeep::RBAC_HELP)]
    Rbac(Rbac),
    /// Print the JSON Schema of what `-o json` prints, or of the evidence behind it
    #[command(after_help = upkeep::SCHEMA_HELP)]
    Schema(Schema),
    /// The probe's image, for registries that cannot reach the internet
    Image(Image),
    /// Say which versions are at work here, and whether they fit each other
    #[command(after_help = version::HELP)]
    Version(Version),
    /// Complete `kubectl regauth` at a shell's prompt
    Completion(Completion),
}

/// kubectl's own flags; they mean what they mean in kubectl.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Connection, as in kubectl")]
pub struct Connection {
    /// The kubeconfig file
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig's cluster
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The kubeconfig's user
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub user: Option<String>,
    /// The namespace [default: the context's]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// User to act as
    #[arg(long = "as", global = true, hide_short_help = true, value_name = "USER")]
    pub impersonate: Option<String>,
    /// Group to act as (repeatable)
    #[arg(long = "as-group", global = true, hide_short_help = true, value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,
    /// UID to act as
    #[arg(long = "as-uid", global = true, hide_short_help = true, value_name = "UID")]
    pub impersonate_uid: Option<String>,
    /// URL of the API server
    #[arg(short, long, global = true, hide_short_help = true, value_name = "URL")]
    pub server: Option<String>,
    /// File with the CA of the API server
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// Name to expect in the API server's certificate
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// Time limit of one request, such as 10s; 0 for none
    #[arg(long, global = true, hide_short_help = true, value_name = "DURATION", default_value = "0")]
    #[arg(value_parser = settings::duration)]
    pub request_timeout: std::time::Duration,
    /// Log level: 1 shows warnings, 6 each request; never a body or a header
    #[arg(short = 'v', long = "v", global = true, hide_short_help = true, value_name = "LEVEL")]
    #[arg(default_value_t = 0)]
    pub verbosity: u8,
}

impl Connection {
    /// The first flag about a cluster that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.kubeconfig.is_some(), "--kubeconfig"),
            (self.context.is_some(), "--context"),
            (self.cluster.is_some(), "--cluster"),
            (self.user.is_some(), "--user"),
            (self.namespace.is_some(), "--namespace"),
            (self.impersonate.is_some(), "--as"),
            (!self.impersonate_groups.is_empty(), "--as-group"),
            (self.impersonate_uid.is_some(), "--as-uid"),
            (self.server.is_some(), "--server"),
            (self.certificate_authority.is_some(), "--certificate-authority"),
            (self.tls_server_name.is_some(), "--tls-server-name"),
            (!self.request_timeout.is_zero(), "--request-timeout"),
        ];
        flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
    }
}
