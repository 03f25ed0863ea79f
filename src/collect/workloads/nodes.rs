//! Nodes, and which images of failing pulls they have.

use super::lists::{Fold, List};
use crate::api::{Api, wire};
use crate::collect::nodes::{candidate, natural};
use crate::evidence::{Node, Outcome};
use crate::registry::reference::Reference;

struct Seen<'i> {
    images: &'i [(String, Reference)],
    nodes: Vec<Node>,
}

impl Fold for Seen<'_> {
    type Item<'a> = wire::Node;

    fn add(&mut self, node: wire::Node) -> Result<(), serde_json::Error> {
        let listed = || node.status.images.iter().flat_map(|image| &image.names);
        // Most names are of other repositories, which is told without taking them apart.
        let has = |image: &Reference| {
            listed().any(|name| name.contains(image.path()) && image.matches_node_image(name))
        };
        let images = self.images.iter().filter(|(_, reference)| has(reference));
        let has_images = images.map(|(image, _)| image.clone()).collect();
        self.nodes.push(Node { has_images, ..candidate(node, &[]).facts });
        Ok(())
    }
}

/// Reads the nodes, with what they have of these images.
pub(super) async fn read<'i>(api: &Api, images: impl Iterator<Item = &'i str>) -> (Vec<Node>, Outcome<u64>) {
    let mut images: Vec<&str> = images.collect();
    images.sort_unstable();
    images.dedup();
    let parsed = images.iter().filter_map(|image| Some((image.to_string(), Reference::parse(image).ok()?)));
    let images: Vec<(String, Reference)> = parsed.collect();
    let list = List::of("nodes", "v1", "", "nodes");
    let listed = list.fold(api, || Seen { images: &images, nodes: Vec::new() }).await;
    let outcome = listed.outcome();
    let mut nodes = listed.state.nodes;
    nodes.sort_by_cached_key(|node| natural(&node.name));
    (nodes, outcome)
}
