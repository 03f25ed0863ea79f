//! A Harbor in a test's namespace: stand-ins for core (tests/cluster/harbor-core) before a real registry, laid out as
//! harbor-helm does.

mod asking;
mod images;
mod keys;
mod objects;
mod serving;
mod setup;

use std::cell::RefCell;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use asking::{Asked, EXEC, READ, SECRETS, only_rights};
pub use keys::TokenKey;
pub use objects::{CORE, Values};
pub use setup::{Group, KeySource, Setup, password, world};

use super::cluster::wait_for;
use super::space::Space;

/// An installed Harbor; it goes with its namespace.
pub struct Harbor<'a> {
    space: &'a Space,
    pub values: Values,
    /// Files of the Secret that all cores mount: the world, and what each is told of its own.
    files: RefCell<serde_json::Map<String, Value>>,
    changes: RefCell<u32>,
}

impl<'a> Harbor<'a> {
    /// Installs it and waits until all of it is ready, except cores that have no key, say.
    pub fn install(space: &'a Space, setup: &Setup) -> Self {
        let images = images::Images::provide(space.cluster, setup.groups.iter().map(|group| group.version));
        let values = Values::new(&space.namespace);
        let harbor = Self { space, values, files: RefCell::default(), changes: RefCell::default() };
        harbor.files.borrow_mut().insert("world.json".into(), json!(setup.world.to_string()));
        let mut objects = objects::configuration(setup, &harbor.values, &space.namespace);
        objects.push(harbor.world_secret());
        objects.extend(setup.objects.iter().cloned());
        harbor.apply(objects);
        let mut objects = objects::others(&images);
        let (cores, hosts) = (setup.groups.iter().enumerate(), harbor.hosts());
        objects.extend(cores.map(|(at, group)| objects::cores(setup, at, group, &images, &hosts)));
        harbor.apply(objects);
        harbor.name_service();
        harbor.wait_until_available();
        harbor
    }

    /// The cluster's nameserver does not know Services: it is told the name of this one.
    fn name_service(&self) {
        let address = ["get", "service", "harbor-core", "-o", "jsonpath={.spec.clusterIP}"];
        let address = self.space.kubectl(&address, "");
        let name = format!("harbor-core.{}.svc", self.space.namespace);
        self.space.cluster.fault(&["add-name", &name, &address]);
    }

    fn apply(&self, objects: Vec<Value>) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        self.space.kubectl(&["apply", "-f", "-"], &list.to_string());
    }

    /// Entries of the pods' hosts files: the cluster's nameserver does not know Services.
    fn hosts(&self) -> Value {
        let services = self.space.kubectl(&["get", "services", "-o", "json"], "");
        let services: Value = serde_json::from_str(&services).expect("JSON");
        let entry =
            |one: &Value| json!({"ip": one["spec"]["clusterIP"], "hostnames": [one["metadata"]["name"]]});
        services["items"].as_array().expect("a list").iter().map(entry).collect()
    }

    /// Waits until every Deployment has all its pods, and no others are left or served.
    pub fn wait_until_available(&self) {
        let names = self.space.kubectl(&["get", "deployments", "-l", "app=harbor", "-o", "name"], "");
        for name in names.lines() {
            self.space.kubectl(&["rollout", "status", name, "--timeout=120s"], "");
        }
        self.wait_until_services_follow();
    }

    /// Names of core's pods, sorted; those that are being deleted are not among them.
    pub fn cores(&self) -> Vec<String> {
        let pods = self.space.kubectl(&["get", "pods", "-l", CORE, "-o", "json"], "");
        let pods: Value = serde_json::from_str(&pods).expect("JSON");
        let alive = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
        let items = pods["items"].as_array().expect("a list").iter().filter(alive);
        let mut names: Vec<String> =
            items.map(|pod| pod["metadata"]["name"].as_str().expect("a name").to_string()).collect();
        names.sort();
        names
    }

    /// How it is reached from this machine: the Service, on a node's port.
    pub fn front_door(&self) -> String {
        let port = [
            "get",
            "service",
            "harbor-core",
            "-o",
            "jsonpath={.spec.ports[0].nodePort}:{.spec.ports[0].port}",
        ];
        let ports = self.space.kubectl(&port, "");
        let (node_port, port) = ports.split_once(':').expect("two ports");
        let address = [
            "get",
            "nodes",
            "-o",
            "jsonpath={.items[0].status.addresses[?(@.type==\"InternalIP\")].address}",
        ];
        let scheme = if port == "443" { "https" } else { "http" };
        format!("{scheme}://{}:{node_port}", self.space.kubectl(&address, ""))
    }

    /// Writes a key into the Secret `harbor-core`; pods that run keep theirs.
    pub fn change_key(&self, key: &TokenKey) {
        let patch = json!({"stringData": {"tls.key": key.key, "tls.crt": key.certificate}});
        self.space.kubectl(&["patch", "secret", "harbor-core", "-p", &patch.to_string()], "");
    }

    /// Deletes one of core's pods and waits for the one that replaces it; returns its name.
    pub fn replace_a_core(&self) -> String {
        let before = self.cores();
        self.space.kubectl(&["delete", "pod", &before[0]], "");
        self.wait_until_available();
        self.cores().into_iter().find(|name| !before.contains(name)).expect("a new pod")
    }

    /// Begins a rollout that does not end: the new pod's image does not exist.
    pub fn begin_stuck_rollout(&self) {
        let missing =
            format!("core={}/goharbor/harbor-core:missing", self.space.cluster.setting("OPEN_REGISTRY"));
        let before = self.cores().len();
        self.space.kubectl(&["set", "image", "deployment/harbor-core", &missing], "");
        wait_for("the rollout's new pod", Duration::from_secs(20), || self.cores().len() > before);
    }

    /// Changes what the cores know, read-only for one, and waits until they all see it.
    pub fn change_world(&self, change: impl FnOnce(&mut Value)) {
        let text = self.files.borrow()["world.json"].as_str().expect("text").to_string();
        let mut world: Value = serde_json::from_str(&text).expect("JSON");
        change(&mut world);
        self.files.borrow_mut().insert("world.json".into(), json!(world.to_string()));
        self.send_files();
    }

    /// Shifts the clock of the cores on a node.
    pub fn shift_clock(&self, node: &str, seconds: f64) {
        self.files.borrow_mut().insert(format!("clock-{node}"), json!(seconds.to_string()));
        self.send_files();
    }

    /// From now on a core cuts off every connection; its pod gets un-Ready.
    pub fn take_down(&self, pod: &str) {
        self.files.borrow_mut().insert(format!("down-{pod}"), json!("down"));
        self.send_files();
        let ready = ["get", "pod", pod, "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}"];
        wait_for("an un-Ready core", Duration::from_secs(30), || self.space.kubectl(&ready, "") == "False");
        self.wait_until_services_follow();
    }

    fn world_secret(&self) -> Value {
        objects::secret("standin-world", &Value::Object(self.files.borrow().clone()))
    }

    /// The kubelet looks at a mounted Secret again when the pod changes, so each is given an annotation. A Secret's files
    /// change all at once, so it is enough to look at one, which is made to differ.
    fn send_files(&self) {
        *self.changes.borrow_mut() += 1;
        let change = self.changes.borrow().to_string();
        self.files.borrow_mut().insert("change".into(), json!(change));
        self.space.kubectl(&["apply", "-f", "-"], &self.world_secret().to_string());
        let annotation = format!("standin/change={change}");
        self.space.kubectl(&["annotate", "pods", "-l", CORE, "--overwrite", &annotation], "");
        let sum: String =
            Sha256::digest(change.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        for pod in self.cores() {
            let look = [
                "-n",
                &self.space.namespace,
                "exec",
                &pod,
                "-c",
                "core",
                "--",
                "sha256sum",
                "/etc/standin/change",
            ];
            wait_for("the world to be seen by a core", Duration::from_secs(90), || {
                self.space.cluster.try_kubectl(&look, "").is_ok_and(|printed| printed.starts_with(&sum))
            });
        }
    }
}
