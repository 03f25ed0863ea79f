//! The objects of manifests: which make pods, and which those pods need.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::stream::{Document, documents};
use super::templates::{self, Found, as_controller, images_of};
use super::tree::{Tree, read};
use crate::evidence::preflight::ManifestPlace;
use crate::text::{Clean, is_object_name, referenced_name};

/// How many documents are read of all files.
const DOCUMENTS: usize = 10_000;
/// How deep lists may lie in each other.
const LISTS: usize = 3;

/// A manifest: a file, or the standard input.
pub struct Source {
    /// The file as it is to be named; `-` for the standard input.
    pub file: String,
    /// Its text, which may hold Secrets.
    pub text: Zeroizing<String>,
}

/// The objects of manifests.
#[derive(Default)]
pub struct Manifests {
    pub(super) workloads: Vec<Planned>,
    pub(super) secrets: Vec<Object>,
    pub(super) accounts: Vec<Object>,
    pub(super) namespaces: Vec<Object>,
    /// Secrets that a controller makes from an object of the manifests: of which, and which.
    pub(super) made: Vec<(Object, String)>,
    /// Custom resources in which no pod template was found, by kind.
    pub(super) unread_kinds: BTreeMap<String, usize>,
    pub(super) documents: usize,
    /// How many objects without a name of their own there are, by namespace and by what stands for the name.
    unnamed: BTreeMap<(String, String), usize>,
    /// What could not be read, each as a place and a clause.
    pub(super) broken: Vec<(String, String)>,
}

/// An object.
pub(super) struct Object {
    pub namespace: String,
    pub name: String,
    pub place: ManifestPlace,
    pub tree: Tree,
}

/// An object that makes pods.
pub(super) struct Planned {
    /// What kubectl calls it: `deploy/web`.
    pub name: String,
    pub namespace: String,
    pub place: ManifestPlace,
    /// The pod's spec.
    pub spec: Zeroizing<String>,
    /// The same in the form of anything with a pod template.
    pub object: Zeroizing<String>,
    /// Lines of its images.
    pub lines: BTreeMap<String, u32>,
}

/// Kinds of Kubernetes' own that make pods: API groups, kind, what kubectl calls one, and where its template lies.
const KINDS: &[(&[&str], &str, &str, &[&str])] = &[
    (&[""], "Pod", "pod", &[]),
    (&["apps", "extensions"], "Deployment", "deploy", &["spec", "template"]),
    (&["apps"], "StatefulSet", "sts", &["spec", "template"]),
    (&["apps", "extensions"], "DaemonSet", "ds", &["spec", "template"]),
    (&["apps", "extensions"], "ReplicaSet", "rs", &["spec", "template"]),
    (&[""], "ReplicationController", "rc", &["spec", "template"]),
    (&["batch"], "Job", "job", &["spec", "template"]),
    (&["batch"], "CronJob", "cronjob", &["spec", "jobTemplate", "spec", "template"]),
    (&[""], "PodTemplate", "podtemplate", &["template"]),
];

impl Manifests {
    /// Reads sources. What has no namespace of its own goes to `namespace`.
    pub fn read(sources: &[Source], namespace: &str) -> Self {
        let mut manifests = Self::default();
        for source in sources {
            for document in documents(&source.text) {
                manifests.take(&source.file, namespace, &document);
            }
        }
        manifests
    }

    /// How many workloads there are.
    pub fn workloads(&self) -> usize {
        self.workloads.len()
    }

    /// What could not be read, each as a place and a clause.
    pub fn broken(&self) -> &[(String, String)] {
        &self.broken
    }

    fn take(&mut self, file: &str, namespace: &str, document: &Document<'_>) {
        self.documents += 1;
        let place = ManifestPlace {
            file: Clean::with_cap(file, 1024),
            line: document.line,
            template: document.template.clone(),
        };
        if self.documents > DOCUMENTS {
            if self.documents == DOCUMENTS + 1 {
                let why = format!("only the first {DOCUMENTS} documents are read: check the rest by itself");
                self.broken.push((place.describe(), why));
            }
            return;
        }
        match read(document.text) {
            Ok(trees) => {
                for tree in trees {
                    self.object(tree, namespace, &place, document, 0);
                }
            }
            Err(broken) => {
                let line = document.first_line + broken.line - 1;
                let why = format!("document {} cannot be read: {}", self.documents, broken.why);
                self.broken.push((ManifestPlace { line, ..place }.describe(), why));
            }
        }
    }

    fn object(
        &mut self,
        tree: Tree,
        namespace: &str,
        place: &ManifestPlace,
        document: &Document<'_>,
        depth: usize,
    ) {
        if tree.is_null() {
            return;
        }
        let kind = tree.get("kind").text().to_string();
        if kind.is_empty() {
            let why = "is no Kubernetes object: it has no `kind`";
            self.broken.push((place.describe(), format!("document {} {why}", self.documents)));
            return;
        }
        let is_list = kind.ends_with("List") && matches!(tree.get("items"), Tree::List(_));
        if is_list && depth == LISTS {
            let why = format!(
                "lists lie in each other more than {LISTS} deep: what the innermost hold is not read"
            );
            self.broken.push((place.describe(), format!("document {}: {why}", self.documents)));
            return;
        }
        if is_list {
            for item in items(tree) {
                self.object(item, namespace, place, document, depth + 1);
            }
            return;
        }
        let version = tree.get("apiVersion").text().to_string();
        let own = tree.at(&["metadata", "namespace"]).text();
        let namespace = if own.is_empty() { namespace.to_string() } else { referenced_name(own) };
        let name = name(&tree);
        let object = Object { namespace, name, place: place.clone(), tree };
        match (group(&version), kind.as_str()) {
            ("", "Secret") => self.secrets.push(object),
            ("", "ServiceAccount") => self.accounts.push(object),
            ("", "Namespace") => self.namespaces.push(object),
            ("bitnami.com", "SealedSecret") | ("external-secrets.io", "ExternalSecret") => {
                self.made.push((made_secret(object), kind));
            }
            ("kustomize.config.k8s.io", _) => self.broken.push((place.describe(), KUSTOMIZATION.into())),
            _ => self.workload(&version, &kind, object, document),
        }
    }

    fn workload(&mut self, version: &str, kind: &str, object: Object, document: &Document<'_>) {
        let group = group(version);
        let known = KINDS.iter().find(|(groups, one, ..)| *one == kind && groups.contains(&group));
        let (short, found) = match known {
            Some((.., short, path)) => (short.to_string(), vec![Found::only(object.tree.at(path))]),
            None if is_builtin(group) => return self.misplaced(version, kind, &object.place),
            None => {
                (format!("{}.{group}", kind.to_ascii_lowercase()), templates::of(group, kind, &object.tree))
            }
        };
        if found.is_empty() {
            *self.unread_kinds.entry(format!("{kind}.{group}")).or_default() += 1;
            return;
        }
        let name = self.unique(format!("{short}/{}", object.name), &object);
        for one in found {
            let name = if one.part.is_empty() { name.clone() } else { format!("{name}/{}", one.part) };
            let template = one.template.tree();
            let spec = template.get("spec");
            if !spec.is_map() {
                let why = format!("{name} has no pod template that could be read");
                self.broken.push((object.place.describe(), why));
                continue;
            }
            if one.unknown > 0 {
                let why = format!("{name} has an image that is known only when it runs: it holds parameters");
                self.broken.push((object.place.describe(), why));
            }
            let images = images_of(spec).into_iter();
            let lines = images.map(|image| (image.to_string(), document.line_of(image))).collect();
            self.workloads.push(Planned {
                name,
                spec: spec.json(),
                object: as_controller(&object.tree, template),
                namespace: object.namespace.clone(),
                place: object.place.clone(),
                lines,
            });
        }
    }

    /// A kind that makes pods under an `apiVersion` that has none of it: its pods would be left out in silence.
    fn misplaced(&mut self, version: &str, kind: &str, place: &ManifestPlace) {
        let Some((groups, ..)) = KINDS.iter().find(|(_, one, ..)| *one == kind) else { return };
        let right = match groups[0] {
            "" => "v1".to_string(),
            group => format!("{group}/v1"),
        };
        let version = Clean::with_cap(version, 128);
        let why = format!(
            "document {} is a {kind} with the apiVersion \"{version}\", which has none: write {right}",
            self.documents
        );
        self.broken.push((place.describe(), why));
    }

    /// Of what the API server names, each is another object however alike they are: `job/g`, `job/g#2`, which no object can
    /// be called.
    fn unique(&mut self, name: String, object: &Object) -> String {
        if !object.tree.at(&["metadata", "name"]).text().is_empty() {
            return name;
        }
        let count = self.unnamed.entry((object.namespace.clone(), name.clone())).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}#{count}") }
    }
}

const KUSTOMIZATION: &str = "it is a kustomization, which has to be built first: \
     `kubectl kustomize FOLDER | kubectl regauth preflight -f -`";

/// The API group of an `apiVersion`.
fn group(version: &str) -> &str {
    version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Its name; of what is named by the API server, what that begins with.
fn name(tree: &Tree) -> String {
    let metadata = tree.get("metadata");
    let name = metadata.get("name").text();
    let given =
        if name.is_empty() { metadata.get("generateName").text().trim_end_matches('-') } else { name };
    if given.is_empty() { "unnamed".into() } else { referenced_name(given) }
}

/// What a List holds.
fn items(list: Tree) -> Vec<Tree> {
    let Tree::Map(entries) = list else { return Vec::new() };
    match entries.into_iter().find(|(key, _)| key == "items") {
        Some((_, Tree::List(items))) => items,
        _ => Vec::new(),
    }
}

/// Groups of Kubernetes' own APIs: those without a dot, and those of `k8s.io` itself. Of these, the kinds that make pods
/// are known.
fn is_builtin(group: &str) -> bool {
    const OTHERS: &[&str] = &["x-k8s.io", "sigs.k8s.io"];
    let is_under = |suffix: &&str| {
        group.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !group.contains('.') || (is_under(&"k8s.io") && !OTHERS.iter().any(is_under))
}

/// The Secret that a controller makes from a SealedSecret (`spec.template.metadata`) or an ExternalSecret
/// (`spec.target.name`); by default it has the object's own name.
fn made_secret(object: Object) -> Object {
    let sealed = object.tree.at(&["spec", "template", "metadata", "name"]).text();
    let external = object.tree.at(&["spec", "target", "name"]).text();
    let name = [sealed, external].into_iter().find(|name| is_object_name(name)).map(str::to_string);
    Object { name: name.unwrap_or_else(|| object.name.clone()), ..object }
}

#[cfg(test)]
#[path = "objects_tests.rs"]
mod tests;
