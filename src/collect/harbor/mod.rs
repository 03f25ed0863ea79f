//! What the API server shows of a Harbor: its pods, where their token keys lie and from which Secrets, the
//! configuration that they must share, unfinished rollouts, and what sends clients to the same pod again.
//!
//! [`find`] reads objects only. [`checksums`] runs commands in the pods, [`logs`] reads logs: both only where they were
//! asked for. Nothing is written, and what may not be read is told in [`Harbor::unread`].

mod checksums;
mod cores;
mod discover;
mod environment;
mod front;
mod in_pods;
mod key_secrets;
mod logs;
mod mounts;
mod objects;
mod rollouts;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeSet;

use crate::api::Api;
use crate::error::Error;
use crate::evidence::harbor::settings::Learnt;
use crate::evidence::harbor::{Harbor, KeyMount, Setting, Unread};
use crate::evidence::{Outcome, Step};
use crate::secret::RunKey;
use crate::text::Clean;

pub use checksums::checksums;
pub use discover::namespaces;
pub use logs::logs;

use discover::Found;
use front::{Before, Front};
use objects::{Objects, Reference};
use settings::Place;

/// Components beside core whose pods share its configuration.
const OTHERS: [&str; 3] = ["jobservice", "registry", "registryctl"];

/// Reads the Harbor of a namespace, which is found by the labels of its pods or by `selector`. Fingerprints are made
/// under `key`.
///
/// # Errors
///
/// Where there is no Harbor, or more than one, a sentence that says how to name it; and the API server's refusal to list
/// the namespace's pods. Whatever else may not be read is no error: see [`Harbor::unread`].
pub async fn find(api: &Api, namespace: &str, selector: Option<&str>, key: &RunKey) -> Result<Harbor, Error> {
    let found = discover::discover(api, namespace, selector).await?;
    let places = settings::places(&found);
    let (objects, before, (rollouts, unread)) = tokio::join!(
        Objects::read(api, namespace, wanted(&found, &places)),
        front::read(api, namespace),
        rollouts::of(api, namespace, &found.cores),
    );
    let mut objects = objects;
    // Where a variable leads a key elsewhere is known only now.
    let more = unread_keys(&found, &objects);
    objects.extend(Objects::read(api, namespace, more).await);
    let mut harbor = judge(namespace, &found, &places, &objects, before, key);
    harbor.rollouts = rollouts;
    harbor.unread.extend(unread);
    Ok(harbor)
}

/// Secrets of token keys that were not asked for yet.
fn unread_keys(found: &Found, objects: &Objects) -> BTreeSet<Reference> {
    let mounts = found.cores.iter().map(|pod| cores::core_pod(pod, objects).key.mount);
    let secrets = mounts.filter_map(|mount| match mount {
        KeyMount::Secret { name, .. } => Some(Reference::secret(&name)),
        _ => None,
    });
    secrets.filter(|secret| !objects.was_asked(secret)).collect()
}

/// What was read, as evidence.
fn judge(
    namespace: &str,
    found: &Found,
    places: &[Place<'_>],
    objects: &Objects,
    before: Before,
    key: &RunKey,
) -> Harbor {
    let cores: Vec<_> = found.cores.iter().map(|pod| cores::core_pod(pod, objects)).collect();
    let others = found.others.iter().filter(|(component, _)| OTHERS.contains(&component.as_str()));
    let settings = settings::from_specs(places, objects, key);
    let Front { door, sticky, unread } = front::of(before, namespace, found, &cores, &settings);
    Harbor {
        namespace: namespace.to_string(),
        installer: found.installer,
        release: found.release.clone(),
        others: others.map(|(component, pod)| cores::other_pod(component, pod)).collect(),
        rollouts: Vec::new(),
        key_secrets: key_secrets::of(&cores, objects),
        sticky,
        front: Some(door),
        logs: Vec::new(),
        unread: objects.unread().into_iter().chain(unread).chain(only_in_pods(&settings)).collect(),
        settings,
        cores,
    }
}

/// Settings whose values no object holds: fields of the pod, files of other volumes.
fn only_in_pods(settings: &[Setting]) -> Vec<Unread> {
    let is_object = |from: &str| from.starts_with("secret/") || from.starts_with("configmap/");
    let only = settings.iter().filter_map(|setting| {
        let one = |value: &&crate::evidence::harbor::SettingValue| {
            value.learnt == Learnt::Unread && !is_object(&value.from)
        };
        setting.values.iter().find(one).map(|value| (setting, value))
    });
    only.map(|(setting, value)| Unread {
        what: setting.name.clone(),
        outcome: Outcome::Failed {
            step: Step::Read,
            message: Clean::new(&format!("it comes from {}, which only the pod can tell", value.from)),
        },
        settled_by: Clean::new("--exec"),
    })
    .collect()
}

/// The objects that say where the keys lie, what they are, and what the settings are.
fn wanted(found: &Found, places: &[Place<'_>]) -> BTreeSet<Reference> {
    let mut wanted: BTreeSet<Reference> = settings::candidates(places).into_iter().collect();
    for pod in &found.cores {
        let Some(container) = cores::container(pod) else { continue };
        wanted.extend(environment::candidates(&cores::variables(), container));
        wanted.extend(mounts::candidates(cores::DEFAULT_KEY_PATH, container, &pod.spec.volumes));
    }
    wanted
}
