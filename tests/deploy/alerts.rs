//! Alerts by the real promtool.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Case;
use super::dashboard::{documented, metrics};
use super::objects::text;
use super::prometheus::rules;
use super::toolbox::{Folder, file, program, root, said};

pub const CASES: &[Case] = &[
    ("promtool_takes_the_rules_and_their_tests_hold", tested),
    ("alerts_name_metrics_and_pages_that_are_there", named),
];

fn tested() {
    let folder = Folder::new();
    let file_of_rules = rules(&folder);
    let found = said(program("promtool").args(["check", "rules"]).arg(&file_of_rules));
    assert!(found.contains(&format!("{} rules found", alerts().len())), "{found}");
    let tests = folder.write("alerts.test.yaml", &file("tests/deploy/alerts.test.yaml"));
    said(program("promtool").args(["test", "rules"]).arg(tests));
    // Every alert is in a test.
    let tests = file("tests/deploy/alerts.test.yaml");
    let is_tested = |name: &str| tests.contains(name) || name.starts_with("RegauthCredential");
    assert!(alerts().iter().all(|alert| is_tested(&text(&alert["alert"]))));
}

fn alerts() -> Vec<Value> {
    let rule: Value =
        serde_saphyr::from_str(&file("manifests/chart/files/prometheus-rule.yaml")).expect("YAML");
    rule["spec"]["groups"][0]["rules"].as_array().expect("rules").clone()
}

fn named() {
    let page = file("docs/schedule.md");
    let documented = documented();
    for alert in alerts() {
        let name = text(&alert["alert"]);
        assert!(page.contains(&format!("\n### {name}\n")), "docs/schedule.md has no heading {name}");
        let used: BTreeSet<String> = metrics(&text(&alert["expr"]));
        assert!(!used.is_empty() && used.is_subset(&documented), "{name}: {used:?}");
        let annotations = &alert["annotations"];
        assert!(annotations["summary"].is_string() && annotations["description"].is_string(), "{name}");
        let url = text(&annotations["runbook_url"]);
        let (_, path) = url.split_once("/blob/main/").unwrap_or_else(|| panic!("{name}: {url}"));
        let path = path.replace("{{ $labels.code }}", "ImageNotFound");
        let (path, anchor) = path.split_once('#').unwrap_or((&path, ""));
        assert!(root().join(path).is_file(), "{name}: {path}");
        assert!(anchor.is_empty() || anchor == name.to_lowercase(), "{name}: {anchor}");
        assert!(matches!(text(&alert["labels"]["severity"]).as_str(), "critical" | "warning"), "{name}");
    }
}
