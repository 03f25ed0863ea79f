//! From plan to manifests: one Job that owns the diagnostic pods, and for each node a pod a check.

mod apply;
mod kubelet;
mod probe;

use serde_json::{Value, json};

pub use apply::applicable;
pub use probe::PROBE_CONTAINER;

use super::Prepared;
use crate::evidence::CredentialUse;
use crate::plan::{Check, Plan};
use crate::probe::Refused;

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

/// A pod to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Its index in the run.
    pub index: usize,
    /// The node that it is for.
    pub node: String,
    /// What it is to do there.
    pub check: Check,
    /// How it uses the identity's credentials.
    pub credential: CredentialUse,
    /// Which credentials a probe must not send.
    pub refused: Vec<Refused>,
    /// Whether the pull secrets for the probe's own image were refused.
    pub image_secrets_refused: bool,
    /// How many containers the pod will have in all, with those that webhooks put in, as far as is known from pods
    /// that were made before.
    pub containers: usize,
    /// How long the run still has, in seconds.
    pub seconds_left: u64,
}

impl Order {
    /// A pod of which nothing is known that would change it.
    pub fn planned(plan: &Plan, index: usize, node: &str, check: Check) -> Self {
        Self {
            index,
            node: node.into(),
            check,
            credential: CredentialUse::AsPlanned,
            refused: Vec::new(),
            image_secrets_refused: false,
            containers: 1,
            seconds_left: plan.timeout_seconds,
        }
    }
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
    // What a kubelet's test needs is the least that any policy on templates could object to.
    let mut spec = common_spec(plan);
    spec["containers"] = kubelet::of_the_job(plan, run);
    if let Some(secrets) = kubelet::pull_secrets(plan, run, &CredentialUse::AsPlanned) {
        spec["imagePullSecrets"] = secrets;
    }
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

/// One pod of the run. `job_uid` is absent in a dry run.
pub fn pod(prepared: &Prepared, order: &Order, job_uid: Option<&str>, resources: Resources) -> Value {
    let (plan, run) = (&prepared.plan, prepared.run.id.as_str());
    let mut labels = labels(run);
    labels[ROW_LABEL] = json!(order.index.to_string());
    for (name, value) in opt_out_labels().as_object().into_iter().flatten() {
        labels[name] = value.clone();
    }
    let mut spec = common_spec(plan);
    spec["affinity"] = on_node(&order.node);
    match order.check {
        Check::Kubelet => kubelet::fill(&mut spec, plan, run, order, resources),
        _ => probe::fill(&mut spec, prepared, order, resources),
    }
    if order.check == Check::ProbePod {
        probe::add_labels(&mut labels, plan);
    }
    let mut metadata = json!({
        "name": pod_name(run, order.index),
        "namespace": plan.namespace,
        "labels": labels,
        "annotations": opt_out_annotations(),
    });
    if let Some(uid) = job_uid {
        metadata["ownerReferences"] =
            json!([{"apiVersion": "batch/v1", "kind": "Job", "name": job_name(run), "uid": uid}]);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

/// What the specs of all pods of a run have in common.
fn common_spec(plan: &Plan) -> Value {
    json!({
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
    })
}

/// The pull secret that a run names because it does not exist.
fn placeholder(run: &str) -> String {
    format!("regauth-{run}-none")
}

/// Whether a pull secret is one that a run names because it does not exist.
pub fn is_placeholder(name: &str, run: &str) -> bool {
    name == placeholder(run)
}

/// A pod's pull secrets by name. In place of none, a name that does not exist: it keeps the ServiceAccount's out,
/// which admission copies into pods that name none, and the pull goes on without any.
fn named(secrets: &[&str], run: &str) -> Value {
    match secrets {
        [] => json!([{"name": placeholder(run)}]),
        _ => secrets.iter().map(|name| json!({"name": name})).collect(),
    }
}

/// What the *restricted* Pod Security level asks of a container, and more.
fn security() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": true,
    })
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
