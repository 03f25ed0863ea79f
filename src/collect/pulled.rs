//! Pulls of every day, by the kubelets' own events.

use jiff::Timestamp;
use serde::Deserialize;

use crate::api::wire::ObjectRef;
use crate::api::{Api, ApiError, JSON, path};
use crate::diagnose::message;
use crate::text::Clean;

/// More events than these are not kept of one reading.
const MOST: usize = 50_000;
/// What is kept of an image's name, in bytes.
const LONGEST: usize = 512;
/// How a kubelet begins to tell of a pull (pkg/kubelet/images/image_manager.go, Kubernetes 1.24 to 1.36).
const PULLED: &str = "Successfully pulled image \"";
const FAILED: &str = "Failed to pull image \"";

/// An event of a kubelet that tells how a pull ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeletPull {
    /// The event's unique id.
    pub id: String,
    /// How often it was said: kubelets raise an event's count instead of making another.
    pub count: u32,
    /// When it was said first and last (UTC).
    pub first_at: Timestamp,
    /// See `first_at`.
    pub at: Timestamp,
    /// The node.
    pub node: String,
    /// The pod.
    pub pod: String,
    /// The image as the pod names it.
    pub image: String,
    /// Whether the image came.
    pub ok: bool,
    /// How long that took, in milliseconds; absent of pulls that failed.
    pub took_ms: Option<u64>,
}

/// An event, as far as it is read.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    metadata: Meta,
    involved_object: ObjectRef,
    message: String,
    count: Option<u32>,
    first_timestamp: Option<Timestamp>,
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    source: Source,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    uid: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    host: String,
}

/// The pulls that ended since a time, in a namespace or in all. An image that was on the node already is no pull.
///
/// # Errors
///
/// The API server's refusal to list events, or that it cannot be reached.
pub async fn since(
    api: &Api,
    namespace: Option<&str>,
    since: Timestamp,
) -> Result<Vec<KubeletPull>, ApiError> {
    let collection = namespace.map_or_else(|| "/api/v1/events".to_string(), |one| path::core(one, "events"));
    let mut pulls = Vec::new();
    for reason in ["Pulled", "Failed"] {
        let selector = format!("involvedObject.kind=Pod,reason={reason}");
        let path = path::with(&collection, &[("fieldSelector", &selector)]);
        api.each("events", &path, JSON, |event: Event| {
            let pull = event.pull().filter(|pull| pull.at >= since && pulls.len() < MOST);
            pulls.extend(pull);
        })
        .await?;
    }
    Ok(pulls)
}

impl Event {
    fn pull(self) -> Option<KubeletPull> {
        let (image, ok) = match (self.message.strip_prefix(PULLED), self.message.strip_prefix(FAILED)) {
            (Some(rest), _) => (rest, true),
            (_, Some(rest)) => (rest, false),
            _ => return None,
        };
        let (image, _) = image.split_once('"')?;
        let at = self.last_timestamp.or(self.event_time)?;
        Some(KubeletPull {
            id: self.metadata.uid,
            count: self.count.unwrap_or(1).max(1),
            first_at: self.first_timestamp.unwrap_or(at),
            at,
            node: self.source.host,
            pod: self.involved_object.name,
            image: Clean::with_cap(image, LONGEST).to_string(),
            ok,
            took_ms: message::pulled(&self.message).map(|pulled| pulled.took_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull(message: &str) -> Option<KubeletPull> {
        let event = serde_json::json!({"metadata": {"uid": "u"}, "involvedObject": {"kind": "Pod", "name": "web-1"},
            "message": message, "count": 3, "lastTimestamp": "2026-07-01T10:00:00Z", "eventTime": null,
            "source": {"component": "kubelet", "host": "node1"}});
        serde_json::from_value::<Event>(event).unwrap().pull()
    }

    #[test]
    fn pulls_that_ended_well_or_not_are_read() {
        let good = pull("Successfully pulled image \"r/app:1\" in 1.2s (1.5s including waiting)").unwrap();
        assert_eq!((good.ok, good.took_ms, good.count), (true, Some(1_200), 3));
        assert_eq!(
            (good.image.as_str(), good.node.as_str(), good.pod.as_str()),
            ("r/app:1", "node1", "web-1")
        );
        let bad = pull("Failed to pull image \"r/app:2\": not found").unwrap();
        assert_eq!((bad.ok, bad.took_ms, bad.image.as_str()), (false, None, "r/app:2"));
    }

    #[test]
    fn what_is_no_pull_is_none() {
        for message in [
            "",
            "Container image \"r/app:1\" already present on machine",
            "Error: ErrImagePull",
            "Failed to pull image",
        ] {
            assert_eq!(pull(message), None, "{message}");
        }
    }
}
