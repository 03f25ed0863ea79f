//! Every command's help has two examples, and the parser takes each of them; tests/packaging/examples runs them.

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

/// Documents with commands to paste.
const DOCUMENTS: &[&str] =
    &["README.md", "README.zh-CN.md", "docs/commands.md", "docs/cluster.md", "docs/runbooks/README.md"];

/// The plugin's commands in blocks and quotes of code of a document. A shorthand of several, with brackets, bars or dots,
/// is none.
fn commands_of(document: &str) -> Vec<String> {
    let joined = document.replace("\\\n", " ");
    let is_block = |at: usize| at % 2 == 1;
    let mut found = Vec::new();
    for (at, part) in joined.split("```").enumerate() {
        match is_block(at) {
            true => found.extend(part.lines().map(ToString::to_string)),
            false => {
                // `kubectl regauth push` alone is the command's name.
                let spans = part.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " "));
                found.extend(spans.filter(|span| span.split_whitespace().count() > 3));
            }
        }
    }
    let is_shorthand = |line: &String| line.contains(['[', '…', '|']) && !line.contains('\'');
    found.retain(|line| line.trim_start_matches("$ ").trim_start().starts_with("kubectl regauth "));
    found.retain(|line| !is_shorthand(line) && !line.contains(" COMMAND"));
    found
}

#[test]
fn the_parser_takes_the_commands_of_the_documents() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents: Vec<(String, String)> = Vec::new();
    for name in DOCUMENTS {
        documents.push((name.to_string(), std::fs::read_to_string(root.join(name)).unwrap()));
    }
    for code in regauth::code::Code::ALL {
        documents.push((code.to_string(), code.runbook().to_owned()));
    }
    let (mut taken, mut wrong) = (0, Vec::new());
    for (name, text) in documents {
        for line in commands_of(&text) {
            let words: Vec<String> = words(&line, "kubectl regauth")
                .unwrap_or_default()
                .iter()
                .map(|word| filled_in(word))
                .collect();
            match words.get(1..).map(Cli::try_parse_from) {
                Some(Ok(_)) => taken += 1,
                Some(Err(error)) if is_help(&error) => taken += 1,
                Some(Err(error)) => wrong.push(format!("{name}: {line}\n{error}")),
                None => wrong.push(format!("{name}: {line}\nis no command")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(taken > 200, "{taken}");
}

/// A word in which names that the reader has to fill in stand as one that the parser takes.
fn filled_in(word: &str) -> String {
    match word.contains(|letter: char| letter.is_ascii_lowercase()) || word.starts_with('-') {
        true => word.to_owned(),
        false => word.replace("IP:PORT", "192.0.2.7:443").replace('_', "-").to_lowercase(),
    }
}

/// `--help` and `--version` are errors to the parser.
fn is_help(error: &clap::Error) -> bool {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    matches!(error.kind(), DisplayHelp | DisplayVersion)
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
