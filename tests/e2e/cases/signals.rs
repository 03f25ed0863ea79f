//! Clients that are interrupted or killed.

use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;

use crate::support::cluster::wait_for;
use crate::support::plugin::{Plugin, rows, wait};
use crate::support::scripted::{Behaviour, Scripted};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "Ctrl-C removes what was created and prints the rows that are in",
        needs: Needs::OwnCluster,
        run: ctrl_c,
    },
    Case { name: "SIGTERM does the same", needs: Needs::OwnCluster, run: sigterm },
    Case {
        name: "after kill -9 the Job's own deadline removes everything",
        needs: Needs::OwnCluster,
        run: killed_then_deadline,
    },
    Case {
        name: "after kill -9 cleanup removes the run that is named, and leaves it alone before its deadline",
        needs: Needs::OwnCluster,
        run: killed_then_cleanup,
    },
    Case {
        name: "a closed stdout ends quietly, and nothing is left",
        needs: Needs::AnyCluster,
        run: closed_stdout,
    },
];

fn signal(child: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// A run over one image that is there and one whose registry is silent.
fn start(space: &Space, limit: &str) -> (Scripted, Child) {
    let silent = Scripted::start(space.cluster, Behaviour::Silent);
    let hangs = format!("{}/team/app:1", space.cluster.setting("SCRIPTED_REGISTRY"));
    let child =
        space.plugin(&["pull", &space.open_image(), &hangs, "-o", "json", "--timeout", limit]).spawn();
    wait_for("the silent registry to be asked", Duration::from_secs(20), || !silent.requests().is_empty());
    (silent, child)
}

fn stopped_by(space: &Space, how: &str) {
    let (_silent, child) = start(space, "5m");
    std::thread::sleep(Duration::from_secs(2));
    signal(&child, how);
    let ran = wait(child);
    assert_eq!(ran.status, 130, "{}", ran.stderr);
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr));
    assert_eq!(rows(&report).iter().filter(|row| row["result"] == "ok").count(), 3, "{report}");
    assert_eq!(rows(&report).iter().filter(|row| row["result"] == "notTested").count(), 3, "{report}");
    assert_eq!(space.cluster.ours(Some(&space.namespace)), [] as [String; 0]);
}

fn ctrl_c(space: &Space) {
    stopped_by(space, "-INT");
}

fn sigterm(space: &Space) {
    stopped_by(space, "-TERM");
}

fn killed_then_deadline(space: &Space) {
    let (_silent, mut child) = start(space, "5s");
    signal(&child, "-KILL");
    child.wait().expect("it ends");
    assert!(!space.cluster.ours(Some(&space.namespace)).is_empty(), "the run was going on");
    // The Job's deadline is a minute beyond the run's limit; then come its TTL and the garbage collector.
    wait_for("the Job's deadline", Duration::from_secs(120), || {
        space.cluster.ours(Some(&space.namespace)).is_empty()
    });
}

fn killed_then_cleanup(space: &Space) {
    let (_silent, mut child) = start(space, "5m");
    signal(&child, "-KILL");
    child.wait().expect("it ends");
    let left = || space.cluster.ours(Some(&space.namespace));
    let job = left().into_iter().find(|name| name.starts_with("job")).expect("the Job is left");
    let run = job.rsplit_once("regauth-").expect("the name of a run").1.to_string();
    let cleanup = |args: &[&str]| {
        let mut all = vec!["cleanup", "--yes", "-n", space.namespace.as_str()];
        all.extend(args);
        Plugin::new(space.cluster.setting("KUBECONFIG").as_ref(), &all).run()
    };
    let careful = cleanup(&[]);
    assert_eq!(
        (careful.status, left().is_empty()),
        (0, false),
        "it may be a colleague's: {}",
        careful.stdout
    );
    let named = cleanup(&["--run", &run]);
    assert_eq!((named.status, left()), (0, Vec::new()), "{}{}", named.stdout, named.stderr);
}

fn closed_stdout(space: &Space) {
    let mut child = space.plugin(&["pull", &space.open_image()]).spawn();
    drop(child.stdout.take());
    let ran = wait(child);
    assert_eq!(ran.stderr, "", "no complaint");
    assert_eq!(ran.status, 0);
}
