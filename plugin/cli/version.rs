//! The arguments of `kubectl regauth version`.

use clap::{Args, ValueEnum};

pub(super) const HELP: &str = "\
What it says:
  This client's version and platform; the API server's, as far as it answers; the probe's image
  that a run would use, the platforms that are inside this program, and whether all of that
  fits. A server that does not answer is a remark.

Examples:
  kubectl regauth version
  kubectl regauth version --client -o json";

#[derive(Args, Debug)]
pub struct Version {
    /// Only what is known without a cluster
    #[arg(long)]
    pub client: bool,
    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: DocumentFormat,
}

/// The formats of what is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    Table,
    Json,
    Yaml,
}
