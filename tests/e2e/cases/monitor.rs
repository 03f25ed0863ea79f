//! `kubectl regauth monitor` as a process: what it serves, what it writes, and what it leaves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::cluster::wait_for;
use crate::support::harbor::{EXEC, Harbor, READ, SECRETS, Setup, TokenKey, only_rights};
use crate::support::plugin::{Plugin, rbac};
use crate::support::space::Space;
use crate::{Case, Needs};

pub const CASES: &[Case] = &[
    Case {
        name: "monitor serves a planted key mismatch and refused requests, and writes its findings as events",
        needs: Needs::OwnCluster,
        run: key_mismatch,
    },
    Case {
        name: "monitor tries its push canary, counts pulls, and SIGTERM in the middle of a test leaves nothing",
        needs: Needs::OwnCluster,
        run: canary_and_end,
    },
];

/// The longest check-up here, with what a loaded machine adds.
const CHECKUP: Duration = Duration::from_secs(150);

/// A monitor that runs.
struct Monitor {
    child: Child,
    address: String,
    log: Receiver<String>,
}

impl Monitor {
    fn start(plugin: Plugin) -> Self {
        let mut child = plugin.spawn();
        let stderr = child.stderr.take().expect("piped");
        let (sender, log) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let first = log.recv_timeout(Duration::from_secs(20)).expect("a first line");
        let (_, address) = first.split_once("http://").expect("an address");
        let address = address.split('/').next().expect("a host").to_string();
        Self { child, address, log }
    }

    /// Status and body of a page.
    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("UTF-8");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").expect("a body").1.to_string())
    }

    /// The sum of the series of a metric that have all of these labels; `None` where there is none.
    fn value(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        let series = text.lines().filter(|line| {
            let of = line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
            of && labels.iter().all(|label| line.contains(label))
        });
        let values: Vec<f64> =
            series.map(|line| line.rsplit(' ').next().expect("a value").parse().expect("a number")).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    fn wait_for_a_checkup(&self) {
        wait_for("a check-up", CHECKUP, || {
            let ended = ["ok", "findings", "incomplete", "failed"];
            let of = |result: &&str| {
                self.value("regauth_checkups_total", &[&format!("result=\"{result}\"")]).unwrap_or_default()
            };
            ended.iter().map(of).sum::<f64>() > 0.0
        });
    }

    /// Ends it as Kubernetes does; its log and status.
    fn end(mut self) -> (i32, Vec<String>) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
        let status = self.child.wait().expect("it ends").code().expect("no signal ended it by force");
        (status, self.log.iter().collect())
    }
}

fn allow_all(space: &Space) {
    for part in ["--why", "--events", "--clock"] {
        space.cluster.kubectl(&["apply", "-f", "-"], &rbac(&[part]));
    }
    for role in ["regauth-workloads", "regauth-workloads-secrets", "regauth-events", "regauth-pull"] {
        let account = format!("--serviceaccount={}:tester", space.namespace);
        let name = format!("also-{role}");
        space.kubectl(&["create", "rolebinding", &name, &format!("--clusterrole={role}"), &account], "");
    }
    let user = format!("system:serviceaccount:{}:tester", space.namespace);
    for right in [["create", "events"], ["get", "secrets"], ["list", "deployments.apps"]] {
        wait_for("the rights", Duration::from_secs(10), || {
            let ask = [&["auth", "can-i"][..], &right, &["-n", &space.namespace, "--as", &user]].concat();
            space.cluster.try_kubectl(&ask, "").is_ok()
        });
    }
}

fn events(space: &Space) -> Vec<Value> {
    let selector = "app.kubernetes.io/managed-by=kubectl-regauth";
    let list: Value =
        serde_json::from_str(&space.kubectl(&["get", "events", "-l", selector, "-o", "json"], ""))
            .expect("JSON");
    list["items"].as_array().expect("a list").clone()
}

fn key_mismatch(space: &Space) {
    only_rights(space, &[READ, SECRETS, EXEC]);
    allow_all(space);
    let harbor = Harbor::install(space, &Setup::default());
    harbor.change_key(&TokenKey::new());
    harbor.replace_a_core();
    let args =
        ["monitor", "--listen", "127.0.0.1:0", "--max-duration", "60s", "--max-pods", "0", "--emit-events"];
    let monitor = Monitor::start(space.plugin(&args));
    assert_eq!(monitor.get("/healthz"), (200, "ok\n".into()));
    monitor.wait_for_a_checkup();
    let namespace = format!("namespace=\"{}\"", space.namespace);
    assert_eq!(monitor.value("regauth_harbor_key_groups", &[&namespace]), Some(2.0));
    assert_eq!(monitor.value("regauth_findings", &["code=\"HarborKeyMismatch\""]), Some(1.0));
    // The questions about the cores' keys alone are refused across the two keys.
    let refused = monitor.value("regauth_harbor_refused_requests_total", &[&namespace]);
    assert!(refused.is_some_and(|count| count >= 1.0), "{refused:?} {}", monitor.get("/metrics").1);
    assert_eq!(monitor.value("regauth_checkups_total", &["result=\"findings\""]), Some(1.0));

    let told = || events(space).into_iter().find(|event| event["reason"] == "HarborKeyMismatch");
    wait_for("an event", Duration::from_secs(30), || told().is_some());
    let event = told().expect("an event");
    assert_eq!(event["involvedObject"]["kind"], "Deployment");
    assert_eq!(event["involvedObject"]["name"], "harbor-core");
    assert_eq!((&event["type"], &event["count"]), (&"Warning".into(), &1.into()));
    let shown = space.kubectl(&["describe", "deployment", "harbor-core"], "");
    assert!(shown.contains("HarborKeyMismatch") && shown.contains("kubectl-regauth"), "{shown}");
    let (status, log) = monitor.end();
    assert_eq!(status, 0, "{log:#?}");
    assert!(log.iter().any(|line| line.contains("check-up ")), "{log:#?}");

    // The same finding of another command raises the count of the same event.
    let ran = space.plugin(&["harbor", "--via", "port-forward", "--emit-events"]).run();
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let event = told().expect("the event");
    assert_eq!(event["count"], 2, "{event:#}\n{}", ran.stderr);
    // Without the rights, a warning names the first that is missing, and nothing else changes.
    only_rights(space, &[READ, SECRETS]);
    let ran = space.plugin(&["harbor", "--via", "port-forward", "--emit-events"]).run();
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let told = format!("you may not get events in namespace {}", space.namespace);
    assert!(ran.stderr.contains(&told) && ran.stderr.contains("rbac --events"), "{}", ran.stderr);
}

fn canary_and_end(space: &Space) {
    allow_all(space);
    space.right_secret("regcred");
    let repository = format!("{}/team/canary", space.cluster.setting("SECURE_REGISTRY"));
    let image = space.open_image();
    let args = [
        "monitor",
        "--listen",
        "127.0.0.1:0",
        "--image",
        &image,
        "--ca-bundle",
        space.cluster.setting("SECURE_CA"),
        "--push-canary",
        &repository,
        "--canary-pull-secret",
        "regcred",
        "--canary-interval",
        "1m",
        "--interval",
        "1m",
    ];
    let monitor = Monitor::start(space.plugin(&args));
    monitor.wait_for_a_checkup();
    assert!(
        monitor.value("regauth_pulls_total", &["result=\"ok\"", "node_class=\"linux/amd64"]) >= Some(1.0)
    );
    assert!(monitor.value("regauth_pull_duration_seconds_count", &[]) >= Some(1.0));
    wait_for("the canary", Duration::from_secs(90), || {
        monitor.value("regauth_push_canary_attempts_total", &[]).is_some()
    });
    let text = monitor.get("/metrics").1;
    assert_eq!(monitor.value("regauth_push_canary_success_ratio", &[&repository]), Some(1.0), "{text}");
    assert!(!text.contains(space.cluster.setting("REGISTRY_PASSWORD")));
    // In the middle of the next test.
    wait_for("the next run", CHECKUP, || !space.cluster.ours(Some(&space.namespace)).is_empty());
    let (status, log) = monitor.end();
    assert_eq!(status, 0, "{log:#?}");
    assert_eq!(space.cluster.ours(Some(&space.namespace)), [] as [String; 0], "{log:#?}");
}
