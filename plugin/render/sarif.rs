//! A report as SARIF 2.1.0 (OASIS), for GitHub's code scanning, Azure DevOps and editors: the codes are rules, the findings
//! results.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regauth::code::Code;
use regauth::finding::{Finding, Severity};
use regauth::report::{NotChecked, NotCheckedState, Report};
use regauth::text::capitalised;
use serde_json::{Value, json};

use super::findings::{certainty, place};
use super::{headline, page};

/// Where the schema is (SARIF 2.1.0 errata 01, 3.13.3).
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What may stand in a segment of a path as it is (RFC 3986, `unreserved`). A colon in the first segment would make a scheme
/// of what is before it, and GitHub refuses a file with any scheme but `file`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The name of the fingerprint, with the version of how it is made.
const FINGERPRINT: &str = "regauthFinding/v1";

/// The report.
pub fn report(report: &Report) -> Value {
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver(report) },
            // Without the run's id: GitHub takes results of one category for the same analysis, and closes what is gone.
            "automationDetails": { "id": format!("{}/", headline::command(report).replace(' ', "-")) },
            "invocations": [invocation(report)],
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
            "columnKind": "utf16CodeUnits",
            "properties": { "run": report.run.id, "cluster": report.run.server },
        }],
    })
}

fn driver(report: &Report) -> Value {
    json!({
        "name": "kubectl-regauth",
        "version": report.run.version,
        "semanticVersion": report.run.version,
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": Code::ALL.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
    })
}

fn rule(code: Code) -> Value {
    let lead = page::lead(code.runbook());
    json!({
        "id": code.as_str(),
        "name": code.as_str(),
        "shortDescription": { "text": format!("{}.", capitalised(code.meaning())) },
        "fullDescription": { "text": lead },
        "help": {
            "text": format!("{lead} More: {}", page::url(code)),
            "markdown": format!("{lead}\n\n[What it means and how to mend it]({})", page::url(code)),
        },
        "helpUri": page::url(code),
        "defaultConfiguration": { "level": level(code.severity()) },
        "properties": { "severity": code.severity().as_str() },
    })
}

/// What could not be told is a warning: GitHub shows neither the level `none` nor another kind than `fail`, and unknown
/// never passes for healthy.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning | Severity::Unknown => "warning",
        Severity::Info => "note",
    }
}

fn invocation(report: &Report) -> Value {
    let notifications: Vec<Value> = report.not_checked.iter().map(notification).collect();
    json!({
        "executionSuccessful": !report.run.interrupted,
        "startTimeUtc": report.run.started_at.to_string(),
        "toolExecutionNotifications": notifications,
    })
}

fn notification(item: &NotChecked) -> Value {
    let level = if item.state == NotCheckedState::LeftOut { "note" } else { "warning" };
    let text = format!("Not checked ({}): {}: {}", headline::state(item.state), item.what, item.why);
    json!({ "level": level, "message": { "text": text } })
}

fn result(finding: &Finding) -> Value {
    let index = Code::ALL.iter().position(|code| *code == finding.code);
    json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": message(finding) },
        "locations": [location(finding)],
        // The same in every run: by what is wrong and where, and neither by words nor by numbers that change.
        "partialFingerprints": { FINGERPRINT: finding.key() },
        "properties": {
            "severity": finding.severity.as_str(),
            "certain": finding.certain,
            "alsoPossible": finding.also_possible,
            "settleBy": finding.settle_by,
            "messages": finding.messages,
            "evidence": finding.evidence,
            "fixes": finding.fixes,
        },
    })
}

/// The first sentence is all that GitHub shows in a list. Brackets would be links to elsewhere (3.11.6).
fn message(finding: &Finding) -> String {
    let mut text = format!("{} ({}{})", finding.cause, place(&finding.subject), certainty(finding));
    for fix in &finding.fixes {
        text.push_str(&format!("\n\nMend: {}\n{}", fix.what, fix.command));
    }
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// GitHub refuses a file in which a result has no physical location. An object of a cluster has no file: the place is the
/// object's path under `kubernetes/`, relative because any scheme but `file` is refused, which is in no repository and the same
/// in every run. Others do likewise: Trivy gives the image's name as a path.
fn location(finding: &Finding) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(finding) },
            // There is no line; GitHub asks for one.
            "region": { "startLine": 1 },
        },
        "logicalLocations": logical(finding),
    })
}

fn uri(finding: &Finding) -> String {
    let namespace = finding.subject.namespace.as_str();
    let scope = if namespace.is_empty() { Vec::new() } else { vec!["namespaces", namespace] };
    let name = if finding.subject.name.is_empty() { "unknown" } else { finding.subject.name.as_str() };
    let path = ["kubernetes"].into_iter().chain(scope).chain(name.split('/'));
    // Neither an empty segment nor one that goes up.
    let segments = path.filter(|segment| !matches!(*segment, "" | "." | ".."));
    segments.map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect::<Vec<_>>().join("/")
}

/// The subject first, then what it concerns.
fn logical(finding: &Finding) -> Vec<Value> {
    let subject = &finding.subject;
    let full = match subject.namespace.as_str() {
        "" => subject.name.clone(),
        namespace => format!("namespace/{namespace}/{}", subject.name),
    };
    let one = |kind: &str, name: &str, full: &str| json!({ "kind": kind, "name": name, "fullyQualifiedName": full });
    let named = |kind: &'static str, names: &[String]| {
        // Members of an array must be unique (3.34).
        let names: BTreeSet<String> = names.iter().cloned().collect();
        names.into_iter().map(move |name| one(kind, &name, &format!("{kind}/{name}"))).collect::<Vec<_>>()
    };
    let namespace: Vec<String> =
        Some(subject.namespace.clone()).filter(|name| !name.is_empty()).into_iter().collect();
    let mut all = vec![one("resource", &subject.name, &full)];
    all.extend(named("namespace", &namespace));
    all.extend(named("node", &subject.nodes));
    all.extend(named("image", &subject.images));
    all
}
