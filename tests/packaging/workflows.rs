//! The workflows of GitHub, which cannot run here: they are YAML, name what is there, and pin what they use.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Case, text};

pub const CASES: &[Case] = &[
    Case::new("workflows_name_targets_files_and_jobs_that_are_there", names_are_there),
    Case::new("workflows_pin_what_they_use_and_may_no_more_than_they_need", pinned),
    Case::new("what_a_job_downloads_another_one_uploads_before", handed_on),
    Case::new("the_release_builds_each_platform_that_is_packed", platforms),
];

const FILES: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

fn workflow(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn jobs(workflow: &Value) -> Vec<(&String, &Value)> {
    workflow["jobs"].as_object().expect("jobs").iter().collect()
}

fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().expect("steps")
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn targets() -> BTreeSet<String> {
    let makefile = text("Makefile");
    let named = makefile.lines().filter(|line| line.contains(":") && line.contains("##"));
    named.filter_map(|line| line.split(':').next()).map(String::from).collect()
}

fn names_are_there() {
    let targets = targets();
    for file in FILES {
        let workflow = workflow(file);
        let names: Vec<&String> = jobs(&workflow).into_iter().map(|(name, _)| name).collect();
        for (name, job) in jobs(&workflow) {
            for needed in strings(&job["needs"]) {
                assert!(names.iter().any(|name| *name == needed), "{file}: {name} needs {needed}");
            }
            for step in steps(job) {
                let run = step["run"].as_str().unwrap_or_default();
                let words: Vec<&str> = run.split_whitespace().collect();
                for (at, word) in words.iter().enumerate() {
                    let next = words.get(at + 1).copied().unwrap_or_default();
                    assert!(*word != "make" || targets.contains(next), "{file}: no target {next}");
                    let is_script = word.starts_with("krew/") && !word.ends_with(".yaml");
                    assert!(!is_script || super::root().join(word).is_file(), "{file}: no {word}");
                }
            }
        }
    }
}

fn pinned() {
    for file in FILES {
        let workflow = workflow(file);
        assert_eq!(workflow["permissions"], serde_json::json!({"contents": "read"}), "{file}");
        for (name, job) in jobs(&workflow) {
            for used in steps(job).iter().filter_map(|step| step["uses"].as_str()) {
                let version = used.split_once('@').map(|(_, version)| version).unwrap_or_default();
                let is_version = version
                    .strip_prefix('v')
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                let is_commit = version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
                assert!(is_version || is_commit, "{file}: {name} uses {used} without a version");
            }
            let machine = job["runs-on"].as_str().unwrap_or_default();
            assert!(!machine.is_empty() && !machine.ends_with("-latest"), "{file}: {name} runs on {machine}");
        }
    }
}

/// The patterns of a job's artifacts, what the matrix fills in as `*`.
fn artifacts(job: &Value, action: &str) -> Vec<String> {
    let used =
        steps(job).iter().filter(|step| step["uses"].as_str().is_some_and(|used| used.contains(action)));
    let name = |step: &Value| {
        let name =
            step["with"]["name"].as_str().or_else(|| step["with"]["pattern"].as_str()).unwrap_or_default();
        let (before, after) = name.split_once("${{").unwrap_or((name, ""));
        let after = after.split_once("}}").map_or("", |(_, after)| after);
        if name.contains("${{") { format!("{before}*{after}") } else { name.to_string() }
    };
    used.map(name).collect()
}

fn handed_on() {
    let workflow = workflow(FILES[1]);
    for (name, job) in jobs(&workflow) {
        let needed = strings(&job["needs"]);
        let before = jobs(&workflow).into_iter().filter(|(name, _)| needed.contains(&name.as_str()));
        let uploaded: Vec<String> = before.flat_map(|(_, job)| artifacts(job, "upload-artifact")).collect();
        for wanted in artifacts(job, "download-artifact") {
            let stem = |pattern: &str| pattern.trim_end_matches('*').to_string();
            let fits =
                |made: &String| *made == wanted || made.ends_with('*') && wanted.starts_with(&stem(made));
            assert!(uploaded.iter().any(fits), "{name} downloads {wanted}; {needed:?} upload {uploaded:?}");
        }
    }
}

fn platforms() {
    let workflow = workflow(FILES[1]);
    let built = workflow["jobs"]["binary"]["strategy"]["matrix"]["include"].as_array().expect("a matrix");
    let built: BTreeSet<&str> = built.iter().filter_map(|one| one["platform"].as_str()).collect();
    let pack = text("krew/pack");
    let (_, rest) = pack.split_once("platforms=(").expect("the list");
    let packed: BTreeSet<&str> = rest.split(')').next().unwrap().split_whitespace().collect();
    assert_eq!(built, packed);
    let template = text("krew/regauth.yaml.template");
    for platform in packed {
        assert!(template.contains(&format!("-{platform}.")), "{platform}");
    }
}
