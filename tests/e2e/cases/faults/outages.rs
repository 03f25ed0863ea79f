//! Parts of the cluster that stop, stall or go away in mid-run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{administrator, as_administrator, count, is_true, read, was_seen, well, whole_or_said};
use crate::cases::clock;
use crate::support::cluster::wait_for;
use crate::support::fault::Fault;
use crate::support::plugin::{Plugin, codes, rows, wait};
use crate::support::scripted::{Behaviour, Scripted};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "an etcd that stalls again and again delays a run and costs no row",
        needs: Needs::OwnCluster,
        run: slow_etcd,
    },
    Case {
        name: "the API server is restarted while doctor looks, and doctor goes on",
        needs: Needs::OwnCluster,
        run: restarted,
    },
    Case {
        name: "most nodes are not Ready: they are told and not tested, and most kubelets stall: their rows time out",
        needs: Needs::OwnCluster,
        run: nodes_not_ready,
    },
    Case {
        name: "the namespace is deleted in mid-run: no row is well that was not seen to be, and the reason is told",
        needs: Needs::OwnCluster,
        run: namespace_deleted,
    },
];

/// etcd stops for most of each second, until this is dropped.
struct Pulses<'s> {
    space: &'s Space,
    pid: String,
}

impl<'s> Pulses<'s> {
    fn new(space: &'s Space) -> Self {
        let file = format!("{}/run/etcd.pid", space.cluster.setting("STATE"));
        let pid = std::fs::read_to_string(&file).expect("etcd runs").trim().to_string();
        Self { space, pid }
    }

    fn signal(&self, signal: &str) {
        self.space.cluster.on_node("host", &["kill", signal, &self.pid]);
    }

    /// Until `done`; how often it stopped.
    fn go(&self, done: &AtomicBool) -> usize {
        let mut count = 0;
        while !done.load(Ordering::Relaxed) {
            self.signal("-STOP");
            std::thread::sleep(Duration::from_millis(900));
            self.signal("-CONT");
            std::thread::sleep(Duration::from_millis(300));
            count += 1;
        }
        count
    }
}

impl Drop for Pulses<'_> {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

fn slow_etcd(space: &Space) {
    let pulses = Pulses::new(space);
    let done = AtomicBool::new(false);
    let mark = space.cluster.log_mark("OPEN_LOG");
    std::thread::scope(|scope| {
        let pulsing = scope.spawn(|| pulses.go(&done));
        let ran = std::panic::catch_unwind(|| space.plugin(&["pull", &space.open_image()]).report());
        done.store(true, Ordering::Relaxed);
        assert!(pulsing.join().expect("it pulses") >= 1);
        let ran = ran.expect("a report");
        is_true(space, mark, &ran, "/manifests/1");
        assert_eq!((ran.0.status, count(&ran.1, "ok")), (0, 3), "{}{}", ran.1, ran.0.stderr);
    });
}

fn restarted(space: &Space) {
    let (image, plain) = (space.open_image(), space.cluster.setting("OPEN_REGISTRY"));
    let args = ["doctor", "--image", &image, "--plain-http", plain, "-o", "json"];
    let mark = space.cluster.log_mark("OPEN_LOG");
    let mut child = as_administrator(space, &args).spawn();
    std::thread::sleep(Duration::from_secs(2));
    space.cluster.fault(&["restart-apiserver"]);
    assert!(child.try_wait().expect("a child").is_none(), "it is still looking");
    let ran = wait(child);
    let report = read(&ran);
    let seen = was_seen(space, mark, &report, "/manifests/1");
    assert!(seen > 0, "the image that was named is probed once the API server is back: {report}");
    assert_eq!(codes(&report), [] as [&str; 0], "nothing is wrong: {report}");
    whole_or_said(&ran, &report);
}

fn nodes_not_ready(space: &Space) {
    let image = space.open_image();
    clock::grant(space);
    // Their kubelets stall, and nobody knows yet.
    for node in ["node2", "node3"] {
        space.cluster.fault(&["freeze-kubelet", node]);
    }
    let mark = space.cluster.log_mark("OPEN_LOG");
    let clocks = space.plugin(&["clock", "-o", "json"]).spawn();
    let ran = space.plugin(&["pull", &image, "--timeout", "8s"]).report();
    is_true(space, mark, &ran, "/manifests/1");
    assert_eq!((ran.0.status, count(&ran.1, "ok")), (1, 1), "{}{}", ran.1, ran.0.stderr);
    assert_eq!((codes(&ran.1), count(&ran.1, "notFinished")), (vec!["NodeNotTested"], 2), "{}", ran.1);
    let ran = wait(clocks);
    clock::revoke(space);
    let report = read(&ran);
    assert_ne!(ran.status, 0, "two of three clocks are not known: {report}");
    assert_eq!(well(&report), ["node1"], "{report}");
    // Now it is known.
    let _faults =
        ["node2", "node3"].map(|node| Fault::apply(space, &["not-ready".to_string(), node.to_string()]));
    let mark = space.cluster.log_mark("OPEN_LOG");
    let ran = space.plugin(&["pull", &image]).report();
    was_seen(space, mark, &ran.1, "/manifests/1");
    assert_eq!((ran.0.status, codes(&ran.1)), (1, vec!["NodeNotTested"]), "{}", ran.1);
    assert_eq!((rows(&ran.1).len(), count(&ran.1, "ok")), (1, 1), "{}", ran.1);
    let left_out = ran.1["notChecked"].as_array().expect("what was not checked");
    let left_out: Vec<&str> = left_out.iter().filter_map(|one| one["what"].as_str()).collect();
    assert_eq!(left_out, ["node/node2", "node/node3"], "{}", ran.1);
}

fn namespace_deleted(space: &Space) {
    let gone = format!("{}-gone", space.namespace);
    space.cluster.kubectl(&["create", "namespace", &gone], "");
    let account = ["-n", &gone, "get", "serviceaccount", "default", "-o", "name"];
    wait_for("the default ServiceAccount", Duration::from_secs(20), || {
        space.cluster.try_kubectl(&account, "").is_ok()
    });
    let silent = Scripted::start(space.cluster, Behaviour::Silent);
    let hangs = format!("{}/team/app:1", space.cluster.setting("SCRIPTED_REGISTRY"));
    let mark = space.cluster.log_mark("OPEN_LOG");
    // The kubelet pulls one after the other: what hangs comes last.
    let args = ["pull", &space.open_image(), &hangs, "-n", &gone, "-o", "json", "--timeout", "60s"];
    let child = Plugin::new(administrator(space), &args).spawn();
    wait_for("the silent registry to be asked", Duration::from_secs(20), || silent.requests().len() >= 3);
    space.cluster.kubectl(&["delete", "namespace", &gone, "--wait=false"], "");
    let ran = wait(child);
    let report = read(&ran);
    assert_eq!(rows(&report).len(), 6, "{report}");
    let of_hangs = rows(&report).into_iter().filter(|row| row["image"] == hangs.as_str());
    assert!(of_hangs.into_iter().all(|row| row["result"] != "ok"), "nobody has seen it: {report}");
    assert_ne!(ran.status, 0, "{report}");
    let text = report.to_string();
    assert!(text.contains("deleted by something else"), "{report}");
    is_true(space, mark, &(ran, report), "/manifests/1");
    assert_eq!(space.cluster.ours(None), [] as [String; 0]);
}
