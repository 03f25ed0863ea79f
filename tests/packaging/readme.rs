//! What the READMEs show without a cluster, done as a new user would: in a terminal, through kubectl, in a copy of a clone, with
//! an empty home and no cluster anywhere.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::folder::{Folder, on_path};
use super::{Case, kubectl, root, terminal, text};

pub const CASES: &[Case] = &[
    Case {
        name: "what_the_readme_shows_without_a_cluster_is_what_is_printed",
        is_possible,
        run: || shows("README.md"),
    },
    Case {
        name: "what_the_chinese_readme_shows_without_a_cluster_is_what_is_printed",
        is_possible,
        run: || shows("README.zh-CN.md"),
    },
    Case::new("a_line_of_dots_stands_for_any_lines_and_nothing_else_does", dots),
];

/// As wide as what the READMEs show.
const COLUMNS: u16 = 110;

/// Stands for lines that are left out.
const LEFT_OUT: &str = "…";

/// What is printed between two commands.
const END: &str = "--- end of what was printed, exit status";

fn is_possible() -> bool {
    kubectl::find().is_some() && on_path("git").is_some() && terminal::is_possible()
}

/// A command, and what the README says that it prints.
#[derive(Debug)]
struct Shown {
    typed: String,
    printed: Vec<String>,
}

/// The commands of a block, which begin with `$ `.
fn commands(block: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(typed), _) => found.push(Shown { typed: typed.to_string(), printed: Vec::new() }),
            (None, Some(last)) => last.printed.push(line.to_string()),
            (None, None) => panic!("a block begins with a command: {line}"),
        }
    }
    found
}

fn shows(readme: &str) {
    let folder = Folder::new();
    let clone = clone(&folder);
    let text = text(readme);
    let blocks: Vec<&str> = text
        .split("\n```console\n")
        .skip(1)
        .map(|rest| rest.split("\n```\n").next().unwrap_or_default())
        .collect();
    assert!(blocks.len() >= 2, "{readme} shows nothing that can be tried");
    for block in blocks {
        let shown = commands(block);
        let told = run(&folder, &clone, &shown);
        assert_eq!(told.len(), shown.len(), "{block}");
        for (at, (shown, (printed, status))) in shown.iter().zip(&told).enumerate() {
            let is_told = self::told(&shown.printed, printed);
            assert!(is_told, "{readme}: {}\nprints:\n{}", shown.typed, printed.join("\n"));
            let says_status = commands(block).get(at + 1).is_some_and(|next| next.typed == "echo $?");
            assert!(says_status || *status == 0, "{readme}: {} ends with {status}", shown.typed);
        }
    }
}

/// The files that a clone has, without what a build leaves; changes that are not committed yet are in it.
fn clone(folder: &Folder) -> std::path::PathBuf {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let clone = folder.folder("kubectl-regauth");
    for name in String::from_utf8(listed.stdout).expect("UTF-8").split_terminator('\0') {
        copy(&root().join(name), &clone.join(name));
    }
    clone
}

fn copy(from: &Path, to: &Path) {
    // What is deleted and not committed yet is listed, too.
    if from.is_file() {
        fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs::copy(from, to).expect("copied");
    }
}

/// What each command prints, and its exit status. They are typed one after the other into one shell.
fn run(folder: &Folder, clone: &Path, shown: &[Shown]) -> Vec<(Vec<String>, i32)> {
    let home = folder.folder("home");
    let typed = |one: &Shown| format!("{}\nstatus=$?; echo '{END}' $status; (exit $status)\n", one.typed);
    let session = folder.file("session", &shown.iter().map(typed).collect::<String>());
    let path = std::env::join_paths([folder.bin(), kubectl_folder(folder), "/usr/bin".into(), "/bin".into()]);
    let mut script = Command::new("script");
    script.env_clear().env("PATH", path.expect("a PATH")).env("HOME", home).current_dir(clone);
    let lines = terminal::shown(&mut script, &format!("bash {}; true", session.display()), COLUMNS);
    let mut told = Vec::new();
    let mut printed = Vec::new();
    for line in lines.iter().map(|line| terminal::plain(line)) {
        match line.strip_prefix(END) {
            Some(status) => {
                told.push((std::mem::take(&mut printed), status.trim().parse().expect("a status")))
            }
            None => printed.push(line),
        }
    }
    told
}

/// A folder with nothing but kubectl.
fn kubectl_folder(folder: &Folder) -> std::path::PathBuf {
    let only = folder.folder("kubectl");
    let link = only.join("kubectl");
    if !link.exists() {
        std::os::unix::fs::symlink(kubectl::find().expect("kubectl"), link).expect("a link");
    }
    only
}

/// Whether what is printed is what is shown, where a line of [`LEFT_OUT`] stands for any lines.
fn told(shown: &[String], printed: &[String]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (Some((first, rest)), _) if first == LEFT_OUT => {
            (0..=printed.len()).any(|skipped| told(rest, &printed[skipped..]))
        }
        (Some((first, rest)), Some((line, others))) => {
            first.trim_end() == line.trim_end() && told(rest, others)
        }
        (shown, printed) => shown.is_none() && printed.is_none(),
    }
}

fn dots() {
    let lines = |text: &str| text.lines().map(ToString::to_string).collect::<Vec<_>>();
    for (shown, printed, expected) in [
        ("a\nb", "a\nb", true),
        ("a\n…\nd", "a\nb\nc\nd", true),
        ("a\n…", "a", true),
        ("a", "a\nb", false),
        ("a\nb", "a", false),
        ("a …", "a b", false),
    ] {
        assert_eq!(told(&lines(shown), &lines(printed)), expected, "{shown:?} {printed:?}");
    }
}
