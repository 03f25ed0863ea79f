//! What is offered where, without a cluster.

use clap::CommandFactory;

use super::values::{NAMES, Values, of};
use super::*;

/// The names of what is offered, and the directive.
async fn offered(words: &[&str]) -> (Vec<String>, u8) {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    let told = answer(&words).await;
    let mut lines: Vec<String> = told.lines().map(String::from).collect();
    let directive = lines.pop().unwrap().strip_prefix(':').unwrap().parse().unwrap();
    let name = |line: String| line.split('\t').next().unwrap().to_string();
    (lines.into_iter().map(name).collect(), directive)
}

async fn names_of(words: &[&str]) -> Vec<String> {
    offered(words).await.0
}

#[tokio::test]
async fn commands_are_offered_with_what_they_do_and_none_twice() {
    let (names, directive) = offered(&[""]).await;
    assert_eq!(directive, NO_FILES);
    for name in ["why", "pull", "version", "completion"] {
        assert_eq!(names.iter().filter(|one| *one == name).count(), 1, "{name}: {names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with('_') || name == "help"), "{names:?}");
    assert_eq!(names_of(&["pu"]).await, ["pull", "push"]);
    assert_eq!(names_of(&["-n", "team", "pul"]).await, ["pull"]);
    assert_eq!(names_of(&["image", ""]).await, ["save", "push"]);
    let told = answer(&["version".into()]).await;
    assert_eq!(told.lines().next().unwrap().split_once('\t').unwrap().0, "version");
}

#[tokio::test]
async fn a_flag_is_offered_once_and_not_again_unless_it_may_be_repeated() {
    let (names, directive) = offered(&["pull", "--"]).await;
    assert_eq!(directive, NO_FILES);
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    assert!(names.contains(&"--method".to_string()) && names.contains(&"--namespace".to_string()));
    let given = names_of(&["pull", "-n", "team", "--method=probe", "--node", "a", "--"]).await;
    assert!(!given.contains(&"--namespace".to_string()) && !given.contains(&"--method".to_string()));
    assert!(given.contains(&"--node".to_string()), "it may be repeated: {given:?}");
    assert!(!given.contains(&"--all-nodes".to_string()), "--node excludes it: {given:?}");
    assert_eq!(names_of(&["pull", "-n"]).await, ["-n"]);
    assert!(names_of(&["pull", "--", "--me"]).await.is_empty());
}

#[tokio::test]
async fn values_of_flags_are_offered_in_every_form_of_writing() {
    for words in [&["pull", "--method", ""][..], &["pull", "--method="], &["pull", "x", "--method="]] {
        assert_eq!(names_of(words).await, ["kubelet", "probe", "both"], "{words:?}");
    }
    assert_eq!(
        names_of(&["pull", "--dry-run="]).await,
        ["client", "server"],
        "the hidden one is not offered"
    );
    assert!(names_of(&["pull", "-oj"]).await.contains(&"json".to_string()));
    assert_eq!(offered(&["pull", "--proxy", ""]).await, (vec![], NO_FILES));
    assert_eq!(offered(&["explain", "-f", ""]).await, (vec![], 0), "files");
    assert_eq!(offered(&["completion", "install", "--dir", ""]).await, (vec![], FOLDERS));
    // What follows a flag that takes no next word is a positional argument.
    assert!(names_of(&["why", "--dry-run", ""]).await.contains(&"deploy/".to_string()));
}

#[tokio::test]
async fn codes_and_kinds_are_offered_without_a_cluster() {
    assert_eq!(names_of(&["explain", "PullSecretM"]).await, ["PullSecretMissing", "PullSecretMalformed"]);
    let (kinds, directive) = offered(&["why", ""]).await;
    assert!(kinds.contains(&"deploy/".to_string()) && kinds.contains(&"cronjob/".to_string()), "{kinds:?}");
    assert_eq!(directive, NO_FILES | NO_SPACE);
    assert_eq!(offered(&["pull", "--as-workload", "d"]).await.0, ["deploy/", "ds/"]);
}

#[tokio::test]
async fn nonsense_is_answered_with_nothing() {
    for words in [
        &[][..],
        &["--"],
        &["-"],
        &["nothing", "--known", ""],
        &["pull", "--=", "-="],
        &["pull", "\u{1b}[31m"],
        &["-n", "--namespace"],
    ] {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let told = answer(&words).await;
        assert!(told.lines().last().unwrap().starts_with(':'), "{words:?}: {told}");
    }
}

#[test]
fn the_connections_flags_are_understood_wherever_they_stand() {
    let mut root = Cli::command();
    root.build();
    let words = ["--context", "a", "pull", "x", "-nteam", "--kubeconfig=/k", "--request-timeout", "1s", ""];
    let line = Line::read(&root, &words.map(String::from));
    let connection = line.connection();
    assert_eq!(connection.context.as_deref(), Some("a"));
    assert_eq!(connection.namespace.as_deref(), Some("team"));
    assert_eq!(connection.kubeconfig.as_deref(), Some(std::path::Path::new("/k")));
    let line = Line::read(&root, &["pull", "--request-timeout", "soon", "-n", "x", ""].map(String::from));
    assert_eq!(line.connection().namespace, None, "what makes no sense is left out");
}

#[test]
fn every_flag_that_takes_a_name_is_told_what_it_names() {
    let mut root = Cli::command();
    root.build();
    // Names of what is no object, or of one whose kind is not known.
    let free = ["tls-server-name", "run"];
    let mut unused: Vec<&str> = NAMES.iter().map(|(long, _)| *long).collect();
    let mut commands = vec![&root];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands());
        for arg in command.get_arguments() {
            let long = arg.get_long().unwrap_or_default();
            unused.retain(|name| *name != long);
            let is_name = arg.get_value_names().unwrap_or_default().iter().any(|name| *name == "NAME");
            let is_told = of(arg) != Values::Free || free.contains(&long);
            assert!(
                !is_name || is_told,
                "--{long} of {}: say in values.rs what it names",
                command.get_name()
            );
        }
    }
    assert!(unused.is_empty(), "no command has these flags: {unused:?}");
}

#[test]
fn only_the_first_word_asks() {
    let args = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    assert_eq!(
        asked(args(&["kubectl-regauth", "__complete", "a", ""])),
        Some(vec!["a".into(), String::new()])
    );
    assert_eq!(asked(args(&["kubectl-regauth", "explain", "__complete"])), None);
    assert_eq!(asked(args(&["kubectl-regauth"])), None);
}

#[test]
fn a_candidate_is_one_line_whatever_its_name_is() {
    let odd: Vec<Candidate> =
        [("a\nb", ""), ("a\u{1b}[0m", ""), ("", ""), ("ab", "x\ty\nz"), ("ab", "again")]
            .map(|(name, about)| (name.to_string(), about.to_string()))
            .to_vec();
    assert_eq!(written(&odd, "a", 4), "ab\tx y\n:4\n");
}
