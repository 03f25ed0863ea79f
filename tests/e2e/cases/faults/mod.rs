//! A cluster that is not well while the plugin looks at it. Nothing is left behind after the Job's deadline, and nothing is
//! reported healthy that was not seen to be.

mod disk;
mod kills;
mod outages;
mod storms;

use std::path::Path;

use serde_json::Value;

use crate::Case;
use crate::support::plugin::{Plugin, Ran, rows};
use crate::support::space::Space;

/// Every case.
pub fn all() -> Vec<Case> {
    [storms::CASES, outages::CASES, disk::CASES, kills::CASES].concat()
}

/// The administrator's kubeconfig.
fn administrator(space: &Space) -> &Path {
    Path::new(space.cluster.setting("KUBECONFIG"))
}

/// The plugin as the administrator, in the namespace of the test.
fn as_administrator(space: &Space, args: &[&str]) -> Plugin {
    let all = [args, &["-n", space.namespace.as_str()]].concat();
    Plugin::new(administrator(space), &all)
}

/// Rows with this result.
fn count(report: &Value, result: &str) -> usize {
    rows(report).iter().filter(|row| row["result"] == result).count()
}

/// Nodes whose clocks are told to be well. Of each a renewal was seen; the exit status is 0 only where all are.
fn well(report: &Value) -> Vec<&str> {
    let well = rows(report).into_iter().filter(|row| row["result"] == "ok");
    let seen = |row: &&Value| row["samples"].as_u64() > Some(0);
    let well: Vec<&Value> = well.inspect(|row| assert!(seen(row), "{row}")).collect();
    well.into_iter().map(|row| row["node"].as_str().expect("a node")).collect()
}

/// A report in JSON that was printed.
fn read(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("no report ({error}); exit {} stderr: {}", ran.status, ran.stderr))
}

/// That each pull or probe of a node that is `ok` is of one that asked the open registry for `path` since `mark`. Returns how
/// many that are. A report without any row of this kind shows nothing, and fails.
fn was_seen(space: &Space, mark: u64, report: &Value, path: &str) -> usize {
    let log = space.cluster.log_since("OPEN_LOG", mark);
    // A probe from the pods' network asks from a pod's address, which no longer tells the node.
    let of_nodes = |row: &&Value| row["kind"] == "Pull" || row["kind"] == "Probe" && row["network"] == "node";
    let of_nodes: Vec<&Value> = rows(report).into_iter().filter(of_nodes).collect();
    assert!(!of_nodes.is_empty(), "no pull and no probe to check: {report}");
    let well = of_nodes.into_iter().filter(|row| row["result"] == "ok");
    well.inspect(|row| {
        let node = row["node"].as_str().expect("a node");
        let number = node.strip_prefix("node").expect("a node of the project's own cluster");
        let address = format!("{}.0.1{number} ", space.cluster.setting("NET"));
        let asked = log.iter().any(|line| line.starts_with(&address) && line.contains(path));
        assert!(asked, "{node} is told to be well, and never asked for {path}: {log:#?}");
    })
    .count()
}

/// The same of a run, and that the exit status is 0 only where all rows are `ok`.
fn is_true(space: &Space, mark: u64, (ran, report): &(Ran, Value), path: &str) {
    was_seen(space, mark, report, path);
    let all_well = rows(report).iter().all(|row| row["result"] == "ok");
    assert_eq!(ran.status == 0, all_well, "exit {} {report}", ran.status);
}

/// That the exit status is 0 where all was looked at, and 3 where the report says what was not.
fn whole_or_said(ran: &Ran, report: &Value) {
    let unread = report["notChecked"].as_array().map_or(0, Vec::len);
    assert_eq!(ran.status, if unread == 0 { 0 } else { 3 }, "{}{report}", ran.stderr);
}
