//! How people get the plugin: what the READMEs and the commands' help show, versions, completion by the real kubectl and the
//! real shells, archives and krew's manifest, the workflows, and what must compile on other platforms. A test whose program is
//! not on this machine is counted as ignored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(missing_docs)]

#[cfg(target_os = "linux")]
mod api;
#[cfg(target_os = "linux")]
mod archives;
#[cfg(target_os = "linux")]
mod complete;
#[cfg(target_os = "linux")]
mod examples;
#[cfg(target_os = "linux")]
mod folder;
#[cfg(target_os = "linux")]
mod krew;
#[cfg(target_os = "linux")]
#[path = "../support/kubectl.rs"]
mod kubectl;
#[cfg(target_os = "linux")]
mod picture;
mod portable;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod readme;
#[cfg(target_os = "linux")]
mod shells;
#[cfg(target_os = "linux")]
mod svg;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod version;
mod workflows;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test, and the program that it needs.
pub struct Case {
    /// A sentence.
    pub name: &'static str,
    /// Whether what it needs is here.
    pub is_possible: fn() -> bool,
    /// The test; it panics when it fails.
    pub run: fn(),
}

impl Case {
    /// A test that needs nothing.
    pub const fn new(name: &'static str, run: fn()) -> Self {
        Self { name, is_possible: || true, run }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut cases = vec![portable::CASES, workflows::CASES];
    #[cfg(target_os = "linux")]
    cases.extend([
        archives::CASES,
        complete::CASES,
        examples::CASES,
        krew::CASES,
        picture::CASES,
        readme::CASES,
        shells::CASES,
        version::CASES,
    ]);
    let trial = |case: &'static Case| {
        let run = || {
            (case.run)();
            Ok(())
        };
        Trial::test(case.name, run).with_ignored_flag(!(case.is_possible)())
    };
    let trials = cases.into_iter().flatten().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The package's folder.
pub fn root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the package.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
