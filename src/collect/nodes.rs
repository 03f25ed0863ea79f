//! The cluster's nodes, and which of them can take a test.

use std::collections::HashMap;

use crate::api::wire::{self, List};
use crate::api::{Api, path};
use crate::error::Error;
use crate::evidence::{Node, Presence};
use crate::plan::{Skip, SkipReason};
use crate::registry::reference::Reference;
use crate::text::Clean;

/// Nodes a page of the list.
const PAGE: &str = "500";
/// A kubelet reports this many images by default (`nodeStatusMaxImages`): a list of that length may be cut.
const REPORTED_IMAGES: usize = 50;
/// Labels by which providers name a node's pool.
const POOL_LABELS: &[&str] = &[
    "karpenter.sh/nodepool",
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "kops.k8s.io/instancegroup",
    "node.cluster.x-k8s.io/pool",
    "doks.digitalocean.com/node-pool",
    "machine.openshift.io/cluster-api-machineset",
];

/// A node as the plan sees it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Facts for the evidence.
    pub facts: Node,
    /// Why it cannot take a test.
    pub skip: Option<Skip>,
    /// For each image asked about: whether the node lists it.
    pub has_image: Vec<Presence>,
}

/// All nodes that match a label selector (empty: all), in pages, with what they say about `images`.
pub async fn list(api: &Api, selector: &str, images: &[Reference]) -> Result<Vec<Candidate>, Error> {
    let mut nodes = Vec::new();
    let mut next = String::new();
    loop {
        let url = path::with(
            "/api/v1/nodes",
            &[("limit", PAGE), ("labelSelector", selector), ("continue", &next)],
        );
        let page: List<wire::Node> = api.get("nodes", &url).await.map_err(Error::doing("list the nodes"))?;
        nodes.extend(page.items.into_iter().map(|node| candidate(node, images)));
        next = page.metadata.next;
        if next.is_empty() {
            break;
        }
    }
    nodes.sort_by(|a, b| natural(&a.facts.name).cmp(&natural(&b.facts.name)));
    Ok(nodes)
}

/// Keeps the named nodes, in the order of the list; a name that is not there is an error.
pub fn only(nodes: Vec<Candidate>, names: &[String]) -> Result<Vec<Candidate>, Error> {
    let known: HashMap<&str, ()> = nodes.iter().map(|node| (node.facts.name.as_str(), ())).collect();
    if let Some(missing) = names.iter().find(|name| !known.contains_key(name.as_str())) {
        let examples: Vec<&str> = nodes.iter().take(5).map(|node| node.facts.name.as_str()).collect();
        return Err(Error::NotThere(format!(
            "node {missing} does not exist (or does not match --node-selector); there are: {}{}",
            examples.join(", "),
            if nodes.len() > 5 { ", …" } else { "" }
        )));
    }
    Ok(nodes.into_iter().filter(|node| names.contains(&node.facts.name)).collect())
}

fn candidate(node: wire::Node, images: &[Reference]) -> Candidate {
    let skip = skip(&node);
    let has_image = images.iter().map(|image| presence(&node.status.images, image)).collect();
    let label = |key: &str| node.metadata.labels.get(key).cloned();
    let facts = Node {
        cordoned: node.spec.unschedulable,
        zone: label("topology.kubernetes.io/zone").unwrap_or_default(),
        pool: POOL_LABELS.iter().find_map(|key| label(key)).unwrap_or_default(),
        os: node.status.node_info.operating_system,
        architecture: node.status.node_info.architecture,
        runtime: node.status.node_info.container_runtime_version,
        kubelet: node.status.node_info.kubelet_version,
        name: node.metadata.name,
    };
    Candidate { facts, skip, has_image }
}

fn skip(node: &wire::Node) -> Option<Skip> {
    if let Some(detail) = is_virtual(node) {
        return Some(Skip { reason: SkipReason::Virtual, detail });
    }
    let condition = |kind: &str| node.status.conditions.iter().find(|condition| condition.kind == kind);
    let ready = condition("Ready");
    if ready.is_none_or(|ready| ready.status != "True") {
        let detail = match ready {
            None => "the node is not Ready: its kubelet has not reported yet".to_string(),
            Some(ready) => format!("the node is not Ready ({}): {}", Clean::new(&ready.reason), Clean::new(&ready.message)),
        };
        return Some(Skip { reason: SkipReason::NotReady, detail });
    }
    let pressure = condition("DiskPressure").filter(|pressure| pressure.status == "True")?;
    let detail = format!("the node has disk pressure: {}", Clean::new(&pressure.message));
    Some(Skip { reason: SkipReason::DiskPressure, detail })
}

/// A virtual kubelet by its label or taint, Fargate by its label.
fn is_virtual(node: &wire::Node) -> Option<String> {
    let labels = &node.metadata.labels;
    if labels.get("eks.amazonaws.com/compute-type").is_some_and(|kind| kind == "fargate") {
        return Some("a Fargate node runs one pod of its own and no other".into());
    }
    let by_label = labels.get("type").is_some_and(|kind| kind == "virtual-kubelet");
    let by_taint = node.spec.taints.iter().any(|taint| taint.key.starts_with("virtual-kubelet.io/"));
    (by_label || by_taint).then(|| "a virtual kubelet has no container runtime to test".to_string())
}

fn presence(listed: &[wire::NodeImage], image: &Reference) -> Presence {
    let there = listed.iter().flat_map(|entry| &entry.names).any(|name| image.matches_node_image(name));
    match there {
        true => Presence::Yes,
        false if listed.is_empty() || listed.len() >= REPORTED_IMAGES => Presence::Unknown,
        false => Presence::No,
    }
}

/// A sort key by which `node10` comes after `node9`.
pub(super) fn natural(name: &str) -> Vec<(bool, u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let end = if digits > 0 { digits } else { rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()) };
        let (part, tail) = rest.split_at(end);
        parts.push((digits > 0, part.parse().unwrap_or(u64::MAX), part.to_string()));
        rest = tail;
    }
    parts
}
