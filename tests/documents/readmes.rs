//! The READMEs: what they name is there, and the Chinese one is in step with the English one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::markdown::{document, without_remarks};
use super::{files, root, text};

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// The documents that link to each other.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = READMES.iter().map(|name| root().join(name)).collect();
    found.extend(["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)));
    found.extend(files(&root().join("docs"), ".md"));
    found
}

/// A heading as a link names it: GitHub's rule.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut wrong = Vec::new();
    for path in documents() {
        let folder = path.parent().expect("a folder");
        for target in document(&text(&path)).targets {
            if target.starts_with("http") {
                continue;
            }
            let (file, section) = target.split_once('#').unwrap_or((&target, ""));
            let file = if file.is_empty() { path.clone() } else { folder.join(file) };
            let is_there = file.exists();
            let has_section = section.is_empty()
                || is_there && document(&text(&file)).headings.iter().any(|one| anchor(one) == section);
            if !is_there || !has_section {
                wrong.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "these links lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn the_readmes_name_each_other_and_have_the_same_parts() {
    let [english, chinese] = READMES.map(|name| document(&text(&root().join(name))));
    assert!(english.targets.contains(&READMES[1].to_string()));
    assert!(chinese.targets.contains(&READMES[0].to_string()));
    assert_eq!(chinese.levels, english.levels, "headings");
    assert_eq!((chinese.items, chinese.rows), (english.items, english.rows), "items, rows of tables");
    assert_eq!(chinese.blocks.len(), english.blocks.len(), "blocks of code");
    for (ours, theirs) in chinese.blocks.iter().zip(&english.blocks) {
        assert_eq!(ours.language, theirs.language);
        assert_eq!(without_remarks(ours), without_remarks(theirs));
    }
    let documents = |targets: &[String]| {
        let others = targets.iter().filter(|one| !one.starts_with('#') && !READMES.contains(&one.as_str()));
        others.cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(documents(&chinese.targets), documents(&english.targets), "where links lead to");
    let spans = |spans: Vec<String>| spans.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(spans(chinese.spans), spans(english.spans), "what stands in quotes of code");
}

#[test]
fn every_make_target_that_a_document_names_is_there() {
    let makefile = text(&root().join("Makefile"));
    let mut named = BTreeSet::new();
    for path in documents() {
        let parts = document(&text(&path));
        let lines = parts.blocks.iter().flat_map(|block| block.text.lines());
        let told = lines.chain(parts.spans.iter().map(String::as_str));
        named.extend(told.filter_map(|line| line.trim().strip_prefix("make ").map(target)));
    }
    assert!(named.contains("demo") && named.contains("install"), "{named:?}");
    for target in named {
        assert!(makefile.contains(&format!("\n{target}:")), "the Makefile has no target {target}");
    }
}

fn target(words: &str) -> String {
    words.split_whitespace().next().unwrap_or_default().to_string()
}

#[test]
fn the_index_of_documents_lists_each_of_them() {
    let listed = document(&text(&root().join("docs/README.md"))).targets;
    for path in files(&root().join("docs"), ".md") {
        let is_page = path.parent().is_some_and(|folder| folder != Path::new(&root().join("docs")));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(
            is_page || name == "README.md" || listed.contains(&name),
            "docs/README.md does not list {name}"
        );
    }
}
