//! Kinds of nodes, few enough to be a metric's label.

use std::collections::{BTreeMap, BTreeSet};

use super::names::METADATA;
use crate::api::wire::Named;
use crate::api::{Api, ApiError};
use crate::text::Clean;

/// Labels that each kubelet writes (k8s.io/api/core/v1/well_known_labels.go).
const OS: &str = "kubernetes.io/os";
const ARCHITECTURE: &str = "kubernetes.io/arch";
/// The provider's name of the machine's type, where there is a provider.
const INSTANCE_TYPE: &str = "node.kubernetes.io/instance-type";
/// More types of machines than these are not told apart.
pub const MOST_TYPES: usize = 10;
/// More classes than these are one.
const MOST: usize = 20;
/// The class of a node that is not known, and of those beyond the bound.
pub const UNKNOWN: &str = "unknown";
/// What is kept of a label's value, in bytes.
const LONGEST: usize = 63;

/// The class of each node: `linux/amd64`, and `linux/amd64/m5.large` where there are few types of machines.
#[derive(Clone, Debug, Default)]
pub struct NodeClasses(BTreeMap<String, String>);

/// Reads the labels of all nodes, and nothing else of them.
pub async fn read(api: &Api) -> Result<NodeClasses, ApiError> {
    let mut nodes = Vec::new();
    api.each("nodes", "/api/v1/nodes", METADATA, |node: Named| {
        let label = |key: &str| {
            node.metadata.labels.get(key).map(|value| Clean::with_cap(value, LONGEST).to_string())
        };
        nodes.push((node.metadata.name.clone(), [OS, ARCHITECTURE, INSTANCE_TYPE].map(label)));
    })
    .await?;
    Ok(NodeClasses::of_labels(nodes))
}

impl NodeClasses {
    fn of_labels(nodes: Vec<(String, [Option<String>; 3])>) -> Self {
        let types: BTreeSet<&String> = nodes.iter().filter_map(|(_, [_, _, kind])| kind.as_ref()).collect();
        let is_told = types.len() <= MOST_TYPES;
        let mut classes = BTreeSet::new();
        let mut of = BTreeMap::new();
        for (name, [os, architecture, kind]) in &nodes {
            let (Some(os), Some(architecture)) = (os, architecture) else { continue };
            let kind = kind.as_ref().filter(|_| is_told).map(|kind| format!("/{kind}")).unwrap_or_default();
            let class = format!("{os}/{architecture}{kind}");
            if classes.len() < MOST || classes.contains(&class) {
                classes.insert(class.clone());
                of.insert(name.clone(), class);
            }
        }
        Self(of)
    }

    /// The class of a node; [`UNKNOWN`] where it is not known.
    pub fn of(&self, node: &str) -> &str {
        self.0.get(node).map_or(UNKNOWN, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: usize, kind: Option<String>) -> (String, [Option<String>; 3]) {
        (format!("node-{name}"), [Some("linux".into()), Some("amd64".into()), kind])
    }

    #[test]
    fn a_class_is_what_the_kubelet_and_the_provider_say() {
        let classes = NodeClasses::of_labels(vec![node(0, None), node(1, Some("m5.large".into()))]);
        assert_eq!(
            (classes.of("node-0"), classes.of("node-1"), classes.of("x")),
            ("linux/amd64", "linux/amd64/m5.large", UNKNOWN)
        );
    }

    #[test]
    fn many_types_of_machines_are_not_told_apart_and_classes_are_bounded() {
        let many = (0..=MOST_TYPES).map(|at| node(at, Some(format!("type-{at}")))).collect();
        assert_eq!(NodeClasses::of_labels(many).of("node-3"), "linux/amd64");
        let odd = |at: usize| (format!("node-{at}"), [Some(format!("os-{at}")), Some("amd64".into()), None]);
        let classes = NodeClasses::of_labels((0..100).map(odd).collect());
        let told = (0..100).filter(|at| classes.of(&format!("node-{at}")) != UNKNOWN).count();
        assert_eq!(told, MOST);
    }
}
