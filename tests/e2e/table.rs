//! The table of scenarios: what each must find, and what it found. `make scenarios` prints it and keeps it in docs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;

use crate::scenario::Scenario;

/// Where `make scenarios` wants the table.
const VARIABLE: &str = "REGAUTH_SCENARIOS";
/// The checked-in copy.
const COPY: &str = "docs/scenarios.md";

const HEAD: &str = "# Scenarios\n\n\
    What is broken on a real cluster, which command is run, what it must find, and what it found. Nothing else may be \
    found. A folder of tests/scenarios each; `make scenarios` runs them and writes this file.\n\n\
    | scenario | what | command | expected | found |\n|---|---|---|---|---|\n";

static FOUND: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Keeps what a scenario found. `fill` puts the cluster's settings into a text.
pub fn keep(scenario: &Scenario, status: i32, report: &Value, fill: impl Fn(&str) -> String) {
    let findings = report["findings"].as_array().into_iter().flatten();
    let mut findings: Vec<String> = findings
        .map(|finding| told(finding["code"].as_str(), finding["subject"]["name"].as_str(), scenario, &fill))
        .collect();
    findings.sort();
    FOUND.lock().expect("no test panics here").insert(scenario.name.clone(), outcome(status, &findings));
}

/// Writes the table, if it is wanted and every scenario was run.
pub fn write(scenarios: &[Scenario]) {
    let Some(path) = std::env::var_os(VARIABLE) else { return };
    let found = FOUND.lock().expect("no test panics here");
    let rows: String = scenarios
        .iter()
        .map(|one| row(one, found.get(&one.name).map_or("not run", String::as_str)))
        .collect();
    print!("\n{HEAD}{rows}");
    if scenarios.iter().all(|one| found.contains_key(&one.name)) {
        std::fs::write(path, format!("{HEAD}{rows}")).expect("the table is written");
    }
}

/// Whether the copy names every scenario, each with what it is expected to find, and found it.
pub fn copy_is_whole(scenarios: &[Scenario]) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(COPY);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    for scenario in scenarios {
        let wanted = row(scenario, "");
        let start = wanted.trim_end().trim_end_matches("|").trim_end();
        if !lines.iter().any(|line| line.starts_with(start) && !line.contains("not run")) {
            return Err(format!("{COPY} lacks {}, or has it as it was: run `make scenarios`", scenario.name));
        }
    }
    match lines.len() == scenarios.len() {
        true => Ok(()),
        false => Err(format!("{COPY} has {} rows for {} scenarios", lines.len(), scenarios.len())),
    }
}

fn row(scenario: &Scenario, found: &str) -> String {
    let mut expected: Vec<String> = scenario
        .expected()
        .iter()
        .map(|one| {
            let text = |key: &str| one.get(key).and_then(Value::as_str);
            told(text("code"), text("subject/name"), scenario, str::to_string)
        })
        .collect();
    expected.sort();
    let mut out = String::new();
    let cells = [
        format!("`{}`", scenario.name),
        scenario.title.clone(),
        format!("`{}`", scenario.command()),
        outcome(scenario.expected_exit(), &expected),
        found.to_string(),
    ];
    let _ =
        writeln!(out, "| {} |", cells.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).join(" | "));
    out
}

/// `CODE subject`, where the subject is expected: as the scenario writes it, without what a cluster has for it. Names that
/// are made for a test are left out.
fn told(
    code: Option<&str>,
    subject: Option<&str>,
    scenario: &Scenario,
    fill: impl Fn(&str) -> String,
) -> String {
    let wanted = scenario.expected().iter().filter_map(|one| one.get("subject/name").and_then(Value::as_str));
    let named = |wanted: &&str| match wanted.strip_prefix('~') {
        Some(part) => subject.is_some_and(|name| name.trim_start_matches('~').contains(&fill(part))),
        None => subject == Some(&fill(wanted)),
    };
    let code = code.unwrap_or("?");
    match wanted.into_iter().find(named) {
        Some(wanted) => format!("{code} {}", wanted.trim_start_matches('~')),
        None => code.to_string(),
    }
}

fn outcome(status: i32, findings: &[String]) -> String {
    match findings.is_empty() {
        true => format!("exit {status}, nothing"),
        false => format!("exit {status}: {}", findings.join(", ")),
    }
}
