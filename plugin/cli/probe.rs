//! The arguments of `kubectl regauth probe`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use regauth::probe::stores::Client;
use regauth::registry::platform::Platform;

use super::{OutputArgs, ReachArgs};
use crate::settings;

pub(super) const HELP: &str = "\
What it does:
  Goes through every step of a pull on this machine: DNS, connection, TLS, challenge, token,
  manifest, and the first bytes of config and layer. It does so anonymously and with the
  credential of each store that Docker, Podman and Helm read here; credential helpers have 5
  seconds each, and what they say is never shown. It says which store wins for each client and
  which comes next, and how a credential that is refused is removed from every store that
  holds it. No cluster is used.

Exit status:
  0 the image can be pulled  1 a finding at or above --fail-on  2 usage, or nothing could be judged
  3 nothing was found, but something could not be told             130 interrupted

Examples:
  kubectl regauth probe registry.example.com/team/app:1.2
  kubectl regauth probe oci://public.ecr.aws/karpenter/karpenter:1.6.0 --client helm
  kubectl regauth probe ghcr.io/team/app:1.2 --docker-config ./ci-config.json \\
     --platform linux/arm64";

#[derive(Args, Debug)]
pub struct Probe {
    /// The image, or a chart as oci://REGISTRY/REPOSITORY:VERSION
    #[arg(value_name = "IMAGE")]
    pub image: String,

    /// The platform that the image must have something for [default: linux and this machine's architecture]
    #[arg(long, value_name = "OS/ARCH", value_parser = settings::platform)]
    pub platform: Option<Platform>,
    /// Time limit
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = settings::run_limit)]
    pub timeout: Duration,
    #[command(flatten)]
    pub stores: StoreArgs,
    #[command(flatten)]
    pub reach: ReachArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Which of this machine's credentials are used.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials of this machine")]
pub struct StoreArgs {
    /// Only what this docker configuration file holds or names, in place of this machine's stores
    #[arg(long, value_name = "FILE", conflicts_with = "client")]
    pub docker_config: Option<PathBuf>,
    /// Only what this client would send
    #[arg(long, value_name = "CLIENT")]
    pub client: Option<ClientName>,
}

impl StoreArgs {
    /// The first flag that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [(self.docker_config.is_some(), "--docker-config"), (self.client.is_some(), "--client")];
        flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
    }
}

/// A program whose credentials are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClientName {
    Docker,
    /// Podman, skopeo and buildah
    Podman,
    Helm,
}

impl From<ClientName> for Client {
    fn from(name: ClientName) -> Self {
        match name {
            ClientName::Docker => Self::Docker,
            ClientName::Podman => Self::Podman,
            ClientName::Helm => Self::Helm,
        }
    }
}
