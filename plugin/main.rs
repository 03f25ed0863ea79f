//! `kubectl regauth`: the plugin's shell. It alone prints and sets the exit status.

mod cli;
mod commands;
mod output;
mod progress;
mod render;
mod settings;
mod signals;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::Cli;
use crate::output::Output;

/// The exit status of usage errors, and of runs that could judge nothing at all.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and errors to stderr; a closed stream is no reason to complain.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    start_log(cli.connection.verbosity);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let mut output = Output::of_process();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(commands::run(cli, &mut output));
            // A request that hangs does not hold up the end.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(commands::Failure::from(format!("the runtime cannot start: {error}"))),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output.error(&failure.to_string());
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
