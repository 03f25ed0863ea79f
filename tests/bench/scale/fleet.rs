//! Nodes that have no machine, and kwok, which plays their kubelets.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::requests::{Sender, Sent, create, delete_all};

/// What the names of the nodes begin with.
pub const PREFIX: &str = "scale-";
const LABEL: &str = "regauth-scale/node";
/// How long five thousand may take to be Ready.
const PATIENCE: Duration = Duration::from_secs(300);
/// Of this folder.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/scale");

/// The nodes; they and kwok are gone when this is dropped.
pub struct Fleet {
    kwok: Child,
    sender: Sender,
}

impl Fleet {
    /// Makes so many nodes of three zones and four pools, and waits until all are Ready and renew their leases.
    pub fn start(env: &BTreeMap<String, String>, kwok: &Path, nodes: usize) -> Self {
        let sender = Sender::new(Path::new(&env["KUBECONFIG"]));
        // Of one that was killed.
        sender.send([delete_all("/api/v1/nodes", LABEL)].into_iter());
        let log = File::create(Path::new(&env["LOG"]).join("kwok.log")).expect("a log");
        let mut command = Command::new(kwok.join("kwok"));
        command.args(["--kubeconfig", &env["KUBECONFIG"], "--manage-all-nodes=false"]);
        command.arg("--server-address=127.0.0.1:10247");
        for file in configuration(kwok) {
            command.arg("-c").arg(file);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        let kwok = command.spawn().expect("kwok starts");
        let fleet = Self { kwok, sender };
        fleet.sender.send((0..nodes).map(node));
        fleet.wait(nodes);
        fleet
    }

    fn wait(&self, nodes: usize) {
        let begun = Instant::now();
        while self.ready() < nodes {
            assert!(begun.elapsed() < PATIENCE, "{} of {nodes} nodes are Ready", self.ready());
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// Nodes that are Ready and have a lease.
    fn ready(&self) -> usize {
        let is_ready = |node: &Value| {
            let mut conditions = node["status"]["conditions"].as_array().into_iter().flatten();
            is_one(node) && conditions.any(|one| one["type"] == "Ready" && one["status"] == "True")
        };
        self.count("/api/v1/nodes", is_ready).min(self.leases())
    }

    fn leases(&self) -> usize {
        self.count("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", is_one)
    }

    fn count(&self, collection: &str, is_so: impl Fn(&Value) -> bool) -> usize {
        let path = format!("{collection}?resourceVersion=0");
        let sent = Sent { method: "GET", path, kind: "application/json", body: json!({}) };
        let list = self.sender.send([sent].into_iter()).remove(0);
        list["items"].as_array().map_or(0, |items| items.iter().filter(|item| is_so(item)).count())
    }
}

/// Whether an object is of the fleet, by its name.
fn is_one(object: &Value) -> bool {
    object["metadata"]["name"].as_str().is_some_and(|name| name.starts_with(PREFIX))
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.sender.send([delete_all("/api/v1/nodes", LABEL)].into_iter());
        let _ = self.kwok.kill();
        let _ = self.kwok.wait();
        // The garbage collector takes the leases in its own time, and the next fleet has nodes of the same names.
        let begun = Instant::now();
        while self.leases() > 0 && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

fn configuration(kwok: &Path) -> Vec<PathBuf> {
    let own = ["kwok.yaml", "stages/pulled.yaml", "stages/failed.yaml", "stages/probed.yaml"];
    let of_kwok = ["node/fast/node-initialize.yaml", "pod/fast/pod-delete.yaml"];
    let own = own.iter().map(|file| Path::new(OWN).join(file));
    own.chain(of_kwok.iter().map(|file| kwok.join("stage").join(file))).collect()
}

fn node(at: usize) -> Sent {
    let labels = json!({LABEL: "", "topology.kubernetes.io/zone": format!("zone-{}", at % 3),
        "karpenter.sh/nodepool": format!("pool-{}", at % 4)});
    let metadata = json!({"name": format!("{PREFIX}{at}"), "labels": labels});
    create("/api/v1/nodes".into(), json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata}))
}
