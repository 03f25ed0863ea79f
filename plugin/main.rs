//! `kubectl regauth`: the plugin's shell. It alone prints and sets the exit status.
// As in the library: where names are looked up by the system (Windows), futures lie deeper still.
#![recursion_limit = "256"]

mod cli;
mod commands;
mod completion;
mod output;
mod progress;
mod render;
mod settings;
mod signals;
mod versions;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::Cli;
use crate::commands::Failure;
use crate::output::Output;

/// The exit status of usage errors, and of runs that could judge nothing at all.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut output = Output::of_process();
    if let Some(words) = completion::asked(std::env::args_os()) {
        let answering = async { Ok(output.data(&completion::answer(&words).await).map(|()| 0)?) };
        return status(blocking(answering));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and errors to stderr; a closed stream is no reason to complain.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    start_log(cli.connection.verbosity);
    status(blocking(commands::run(cli, &mut output)))
}

/// Runs a future to its end. A request that hangs does not hold up the end.
fn blocking(future: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::from(format!("the runtime cannot start: {error}")))?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}

fn status(result: Result<u8, Failure>) -> ExitCode {
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            Output::of_process().error(&failure.to_string());
            ExitCode::from(failure.status())
        }
    }
}

/// Only this program's own lines are shown, at any verbosity: those of the HTTP and Kubernetes client
/// libraries can hold bodies and headers.
fn start_log(verbosity: u8) {
    let level = match verbosity {
        0 => "error",
        1..=5 => "warn",
        _ => "debug",
    };
    let filter = EnvFilter::new(format!("off,regauth={level}"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .try_init();
}
