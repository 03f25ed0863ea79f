//! What would not compile on other platforms stands behind a `cfg`: no other target's standard library is needed to see
//! that. CI compiles for all of them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Case, root, text};

pub const CASES: &[Case] = &[
    Case::new("what_only_some_platforms_have_stands_behind_a_cfg", behind_cfg),
    Case::new("a_dependency_that_only_some_platforms_have_is_one_of_theirs_only", dependencies),
];

/// What only Unix, or Linux, or Windows has.
const MARKS: &[&str] = &[
    "std::os::unix",
    "std::os::linux",
    "std::os::windows",
    "std::os::fd",
    "tokio::signal::unix",
    "tokio::signal::windows",
    "rustix::",
    "rtime_clock",
    "libc::",
    "nix::",
    "PermissionsExt",
    "MetadataExt",
    "OsStrExt",
    "OsStringExt",
    "AsRawFd",
    "UnixStream",
    "UnixListener",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
            false => {}
        }
    }
    found
}

/// The paragraphs of a source that name what not every platform has and no `cfg` that says where.
fn unguarded(source: &str) -> Vec<&str> {
    // Tests run on Linux, in CI on others too as far as they are portable.
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let names = |paragraph: &str| {
        let code = paragraph.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.clone().any(|line| MARKS.iter().any(|mark| line.contains(mark))) && !paragraph.contains("cfg(")
    };
    source.split("\n\n").filter(|paragraph| names(paragraph)).collect()
}

fn behind_cfg() {
    assert_eq!(unguarded("fn a() {}\n\nfn b() {\n    rustix::x();\n}\n").len(), 1);
    assert!(
        unguarded("#[cfg(unix)]\nfn b() {\n    rustix::x();\n}\n\n// rustix:: is not there\n").is_empty()
    );
    let mut wrong = Vec::new();
    for file in ["src", "plugin"].iter().flat_map(|folder| files(&root().join(folder))) {
        let is_tests = file.components().any(|part| part.as_os_str() == "tests")
            || file.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("tests"));
        if is_tests {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        wrong.extend(unguarded(&source).iter().map(|part| format!("{}:\n{part}", file.display())));
    }
    assert!(wrong.is_empty(), "behind no cfg:\n{}", wrong.join("\n\n"));
}

fn dependencies() {
    let manifest = text("Cargo.toml");
    let (common, _) = manifest.split_once("[target.").expect("dependencies of platforms");
    let (_, common) = common.split_once("\n[dependencies]").expect("dependencies");
    for name in ["rustix", "rtime-clock", "libc", "nix", "windows-sys"] {
        let is_there = common.lines().any(|line| line.starts_with(&format!("{name} ")));
        assert!(!is_there, "{name} is for some platforms only: put it under [target.'cfg(…)'.dependencies]");
    }
}
