//! Leases of nodes that do not exist, renewed by a test in place of their kubelets, each by a clock of its own.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const NODES: &str = "/api/v1/nodes";
const LABEL: &str = "regauth-e2e/kubelets";
/// How often a kubelet renews its lease.
const PERIOD: Duration = Duration::from_secs(10);

/// Kubelets that renew leases until this is dropped; then the leases are gone.
pub struct Kubelets {
    stop: CancellationToken,
    work: Option<JoinHandle<()>>,
}

/// How a node's clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// So many milliseconds ahead.
    Ahead(i64),
    /// The lease was renewed five minutes ago, and is not any more.
    Frozen,
}

impl Kubelets {
    /// Nodes `fake-0` and so on with these clocks, in the administrator's cluster. When it returns, all leases are there
    /// and are renewed.
    pub fn start(kubeconfig: &Path, clocks: Vec<Clock>) -> Self {
        let stop = CancellationToken::new();
        let (stopped, kubeconfig) = (stop.clone(), kubeconfig.to_path_buf());
        let (ready, is_ready) = std::sync::mpsc::channel();
        let work = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let client = client(&kubeconfig).await;
                create(&client, &clocks).await;
                let _ = ready.send(());
                tokio::select! {
                    () = renew(&client, &clocks) => {}
                    () = stopped.cancelled() => {}
                }
                let options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
                // One request a kind: kubectl would delete a thousand of them one by one.
                for all in [LEASES, NODES] {
                    let path = format!("{all}?labelSelector={}", LABEL.replace('/', "%2F"));
                    send(client.clone(), "DELETE", path, "application/json", options.clone()).await;
                }
            });
        });
        let kubelets = Self { stop, work: Some(work) };
        is_ready.recv_timeout(Duration::from_secs(60)).expect("the leases are made");
        kubelets
    }
}

impl Drop for Kubelets {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = self.work.take().map(JoinHandle::join);
    }
}

async fn client(kubeconfig: &Path) -> Client {
    let read = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
    Client::try_from(config.expect("a configuration")).expect("a client")
}

async fn send(client: Client, method: &'static str, path: String, kind: &'static str, body: Value) {
    let request = http::Request::builder().method(method).uri(path).header("content-type", kind);
    let request = request.body(body.to_string().into_bytes()).expect("a request");
    client.request_text(request).await.expect("the API server takes it");
}

async fn create(client: &Client, clocks: &[Clock]) {
    let mut all = tokio::task::JoinSet::new();
    for (index, clock) in clocks.iter().enumerate() {
        let name = format!("fake-{index}");
        let metadata = json!({"name": name, "labels": {LABEL: ""}});
        if *clock == Clock::Frozen {
            let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata});
            all.spawn(send(client.clone(), "POST", NODES.into(), "application/json", node));
        }
        let old = Timestamp::now() - SignedDuration::from_mins(5);
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata,
            "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": micro_time(old)}});
        all.spawn(send(client.clone(), "POST", LEASES.into(), "application/json", lease));
        while all.len() >= 16 {
            all.join_next().await;
        }
    }
    all.join_all().await;
}

/// Evenly over each period, as thousands of kubelets do that were started at any time.
async fn renew(client: &Client, clocks: &[Clock]) {
    let begun = Instant::now();
    let pace = PERIOD / u32::try_from(clocks.len()).expect("few nodes");
    for turn in 0_u32.. {
        tokio::time::sleep_until(begun + pace * turn).await;
        let index = usize::try_from(turn).expect("a number") % clocks.len();
        let Clock::Ahead(ms) = clocks[index] else { continue };
        let own = Timestamp::now() + SignedDuration::from_millis(ms);
        let patch = json!({"spec": {"renewTime": micro_time(own)}});
        let path = format!("{LEASES}/fake-{index}");
        tokio::spawn(send(client.clone(), "PATCH", path, "application/merge-patch+json", patch));
    }
}

/// Kubernetes' MicroTime has six digits, no more and no fewer.
fn micro_time(time: Timestamp) -> String {
    format!("{time:.6}")
}
