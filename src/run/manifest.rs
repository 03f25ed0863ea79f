//! From plan to manifests: one Job that owns the diagnostic pods, one pod a node, one container an image.
//!
//! A container refers to a ConfigMap key that does not exist, so that the kubelet pulls its image and then
//! stops: nothing of the image is ever started.

use serde_json::{Value, json};

use crate::evidence::CredentialUse;
use crate::plan::{Plan, SecretSource};

/// The label that carries the run's id.
pub const RUN_LABEL: &str = "regauth/run";
/// The label that carries the pod's index in the run.
pub const ROW_LABEL: &str = "regauth/row";
/// `app.kubernetes.io/managed-by` of everything that a run creates.
pub const MANAGED_BY: &str = "kubectl-regauth";
/// How much longer than the run its Job lives, in seconds.
const GRACE_SECONDS: u64 = 60;
/// How long a Job that failed at its deadline stays, in seconds.
const TTL_SECONDS: u64 = 10;

/// Whether the pods ask for resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resources {
    /// Next to nothing, stated: a quota on requests or limits wants them stated.
    Stated,
    /// Nothing stated: the namespace's LimitRange fills in what it wants at least.
    Unstated,
}

/// The name of the run's Job.
pub fn job_name(run: &str) -> String {
    format!("regauth-{run}")
}

/// The name of the pod with this index.
pub fn pod_name(run: &str, index: usize) -> String {
    format!("regauth-{run}-{index}")
}

/// The name of the container that tests the image with this index.
pub fn container_name(image: usize) -> String {
    format!("image-{image}")
}

/// The selector of everything that belongs to a run.
pub fn run_selector(run: &str) -> String {
    format!("{RUN_LABEL}={run}")
}

/// The run's life line: it never makes a pod; when its deadline passes it fails, its TTL removes it, and the
/// garbage collector removes the pods that it owns.
pub fn job(plan: &Plan, run: &str) -> Value {
    let mut spec = pod_spec(plan, run, &CredentialUse::AsPlanned, Resources::Stated);
    spec["restartPolicy"] = json!("Never");
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(run),
            "namespace": plan.namespace,
            "labels": labels(run),
        },
        "spec": {
            "parallelism": 0,
            "completions": 1,
            "backoffLimit": 0,
            "activeDeadlineSeconds": plan.timeout_seconds + GRACE_SECONDS,
            "ttlSecondsAfterFinished": TTL_SECONDS,
            "template": {"metadata": {"labels": opt_out_labels()}, "spec": spec},
        },
    })
}

/// The pod that tests one node. `job_uid` is absent in a dry run.
pub fn pod(
    plan: &Plan,
    run: &str,
    index: usize,
    node: &str,
    job_uid: Option<&str>,
    credential: &CredentialUse,
    resources: Resources,
) -> Value {
    let mut labels = labels(run);
    labels[ROW_LABEL] = json!(index.to_string());
    for (name, value) in opt_out_labels().as_object().into_iter().flatten() {
        labels[name] = value.clone();
    }
    let mut metadata = json!({
        "name": pod_name(run, index),
        "namespace": plan.namespace,
        "labels": labels,
        "annotations": opt_out_annotations(),
    });
    if let Some(uid) = job_uid {
        metadata["ownerReferences"] =
            json!([{"apiVersion": "batch/v1", "kind": "Job", "name": job_name(run), "uid": uid}]);
    }
    let mut spec = pod_spec(plan, run, credential, resources);
    spec["affinity"] = on_node(node);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

fn pod_spec(plan: &Plan, run: &str, credential: &CredentialUse, resources: Resources) -> Value {
    let containers: Vec<Value> = plan
        .images
        .iter()
        .enumerate()
        .map(|(index, image)| container(run, index, image, resources))
        .collect();
    let mut spec = json!({
        "serviceAccountName": plan.identity.service_account,
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        // A second life line beside the Job's: it stops the kubelet even where no controller runs.
        "activeDeadlineSeconds": plan.timeout_seconds + GRACE_SECONDS,
        "tolerations": [{"operator": "Exists"}],
        // Nobody sets this condition, so no Service ever sends traffic here.
        "readinessGates": [{"conditionType": "regauth/never-ready"}],
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
    });
    if let Some(secrets) = pull_secrets(plan, run, credential) {
        spec["imagePullSecrets"] = secrets;
    }
    spec
}

/// The pod's own pull secrets; `None` leaves it to admission to copy the ServiceAccount's.
fn pull_secrets(plan: &Plan, run: &str, credential: &CredentialUse) -> Option<Value> {
    // A name that does not exist keeps the ServiceAccount's secrets out, and the pull goes on without any.
    let none = || Some(json!([{"name": format!("regauth-{run}-none")}]));
    match (credential, plan.identity.source) {
        (CredentialUse::HeldBack { .. }, _) | (_, SecretSource::Disabled) => none(),
        (_, SecretSource::ServiceAccount) => None,
        (_, SecretSource::Workload | SecretSource::Given) => {
            Some(plan.identity.pull_secrets.iter().map(|name| json!({"name": name})).collect())
        }
    }
}

/// Whether a pull secret is one that a run names because it does not exist.
pub fn is_placeholder(name: &str, run: &str) -> bool {
    name == format!("regauth-{run}-none")
}

fn container(run: &str, index: usize, image: &str, resources: Resources) -> Value {
    let mut container = json!({
        "name": container_name(index),
        "image": image,
        "imagePullPolicy": "Always",
        "env": [{
            "name": "REGAUTH_NEVER_STARTS",
            "valueFrom": {"configMapKeyRef": {"name": format!("regauth-{run}-absent"), "key": "absent"}},
        }],
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
        },
    });
    if resources == Resources::Stated {
        container["resources"] = json!({
            // Nodes that report no ephemeral storage have room for none of it.
            "requests": {"cpu": "1m", "memory": "1Mi", "ephemeral-storage": "0"},
            "limits": {"cpu": "1m", "memory": "1Mi", "ephemeral-storage": "1Mi"},
        });
    }
    container
}

fn on_node(node: &str) -> Value {
    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]},
    ]}}})
}

fn labels(run: &str) -> Value {
    json!({
        "app.kubernetes.io/name": "regauth",
        "app.kubernetes.io/managed-by": MANAGED_BY,
        RUN_LABEL: run,
    })
}

/// Labels by which meshes are asked to leave a pod alone.
fn opt_out_labels() -> Value {
    json!({"sidecar.istio.io/inject": "false", "kuma.io/sidecar-injection": "disabled"})
}

fn opt_out_annotations() -> Value {
    json!({
        "sidecar.istio.io/inject": "false",
        "linkerd.io/inject": "disabled",
        "consul.hashicorp.com/connect-inject": "false",
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
    })
}

/// What the API server made of an object in a dry run, as `kubectl apply` takes it: without what only the
/// server may set.
pub fn applicable(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(name);
        }
    }
    if object["kind"] == "Job" {
        // A Job's selector and the labels that it selects on are generated at its creation.
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.remove("selector");
        }
        let generated = ["controller-uid", "job-name"];
        for labels in ["/metadata/labels", "/spec/template/metadata/labels"] {
            if let Some(labels) = object.pointer_mut(labels).and_then(Value::as_object_mut) {
                labels
                    .retain(|name, _| !generated.contains(&name.trim_start_matches("batch.kubernetes.io/")));
            }
        }
    }
    object
}
