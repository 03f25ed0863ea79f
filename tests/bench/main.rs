//! `make bench`: what a run of `pull` costs, beside a shell loop over the same nodes, on the real cluster.
//! Prints figures; it judges nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(missing_docs)]

mod clock;
mod crowd;
#[path = "../e2e/support/kubelets.rs"]
mod kubelets;
mod probe;
mod workloads;

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-regauth");
/// How often each thing is measured; the best is printed, and the median beside it.
const ROUNDS: usize = 5;

/// What people do by hand.
const LOOP: &str = r#"
for node in $NODES; do
  kubectl run "bench-$node" --image="$IMAGE" --restart=Never --overrides='{"spec":{"nodeName":"'"$node"'",
    "terminationGracePeriodSeconds":0,"containers":[{"name":"c","image":"'"$IMAGE"'","imagePullPolicy":"Always"}]}}' >/dev/null
  kubectl wait pod "bench-$node" --for=condition=Ready --timeout=60s >/dev/null
  kubectl get pod "bench-$node" -o json >/dev/null
  kubectl delete pod "bench-$node" --grace-period=0 --force >/dev/null 2>&1
done
"#;

fn main() -> ExitCode {
    let Some(env) = cluster() else {
        eprintln!("the bench needs the test cluster: make cluster-up");
        return ExitCode::FAILURE;
    };
    // `cargo bench --bench pull -- clock` measures that alone.
    let parts: Vec<String> =
        std::env::args().filter(|one| ["pulls", "clock", "workloads"].contains(&one.as_str())).collect();
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|one| one == part);
    if is_wanted("pulls") {
        pulls(&env);
    }
    if is_wanted("clock") {
        clock::thousand_nodes(&env);
    }
    if is_wanted("workloads") {
        workloads::large_cluster(&env);
    }
    ExitCode::SUCCESS
}

fn pulls(env: &BTreeMap<String, String>) {
    let image = format!("{}/team/pause:1", env["OPEN_REGISTRY"]);
    // So that every node has the image, and no measurement pays for the first download.
    measure(env, &["pull", &image]);
    println!(
        "{ROUNDS} rounds, best (median) of each; {} nodes, image {image}\n",
        env["NODES"].split(',').count()
    );
    startup(env, &image);
    runs(env, &image);
    probe::compare(env);
}

fn startup(env: &BTreeMap<String, String>, image: &str) {
    let help = rounds(|| measure(env, &["--help"]));
    println!("--help                     {}   {:.1} MB", times(&help), peak(&help));
    let dry = rounds(|| measure(env, &["pull", image, "--dry-run"]));
    println!("pull --dry-run             {}   {:.1} MB", times(&dry), peak(&dry));
}

fn runs(env: &BTreeMap<String, String>, image: &str) {
    let mut own = Vec::new();
    let mut requests = (0, 0);
    let pulls = rounds(|| {
        let mark = log_length(env);
        let run = measure(env, &["pull", image]);
        std::thread::sleep(Duration::from_millis(700));
        let log = log_since(env, mark);
        own.push(slowest_pod(&log));
        requests = count(&log);
        run
    });
    let mut loops: Vec<Duration> = (0..ROUNDS).map(|_| shell_loop(env, image)).collect();
    loops.sort();
    own.sort();
    let best = pulls[0].time;
    println!("pull on all nodes          {}   {:.1} MB", times(&pulls), peak(&pulls));
    println!("slowest node's own pod     {} ({})", shown(own[0]), shown(own[ROUNDS / 2]));
    println!("shell loop                 {} ({})", shown(loops[0]), shown(loops[ROUNDS / 2]));
    println!("loop / pull                {:.1}", loops[0].as_secs_f64() / best.as_secs_f64());
    println!("pull - slowest own pod     {}", shown(best.saturating_sub(own[0])));
    println!("requests                   {} and {} reviewed rights", requests.0, requests.1);
}

struct Measured {
    time: Duration,
    peak_kib: u64,
}

/// Runs a command of the plugin; its peak memory is what the kernel last said while it ran.
fn measure(env: &BTreeMap<String, String>, args: &[&str]) -> Measured {
    let mut command = Command::new(PROGRAM);
    command.args(args).env("KUBECONFIG", &env["KUBECONFIG"]);
    measure_program(command)
}

fn measure_program(mut command: Command) -> Measured {
    let begun = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let ended = loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            peak_kib = peak_kib.max(kib.unwrap_or(0));
        }
        if let Some(status) = child.try_wait().expect("the program runs") {
            break status;
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    let time = begun.elapsed();
    assert!(ended.success(), "{command:?} failed");
    Measured { time, peak_kib }
}

fn rounds(mut once: impl FnMut() -> Measured) -> Vec<Measured> {
    let mut all: Vec<Measured> = (0..ROUNDS).map(|_| once()).collect();
    all.sort_by_key(|measured| measured.time);
    all
}

fn times(sorted: &[Measured]) -> String {
    format!("{} ({})", shown(sorted[0].time), shown(sorted[sorted.len() / 2].time))
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn peak(all: &[Measured]) -> f64 {
    all.iter().map(|measured| measured.peak_kib).max().unwrap_or(0) as f64 / 1024.0
}

fn shell_loop(env: &BTreeMap<String, String>, image: &str) -> Duration {
    let begun = Instant::now();
    let path = format!("{}:{}", env["BIN"], std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    command.args(["-euc", LOOP]).env("PATH", path).env("KUBECONFIG", &env["KUBECONFIG"]);
    command.env("NODES", env["NODES"].replace(',', " ")).env("IMAGE", image);
    assert!(command.status().expect("bash runs").success(), "the loop failed");
    begun.elapsed()
}

fn log_length(env: &BTreeMap<String, String>) -> usize {
    std::fs::metadata(&env["AUDIT_LOG"]).map_or(0, |metadata| metadata.len() as usize)
}

fn log_since(env: &BTreeMap<String, String>, mark: usize) -> Vec<Value> {
    let bytes = std::fs::read(&env["AUDIT_LOG"]).expect("the audit log");
    let text = String::from_utf8_lossy(&bytes[mark.min(bytes.len())..]).into_owned();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// From the request that creates a pod to the kubelet's event that its pull ended, the longest of a run.
fn slowest_pod(log: &[Value]) -> Duration {
    let at =
        |entry: &Value, field: &str| entry[field].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let ours = |entry: &&Value| {
        entry["userAgent"].as_str().is_some_and(|agent| agent.starts_with("kubectl-regauth/"))
    };
    let created = log
        .iter()
        .filter(ours)
        .filter(|entry| entry["verb"] == "create" && entry["objectRef"]["resource"] == "pods");
    let pod_time = |entry: &Value| {
        let name = &entry["requestObject"]["metadata"]["name"];
        let of_pod = |event: &&Value| {
            let object = &event["requestObject"];
            object["reason"] == "Pulled" && &object["involvedObject"]["name"] == name
        };
        let begun = at(entry, "requestReceivedTimestamp")?;
        let ended = at(log.iter().find(of_pod)?, "stageTimestamp")?;
        Duration::try_from(ended.duration_since(begun)).ok()
    };
    created.filter_map(pod_time).max().unwrap_or_default()
}

/// The plugin's requests, and among them apart the reviewed rights.
fn count(log: &[Value]) -> (usize, usize) {
    let ours = |entry: &&Value| {
        entry["userAgent"].as_str().is_some_and(|agent| agent.starts_with("kubectl-regauth/"))
    };
    let reviews = log.iter().filter(ours).filter(|entry| {
        entry["requestURI"].as_str().is_some_and(|uri| uri.contains("selfsubjectaccessreviews"))
    });
    let reviews = reviews.count();
    (log.iter().filter(ours).count() - reviews, reviews)
}

fn cluster() -> Option<BTreeMap<String, String>> {
    let state =
        std::env::var("REGAUTH_CLUSTER_STATE").unwrap_or_else(|_| "/tmp/kubectl-regauth-cluster".into());
    let text = std::fs::read_to_string(format!("{state}/env")).ok()?;
    Some(text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect())
}
