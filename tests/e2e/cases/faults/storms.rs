//! An API server that sends its clients away, or cuts off what they watch.

use std::time::Duration;

use serde_json::Value;

use super::{count, is_true, read, well, whole_or_said};
use crate::cases::clock;
use crate::support::cluster::wait_for;
use crate::support::plugin::{Plugin, Ran, codes, rows, wait};
use crate::support::proxy::{Proxy, Stress};
use crate::support::scripted::{Behaviour, Scripted};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "a storm of 429s delays and costs no row, and a server that sends everybody away is said in one sentence",
        needs: Needs::OwnCluster,
        run: storm,
    },
    Case {
        name: "watches that are cut every second lose no row, and a clock that was not seen is told as such",
        needs: Needs::OwnCluster,
        run: cut,
    },
];

fn storm(space: &Space) {
    // Side by side: each waits for as long as a server is given to come back.
    let closed = Proxy::start(space, Stress::RefusesFrom(1));
    let image = space.open_image();
    let away = [&["pull", &image][..], &["why"], &["clock"], &["doctor", "--read-only"]];
    let away = away.map(|args| (args, Plugin::new(closed.kubeconfig(), args).spawn()));
    served_in_the_end(space);
    for (args, child) in away {
        is_told_to_be_sent_away(args, &wait(child));
    }
}

fn served_in_the_end(space: &Space) {
    let proxy = Proxy::start(space, Stress::ServesOneIn(2));
    let mark = space.cluster.log_mark("OPEN_LOG");
    space.allow("regauth-workloads");
    space.allow("regauth-workloads-nodes");
    clock::grant(space);
    let readers = [&["why"][..], &["clock"], &["doctor", "--read-only"]];
    let readers = readers
        .map(|args| (args, Plugin::new(proxy.kubeconfig(), &[args, &["-o", "json"]].concat()).spawn()));
    let ran = Plugin::new(proxy.kubeconfig(), &["pull", &space.open_image()]).report();
    let readers = readers.map(|(args, child)| (args, wait(child)));
    clock::revoke(space);
    is_true(space, mark, &ran, "/manifests/1");
    assert_eq!((ran.0.status, count(&ran.1, "ok")), (0, 3), "{}{}", ran.1, ran.0.stderr);
    assert!(proxy.stressed() > 5, "{} requests were sent away", proxy.stressed());
    for (args, ran) in readers {
        let report = read(&ran);
        assert_eq!(codes(&report), [] as [&str; 0], "{args:?}: nothing is wrong: {report}");
        if args[0] == "clock" {
            clocks_are_true(&ran, &report);
        } else {
            whole_or_said(&ran, &report);
        }
    }
}

/// That each node has a row, and that those whose renewals came while nobody watched are told as such.
fn clocks_are_true(ran: &Ran, report: &Value) {
    assert_eq!(rows(report).len(), 3, "{report}");
    let unseen = rows(report).into_iter().filter(|row| row["result"] == "notFinished").count();
    assert_eq!(well(report).len() + unseen, 3, "{report}");
    assert_eq!(ran.status, if unseen == 0 { 0 } else { 3 }, "{report}");
    whole_or_said(ran, report);
}

fn is_told_to_be_sent_away(args: &[&str], ran: &Ran) {
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
    let is_said = ran.stderr.contains("429") && ran.stderr.contains("Too many requests");
    assert!(is_said, "{args:?}: {}", ran.stderr);
    assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{args:?}: {}", ran.stderr);
}

fn cut(space: &Space) {
    let proxy = Proxy::start(space, Stress::CutsWatches(Duration::from_secs(1)));
    clock::grant(space);
    let clocks = Plugin::new(proxy.kubeconfig(), &["clock", "-o", "json"]).spawn();
    let silent = Scripted::start(space.cluster, Behaviour::Silent);
    let hangs = format!("{}/team/app:1", space.cluster.setting("SCRIPTED_REGISTRY"));
    let mark = space.cluster.log_mark("OPEN_LOG");
    let args = ["pull", &hangs, &space.open_image(), "-o", "json", "--timeout", "60s"];
    let child = Plugin::new(proxy.kubeconfig(), &args).spawn();
    wait_for("the silent registry to be asked", Duration::from_secs(20), || silent.requests().len() >= 3);
    let before = proxy.stressed();
    wait_for("watches to be cut a few times", Duration::from_secs(20), || proxy.stressed() >= before + 6);
    drop(silent);
    let ran = wait(child);
    let report = read(&ran);
    assert_eq!((count(&report, "ok"), count(&report, "failed")), (3, 3), "{report}");
    assert_eq!((ran.status, codes(&report)), (1, vec!["ConnectionRefused"]), "{report}");
    is_true(space, mark, &(ran, report), "/manifests/1");
    let ran = wait(clocks);
    clock::revoke(space);
    let report = read(&ran);
    assert_eq!(codes(&report), [] as [&str; 0], "{report}");
    clocks_are_true(&ran, &report);
}
