//! Pods in thousands, with what their pulls need, made through the real API server.

use std::path::Path;

use serde_json::{Value, json};

use super::requests::{Sender, Sent, create, delete_all};

const NAMESPACES: usize = 50;
/// Pods of one workload.
const PODS_EACH: usize = 10;
/// One pod in so many lacks its image.
const FAILING_ONE_IN: usize = 50;
const LABEL: &str = "regauth-bench/crowd";

/// How large a crowd is. There is a Secret for ten pods, and a ServiceAccount for five.
#[derive(Clone, Copy)]
pub struct Size {
    pub pods: usize,
    /// What the names of the nodes begin with that have one pod each; without, the pods are nowhere.
    pub nodes: Option<&'static str>,
}

impl Size {
    pub fn secrets(&self) -> usize {
        self.pods / 10
    }

    pub fn accounts(&self) -> usize {
        self.pods / 5
    }
}

/// The crowd; it is gone when this is dropped.
pub struct Crowd {
    sender: Sender,
}

impl Crowd {
    /// Makes all of it and waits until it is there.
    pub fn gather(kubeconfig: &Path, size: Size) -> Self {
        let sender = Sender::new(kubeconfig);
        sender.send((0..NAMESPACES).map(namespace));
        sender.send((0..size.secrets()).map(secret));
        sender.send((0..size.accounts()).map(account));
        let jobs = sender.send((0..size.pods / PODS_EACH).map(job));
        sender.send((0..size.pods).map(|at| pod(at, &jobs[at / PODS_EACH], size.nodes)));
        sender.send((0..size.pods).map(status));
        Self { sender }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // A namespace's own deletion would go one by one, and slowly.
        for kind in ["api/v1/-/pods", "apis/batch/v1/-/jobs", "api/v1/-/secrets", "api/v1/-/serviceaccounts"]
        {
            let all = |at: usize| {
                delete_all(&format!("/{}", kind.replace('-', &format!("namespaces/crowd-{at}"))), LABEL)
            };
            self.sender.send((0..NAMESPACES).map(all));
        }
        let gone = |at: usize| Sent {
            method: "DELETE",
            path: format!("/api/v1/namespaces/crowd-{at}"),
            kind: "application/json",
            body: json!({}),
        };
        self.sender.send((0..NAMESPACES).map(gone));
    }
}

fn place(at: usize) -> String {
    format!("crowd-{}", at % NAMESPACES)
}

fn namespace(at: usize) -> Sent {
    let metadata = json!({"name": format!("crowd-{at}"), "labels": {LABEL: ""}});
    create(
        "/api/v1/namespaces".into(),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}),
    )
}

/// A pull secret for a registry of the workloads of its namespace.
fn secret(at: usize) -> Sent {
    let config = json!({"auths": {format!("registry-{}.example.test", at / NAMESPACES): {
        "username": "ci", "password": format!("test-only-{at}")}}});
    let metadata = json!({"name": format!("pull-{}", at / NAMESPACES), "labels": {LABEL: ""}});
    create(
        format!("/api/v1/namespaces/{}/secrets", place(at)),
        json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "metadata": metadata, "stringData": {".dockerconfigjson": config.to_string()}}),
    )
}

fn account(at: usize) -> Sent {
    let index = at / NAMESPACES;
    let secrets = json!([{"name": format!("pull-{}", index / 2)}]);
    let metadata = json!({"name": format!("account-{index}"), "labels": {LABEL: ""}});
    create(
        format!("/api/v1/namespaces/{}/serviceaccounts", place(at)),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "imagePullSecrets": secrets}),
    )
}

/// What pods belong to. No controller looks after a Job that says that another does.
fn job(at: usize) -> Sent {
    let metadata = json!({"name": format!("work-{}", at / NAMESPACES), "labels": {LABEL: ""}});
    let spec = json!({"managedBy": "example.test/bench", "suspend": false,
        "template": {"spec": template(at)}});
    create(
        format!("/apis/batch/v1/namespaces/{}/jobs", place(at)),
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}),
    )
}

/// Three containers with what pods usually have, so that one has about nine kilobytes.
fn template(job: usize) -> Value {
    let index = job / NAMESPACES;
    let env: Vec<Value> = (0..20)
        .map(|at| json!({"name": format!("SETTING_{at}"), "value": format!("a value of usual length, number {at}")}))
        .collect();
    let mounts =
        json!([{"name": "data", "mountPath": "/var/lib/data"}, {"name": "tmp", "mountPath": "/tmp"}]);
    let container = |name: &str, image: String| {
        json!({"name": name, "image": image, "env": env, "volumeMounts": mounts,
            "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"memory": "64Mi"}},
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}})
    };
    let registry = format!("registry-{index}.example.test");
    json!({"restartPolicy": "Never", "serviceAccountName": format!("account-{index}"),
        "schedulingGates": [{"name": "regauth-bench/nowhere"}],
        "initContainers": [container("init", "public.example.test/tools/init:1".into())],
        "containers": [container("app", format!("{registry}/team/app:{job}")),
                       container("proxy", "public.example.test/mesh/proxy:1.2.3".into())],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]})
}

fn job_of(pod: usize) -> usize {
    pod / PODS_EACH
}

fn pod(at: usize, job: &Value, nodes: Option<&str>) -> Sent {
    let mut spec = template(job_of(at));
    if let Some(prefix) = nodes {
        spec["schedulingGates"] = json!([]);
        spec["nodeName"] = json!(format!("{prefix}{at}"));
    }
    let owner = json!({"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"],
        "uid": job["metadata"]["uid"], "controller": true});
    let metadata = json!({"name": format!("pod-{at}"), "labels": {LABEL: "", "app": "work",
        "app.kubernetes.io/name": "work", "app.kubernetes.io/instance": "bench"}, "ownerReferences": [owner]});
    create(
        format!("/api/v1/namespaces/{}/pods", place(job_of(at))),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}),
    )
}

fn status(at: usize) -> Sent {
    let job = job_of(at);
    let fails = at.is_multiple_of(FAILING_ONE_IN);
    let image = format!("registry-{}.example.test/team/app:{job}", job / NAMESPACES);
    let message = format!(
        "failed to pull and unpack image \"{image}\": failed to resolve image: unexpected status from HEAD request: \
         401 Unauthorized"
    );
    let started = json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}});
    let state = if fails {
        json!({"waiting": {"reason": "ErrImagePull", "message": message}})
    } else {
        started.clone()
    };
    let container = |name: &str, image: &str, state: &Value| {
        json!({"name": name, "image": image, "imageID": "sha256:0", "ready": false, "restartCount": 0,
            "state": state})
    };
    let statuses = [
        container("app", &image, &state),
        container("proxy", "public.example.test/mesh/proxy:1.2.3", &started),
    ];
    Sent {
        method: "PATCH",
        path: format!("/api/v1/namespaces/{}/pods/pod-{at}/status", place(job)),
        kind: "application/merge-patch+json",
        body: json!({"status": {"phase": if fails { "Pending" } else { "Running" }, "containerStatuses": statuses}}),
    }
}
