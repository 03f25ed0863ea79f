//! Pod templates in custom resources, whose controllers make pods of one or of several.

use super::tree::Tree;

/// How deep a pod template may lie in a custom resource.
const DEPTH: usize = 8;
/// How many pod templates are taken of one custom resource.
const TEMPLATES: usize = 200;
/// Fields by which the items of a list are told apart.
const NAMES: &[&str] = &["name", "groupName"];

/// A pod template.
pub(super) struct Found<'t> {
    /// Where it lies, where there are others: `workerGroupSpecs.small`. Empty where it is the only one.
    pub part: String,
    /// Something with a pod's `spec`.
    pub template: &'t Tree,
}

/// What in a custom resource looks like a pod template: whatever has a `spec` that has containers with images. RayCluster
/// has one of its head and one of each group of workers, Kubeflow's jobs one of each type of replica, JobSet one of each
/// job.
pub(super) fn found(spec: &Tree) -> Vec<Found<'_>> {
    let mut all = Vec::new();
    search(spec, &mut Vec::new(), &mut all);
    if let [only] = all.as_mut_slice() {
        only.part.clear();
    }
    tell_apart(&mut all);
    all
}

fn search<'t>(tree: &'t Tree, path: &mut Vec<String>, all: &mut Vec<Found<'t>>) {
    if path.len() >= DEPTH || all.len() >= TEMPLATES {
        return;
    }
    if is_pods(tree.get("spec")) {
        let told = path.iter().filter(|key| !matches!(key.as_str(), "template" | "spec" | ""));
        let part = told.map(String::as_str).collect::<Vec<_>>().join(".");
        all.push(Found { part, template: tree });
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
fn word(key: &str) -> String {
    let is_word = key.len() <= 63 && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if is_word { key.to_string() } else { String::new() }
}

/// Two that lie at places of one name are numbered.
fn tell_apart(all: &mut [Found<'_>]) {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for one in all.iter_mut() {
        let count = seen.entry(one.part.clone()).or_default();
        *count += 1;
        if *count > 1 {
            one.part = format!("{}#{count}", one.part);
        }
    }
}
