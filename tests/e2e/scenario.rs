//! Scenarios: tests/scenarios/NAME/scenario.yaml says what is broken, what is run and what must be found.
//! See tests/scenarios/README.md for the form.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::Needs;
use crate::logins::Logins;
use crate::secrets::{self, PullSecret};
use crate::steps::{ErrorText, HarborState, Until};
use crate::support::fault::Fault;
use crate::support::plugin::rows;
use crate::support::scripted::{Behaviour, Scripted};
use crate::support::space::{self, Space};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    #[serde(skip)]
    pub name: String,
    pub title: String,
    pub needs: Needs,
    #[serde(default)]
    namespace_labels: BTreeMap<String, String>,
    #[serde(default)]
    pull_secrets: Vec<PullSecret>,
    /// A second namespace where hostNetwork is allowed: `${NODE_NAMESPACE}`.
    #[serde(default)]
    node_namespace: bool,
    #[serde(default)]
    faults: Vec<Vec<String>>,
    #[serde(default)]
    scripted: Option<Behaviour>,
    /// A Harbor in the namespace.
    #[serde(default)]
    harbor: Option<HarborState>,
    /// Parts of `kubectl regauth rbac` whose rights the user has, beside those of `pull`.
    #[serde(default)]
    rights: Vec<String>,
    /// What is waited for before anything is run.
    #[serde(default)]
    until: Vec<Until>,
    /// Calls of kubectl after that.
    #[serde(default)]
    then: Vec<Vec<String>>,
    /// The words with which somebody begins: what `explain` makes of them comes first.
    #[serde(default)]
    error_text: Option<ErrorText>,
    run: Vec<String>,
    expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expect {
    exit: i32,
    /// What each row must have; one entry a row, in any order.
    #[serde(default)]
    rows: Vec<BTreeMap<String, Value>>,
    /// In place of `rows`: what every row must have.
    every_row: Option<BTreeMap<String, Value>>,
    findings: Vec<BTreeMap<String, Value>>,
    /// Login attempts of `puller` that each of these registries refused, by its own log.
    #[serde(default)]
    login_attempts: BTreeMap<String, usize>,
    #[serde(default)]
    nowhere: Vec<String>,
}

/// All scenarios, by name.
pub fn all() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut scenarios: Vec<Scenario> = std::fs::read_dir(folder)
        .expect("tests/scenarios")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| {
            let path = entry.path().join("scenario.yaml");
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let read = serde_saphyr::from_str(&text);
            let mut scenario: Scenario = read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            scenario.name = entry.file_name().to_string_lossy().into_owned();
            scenario
        })
        .collect();
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    scenarios
}

impl Scenario {
    /// The plugin's arguments.
    pub fn command(&self) -> String {
        self.run.join(" ")
    }

    /// The findings that must be there, and no others.
    pub fn expected(&self) -> &[BTreeMap<String, Value>] {
        &self.expect.findings
    }

    /// The exit status that must be.
    pub fn expected_exit(&self) -> i32 {
        self.expect.exit
    }

    pub fn run(&self) {
        let labels = serde_json::to_string(&self.namespace_labels).expect("labels");
        space::with_labels(&self.name, &labels, |space| self.run_in(space));
    }

    fn run_in(&self, space: &Space) {
        let mut secrets = passwords(space);
        for secret in &self.pull_secrets {
            secrets.extend(secret.make(space, |text| fill(text, space)));
        }
        if self.node_namespace {
            space.add_node_namespace();
        }
        let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(&self.name);
        if let Ok(text) = std::fs::read_to_string(manifests.join("manifests.yaml")) {
            space.kubectl(&["apply", "-f", "-"], &fill(&text, space));
        }
        let _faults: Vec<Fault<'_>> = self
            .faults
            .iter()
            .map(|fault| fault.iter().map(|word| fill(word, space)).collect::<Vec<String>>())
            .map(|fault| Fault::apply(space, &fault))
            .collect();
        if let Some(state) = self.harbor {
            state.install(space);
        }
        let _scripted = self.scripted.map(|behaviour| Scripted::start(space.cluster, behaviour));
        for part in &self.rights {
            space.allow(part);
        }
        for until in &self.until {
            until.wait(space);
        }
        for call in &self.then {
            let words: Vec<&str> = call.iter().map(String::as_str).collect();
            space.kubectl(&words, "");
        }
        if let Some(error) = &self.error_text {
            error.check(space);
        }
        let logins: Vec<(Logins<'_>, usize)> = self
            .expect
            .login_attempts
            .iter()
            .map(|(registry, expected)| (Logins::watch(space.cluster, registry), *expected))
            .collect();
        let args: Vec<String> = self.run.iter().map(|argument| fill(argument, space)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (ran, report) = space.plugin(&args).report();
        crate::table::keep(self, ran.status, &report, |text| fill(text, space));
        let shown = || format!("exit {}\n{}\n{}", ran.status, ran.stderr, brief(&report));
        assert_eq!(ran.status, self.expect.exit, "exit status: {}", shown());
        self.check_rows(space, &report, &shown);
        let findings = report["findings"].as_array().expect("findings");
        for wanted in &self.expect.findings {
            let fits = findings.iter().any(|finding| fits(finding, wanted, space));
            assert!(fits, "no finding fits {wanted:?}: {}", shown());
        }
        assert_eq!(findings.len(), self.expect.findings.len(), "number of findings: {}", shown());
        for (logins, expected) in &logins {
            let attempts = logins.refused(logins.puller());
            assert_eq!(attempts.len(), *expected, "login attempts: {attempts:?}: {}", shown());
        }
        secrets.extend(self.expect.nowhere.clone());
        for secret in &secrets {
            assert!(
                !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
                "{secret} is shown: {}",
                shown()
            );
        }
    }
}

impl Scenario {
    fn check_rows(&self, space: &Space, report: &Value, shown: &dyn Fn() -> String) {
        let rows = rows(report);
        if let Some(wanted) = &self.expect.every_row {
            assert!(!rows.is_empty(), "there are rows: {}", shown());
            assert!(
                rows.iter().all(|row| fits(row, wanted, space)),
                "not every row fits {wanted:?}: {}",
                shown()
            );
            return;
        }
        for wanted in &self.expect.rows {
            assert!(rows.iter().any(|row| fits(row, wanted, space)), "no row fits {wanted:?}: {}", shown());
        }
        assert_eq!(rows.len(), self.expect.rows.len(), "number of rows: {}", shown());
    }
}

/// What a failed test shows of a report: the whole is pages long.
fn brief(report: &Value) -> String {
    let keep = |value: &Value, keys: &[&str]| {
        let kept = keys.iter().filter(|key| !value[**key].is_null());
        kept.map(|key| format!("{key}: {}", value[*key])).collect::<Vec<_>>().join(", ")
    };
    let rows = [
        "kind", "node", "network", "image", "result", "step", "identity", "code", "certain", "message",
        "series",
    ];
    let findings = [
        "code",
        "severity",
        "certain",
        "subject",
        "cause",
        "alsoPossible",
        "settleBy",
        "messages",
        "evidence",
    ];
    let list = |name: &str, keys: &[&str]| {
        let items = report[name].as_array().into_iter().flatten();
        items.map(|item| format!("{name}: {}\n", keep(item, keys))).collect::<String>()
    };
    list("results", &rows) + &list("findings", &findings) + &list("notChecked", &["what", "state", "why"])
}

/// Whether an object has all the wanted values. A key may be a path (`subject/name`); a string that begins
/// with `~` asks for a part of the text.
fn fits(object: &Value, wanted: &BTreeMap<String, Value>, space: &Space) -> bool {
    wanted.iter().all(|(key, value)| {
        let found = object.pointer(&format!("/{key}"));
        match (value, found) {
            (Value::String(part), Some(Value::String(text))) if part.starts_with('~') => {
                text.contains(&fill(&part[1..], space))
            }
            (Value::String(text), Some(found)) => found.as_str() == Some(&fill(text, space)),
            (Value::Null, None) => true,
            (value, found) => found == Some(value),
        }
    })
}

/// The right passwords of the cluster's registries, as they are and as docker configurations hold them.
fn passwords(space: &Space) -> Vec<String> {
    let users = ["REGISTRY", "OTHER", "PUSHER"];
    let setting = |user: &str, what: &str| space.cluster.env.get(&format!("{user}_{what}"));
    let of = |user: &str| Some((setting(user, "USER")?, setting(user, "PASSWORD")?));
    let both = |(user, password): (&String, &String)| {
        [password.clone(), STANDARD.encode(format!("{user}:{password}"))]
    };
    users.iter().filter_map(|user| of(user)).flat_map(both).collect()
}

/// Replaces `${SETTING}` by the cluster's settings, `${NAMESPACE}`, `${NODE_NAMESPACE}` and `${WRONG_PASSWORD}`.
pub fn fill(text: &str, space: &Space) -> String {
    let mut out = text
        .replace("${NAMESPACE}", &space.namespace)
        .replace("${NODE_NAMESPACE}", &space.node_namespace())
        .replace("${WRONG_PASSWORD}", &secrets::wrong(space));
    for (name, value) in &space.cluster.env {
        out = out.replace(&format!("${{{name}}}"), value);
    }
    out
}
