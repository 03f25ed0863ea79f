//! What the API server shows of a Harbor: its pods, where their token keys lie and from which Secrets, the
//! configuration that they must share, unfinished rollouts, and what sends clients to the same pod again.
//!
//! [`find`] reads objects only. [`checksums`] runs commands in the pods, [`logs`] reads logs: both only where they were
//! asked for. Nothing is written, and what may not be read is told in [`Harbor::unread`].

mod cores;
mod discover;
mod environment;
mod mounts;
mod objects;
mod wire;

use std::collections::BTreeSet;

use crate::api::Api;
use crate::error::Error;
use crate::evidence::harbor::Harbor;
use crate::secret::RunKey;

use objects::{Objects, Reference};
use wire::Pod;

/// Reads the Harbor of a namespace, which is found by the labels of its pods or by `selector`. Fingerprints are made
/// under `key`.
///
/// # Errors
///
/// Where there is no Harbor, or more than one, a sentence that says how to name it; and the API server's refusal to list
/// the namespace's pods. Whatever else may not be read is no error: see [`Harbor::unread`].
pub async fn find(api: &Api, namespace: &str, selector: Option<&str>, key: &RunKey) -> Result<Harbor, Error> {
    let found = discover::discover(api, namespace, selector).await?;
    let objects = Objects::read(api, namespace, wanted(&found)).await;
    let _ = key;
    let mut harbor = Harbor {
        namespace: namespace.to_string(),
        installer: found.installer,
        release: found.release.clone(),
        cores: found.cores.iter().map(|pod| cores::core_pod(pod, &objects)).collect(),
        ..Harbor::default()
    };
    let others = found.others.iter().filter(|(component, _)| OTHERS.contains(&component.as_str()));
    harbor.others = others.map(|(component, pod)| cores::other_pod(component, pod)).collect();
    harbor.unread = objects.unread();
    Ok(harbor)
}

/// Components beside core whose pods share its configuration.
const OTHERS: [&str; 3] = ["jobservice", "registry", "registryctl"];

/// The objects that say where the keys lie.
fn wanted(found: &discover::Found) -> BTreeSet<Reference> {
    let mut wanted = BTreeSet::new();
    for pod in &found.cores {
        wanted.extend(wanted_of(pod));
    }
    wanted
}

fn wanted_of(pod: &Pod) -> Vec<Reference> {
    let Some(container) = cores::container(pod) else { return Vec::new() };
    let mut wanted = environment::candidates(&[cores::KEY_PATH, cores::INTERNAL_TLS], container);
    wanted.extend(mounts::candidates(cores::DEFAULT_KEY_PATH, container, &pod.spec.volumes));
    wanted
}
