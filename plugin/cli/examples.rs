//! Every command's help has two examples, and the parser takes each of them.

use clap::{Command, CommandFactory, Parser};

use super::Cli;

/// The least number of examples of a command.
const LEAST: usize = 2;

/// Commands that do something themselves, with what a user types to reach them.
fn leaves<'a>(command: &'a Command, path: &str, found: &mut Vec<(String, &'a Command)>) {
    let mut subcommands = command.get_subcommands().filter(|one| !one.is_hide_set()).peekable();
    if subcommands.peek().is_none() {
        found.push((path.to_string(), command));
    }
    for one in subcommands {
        leaves(one, &format!("{path} {}", one.get_name()), found);
    }
}

/// What stands under `Examples:`, a line each; one that ends with a backslash goes on.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let Some((_, examples)) = help.split_once("Examples:\n") else { return Vec::new() };
    let joined = examples.replace("\\\n", " ");
    joined.lines().map(|line| line.trim().to_string()).take_while(|line| !line.is_empty()).collect()
}

/// The words of the command in a line that begins with `start`, as a shell takes them apart.
fn words(line: &str, start: &str) -> Option<Vec<String>> {
    let typed = &line[line.find(start)?..];
    let mut quote = None;
    let mut escaped = false;
    let end = typed.char_indices().find(|(_, letter)| {
        let is_end = quote.is_none() && !escaped && matches!(letter, '|' | '>' | '<' | ')' | ';' | '&');
        quote = match (quote, letter) {
            _ if escaped => quote,
            (None, '\'' | '"') => Some(*letter),
            (Some(open), letter) if open == *letter => None,
            (quote, _) => quote,
        };
        escaped = !escaped && *letter == '\\' && quote != Some('\'');
        is_end
    });
    shlex::split(&typed[..end.map_or(typed.len(), |(at, _)| at)])
}

#[test]
fn every_command_has_two_examples_that_the_parser_takes() {
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    leaves(&root, "kubectl regauth", &mut found);
    assert!(found.len() > 10, "{}", found.len());
    let mut wrong = Vec::new();
    for (path, command) in found {
        let mut taken = 0;
        for line in examples(command).iter().filter(|line| !line.starts_with('#')) {
            match words(line, &path).map(|words| Cli::try_parse_from(&words[1..])) {
                Some(Ok(_)) => taken += 1,
                Some(Err(error)) => wrong.push(format!("{line}\n{error}")),
                None => wrong.push(format!("{line}\ndoes not call `{path}`")),
            }
        }
        if taken < LEAST {
            wrong.push(format!("`{path} --help` has {taken} examples that work, and must have {LEAST}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn an_example_ends_where_another_command_begins() {
    let taken = |line: &str| words(line, "kubectl regauth").unwrap_or_default().join("_");
    assert_eq!(taken("kubectl describe pod x | kubectl regauth explain"), "kubectl_regauth_explain");
    assert_eq!(taken("kubectl regauth rbac --pull | kubectl apply -f -"), "kubectl_regauth_rbac_--pull");
    assert_eq!(taken("source <(kubectl regauth completion bash)"), "kubectl_regauth_completion_bash");
    assert_eq!(taken(r#"kubectl regauth explain 'a "b|c": d' >x"#), r#"kubectl_regauth_explain_a "b|c": d"#);
    assert_eq!(words("kubectl get pods", "kubectl regauth"), None);
}

#[test]
fn the_definitions_are_sound() {
    Cli::command().debug_assert();
}
