//! What events add to the pulls that fail: the kubelet's whole words, pulls that hang, and failures that are over.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::events::{self, AboutPulls};
use super::failing::{self, Pending};
use super::lists::Listed;
use super::merged::Merged;
use super::place;
use super::scope::Scope;
use super::wire::{Pod, PodSpec, map_of};
use super::{Reader, TOGETHER, unasked};
use crate::api::{Api, JSON, path};
use crate::evidence::workloads::{Events, Read, Resource};

/// A pod that a kubelet took so long ago may have a pull that hangs.
const LONG: SignedDuration = SignedDuration::from_secs(60);
/// A container that has waited so long without a word, from an API server that has forgotten it, is told.
const SILENT: SignedDuration = SignedDuration::from_mins(10);
/// So many pods are read again whose failure may be over.
const AGAIN: usize = 50;

/// Reads events where a pull fails, may hang, or where all that is asked for lies in one namespace.
pub(super) async fn read(reader: &Reader<'_>, merged: &mut Merged, now: Timestamp) -> Option<Read> {
    if !reader.wants(Resource::Events) {
        return None;
    }
    let is_long = |one: &Pending| one.begun.is_some_and(|begun| now.duration_since(begun) > LONG);
    merged.waiting.retain(is_long);
    let any = !merged.failing.is_empty() || !merged.waiting.is_empty();
    if !any && reader.scope.namespace.is_empty() {
        return Some(unasked(Resource::Events));
    }
    let namespace = match reader.scope.namespace.as_str() {
        "" => {
            let pending = merged.failing.iter().chain(&merged.waiting);
            reader.namespace_of(pending.map(|one| one.pull.namespace.as_str()))
        }
        namespace => namespace,
    }
    .to_string();
    let with_pulling = !merged.waiting.is_empty();
    let mut listed = list(reader.api, &namespace, with_pulling).await;
    let waiting = std::mem::take(&mut merged.waiting);
    let about = &listed.state;
    let of_waiting: Vec<Pending> = waiting.into_iter().filter_map(|one| lacking(one, about, now)).collect();
    merged.tell_of_starting(&of_waiting);
    merged.failing.extend(of_waiting);
    // All containers of a pod wait for the one sandbox.
    let mut once = BTreeSet::new();
    merged.failing.retain(|one| once.insert(one.pull.id.clone()));
    for pending in merged.failing.iter_mut().filter(|one| !one.pull.is_of_sandbox()) {
        about.tell(pending);
        // A list that broke off may lack those of this pod.
        if pending.pull.events == Events::Expired && !listed.is_whole() {
            pending.pull.events = Events::NotRead;
        }
    }
    let mut over = over(reader, merged, about).await;
    if !over.is_empty() && !with_pulling {
        add(&mut listed, events::read(reader.api, &namespace, "reason=Pulled").await);
    }
    over.retain(|one| !listed.state.came_later(one));
    merged.failing.extend(over);
    Some(Read { resource: Resource::Events, outcome: listed.outcome() })
}

/// A container that waits and does not say for what, where events say that it is for an image, or say nothing and it
/// has waited for long.
fn lacking(mut one: Pending, about: &AboutPulls, now: Timestamp) -> Option<Pending> {
    if about.is_pulling(&one, now) {
        return Some(one);
    }
    if let Some(pull) = about.of_sandbox(&one) {
        one.pull = pull;
        return Some(one);
    }
    let is_long = one.begun.is_some_and(|begun| now.duration_since(begun) > SILENT);
    (is_long && one.is_next && about.is_silent(&one)).then_some(one)
}

async fn list(api: &Api, namespace: &str, with_pulling: bool) -> Listed<AboutPulls> {
    if !with_pulling {
        return events::read(api, namespace, "type=Warning").await;
    }
    let (mut warnings, pulling, pulled) = tokio::join!(
        events::read(api, namespace, "type=Warning"),
        events::read(api, namespace, "reason=Pulling"),
        events::read(api, namespace, "reason=Pulled"),
    );
    for other in [pulling, pulled] {
        add(&mut warnings, other);
    }
    warnings
}

/// Adds another list of events.
fn add(to: &mut Listed<AboutPulls>, other: Listed<AboutPulls>) {
    to.count += other.count;
    to.error = to.error.take().or(other.error);
    to.state.extend(other.state);
}

/// Containers that run although events say that their pull failed.
async fn over(reader: &Reader<'_>, merged: &Merged, about: &AboutPulls) -> Vec<Pending> {
    let known: BTreeSet<&str> = merged.failing.iter().map(|one| one.pull.id.as_str()).collect();
    let failed: BTreeSet<(&str, &str, &str)> = about
        .failed()
        .filter(|(namespace, pod, container)| {
            !known.contains(format!("pod/{namespace}/{pod}/{container}").as_str())
        })
        .collect();
    let pods: BTreeSet<(&str, &str)> = failed.iter().map(|(namespace, pod, _)| (*namespace, *pod)).collect();
    let reading = pods.into_iter().take(AGAIN).map(|(namespace, pod)| async move {
        let path = path::named(&path::core(namespace, "pods"), pod);
        // A pod that is gone since has nothing to tell, and one that may not be read alone neither.
        Some(reader.api.get_bytes(JSON, &path).await.ok()?.body)
    });
    let bodies: Vec<_> = stream::iter(reading).buffered(TOGETHER).collect().await;
    let mut over = Vec::new();
    for body in bodies.into_iter().flatten() {
        over.extend(started(&body, merged, reader.scope).unwrap_or_default());
    }
    over.retain(|one| {
        let pull = &one.pull;
        failed.contains(&(pull.namespace.as_str(), pull.pod.as_str(), pull.container.as_str()))
    });
    for one in &mut over {
        about.tell(one);
    }
    over.retain(|one| one.pull.message.is_some());
    over
}

/// The running containers of a pod in scope; none where the answer cannot be read.
fn started(body: &[u8], merged: &Merged, scope: &Scope) -> Option<Vec<Pending>> {
    let pod: Pod<'_> = serde_json::from_slice(body).ok()?;
    let spec: PodSpec<'_> = serde_json::from_str(pod.spec?.get()).ok()?;
    let place = place::of(&pod.metadata);
    let workload = merged.workload_of(&pod.metadata.namespace, &place.name);
    let own = format!("pod/{}", pod.metadata.name);
    let names = [Some(workload.as_str()), Some(&place.name), place.between.as_deref(), Some(&own)];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let taken =
        scope.takes(&names, || map_of(pod.metadata.labels)) && pod.metadata.deletion_timestamp.is_none();
    taken.then(|| failing::started(&pod, &spec, &workload))
}
