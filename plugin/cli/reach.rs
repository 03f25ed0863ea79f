//! Arguments of commands that ask registries themselves: how they reach them, and the probe in the cluster.

use clap::{Args, ValueEnum};

use crate::settings::{self, CaSource};

/// How a registry is reached.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Way to the registry")]
pub struct ReachArgs {
    /// Certificates to trust as well: a PEM file of this machine, or all keys of an object in the run's namespace
    #[arg(long, value_name = "FILE|configmap/NAME|secret/NAME", value_parser = settings::ca_source)]
    pub ca_bundle: Option<CaSource>,
    /// The proxy to go through, as http://HOST:PORT, without user and password
    // Not parsed here: an error of the parser would repeat a password.
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// A registry that speaks plain HTTP; credentials are sent to it in the clear (repeatable)
    #[arg(long, value_name = "HOST[:PORT]", value_parser = settings::registry_host)]
    pub plain_http: Vec<String>,
}

/// The probe in the cluster.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Probe")]
pub struct ProbeArgs {
    #[command(flatten)]
    pub reach: ReachArgs,
    /// Give probes on the node's network the node's own CA bundle, hosts file and registry configuration: the node's
    /// whole /etc is mounted, read-only
    #[arg(long, help_heading = "Probe")]
    pub node_config: bool,
    /// Where probes on the node's network go, without credentials, when the run's namespace refuses hostNetwork
    #[arg(long, value_name = "NAME", value_parser = settings::object_name, help_heading = "Probe")]
    pub node_namespace: Option<String>,
    /// The probe's own image [default: the one of this version; or the variable REGAUTH_PROBE_IMAGE]
    #[arg(long, value_name = "REFERENCE", value_parser = settings::image, help_heading = "Probe")]
    pub probe_image: Option<String>,
    /// A pull secret for the probe's own image, which is pulled without any otherwise: the ServiceAccount's may be
    /// wrong (repeatable)
    #[arg(long = "probe-pull-secret", value_name = "NAME", value_parser = settings::object_name)]
    #[arg(help_heading = "Probe")]
    pub probe_pull_secrets: Vec<String>,
}

impl ReachArgs {
    /// The first flag that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.ca_bundle.is_some(), "--ca-bundle"),
            (self.proxy.is_some(), "--proxy"),
            (!self.plain_http.is_empty(), "--plain-http"),
        ];
        flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
    }
}

impl ProbeArgs {
    /// The first flag about pods of the probe that was given, if any.
    pub fn given_for_pods(&self) -> Option<&'static str> {
        let flags = [
            (self.node_config, "--node-config"),
            (self.node_namespace.is_some(), "--node-namespace"),
            (self.probe_image.is_some(), "--probe-image"),
            (!self.probe_pull_secrets.is_empty(), "--probe-pull-secret"),
        ];
        flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
    }

    /// The first flag that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        self.reach.given().or_else(|| self.given_for_pods())
    }
}

/// Where a command looks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VantagePoint {
    /// The nodes' network, as the kubelet
    Node,
    /// The pods' network, as a builder; NetworkPolicies apply
    Pod,
    /// This machine, with its own credentials; no cluster
    Local,
}

/// A builder whose pod is gone, told by what it had.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "A builder whose pod is gone")]
pub struct BuilderArgs {
    /// The Secret that the builder mounts as its docker configuration
    #[arg(long, value_name = "NAME", value_parser = settings::object_name)]
    #[arg(conflicts_with_all = ["as_workload", "pull_secrets", "no_pull_secret"])]
    pub docker_config_secret: Option<String>,
    /// The key of that Secret that holds the configuration [default: .dockerconfigjson]
    #[arg(long, value_name = "KEY", requires = "docker_config_secret", value_parser = settings::data_key)]
    pub docker_config_key: Option<String>,
    /// The labels of the builder's pod, for NetworkPolicies that select on them (only those are used)
    #[arg(long, value_name = "KEY=VALUE,…", value_delimiter = ',', value_parser = settings::label)]
    #[arg(conflicts_with = "as_workload")]
    pub labels: Vec<(String, String)>,
}

impl BuilderArgs {
    /// The first flag that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.docker_config_secret.is_some(), "--docker-config-secret"),
            (!self.labels.is_empty(), "--labels"),
        ];
        flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
    }
}
