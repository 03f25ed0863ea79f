//! `make bench`: what a run of `pull` costs, beside a shell loop over the same nodes, on the real cluster.
//! Prints figures; it judges nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(missing_docs)]

mod clock;
mod crowd;
#[path = "../e2e/support/kubelets.rs"]
mod kubelets;
mod measure;
mod probe;
mod requests;
mod workloads;

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use measure::{ROUNDS, cluster, count, is_ours, log_length, log_since, measure, peak, rounds, shown, times};

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
    println!(
        "pull on all nodes          {}   {:.1} MB, {:.2} s of processor",
        times(&pulls),
        peak(&pulls),
        pulls[0].cpu
    );
    println!("slowest node's own pod     {} ({})", shown(own[0]), shown(own[ROUNDS / 2]));
    println!("shell loop                 {} ({})", shown(loops[0]), shown(loops[ROUNDS / 2]));
    println!("loop / pull                {:.1}", loops[0].as_secs_f64() / best.as_secs_f64());
    println!("pull - slowest own pod     {}", shown(best.saturating_sub(own[0])));
    println!("requests                   {} and {} reviewed rights", requests.0, requests.1);
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

/// From the request that creates a pod to the kubelet's event that its pull ended, the longest of a run.
fn slowest_pod(log: &[Value]) -> Duration {
    let at =
        |entry: &Value, field: &str| entry[field].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let created = log
        .iter()
        .filter(|entry| is_ours(entry))
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
