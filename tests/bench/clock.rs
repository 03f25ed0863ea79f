//! What it costs to read the clocks of a thousand nodes by their leases.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::kubelets::{Clock, Kubelets};
use super::measure::{count, log_length, log_since, measure, peak, shown};

/// Prints the time of a run and its memory. It lasts one renew period, however many nodes there are.
pub fn thousand_nodes(env: &BTreeMap<String, String>) {
    let kubelets = Kubelets::start(Path::new(&env["KUBECONFIG"]), vec![Clock::Ahead(0); 1_000]);
    let mark = log_length(env);
    let run = measure(env, &["clock", "--fail-on", "never"]);
    std::thread::sleep(Duration::from_millis(700));
    let (requests, reviews) = count(&log_since(env, mark));
    drop(kubelets);
    println!(
        "\nclock, 1,000 leases         {}   {:.1} MB",
        shown(run.time),
        peak(std::slice::from_ref(&run))
    );
    println!("requests                   {requests} and {reviews} reviewed rights");
}
