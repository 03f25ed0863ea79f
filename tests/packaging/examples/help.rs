//! The examples, as `--help` prints them.

use std::process::Command;

use super::super::folder::PLUGIN;

/// The least number of examples of a command.
const LEAST: usize = 2;

/// One example.
#[derive(Debug)]
pub struct Example {
    /// The command without the program, such as `image save`.
    pub command: String,
    /// What is typed.
    pub line: String,
}

/// Those of every command that does something itself.
pub fn examples() -> Vec<Example> {
    let mut found = Vec::new();
    of(&[], &mut found);
    found
}

fn of(words: &[&str], found: &mut Vec<Example>) {
    let help = help(words);
    let subcommands = subcommands(&help);
    for subcommand in &subcommands {
        of(&[words, &[subcommand]].concat(), found);
    }
    if subcommands.is_empty() {
        let command = words.join(" ");
        let lines = lines(&help);
        assert!(lines.len() >= LEAST, "`{command} --help` has {} examples: {help}", lines.len());
        found.extend(lines.into_iter().map(|line| Example { command: command.clone(), line }));
    }
}

fn help(words: &[&str]) -> String {
    let output = Command::new(PLUGIN).args(words).arg("--help").output().expect("the plugin runs");
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The names under `Commands:`, without that of help itself.
fn subcommands(help: &str) -> Vec<&str> {
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = listed.lines().take_while(|line| !line.is_empty());
    // What goes on from the line before stands further in.
    let names = lines.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

/// The lines under `Examples:`; one that ends with a backslash goes on.
fn lines(help: &str) -> Vec<String> {
    let Some((_, examples)) = help.split_once("\nExamples:\n") else { return Vec::new() };
    let joined = examples.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with('#')).map(ToString::to_string).collect()
}
