//! Five thousand pods that run nowhere, with what their pulls need, made through the real API server.

use std::path::Path;

use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::task::JoinSet;

pub const PODS: usize = 5_000;
pub const SECRETS: usize = 500;
pub const ACCOUNTS: usize = 1_000;
const NAMESPACES: usize = 50;
/// Pods of one workload.
const PODS_EACH: usize = 10;
/// One pod in so many lacks its image.
const FAILING_ONE_IN: usize = 50;
const CONNECTIONS: usize = 12;
const LABEL: &str = "regauth-bench/crowd";

/// The crowd; it is gone when this is dropped.
pub struct Crowd {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Crowd {
    /// Makes all of it and waits until it is there.
    pub fn gather(kubeconfig: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let client = runtime.block_on(async {
            let read = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
            let config = kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
            Client::try_from(config.expect("a configuration")).expect("a client")
        });
        let crowd = Self { runtime, client };
        crowd.runtime.block_on(async {
            send_all(&crowd.client, (0..NAMESPACES).map(namespace)).await;
            send_all(&crowd.client, (0..SECRETS).map(secret)).await;
            send_all(&crowd.client, (0..ACCOUNTS).map(account)).await;
            let jobs = send_all(&crowd.client, (0..PODS / PODS_EACH).map(job)).await;
            send_all(&crowd.client, (0..PODS).map(|at| pod(at, &jobs[at / PODS_EACH]))).await;
            send_all(&crowd.client, (0..PODS).map(status)).await;
        });
        crowd
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.runtime.block_on(async {
            let options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
                "propagationPolicy": "Background"});
            let all = |at: usize, kind: &str| {
                let group = if kind == "jobs" { "/apis/batch/v1" } else { "/api/v1" };
                let path = format!(
                    "{group}/namespaces/crowd-{at}/{kind}?labelSelector={}",
                    LABEL.replace('/', "%2F")
                );
                Sent { method: "DELETE", path, kind: "application/json", body: options.clone() }
            };
            // A namespace's own deletion would go one by one, and slowly.
            for kind in ["pods", "jobs", "secrets", "serviceaccounts"] {
                send_all(&self.client, (0..NAMESPACES).map(|at| all(at, kind))).await;
            }
            let gone = |at: usize| Sent {
                method: "DELETE",
                path: format!("/api/v1/namespaces/crowd-{at}"),
                kind: "application/json",
                body: json!({}),
            };
            send_all(&self.client, (0..NAMESPACES).map(gone)).await;
        });
    }
}

struct Sent {
    method: &'static str,
    path: String,
    kind: &'static str,
    body: Value,
}

/// The answers in the order of what was sent.
async fn send_all(client: &Client, all: impl Iterator<Item = Sent>) -> Vec<Value> {
    let mut work = JoinSet::new();
    let mut answers: Vec<(usize, Value)> = Vec::new();
    for (at, sent) in all.enumerate() {
        if work.len() >= CONNECTIONS {
            answers.extend(work.join_next().await.map(|answer| answer.expect("it is sent")));
        }
        let client = client.clone();
        work.spawn(async move {
            let request = http::Request::builder().method(sent.method).uri(sent.path);
            let request = request.header("content-type", sent.kind);
            let request = request.body(sent.body.to_string().into_bytes()).expect("a request");
            let text = client.request_text(request).await.expect("the API server takes it");
            (at, serde_json::from_str(&text).unwrap_or_default())
        });
    }
    answers.extend(work.join_all().await);
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn create(path: String, body: Value) -> Sent {
    Sent { method: "POST", path, kind: "application/json", body }
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

fn pod(at: usize, job: &Value) -> Sent {
    let owner = json!({"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"],
        "uid": job["metadata"]["uid"], "controller": true});
    let metadata = json!({"name": format!("pod-{at}"), "labels": {LABEL: "", "app": "work",
        "app.kubernetes.io/name": "work", "app.kubernetes.io/instance": "bench"}, "ownerReferences": [owner]});
    create(
        format!("/api/v1/namespaces/{}/pods", place(job_of(at))),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template(job_of(at))}),
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
