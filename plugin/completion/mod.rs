//! Completion at a shell's prompt: `kubectl-regauth __complete WORD…`, which kubectl calls by the shim
//! `kubectl_complete-regauth`, and our own scripts call themselves.
//!
//! The last word is the one to complete, and may be empty. Each line of the answer is a candidate, with a description
//! behind a tab; the last one is `:N`, a sum of cobra's `ShellCompDirective`s. What cannot be had is left out: at a
//! prompt there is no place for an error.

mod line;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use regauth::api::{connect, contexts};
use regauth::code::Code;
use regauth::collect::identity::WorkloadRef;
use regauth::collect::names::{self, Objects};

use self::line::{Line, Spot};
use self::values::Values;
use crate::cli::{Cli, Connection};
use crate::settings;

/// The word that asks for candidates in place of running a command.
pub const ASKING: &str = "__complete";
/// How long a person is left waiting for names of the cluster.
const PATIENCE: Duration = Duration::from_secs(2);

/// No space after the only candidate: it goes on.
const NO_SPACE: u8 = 2;
/// No file names where there is no candidate.
const NO_FILES: u8 = 4;
/// Folders only.
const FOLDERS: u8 = 16;

/// A candidate and what it is.
type Candidate = (String, String);

/// The words to complete, where that is what the program was called for.
pub fn asked(args: impl IntoIterator<Item = OsString>) -> Option<Vec<String>> {
    let mut args = args.into_iter().skip(1);
    let is_asked = args.next().is_some_and(|first| first == ASKING);
    is_asked.then(|| args.map(|word| word.to_string_lossy().into_owned()).collect())
}

/// The candidates for the last word, as kubectl takes them.
pub async fn answer(words: &[String]) -> String {
    let mut root = Cli::command();
    root.build();
    let line = Line::read(&root, words);
    let (candidates, directive) = match &line.spot {
        Spot::Flag => (line.flags(), NO_FILES),
        Spot::Command => (line.subcommands(), NO_FILES),
        Spot::Value(arg) => of_value(values::of(arg), &line).await,
        Spot::Nothing => (Vec::new(), NO_FILES),
    };
    written(&candidates, &line.begun, directive)
}

fn written(candidates: &[Candidate], begun: &str, directive: u8) -> String {
    let mut text = String::new();
    let mut told = BTreeSet::new();
    for (name, about) in candidates {
        let fits = name.starts_with(begun) && !name.is_empty() && !name.contains(char::is_control);
        if !fits || !told.insert(name) {
            continue;
        }
        text.push_str(name);
        let about: String = about.lines().next().unwrap_or_default().replace('\t', " ");
        if !about.is_empty() {
            text.push('\t');
            text.push_str(&about);
        }
        text.push('\n');
    }
    text + &format!(":{directive}\n")
}

async fn of_value(values: Values, line: &Line<'_>) -> (Vec<Candidate>, u8) {
    let plain = |names: Vec<String>| names.into_iter().map(|name| (name, String::new())).collect();
    let kubeconfig = || contexts::names(line.connection().kubeconfig.as_deref());
    match values {
        Values::Listed(candidates) => (candidates, NO_FILES),
        Values::Codes => (codes(), NO_FILES),
        Values::Contexts => (plain(kubeconfig().contexts), NO_FILES),
        Values::Clusters => (plain(kubeconfig().clusters), NO_FILES),
        Values::Users => (plain(kubeconfig().users), NO_FILES),
        Values::Cluster(objects) => (plain(of_cluster(objects, line).await), NO_FILES),
        Values::Workloads => match line.begun.split_once('/') {
            None => {
                (plain(WorkloadRef::kinds().map(|kind| format!("{kind}/")).collect()), NO_FILES | NO_SPACE)
            }
            Some((kind, _)) => {
                let names = of_cluster(Objects::Workloads(kind.to_string()), line).await;
                (plain(names.iter().map(|name| format!("{kind}/{name}")).collect()), NO_FILES)
            }
        },
        Values::Files => (Vec::new(), 0),
        Values::Folders => (Vec::new(), FOLDERS),
        Values::Free => (Vec::new(), NO_FILES),
    }
}

fn codes() -> Vec<Candidate> {
    Code::ALL.iter().map(|code| (code.to_string(), code.meaning().to_string())).collect()
}

/// Names from the cluster. A credential plugin of the kubeconfig may hold up its thread, so that the time is taken by
/// another.
async fn of_cluster(objects: Objects, line: &Line<'_>) -> Vec<String> {
    let connection = line.connection();
    let asking = tokio::spawn(async move {
        let Ok(api) = connect(&settings::connect_options(&connection)).await else { return Vec::new() };
        let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
        names::names(&api, &objects, &namespace, PATIENCE).await
    });
    // A little more than what is waited for the server: what has come by then is shown.
    let limit = PATIENCE + Duration::from_millis(200);
    tokio::time::timeout(limit, asking).await.ok().and_then(Result::ok).unwrap_or_default()
}

/// Of a line's flags, those about the connection.
#[derive(Debug, Parser)]
#[command(name = "kubectl-regauth", no_binary_name = true)]
struct ConnectionOnly {
    #[command(flatten)]
    connection: Connection,
}

impl Line<'_> {
    /// How the cluster is reached; where the flags make no sense, as if there were none.
    fn connection(&self) -> Connection {
        let given = ConnectionOnly::try_parse_from(&self.connection_flags);
        let given = given.or_else(|_| ConnectionOnly::try_parse_from::<_, &str>([]));
        given.map_or_else(|_| Connection::default(), |only| only.connection)
    }
}
