//! The cluster under test: how to reach it, break it, and read its logs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// Whose cluster it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one of tests/cluster.
    Own,
    /// The one that KUBECONFIG_E2E names.
    Foreign,
}

#[derive(Debug)]
pub struct Cluster {
    pub kind: Kind,
    /// The settings of tests/cluster (`STATE/env`) and the probe's image; of a foreign cluster only the
    /// kubeconfig and an image, and the probe's if one is named.
    pub env: BTreeMap<String, String>,
    kubectl: PathBuf,
    started_here: bool,
    /// Whether a fault was planted since it was healed.
    is_broken: AtomicBool,
    /// The administrator's kubeconfig with everything in it.
    config: OnceLock<String>,
}

/// The cluster, once [`start`] has succeeded.
pub fn get() -> &'static Cluster {
    CLUSTER.get().expect("the cluster was started by main")
}

/// The cluster's probe image, once there is a cluster that has one.
pub fn probe_image() -> Option<&'static str> {
    CLUSTER.get()?.env.get(super::probe_image::SETTING).map(String::as_str)
}

/// Finds or brings up the cluster.
pub fn start() -> Result<&'static Cluster, String> {
    let cluster = match std::env::var("KUBECONFIG_E2E") {
        Ok(kubeconfig) if !kubeconfig.is_empty() => foreign(kubeconfig)?,
        _ => own()?,
    };
    Ok(CLUSTER.get_or_init(|| cluster))
}

fn foreign(kubeconfig: String) -> Result<Cluster, String> {
    let image = std::env::var("REGAUTH_E2E_IMAGE").unwrap_or_else(|_| "registry.k8s.io/pause:3.10".into());
    let mut env = BTreeMap::from([("KUBECONFIG".to_string(), kubeconfig), ("OPEN_IMAGE".to_string(), image)]);
    if let Ok(image) = std::env::var(super::probe_image::VARIABLE) {
        env.insert(super::probe_image::SETTING.into(), image);
    }
    let kubectl = PathBuf::from(std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".into()));
    let cluster = Cluster::new(Kind::Foreign, env, kubectl, false);
    cluster
        .try_kubectl(&["get", "--raw", "/readyz"], "")
        .map_err(|error| format!("KUBECONFIG_E2E: {error}"))?;
    Ok(cluster)
}

fn own() -> Result<Cluster, String> {
    let check = Command::new(script("check-host")).output().map_err(|error| error.to_string())?;
    if !check.status.success() {
        return Err(String::from_utf8_lossy(&check.stdout).trim().to_string());
    }
    let state =
        std::env::var("REGAUTH_CLUSTER_STATE").unwrap_or_else(|_| "/tmp/kubectl-regauth-cluster".into());
    let running = || read_env(&Path::new(&state).join("env")).filter(is_alive);
    let (env, started_here) = match running() {
        Some(env) => (env, false),
        None => {
            // What `up` says goes to the test's stderr: it is a long wait on a cold machine.
            let up = Command::new(script("up")).arg(&state).stdout(Stdio::null()).status();
            if !up.map_err(|error| error.to_string())?.success() {
                panic!("tests/cluster/up failed on a machine that check-host found able");
            }
            (running().expect("the cluster is up"), true)
        }
    };
    let kubectl = Path::new(&env["BIN"]).join("kubectl");
    let mut cluster = Cluster::new(Kind::Own, env, kubectl, started_here);
    let image = format!("{}/team/app:1", cluster.env["OPEN_REGISTRY"]);
    cluster.env.insert("OPEN_IMAGE".into(), image);
    // Whoever used it before may have left it broken.
    cluster.is_broken = AtomicBool::new(true);
    cluster.heal();
    super::probe_image::provide(&mut cluster);
    Ok(cluster)
}

fn is_alive(env: &BTreeMap<String, String>) -> bool {
    let kubectl = Path::new(&env["BIN"]).join("kubectl");
    let mut command = Command::new(kubectl);
    command.args(["--kubeconfig", &env["KUBECONFIG"], "--request-timeout=5s", "get", "--raw", "/readyz"]);
    command.output().is_ok_and(|output| output.status.success())
}

fn read_env(path: &Path) -> Option<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster").join(name)
}

impl Cluster {
    fn new(kind: Kind, env: BTreeMap<String, String>, kubectl: PathBuf, started_here: bool) -> Self {
        let (is_broken, config) = (AtomicBool::new(false), OnceLock::new());
        Self { kind, env, kubectl, started_here, is_broken, config }
    }

    /// Takes the cluster down if it was brought up here.
    pub fn end(&self) {
        if self.started_here {
            let down = Command::new(script("down")).arg(&self.env["STATE"]).status();
            assert!(down.expect("tests/cluster/down runs").success(), "tests/cluster/down failed");
        }
    }

    /// A setting of the cluster.
    pub fn setting(&self, name: &str) -> &str {
        self.env.get(name).unwrap_or_else(|| panic!("the cluster has no setting {name}"))
    }

    pub fn nodes(&self) -> Vec<String> {
        match self.env.get("NODES") {
            Some(nodes) => nodes.split(',').map(ToString::to_string).collect(),
            None => self
                .kubectl(&["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"], "")
                .split_whitespace()
                .map(ToString::to_string)
                .collect(),
        }
    }

    /// Runs kubectl as the cluster's administrator; panics when it fails.
    pub fn kubectl(&self, args: &[&str], stdin: &str) -> String {
        self.try_kubectl(args, stdin).unwrap_or_else(|error| panic!("kubectl {args:?}: {error}"))
    }

    pub fn try_kubectl(&self, args: &[&str], stdin: &str) -> Result<String, String> {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(self.setting("KUBECONFIG")).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", self.kubectl.display()))?;
        // Written whole before anything is read: what tests send is small.
        child.stdin.take().expect("piped").write_all(stdin.as_bytes()).map_err(|error| error.to_string())?;
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// The administrator's kubeconfig, with certificates and keys in it.
    pub fn kubeconfig(&self) -> serde_json::Value {
        let read = || self.kubectl(&["config", "view", "--raw", "--minify", "--flatten", "-o", "json"], "");
        serde_json::from_str(self.config.get_or_init(read)).expect("a kubeconfig")
    }

    /// Undoes all faults.
    pub fn heal(&self) {
        if self.is_broken.swap(false, Ordering::Relaxed) {
            self.fault(&["heal"]);
            self.is_broken.store(false, Ordering::Relaxed);
        }
    }

    /// Breaks or heals something (tests/cluster/fault).
    pub fn fault(&self, args: &[&str]) {
        self.is_broken.store(true, Ordering::Relaxed);
        let output =
            Command::new(script("fault")).args(["--state", self.setting("STATE")]).args(args).output();
        let output = output.expect("tests/cluster/fault runs");
        assert!(output.status.success(), "fault {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// What a command prints on a node (tests/cluster/node-exec); panics when it fails.
    pub fn on_node(&self, node: &str, command: &[&str]) -> String {
        let output =
            Command::new(script("node-exec")).args([self.setting("STATE"), node]).args(command).output();
        let output = output.expect("tests/cluster/node-exec runs");
        assert!(output.status.success(), "{node}: {command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Lines that a log has gained since `mark`.
    pub fn log_since(&self, setting: &str, mark: u64) -> Vec<String> {
        let bytes = std::fs::read(self.setting(setting)).unwrap_or_default();
        let from = usize::try_from(mark).unwrap_or(usize::MAX).min(bytes.len());
        String::from_utf8_lossy(&bytes[from..]).lines().map(ToString::to_string).collect()
    }

    /// Where a log stands.
    pub fn log_mark(&self, setting: &str) -> u64 {
        std::fs::metadata(self.setting(setting)).map_or(0, |metadata| metadata.len())
    }

    /// Everything of ours in the cluster, as `namespace/kind/name` lines.
    pub fn ours(&self, namespace: Option<&str>) -> Vec<String> {
        let place = namespace.map_or(vec!["-A"], |namespace| vec!["-n", namespace]);
        let mut args = vec!["get", "jobs,pods,configmaps,secrets,services", "-l"];
        args.extend(["app.kubernetes.io/managed-by=kubectl-regauth", "-o", "name"]);
        args.extend(place);
        self.kubectl(&args, "").lines().map(ToString::to_string).collect()
    }
}

/// Waits until something is so, or panics with what was waited for.
pub fn wait_for(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
