//! The chart on a real cluster: the CronJob's check-up, and the monitor as a real Prometheus sees it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cluster::wait_for;
use crate::support::harbor::{Harbor, Setup, TokenKey};
use crate::support::prometheus::Prometheus;
use crate::support::release::{NAME, Release};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "the chart's CronJob looks at the whole cluster with the least rights and creates nothing",
        needs: Needs::OwnCluster,
        run: check_up,
    },
    Case {
        name: "the kustomization is taken by a real API server, field by field, and goes as it came",
        needs: Needs::OwnCluster,
        run: kustomization,
    },
    Case {
        name: "the chart's monitor is scraped by a real Prometheus, which raises an alert when a core gets another key",
        needs: Needs::OwnCluster,
        run: monitor,
    },
];

/// The level that what is deployed must meet.
fn restrict(space: &Space) {
    let level = "pod-security.kubernetes.io/enforce=restricted";
    space.cluster.kubectl(&["label", "namespace", &space.namespace, level], "");
}

/// Runs the CronJob once; returns whether its Job is complete, and its log.
fn run_once(space: &Space, job: &str) -> (bool, String) {
    let from = format!("--from=cronjob/{NAME}-doctor");
    space.kubectl(&["create", "job", &from, job], "");
    let ended = || {
        let job = space.kubectl(&["get", "job", job, "-o", "json"], "");
        let job: Value = serde_json::from_str(&job).expect("JSON");
        let conditions = job["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let is = |kind: &str| conditions.iter().any(|one| one["type"] == kind && one["status"] == "True");
        is("Complete").then_some(true).or(is("Failed").then_some(false))
    };
    wait_for("the Job to end", Duration::from_secs(120), || ended().is_some());
    let log = space.kubectl(&["logs", &format!("job/{job}")], "");
    (ended() == Some(true), log)
}

/// The report in a log: data is one JSON document, remarks stand before it.
fn report(log: &str) -> Value {
    let from = log.find("\n{\n").map_or(0, |at| at + 1);
    serde_json::from_str(log[from..].trim()).unwrap_or_else(|error| panic!("{error}: {log}"))
}

fn check_up(space: &Space) {
    restrict(space);
    let release = Release::install(space, &["monitor.enabled=false"]);
    let (is_complete, log) = run_once(space, "well");
    assert!(is_complete, "all is well, and what the rights leave out does not count: {log}");
    assert!(log.contains("--skip leaves it out"), "{log}");
    drop(release);

    space.pull_secret("broken", space.cluster.setting("SECURE_REGISTRY"), "nobody", "wrong");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "waits"}, "spec": {
        "imagePullSecrets": [{"name": "broken"}],
        "securityContext": {"runAsNonRoot": true, "runAsUser": 1, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "app", "image": space.private_image(), "securityContext":
            {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}});
    space.kubectl(&["apply", "-f", "-"], &pod.to_string());
    let reason =
        ["get", "pod", "waits", "-o", "jsonpath={.status.containerStatuses[0].state.waiting.reason}"];
    wait_for("a pull that fails", Duration::from_secs(60), || {
        space.kubectl(&reason, "").contains("ImagePull")
    });

    let release = Release::install(space, &["monitor.enabled=false", "rights.secrets=true"]);
    let (is_complete, log) = run_once(space, "now");
    assert!(!is_complete, "there is a finding: {log}");
    let report = report(&log);
    assert_eq!(report["kind"], "Report");
    let about = |finding: &&Value| finding["subject"]["namespace"] == space.namespace.as_str();
    let findings = report["findings"].as_array().expect("findings");
    let codes: Vec<&Value> = findings.iter().filter(about).map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["CredentialRejected"], "{log}");
    // The rights are enough for all that it looks at; what was left out is the tests, since nothing is created.
    let unchecked = report["notChecked"].as_array().expect("a list");
    let refused: Vec<&Value> = unchecked.iter().filter(|item| item["state"] != "leftOut").collect();
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(report["clock"].is_object(), "the nodes' clocks are among it: {log}");
    assert_eq!(space.cluster.ours(None), [""; 0]);
    drop(release);
    assert_eq!(roles(space), "", "what lay outside the namespace is gone, too");
}

/// What the chart or the kustomization makes outside its namespace.
fn roles(space: &Space) -> String {
    let label = format!("app.kubernetes.io/name={NAME}");
    space
        .cluster
        .kubectl(&["get", "clusterroles,clusterrolebindings,roles", "-A", "-l", &label, "-o", "name"], "")
}

fn kustomization(space: &Space) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/schedule");
    let created = space.cluster.kubectl(&["apply", "--validate=strict", "-k", folder], "");
    assert_eq!(created.lines().filter(|line| line.ends_with(" created")).count(), 9, "{created}");
    space.cluster.kubectl(&["delete", "-k", folder, "--timeout=60s"], "");
    assert_eq!(roles(space), "");
}

fn monitor(space: &Space) {
    let harbor = Harbor::install(space, &Setup::default());
    restrict(space);
    let harbors = format!("rights.harbor.namespaces={{{}}}", space.namespace);
    let values = ["scope=namespace", "cronJob.enabled=false", "monitor.interval=1m", &harbors];
    let _release = Release::install(space, &values);
    let deployment = format!("deployment/{NAME}-monitor");
    space.kubectl(&["rollout", "status", &deployment, "--timeout=120s"], "");
    let selector = "app.kubernetes.io/component=monitor";
    let address = ["get", "pods", "-l", selector, "-o", "jsonpath={.items[0].status.podIP}"];
    let prometheus = Prometheus::start(&format!("{}:9464", space.kubectl(&address, "")));
    prometheus.wait("the monitor is scraped", || prometheus.is_up());
    let groups = || prometheus.value("regauth_harbor_key_groups");
    prometheus.wait("the first check-up", || groups() == Some(1.0));
    assert!(prometheus.rules_are_well());
    let fires = || prometheus.firing().iter().any(|name| name == "RegauthHarborKeysDiffer");
    assert!(!fires());

    harbor.change_key(&TokenKey::new());
    harbor.replace_a_core();
    prometheus.wait("the alert", fires);
    assert!(groups().is_some_and(|groups| groups > 1.0));
    let restarts = [
        "get",
        "pods",
        "-l",
        selector,
        "-o",
        "jsonpath={.items[*].status.containerStatuses[0].restartCount}",
    ];
    assert_eq!(space.kubectl(&restarts, ""), "0", "its probes are content");
}
