//! The program of the probe image: does its task, writes what it saw to the termination message and to stdout.
//!
//! It exits with 0 when it could look, whatever it saw.

use std::io::Write as _;
use std::process::ExitCode;

use regauth::probe;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["probe", "--task", task] => probe::run(task),
        ["--version"] => Ok(format!("regauth-probe {}", env!("CARGO_PKG_VERSION"))),
        _ => {
            Err("usage: regauth-probe probe --task JSON (kubectl regauth makes the pod that runs it)".into())
        }
    };
    let (text, status) = match done {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(message) => (format!("regauth-probe: {message}"), ExitCode::from(2)),
    };
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => status,
        Err(_) => ExitCode::from(2),
    }
}
