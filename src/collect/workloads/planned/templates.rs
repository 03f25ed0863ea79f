//! Pod templates in custom resources, whose controllers make pods of one or of several.

use zeroize::Zeroizing;

use super::argo;
use super::tree::Tree;

/// How deep a pod template may lie in a custom resource.
const DEPTH: usize = 8;
/// Fields by which the items of a list are told apart.
const NAMES: &[&str] = &["name", "groupName"];

/// A pod template.
pub(super) struct Found<'t> {
    /// Where it lies, where there are others: `workerGroupSpecs.small`. Empty where it is the only one.
    pub part: String,
    /// Something with a pod's `spec`.
    pub template: Template<'t>,
    /// How many containers were left out of it, because their images are known only when it runs.
    pub unknown: usize,
}

/// A part of an object, or what its controller makes of several.
pub(super) enum Template<'t> {
    Lent(&'t Tree),
    Made(Tree),
}

impl Template<'_> {
    pub fn tree(&self) -> &Tree {
        match self {
            Self::Lent(tree) => tree,
            Self::Made(tree) => tree,
        }
    }
}

impl<'t> Found<'t> {
    /// The only one of an object.
    pub fn only(template: &'t Tree) -> Self {
        Self { part: String::new(), template: Template::Lent(template), unknown: 0 }
    }
}

/// The pod templates of a custom resource.
pub(super) fn of<'t>(group: &str, kind: &str, object: &'t Tree) -> Vec<Found<'t>> {
    let mut all = match argo::workflow(group, kind, object) {
        Some(workflow) => argo::found(workflow),
        None => found(object.get("spec")),
    };
    tell_apart(&mut all);
    all
}

/// What in a custom resource looks like a pod template: whatever has a `spec` that has containers with images. RayCluster
/// has one of its head and one of each group of workers, Kubeflow's jobs one of each type of replica, JobSet one of each
/// job.
fn found(spec: &Tree) -> Vec<Found<'_>> {
    let mut all = Vec::new();
    search(spec, &mut Vec::new(), &mut all);
    all
}

fn search<'t>(tree: &'t Tree, path: &mut Vec<String>, all: &mut Vec<Found<'t>>) {
    if path.len() >= DEPTH {
        return;
    }
    if is_pods(tree.get("spec")) {
        let told = path.iter().filter(|key| !matches!(key.as_str(), "template" | "spec" | ""));
        let part = told.map(String::as_str).collect::<Vec<_>>().join(".");
        all.push(Found { part, ..Found::only(tree) });
        return;
    }
    let mut step = |key: String, inner: &'t Tree| {
        path.push(key);
        search(inner, path, all);
        path.pop();
    };
    match tree {
        Tree::Map(entries) => entries.iter().for_each(|(key, inner)| step(word(key), inner)),
        Tree::List(items) => items.iter().enumerate().for_each(|(at, item)| step(item_name(item, at), item)),
        _ => {}
    }
}

fn is_pods(spec: &Tree) -> bool {
    spec.get("containers").items().iter().any(|one| !one.get("image").text().is_empty())
}

/// The item's name, or its number from 1.
fn item_name(item: &Tree, at: usize) -> String {
    let named = NAMES.iter().map(|field| word(item.get(field).text())).find(|name| !name.is_empty());
    named.unwrap_or_else(|| (at + 1).to_string())
}

/// A key as a part of a name; empty where it is no word.
pub(super) fn word(key: &str) -> String {
    let is_word = key.len() <= 63 && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if is_word { key.to_string() } else { String::new() }
}

/// One that is alone needs no name of its own; of two that lie at places of one name the second is numbered.
fn tell_apart(all: &mut [Found<'_>]) {
    if let [only] = all {
        only.part.clear();
    }
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for one in all.iter_mut() {
        let count = seen.entry(one.part.clone()).or_default();
        *count += 1;
        if *count > 1 {
            one.part = format!("{}#{count}", one.part);
        }
    }
}

/// The images of a pod's spec.
pub(super) fn images_of(spec: &Tree) -> Vec<&str> {
    let mut images = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        images.extend(spec.get(list).items().iter().map(|one| one.get("image").text()));
    }
    images.extend(spec.get("volumes").items().iter().map(|one| one.at(&["image", "reference"]).text()));
    images.retain(|image| !image.is_empty());
    images
}

/// An object in the form of anything that has a pod template.
pub(super) fn as_controller(object: &Tree, template: &Tree) -> Zeroizing<String> {
    let is_none = matches!(object.at(&["spec", "replicas"]), Tree::Number(number) if number == "0");
    let is_suspended = matches!(object.at(&["spec", "suspend"]), Tree::Bool(true));
    // Of a pod, its own metadata are those of the template.
    Zeroizing::new(format!(
        r#"{{"spec":{{"replicas":{},"suspend":{is_suspended},"template":{{"metadata":{{"labels":{}}},"spec":{}}}}}}}"#,
        if is_none { "0" } else { "null" },
        template.at(&["metadata", "labels"]).json().as_str(),
        template.get("spec").json().as_str(),
    ))
}
