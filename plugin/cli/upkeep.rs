//! The arguments of `kubectl regauth cleanup`, `rbac` and `schema`.

use clap::{Args, ValueEnum};

pub(super) const CLEANUP_HELP: &str = "\
Only runs past their deadline are removed, unless --run or --force says otherwise: another run
may be a colleague's that is going on.

Examples:
  kubectl regauth cleanup -n team-a
  kubectl regauth cleanup -A --yes";

pub(super) const RBAC_HELP: &str = "\
Without a flag, the rights of all parts are printed. No part needs to read Secrets. But mind
that whoever may create pods in a namespace can use every Secret and ServiceAccount in it.

Examples:
  kubectl regauth rbac --pull | kubectl apply -f -
  kubectl regauth rbac --read-only";

pub(super) const SCHEMA_HELP: &str = "\
Examples:
  kubectl regauth schema >report.schema.json
  kubectl regauth schema evidence";

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
    /// What `pull`, `push` and `limits` need: all three make the same kind of run
    #[arg(long, visible_aliases = ["push", "limits"])]
    pub pull: bool,
    /// What `harbor` needs, and apart from it what it can use besides
    #[arg(long)]
    pub harbor: bool,
    /// What `clock` needs; with `--method probe`, what `pull` needs as well
    #[arg(long)]
    pub clock: bool,
    /// What `why` and `secrets` read, and apart from it what they can use besides
    #[arg(long, visible_alias = "secrets")]
    pub why: bool,
    /// What `--emit-events` needs, beside what the command needs that it is given to
    #[arg(long)]
    pub events: bool,
    /// What `preflight` needs: what `why` reads, and with tests what `pull` needs
    #[arg(long)]
    pub preflight: bool,
    /// What `doctor`, `collect` and `monitor` use: the parts of `why`, `clock`, `harbor`, and for tests `pull`
    #[arg(long, visible_aliases = ["collect", "monitor"])]
    pub doctor: bool,
    /// What `cleanup` needs
    #[arg(long)]
    pub cleanup: bool,
    /// What is needed to plan a run without creating anything (`pull --dry-run`)
    #[arg(long)]
    pub read_only: bool,
}

#[derive(Args, Debug)]
pub struct Schema {
    /// The document
    #[arg(value_name = "DOCUMENT", default_value = "report")]
    pub document: SchemaOf,
}

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// What every command prints with -o json
    Report,
    /// What was seen
    Evidence,
}
