//! Services, as far as it matters which pods they lead to.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::selector::{Labels, contains};
use crate::api::wire::null_as_default;

/// A Service.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Service {
    pub metadata: Meta,
    pub spec: Spec,
}

/// Its metadata.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    pub name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
}

/// `ServiceSpec`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    #[serde(deserialize_with = "null_as_default")]
    selector: Labels,
    publish_not_ready_addresses: bool,
    /// `None` or `ClientIP`.
    pub session_affinity: String,
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<Port>,
}

/// One of its ports.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Port {
    pub port: u16,
    /// A number or the name of a port of the pod.
    pub target_port: serde_json::Value,
}

impl Service {
    /// Whether it selects a pod with these labels. One without a selector has endpoints that somebody else writes.
    pub(super) fn selects(&self, labels: &Labels) -> bool {
        !self.spec.selector.is_empty() && contains(labels, &self.spec.selector)
    }

    /// Whether it sends traffic to a pod with these labels although that is never ready.
    pub(super) fn would_send_to(&self, labels: &Labels) -> bool {
        self.spec.publish_not_ready_addresses && self.selects(labels)
    }
}
