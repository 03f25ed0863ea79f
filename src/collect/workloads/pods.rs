//! Pods, folded into their workloads one by one.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::failing::{self, Pending};
use super::group::{self, Group};
use super::lists::Fold;
use super::owners::{self, Marks};
use super::place::{self, Place};
use super::scope::Scope;
use super::wire::{Container, ContainerStatus, Pod, PodSpec, map_of, whole_spec};
use crate::collect::builder;
use crate::collect::identity::names;
use crate::evidence::workloads::{Owner, OwnerKind};
use crate::text::Clean;

/// Workloads by namespace and name.
pub(super) type Groups = BTreeMap<(String, String), Group>;

/// What the pods of the scope show.
pub(super) struct Pods<'s> {
    scope: &'s Scope,
    pub groups: Groups,
    /// Containers that wait for their image.
    pub failing: Vec<Pending>,
    /// Containers of pods on a node that wait and do not say for what: their events may tell.
    pub waiting: Vec<Pending>,
    /// Names of what was asked for and is there.
    pub found: Vec<String>,
}

impl<'s> Pods<'s> {
    pub fn of(scope: &'s Scope) -> Self {
        Self { scope, groups: Groups::new(), failing: Vec::new(), waiting: Vec::new(), found: Vec::new() }
    }
}

impl Fold for Pods<'_> {
    type Item<'a> = Pod<'a>;

    fn add(&mut self, pod: Pod<'_>) -> Result<(), serde_json::Error> {
        let spec: PodSpec<'_> = match pod.spec {
            Some(raw) => serde_json::from_str(raw.get())?,
            None => PodSpec::default(),
        };
        let place = place::of(&pod.metadata);
        let own = format!("pod/{}", pod.metadata.name);
        let names = [Some(place.name.as_str()), place.between.as_deref(), Some(own.as_str())];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        let taken = self.scope.takes(&names, || map_of(pod.metadata.labels));
        if taken {
            let wanted = self.scope.wanted.iter().filter(|one| names.contains(&one.as_str()));
            self.found.extend(wanted.cloned());
        }
        let key = (pod.metadata.namespace.to_string(), place.name.clone());
        let group = self.groups.entry(key).or_insert_with(|| begin(&pod, &place, &spec));
        group.in_scope |= taken;
        count(group, &pod, &spec);
        let may_be = !taken && self.scope.names_a_cron_job() && place.name.starts_with("job/");
        if (taken || may_be) && !pod.status.is_over() && pod.metadata.deletion_timestamp.is_none() {
            let mut found = failing::of(&pod, &spec, &place.name);
            let has_begun = pod.status.containers().any(failing::has_started);
            if !has_begun && !spec.node_name.is_empty() && found.failing.is_empty() {
                group.starting += 1;
            }
            for pending in found.failing.iter_mut().chain(&mut found.waiting) {
                pending.is_asked_for = taken;
            }
            if !found.failing.is_empty() || !found.waiting.is_empty() {
                group.labels.get_or_insert_with(|| map_of(pod.metadata.labels));
            }
            self.failing.extend(found.failing);
            self.waiting.extend(found.waiting);
        }
        Ok(())
    }
}

/// A workload of which this is the first pod: what all of its pods have in common.
fn begin(pod: &Pod<'_>, place: &Place, spec: &PodSpec<'_>) -> Group {
    let annotations = map_of(pod.metadata.annotations);
    let labels = map_of(pod.metadata.labels);
    let references = pod.metadata.owner_references.as_deref().unwrap_or_default();
    let marks = Marks { labels: &labels, annotations: &annotations, references, of_pod: true };
    let mut owners = owners::of(&marks);
    owners.extend(place.custom.iter().map(|name| Owner {
        kind: OwnerKind::CustomResource,
        name: Clean::with_cap(name, 256),
        namespace: String::new(),
        known_by: Clean::new("ownerReferences"),
    }));
    let builders = whole_spec(pod.spec).map(|spec| builder::configs(&spec, &[])).unwrap_or_default();
    let labels = (!builders.is_empty()).then_some(labels);
    Group {
        service_account: or_default(&spec.service_account_name),
        builders,
        owners,
        labels,
        ..Group::default()
    }
}

/// The ServiceAccount of a pod that names none.
pub(super) fn or_default(name: &str) -> String {
    if name.is_empty() { "default".into() } else { crate::text::referenced_name(name) }
}

/// Counts a pod in.
fn count(group: &mut Group, pod: &Pod<'_>, spec: &PodSpec<'_>) {
    let secrets = names(&spec.image_pull_secrets);
    if !pod.status.is_over() {
        group.pods += 1;
        group.active = true;
    }
    group.images_of(spec);
    let mut counted: Vec<&str> = Vec::new();
    for status in pod.status.containers().filter(|status| failing::has_started(status)) {
        let Some(container) = container(spec, &status.name) else { continue };
        if counted.contains(&container.image.as_ref()) {
            continue;
        }
        counted.push(&container.image);
        if let Some(used) = group.image(container) {
            used.start(&spec.node_name, &secrets, started_at(status));
        }
    }
    count_volumes(group, pod, spec, &secrets);
    group::add(&mut group.pods_have, secrets, 1);
}

/// A container that mounts an image which is not there does not start; which one does is not looked at.
fn count_volumes(group: &mut Group, pod: &Pod<'_>, spec: &PodSpec<'_>, secrets: &[String]) {
    let statuses = &pod.status.container_statuses;
    let all_started = !statuses.is_empty() && statuses.iter().all(failing::has_started);
    let volumes = if all_started { spec.image_volumes() } else { Vec::new() };
    let at = statuses.iter().filter_map(started_at).max();
    for volume in volumes {
        if let Some(used) = group.named(&volume.reference, volume.pull_policy()) {
            used.start(&spec.node_name, secrets, at);
        }
    }
}

/// When a container started last, where its state says so.
fn started_at(status: &ContainerStatus<'_>) -> Option<Timestamp> {
    let start = status.state.running.as_ref().or(status.state.terminated.as_ref())?;
    time(start.started_at.as_deref())
}

/// A container of a pod by its name.
pub(super) fn container<'p, 'a>(spec: &'p PodSpec<'a>, name: &str) -> Option<&'p Container<'a>> {
    let mut all = spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers);
    all.find(|container| container.name == name)
}

/// A time as the API server writes it.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}
