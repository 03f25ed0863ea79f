//! The dashboard: JSON of Grafana's, whose expressions the real promtool parses and whose metrics are documented.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Case;
use super::objects::text;
use super::toolbox::{Folder, file, program, said};

pub const CASES: &[Case] = &[
    ("panels_have_ids_of_their_own_and_the_data_source_that_is_chosen", sound),
    ("every_expression_parses_and_names_metrics_that_are_documented", parses),
    ("every_documented_metric_has_a_panel", complete),
];

/// Metrics that say of a single run what the monitor says with others, so that no panel shows them.
const WITHOUT_PANEL: &[&str] =
    &["regauth_run_info", "regauth_run_timestamp_seconds", "regauth_run_interrupted"];
/// Endings of a histogram's series.
const ENDINGS: [&str; 3] = ["_bucket", "_count", "_sum"];

/// The metrics of ours that an expression names, a histogram's by the name of its family.
pub fn metrics(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let ours = words.filter(|word| word.starts_with("regauth_"));
    ours.map(|name| ENDINGS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_string())
        .collect()
}

/// The metrics of docs/metrics.md.
pub fn documented() -> BTreeSet<String> {
    let page = file("docs/metrics.md");
    let named = page.split('`').skip(1).step_by(2).flat_map(metrics);
    named.collect()
}

fn dashboard() -> Value {
    serde_json::from_str(&file("manifests/chart/files/kubectl-regauth.json")).expect("JSON")
}

fn panels(dashboard: &Value) -> Vec<&Value> {
    dashboard["panels"].as_array().expect("panels").iter().filter(|panel| panel["type"] != "row").collect()
}

fn expressions(dashboard: &Value) -> Vec<String> {
    let targets =
        panels(dashboard).into_iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    targets.map(|target| text(&target["expr"])).collect()
}

fn sound() {
    let dashboard = dashboard();
    let all = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<u64> = all.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), all.len());
    let chosen = json!({"type": "prometheus", "uid": "${datasource}"});
    for panel in panels(&dashboard) {
        let title = text(&panel["title"]);
        assert!(!title.is_empty() && panel["datasource"] == chosen, "{title}");
        let targets = panel["targets"].as_array().expect("targets");
        assert!(
            !targets.is_empty() && targets.iter().all(|target| target["datasource"] == chosen),
            "{title}"
        );
        let refs: BTreeSet<String> = targets.iter().map(|target| text(&target["refId"])).collect();
        assert_eq!(refs.len(), targets.len(), "{title}");
        let place = &panel["gridPos"];
        let [x, width] = ["x", "w"].map(|name| place[name].as_u64().expect("a number"));
        assert!(width > 0 && x + width <= 24, "{title}: {place}");
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let names: Vec<String> = variables.iter().map(|one| text(&one["name"])).collect();
    assert_eq!(names, ["datasource", "job"]);
    assert_eq!(
        (text(&variables[0]["type"]), text(&variables[0]["query"])),
        ("datasource".into(), "prometheus".into())
    );
}

fn parses() {
    let folder = Folder::new();
    let dashboard = dashboard();
    let rules: Vec<Value> = expressions(&dashboard)
        .iter()
        .enumerate()
        .map(|(at, expression)| {
            let filled = expression.replace("$__rate_interval", "5m").replace("$job", ".*");
            assert!(!filled.contains('$'), "{filled}");
            json!({"record": format!("panel:{at}"), "expr": filled})
        })
        .collect();
    let count = rules.len();
    let rules = json!({"groups": [{"name": "dashboard", "rules": rules}]});
    let file = folder.write("dashboard.yaml", &rules.to_string());
    let said = said(program("promtool").args(["check", "rules"]).arg(file));
    assert!(said.contains(&format!("{count} rules found")), "{said}");
    let used: BTreeSet<String> = expressions(&dashboard).iter().flat_map(|one| metrics(one)).collect();
    let unknown: Vec<&String> = used.iter().filter(|name| !documented().contains(*name)).collect();
    assert!(unknown.is_empty(), "docs/metrics.md does not have {unknown:?}");
}

fn complete() {
    let shown: BTreeSet<String> = expressions(&dashboard()).iter().flat_map(|one| metrics(one)).collect();
    let left_out: Vec<String> = documented().into_iter().filter(|name| !shown.contains(name)).collect();
    assert_eq!(
        left_out,
        BTreeSet::from_iter(WITHOUT_PANEL.iter().map(ToString::to_string)).into_iter().collect::<Vec<_>>()
    );
}
