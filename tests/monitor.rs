//! `kubectl regauth monitor` as a process, without a cluster: an API server that is away, flags that say nothing together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-regauth");

/// With a server where nobody listens.
fn plugin(args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .args(["--server", "http://127.0.0.1:1"])
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
    address: String,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = plugin(&[&["monitor", "--listen", "127.0.0.1:0"], args].concat()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        log.read_line(&mut first).unwrap();
        let (_, address) = first.split_once("http://").unwrap_or_else(|| panic!("{first}"));
        let address = address.split('/').next().unwrap().to_string();
        Self { child, log, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Its next line, once there is one.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.log.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn an_api_server_that_is_away_is_a_failed_check_up_and_never_a_healthy_one() {
    let mut running = Running::start(&["--read-only", "-n", "team"]);
    let line = running.line();
    assert!(line.contains("the check-up failed") && line.contains("127.0.0.1:1"), "{line}");
    let metrics = running.get("/metrics");
    assert!(metrics.contains("\nregauth_checkups_total{result=\"failed\"} 1\n"), "{metrics}");
    for absent in ["regauth_findings", "regauth_rows", "regauth_checkup_last_success_timestamp_seconds"] {
        assert!(!metrics.contains(absent), "{absent} was not seen: {metrics}");
    }
    // The loop goes on; what it looks at does not.
    assert!(running.get("/healthz").ends_with("\r\n\r\nok\n"));
    let pid = running.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

fn refused(args: &[&str]) -> String {
    let Output { status, stderr, .. } = plugin(args).output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{text}");
    text
}

#[test]
fn what_writes_is_refused_beside_what_creates_nothing() {
    let both =
        "error: --emit-events writes into the cluster, and --read-only does not: leave one of them out\n";
    assert_eq!(refused(&["doctor", "--read-only", "--emit-events"]), both);
    assert_eq!(refused(&["monitor", "--read-only", "--emit-events"]), both);
    let canary = refused(&["monitor", "--read-only", "--push-canary", "r.example.com/canary"]);
    assert!(canary.contains("--push-canary makes a pod") && canary.lines().count() == 1, "{canary}");
    assert!(refused(&["pull", "nginx", "--dry-run", "--emit-events"]).contains("--dry-run"));
    assert!(refused(&["harbor", "--url", "https://h.example.com", "--emit-events"]).contains("--url"));
}

#[test]
fn flags_of_a_canary_say_what_is_wrong_with_them() {
    assert!(refused(&["monitor", "--push-canary", "r.example.com/canary:1"]).contains("leave out the tag"));
    assert!(refused(&["monitor", "--canary-pull-secret", "regcred"]).contains("--push-canary"));
    assert!(refused(&["monitor", "--interval", "30s"]).contains("use at least 1m and at most 24h"));
    assert!(refused(&["monitor", "--listen", "localhost"]).contains("write it as IP:PORT"));
    let many: Vec<String> = (0..21).map(|at| format!("--push-canary=r.example.com/c{at}")).collect();
    let args: Vec<&str> = std::iter::once("monitor").chain(many.iter().map(String::as_str)).collect();
    assert!(refused(&args).contains("20 at the most"));
}

#[test]
fn an_address_that_is_taken_is_named_with_the_flag_that_changes_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(&["monitor", "--read-only", "--listen", &address]);
    assert!(said.contains(&address) && said.contains("--listen names another address"), "{said}");
}
