//! Lean types of what is read of a whole cluster, pods here and the rest in `objects.rs`: they borrow from the page that they are decoded from, and what is
//! needed of few objects is left as it came.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api::template;
use crate::api::wire::{ListMeta, NameRef, null_as_default};
use crate::evidence::workloads::PullPolicy;

pub(super) use super::objects::*;

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
    /// Read by [`PodSpec::image_volumes`]: few pods have any.
    #[serde(borrow)]
    volumes: Option<&'a RawValue>,
}

impl<'a> PodSpec<'a> {
    /// Its volumes that are images.
    pub fn image_volumes(&self) -> Vec<ImageVolume<'a>> {
        let Some(raw) = self.volumes.filter(|raw| raw.get().contains("\"image\"")) else { return Vec::new() };
        let volumes: Vec<Volume<'a>> = serde_json::from_str(raw.get()).unwrap_or_default();
        volumes.into_iter().filter_map(|volume| volume.image).collect()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Volume<'a> {
    #[serde(borrow)]
    image: Option<ImageVolume<'a>>,
}

/// An image that is mounted as a volume (Kubernetes 1.31 and later).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ImageVolume<'a> {
    #[serde(borrow)]
    pub reference: Cow<'a, str>,
    #[serde(borrow)]
    pull_policy: Cow<'a, str>,
}

impl ImageVolume<'_> {
    /// When the kubelet pulls it. The API server fills the field in.
    pub fn pull_policy(&self) -> PullPolicy {
        policy(&self.pull_policy)
    }
}

fn policy(name: &str) -> PullPolicy {
    match name {
        "Always" => PullPolicy::Always,
        "Never" => PullPolicy::Never,
        _ => PullPolicy::IfNotPresent,
    }
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
    /// `Always` of an init container that goes on running (a sidecar).
    #[serde(borrow)]
    pub restart_policy: Cow<'a, str>,
}

impl Container<'_> {
    /// When the kubelet pulls its image. The API server fills the field in.
    pub fn pull_policy(&self) -> PullPolicy {
        policy(&self.image_pull_policy)
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
    #[serde(rename = "restartCount")]
    pub restart_count: i64,
    #[serde(borrow)]
    pub state: ContainerState<'a>,
}

/// A container's state.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerState<'a> {
    #[serde(borrow)]
    pub waiting: Option<Reason<'a>>,
    #[serde(borrow)]
    pub running: Option<Start<'a>>,
    #[serde(borrow)]
    pub terminated: Option<Start<'a>>,
}

/// When a container started, as the API server writes times.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Start<'a> {
    #[serde(borrow, rename = "startedAt")]
    pub started_at: Option<Cow<'a, str>>,
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

/// A spec with all that [`crate::collect::builder`] looks at; none where it cannot be read.
pub(super) fn whole_spec(spec: Option<&RawValue>) -> Option<template::PodSpec> {
    serde_json::from_str(spec?.get()).ok()
}

/// Labels or annotations that were left as they came; none where they cannot be read.
pub(super) fn map_of(raw: Option<&RawValue>) -> BTreeMap<String, String> {
    raw.and_then(|raw| serde_json::from_str::<Option<_>>(raw.get()).ok().flatten()).unwrap_or_default()
}
