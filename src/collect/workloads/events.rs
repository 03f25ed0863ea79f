//! What the kubelets' events say of pulls.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::failing::Pending;
use super::lists::{Fold, List, Listed};
use super::wire::Event;
use crate::api::Api;
use crate::diagnose::message::{self, missing_pull_secrets};
use crate::evidence::workloads::{Events, FailingPull, PullState, Witness};
use crate::text::Clean;

/// How long after an event about a missing pull secret another try without one proves nothing yet: the kubelet's longest
/// pause between tries, and the time that a try takes. A kubelet can be refused a Secret for a moment.
const STILL_MISSING: SignedDuration = SignedDuration::from_mins(6);
/// A pull that takes longer is told.
const LONG_PULL: SignedDuration = SignedDuration::from_secs(60);

/// How the kubelet's message begins after a pull (pkg/kubelet/images/image_manager.go, Kubernetes 1.24 to 1.36).
const FETCHED: &str = "Successfully pulled image";

/// What was said last of a pod's container; of the whole pod where the container's name is empty.
#[derive(Default)]
pub(super) struct Said {
    uid: String,
    failed: Option<(Timestamp, String)>,
    missing: Option<(Timestamp, Vec<String>)>,
    pulling: Option<Timestamp>,
    pulled: Option<Timestamp>,
    /// The last time at which its image came from a registry. `Pulled` is also said of one that the node had already.
    fetched: Option<Timestamp>,
    /// The last failure to make the pod's sandbox, whatever it was for.
    sandbox: Option<(Timestamp, String)>,
    /// Whether anything about pulls was said.
    any: bool,
    /// Whether a failure was told that is none of a pull: of a volume, the network, a container.
    other: bool,
}

/// Namespace, pod and container.
type Place = (String, String, String);

/// Events about pulls, the last of each kind for each container.
#[derive(Default)]
pub(super) struct AboutPulls {
    said: HashMap<Place, Said>,
}

impl Fold for AboutPulls {
    type Item<'a> = Event;

    fn add(&mut self, event: Event) -> Result<(), serde_json::Error> {
        let missing = missing(&event);
        let is_pull = event.reason == "Failed" && event.message.starts_with("Failed to pull image");
        let known = ["Pulling", "Pulled", "BackOff", "InspectFailed", "ErrImageNeverPull"];
        let about_pulls = is_pull || missing.is_some() || known.contains(&event.reason.as_str());
        if !about_pulls && !is_of_pod(&event.reason) {
            return Ok(());
        }
        let at = event.at().unwrap_or_default();
        let about = event.involved_object;
        let of_whole_pod = missing.is_some() || !about_pulls;
        let container = if of_whole_pod { String::new() } else { about.container().to_string() };
        let place = (about.namespace, about.name, container);
        let said = self.said.entry(place).or_default();
        // Of two pods that had the same name, the newer one.
        if said.uid != about.uid {
            if said.last() > Some(at) {
                return Ok(());
            }
            *said = Said { uid: about.uid, ..Said::default() };
        }
        said.any |= about_pulls;
        said.other |= !about_pulls;
        match (event.reason.as_str(), missing) {
            ("FailedCreatePodSandBox", _) if said.sandbox.as_ref().is_none_or(|(known, _)| *known <= at) => {
                said.sandbox = Some((at, event.message));
            }
            _ if !about_pulls => {}
            (_, Some(names)) if said.missing.as_ref().is_none_or(|(known, _)| *known <= at) => {
                said.missing = Some((at, names));
            }
            ("Failed", _) if said.failed.as_ref().is_none_or(|(known, _)| *known <= at) => {
                said.failed = Some((at, event.message));
            }
            ("Pulling", _) => said.pulling = said.pulling.max(Some(at)),
            ("Pulled", _) => {
                said.pulled = said.pulled.max(Some(at));
                if event.message.starts_with(FETCHED) {
                    said.fetched = said.fetched.max(Some(at));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether a kubelet says of a pod that something else fails than a pull. A scheduler's `FailedScheduling` is over once
/// the pod is on a node.
fn is_of_pod(reason: &str) -> bool {
    reason == "NetworkNotReady" || reason.starts_with("Failed") && reason != "FailedScheduling"
}

/// Whether a sandbox could not be made for want of its image: containerd's and cri-dockerd's words, and those of
/// containers/image (CRI-O), which have no other image to pull then.
fn lacks_sandbox_image(message: &str) -> bool {
    ["failed to get sandbox image", "failed pulling image", "initializing source docker://"]
        .iter()
        .any(|words| message.contains(words))
}

fn missing(event: &Event) -> Option<Vec<String>> {
    (event.reason == "FailedToRetrieveImagePullSecret").then(|| missing_pull_secrets(&event.message))
}

impl Said {
    fn last(&self) -> Option<Timestamp> {
        let failed = self.failed.as_ref().map(|(at, _)| *at);
        let missing = self.missing.as_ref().map(|(at, _)| *at);
        let sandbox = self.sandbox.as_ref().map(|(at, _)| *at);
        failed.max(missing).max(sandbox).max(self.pulling).max(self.pulled)
    }
}

/// Lists events about pods.
pub(super) async fn read(api: &Api, namespace: &str, fields: &str) -> Listed<AboutPulls> {
    let selector = format!("involvedObject.kind=Pod,{fields}");
    List::of("events", "v1", namespace, "events").fields(&selector).fold(api, AboutPulls::default).await
}

impl AboutPulls {
    /// Takes in what another list brought.
    pub fn extend(&mut self, other: Self) {
        for (place, said) in other.said {
            let known = self.said.entry(place).or_default();
            if known.uid.is_empty() || known.uid == said.uid {
                known.uid = said.uid;
                known.any |= said.any;
                known.other |= said.other;
                known.sandbox = std::mem::take(&mut known.sandbox).max(said.sandbox);
                known.failed = std::mem::take(&mut known.failed).max(said.failed);
                known.missing = std::mem::take(&mut known.missing).max(said.missing);
                known.pulling = known.pulling.max(said.pulling);
                known.pulled = known.pulled.max(said.pulled);
                known.fetched = known.fetched.max(said.fetched);
            }
        }
    }

    /// Adds to a pull that fails what was said of it.
    pub fn tell(&self, pending: &mut Pending) {
        let (own, pod) = (self.about(pending, &pending.pull.container), self.about(pending, ""));
        let pull = &mut pending.pull;
        let any = own.is_some_and(|said| said.any) || pod.is_some_and(|said| said.any);
        pull.events = if any { Events::Found } else { Events::Expired };
        // Of a volume's image events tell of the pod as a whole.
        let of_volume = |(_, words): &&(Timestamp, String)| words.contains(&format!("\"{}\"", pull.image));
        let of_pod = || pod.and_then(|said| said.failed.as_ref()).filter(of_volume);
        let failed = own.and_then(|said| said.failed.as_ref()).or_else(of_pod);
        let worded = matches!(pull.state, PullState::InvalidImageName | PullState::ErrImageNeverPull);
        if let Some((_, message)) = failed.filter(|_| !worded || pull.message.is_none()) {
            pull.message = Some(Clean::new(message));
            pull.said_by = Some(Witness::Event);
        }
        if let Some((at, names)) = pod.and_then(|said| said.missing.as_ref()) {
            let later = failed.is_some_and(|(failed, _)| failed.duration_since(*at) > STILL_MISSING);
            if !later {
                pull.missing_pull_secrets.clone_from(names);
            }
        }
    }

    /// Whether a container has been pulling its image for long, as its last event says.
    pub fn is_pulling(&self, pending: &Pending, now: Timestamp) -> bool {
        let Some(said) = self.about(pending, &pending.pull.container) else { return false };
        let failed = said.failed.as_ref().map(|(at, _)| *at);
        let last = said.pulling.filter(|at| said.pulled.max(failed).is_none_or(|other| other < *at));
        last.is_some_and(|at| now.duration_since(at) > LONG_PULL)
    }

    /// Whether a container's image came from its registry after its last failure.
    pub fn came_later(&self, pending: &Pending) -> bool {
        let Some(said) = self.about(pending, &pending.pull.container) else { return false };
        let failed = said.failed.as_ref().map(|(at, _)| *at);
        said.fetched.is_some_and(|fetched| failed.is_none_or(|failed| fetched >= failed))
    }

    /// The failing pull of the image of the sandbox of a pod that waits, as the last event about that says.
    pub fn of_sandbox(&self, pending: &Pending) -> Option<FailingPull> {
        let (at, words) = self.about(pending, "")?.sandbox.as_ref()?;
        let begun = self.about(pending, &pending.pull.container).and_then(|own| own.pulling.max(own.pulled));
        if begun.is_some_and(|begun| begun > *at) || !lacks_sandbox_image(words) {
            return None;
        }
        let named = message::read(words).image.map(|image| image.to_string());
        let image = named.or_else(|| Some(words.split_once("image \"")?.1.split_once('"')?.0.to_string()))?;
        Some(FailingPull {
            id: format!("pod/{}/{}/(sandbox)", pending.pull.namespace, pending.pull.pod),
            container: String::new(),
            image: Clean::with_cap(&image, 512).to_string(),
            pull_secrets: Vec::new(),
            state: PullState::Other,
            message: Some(Clean::new(words)),
            said_by: Some(Witness::Event),
            events: Events::Found,
            ..pending.pull.clone()
        })
    }

    /// Whether nothing at all was said of a pod's container.
    pub fn is_silent(&self, pending: &Pending) -> bool {
        let is_said = |container| self.about(pending, container).is_some_and(|said| said.any || said.other);
        !is_said(&pending.pull.container) && !is_said("")
    }

    /// Pods and their containers whose pull failed.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let failed = self.said.iter().filter(|(_, said)| said.failed.is_some());
        failed.map(|((namespace, pod, container), _)| (namespace.as_str(), pod.as_str(), container.as_str()))
    }

    fn about(&self, pending: &Pending, container: &str) -> Option<&Said> {
        let place = (pending.pull.namespace.clone(), pending.pull.pod.clone(), container.to_string());
        let said = self.said.get(&place)?;
        let same = said.uid.is_empty() || pending.uid.is_empty() || said.uid == pending.uid;
        same.then_some(said)
    }
}
