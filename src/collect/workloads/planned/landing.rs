//! On which nodes the pods of a workload can land: `pkg/scheduler/framework/plugins/{nodename,nodeaffinity,
//! tainttoleration}` and `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`, Kubernetes 1.36.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::wire::{self, null_as_default};
use crate::collect::nodes::{candidate, natural};
use crate::collect::selector::Labels;
use crate::collect::workloads::lists::Fold;
use crate::evidence::Node;
use crate::evidence::preflight::{Landing, PlatformNodes, TEST_NODES};
use crate::text::Clean;

/// Nodes that a landing names for want of an image.
const NAMED: usize = 10;
/// Taints by which Kubernetes says how a node is at the moment.
const PASSING: &[&str] = &["node.kubernetes.io/", "node.cloudprovider.kubernetes.io/"];

/// What a pod asks of its node.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Wishes {
    #[serde(deserialize_with = "null_as_default")]
    node_name: String,
    #[serde(deserialize_with = "null_as_default")]
    node_selector: Labels,
    #[serde(deserialize_with = "null_as_default")]
    affinity: Affinity,
    #[serde(deserialize_with = "null_as_default")]
    tolerations: Vec<Toleration>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Affinity {
    #[serde(deserialize_with = "null_as_default")]
    node_affinity: NodeAffinity,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Option<Required>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Required {
    #[serde(deserialize_with = "null_as_default")]
    node_selector_terms: Vec<Term>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Term {
    #[serde(deserialize_with = "null_as_default")]
    match_expressions: Vec<Expression>,
    #[serde(deserialize_with = "null_as_default")]
    match_fields: Vec<Expression>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Expression {
    key: String,
    operator: String,
    #[serde(deserialize_with = "null_as_default")]
    values: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Toleration {
    key: String,
    operator: String,
    value: String,
    effect: String,
}

/// A node with what scheduling looks at.
pub(super) struct Placed {
    pub facts: Node,
    labels: Labels,
    taints: Vec<wire::Taint>,
    is_testable: bool,
    images: Vec<String>,
}

/// All nodes.
#[derive(Default)]
pub(super) struct Nodes {
    pub nodes: Vec<Placed>,
    /// References that are never pulled: which nodes list them is kept.
    pub kept: Vec<crate::registry::reference::Reference>,
}

impl Fold for Nodes {
    type Item<'a> = wire::Node;

    fn add(&mut self, node: wire::Node) -> Result<(), serde_json::Error> {
        let labels = node.metadata.labels.clone().into_iter().collect();
        let listed = || node.status.images.iter().flat_map(|image| &image.names);
        let kept = self.kept.iter().filter(|image| listed().any(|name| image.matches_node_image(name)));
        let images = kept.map(crate::registry::reference::Reference::normalized).collect();
        let taints = node.spec.taints.clone();
        let candidate = candidate(node, &[]);
        let is_testable = candidate.skip.is_none() && matches!(candidate.facts.os.as_str(), "" | "linux");
        self.nodes.push(Placed { facts: candidate.facts, labels, taints, is_testable, images });
        Ok(())
    }
}

impl Nodes {
    /// In the order of their names.
    pub fn sort(&mut self) {
        self.nodes.sort_by_cached_key(|node| natural(&node.facts.name));
    }

    /// Where pods with these wishes can land. `kept`: images that must lie there already.
    pub fn landing(&self, wishes: &Wishes, kept: &[String]) -> Landing {
        let fitting: Vec<&Placed> = self.nodes.iter().filter(|node| wishes.fit(node)).collect();
        let mut platforms: BTreeMap<String, PlatformNodes> = BTreeMap::new();
        for node in &fitting {
            let platform = format!("{}/{}", node.facts.os, node.facts.architecture);
            let one = platforms.entry(platform.clone()).or_default();
            one.platform = platform;
            one.nodes += 1;
            if node.is_testable && one.ready.len() < TEST_NODES {
                one.ready.push(node.facts.name.clone());
            }
        }
        let mut platforms: Vec<PlatformNodes> = platforms.into_values().collect();
        platforms.sort_by_key(|one| std::cmp::Reverse(one.nodes));
        let lacks = |node: &&&Placed| kept.iter().any(|image| !node.images.contains(image));
        let because = if fitting.is_empty() { self.because(wishes) } else { String::new() };
        Landing {
            nodes: fitting.len(),
            of: self.nodes.len(),
            platforms,
            because: Clean::with_cap(&because, 512),
            without_image: fitting
                .iter()
                .filter(lacks)
                .take(NAMED)
                .map(|node| node.facts.name.clone())
                .collect(),
        }
    }

    /// The first wish that no node grants.
    fn because(&self, wishes: &Wishes) -> String {
        let none = |fits: &dyn Fn(&Placed) -> bool| !self.nodes.iter().any(fits);
        if self.nodes.is_empty() {
            return "there is no node".into();
        }
        if none(&|node| wishes.is_named(node)) {
            return format!("there is no node {}", wishes.node_name);
        }
        if none(&|node| wishes.is_selected(node)) {
            let labels: Vec<String> =
                wishes.node_selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
            return format!("no node has the labels of its nodeSelector ({})", labels.join(", "));
        }
        if none(&|node| wishes.is_near(node)) {
            return "no node fits its required node affinity".into();
        }
        if none(&|node| wishes.tolerates(node)) {
            return "it tolerates the taints of no node".into();
        }
        "no node fits all that it asks: name, nodeSelector, node affinity and tolerations".into()
    }
}

impl Wishes {
    fn fit(&self, node: &Placed) -> bool {
        self.is_named(node) && self.is_selected(node) && self.is_near(node) && self.tolerates(node)
    }

    fn is_named(&self, node: &Placed) -> bool {
        self.node_name.is_empty() || self.node_name == node.facts.name
    }

    fn is_selected(&self, node: &Placed) -> bool {
        self.node_selector.iter().all(|(key, value)| node.labels.get(key) == Some(value))
    }

    /// One term is enough; one that asks nothing selects nothing.
    fn is_near(&self, node: &Placed) -> bool {
        let Some(required) = &self.affinity.node_affinity.required else { return true };
        let name = |key: &str| (key == "metadata.name").then_some(node.facts.name.as_str());
        let label = |key: &str| node.labels.get(key).map(String::as_str);
        required.node_selector_terms.iter().any(|term| {
            let asks = !term.match_expressions.is_empty() || !term.match_fields.is_empty();
            asks && term.match_expressions.iter().all(|one| one.holds(label(&one.key)))
                && term.match_fields.iter().all(|one| one.holds(name(&one.key)))
        })
    }

    /// A pod that names its node is not scheduled, and only taints with `NoExecute` keep it away.
    fn tolerates(&self, node: &Placed) -> bool {
        let is_lasting = |taint: &&wire::Taint| !PASSING.iter().any(|prefix| taint.key.starts_with(prefix));
        let counts = |taint: &&wire::Taint| match taint.effect.as_str() {
            "NoExecute" => true,
            "NoSchedule" => self.node_name.is_empty(),
            _ => false,
        };
        let mut taints = node.taints.iter().filter(is_lasting).filter(counts);
        taints.all(|taint| self.tolerations.iter().any(|one| one.covers(taint)))
    }
}

impl Expression {
    fn holds(&self, value: Option<&str>) -> bool {
        let is_one = || value.is_some_and(|value| self.values.iter().any(|one| one == value));
        let number = |text: &str| text.parse::<i64>().ok();
        let compare = |holds: fn(i64, i64) -> bool| {
            let bound = self.values.first().filter(|_| self.values.len() == 1);
            match (value.and_then(number), bound.and_then(|bound| number(bound))) {
                (Some(value), Some(bound)) => holds(value, bound),
                _ => false,
            }
        };
        match self.operator.as_str() {
            "In" => is_one(),
            "NotIn" => !is_one(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" => compare(|value, bound| value > bound),
            "Lt" => compare(|value, bound| value < bound),
            _ => false,
        }
    }
}

impl Toleration {
    /// `Toleration.ToleratesTaint` in k8s.io/api/core/v1.
    fn covers(&self, taint: &wire::Taint) -> bool {
        let same_effect = self.effect.is_empty() || self.effect == taint.effect;
        let same_key = self.key.is_empty() || self.key == taint.key;
        let same_value = match self.operator.as_str() {
            "" | "Equal" => self.value == taint.value && !self.key.is_empty(),
            "Exists" => true,
            _ => false,
        };
        same_effect && same_key && same_value
    }
}

#[cfg(test)]
#[path = "landing_tests.rs"]
mod tests;
