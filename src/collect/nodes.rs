//! The cluster's nodes, and which of them can take a test.

use std::collections::HashMap;

use crate::api::wire::{self, List};
use crate::api::{Api, path};
use crate::error::Error;
use crate::evidence::node::Pressure;
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
        let url =
            path::with("/api/v1/nodes", &[("limit", PAGE), ("labelSelector", selector), ("continue", &next)]);
        let page: List<wire::Node> = api.get("nodes", &url).await.map_err(Error::doing("list the nodes"))?;
        nodes.extend(page.items.into_iter().map(|node| candidate(node, images)));
        next = page.metadata.next;
        if next.is_empty() {
            break;
        }
    }
    nodes.sort_by_cached_key(|node| natural(&node.facts.name));
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

pub(super) fn candidate(node: wire::Node, images: &[Reference]) -> Candidate {
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
        pressures: pressures(&node.status.conditions),
        name: node.metadata.name,
        has_images: Vec::new(),
    };
    Candidate { facts, skip, has_image }
}

/// The conditions that matter to pulls.
fn pressures(conditions: &[wire::Condition]) -> Vec<Pressure> {
    let is_true = |kind: &str| conditions.iter().any(|one| one.kind == kind && one.status == "True");
    let all = [(Pressure::Disk, is_true("DiskPressure")), (Pressure::NotReady, !is_true("Ready"))];
    all.into_iter().filter_map(|(pressure, there)| there.then_some(pressure)).collect()
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
            Some(ready) => format!(
                "the node is not Ready ({}): {}",
                Clean::new(&ready.reason),
                Clean::new(&ready.message)
            ),
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
        let end =
            if digits > 0 { digits } else { rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()) };
        let (part, tail) = rest.split_at(end);
        parts.push((digits > 0, part.parse().unwrap_or(u64::MAX), part.to_string()));
        rest = tail;
    }
    parts
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn node(object: Value) -> wire::Node {
        serde_json::from_value(object).unwrap()
    }

    /// A node that is Ready.
    pub(in crate::collect) fn node_of(name: &str, labels: Value) -> Candidate {
        let ready =
            json!([{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ready"}]);
        let object = json!({"metadata": {"name": name, "labels": labels}, "status": {"conditions": ready, "images": []}});
        candidate(node(object), &[])
    }

    fn with(labels: Value, taints: Value, conditions: Value) -> Option<Skip> {
        skip(&node(json!({
            "metadata": {"name": "n", "labels": labels},
            "spec": {"taints": taints},
            "status": {"conditions": conditions},
        })))
    }

    fn condition(kind: &str, status: &str) -> Value {
        json!({"type": kind, "status": status, "reason": "Why", "message": "it says so"})
    }

    #[test]
    fn a_ready_node_takes_the_test_cordoned_or_not() {
        assert_eq!(with(json!({}), json!(null), json!([condition("Ready", "True")])), None);
        let taints = json!([{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]);
        let conditions = json!([condition("DiskPressure", "False"), condition("Ready", "True")]);
        assert_eq!(with(json!({"type": "worker"}), taints, conditions), None);
        let cordoned = json!({"spec": {"unschedulable": true}});
        assert!(candidate(node(cordoned), &[]).facts.cordoned);
    }

    #[test]
    fn a_node_that_is_not_ready_is_left_out_in_its_own_words() {
        for status in ["False", "Unknown", ""] {
            let left_out = with(json!({}), json!([]), json!([condition("Ready", status)])).unwrap();
            assert_eq!(left_out.reason, SkipReason::NotReady);
            assert_eq!(left_out.detail, "the node is not Ready (Why): it says so");
        }
        let silent = with(json!({}), json!([]), json!(null)).unwrap();
        assert_eq!(silent.reason, SkipReason::NotReady);
        assert!(silent.detail.contains("has not reported yet"));
    }

    #[test]
    fn a_node_under_disk_pressure_is_left_out() {
        let conditions = json!([condition("Ready", "True"), condition("DiskPressure", "True")]);
        let left_out = with(json!({}), json!([]), conditions).unwrap();
        assert_eq!(left_out.reason, SkipReason::DiskPressure);
        assert_eq!(left_out.detail, "the node has disk pressure: it says so");
        let both = json!([condition("Ready", "False"), condition("DiskPressure", "True")]);
        assert_eq!(with(json!({}), json!([]), both).unwrap().reason, SkipReason::NotReady);
    }

    #[test]
    fn a_virtual_node_is_left_out_however_it_shows_that() {
        let ready = || json!([condition("Ready", "True")]);
        let taint = json!([{"key": "virtual-kubelet.io/provider", "value": "azure", "effect": "NoSchedule"}]);
        for left_out in [
            with(json!({"eks.amazonaws.com/compute-type": "fargate"}), json!([]), ready()),
            with(json!({"type": "virtual-kubelet"}), json!([]), ready()),
            with(json!({}), taint, ready()),
            with(json!({"type": "virtual-kubelet"}), json!([]), json!([condition("Ready", "False")])),
        ] {
            assert_eq!(left_out.unwrap().reason, SkipReason::Virtual);
        }
        assert_eq!(with(json!({"eks.amazonaws.com/compute-type": "ec2"}), json!([]), ready()), None);
    }

    #[test]
    fn what_a_node_says_is_cleaned() {
        let hostile =
            json!([{"type": "Ready", "status": "False", "reason": "R", "message": "\u{1b}[31mred\nline"}]);
        let detail = with(json!({}), json!([]), hostile).unwrap().detail;
        assert!(!detail.contains('\u{1b}') && !detail.contains('\n'), "{detail:?}");
    }

    fn listed(count: usize, with: Option<&str>) -> Vec<wire::NodeImage> {
        let fill = (0..count).map(|index| format!("registry.example.com/fill:{index}"));
        fill.chain(with.map(str::to_string)).map(|name| wire::NodeImage { names: vec![name] }).collect()
    }

    #[test]
    fn a_cut_or_absent_list_of_images_does_not_say_that_one_is_not_there() {
        let image = Reference::parse("registry.example.com/team/app:1").unwrap();
        let of = |count, with| presence(&listed(count, with), &image);
        assert_eq!(of(49, None), Presence::No);
        assert_eq!(of(50, None), Presence::Unknown);
        assert_eq!(of(0, None), Presence::Unknown);
        assert_eq!(
            [0, 49, 60].map(|count| of(count, Some("registry.example.com/team/app:1"))),
            [Presence::Yes; 3]
        );
        assert_eq!(of(3, Some("registry.example.com/team/app:2")), Presence::No);
    }

    #[test]
    fn any_name_of_an_image_counts() {
        let image = Reference::parse("nginx").unwrap();
        let names =
            vec!["docker.io/library/nginx@sha256:0".to_string(), "docker.io/library/nginx:latest".into()];
        assert_eq!(presence(&[wire::NodeImage { names }], &image), Presence::Yes);
    }

    #[test]
    fn a_nodes_facts_are_taken_from_where_the_kubelet_puts_them() {
        let images = [Reference::parse("a:1").unwrap(), Reference::parse("b:1").unwrap()];
        let facts = candidate(
            node(json!({
                "metadata": {"name": "n", "labels": {"topology.kubernetes.io/zone": "z1", "agentpool": "p1",
                    "karpenter.sh/nodepool": "p0"}},
                "status": {"nodeInfo": {"operatingSystem": "linux", "architecture": "arm64",
                    "containerRuntimeVersion": "containerd://2.4.2", "kubeletVersion": "v1.36.3"},
                    "images": [{"names": ["docker.io/library/b:1"]}, {"names": null}]},
            })),
            &images,
        );
        assert_eq!(facts.has_image, [Presence::No, Presence::Yes]);
        let facts = facts.facts;
        assert_eq!((facts.zone.as_str(), facts.pool.as_str()), ("z1", "p0"));
        assert_eq!((facts.os.as_str(), facts.architecture.as_str()), ("linux", "arm64"));
        assert_eq!((facts.runtime.as_str(), facts.kubelet.as_str()), ("containerd://2.4.2", "v1.36.3"));
    }

    #[test]
    fn names_are_in_natural_order() {
        let mut names =
            ["node10", "node9", "node1", "node1-b", "a2", "node", "node09", "node99999999999999999999"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(
            names,
            ["a2", "node", "node1", "node1-b", "node09", "node9", "node10", "node99999999999999999999"]
        );
    }

    #[test]
    fn named_nodes_are_kept_in_the_lists_order_and_an_unknown_one_is_an_error() {
        let nodes = || (1..=7).map(|index| node_of(&format!("node{index}"), json!({}))).collect::<Vec<_>>();
        let kept = only(nodes(), &["node5".into(), "node2".into()]).unwrap();
        let names: Vec<_> = kept.iter().map(|node| node.facts.name.as_str()).collect();
        assert_eq!(names, ["node2", "node5"]);
        let message = only(nodes(), &["node2".into(), "node8".into()]).unwrap_err().to_string();
        assert!(message.contains("node8 does not exist") && message.ends_with("node5, …"), "{message}");
    }
}
