//! What it costs to look at the workloads of a large cluster, beside what others need to read its pods.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::crowd::{Crowd, Size};
use super::measure::{count, log_length, log_since, measure, measure_program, peak, rounds, shown, times};

const SIZE: Size = Size { pods: 5_000, nodes: None };

/// Prints `why -A` and `secrets -A` beside kubectl and curl on the same cluster.
pub fn large_cluster(env: &BTreeMap<String, String>) {
    let begun = Instant::now();
    let crowd = Crowd::gather(Path::new(&env["KUBECONFIG"]), SIZE);
    println!(
        "\n{} pods, {} Secrets, {} ServiceAccounts, made in {}",
        SIZE.pods,
        SIZE.secrets(),
        SIZE.accounts(),
        shown(begun.elapsed())
    );
    let kubectl = rounds(|| {
        let mut command = Command::new(format!("{}/kubectl", env["BIN"]));
        command.args(["get", "pods", "-A", "-o", "json"]).env("KUBECONFIG", &env["KUBECONFIG"]);
        measure_program(command)
    });
    println!("kubectl get pods -A -o json {}   {:.1} MB", times(&kubectl), peak(&kubectl));
    let raw = rounds(|| {
        let mut command = Command::new(format!("{}/kubectl", env["BIN"]));
        command.args(["get", "--raw", "/api/v1/pods"]).env("KUBECONFIG", &env["KUBECONFIG"]);
        measure_program(command)
    });
    println!("kubectl get --raw           {}   {:.1} MB", times(&raw), peak(&raw));
    for question in ["why", "secrets"] {
        let mut requests = (0, 0);
        let asked = rounds(|| {
            let mark = log_length(env);
            let run = measure(env, &[question, "-A", "--fail-on", "never"]);
            std::thread::sleep(std::time::Duration::from_millis(700));
            requests = count(&log_since(env, mark));
            run
        });
        let share = asked[0].time.as_secs_f64() / kubectl[0].time.as_secs_f64();
        println!(
            "{question} -A{:pad$} {}   {:.1} MB, {:.0} % of kubectl's time, {} requests",
            "",
            times(&asked),
            peak(&asked),
            share * 100.0,
            requests.0,
            pad = 24 - question.len()
        );
    }
    drop(crowd);
}
