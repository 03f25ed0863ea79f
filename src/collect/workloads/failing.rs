//! Containers of a pod whose image is not there, by their status.

use jiff::Timestamp;

use super::pods::{container, or_default, time};
use super::wire::{Container, ContainerStatus, Pod, PodSpec, Reason};
use crate::collect::identity::names;
use crate::diagnose::message;
use crate::evidence::workloads::{Events, FailingPull, PullState, Witness};
use crate::registry::reference::Reference;
use crate::text::Clean;

/// Reasons of the kubelet about images beside those that have a state of their own: `pkg/kubelet/images/types.go` and
/// `k8s.io/cri-api/pkg/errors`, Kubernetes 1.24 to 1.36.
const OTHER: &[&str] = &["ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"];

/// A pull that may be failing, while its events are not read yet.
pub(super) struct Pending {
    pub pull: FailingPull,
    /// The pod's own id: another pod may have had its name.
    pub uid: String,
    /// When the kubelet took the pod.
    pub begun: Option<Timestamp>,
    /// Whether the kubelet has come to this container and it never ran: nothing but its image, its volumes or the
    /// pod's network can be what it waits for.
    pub is_next: bool,
    /// The name of its workload.
    pub workload: String,
    /// Whether the pod itself was asked for; else its CronJob may have been.
    pub is_asked_for: bool,
}

/// What a pod shows.
#[derive(Default)]
pub(super) struct Found {
    /// Containers that wait for their image.
    pub failing: Vec<Pending>,
    /// Containers that wait and do not say for what.
    pub waiting: Vec<Pending>,
}

/// The containers of a pod that wait for their image, or may.
pub(super) fn of(pod: &Pod<'_>, spec: &PodSpec<'_>, workload: &str) -> Found {
    let mut found = Found::default();
    for status in pod.status.containers() {
        let Some(reason) = &status.state.waiting else { continue };
        let creating = matches!(reason.reason.as_ref(), "ContainerCreating" | "PodInitializing");
        match state(reason) {
            Some(state) => {
                let mut one = pending(pod, spec, workload, (status, state));
                let message = Clean::new(&reason.message);
                if !message.is_empty() {
                    if let Some(image) = volume_of(spec, &one.pull.image, message.as_str()) {
                        one.pull.image = image;
                    }
                    one.pull.message = Some(message);
                    one.pull.said_by = Some(Witness::Status);
                }
                found.failing.push(one);
            }
            None if creating && !spec.node_name.is_empty() => {
                let mut one = pending(pod, spec, workload, (status, PullState::Pulling));
                one.is_next = next(pod, spec).is_some_and(|next| next == status.name);
                found.waiting.push(one);
            }
            None => {}
        }
    }
    found
}

/// The image of a volume, where it is that which a container waits for: the kubelet says it of the container.
fn volume_of(spec: &PodSpec<'_>, own: &str, words: &str) -> Option<String> {
    let volumes = spec.image_volumes();
    if volumes.is_empty() {
        return None;
    }
    let full = |image: &str| Reference::parse(image).ok().map(|image| image.normalized());
    let named = full(message::read(words).image?.as_str())?;
    if full(own).is_some_and(|own| own == named) {
        return None;
    }
    let volume = volumes.into_iter().find(|one| full(&one.reference).is_some_and(|image| image == named))?;
    Some(volume.reference.to_string())
}

/// The container that a kubelet is about to make: the first that never was, in the order of the specification; none
/// where an init container runs that ends some day.
fn next<'p>(pod: &'p Pod<'_>, spec: &'p PodSpec<'_>) -> Option<&'p str> {
    let of = |name: &str| pod.status.containers().find(|status| status.name == name);
    let runs = |one: &&Container<'_>| of(&one.name).is_some_and(|status| status.state.running.is_some());
    if spec.init_containers.iter().filter(|one| one.restart_policy != "Always").any(|one| runs(&one)) {
        return None;
    }
    let all = spec.init_containers.iter().chain(&spec.containers);
    let mut never = all.filter_map(|one| of(&one.name)).filter(|status| status.container_id.is_empty());
    never.next().filter(|status| status.restart_count == 0).map(|status| status.name.as_ref())
}

/// The containers of a pod that run although their pull failed, as their events say.
pub(super) fn started(pod: &Pod<'_>, spec: &PodSpec<'_>, workload: &str) -> Vec<Pending> {
    let running = pod.status.containers().filter(|status| status.state.running.is_some());
    running.map(|status| pending(pod, spec, workload, (status, PullState::StartedAllTheSame))).collect()
}

fn pending(
    pod: &Pod<'_>,
    spec: &PodSpec<'_>,
    workload: &str,
    (status, state): (&ContainerStatus<'_>, PullState),
) -> Pending {
    let (namespace, name) = (pod.metadata.namespace.to_string(), pod.metadata.name.to_string());
    let image = container(spec, &status.name).map(|container| container.image.to_string());
    Pending {
        uid: pod.metadata.uid.to_string(),
        begun: time(pod.status.start_time.as_deref()),
        workload: workload.to_string(),
        is_asked_for: true,
        is_next: false,
        pull: FailingPull {
            id: format!("pod/{namespace}/{name}/{}", status.name),
            workload: String::new(),
            container: status.name.to_string(),
            image: image.unwrap_or_default(),
            node: spec.node_name.to_string(),
            service_account: or_default(&spec.service_account_name),
            pull_secrets: names(&spec.image_pull_secrets),
            state,
            message: None,
            said_by: None,
            events: Events::NotRead,
            missing_pull_secrets: Vec::new(),
            since: time(pod.metadata.creation_timestamp.as_deref()),
            namespace,
            pod: name,
        },
    }
}

/// Whether a container waits for its image, by the kubelet's word.
fn state(waiting: &Reason<'_>) -> Option<PullState> {
    Some(match waiting.reason.as_ref() {
        "ErrImagePull" => PullState::ErrImagePull,
        "ImagePullBackOff" => PullState::ImagePullBackOff,
        "InvalidImageName" => PullState::InvalidImageName,
        "ErrImageNeverPull" => PullState::ErrImageNeverPull,
        other if OTHER.contains(&other) => PullState::Other,
        // A pull secret that cannot be read ends the look-up before the pull: its error is reason and message at once
        // (`startContainer` in pkg/kubelet/kuberuntime, Kubernetes 1.36). No other reason is a sentence.
        other if other.contains(' ') && other == waiting.message => PullState::Other,
        _ => return None,
    })
}

/// Whether a container was made, so that its node had its image.
pub(super) fn has_started(status: &ContainerStatus<'_>) -> bool {
    let waits_for_image = status.state.waiting.as_ref().is_some_and(|one| state(one).is_some());
    (!status.container_id.is_empty() || status.state.running.is_some()) && !waits_for_image
}
