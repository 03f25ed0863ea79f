//! A sample of the nodes of a large cluster: some of each class, chosen by a hash, and always those where
//! pods that use the image fail.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use super::nodes::{Candidate, natural};
use crate::api::wire::{List, Pod};
use crate::api::{Api, path};

/// Beyond this many nodes a sample is the default; and no sample is larger.
pub const LARGEST: usize = 100;
/// Nodes of each class.
const OF_EACH_CLASS: usize = 3;

/// Draws the sample. `seed` is the run's id: another run draws other nodes.
pub fn draw(nodes: Vec<Candidate>, failing: &HashSet<String>, seed: &str) -> Vec<Candidate> {
    let mut classes: BTreeMap<[String; 5], Vec<&Candidate>> = BTreeMap::new();
    for node in nodes.iter().filter(|node| node.skip.is_none()) {
        classes.entry(class(node)).or_default().push(node);
    }
    for members in classes.values_mut() {
        members.sort_by_cached_key(|node| hash(&node.facts.name, seed));
    }
    let mut chosen: HashSet<String> = HashSet::new();
    let failing_nodes = nodes.iter().filter(|node| failing.contains(&node.facts.name));
    chosen.extend(failing_nodes.take(LARGEST).map(|node| node.facts.name.clone()));
    for round in 0..OF_EACH_CLASS {
        for node in classes.values().filter_map(|members| members.get(round)) {
            if chosen.len() < LARGEST {
                chosen.insert(node.facts.name.clone());
            }
        }
    }
    let mut sample: Vec<Candidate> =
        nodes.into_iter().filter(|node| chosen.contains(&node.facts.name)).collect();
    sample.sort_by_cached_key(|node| natural(&node.facts.name));
    sample
}

/// What makes nodes alike for a pull: pool, zone, system, architecture, runtime.
fn class(node: &Candidate) -> [String; 5] {
    let facts = &node.facts;
    [&facts.pool, &facts.zone, &facts.os, &facts.architecture, &facts.runtime].map(Clone::clone)
}

fn hash(name: &str, seed: &str) -> [u8; 32] {
    Sha256::new().chain_update(seed).chain_update([0]).chain_update(name).finalize().into()
}

/// Nodes where a pod of the namespace that uses one of the images cannot pull it. What cannot be read is
/// left out: the sample is then drawn by class alone.
pub async fn failing_nodes(api: &Api, namespace: &str, images: &[String]) -> HashSet<String> {
    let pending = [("fieldSelector", "status.phase=Pending"), ("limit", "500")];
    let url = path::with(&path::core(namespace, "pods"), &pending);
    let pods = api.get::<List<Pod>>("pods", &url).await.map(|list| list.items).unwrap_or_default();
    pods.into_iter().filter(|pod| cannot_pull(pod, images)).map(|pod| pod.spec.node_name).collect()
}

fn cannot_pull(pod: &Pod, images: &[String]) -> bool {
    let failing = |name: &str| {
        let status = pod.status.container_statuses.iter().find(|status| status.name == name);
        let waiting = status.and_then(|status| status.state.waiting.as_ref());
        waiting.is_some_and(|waiting| matches!(waiting.reason.as_str(), "ErrImagePull" | "ImagePullBackOff"))
    };
    !pod.spec.node_name.is_empty()
        && pod.spec.containers.iter().any(|one| images.contains(&one.image) && failing(&one.name))
}
