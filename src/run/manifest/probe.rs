//! The pod in which a probe looks: one container of the probe's own image, the identity's Secrets mounted.
//!
//! No value of a Secret is ever in a manifest: the kubelet mounts it, and the probe alone reads it.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Order, Resources, named, security};
use crate::collect::controllers::is_controllers_own;
use crate::evidence::{Action, CredentialUse};
use crate::plan::{CaBundle, Check, DockerConfigSource, Plan, ProbePlan};
use crate::probe::{Reader, Source, Task};
use crate::run::Prepared;

/// The name of a probe's only container.
pub const PROBE_CONTAINER: &str = "probe";

/// Where what a probe reads is mounted.
const SECRETS: &str = "/regauth/secrets";
const CONFIGS: &str = "/regauth/configs";
const CA_BUNDLE: &str = "/regauth/ca";
const NODE: &str = "/regauth/node";
/// The mode of mounted files. The container is the pod's only one and no other user is in it; a group of its own
/// (`fsGroup`) would be refused where namespaces are given ranges of groups.
const READ_ONLY_BY_ALL: u32 = 0o444;
/// How much time a probe leaves the run to hear of its result, in seconds.
const RESERVE_SECONDS: u64 = 10;
/// What a kubelet keeps of one container's termination message, in bytes, and of those of all containers of a pod
/// together, which it shares out evenly (pkg/kubelet/kuberuntime, Kubernetes 1.36).
const MESSAGE_BYTES: usize = 4096;
const POD_MESSAGE_BYTES: usize = 12 * 1024;

/// What the pod's spec has beside what every pod of a run has.
pub(super) fn fill(spec: &mut Value, prepared: &Prepared, order: &Order, resources: Resources) {
    let plan = &prepared.plan;
    let probe = plan.probe.clone().unwrap_or_default();
    if order.check == Check::ProbeNode {
        spec["hostNetwork"] = json!(true);
        // The node's own resolver, as the kubelet and the runtime ask it.
        spec["dnsPolicy"] = json!("Default");
    }
    let mounts = mounts(plan, &probe, order.check);
    let (volumes, points): (Vec<Value>, Vec<Value>) = mounts.into_iter().unzip();
    let mut container = json!({
        "name": PROBE_CONTAINER,
        "image": probe.image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["probe", "--task", argument(&task(prepared, order))],
        // The file, unless the program could not start: then what the runtime wrote in its place.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": security(),
    });
    if resources == Resources::Stated {
        container["resources"] = json!({
            "requests": {"cpu": "1m", "memory": "16Mi", "ephemeral-storage": "0"},
            // A handshake must not wait for its share of the processor.
            "limits": {"cpu": "200m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
        });
    }
    if !volumes.is_empty() {
        container["volumeMounts"] = json!(points);
        spec["volumes"] = json!(volumes);
    }
    spec["containers"] = json!([container]);
    spec["imagePullSecrets"] = named(&image_pull_secrets(plan, order), &prepared.run.id);
}

/// The pull secrets for the probe's own image. The ServiceAccount's are left out, since they may be under test: each
/// node's kubelet would send what is wrong with them. So are those that were refused.
fn image_pull_secrets<'a>(plan: &'a Plan, order: &Order) -> Vec<&'a str> {
    let held_back = matches!(order.credential, CredentialUse::HeldBack { .. });
    let given = plan.probe.iter().flat_map(|probe| &probe.image_pull_secrets);
    given
        .filter(|name| !(order.image_secrets_refused || held_back && plan.is_under_test(name)))
        .map(String::as_str)
        .collect()
}

/// Adds the workload's labels that NetworkPolicies select on. By ours the run is found again, and by a
/// controller's own it would adopt the pod: those stay out. `app.kubernetes.io/name` may be the workload's.
pub(super) fn add_labels(labels: &mut Value, plan: &Plan) {
    const REPLACEABLE: &str = "app.kubernetes.io/name";
    let wanted = plan.probe.iter().flat_map(|probe| &probe.labels);
    for (name, value) in wanted.filter(|(name, _)| !is_reserved(name)) {
        if labels[name].is_null() || name == REPLACEABLE {
            labels[name] = json!(value);
        }
    }
}

/// Whether a label is a controller's own, or ours.
fn is_reserved(label: &str) -> bool {
    is_controllers_own(label) || label.starts_with("regauth/")
}

/// The task as an argument. The kubelet expands `$(NAME)` in arguments, so no `$` may stand in it.
fn argument(task: &Task) -> String {
    // There is nothing in a task that JSON cannot say.
    serde_json::to_string(task).unwrap_or_default().replace('$', "\\u0024")
}

/// What the probe is told.
pub(super) fn task(prepared: &Prepared, order: &Order) -> Task {
    let plan = &prepared.plan;
    let probe = plan.probe.clone().unwrap_or_default();
    let (ca_bundles, ca_pem) = match &probe.ca_bundle {
        None => (Vec::new(), Vec::new()),
        Some(CaBundle::Pem(text)) => (Vec::new(), vec![text.clone()]),
        Some(CaBundle::ConfigMap(_) | CaBundle::Secret(_)) => (vec![PathBuf::from(CA_BUNDLE)], Vec::new()),
    };
    Task {
        action: plan.action,
        targets: plan.images.clone(),
        platform: platform(prepared, &order.node),
        sources: sources(plan, &probe),
        run_key: prepared.run_key.clone(),
        refused: order.refused.clone(),
        proxy: probe.proxy.clone().unwrap_or_default(),
        ca_bundles,
        ca_pem,
        node_config: has_node_config(&probe, order.check).then(|| PathBuf::from(NODE)),
        plain_http: probe.plain_http.clone(),
        harbor: plan.harbor.as_ref().map(|harbor| harbor.ask.clone()),
        clock: plan.clock.as_ref().and_then(|clock| clock.ask.clone()),
        repeat: if plan.action == Action::Push { probe.repeat } else { 0 },
        interval_ms: probe.interval_ms,
        timeout_seconds: time_for(order.seconds_left),
        message_bytes: MESSAGE_BYTES.min(POD_MESSAGE_BYTES / order.containers.max(1)),
    }
}

/// How long a probe may take, so that its result is heard of in time; half of what is left when that is little.
fn time_for(seconds_left: u64) -> u64 {
    seconds_left.saturating_sub(RESERVE_SECONDS).max(seconds_left / 2).max(1)
}

/// `os/architecture` of a node; empty where it is not known.
fn platform(prepared: &Prepared, node: &str) -> String {
    let facts = prepared.nodes.iter().find(|facts| facts.name == node);
    let known = facts.filter(|facts| !facts.os.is_empty() && !facts.architecture.is_empty());
    known.map(|facts| format!("{}/{}", facts.os, facts.architecture)).unwrap_or_default()
}

/// Where credentials lie: a builder's docker configurations, else the identity's pull secrets.
fn sources(plan: &Plan, probe: &ProbePlan) -> Vec<Source> {
    let secret = |(index, name): (usize, &String)| Source {
        name: format!("secret/{name}"),
        path: format!("{SECRETS}/{index}").into(),
        reader: Reader::Kubelet,
    };
    let config = |(index, config): (usize, &DockerConfigSource)| Source {
        name: match config.secret.is_empty() {
            true => format!("configmap/{}", config.config_map),
            false => format!("secret/{}", config.secret),
        },
        path: format!("{CONFIGS}/{index}").into(),
        reader: Reader::Client,
    };
    match probe.docker_configs.is_empty() {
        true => plan.identity.pull_secrets.iter().enumerate().map(secret).collect(),
        false => probe.docker_configs.iter().enumerate().map(config).collect(),
    }
}

/// Volumes with their mounts.
fn mounts(plan: &Plan, probe: &ProbePlan, check: Check) -> Vec<(Value, Value)> {
    let mut mounts: Vec<(Value, Value)> = match probe.docker_configs.is_empty() {
        true => plan.identity.pull_secrets.iter().enumerate().map(pull_secret).collect(),
        false => probe.docker_configs.iter().enumerate().map(docker_config).collect(),
    };
    match &probe.ca_bundle {
        Some(CaBundle::ConfigMap(name)) => mounts.push(mount("ca", CA_BUNDLE, config_map(name, false))),
        Some(CaBundle::Secret(name)) => mounts.push(mount("ca", CA_BUNDLE, secret(name, false))),
        Some(CaBundle::Pem(_)) | None => {}
    }
    if has_node_config(probe, check) {
        // The whole folder: it is on every node, while a part of it that a node lacks would keep the pod from
        // starting (`type: Directory`) or be made there by the runtime (no type). Links between its parts,
        // as distributions have them for CA bundles, lead somewhere too. The probe is nobody and may read what
        // everybody may.
        let folder = json!({"hostPath": {"path": "/etc", "type": "Directory"}});
        mounts.push(mount("node-etc", &format!("{NODE}/etc"), folder));
    }
    mounts
}

fn has_node_config(probe: &ProbePlan, check: Check) -> bool {
    probe.node_config && check == Check::ProbeNode
}

fn pull_secret((index, name): (usize, &String)) -> (Value, Value) {
    mount(&format!("secret-{index}"), &format!("{SECRETS}/{index}"), secret(name, true))
}

fn docker_config((index, config): (usize, &DockerConfigSource)) -> (Value, Value) {
    let (kind, mut source) = match config.secret.is_empty() {
        true => ("configMap", config_map(&config.config_map, true)),
        false => ("secret", secret(&config.secret, true)),
    };
    source[kind]["items"] = json!([{"key": config.key, "path": "config.json"}]);
    mount(&format!("config-{index}"), &format!("{CONFIGS}/{index}"), source)
}

fn secret(name: &str, optional: bool) -> Value {
    json!({"secret": {"secretName": name, "optional": optional, "defaultMode": READ_ONLY_BY_ALL}})
}

fn config_map(name: &str, optional: bool) -> Value {
    json!({"configMap": {"name": name, "optional": optional, "defaultMode": READ_ONLY_BY_ALL}})
}

/// A volume of this name and source, and its read-only mount.
fn mount(name: &str, path: &str, source: Value) -> (Value, Value) {
    let mut volume = Map::from_iter([("name".to_string(), json!(name))]);
    volume.extend(source.as_object().cloned().unwrap_or_default());
    (Value::Object(volume), json!({"name": name, "mountPath": path, "readOnly": true}))
}
