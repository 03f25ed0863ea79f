//! Pulls that need more than one call, or a look at the pods while they are there.

use std::time::Duration;

use serde_json::Value;

use crate::support::cluster::{Kind, wait_for};
use crate::support::plugin::{codes, rows, wait};
use crate::support::scripted::{Behaviour, Scripted};
use crate::support::space::Space;
use crate::support::webhook::Webhook;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "nothing of an image is ever started, and an image without a shell is pulled",
        needs: Needs::AnyCluster,
        run: nothing_is_started,
    },
    Case {
        name: "an image that is on the node is pulled anew, and the row says that it was there",
        needs: Needs::OwnCluster,
        run: pulled_anew,
    },
    Case { name: "two runs at once do not disturb each other", needs: Needs::AnyCluster, run: two_runs },
    Case {
        name: "a webhook that rewrites the image shows in the row",
        needs: Needs::OwnCluster,
        run: rewritten_by_webhook,
    },
    Case {
        name: "workloads of every kind lend their identity",
        needs: Needs::AnyCluster,
        run: identities_of_workloads,
    },
    Case {
        name: "without a pull secret the ServiceAccount's is kept out",
        needs: Needs::OwnCluster,
        run: no_pull_secret,
    },
    Case {
        name: "the API server is restarted in mid-run, and the run goes on",
        needs: Needs::OwnCluster,
        run: api_server_restarted,
    },
    Case {
        name: "how long a pull took and its size are in the row",
        needs: Needs::OwnCluster,
        run: time_and_size,
    },
];

fn is_ok(row: &Value) -> bool {
    row["result"] == "ok"
}

fn nothing_is_started(space: &Space) {
    let image = match space.cluster.kind {
        Kind::Own => format!("{}/team/app:2", space.cluster.setting("OPEN_REGISTRY")),
        Kind::Foreign => space.open_image(),
    };
    let (ran, report) = space.plugin(&["pull", &image, "--keep"]).report();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let run = report["run"]["id"].as_str().expect("an id").to_string();
    // The pull is known by its event; the status that proves that nothing starts follows.
    let pods = || -> Value {
        let text = space.kubectl(&["get", "pods", "-l", &format!("regauth/run={run}"), "-o", "json"], "");
        serde_json::from_str(&text).expect("pods")
    };
    let waiting = |pod: &Value| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
    wait_for("CreateContainerConfigError in all pods", Duration::from_secs(20), || {
        let pods = pods();
        let pods = pods["items"].as_array().expect("items");
        pods.len() == rows(&report).len()
            && pods.iter().all(|pod| waiting(pod) == "CreateContainerConfigError")
    });
    for pod in pods()["items"].as_array().expect("items") {
        let status = &pod["status"]["containerStatuses"][0];
        assert_eq!(pod["status"]["phase"], "Pending", "{pod}");
        assert_eq!(status["started"], false, "{status}");
        assert_eq!(status["restartCount"], 0, "{status}");
        assert!(status["containerID"].is_null(), "no container was made: {status}");
        assert_eq!(status["lastState"], serde_json::json!({}), "{status}");
    }
    let events = space.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"], "");
    assert!(!events.split_whitespace().any(|reason| reason == "Started" || reason == "Created"), "{events}");
    // Still there: --keep. The restricted user may not list Jobs, so the administrator cleans up.
    assert!(!space.cluster.ours(Some(&space.namespace)).is_empty());
    space.kubectl(&["delete", "job", &format!("regauth-{run}"), "--wait=true"], "");
}

fn pulled_anew(space: &Space) {
    let image = format!("{}/team/app:2", space.cluster.setting("OPEN_REGISTRY"));
    for node in space.cluster.nodes() {
        space.cluster.fault(&["remove-image", &node, &image]);
    }
    let listed =
        || space.cluster.kubectl(&["get", "nodes", "-o", "jsonpath={.items[*].status.images[*].names}"], "");
    wait_for("the nodes to report that the image is gone", Duration::from_secs(90), || {
        !listed().contains("team/app:2")
    });
    let (_, first) = space.plugin(&["pull", &image]).report();
    assert!(rows(&first).iter().all(|row| is_ok(row) && row["onNodeBefore"] == "no"), "{first}");
    wait_for("the nodes to report the image", Duration::from_secs(90), || {
        listed().matches("team/app:2").count() >= 3
    });
    let mark = space.cluster.log_mark("OPEN_LOG");
    let (_, second) = space.plugin(&["pull", &image]).report();
    assert!(rows(&second).iter().all(|row| is_ok(row) && row["onNodeBefore"] == "yes"), "{second}");
    let heads = space.cluster.log_since("OPEN_LOG", mark);
    let asked = heads.iter().filter(|line| line.contains("HEAD /v2/team/app/manifests/2")).count();
    assert!(asked >= 3, "every node asked the registry again: {heads:?}");
}

fn two_runs(space: &Space) {
    let image = space.open_image();
    let first = space.plugin(&["pull", &image, "-o", "json"]).spawn();
    let second = space.plugin(&["pull", &image, "-o", "json"]).spawn();
    let (first, second) = (wait(first), wait(second));
    for ran in [&first, &second] {
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
        assert!(!rows(&report).is_empty() && rows(&report).iter().all(|row| is_ok(row)));
    }
}

fn rewritten_by_webhook(space: &Space) {
    let registry = space.cluster.setting("OPEN_REGISTRY");
    let (asked, got) = (format!("{registry}/elsewhere/app:1"), format!("{registry}/team/app:1"));
    let _webhook = Webhook::rewriting_to(space, &got);
    let (ran, report) = space.plugin(&["pull", &asked]).report();
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    for row in rows(&report) {
        assert_eq!(
            (&row["image"], &row["imageRewritten"]),
            (&Value::from(asked.as_str()), &Value::from(got.as_str()))
        );
    }
}

fn identities_of_workloads(space: &Space) {
    let image = space.open_image();
    let template = serde_json::json!({"metadata": {"labels": {"app": "x"}}, "spec": {
        "restartPolicy": "Never", "nodeSelector": {"regauth.test/none": "none"},
        "imagePullSecrets": [{"name": "theirs"}], "containers": [{"name": "c", "image": image}]}});
    let mut always = template.clone();
    always["spec"]["restartPolicy"] = "Always".into();
    let selector = serde_json::json!({"matchLabels": {"app": "x"}});
    let object = |api: &str, kind: &str, spec: Value| {
        serde_json::json!({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, "spec": spec})
            .to_string()
    };
    let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": template["spec"]});
    let objects = [
        pod.to_string(),
        object(
            "apps/v1",
            "Deployment",
            serde_json::json!({"replicas": 0, "selector": selector, "template": always}),
        ),
        object(
            "apps/v1",
            "StatefulSet",
            serde_json::json!({"replicas": 0, "serviceName": "x", "selector": selector, "template": always}),
        ),
        object("apps/v1", "DaemonSet", serde_json::json!({"selector": selector, "template": always})),
        object("batch/v1", "Job", serde_json::json!({"suspend": true, "template": template})),
        object(
            "batch/v1",
            "CronJob",
            serde_json::json!({"suspend": true, "schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}),
        ),
    ];
    space.kubectl(&["apply", "-f", "-"], &objects.join("\n---\n"));
    let node = &space.cluster.nodes()[0];
    for kind in ["pod", "deploy", "sts", "ds", "job", "cronjob"] {
        let workload = format!("{kind}/x");
        let (_, report) = space.plugin(&["pull", "--as-workload", &workload, "--node", node]).report();
        assert_eq!(rows(&report)[0]["identity"], format!("{workload} (secret theirs)"));
        assert_eq!(rows(&report)[0]["image"], image, "{workload}: its own image is tested");
        // The secret does not exist, and the kubelet says so.
        assert_eq!(codes(&report), ["PullSecretMissing"], "{workload}: {report}");
    }
}

fn no_pull_secret(space: &Space) {
    space.right_secret("regcred");
    let patch = r#"{"imagePullSecrets":[{"name":"regcred"}]}"#;
    space.kubectl(&["patch", "serviceaccount", "default", "-p", patch], "");
    let image = space.private_image();
    let (with, report) = space.plugin(&["pull", &image, "--node", "node1"]).report();
    assert_eq!((with.status, is_ok(rows(&report)[0])), (0, true), "{report}");
    let (without, report) = space.plugin(&["pull", &image, "--node", "node1", "--no-pull-secret"]).report();
    assert_eq!((without.status, codes(&report)), (1, vec!["NoCredential"]), "{report}");
    assert_eq!(rows(&report)[0]["identity"], "no pull secret (node credentials may apply)");
}

fn api_server_restarted(space: &Space) {
    // The silent registry keeps the run going.
    let silent = Scripted::start(space.cluster, Behaviour::Silent);
    let hangs = format!("{}/team/app:1", space.cluster.setting("SCRIPTED_REGISTRY"));
    let image = space.open_image();
    let child = space.plugin(&["pull", &hangs, &image, "-o", "json", "--timeout", "60s"]).spawn();
    wait_for("the silent registry to be asked", Duration::from_secs(20), || silent.requests().len() >= 3);
    space.cluster.fault(&["restart-apiserver"]);
    // What is known only now was seen by a watch that outlived the restart.
    drop(silent);
    let ran = wait(child);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!(rows(&report).iter().filter(|row| is_ok(row)).count(), 3, "{report}");
    assert_eq!(rows(&report).iter().filter(|row| row["result"] == "failed").count(), 3, "{report}");
    assert_eq!((ran.status, codes(&report)), (1, vec!["ConnectionRefused"]), "{report}");
}

fn time_and_size(space: &Space) {
    let image = format!("{}/team/big:1", space.cluster.setting("OPEN_REGISTRY"));
    let (_, report) = space.plugin(&["pull", &image]).report();
    for row in rows(&report) {
        assert!(row["tookMs"].as_u64().expect("a time") > 0, "{row}");
        assert!(row["sizeBytes"].as_u64().expect("a size") > 10_000_000, "{row}");
    }
}
