//! Which hosts other networks, nodes and kubelets reach that a probe does not.

use super::look::Look;
use crate::diagnose::network::answered_kubelets;
use crate::evidence::endpoint::{Endpoint, ResolveFailureKind, Role};
use crate::evidence::{Evidence, Network, Probe};

/// Who reaches a host that a probe does not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    /// A probe on another network of the same node (or on this machine).
    Network(Network),
    /// A probe on the same network of another node.
    Node,
    /// The kubelet of the same node.
    Kubelet,
    /// A kubelet of another node.
    KubeletElsewhere,
}

impl Other {
    /// Whether the comparison leaves no other cause. A kubelet may have a mirror or proxy that nothing here shows.
    pub fn is_proof(self) -> bool {
        matches!(self, Self::Network(_) | Self::Node)
    }

    /// Who it is, as the subject of a clause.
    pub fn who(self) -> &'static str {
        match self {
            Self::Network(Network::Node) => "the node's own network reaches it",
            Self::Network(Network::Pod) => "the pods' network reaches it",
            Self::Network(Network::Local) => "this machine reaches it",
            Self::Node => "other nodes reach it",
            Self::Kubelet => "the node's kubelet reaches it",
            Self::KubeletElsewhere => "the kubelets of other nodes reach it",
        }
    }
}

/// Who reaches the host of an endpoint that `look` does not reach; the nearest comparison first.
pub(super) fn other_way(look: &Look<'_>, endpoint: &Endpoint) -> Option<Other> {
    let reaches = |probe: &Probe| {
        probe.seen().is_some_and(|seen| seen.endpoints.iter().any(|one| is_reached(one, endpoint)))
    };
    let others = || look.evidence.probes.iter().filter(|probe| probe.id != look.probe.id && reaches(probe));
    let same_node = |probe: &&Probe| probe.node == look.probe.node;
    if let Some(probe) = others().find(same_node) {
        return Some(Other::Network(probe.network));
    }
    if others().any(|probe| probe.network == look.probe.network) {
        return Some(Other::Node);
    }
    if let Some(probe) = others().next() {
        return Some(Other::Network(probe.network));
    }
    kubelet(look, endpoint)
}

fn is_reached(other: &Endpoint, endpoint: &Endpoint) -> bool {
    other.host == endpoint.host
        && other.port == endpoint.port
        && other.proxy.is_none()
        && (other.role == Role::Proxy) == (endpoint.role == Role::Proxy)
        && other.connects.iter().any(|connect| connect.failure.is_none())
}

/// A kubelet that the registry itself answered. Its messages do not tell other hosts.
fn kubelet(look: &Look<'_>, endpoint: &Endpoint) -> Option<Other> {
    if endpoint.role != Role::Registry {
        return None;
    }
    let nodes = answered_kubelets(look.evidence, &look.registry());
    match nodes.iter().any(|node| *node == look.probe.node) {
        true if look.probe.network == Network::Pod => Some(Other::Kubelet),
        _ if nodes.is_empty() => None,
        true => None,
        false => Some(Other::KubeletElsewhere),
    }
}

/// Whether the name was looked up in vain since no name server could be asked: what a policy does that forgets
/// DNS.
pub(super) fn is_dns_cut_off(endpoint: &Endpoint) -> bool {
    let failure = endpoint.resolve.as_ref().and_then(|resolve| resolve.failure.as_ref());
    failure.is_some_and(|failure| {
        matches!(failure.kind, ResolveFailureKind::TimedOut | ResolveFailureKind::ServerRefused)
    })
}

/// Whether others fail at the same host in the same way, so that it is not this network alone.
pub(super) fn fails_elsewhere(evidence: &Evidence, probe: &Probe, endpoint: &Endpoint) -> bool {
    let fails = |one: &Endpoint| {
        one.host == endpoint.host && one.port == endpoint.port && one.role == endpoint.role && {
            let (mine, other) = (super::way::fault(endpoint), super::way::fault(one));
            mine.zip(other).is_some_and(|(mine, other)| mine.code == other.code)
        }
    };
    evidence
        .probes
        .iter()
        .filter(|other| other.id != probe.id)
        .any(|other| other.seen().is_some_and(|seen| seen.endpoints.iter().any(fails)))
}
