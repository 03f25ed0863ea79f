//! The nodes' clocks by their leases.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::audit;
use crate::support::cluster::wait_for;
use crate::support::kubelets::{Clock, Kubelets};
use crate::support::plugin::{self, Plugin, codes, rbac, rows};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "the nodes' clocks are read by one watch and one page, with the rights that rbac --clock prints",
        needs: Needs::AnyCluster,
        run: own_nodes,
    },
    Case {
        name: "among a thousand nodes those that are ahead, behind and frozen are told within one renew period",
        needs: Needs::OwnCluster,
        run: a_thousand_nodes,
    },
    Case {
        name: "a clock that is 50 ms off is seen against an idle API server",
        needs: Needs::OwnCluster,
        run: fifty_milliseconds,
    },
    Case {
        name: "a watch of the clocks that is piped tells of the worst, and ends with the report",
        needs: Needs::OwnCluster,
        run: watched,
    },
];

/// What the plugin may use at the most, in KiB.
const MOST_MEMORY: u64 = 60 * 1024;

fn grant(space: &Space) {
    space.cluster.kubectl(&["apply", "-f", "-"], &rbac(&["--clock"]));
    let account = format!("--serviceaccount={}:tester", space.namespace);
    let name = format!("clock-{}", space.namespace);
    let in_leases = ["-n", "kube-node-lease", "create", "rolebinding", &name, "--clusterrole=regauth-clock"];
    space.cluster.kubectl(&[in_leases.as_slice(), &[&account]].concat(), "");
    wait_for("the binding to be known", Duration::from_secs(10), || {
        let may = ["auth", "can-i", "watch", "leases.coordination.k8s.io", "-n", "kube-node-lease"];
        let whom = format!("--as=system:serviceaccount:{}:tester", space.namespace);
        space.cluster.try_kubectl(&[may.as_slice(), &[&whom]].concat(), "").is_ok()
    });
}

fn revoke(space: &Space) {
    let name = format!("clock-{}", space.namespace);
    space.cluster.kubectl(&["-n", "kube-node-lease", "delete", "rolebinding", &name], "");
}

/// The plugin as the administrator.
fn administrator(space: &Space, args: &[&str]) -> Plugin {
    Plugin::new(std::path::Path::new(space.cluster.setting("KUBECONFIG")), args)
}

fn own_nodes(space: &Space) {
    let ran = space.plugin(&["clock"]).run();
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    let wanted = "you may not list leases.coordination.k8s.io in namespace kube-node-lease";
    assert!(ran.stderr.contains(wanted) && ran.stderr.contains("regauth rbac"), "{}", ran.stderr);
    grant(space);
    let own = space.cluster.env.contains_key("AUDIT_LOG");
    let mark = if own { space.cluster.log_mark("AUDIT_LOG") } else { 0 };
    let (ran, report) = space.plugin(&["clock"]).report();
    revoke(space);
    assert_eq!((ran.status, codes(&report)), (0, Vec::new()), "{report}");
    assert_eq!(rows(&report).len(), space.cluster.nodes().len());
    for row in rows(&report) {
        assert!(row["samples"].as_u64().is_some_and(|samples| samples > 0), "{row}");
    }
    eprintln!("spread: {} µs", report["clock"]["spreadUs"]);
    if own {
        let requests = audit::requests(space.cluster, mark);
        let of_leases: Vec<&str> =
            requests.iter().filter(|one| one.uri.contains("/leases")).map(|one| one.verb.as_str()).collect();
        assert_eq!(of_leases, ["list", "watch"], "{requests:#?}");
        let others = requests.iter().filter(|one| !one.uri.contains("/leases"));
        assert!(others.clone().all(|one| one.uri.contains("selfsubjectaccessreviews")), "{requests:#?}");
    }
}

fn row_of<'a>(report: &'a Value, node: &str) -> &'a Value {
    rows(report).into_iter().find(|row| row["node"] == node).unwrap_or_else(|| panic!("no row of {node}"))
}

fn offset_ms(report: &Value, node: &str) -> i64 {
    row_of(report, node)["offsetUs"].as_i64().expect("an offset") / 1_000
}

fn a_thousand_nodes(space: &Space) {
    let mut clocks = vec![Clock::Ahead(0); 1_000];
    (clocks[100], clocks[500], clocks[900]) = (Clock::Ahead(7_000), Clock::Ahead(-90_000), Clock::Frozen);
    // Counted before a Node for the frozen lease is among them.
    let nodes = 1_000 + space.cluster.nodes().len();
    let _kubelets = Kubelets::start(space.cluster, clocks);
    let begun = Instant::now();
    let child = administrator(space, &["clock", "-o", "json"]).spawn();
    let status = format!("/proc/{}/status", child.id());
    let memory = std::thread::spawn(move || peak(&status));
    let ran = plugin::wait(child);
    let (took, peak) = (begun.elapsed(), memory.join().expect("read"));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    eprintln!(
        "1,000 nodes: {:.1} s, {:.1} MB, {}",
        took.as_secs_f64(),
        peak as f64 / 1024.0,
        report["clock"]
    );
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert_eq!(codes(&report), ["ClockDrift", "ClockDrift", "LeaseFrozen"]);
    let findings = report["findings"].as_array().expect("findings");
    let told =
        |index: usize| (findings[index]["severity"].clone(), findings[index]["subject"]["name"].clone());
    assert_eq!(told(0), ("error".into(), "node/fake-500".into()));
    assert_eq!(told(1), ("warning".into(), "node/fake-100".into()));
    assert_eq!(told(2).1, Value::from("node/fake-900"));
    assert!((-90_200..-89_800).contains(&offset_ms(&report, "fake-500")), "{}", row_of(&report, "fake-500"));
    assert!((6_800..7_200).contains(&offset_ms(&report, "fake-100")), "{}", row_of(&report, "fake-100"));
    let clock = &report["clock"];
    assert_eq!(
        (clock["nodes"].as_u64(), clock["measured"].as_u64()),
        (Some(nodes as u64), Some(nodes as u64 - 1))
    );
    assert!(peak < MOST_MEMORY, "{peak} KiB");
}

/// The most memory that a process has had, as the kernel last said while it ran.
fn peak(status: &str) -> u64 {
    let mut most = 0;
    while let Ok(text) = std::fs::read_to_string(status) {
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let Some(kib) = line.and_then(|line| line.split_whitespace().next()?.parse().ok()) else { break };
        most = kib;
        std::thread::sleep(Duration::from_millis(20));
    }
    most
}

fn fifty_milliseconds(space: &Space) {
    let mut clocks = vec![Clock::Ahead(0); 20];
    (clocks[7], clocks[13]) = (Clock::Ahead(50), Clock::Ahead(-50));
    let _kubelets = Kubelets::start(space.cluster, clocks);
    let (ran, report) = administrator(space, &["clock", "--listen", "25s", "--threshold", "30ms"]).report();
    eprintln!("{}", report["clock"]);
    assert_eq!(ran.status, 1, "{report}");
    for (node, expected) in [("fake-7", 35..65), ("fake-13", -65..-35)] {
        assert!(expected.contains(&offset_ms(&report, node)), "{}", row_of(&report, node));
        assert_eq!(row_of(&report, node)["code"], "ClockDrift", "{}", row_of(&report, node));
    }
    let off = rows(&report).iter().filter(|row| !row["code"].is_null()).count();
    assert_eq!(off, 2, "{report}");
}

fn watched(space: &Space) {
    let mut clocks = vec![Clock::Ahead(0); 20];
    clocks[3] = Clock::Ahead(7_000);
    let _kubelets = Kubelets::start(space.cluster, clocks);
    let child = administrator(space, &["clock", "--watch"]).spawn();
    std::thread::sleep(Duration::from_secs(14));
    let signal = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(signal.expect("kill runs").success());
    let ran = plugin::wait(child);
    assert_eq!(ran.status, 1, "by its findings: {}", ran.stderr);
    let told: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("worst")).collect();
    assert!(told.iter().any(|line| line.contains("worst fake-3 +7.0 s")), "{}", ran.stdout);
    let rows = ran.stdout.lines().filter(|line| line.starts_with("fake-")).count();
    assert_eq!(rows, 20, "the report is at the end: {}", ran.stdout);
}
