//! Pods of core and the others, as evidence.

use super::environment::{Value, value};
use super::mounts::{normal, origin};
use super::objects::Objects;
use super::wire::{Container, ContainerStatus, Pod};
use super::{discover, mounts};
use crate::evidence::harbor::pods::{MetricsAt, OtherPod};
use crate::evidence::harbor::{CorePod, KeyMount, KeyPath, PodState};
use crate::text::Clean;

/// The variable that says where the token key lies.
pub(super) const KEY_PATH: &str = "TOKEN_PRIVATE_KEY_PATH";
/// Where it lies if nothing says so (src/lib/config/systemconfig.go of goharbor/harbor 2.16: `defaultKeyPath`).
pub(super) const DEFAULT_KEY_PATH: &str = "/etc/core/private_key.pem";
/// Whether Harbor's parts speak TLS with each other.
pub(super) const INTERNAL_TLS: &str = "INTERNAL_TLS_ENABLED";

/// Whether, on which port and under which path core serves metrics (src/lib/config/metadata/metadatalist.go of
/// goharbor/harbor: `metric_enable`, `metric_port`, `metric_path`), and the defaults of the latter two.
const METRICS: [&str; 3] = ["METRIC_ENABLE", "METRIC_PORT", "METRIC_PATH"];
const METRICS_PORT: u16 = 9090;
const METRICS_PATH: &str = "/metrics";

const HTTP: u16 = 8080;
const HTTPS: u16 = 8443;

/// The variables that are read of core's container.
pub(super) fn variables() -> Vec<&'static str> {
    [KEY_PATH, INTERNAL_TLS].into_iter().chain(METRICS).collect()
}

/// The container of core in a pod: named `core`, else with core's image.
pub(super) fn container(pod: &Pod) -> Option<&Container> {
    let containers = &pod.spec.containers;
    let named = containers.iter().find(|container| container.name == "core");
    named.or_else(|| containers.iter().find(|container| discover::is_core_image(&container.image)))
}

/// A pod of core.
pub(super) fn core_pod(pod: &Pod, objects: &Objects) -> CorePod {
    let none = Container::default();
    let container = container(pod).unwrap_or(&none);
    let status = status_of(pod, &container.name);
    let (port, tls) = port(container, objects);
    CorePod {
        name: pod.metadata.name.clone(),
        container: if container.name == "core" { String::new() } else { container.name.clone() },
        node: pod.spec.node_name.clone(),
        ip: pod.status.pod_ip.parse::<std::net::IpAddr>().map(|ip| ip.to_string()).unwrap_or_default(),
        port,
        tls,
        state: state(pod),
        started_at: status.and_then(|status| status.state.running.as_ref()?.started_at),
        restarts: status.map_or(0, |status| status.restart_count),
        image: Clean::with_cap(&container.image, 512).to_string(),
        image_id: Clean::with_cap(status.map_or("", |status| &status.image_id), 512).to_string(),
        revision: revision(pod),
        key: key_path(container, pod, objects),
        metrics: metrics(container, objects),
        file: None,
    }
}

/// A pod of another component.
pub(super) fn other_pod(component: &str, pod: &Pod) -> OtherPod {
    let container = pod.spec.containers.iter().find(|container| container.name == component);
    let image = container.or(pod.spec.containers.first()).map_or("", |container| &container.image);
    OtherPod {
        component: component.to_string(),
        name: pod.metadata.name.clone(),
        node: pod.spec.node_name.clone(),
        state: state(pod),
        image: Clean::with_cap(image, 512).to_string(),
    }
}

fn status_of<'a>(pod: &'a Pod, container: &str) -> Option<&'a ContainerStatus> {
    pod.status.container_statuses.iter().find(|status| status.name == container)
}

fn state(pod: &Pod) -> PodState {
    let ready = |one: &crate::api::wire::Condition| one.kind == "Ready" && one.status == "True";
    if pod.metadata.deletion_timestamp.is_some() {
        PodState::Terminating
    } else if pod.status.conditions.iter().any(ready) {
        PodState::Ready
    } else {
        PodState::Unready
    }
}

/// A Deployment's hash of the template, or a StatefulSet's.
fn revision(pod: &Pod) -> String {
    let labels = &pod.metadata.labels;
    let hash = ["pod-template-hash", "controller-revision-hash"].into_iter().find_map(|key| labels.get(key));
    hash.map(|hash| Clean::with_cap(hash, 64).to_string()).unwrap_or_default()
}

/// Core listens on 8443 with internal TLS, else on 8080 (src/core/main.go), unless the pod says another port.
fn port(container: &Container, objects: &Objects) -> (u16, bool) {
    let has = |port: u16| container.ports.iter().any(|one| one.container_port == port);
    let tls = match value(INTERNAL_TLS, container, objects) {
        Value::Set { value, .. } => value.as_slice() == b"true",
        Value::Unset => false,
        Value::Unread { .. } => has(HTTPS) && !has(HTTP),
    };
    let (usual, name) = if tls { (HTTPS, "https") } else { (HTTP, "http") };
    // bitnami's chart names the port and lets its number be chosen.
    let named = container.ports.iter().find(|port| port.name == name).map(|port| port.container_port);
    let port = if has(usual) { usual } else { named.unwrap_or(usual) };
    (port, tls)
}

/// Where core serves metrics, if its settings say so.
fn metrics(container: &Container, objects: &Objects) -> Option<MetricsAt> {
    let [enabled, port, path] = METRICS.map(|name| match value(name, container, objects) {
        Value::Set { value, .. } => Some(String::from_utf8_lossy(&value).into_owned()),
        Value::Unset | Value::Unread { .. } => None,
    });
    if enabled.as_deref() != Some("true") {
        return None;
    }
    let is_path = |path: &String| path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    Some(MetricsAt {
        port: port.and_then(|port| port.parse().ok()).unwrap_or(METRICS_PORT),
        path: path
            .filter(is_path)
            .map_or(METRICS_PATH.into(), |path| Clean::with_cap(&path, 256).to_string()),
    })
}

/// Where the token key lies, and what is mounted there.
fn key_path(container: &Container, pod: &Pod, objects: &Objects) -> KeyPath {
    let at = |path: &str| origin(path, container, &pod.spec.volumes, objects);
    let default = || KeyPath {
        path: DEFAULT_KEY_PATH.into(),
        set_by: "default".into(),
        mount: at(DEFAULT_KEY_PATH).as_key_mount(),
    };
    match value(KEY_PATH, container, objects) {
        // Harbor takes an empty value for none.
        Value::Set { value, .. } if value.is_empty() => default(),
        Value::Unset => default(),
        Value::Set { value, from } => {
            let path = Clean::with_cap(&String::from_utf8_lossy(&value), 512).to_string();
            let set_by = from.split(" key ").next().unwrap_or_default().to_string();
            match path.starts_with('/') {
                true => KeyPath { mount: at(&path).as_key_mount(), path: normal(&path), set_by },
                // It is relative to the image's working folder, which the API does not show.
                false => KeyPath { path, set_by, mount: KeyMount::Unknown },
            }
        }
        // A Secret that may not be read could set it; what is mounted at the usual place makes that unlikely.
        Value::Unread { certain: false, .. } if at(DEFAULT_KEY_PATH) != mounts::Origin::Nothing => default(),
        Value::Unread { from, .. } => {
            let set_by = from.split(" key ").next().unwrap_or_default().to_string();
            KeyPath { path: String::new(), set_by, mount: KeyMount::Unknown }
        }
    }
}
