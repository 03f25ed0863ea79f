//! Requests to the API server, several at a time.

use std::path::Path;

use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 12;

/// An administrator who sends many requests.
pub struct Sender {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Sender {
    /// Whoever the kubeconfig names.
    pub fn new(kubeconfig: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let client = runtime.block_on(async {
            let read = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
            let config = kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
            Client::try_from(config.expect("a configuration")).expect("a client")
        });
        Self { runtime, client }
    }

    /// The answers in the order of what was sent.
    pub fn send(&self, all: impl Iterator<Item = Sent>) -> Vec<Value> {
        self.runtime.block_on(send_all(&self.client, all))
    }
}

/// One request.
pub struct Sent {
    pub method: &'static str,
    pub path: String,
    /// The media type of the body.
    pub kind: &'static str,
    pub body: Value,
}

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
            let text = match client.request_text(request).await {
                Ok(text) => text,
                // Something else was faster.
                Err(kube::Error::Api(status)) if sent.method == "DELETE" && status.code == 404 => {
                    String::new()
                }
                Err(error) => panic!("the API server takes it: {error}"),
            };
            (at, serde_json::from_str(&text).unwrap_or_default())
        });
    }
    answers.extend(work.join_all().await);
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// An object that is made in a collection.
pub fn create(path: String, body: Value) -> Sent {
    Sent { method: "POST", path, kind: "application/json", body }
}

/// The deletion of all objects of a collection with a label, at once.
pub fn delete_all(collection: &str, label: &str) -> Sent {
    let body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
        "propagationPolicy": "Background"});
    let path = format!("{collection}?labelSelector={}", label.replace('/', "%2F"));
    Sent { method: "DELETE", path, kind: "application/json", body }
}
