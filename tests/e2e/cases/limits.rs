//! Logins, requests and time: what a run may cost.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::logins::Logins;
use crate::support::audit;
use crate::support::plugin::{codes, rows};
use crate::support::scripted::{Behaviour, Scripted};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "a wrong password on three nodes is at most one login attempt a node",
        needs: Needs::OwnCluster,
        run: one_login_a_node,
    },
    Case {
        name: "with one node first a wrong password is one login attempt",
        needs: Needs::OwnCluster,
        run: one_login_in_all,
    },
    Case {
        name: "the requests are at most 12, one a node and one a reviewed right, and nothing is polled",
        needs: Needs::OwnCluster,
        run: few_requests,
    },
    Case {
        name: "a deadline that passes leaves rows that say so, and nothing in the cluster",
        needs: Needs::OwnCluster,
        run: deadline_passes,
    },
    Case {
        name: "many pulls from Docker Hub are asked about, and piped they need --yes",
        needs: Needs::AnyCluster,
        run: docker_hub_is_asked_about,
    },
];

/// Login attempts that the private registry refused; there was one at least.
fn refused(logins: &Logins<'_>) -> BTreeSet<String> {
    let attempts = logins.refused(logins.puller());
    assert!(!attempts.is_empty(), "the registry was sent the password at all");
    attempts
}

fn wrong_password(space: &Space) {
    let (registry, user) = (space.cluster.setting("SECURE_REGISTRY"), space.cluster.setting("REGISTRY_USER"));
    space.pull_secret("regcred", registry, user, "wrong");
}

fn one_login_a_node(space: &Space) {
    wrong_password(space);
    let logins = Logins::watch(space.cluster, "secure");
    let image = space.private_image();
    let (ran, report) = space.plugin(&["pull", &image, "--pull-secret", "regcred"]).report();
    assert_eq!((ran.status, codes(&report)), (1, vec!["CredentialRejected"]), "{report}");
    // The kubelet would retry after 10 s if its pod were still there.
    std::thread::sleep(std::time::Duration::from_secs(14));
    let logins = refused(&logins);
    assert!(logins.len() <= space.cluster.nodes().len(), "{logins:#?}");
}

fn one_login_in_all(space: &Space) {
    wrong_password(space);
    let logins = Logins::watch(space.cluster, "secure");
    let image = space.private_image();
    let (ran, report) =
        space.plugin(&["pull", &image, "--pull-secret", "regcred", "--one-first", "always"]).report();
    assert_eq!((ran.status, codes(&report)), (1, vec!["CredentialRejected"]), "{report}");
    let held_back =
        |row: &&&Value| row["identity"].as_str().is_some_and(|text| text.contains("not sent again"));
    assert_eq!(rows(&report).iter().filter(held_back).count(), space.cluster.nodes().len() - 1, "{report}");
    std::thread::sleep(std::time::Duration::from_secs(14));
    let logins = refused(&logins);
    assert_eq!(logins.len(), 1, "{logins:#?}");
}

fn few_requests(space: &Space) {
    space.right_secret("regcred");
    let mark = space.cluster.log_mark("AUDIT_LOG");
    let image = space.private_image();
    let (ran, report) = space.plugin(&["pull", &image, "--pull-secret", "regcred"]).report();
    assert_eq!(ran.status, 0, "{report}");
    let requests = audit::requests(space.cluster, mark);
    let reviews = requests.iter().filter(|request| request.uri.contains("selfsubjectaccessreviews")).count();
    let others = requests.len() - reviews;
    let nodes = space.cluster.nodes().len();
    eprintln!("requests: {others} and {reviews} reviews, for {nodes} nodes");
    assert!(others <= 12 + nodes, "{requests:#?}");
    let mut reads: Vec<&str> = requests
        .iter()
        .filter(|request| request.verb != "create")
        .map(|request| request.uri.as_str())
        .collect();
    let count = reads.len();
    reads.sort_unstable();
    reads.dedup();
    assert_eq!(reads.len(), count, "the same thing is asked twice: {requests:#?}");
}

fn deadline_passes(space: &Space) {
    let _silent = Scripted::start(space.cluster, Behaviour::Silent);
    let image = format!("{}/team/app:1", space.cluster.setting("SCRIPTED_REGISTRY"));
    let (ran, report) = space.plugin(&["pull", &image, "--timeout", "6s"]).report();
    assert_eq!((ran.status, codes(&report)), (3, vec!["PullNotFinished"]), "{report}");
    assert_eq!(rows(&report).len(), space.cluster.nodes().len());
    for row in rows(&report) {
        assert_eq!(
            (&row["result"], &row["code"]),
            (&Value::from("notFinished"), &Value::from("PullNotFinished"))
        );
    }
}

fn docker_hub_is_asked_about(space: &Space) {
    let images: Vec<String> = (1..=11).map(|tag| format!("nginx:{tag}")).collect();
    let mut args = vec!["pull", "--timeout", "5s"];
    args.extend(images.iter().map(String::as_str));
    let ran = space.plugin(&args).run();
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("pulls of Docker Hub's limit") && ran.stderr.contains("--yes"),
        "{}",
        ran.stderr
    );
}
