//! Nodes that have no machine, and kwok, which plays their kubelets.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::requests::{Sender, Sent, create, delete_all};

/// What the names of the nodes begin with.
pub const PREFIX: &str = "scale-";
const LABEL: &str = "regauth-scale/node";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
/// How long five thousand may take to be Ready.
const PATIENCE: Duration = Duration::from_secs(300);
/// A renew period, and how late renewals may be.
const RENEWED_WITHIN: Duration = Duration::from_millis(11_500);
/// Of this folder.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/scale");

/// The nodes; they and kwok are gone when this is dropped.
pub struct Fleet {
    kwok: Child,
    sender: Sender,
}

impl Fleet {
    /// Makes so many nodes of three zones and four pools, and waits until all are Ready and renew their leases.
    pub fn start(env: &BTreeMap<String, String>, tools: &Path, nodes: usize) -> Self {
        let sender = Sender::new(Path::new(&env["KUBECONFIG"]));
        // Of one that was killed.
        sender.send([delete_all("/api/v1/nodes", LABEL)].into_iter());
        let log = File::create(Path::new(&env["LOG"]).join("kwok.log")).expect("a log");
        let mut command = Command::new(tools.join("bin/kwok"));
        command.args(["--kubeconfig", &env["KUBECONFIG"], "--manage-all-nodes=false"]);
        command.arg("--server-address=127.0.0.1:10247");
        for file in configuration(tools) {
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

    /// Waits until kwok is done with what was before: until no lease is older than a renew period and a little. Returns how
    /// many still are, on a machine where that never comes.
    pub fn settle(&self) -> usize {
        let begun = Instant::now();
        loop {
            let late = self.count(LEASES, |lease| is_one(lease) && age(lease) > RENEWED_WITHIN);
            if late == 0 || begun.elapsed() > PATIENCE {
                return late;
            }
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
        self.count(LEASES, is_one)
    }

    fn count(&self, collection: &str, is_so: impl Fn(&Value) -> bool) -> usize {
        self.all(collection).iter().filter(|item| is_so(item)).count()
    }

    fn all(&self, collection: &str) -> Vec<Value> {
        let path = format!("{collection}?resourceVersion=0");
        let sent = Sent { method: "GET", path, kind: "application/json", body: json!({}) };
        let mut list = self.sender.send([sent].into_iter()).remove(0);
        list["items"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }
}

/// How long ago a lease was renewed; kwok's clock is this machine's.
fn age(lease: &Value) -> Duration {
    let renewed = lease["spec"]["renewTime"].as_str().and_then(|time| time.parse::<Timestamp>().ok());
    renewed
        .and_then(|time| Duration::try_from(Timestamp::now().duration_since(time)).ok())
        .unwrap_or_default()
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
        // The garbage collector would take minutes, and the next fleet has nodes of the same names.
        let leases = self.all(LEASES).into_iter().filter(is_one);
        let names = leases.filter_map(|lease| lease["metadata"]["name"].as_str().map(str::to_string));
        let names: Vec<String> = names.collect();
        self.sender.send(names.iter().map(|name| delete(format!("{LEASES}/{name}"))));
    }
}

/// The deletion of one object.
fn delete(path: String) -> Sent {
    Sent { method: "DELETE", path, kind: "application/json", body: json!({}) }
}

fn configuration(tools: &Path) -> Vec<PathBuf> {
    let own = ["kwok.yaml", "stages/pulled.yaml", "stages/failed.yaml", "stages/probed.yaml"];
    let of_kwok = ["node/fast/node-initialize.yaml", "pod/fast/pod-delete.yaml"];
    let own = own.iter().map(|file| Path::new(OWN).join(file));
    own.chain(of_kwok.iter().map(|file| tools.join("stage").join(file))).collect()
}

fn node(at: usize) -> Sent {
    let labels = json!({LABEL: "", "topology.kubernetes.io/zone": format!("zone-{}", at % 3),
        "karpenter.sh/nodepool": format!("pool-{}", at % 4)});
    let metadata = json!({"name": format!("{PREFIX}{at}"), "labels": labels});
    create("/api/v1/nodes".into(), json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata}))
}
