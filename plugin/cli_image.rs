//! The arguments of `kubectl regauth image`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
}

const SAVE_HELP: &str = "\
The archive is what `skopeo copy oci-archive:FILE`, `podman load`, `docker load` (25 and later) and
`ctr -n k8s.io images import` take. An existing FILE is replaced.

Examples:
  kubectl regauth image save regauth-probe.tar
  kubectl regauth image save - --archive amd64.tar --archive arm64.tar >regauth-probe.tar";

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
