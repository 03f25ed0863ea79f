//! A sample of the nodes of a large cluster: some of each class, chosen by a hash, and always those where
//! pods that use the image fail.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use super::nodes::{Candidate, natural};
use crate::api::wire::{Container, List, Pod};
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
    // With more classes than places, the seed decides which of them are drawn.
    let mut classes: Vec<_> = classes.into_iter().collect();
    classes.sort_by_cached_key(|(class, _)| hash(&class.join("\n"), seed));
    for round in 0..OF_EACH_CLASS {
        for node in classes.iter().map(|(_, members)| members).filter_map(|members| members.get(round)) {
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
        let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        let status = statuses.into_iter().find(|status| status.name == name);
        let waiting = status.and_then(|status| status.state.waiting.as_ref());
        waiting.is_some_and(|waiting| matches!(waiting.reason.as_str(), "ErrImagePull" | "ImagePullBackOff"))
    };
    let uses = |one: &Container| images.contains(&one.image) && failing(&one.name);
    !pod.spec.node_name.is_empty() && pod.spec.init_containers.iter().chain(&pod.spec.containers).any(uses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::nodes::tests::node_of;
    use serde_json::json;

    /// `count` nodes of one class.
    fn class_of(count: usize, pool: &str, zone: &str) -> Vec<Candidate> {
        let labels = json!({"agentpool": pool, "topology.kubernetes.io/zone": zone});
        (0..count).map(|index| node_of(&format!("{pool}-{zone}-{index}"), labels.clone())).collect()
    }

    fn names(sample: &[Candidate]) -> Vec<&str> {
        sample.iter().map(|node| node.facts.name.as_str()).collect()
    }

    fn failing(names: &[&str]) -> HashSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn cluster() -> Vec<Candidate> {
        let sizes = [(200, "web", "a"), (200, "web", "b"), (2, "gpu", "a"), (150, "db", "c")];
        sizes.into_iter().flat_map(|(count, pool, zone)| class_of(count, pool, zone)).collect()
    }

    #[test]
    fn three_of_each_class_are_drawn_and_all_of_a_smaller_one() {
        let sample = draw(cluster(), &HashSet::new(), "seed");
        let of = |prefix: &str| names(&sample).iter().filter(|name| name.starts_with(prefix)).count();
        assert_eq!([of("web-a-"), of("web-b-"), of("gpu-a-"), of("db-c-")], [3, 3, 2, 3]);
        assert_eq!(sample.len(), 11);
    }

    #[test]
    fn the_same_seed_draws_the_same_sample_and_another_one_another() {
        let drawn = |seed: &str| names(&draw(cluster(), &HashSet::new(), seed)).join(" ");
        assert_eq!(drawn("one"), drawn("one"));
        assert_ne!(drawn("one"), drawn("two"));
    }

    #[test]
    fn the_sample_does_not_depend_on_the_order_of_the_list() {
        let mut reversed = cluster();
        reversed.reverse();
        let (one, other) = (draw(cluster(), &HashSet::new(), "s"), draw(reversed, &HashSet::new(), "s"));
        assert_eq!(names(&one), names(&other));
    }

    #[test]
    fn nodes_where_pods_fail_are_always_in() {
        let wanted = ["web-a-7", "web-a-8", "web-a-9", "web-a-10", "db-c-149"];
        let sample = draw(cluster(), &failing(&wanted), "seed");
        assert!(wanted.iter().all(|name| names(&sample).contains(name)));
        assert!(sample.len() <= 11 + wanted.len());
        let unknown = draw(cluster(), &failing(&["gone"]), "seed");
        assert_eq!(unknown.len(), 11, "a node that is not there is not made up");
    }

    #[test]
    fn a_node_that_cannot_take_a_test_is_in_only_where_pods_fail() {
        let mut nodes = class_of(2, "web", "a");
        nodes[0].skip =
            Some(crate::plan::Skip { reason: crate::plan::SkipReason::NotReady, detail: "not Ready".into() });
        assert_eq!(names(&draw(nodes.clone(), &HashSet::new(), "s")), ["web-a-1"]);
        assert_eq!(names(&draw(nodes, &failing(&["web-a-0"]), "s")), ["web-a-0", "web-a-1"]);
    }

    #[test]
    fn no_sample_is_larger_than_a_hundred() {
        let classes: Vec<Candidate> =
            (0..150).flat_map(|index| class_of(5, &format!("pool{index}"), "a")).collect();
        assert_eq!(draw(classes, &HashSet::new(), "seed").len(), LARGEST);
        let all: HashSet<String> = cluster().iter().map(|node| node.facts.name.clone()).collect();
        assert_eq!(draw(cluster(), &all, "seed").len(), LARGEST);
    }

    #[test]
    fn a_sample_is_in_natural_order() {
        let wanted = ["web-a-9", "web-a-10", "web-a-100"];
        let sample = draw(class_of(101, "web", "a"), &failing(&wanted), "seed");
        let places = wanted.map(|name| names(&sample).iter().position(|one| *one == name));
        assert!(places.is_sorted() && places.iter().all(Option::is_some), "{places:?}");
    }

    #[test]
    fn five_thousand_nodes_of_five_thousand_classes_are_no_trouble() {
        let nodes: Vec<Candidate> =
            (0..5_000).flat_map(|index| class_of(1, &format!("pool{index}"), "a")).collect();
        assert_eq!(draw(nodes, &HashSet::new(), "seed").len(), LARGEST);
        let alike = draw(class_of(5_000, "web", "a"), &HashSet::new(), "seed");
        assert_eq!(alike.len(), OF_EACH_CLASS);
    }

    fn pending(node: &str, image: &str, reason: &str) -> Pod {
        serde_json::from_value(json!({
            "spec": {"nodeName": node, "containers": [{"name": "c", "image": image}, {"name": "d", "image": "other"}]},
            "status": {"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": reason}}}]},
        }))
        .unwrap()
    }

    #[test]
    fn a_pod_fails_to_pull_when_its_container_with_the_image_says_so() {
        let images = ["app:1".to_string()];
        for reason in ["ErrImagePull", "ImagePullBackOff"] {
            assert!(cannot_pull(&pending("node1", "app:1", reason), &images));
        }
        assert!(!cannot_pull(&pending("node1", "app:1", "ContainerCreating"), &images));
        assert!(!cannot_pull(&pending("node1", "web:2", "ErrImagePull"), &images));
        assert!(!cannot_pull(&pending("node1", "web:2", "ErrImagePull"), &["other".to_string()]));
        assert!(!cannot_pull(&pending("", "app:1", "ErrImagePull"), &images), "it has no node yet");
        assert!(!cannot_pull(&Pod::default(), &images));
    }
}
