//! The plugin as a process.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use super::{cluster, probe_image};

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-regauth");

/// A call of the plugin.
pub struct Plugin {
    command: Command,
}

/// What a call came to.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Output of `kubectl regauth rbac`, which needs no cluster.
pub fn rbac(args: &[&str]) -> String {
    let output = Command::new(PROGRAM).arg("rbac").args(args).output().expect("the plugin runs");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8")
}

impl Plugin {
    pub fn new(kubeconfig: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(args).env("KUBECONFIG", kubeconfig);
        if let Some(image) = cluster::probe_image() {
            command.env(probe_image::VARIABLE, image);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command }
    }

    pub fn run(mut self) -> Ran {
        ran(self.command.output().expect("the plugin runs"))
    }

    /// Runs it with a text as its input.
    pub fn run_with(mut self, input: &str) -> Ran {
        let mut child = self.command.stdin(Stdio::piped()).spawn().expect("the plugin starts");
        // Written whole before anything is read: what tests send is small.
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("the plugin reads");
        wait(child)
    }

    /// Runs it and reads its JSON report.
    pub fn report(mut self) -> (Ran, Value) {
        self.command.args(["-o", "json"]);
        let ran = self.run();
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| {
            panic!("no report ({error}); exit {} stderr: {}", ran.status, ran.stderr)
        });
        (ran, report)
    }

    /// The call itself, for whoever has its output go elsewhere.
    pub fn into_command(self) -> Command {
        self.command
    }

    pub fn spawn(mut self) -> Child {
        self.command.spawn().expect("the plugin starts")
    }
}

/// Waits for a child and reads what it wrote.
pub fn wait(child: Child) -> Ran {
    ran(child.wait_with_output().expect("the plugin ends"))
}

fn ran(output: Output) -> Ran {
    use std::os::unix::process::ExitStatusExt;
    let status = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Rows of a report, by node.
pub fn rows(report: &Value) -> Vec<&Value> {
    report["results"].as_array().expect("results").iter().collect()
}

/// Codes of a report's findings, in order.
pub fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}
