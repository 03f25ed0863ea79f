//! What is being typed: a walk along the words by the definitions of the arguments. Pure.

use clap::{Arg, ArgAction, Command, Id};

use super::Candidate;

/// A command line up to the cursor.
pub struct Line<'a> {
    /// The subcommand that was reached.
    command: &'a Command,
    /// The flags that were given.
    given: Vec<&'a Arg>,
    /// Those about the connection, with their values.
    pub connection_flags: Vec<String>,
    /// What is to be completed.
    pub spot: Spot<'a>,
    /// What is there of it.
    pub begun: String,
}

/// What a word may become.
#[derive(Clone, Copy)]
pub enum Spot<'a> {
    /// A flag.
    Flag,
    /// A subcommand.
    Command,
    /// The value of a flag, or a positional argument.
    Value(&'a Arg),
    /// Nothing: there are no more arguments.
    Nothing,
}

impl<'a> Line<'a> {
    /// Reads words, of which the last is to be completed, by the definitions of `root`, which is built.
    pub fn read(root: &'a Command, words: &[String]) -> Self {
        let (last, before) = words.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
        let mut walk = Walk::from(root);
        for word in before {
            walk.step(word);
        }
        let (spot, begun) = walk.at(last);
        let Walk { command, given, connection_flags, .. } = walk;
        Self { command, given, connection_flags, spot, begun }
    }

    /// The flags that may still be given.
    pub fn flags(&self) -> Vec<Candidate> {
        let flags = self.command.get_arguments().filter(|arg| !arg.is_hide_set() && self.may_be_given(arg));
        let short = |arg: &Arg| arg.get_short().map(|letter| format!("-{letter}"));
        // The short form stands only where it was typed: nothing is listed twice.
        let named = |arg: &Arg| {
            let long = arg.get_long().map(|name| format!("--{name}"));
            short(arg).filter(|name| *name == self.begun).or(long)
        };
        flags.filter_map(|arg| Some((named(arg)?, about(arg.get_help())))).collect()
    }

    fn may_be_given(&self, arg: &Arg) -> bool {
        let is_given = self.given.iter().any(|given| given.get_id() == arg.get_id());
        let repeats = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
        let excludes = |one: &Arg, other: &Arg| {
            self.command.get_arg_conflicts_with(one).iter().any(|known| known.get_id() == other.get_id())
        };
        let is_excluded = self.given.iter().any(|given| excludes(given, arg) || excludes(arg, given));
        (!is_given || repeats) && !is_excluded
    }

    /// The subcommands of the one that was reached.
    pub fn subcommands(&self) -> Vec<Candidate> {
        let shown = self.command.get_subcommands().filter(|command| !command.is_hide_set());
        shown.map(|command| (command.get_name().to_string(), about(command.get_about()))).collect()
    }
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

/// Where a walk stands.
struct Walk<'a> {
    command: &'a Command,
    given: Vec<&'a Arg>,
    connection_flags: Vec<String>,
    /// The flag whose value comes next.
    waiting: Option<&'a Arg>,
    /// How many positional arguments were passed.
    passed: usize,
    /// After `--`.
    only_positional: bool,
}

impl<'a> Walk<'a> {
    fn from(root: &'a Command) -> Self {
        let (given, connection_flags) = (Vec::new(), Vec::new());
        Self { command: root, given, connection_flags, waiting: None, passed: 0, only_positional: false }
    }

    /// One whole word.
    fn step(&mut self, word: &str) {
        if let Some(arg) = self.waiting.take() {
            return self.keep(arg, word);
        }
        match self.flag(word) {
            _ if self.only_positional => self.passed += 1,
            _ if word == "--" => self.only_positional = true,
            Some((arg, Some(value))) => {
                self.given.push(arg);
                self.keep(arg, value);
            }
            Some((arg, None)) => {
                self.given.push(arg);
                self.waiting = takes_next(arg).then_some(arg);
            }
            None if is_flag(word) => {}
            None => match self.command.find_subcommand(word).filter(|_| self.passed == 0) {
                Some(command) => self.enter(command),
                None => self.passed += 1,
            },
        }
    }

    fn enter(&mut self, command: &'a Command) {
        self.command = command;
        // A flag that was given before its subcommand is the same flag there.
        let given: Vec<Id> = self.given.iter().map(|arg| arg.get_id().clone()).collect();
        self.given = command.get_arguments().filter(|arg| given.contains(arg.get_id())).collect();
    }

    fn keep(&mut self, arg: &Arg, value: &str) {
        if let Some(long) = arg.get_long().filter(|_| arg.is_global_set()) {
            self.connection_flags.push(format!("--{long}={value}"));
        }
    }

    /// What the last word may become, and what there is of it.
    fn at(&self, last: &str) -> (Spot<'a>, String) {
        let whole = |spot| (spot, last.to_string());
        if let Some(arg) = self.waiting {
            return whole(Spot::Value(arg));
        }
        if !self.only_positional && last.starts_with('-') {
            return match self.flag(last) {
                Some((arg, Some(value))) => (Spot::Value(arg), value.to_string()),
                _ => whole(Spot::Flag),
            };
        }
        if self.command.has_subcommands() {
            return whole(Spot::Command);
        }
        whole(self.positional().map_or(Spot::Nothing, Spot::Value))
    }

    /// The positional argument that comes next; one that repeats goes on.
    fn positional(&self) -> Option<&'a Arg> {
        let repeats = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Append);
        let mut all = self.command.get_positionals();
        all.nth(self.passed).or_else(|| self.command.get_positionals().last().filter(repeats))
    }

    /// The flag that a word names, and the value in the same word. Of short flags in one word, the last.
    fn flag<'w>(&self, word: &'w str) -> Option<(&'a Arg, Option<&'w str>)> {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let is_named = |arg: &&Arg| {
                arg.get_long() == Some(name)
                    || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
            };
            return self.command.get_arguments().find(is_named).map(|arg| (arg, value));
        }
        let mut found = None;
        for (at, letter) in word.strip_prefix('-')?.char_indices() {
            let arg = self.command.get_arguments().find(|arg| arg.get_short() == Some(letter))?;
            found = Some((arg, None));
            let rest = word.get(1 + at + letter.len_utf8()..).unwrap_or_default();
            if takes_value(arg) && !rest.is_empty() {
                return Some((arg, Some(rest.strip_prefix('=').unwrap_or(rest))));
            }
        }
        found
    }
}

fn is_flag(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// Whether the value is the next word.
fn takes_next(arg: &Arg) -> bool {
    takes_value(arg) && !arg.is_require_equals_set()
}
