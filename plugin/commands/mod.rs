//! One thin file a subcommand: settings, then the library, then rendering.

mod bundle;
mod cleanup;
mod clock;
mod completion;
mod doctor;
mod events;
mod explain;
mod files;
mod harbor;
mod image;
mod limits;
mod local;
mod monitor;
mod parts;
mod planning;
mod preflight;
mod probe;
mod pull;
mod push;
mod rbac;
mod retest;
mod runs;
mod schema;
mod secrets;
pub mod version;
mod why;
mod workloads;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use regauth::evidence::Run;
use regauth::registry::reference::Reference;
use regauth::report::ExitStatus;

use crate::cli::{Cli, Command, IdentityArgs};
use crate::output::Output;

/// Why a command has nothing to show: one sentence, and the exit status that it means.
#[derive(Debug)]
pub struct Failure {
    text: String,
    status: u8,
    /// The first right that the user lacks, in words, where that is why.
    missing_right: Option<String>,
}

impl Failure {
    /// The user ended it.
    pub fn interrupted(text: String) -> Self {
        Self { text, status: ExitStatus::Interrupted.code(), missing_right: None }
    }

    /// `create pods in namespace x`, where nothing was begun because the user may not.
    pub fn missing_right(&self) -> Option<&str> {
        self.missing_right.as_deref()
    }

    /// 2 for usage errors, and where nothing could be judged at all; 130 where the user ended it.
    pub fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self { text, status: crate::USAGE, missing_right: None }
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        text.to_string().into()
    }
}

impl From<regauth::error::Error> for Failure {
    fn from(error: regauth::error::Error) -> Self {
        let missing_right = match &error {
            regauth::error::Error::MissingRights { rights, namespace, .. } => {
                rights.first().map(|right| right.describe(namespace))
            }
            _ => None,
        };
        Self { missing_right, ..error.to_string().into() }
    }
}

impl From<regauth::api::ApiError> for Failure {
    fn from(error: regauth::api::ApiError) -> Self {
        error.to_string().into()
    }
}

impl From<regauth::api::connect::ConnectError> for Failure {
    fn from(error: regauth::api::connect::ConnectError) -> Self {
        error.to_string().into()
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        format!("the output cannot be written: {error}").into()
    }
}

/// Runs the command; returns the exit status.
pub async fn run(cli: Cli, output: &mut Output) -> Result<u8, Failure> {
    match cli.command {
        Command::Doctor(args) => doctor::run(&cli.connection, &args, output).await,
        Command::Preflight(args) => preflight::run(&cli.connection, &args, output).await,
        Command::Why(args) => why::run(&cli.connection, &args, output).await,
        Command::Secrets(args) => secrets::run(&cli.connection, &args, output).await,
        Command::Pull(args) => pull::run(&cli.connection, *args, output).await,
        Command::Push(args) => push::run(&cli.connection, *args, output).await,
        Command::Probe(args) => probe::run(&cli.connection, &args, output).await,
        Command::Harbor(args) => harbor::run(&cli.connection, *args, output).await,
        Command::Limits(args) => limits::run(&cli.connection, *args, output).await,
        Command::Clock(args) => clock::run(&cli.connection, *args, output).await,
        Command::Monitor(args) => monitor::run(&cli.connection, &args, output).await,
        Command::Explain(args) => explain::run(&cli.connection, &args, output),
        Command::Collect(args) => bundle::collect(&cli.connection, &args, output).await,
        Command::Analyze(args) => bundle::analyze(&args, output),
        Command::Cleanup(args) => cleanup::run(&cli.connection, &args, output).await,
        Command::Rbac(args) => rbac::run(&args, output),
        Command::Schema(args) => schema::run(&args, output),
        Command::Image(args) => image::run(&args, output).await,
        Command::Version(args) => version::run(&cli.connection, &args, output).await,
        Command::Completion(args) => completion::run(&args, output),
    }
}

/// Image references as the kubelet takes them.
fn parse_images(images: &[String]) -> Result<Vec<Reference>, Failure> {
    let parse = |image: &String| {
        Reference::parse(image)
            .map_err(|error| format!("{image:?} is not an image name that the kubelet takes: {error}").into())
    };
    images.iter().map(parse).collect()
}

/// The same without repetition.
fn unique(images: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for image in images {
        if !unique.contains(image) {
            unique.push(image.clone());
        }
    }
    unique
}

/// A run that begins now.
fn new_run(server: &str) -> Result<Run, Failure> {
    Ok(Run::new(regauth::run::new_id()?, server, Timestamp::now()))
}

/// As nobody: no pull secret, not even the ServiceAccount's.
fn unidentified() -> IdentityArgs {
    IdentityArgs { no_pull_secret: true, ..IdentityArgs::default() }
}

/// What asks the API server before anything runs, within the time limit: one that does not answer is named.
async fn within<T>(limit: Duration, asking: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match tokio::time::timeout(limit, asking).await {
        Ok(answered) => answered,
        Err(_) => Err(format!(
            "the API server did not answer within {} s: is it reachable from here, and is its address right? \
             --timeout and --request-timeout change how long is waited",
            limit.as_secs()
        )
        .into()),
    }
}
