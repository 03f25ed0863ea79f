//! Lean types of all that is not a pod: metadata, anything with a pod template, ServiceAccounts, events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api::wire::{NameRef, null_as_default};
use crate::collect::selector::Labels;

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
