//! A real Prometheus scrapes, and raises alerts: of a monitor whose API server is away, and of cores with different keys.
//! The latter is told by a server of a few lines here, and by a monitor in a cluster in tests/e2e/cases/deployed.rs.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::Case;
use super::prometheus::Prometheus;

pub const CASES: &[Case] = &[
    ("a_real_prometheus_scrapes_a_monitor_and_hears_that_its_check_ups_fail", fails),
    ("a_real_prometheus_raises_an_alert_while_keys_differ", differ),
];

/// The monitor of a cluster that is not there. It ends when it is dropped.
struct Monitor {
    process: Child,
    address: String,
    // Closed, it would be told nothing more.
    _log: BufReader<ChildStderr>,
}

impl Monitor {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_kubectl-regauth"))
            .args(["monitor", "--all-namespaces", "--read-only", "--listen", "127.0.0.1:0"])
            .args(["--server", "http://127.0.0.1:1"])
            .env_remove("KUBECONFIG")
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the plugin starts");
        let mut log = BufReader::new(process.stderr.take().expect("piped"));
        let mut first = String::new();
        log.read_line(&mut first).expect("a line");
        let (_, address) = first.split_once("http://").unwrap_or_else(|| panic!("{first}"));
        let address = address.split('/').next().unwrap_or_default().trim().to_string();
        Self { process, address, _log: log }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn fails() {
    let monitor = Monitor::start();
    let prometheus = Prometheus::start(&monitor.address);
    prometheus.wait("the monitor is scraped", || prometheus.is_up());
    prometheus.wait("the rules are loaded", || prometheus.rules_are_well());
    prometheus
        .wait("it has tried", || prometheus.value("regauth_checkups_total{result=\"failed\"}") >= Some(1.0));
    assert_eq!(prometheus.value("regauth_build_info"), Some(1.0));
    let fires = |name: &str| prometheus.firing().iter().any(|one| one == name);
    prometheus.wait("the alert", || fires("RegauthMonitorStale"));
    assert!(!fires("RegauthMonitorDown"));
    drop(monitor);
    prometheus.wait("the other one", || fires("RegauthMonitorDown"));
}

/// A server of one text.
struct StandIn {
    address: String,
    text: Arc<Mutex<String>>,
}

impl StandIn {
    fn start(text: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let text = Arc::new(Mutex::new(text.to_string()));
        let served = text.clone();
        // It ends with the tests.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let body = served.lock().expect("unpoisoned").clone();
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
            }
        });
        Self { address, text }
    }

    fn change(&self, text: &str) {
        *self.text.lock().expect("unpoisoned") = text.to_string();
    }
}

/// What a monitor says of a Harbor whose cores hold so many keys.
fn metrics(groups: u32) -> String {
    format!(
        "# HELP regauth_build_info Which version serves this; always 1.\n# TYPE regauth_build_info gauge\n\
         regauth_build_info{{version=\"0\"}} 1\n\
         # HELP regauth_harbor_key_groups Token keys.\n# TYPE regauth_harbor_key_groups gauge\n\
         regauth_harbor_key_groups{{namespace=\"harbor\"}} {groups}\n"
    )
}

fn differ() {
    let server = StandIn::start(&metrics(1));
    let prometheus = Prometheus::start(&server.address);
    prometheus.wait("the target is up", || prometheus.is_up());
    let groups = || prometheus.value("regauth_harbor_key_groups{namespace=\"harbor\"}");
    prometheus.wait("one key", || groups() == Some(1.0));
    prometheus.wait("the rules are loaded", || prometheus.rules_are_well());
    let fires = || prometheus.firing().iter().any(|one| one == "RegauthHarborKeysDiffer");
    assert!(!fires(), "the keys are equal");
    server.change(&metrics(2));
    prometheus.wait("the alert", fires);
    server.change(&metrics(1));
    prometheus.wait("its end", || !fires());
}
