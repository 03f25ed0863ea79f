//! The arguments of `kubectl regauth image`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ReachArgs;

#[derive(Args, Debug)]
pub struct Image {
    #[command(subcommand)]
    pub command: ImageCommand,
}

#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Write the probe's image as an OCI archive: one image for all the architectures that are there
    #[command(after_help = SAVE_HELP)]
    Save(ImageSave),
    /// Push the probe's image to a registry that the nodes can reach
    #[command(after_help = PUSH_HELP)]
    Push(Box<ImagePush>),
}

const SAVE_HELP: &str = "\
The archive is what `skopeo copy oci-archive:FILE`, `podman load`, `docker load` (25 and
later) and `ctr -n k8s.io images import` take. An existing FILE is replaced.

Examples:
  kubectl regauth image save regauth-probe.tar
  kubectl regauth image save - --archive amd64.tar --archive arm64.tar >regauth-probe.tar";

const PUSH_HELP: &str = "\
The credentials are those of this machine's stores (docker login, podman login, helm registry
login), or of one docker configuration file. What the registry has already is not sent again.
Afterwards, `--probe-image REFERENCE` or the variable REGAUTH_PROBE_IMAGE names it.

Examples:
  kubectl regauth image push registry.example.com/tools/regauth-probe
  kubectl regauth image push harbor.example.com/tools/regauth-probe:1 --archive amd64.tar \\
     --archive arm64.tar";

#[derive(Args, Debug)]
pub struct ImagePush {
    /// Where to push it [default tag: this program's version]
    #[arg(value_name = "REFERENCE")]
    pub reference: String,
    #[command(flatten)]
    pub archives: ArchiveArgs,
    /// Only the credentials that this docker configuration file holds or names
    #[arg(long, value_name = "FILE")]
    pub docker_config: Option<PathBuf>,
    /// Time limit
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = crate::settings::run_limit)]
    pub timeout: std::time::Duration,
    #[command(flatten)]
    pub reach: ReachArgs,
}

#[derive(Args, Debug)]
pub struct ImageSave {
    /// The file to write; `-` is stdout
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub archives: ArchiveArgs,
}

/// Where the image is taken from.
#[derive(Args, Debug)]
pub struct ArchiveArgs {
    /// An OCI archive of the probe's image, such as `make image` writes; one a platform (repeatable)
    /// [default: those that this program was built with]
    #[arg(long = "archive", value_name = "FILE")]
    pub archives: Vec<PathBuf>,
}
