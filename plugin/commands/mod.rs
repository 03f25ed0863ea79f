//! One thin file a subcommand: settings, then the library, then rendering.

mod cleanup;
mod image;
mod pull;
mod rbac;

use std::fmt;

use crate::cli::{Cli, Command};
use crate::output::Output;

/// Why a command could judge nothing: one sentence, for exit status 2.
#[derive(Debug)]
pub struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<regauth::error::Error> for Failure {
    fn from(error: regauth::error::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<regauth::api::ApiError> for Failure {
    fn from(error: regauth::api::ApiError) -> Self {
        Self(error.to_string())
    }
}

impl From<regauth::api::connect::ConnectError> for Failure {
    fn from(error: regauth::api::connect::ConnectError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(format!("the output cannot be written: {error}"))
    }
}

/// Runs the command; returns the exit status.
pub async fn run(cli: Cli, output: &mut Output) -> Result<u8, Failure> {
    match cli.command {
        Command::Pull(args) => pull::run(&cli.connection, *args, output).await,
        Command::Cleanup(args) => cleanup::run(&cli.connection, &args, output).await,
        Command::Rbac(args) => rbac::run(&args, output),
        Command::Image(args) => image::run(&args, output),
    }
}
