//! A real Prometheus on loopback, with a folder of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::toolbox::{Folder, file, program, root, said};

/// The command of docs/schedule.md that makes an ordinary file of rules.
const PLAIN: &str = "sed -n '/^  groups:/,$p' manifests/chart/files/prometheus-rule.yaml | sed 's/^  //'";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running Prometheus; it ends when it is dropped.
pub struct Prometheus {
    process: Child,
    address: String,
    _folder: Folder,
}

/// The rules as an ordinary file in the folder, made as docs/schedule.md says.
pub fn rules(folder: &Folder) -> PathBuf {
    assert!(file("docs/schedule.md").contains(PLAIN), "docs/schedule.md has another command");
    let text = said(std::process::Command::new("bash").args(["-c", PLAIN]).current_dir(root()));
    folder.write("rules.yaml", &text)
}

/// The same rules with nothing to wait for.
fn hasty(rules: &str) -> String {
    let (mut lines, mut count) = (Vec::new(), 0);
    for line in rules.lines() {
        let is_wait = line.trim_start().starts_with("for: ");
        count += usize::from(is_wait);
        let (indent, _) = line.split_at(line.len() - line.trim_start().len());
        lines.push(if is_wait { format!("{indent}for: 1s") } else { line.to_string() });
    }
    assert!(count > 5, "alerts wait, or this test is about nothing");
    lines.join("\n")
}

impl Prometheus {
    /// One that scrapes `target` (HOST:PORT) each second and holds the project's rules to what it sees. What they wait for
    /// is cut short: that is what the tests by promtool are about.
    pub fn start(target: &str) -> Self {
        let folder = Folder::new();
        let text = std::fs::read_to_string(rules(&folder)).expect("the rules");
        folder.write("rules.yaml", &hasty(&text));
        let config = json!({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "regauth", "honor_labels": true, "static_configs": [{"targets": [target]}]}],
        });
        let config = folder.write("prometheus.json", &config.to_string());
        said(program("promtool").args(["check", "config"]).arg(&config));
        let address = free_address();
        let process = program("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path("log")).expect("a log"))
            .spawn()
            .expect("Prometheus starts");
        let prometheus = Self { process, address, _folder: folder };
        prometheus.wait("it is ready", || get(&prometheus.address, "/-/ready").is_some());
        prometheus
    }

    /// Waits for something; panics with what Prometheus knows when it does not come.
    pub fn wait(&self, what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(
                begun.elapsed() < PATIENCE,
                "{what}: not after {PATIENCE:?}; targets {:?}, alerts {:?}",
                get(&self.address, "/api/v1/targets"),
                get(&self.address, "/api/v1/alerts")
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn api(&self, path: &str) -> Value {
        let body = get(&self.address, path).unwrap_or_default();
        serde_json::from_str(&body).unwrap_or_default()
    }

    /// The health of its only target.
    pub fn is_up(&self) -> bool {
        self.api("/api/v1/targets")["data"]["activeTargets"][0]["health"] == "up"
    }

    /// The value of the first series that a query finds; `None` if it finds none.
    pub fn value(&self, query: &str) -> Option<f64> {
        let query = query.replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
        let answer = self.api(&format!("/api/v1/query?query={query}"));
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// Names of the alerts that fire.
    pub fn firing(&self) -> Vec<String> {
        let answer = self.api("/api/v1/alerts");
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing.filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.to_string())).collect()
    }

    /// Whether its rules are loaded and none of them fails.
    pub fn rules_are_well(&self) -> bool {
        let answer = self.api("/api/v1/rules");
        let rules = answer["data"]["groups"][0]["rules"].as_array().cloned().unwrap_or_default();
        !rules.is_empty() && rules.iter().all(|rule| rule["health"] == "ok")
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address of loopback that nobody has at the moment.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string()
}

/// The body of a successful answer. By HTTP 1.0, so that it comes in one piece.
pub fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.split(' ').nth(1).filter(|status| *status == "200").map(|_| body.to_string())
}
