//! The arguments of `kubectl regauth pull`.

use clap::{Args, ValueEnum};

use super::{EventArgs, IdentityArgs, NodeArgs, OutputArgs, ProbeArgs, RunArgs};

pub(super) const HELP: &str = "\
Method kubelet:
  Makes one short-lived pod a node, whose containers refer to a ConfigMap that does not exist:
  the kubelet pulls the image by the node's own path (runtime, mirrors, CA, proxy,
  credentials) and starts nothing of it. The image is DOWNLOADED to the tested nodes and stays
  there, so pods with imagePullPolicy IfNotPresent may start afterwards as if the fault were
  mended; and each pull counts against a registry's pull limit.
Method probe:
  Makes one short-lived pod a node and network that runs the probe's image and says at which
  step a pull fails: DNS, proxy, connection, TLS, challenge, token, manifest, config, layer;
  anonymously and with each credential. Nothing stays on the node but the probe's image. It
  does not have the node's CA, mirrors, proxy and credential providers unless it is given them
  (--node-config, --ca-bundle, --proxy): where the kubelet pulls and the probe does not, the
  kubelet's word counts.

Exit status:
  0 all pulls work    1 a finding at or above --fail-on    2 usage, or nothing could be judged
  3 nothing was found, but something could not be told     130 interrupted

Examples:
  kubectl regauth pull registry.example.com/team/app:1.2 --as-workload deploy/web
  kubectl regauth pull nginx:1.27 --node node-a --node node-b --no-pull-secret
  kubectl regauth pull --as-workload deploy/web --method both --network both
  kubectl regauth pull registry.example.com/team/app:1.2 --method probe \\
     --ca-bundle configmap/corp-ca";

#[derive(Args, Debug)]
pub struct Pull {
    /// Images to pull [default with --as-workload: the workload's own]
    #[arg(value_name = "IMAGE")]
    pub images: Vec<String>,

    /// Who pulls
    #[arg(long, value_name = "METHOD", default_value = "kubelet")]
    pub method: Method,
    /// The network that the probe looks from [default: node]
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<PullNetwork>,

    #[command(flatten)]
    pub identity: IdentityArgs,
    #[command(flatten)]
    pub nodes: NodeArgs,
    #[command(flatten)]
    pub probe: ProbeArgs,
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub events: EventArgs,
}

/// Who pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// The nodes' kubelets, by the nodes' own paths
    Kubelet,
    /// The probe, step by step
    Probe,
    /// Both: where they differ, the difference says why
    Both,
}

/// The network that a probe of a pull looks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PullNetwork {
    /// The node's own, as the kubelet
    Node,
    /// The pods' network, with the labels of --as-workload that NetworkPolicies select on
    Pod,
    Both,
}
