//! SARIF, held to what version 2.1.0 requires and what GitHub's code scanning refuses.

use std::collections::BTreeSet;

use regauth::code::Code;
use serde_json::Value;

use super::fixture::{HOSTILE, cluster};
use crate::render::sarif;

fn run(document: &Value) -> &Value {
    &document["runs"][0]
}

fn results(document: &Value) -> &Vec<Value> {
    run(document)["results"].as_array().unwrap()
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    let found = value.pointer(path).unwrap_or_else(|| panic!("{path} of {value}"));
    found.as_str().unwrap_or_else(|| panic!("{path} of {value}"))
}

#[test]
fn what_the_specification_requires_is_there() {
    let document = sarif::report(&cluster(5));
    assert_eq!(document["version"], "2.1.0", "3.13.2");
    assert_eq!(text(&document, "/runs/0/tool/driver/name"), "kubectl-regauth", "3.18.2, 3.19.8");
    assert!(run(&document)["invocations"][0]["executionSuccessful"].is_boolean(), "3.20.14");
    for note in run(&document)["invocations"][0]["toolExecutionNotifications"].as_array().unwrap() {
        assert!(!text(note, "/message/text").is_empty(), "3.58.5");
    }
    let rules = run(&document)["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| text(rule, "/id")).collect();
    assert_eq!(ids.len(), Code::ALL.len(), "3.49.3: ids are there and unique");
    for rule in rules {
        for path in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/helpUri"] {
            assert!(!text(rule, path).is_empty(), "{path} of {rule}");
        }
        assert!(["error", "warning", "note"].contains(&text(rule, "/defaultConfiguration/level")), "3.50.3");
    }
    for result in results(&document) {
        assert!(!text(result, "/message/text").is_empty(), "3.27.11");
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(text(&rules[index], "/id"), text(result, "/ruleId"), "3.27.6");
        let places = result["locations"][0]["logicalLocations"].as_array().unwrap();
        let unique: BTreeSet<String> = places.iter().map(Value::to_string).collect();
        assert_eq!(unique.len(), places.len(), "members are unique: {places:?}");
    }
}

#[test]
fn the_help_of_a_rule_is_what_its_page_says_first() {
    let document = sarif::report(&cluster(5));
    let rules = run(&document)["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "NoCredential").unwrap();
    let lead = "The registry asks for a credential, and this identity has none for it.";
    assert_eq!(text(rule, "/fullDescription/text"), lead);
    assert!(text(rule, "/helpUri").ends_with("/blob/main/docs/runbooks/NoCredential.md"));
}

#[test]
fn every_result_has_a_place_that_github_takes() {
    let mut report = cluster(5);
    report.findings[0].subject.name = HOSTILE.into();
    report.findings[1].subject.name = "registry/r.example.com:5443".into();
    report.findings[2].subject.name = "../../etc/passwd".into();
    report.findings[3].subject.name = String::new();
    let document = sarif::report(&report);
    for result in results(&document) {
        let place = &result["locations"][0]["physicalLocation"];
        let uri = text(place, "/artifactLocation/uri");
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/%".contains(letter);
        assert!(uri.starts_with("kubernetes/") && uri.chars().all(is_plain), "{uri}");
        assert!(!uri.split('/').any(|segment| matches!(segment, "" | "." | "..")), "{uri}");
        assert_eq!(place["region"]["startLine"], 1);
    }
    let uris: Vec<&str> = results(&document)
        .iter()
        .map(|one| text(one, "/locations/0/physicalLocation/artifactLocation/uri"))
        .collect();
    assert_eq!(uris[1], "kubernetes/registry/r.example.com%3A5443");
    assert_eq!(uris[2], "kubernetes/namespaces/team/etc/passwd");
}

#[test]
fn a_finding_keeps_its_fingerprint_in_every_run() {
    let (first, mut later) = (cluster(5), cluster(500));
    later.run.id = "zzzzzzzz".into();
    later.run.started_at = "2027-01-01T00:00:00Z".parse().unwrap();
    later.findings.iter_mut().for_each(|finding| finding.cause = "said otherwise".into());
    let prints = |report| -> Vec<String> {
        let document = sarif::report(report);
        results(&document).iter().map(|one| one["partialFingerprints"].to_string()).collect()
    };
    assert_eq!(prints(&first), prints(&later));
    let unique: BTreeSet<String> = prints(&first).into_iter().collect();
    assert_eq!(unique.len(), first.findings.len());
}

#[test]
fn what_could_not_be_told_is_a_warning_and_what_was_not_checked_is_told() {
    let document = sarif::report(&cluster(5));
    let of = |code: &str| results(&document).iter().find(|one| one["ruleId"] == code).unwrap();
    assert_eq!(of("NotPermitted")["level"], "warning");
    assert_eq!(of("NotPermitted")["properties"]["severity"], "unknown");
    assert_eq!(of("NodeNotTested")["level"], "note");
    assert_eq!(of("CredentialExpired")["properties"]["certain"], false);
    assert_eq!(of("CredentialExpired")["properties"]["alsoPossible"][0], "CredentialRejected");
    let notes = run(&document)["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let levels: Vec<&str> = notes.iter().map(|note| text(note, "/level")).collect();
    assert_eq!(levels, ["note", "warning"]);
}

#[test]
fn brackets_of_hostile_text_are_no_links() {
    let document = sarif::report(&cluster(5));
    let result = results(&document).iter().find(|one| one["ruleId"] == "CredentialExpired").unwrap();
    assert!(text(result, "/message/text").contains("!\\[i\\](http://e.test/) \\\\ "), "{result}");
}

/// A report about a workload that a manifest plans, with a finding of the audit.
fn planned(file: &str, template: &str) -> regauth::report::Report {
    use regauth::evidence::preflight::ManifestPlace;
    use regauth::text::Clean;
    let mut report = cluster(5);
    let place = ManifestPlace { file: Clean::new(file), line: 12, template: Clean::new(template) };
    report.findings.truncate(1);
    report.findings[0].places = vec![place];
    report
}

#[test]
fn what_a_manifest_names_lies_in_its_file_at_its_line() {
    let place = |file: &str, template: &str| {
        let document = sarif::report(&planned(file, template));
        let place = &results(&document)[0]["locations"][0]["physicalLocation"];
        (text(place, "/artifactLocation/uri").to_string(), place["region"]["startLine"].as_u64().unwrap())
    };
    assert_eq!(place("deploy/web app.yaml", ""), ("deploy/web%20app.yaml".into(), 12));
    assert_eq!(place("../up/./web.yaml", ""), ("up/web.yaml".into(), 12));
    assert_eq!(place("-", "web/templates/deployment.yaml"), ("web/templates/deployment.yaml".into(), 1));
    assert!(place("-", "").0.starts_with("kubernetes/"), "the standard input is no file");
}
