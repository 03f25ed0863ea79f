//! `kubectl regauth cleanup`.

use std::time::Duration;

use crate::support::cluster::wait_for;
use crate::support::plugin::Plugin;
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "cleanup leaves a run alone that may be going on, unless it is named or forced",
        needs: Needs::AnyCluster,
        run: only_what_nobody_waits_for,
    },
    Case {
        name: "cleanup removes pods that hang on a dead node",
        needs: Needs::OwnCluster,
        run: pods_on_a_dead_node,
    },
    Case {
        name: "cleanup needs the rights that rbac --cleanup prints, and says which are missing",
        needs: Needs::AnyCluster,
        run: rights_are_named,
    },
];

fn as_administrator(space: &Space, args: &[&str]) -> Plugin {
    let mut all = args.to_vec();
    all.extend(["-n", space.namespace.as_str()]);
    Plugin::new(space.cluster.setting("KUBECONFIG").as_ref(), &all)
}

/// Leaves a run behind; returns its id.
fn leave_a_run(space: &Space) -> String {
    let (_, report) = space.plugin(&["pull", &space.open_image(), "--keep"]).report();
    report["run"]["id"].as_str().expect("an id").to_string()
}

fn only_what_nobody_waits_for(space: &Space) {
    let run = leave_a_run(space);
    let left = || space.cluster.ours(Some(&space.namespace)).len();
    let before = left();
    let ran = as_administrator(space, &["cleanup", "--yes"]).run();
    assert_eq!((ran.status, left()), (0, before), "a run before its deadline stays: {}", ran.stdout);
    assert!(ran.stdout.contains("nothing to remove"), "{}", ran.stdout);
    let ran = as_administrator(space, &["cleanup", "--run", &run]).run();
    assert_eq!((ran.status, left()), (2, before), "piped it needs --yes");
    assert!(ran.stderr.contains("--yes") && ran.stdout.contains(&run), "{}{}", ran.stdout, ran.stderr);
    let ran = as_administrator(space, &["cleanup", "--run", "nonesuch", "--yes"]).run();
    assert_eq!((ran.status, left()), (0, before));
    let ran = as_administrator(space, &["cleanup", "--run", &run, "--yes"]).run();
    assert_eq!((ran.status, left()), (0, 0), "{}{}", ran.stdout, ran.stderr);
    leave_a_run(space);
    let ran = as_administrator(space, &["cleanup", "--force", "--yes"]).run();
    assert_eq!((ran.status, left()), (0, 0), "{}{}", ran.stdout, ran.stderr);
}

fn pods_on_a_dead_node(space: &Space) {
    leave_a_run(space);
    space.cluster.fault(&["freeze-kubelet", "node2"]);
    // The pods are asked to end, and the frozen kubelet never confirms it; then the Job goes.
    space.kubectl(&["delete", "pods", "--all", "--grace-period=30", "--wait=false"], "");
    space.kubectl(&["delete", "jobs", "--all", "--cascade=orphan"], "");
    let left = || space.cluster.ours(Some(&space.namespace));
    wait_for("all pods but the dead node's to be gone", Duration::from_secs(30), || left().len() == 1);
    let ran = as_administrator(space, &["cleanup", "--yes"]).run();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(left(), [] as [String; 0]);
}

fn rights_are_named(space: &Space) {
    let ran = space.plugin(&["cleanup", "--yes"]).run();
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("list jobs.batch in namespace"), "{}", ran.stderr);
    space.cluster.kubectl(&["apply", "-f", "-"], &crate::support::plugin::rbac(&["--cleanup"]));
    let role = "--clusterrole=regauth-cleanup";
    let account = format!("--serviceaccount={}:tester", space.namespace);
    space.kubectl(&["create", "rolebinding", "cleanup", role, &account], "");
    wait_for("the binding to be known", Duration::from_secs(10), || {
        space.plugin(&["cleanup", "--yes"]).run().status == 0
    });
}
