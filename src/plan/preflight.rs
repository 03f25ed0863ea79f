//! Which tests tell whether what manifests would bring can be pulled.

use std::collections::BTreeMap;

use crate::diagnose::workload::View;
use crate::evidence::preflight::{Landing, PlannedTest, PlannedWorkload, Preflight};
use crate::evidence::workloads::{ImageUse, PullPolicy, PullSecret, Workload};
use crate::evidence::{Evidence, Outcome};
use crate::registry::keyring::evidence::lookup;
use crate::registry::reference::Reference;
use crate::text::Clean;

/// How many images one probe looks at: its result has to fit into a termination message.
const IMAGES: usize = 4;

/// One run: images that the same pull secrets are for, on the same nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullTest {
    /// The namespace.
    pub namespace: String,
    /// The pull secrets of the cluster that the pods will have.
    pub pull_secrets: Vec<String>,
    /// The images.
    pub images: Vec<String>,
    /// The nodes.
    pub nodes: Vec<String>,
    /// Ids of the workloads, each with an image.
    pub of: Vec<(String, String)>,
}

/// Namespace, pull secrets and nodes of tests.
type Same = (String, Vec<String>, Vec<String>);

/// The tests of a preflight on at most so many nodes each, one of each platform first; and what of the manifests is not
/// tested at all, or not on all platforms, and why.
pub fn tests(evidence: &Evidence, nodes_each: usize) -> (Vec<PullTest>, Vec<PlannedTest>) {
    let (Some(view), Some(preflight)) = (View::of(evidence), &evidence.preflight) else {
        return (Vec::new(), Vec::new());
    };
    let mut groups: BTreeMap<Same, Vec<(String, String)>> = BTreeMap::new();
    let mut not = Vec::new();
    for planned in &preflight.workloads {
        let Some(workload) = view.workload(&planned.id) else { continue };
        for image in workload.images.iter().filter(|image| image.pull_policy != PullPolicy::Never) {
            let Ok(reference) = Reference::parse(&image.image) else { continue };
            match asked(&view, preflight, planned, (workload, image), (&reference, nodes_each)) {
                Ok(None) => {}
                Ok(Some((same, rest))) => {
                    groups.entry(same).or_default().push((planned.id.clone(), image.image.clone()));
                    not.extend(rest);
                }
                Err(why) => not.push(untested(planned, image, &why, false)),
            }
        }
    }
    (groups.into_iter().flat_map(|(same, of)| in_runs(&same, of)).collect(), not)
}

/// Where and with what an image is tested, and what of it is not; `None` where it can run nowhere, which is told as such.
type Asked = Option<(Same, Vec<PlannedTest>)>;

fn asked(
    view: &View<'_>,
    preflight: &Preflight,
    planned: &PlannedWorkload,
    (workload, image): (&Workload, &ImageUse),
    (reference, nodes_each): (&Reference, usize),
) -> Result<Asked, String> {
    let namespace = preflight.namespaces.iter().find(|one| one.name == workload.namespace);
    if namespace.is_some_and(|one| matches!(one.outcome, Outcome::Absent { .. })) {
        return Err(format!(
            "namespace {} is not there yet, so that no test can be made in it",
            workload.namespace
        ));
    }
    let landing = planned.landing().ok_or("the nodes could not be listed")?;
    if landing.nodes == 0 {
        return Ok(None);
    }
    let secrets = pull_secrets(view, preflight, workload, reference)?;
    let nodes = nodes(landing, nodes_each);
    if nodes.is_empty() {
        return Err("none of the nodes that its pods can land on can take a test".into());
    }
    let rest =
        rest(landing, &nodes).into_iter().map(|(why, left_out)| untested(planned, image, &why, left_out));
    Ok(Some(((workload.namespace.clone(), secrets, nodes), rest.collect())))
}

fn untested(planned: &PlannedWorkload, image: &ImageUse, why: &str, left_out: bool) -> PlannedTest {
    PlannedTest {
        workload: planned.id.clone(),
        image: image.image.clone(),
        run: None,
        why_not: Clean::new(why),
        left_out,
    }
}

/// The pull secrets of the cluster that pods will have for an image. One that comes with the manifests cannot be mounted
/// yet, which matters where it has something for the image.
fn pull_secrets(
    view: &View<'_>,
    preflight: &Preflight,
    workload: &Workload,
    image: &Reference,
) -> Result<Vec<String>, String> {
    let Some((names, _)) = view.pull_secrets(workload) else {
        return Err(format!("the pull secrets of serviceaccount/{} are not known", workload.service_account));
    };
    let mut mounted = Vec::new();
    for name in names {
        let Some(secret) = view.secret(&workload.namespace, name) else { continue };
        let brought = preflight.brought(&secret.id).is_some_and(|one| !one.is_there);
        match brought {
            // The kubelet passes over what is not there.
            _ if secret.is_absent() => {}
            false => mounted.push(name.clone()),
            true if has_nothing(secret, image) => {}
            true => {
                return Err(format!(
                    "secret/{name} comes with the manifests, and can be sent from the cluster only once it is there: apply \
                     it first, then run this again"
                ));
            }
        }
    }
    Ok(mounted)
}

/// Whether a Secret that was read has no entry for an image.
fn has_nothing(secret: &PullSecret, image: &Reference) -> bool {
    secret.seen().is_some_and(|seen| lookup([&seen.docker_config], image).is_ok_and(|found| found.is_empty()))
}

/// One node of each platform, then a second of each, and so on.
fn nodes(landing: &Landing, at_most: usize) -> Vec<String> {
    let longest = landing.platforms.iter().map(|one| one.ready.len()).max().unwrap_or_default();
    let by_turns =
        (0..longest).flat_map(|at| landing.platforms.iter().filter_map(move |one| one.ready.get(at)));
    by_turns.take(at_most).cloned().collect()
}

/// Platforms that no test runs on, and whether a flag would have it.
fn rest(landing: &Landing, nodes: &[String]) -> Vec<(String, bool)> {
    let missed = landing.platforms.iter().filter(|one| !one.ready.iter().any(|node| nodes.contains(node)));
    missed
        .map(|one| match one.ready.is_empty() {
            true => (format!("no node of platform {} can take a test", one.platform), false),
            false => (format!("on platform {}: --max-nodes tests on more nodes", one.platform), true),
        })
        .collect()
}

fn in_runs((namespace, pull_secrets, nodes): &Same, of: Vec<(String, String)>) -> Vec<PullTest> {
    let mut images: Vec<String> = of.iter().map(|(_, image)| image.clone()).collect();
    images.sort();
    images.dedup();
    let runs = images.chunks(IMAGES).map(|images| PullTest {
        namespace: namespace.clone(),
        pull_secrets: pull_secrets.clone(),
        images: images.to_vec(),
        nodes: nodes.clone(),
        of: of.iter().filter(|(_, image)| images.contains(image)).cloned().collect(),
    });
    runs.collect()
}

#[cfg(test)]
#[path = "preflight_tests.rs"]
mod tests_of_tests;
