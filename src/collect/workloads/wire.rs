//! Lean types of what is read of a whole cluster: they borrow from the page that they are decoded from, and what is
//! needed of few objects is left as it came.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api::template;
use crate::api::wire::{ListMeta, NameRef, null_as_default};
use crate::collect::selector::Labels;
use crate::evidence::workloads::PullPolicy;

/// One page of a list.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Page<T> {
    #[serde(default)]
    pub metadata: ListMeta,
    #[serde(default = "Vec::new", deserialize_with = "null_as_default")]
    pub items: Vec<T>,
}

/// Metadata of a pod, of which there are many.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodMeta<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub namespace: Cow<'a, str>,
    #[serde(borrow)]
    pub uid: Cow<'a, str>,
    #[serde(borrow)]
    pub creation_timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub deletion_timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub labels: Option<&'a RawValue>,
    #[serde(borrow)]
    pub annotations: Option<&'a RawValue>,
    pub owner_references: Option<Vec<OwnerReference>>,
}

/// A pod.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod<'a> {
    #[serde(borrow)]
    pub metadata: PodMeta<'a>,
    #[serde(borrow)]
    pub spec: Option<&'a RawValue>,
    #[serde(borrow)]
    pub status: PodStatus<'a>,
}

/// A pod's spec, as far as it is needed of every pod.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodSpec<'a> {
    #[serde(borrow)]
    pub node_name: Cow<'a, str>,
    #[serde(borrow)]
    pub service_account_name: Cow<'a, str>,
    #[serde(deserialize_with = "null_as_default")]
    pub image_pull_secrets: Vec<NameRef>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub init_containers: Vec<Container<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub containers: Vec<Container<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub ephemeral_containers: Vec<Container<'a>>,
}

/// A container.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Container<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub image: Cow<'a, str>,
    #[serde(borrow)]
    pub image_pull_policy: Cow<'a, str>,
}

impl Container<'_> {
    /// When the kubelet pulls its image. The API server fills the field in.
    pub fn pull_policy(&self) -> PullPolicy {
        match self.image_pull_policy.as_ref() {
            "Always" => PullPolicy::Always,
            "Never" => PullPolicy::Never,
            _ => PullPolicy::IfNotPresent,
        }
    }
}

/// A pod's status.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodStatus<'a> {
    #[serde(borrow)]
    pub phase: Cow<'a, str>,
    #[serde(borrow)]
    pub start_time: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub init_container_statuses: Vec<ContainerStatus<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub container_statuses: Vec<ContainerStatus<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    pub ephemeral_container_statuses: Vec<ContainerStatus<'a>>,
}

impl PodStatus<'_> {
    /// Whether its containers have ended for good.
    pub fn is_over(&self) -> bool {
        matches!(self.phase.as_ref(), "Succeeded" | "Failed")
    }

    /// The states of all containers.
    pub fn containers(&self) -> impl Iterator<Item = &ContainerStatus<'_>> {
        self.init_container_statuses
            .iter()
            .chain(&self.container_statuses)
            .chain(&self.ephemeral_container_statuses)
    }
}

/// A container's status.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerStatus<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The container that was made last; empty where none was.
    #[serde(borrow, rename = "containerID")]
    pub container_id: Cow<'a, str>,
    #[serde(borrow)]
    pub state: ContainerState<'a>,
}

/// A container's state.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerState<'a> {
    #[serde(borrow)]
    pub waiting: Option<Reason<'a>>,
    pub running: Option<serde::de::IgnoredAny>,
}

/// A reason with a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Reason<'a> {
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
    #[serde(borrow)]
    pub message: Cow<'a, str>,
}

/// `metav1.OwnerReference`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OwnerReference {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub controller: bool,
}

/// Metadata of everything else.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Meta {
    pub name: String,
    pub namespace: String,
    #[serde(deserialize_with = "null_as_default")]
    pub labels: Labels,
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    pub owner_references: Vec<OwnerReference>,
    pub creation_timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "null_as_default")]
    pub managed_fields: Vec<ManagedFields>,
}

/// Who wrote fields, and when last.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ManagedFields {
    pub time: Option<Timestamp>,
}

/// Anything with a pod template, or a CronJob.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Controller<'a> {
    pub metadata: Meta,
    #[serde(borrow)]
    pub spec: ControllerSpec<'a>,
    pub status: ControllerStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ControllerSpec<'a> {
    pub replicas: Option<u32>,
    #[serde(deserialize_with = "null_as_default")]
    pub suspend: bool,
    #[serde(borrow)]
    pub template: Option<Template<'a>>,
    #[serde(borrow)]
    pub job_template: Option<JobTemplate<'a>>,
}

/// A CronJob's template of Jobs.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct JobTemplate<'a> {
    #[serde(borrow)]
    pub spec: JobSpec<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct JobSpec<'a> {
    #[serde(borrow)]
    pub template: Option<Template<'a>>,
}

/// What pods are made from.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Template<'a> {
    pub metadata: TemplateMeta,
    #[serde(borrow)]
    pub spec: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplateMeta {
    #[serde(deserialize_with = "null_as_default")]
    pub labels: Labels,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ControllerStatus {
    /// Of a DaemonSet.
    pub desired_number_scheduled: Option<u32>,
    /// Of a Job.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
}

/// A ServiceAccount.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ServiceAccount {
    pub metadata: Meta,
    #[serde(deserialize_with = "null_as_default")]
    pub image_pull_secrets: Vec<NameRef>,
}

/// An object of which only the metadata was asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub metadata: NamedMeta,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NamedMeta {
    pub name: String,
    pub namespace: String,
}

/// An event.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
    pub metadata: EventMeta,
    pub involved_object: ObjectRef,
    pub reason: String,
    pub message: String,
    pub last_timestamp: Option<Timestamp>,
    pub event_time: Option<Timestamp>,
    pub series: Option<Series>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EventMeta {
    pub creation_timestamp: Option<Timestamp>,
}

/// How often an event of the newer kind was repeated.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Series {
    pub last_observed_time: Option<Timestamp>,
}

impl Event {
    /// When it happened last.
    pub fn at(&self) -> Option<Timestamp> {
        let series = self.series.as_ref().and_then(|series| series.last_observed_time);
        series.or(self.last_timestamp).or(self.event_time).or(self.metadata.creation_timestamp)
    }
}

/// What an event is about.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ObjectRef {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `spec.containers{NAME}`.
    pub field_path: String,
}

impl ObjectRef {
    /// The container that it is about; empty for the whole pod.
    pub fn container(&self) -> &str {
        let named = self.field_path.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}'));
        named.unwrap_or_default()
    }
}

/// A spec with all that [`crate::collect::builder`] looks at; none where it cannot be read.
pub(super) fn whole_spec(spec: Option<&RawValue>) -> Option<template::PodSpec> {
    serde_json::from_str(spec?.get()).ok()
}

/// Labels or annotations that were left as they came; none where they cannot be read.
pub(super) fn map_of(raw: Option<&RawValue>) -> BTreeMap<String, String> {
    raw.and_then(|raw| serde_json::from_str::<Option<_>>(raw.get()).ok().flatten()).unwrap_or_default()
}
