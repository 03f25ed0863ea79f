//! Runs of `kubectl regauth harbor`, what they found, and the rights of who runs them.

use std::time::Duration;

use serde_json::{Value, json};

use super::Harbor;
use crate::support::cluster::wait_for;
use crate::support::plugin::{Ran, rbac};
use crate::support::space::Space;

/// Roles of `kubectl regauth rbac --harbor`: the first is what the command needs.
pub const READ: &str = "regauth-harbor";
pub const SECRETS: &str = "regauth-harbor-secrets";
pub const EXEC: &str = "regauth-harbor-exec";

/// What a run came to.
#[derive(Debug)]
pub struct Asked {
    pub ran: Ran,
    pub report: Value,
}

impl Harbor<'_> {
    /// Runs `harbor` as the test's user.
    pub fn ask(&self, args: &[&str]) -> Asked {
        let (ran, report) = self.space.plugin(&[&["harbor"], args].concat()).report();
        Asked { ran, report }
    }

    /// Addresses of cores, as `IP:PORT`, in the order of their names.
    pub fn addresses(&self) -> Vec<String> {
        let port = if self.front_door().starts_with("https") { 8443 } else { 8080 };
        let address = |pod: &String| {
            let ip = self.space.kubectl(&["get", "pod", pod, "-o", "jsonpath={.status.podIP}"], "");
            format!("{ip}:{port}")
        };
        self.cores().iter().map(address).collect()
    }
}

impl Asked {
    /// Every finding as one line: severity, code, whether it is certain, whom it is about. In the report's order.
    pub fn findings(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or("?").to_string();
        let line = |finding: &Value| {
            let certain =
                if finding["certain"].as_bool().expect("a boolean") { "certain" } else { "uncertain" };
            let (severity, code) = (text(&finding["severity"]), text(&finding["code"]));
            format!("{severity} {code} {certain} {}", text(&finding["subject"]["name"]))
        };
        self.report["findings"].as_array().expect("findings").iter().map(line).collect()
    }

    /// Status and findings, all of them.
    pub fn must_be(&self, status: i32, findings: &[&str]) {
        assert_eq!(self.findings(), findings, "{}\n{:#}", self.ran.stderr, self.report["findings"]);
        assert_eq!(self.ran.status, status, "{}\n{:#}", self.ran.stderr, self.report["notChecked"]);
    }

    /// What was not checked, without why.
    pub fn not_checked(&self) -> Vec<&str> {
        let items = self.report["notChecked"].as_array().expect("a list");
        items.iter().map(|item| item["what"].as_str().expect("text")).collect()
    }

    /// The only finding of a code.
    pub fn finding(&self, code: &str) -> &Value {
        let findings = self.report["findings"].as_array().expect("findings");
        let mut found = findings.iter().filter(|finding| finding["code"] == code);
        let first = found.next().unwrap_or_else(|| panic!("no {code}: {findings:#?}"));
        assert!(found.next().is_none(), "{code} twice");
        first
    }

    /// The sentence of the only finding of a code.
    pub fn cause(&self, code: &str) -> &str {
        self.finding(code)["cause"].as_str().expect("a sentence")
    }

    /// A value of each core, in the order of their names.
    pub fn of_cores(&self, what: &str) -> Vec<&Value> {
        self.report["results"].as_array().expect("rows").iter().map(|row| &row[what]).collect()
    }

    /// How many pairs of the matrix have each verdict: accepted, rejected, others.
    pub fn matrix(&self) -> (String, [usize; 3]) {
        let matrix = &self.report["harbor"]["matrix"];
        let cells = matrix["cells"].as_array().expect("cells");
        let count = |verdict: &str| cells.iter().filter(|cell| cell["verdict"] == verdict).count();
        let (accepted, rejected) = (count("accepted"), count("rejected"));
        let method = matrix["method"].as_str().expect("a method").to_string();
        (method, [accepted, rejected, cells.len() - accepted - rejected])
    }
}

/// Gives the test's user these roles of `rbac --harbor` in the test's namespace, and no others there.
pub fn only_rights(space: &Space, roles: &[&str]) {
    space.cluster.kubectl(&["apply", "-f", "-"], &rbac(&["--harbor"]));
    space.kubectl(&["delete", "rolebindings", "--all"], "");
    let account = json!([{"kind": "ServiceAccount", "name": "tester", "namespace": space.namespace}]);
    let binding = |role: &&str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": account})
    };
    let bindings: Vec<Value> = roles.iter().map(binding).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": bindings});
    space.kubectl(&["apply", "-f", "-"], &list.to_string());
    let user = format!("system:serviceaccount:{}:tester", space.namespace);
    // One right of each, as the API server sees it: its authorizer learns of bindings a moment later.
    for (role, right) in [
        (READ, &["create", "pods", "--subresource=portforward"][..]),
        (SECRETS, &["get", "secrets"]),
        (EXEC, &["create", "pods", "--subresource=exec"]),
        ("regauth-pull", &["get", "deployments.apps"]),
    ] {
        let place = ["-n", &space.namespace, "--as", &user];
        let ask = [&["auth", "can-i"], right, &place].concat();
        wait_for(&format!("{role} to be as wanted"), Duration::from_secs(10), || {
            space.cluster.try_kubectl(&ask, "").is_ok() == roles.contains(&role)
        });
    }
}
