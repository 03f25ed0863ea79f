//! What every finding code must have: a page that says what to do, a rule that gives it, and a test in which something
//! broken shows it, or a sentence that says why none can.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "documents/chinese.rs"]
mod chinese;
#[path = "documents/markdown.rs"]
mod markdown;
#[path = "documents/readmes.rs"]
mod readmes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regauth::code::Code;
use regauth::finding::Severity;
use serde_json::Value;

/// Headings of a page, in order.
const HEADINGS: &[&str] =
    &["What it means", "How it shows", "How to confirm", "How to mend", "How to keep it from coming back"];

/// Tests that are no scenario and have rules judge something broken: on the real cluster, against scripted registries,
/// against processes of the stand-in for Harbor's core.
const CASES: &[&str] = &["tests/e2e/cases", "tests/protocol", "tests/harbor"];

/// Where the reasons for codes without a scenario stand: `| CODE | sentence |`.
const REASONS: &str = "tests/scenarios/README.md";

/// Words of advice that makes failures rarer and leaves their cause.
const HIDING: &[&str] = &["sticky session", "sessionaffinity", "retries"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below a folder that end so, those of unit tests left out.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for path in listed.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.is_dir() {
            true if name != "tests" => found.extend(files(&path, ending)),
            false if name.ends_with(ending) && !name.ends_with("tests.rs") => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

/// The codes that Rust source names: `Code::X`, `C::X` (an alias that rules use), or X as a word of a text.
fn named(source: &str) -> BTreeSet<&'static str> {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let names = |code: &&Code| {
        let name = code.as_str();
        source.match_indices(name).any(|(at, _)| {
            let (before, after) = (&source[..at], &source[at + name.len()..]);
            let path = before.strip_suffix("::").map(|path| path.rsplit(|one| !is_letter(one)).next());
            let is_codes = path.is_none_or(|parent| matches!(parent, Some("Code" | "C")));
            is_codes && !before.ends_with(is_letter) && !after.starts_with(is_letter)
        })
    };
    Code::ALL.iter().filter(names).map(|code| code.as_str()).collect()
}

/// Source without its unit tests and comments.
fn code_of(source: &str) -> String {
    let tested = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    tested.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn named_in(folder: &str) -> BTreeSet<&'static str> {
    files(&root().join(folder), ".rs").iter().flat_map(|path| named(&code_of(&text(path)))).collect()
}

/// The codes that scenarios expect as findings.
fn expected_by_scenarios() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for path in files(&root().join("tests/scenarios"), "scenario.yaml") {
        let scenario: Value = serde_saphyr::from_str(&text(&path)).expect("YAML");
        let findings = scenario["expect"]["findings"].as_array().cloned();
        let findings = findings.unwrap_or_else(|| panic!("{} expects no list of findings", path.display()));
        codes.extend(findings.iter().filter_map(|one| one["code"].as_str()).map(str::to_string));
    }
    codes
}

/// The stated reasons, by code.
fn reasons() -> BTreeMap<String, String> {
    let readme = text(&root().join(REASONS));
    let rows =
        readme.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.filter(|(first, _)| first.starts_with(|letter: char| letter.is_ascii_uppercase()))
        .map(|(code, reason)| (code.to_string(), reason.to_string()))
        .collect()
}

#[test]
fn every_code_has_a_page_with_the_fixed_headings() {
    for code in Code::ALL {
        let page = code.runbook();
        assert_eq!(page.lines().next(), Some(format!("# {code}").as_str()));
        let found: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(found, HEADINGS, "{code}");
        for section in page.split("\n## ").skip(1) {
            let body = section.split_once('\n').map_or("", |(_, body)| body);
            assert!(body.trim().len() > 40, "{code}: a section says nothing: {section}");
        }
    }
}

#[test]
fn every_page_is_of_a_code_and_listed_once_with_its_severity_and_meaning() {
    let folder = root().join("docs/runbooks");
    let index = text(&folder.join("README.md"));
    for path in files(&folder, ".md") {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(name == "README" || name.parse::<Code>().is_ok(), "{name} is the page of no code");
    }
    let listed = index.lines().filter(|line| line.starts_with("- [")).count();
    for code in Code::ALL {
        let severity = match code.severity() {
            Severity::Error => "",
            Severity::Warning => " (warning)",
            Severity::Info => " (info)",
            Severity::Unknown => " (could not tell)",
        };
        let line = format!("- [{code}]({code}.md){severity}: {}", code.meaning());
        assert_eq!(index.lines().filter(|one| *one == line).count(), 1, "once in the index: {line}");
    }
    assert_eq!(listed, Code::ALL.len(), "the index lists what is no code");
}

#[test]
fn every_code_has_a_rule() {
    let rules = named_in("src/diagnose");
    let without: Vec<&Code> = Code::ALL.iter().filter(|code| !rules.contains(code.as_str())).collect();
    assert_eq!(without, [] as [&Code; 0], "no rule gives these");
}

#[test]
fn every_code_has_a_scenario_or_a_case_or_a_stated_reason_for_none() {
    let scenarios = expected_by_scenarios();
    let cases: BTreeSet<&str> = CASES.iter().flat_map(|folder| named_in(folder)).collect();
    let reasons = reasons();
    for code in Code::ALL {
        let is_shown = scenarios.contains(code.as_str()) || cases.contains(code.as_str());
        match reasons.get(code.as_str()) {
            Some(_) if is_shown => {
                panic!("{code} has a scenario or a case: take its reason out of {REASONS}")
            }
            Some(reason) => {
                assert!(reason.len() > 20 && reason.ends_with('.'), "{code}: a sentence: {reason}")
            }
            None => {
                assert!(is_shown, "{code} has no scenario and no case: add one, or a reason to {REASONS}")
            }
        }
    }
    for code in scenarios.iter().chain(reasons.keys()) {
        assert!(code.parse::<Code>().is_ok(), "{code} is no code");
    }
}

/// Texts of programs stand in code blocks and are no advice; `How it shows` gives none either.
#[test]
fn advice_that_hides_a_cause_says_that_it_does() {
    for code in Code::ALL {
        for section in code.runbook().split("\n## ").filter(|section| section.starts_with("How to ")) {
            let prose: String = section.split("```").step_by(2).collect();
            for paragraph in prose.split("\n\n").map(str::to_lowercase) {
                let advice = HIDING.iter().find(|word| paragraph.contains(**word));
                let is_said = paragraph.contains("hide");
                assert!(is_said || advice.is_none(), "{code}: {advice:?} in: {paragraph}");
            }
        }
    }
}
