//! `make bench-scale`: what `pull --all-nodes`, `clock` and `doctor` cost on a thousand nodes that have no machine and on
//! five thousand, on the real control plane, and how each grows. Prints figures; it judges nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(missing_docs, dead_code)]

#[path = "../crowd.rs"]
mod crowd;
mod fleet;
#[path = "../measure.rs"]
mod measure;
#[path = "../requests.rs"]
mod requests;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use crowd::{Crowd, Size};
use fleet::{Fleet, PREFIX};
use measure::{Measured, cluster, is_ours, log_length, log_since, measure_any};

/// How many nodes, unless the arguments say.
const SIZES: [usize; 2] = [1_000, 5_000];
/// What this project allows a client.
const MEMORY_LIMIT_MIB: f64 = 100.0;
/// The image is nowhere: no machine pulls it.
const IMAGE: &str = "registry-0.example.test/team/app:1";

/// What is measured, and the arguments.
const COMMANDS: [(&str, &[&str]); 3] = [
    ("pull --all-nodes", &["pull", IMAGE, "--all-nodes", "--no-pull-secret", "--timeout", "10m"]),
    ("clock", &["clock"]),
    ("doctor -A", &["doctor", "-A"]),
];

/// One command on so many nodes.
struct Line {
    nodes: usize,
    run: Measured,
    requests: usize,
    reviews: usize,
    /// From the first request that made a pod to the last.
    creating: Duration,
    /// From the first request that made a pod to the last status that a kubelet wrote of one.
    cluster: Duration,
    told: String,
}

fn main() -> ExitCode {
    let (Some(env), Some(tools)) = (cluster(), std::env::var_os("SCALE_TOOLS")) else {
        eprintln!("use `make bench-scale`: it needs a test cluster with a newer etcd, and kwok");
        return ExitCode::FAILURE;
    };
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { SIZES.to_vec() } else { asked };
    let mut lines: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
    for nodes in sizes {
        let begun = Instant::now();
        let fleet = Fleet::start(&env, Path::new(&tools), nodes);
        println!("\n{nodes} nodes are Ready after {:.1} s", begun.elapsed().as_secs_f64());
        for (name, args) in COMMANDS {
            let begun = Instant::now();
            let kubeconfig = Path::new(&env["KUBECONFIG"]);
            let size = Size { pods: nodes, nodes: Some(PREFIX) };
            let crowd = name.starts_with("doctor").then(|| Crowd::gather(kubeconfig, size));
            if crowd.is_some() {
                println!("{nodes} pods, one a node, are there after {:.1} s", begun.elapsed().as_secs_f64());
            }
            let late = fleet.settle();
            if late > 0 {
                println!("{late} nodes renew their leases late: this machine is too small for so many");
            }
            let line = line(&env, nodes, args);
            line.print(name);
            lines.entry(name).or_default().push(line);
        }
    }
    for (name, lines) in &lines {
        for pair in lines.windows(2) {
            growth(name, &pair[0], &pair[1]);
        }
    }
    ExitCode::SUCCESS
}

fn line(env: &BTreeMap<String, String>, nodes: usize, args: &[&str]) -> Line {
    let report = std::env::temp_dir().join(format!("regauth-scale-{}.json", std::process::id()));
    let mark = log_length(env);
    let mut command = measure::plugin();
    command.args(args).args(["--fail-on", "never", "-o", "json"]).env("KUBECONFIG", &env["KUBECONFIG"]);
    // kwok's nodes pull nothing, so that any name will do.
    command.env("REGAUTH_PROBE_IMAGE", "registry-0.example.test/regauth/probe:1");
    command.stdout(File::create(&report).expect("a file for the report"));
    let run = measure_any(&mut command);
    std::thread::sleep(Duration::from_millis(700));
    let log = log_since(env, mark);
    let text = std::fs::read(&report).unwrap_or_default();
    let _ = std::fs::remove_file(&report);
    let (all, reviews) = measure::count(&log);
    let (creating, cluster) = times_of_pods(&log);
    let told = serde_json::from_slice(&text).map_or("no report".into(), |report| summary(&report));
    Line { nodes, run, requests: all, reviews, creating, cluster, told }
}

/// The results of a report, and its findings, as counts.
fn summary(report: &Value) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let all = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    for row in all("results") {
        *counts.entry(row["result"].as_str().unwrap_or("rows").to_string()).or_default() += 1;
    }
    for finding in all("findings") {
        *counts.entry(finding["code"].as_str().unwrap_or("?").to_string()).or_default() += 1;
    }
    counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

fn times_of_pods(log: &[Value]) -> (Duration, Duration) {
    let at =
        |entry: &Value, field: &str| entry[field].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let of_pods = |entry: &&Value| entry["objectRef"]["resource"] == "pods";
    let made =
        log.iter().filter(|entry| is_ours(entry)).filter(of_pods).filter(|one| one["verb"] == "create");
    let made: Vec<&Value> = made.collect();
    let Some(first) = made.iter().filter_map(|entry| at(entry, "requestReceivedTimestamp")).min() else {
        return Default::default();
    };
    let is_status =
        |entry: &&Value| entry["objectRef"]["subresource"] == "status" && entry["verb"] == "patch";
    let seen = log.iter().filter(of_pods).filter(is_status);
    let since = |time: Option<Timestamp>| {
        time.and_then(|time| Duration::try_from(time.duration_since(first)).ok()).unwrap_or_default()
    };
    (
        since(made.iter().filter_map(|entry| at(entry, "stageTimestamp")).max()),
        since(seen.filter_map(|entry| at(entry, "stageTimestamp")).max()),
    )
}

impl Line {
    fn memory(&self) -> f64 {
        self.run.peak_kib as f64 / 1024.0
    }

    fn requests_a_node(&self) -> f64 {
        self.requests as f64 / self.nodes as f64
    }

    fn print(&self, name: &str) {
        let over = if self.memory() >= MEMORY_LIMIT_MIB { " (OVER THE LIMIT)" } else { "" };
        println!(
            "{name:<17} {:>6} nodes  {:>7.1} s  client: {:>5.2} s of processor, {:>5.1} MiB{over}  requests: {} and {} \
             reviewed rights, {:.3} a node",
            self.nodes,
            self.run.time.as_secs_f64(),
            self.run.cpu,
            self.memory(),
            self.requests,
            self.reviews,
            self.requests_a_node()
        );
        if !self.creating.is_zero() {
            println!(
                "{:17} pods made in {:.1} s; the cluster's last word of one after {:.1} s; by hand, 8 connections: 1,000 \
                 in 2.1 s, 5,000 in 8.9 s",
                "",
                self.creating.as_secs_f64(),
                self.cluster.as_secs_f64()
            );
        }
        println!("{:17} exit {:?}: {}", "", self.run.status, self.told);
    }
}

/// How much more of everything the larger cluster took.
fn growth(name: &str, less: &Line, more: &Line) {
    let times = |less: f64, more: f64| if less > 0.0 { more / less } else { f64::NAN };
    println!(
        "{name:<17} nodes x {:.1}: time x {:.1}, the client's processor x {:.1}, memory x {:.1}, requests x {:.1}",
        times(less.nodes as f64, more.nodes as f64),
        times(less.run.time.as_secs_f64(), more.run.time.as_secs_f64()),
        times(less.run.cpu, more.run.cpu),
        times(less.memory(), more.memory()),
        times(less.requests as f64, more.requests as f64)
    );
}
