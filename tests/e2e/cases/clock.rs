//! The nodes' clocks by their leases.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

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
        name: "without rights the clocks are refused in one sentence, and whoever has those of rbac --clock alone sees them",
        needs: Needs::AnyCluster,
        run: rights_for_nothing_else,
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
        name: "a watch of the clocks tells of the worst in a pipe and on a terminal, and Ctrl-C ends it with the report",
        needs: Needs::OwnCluster,
        run: watched,
    },
];

pub(super) fn grant(space: &Space) {
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

pub(super) fn revoke(space: &Space) {
    let name = format!("clock-{}", space.namespace);
    space.cluster.kubectl(&["-n", "kube-node-lease", "delete", "rolebinding", &name], "");
}

/// The administrator's kubeconfig.
fn kubeconfig(space: &Space) -> &Path {
    Path::new(space.cluster.setting("KUBECONFIG"))
}

/// The plugin as the administrator.
fn administrator(space: &Space, args: &[&str]) -> Plugin {
    Plugin::new(kubeconfig(space), args)
}

fn own_nodes(space: &Space) {
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
        asked_for_leases_once(space, mark, 1);
    }
}

fn rights_for_nothing_else(space: &Space) {
    space.kubectl(&["delete", "rolebinding", "tester"], "");
    space.cluster.kubectl(&["delete", "clusterrolebinding", &space.namespace], "");
    let ran = space.plugin(&["clock"]).run();
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    let wanted = "you may not list leases.coordination.k8s.io in namespace kube-node-lease";
    assert!(ran.stderr.contains(wanted) && ran.stderr.contains("regauth rbac"), "{}", ran.stderr);
    assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{}", ran.stderr);
    grant(space);
    let ran = space.plugin(&["clock"]).run();
    revoke(space);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    for node in space.cluster.nodes() {
        assert!(ran.stdout.lines().any(|line| line.starts_with(&node)), "{node}: {}", ran.stdout);
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
    let _kubelets = Kubelets::start(kubeconfig(space), clocks);
    let mark = space.cluster.log_mark("AUDIT_LOG");
    let (ran, report) = administrator(space, &["clock"]).report();
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    // On a machine that is busy single renewals are late, which is told and left open.
    let findings = report["findings"].as_array().expect("findings").iter();
    let findings: Vec<&Value> = findings.filter(|one| one["certain"] == true).collect();
    let codes: Vec<&str> = findings.iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!(codes, ["ClockDrift", "ClockDrift", "LeaseFrozen"]);
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
    asked_for_leases_once(space, mark, 3);
}

/// That leases were read in so many pages and by one watch, and that there was nothing else but what the user may do, and
/// the node of the frozen lease.
fn asked_for_leases_once(space: &Space, mark: u64, pages: usize) {
    let requests = audit::requests(space.cluster, mark);
    let leases: Vec<&audit::Request> = requests.iter().filter(|one| one.uri.contains("/leases")).collect();
    let verbs = |verb: &str| leases.iter().filter(|one| one.verb == verb).count();
    assert_eq!((verbs("list"), verbs("watch"), leases.len()), (pages, 1, pages + 1), "{requests:#?}");
    let others = requests.iter().filter(|one| {
        let is_known = one.uri.contains("selfsubjectaccessreviews") || one.uri == "/api/v1/nodes/fake-900";
        !one.uri.contains("/leases") && !is_known
    });
    assert_eq!(others.count(), 0, "{requests:#?}");
}

fn fifty_milliseconds(space: &Space) {
    let mut clocks = vec![Clock::Ahead(0); 20];
    (clocks[7], clocks[13]) = (Clock::Ahead(50), Clock::Ahead(-50));
    let _kubelets = Kubelets::start(kubeconfig(space), clocks);
    let (ran, report) = administrator(space, &["clock", "--listen", "21s", "--threshold", "30ms"]).report();
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
    let _kubelets = Kubelets::start(kubeconfig(space), clocks);
    let piped = administrator(space, &["clock", "--watch"]).spawn();
    let mut terminal = on_a_terminal(space, "clock --watch");
    std::thread::sleep(Duration::from_secs(14));
    let signal = Command::new("kill").args(["-INT", &piped.id().to_string()]).status();
    assert!(signal.expect("kill runs").success());
    // What the key is to a terminal.
    terminal.stdin.take().expect("piped").write_all(b"\x03").expect("it is read");
    let (piped, terminal) = (plugin::wait(piped), plugin::wait(terminal));
    assert_eq!(piped.status, 1, "by its findings: {}", piped.stderr);
    let told: Vec<&str> = piped.stdout.lines().filter(|line| line.contains("worst")).collect();
    assert!(told.iter().any(|line| line.contains("worst fake-3 +7.0 s")), "{}", piped.stdout);
    assert_eq!(
        (table_rows(&piped), piped.stderr.as_str()),
        (20, ""),
        "the report is at the end: {}",
        piped.stdout
    );
    assert_eq!(terminal.status, 1, "by its findings: {}", terminal.stdout);
    let live = "Ctrl-C ends with the report";
    assert!(
        terminal.stdout.contains("worst fake-3 +7.0 s") && terminal.stdout.contains(live),
        "{}",
        terminal.stdout
    );
    assert_eq!(table_rows(&terminal), 20, "the report is at the end: {}", terminal.stdout);
    assert!(!terminal.stdout.contains("# 20"), "lines are for pipes: {}", terminal.stdout);
}

/// Rows of the nodes that do not exist.
fn table_rows(ran: &plugin::Ran) -> usize {
    ran.stdout.lines().filter(|line| line.starts_with("fake-")).count()
}

/// The plugin as the administrator on a terminal, whose keys are this child's input.
fn on_a_terminal(space: &Space, args: &str) -> std::process::Child {
    let mut script = Command::new("script");
    script.args(["-qec", &format!("exec '{}' {args}", plugin::PROGRAM), "/dev/null"]);
    script.env("KUBECONFIG", kubeconfig(space)).env("TERM", "xterm").env("NO_COLOR", "1");
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    script.spawn().expect("script runs")
}
