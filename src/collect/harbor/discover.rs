//! Which pods are a Harbor: by the labels of its installers, or by the user's selector.

use std::collections::BTreeSet;

use super::wire::Pod;
use crate::api::wire::Named;
use crate::api::{Api, ApiError, path};
use crate::collect::namespace::absent_namespace;
use crate::collect::selector::{Labels, no_selector};
use crate::error::Error;
use crate::evidence::harbor::Installer;
use crate::text::Clean;

/// How much of a selector a sentence quotes.
const MAX_SELECTOR: usize = 256;

/// Selectors of core's pods, one an installer: for the search through all namespaces.
const CORES: [&str; 3] = [
    "app=harbor,component=core",
    "app.kubernetes.io/name=harbor,app.kubernetes.io/component=core",
    "core.goharbor.io/name",
];

/// Components that the operator labels its pods by.
const OPERATED: [&str; 5] = ["core", "jobservice", "registry", "registryctl", "portal"];

/// The pods of one Harbor.
pub(super) struct Found {
    pub installer: Installer,
    pub release: String,
    /// Pods of core, in the order of their names.
    pub cores: Vec<Pod>,
    /// Its other pods with their components.
    pub others: Vec<(String, Pod)>,
}

/// One Harbor by its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Family {
    /// In the order of [`label`]; decides nothing.
    kind: Kind,
    release: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    HarborHelm,
    Bitnami,
    Operator,
}

impl Family {
    fn installer(&self) -> Installer {
        match self.kind {
            Kind::HarborHelm => Installer::HarborHelm,
            Kind::Bitnami => Installer::Bitnami,
            Kind::Operator => Installer::Operator,
        }
    }

    /// What tells it from another one in the same namespace.
    fn selector(&self) -> String {
        let release = Clean::with_cap(&self.release, 64);
        match self.kind {
            Kind::HarborHelm => format!("release={release}"),
            Kind::Bitnami => format!("app.kubernetes.io/instance={release}"),
            Kind::Operator => format!("core.goharbor.io/name={release}-core"),
        }
    }
}

/// The pods of the Harbor in a namespace. With a selector, of that one whose core pods it selects.
pub(super) async fn discover(api: &Api, namespace: &str, selector: Option<&str>) -> Result<Found, Error> {
    let collection = path::core(namespace, "pods");
    let pods: Vec<Pod> = api.list("pods", &collection).await.map_err(|error| not_listed(namespace, error))?;
    let pods: Vec<Pod> = pods.into_iter().filter(|pod| !is_over(pod)).collect();
    let Some(selector) = selector else {
        return match families(pods.iter()).as_slice() {
            [] => Err(match absent_namespace(api, namespace).await {
                Some(absent) => absent,
                None => nowhere(api, namespace).await,
            }),
            [family] => Ok(of_family(family, pods)),
            several => Err(too_many(namespace, several)),
        };
    };
    let selected = path::with(&collection, &[("labelSelector", selector)]);
    let selected: Vec<Named> = api.list("pods", &selected).await.map_err(|error| match error.code() {
        // What its parser says is of no help to who wrote it.
        Some(400) => no_selector(selector),
        _ => not_listed(namespace, error),
    })?;
    let names: BTreeSet<String> = selected.into_iter().map(|pod| pod.metadata.name).collect();
    by_names(namespace, selector, &names, pods)
}

fn not_listed(namespace: &str, error: ApiError) -> Error {
    match error.code() {
        Some(403) => Error::NotThere(format!(
            "you may not list the pods of namespace {namespace} ({}): name Harbor's namespace by -n if it is another; \
             `kubectl regauth rbac --harbor` prints the rights that an administrator can grant",
            error.message()
        )),
        _ => Error::doing(format!("list the pods of namespace {namespace}"))(error),
    }
}

/// Ended and evicted pods are not part of anything.
fn is_over(pod: &Pod) -> bool {
    matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
}

fn by_names(
    namespace: &str,
    selector: &str,
    names: &BTreeSet<String>,
    pods: Vec<Pod>,
) -> Result<Found, Error> {
    let selected = || pods.iter().filter(|pod| names.contains(&pod.metadata.name));
    match families(selected()).as_slice() {
        [family] => {
            let mut found = of_family(family, pods);
            // The selector may be about single pods of core.
            found.cores.retain(|pod| names.contains(&pod.metadata.name));
            return Ok(found);
        }
        [] => {}
        several => return Err(too_many(namespace, several)),
    }
    let matched = selected().count();
    let (mut cores, mut others) = (Vec::new(), Vec::new());
    for pod in pods.into_iter().filter(|pod| names.contains(&pod.metadata.name)) {
        let has = |name: &str| pod.spec.containers.iter().any(|container| container.name == name);
        match ["core", "jobservice", "registry"].into_iter().find(|name| has(name)) {
            Some("core") => cores.push(pod),
            Some(component) => others.push((component.to_string(), pod)),
            None if has_core_image(&pod) => cores.push(pod),
            None => {}
        }
    }
    if cores.is_empty() {
        let selector = Clean::with_cap(selector, MAX_SELECTOR);
        return Err(Error::NotThere(match matched {
            0 => format!(
                "no running pod of namespace {namespace} matches --selector {selector}: without it Harbor is found by \
                 the labels of its installers"
            ),
            n => format!(
                "--selector {selector} matches {n} {} of namespace {namespace}, none of which is Harbor's core (a \
                 container named core, or an image named harbor-core)",
                if n == 1 { "pod" } else { "pods" }
            ),
        }));
    }
    let release = String::new();
    Ok(sorted(Found { installer: Installer::Selector, release, cores, others }))
}

/// The Harbors that have a pod of core here.
fn families<'a>(pods: impl Iterator<Item = &'a Pod>) -> Vec<Family> {
    let cores = pods.filter_map(|pod| member(pod).filter(|(_, component)| component == "core"));
    cores.map(|(family, _)| family).collect::<BTreeSet<_>>().into_iter().collect()
}

fn of_family(family: &Family, pods: Vec<Pod>) -> Found {
    let mut found = Found {
        installer: family.installer(),
        release: Clean::with_cap(&family.release, 64).to_string(),
        cores: Vec::new(),
        others: Vec::new(),
    };
    for pod in pods {
        match member(&pod) {
            Some((own, component)) if own == *family && component == "core" => found.cores.push(pod),
            Some((own, component)) if own == *family => found.others.push((component, pod)),
            _ => {}
        }
    }
    sorted(found)
}

fn sorted(mut found: Found) -> Found {
    found.cores.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    found.others.sort_by(|a, b| a.1.metadata.name.cmp(&b.1.metadata.name));
    found
}

/// The Harbor that a pod belongs to, and its component. harbor-helm: `app`, `component` and `release`
/// (templates/_helpers.tpl); bitnami: the recommended labels (common/templates/_labels.tpl); harbor-operator:
/// `COMPONENT.goharbor.io/name` (controllers/goharbor/core/deployments.go).
fn member(pod: &Pod) -> Option<(Family, String)> {
    let labels = &pod.metadata.labels;
    let label = |key: &str| labels.get(key).map(String::as_str);
    // `nameOverride` changes the name in the labels; the image tells core then.
    let is_harbor = |name: Option<&str>| name == Some("harbor") || (name.is_some() && has_core_image(pod));
    if let (true, Some(component), Some(release)) =
        (is_harbor(label("app")), label("component"), label("release"))
    {
        return Some((Family { kind: Kind::HarborHelm, release: release.into() }, component.into()));
    }
    let recommended = (label("app.kubernetes.io/component"), label("app.kubernetes.io/instance"));
    if let (true, (Some(component), Some(release))) =
        (is_harbor(label("app.kubernetes.io/name")), recommended)
    {
        return Some((Family { kind: Kind::Bitnami, release: release.into() }, component.into()));
    }
    operated(labels)
}

/// The operator names a component's pods `RELEASE-COMPONENT`.
fn operated(labels: &Labels) -> Option<(Family, String)> {
    OPERATED.iter().find_map(|component| {
        let name = labels.get(&format!("{component}.goharbor.io/name"))?;
        let release = name.strip_suffix(&format!("-{component}")).unwrap_or(name);
        Some((Family { kind: Kind::Operator, release: release.to_string() }, component.to_string()))
    })
}

pub(super) fn has_core_image(pod: &Pod) -> bool {
    pod.spec.containers.iter().any(|container| is_core_image(&container.image))
}

/// Whether an image's repository is called `harbor-core`.
pub(super) fn is_core_image(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next() == Some("harbor-core")
}

fn too_many(namespace: &str, families: &[Family]) -> Error {
    let told: Vec<String> = families
        .iter()
        .map(|family| {
            format!("{} ({})", Clean::with_cap(&family.release, 64), installer_name(family.installer()))
        })
        .collect();
    let first = families.first().map(Family::selector).unwrap_or_default();
    Error::Usage(format!(
        "namespace {namespace} has {} Harbors: {}; say which one by --selector, such as --selector {first}",
        families.len(),
        told.join(", ")
    ))
}

fn installer_name(installer: Installer) -> &'static str {
    match installer {
        Installer::HarborHelm => "harbor-helm",
        Installer::Bitnami => "bitnami",
        Installer::Operator => "harbor-operator",
        Installer::Selector => "selector",
    }
}

/// Namespaces that have pods of Harbor's core by the labels of its installers, sorted: of all namespaces, or of one.
///
/// # Errors
///
/// The API server's refusal to list their pods.
pub async fn namespaces(api: &Api, within: Option<&str>) -> Result<BTreeSet<String>, ApiError> {
    let collection = within.map_or_else(|| "/api/v1/pods".to_string(), |one| path::core(one, "pods"));
    let mut found = BTreeSet::new();
    for selector in CORES {
        let path = path::with(&collection, &[("labelSelector", selector)]);
        let pods: Vec<Named> = api.list("pods", &path).await?;
        found.extend(pods.into_iter().map(|pod| pod.metadata.namespace));
    }
    Ok(found)
}

/// The error for a namespace without Harbor: it names those that have one, where the user may see that.
async fn nowhere(api: &Api, namespace: &str) -> Error {
    let found = namespaces(api, None).await;
    let names: Vec<&str> = found.iter().flatten().map(String::as_str).collect();
    let advice = match (names.as_slice(), found.is_ok()) {
        ([], true) => {
            "no other namespace has one by the labels of harbor-helm, bitnami or harbor-operator either; select its \
             core pods by --selector, or ask it from outside by --url"
                .to_string()
        }
        ([], false) => {
            "name Harbor's namespace by -n, or select its core pods by --selector (you may not list the pods of all \
             namespaces, so they were not searched)"
                .to_string()
        }
        (names, _) => format!("there are some in namespace {}: name it by -n", names.join(", ")),
    };
    Error::NotThere(format!("namespace {namespace} has no pods of Harbor's core; {advice}"))
}
