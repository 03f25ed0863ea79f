//! Tests on a real cluster: the scenarios of tests/scenarios, and the cases that a scenario cannot tell.
//!
//! The cluster is the one of tests/cluster, brought up here and taken down at the end (one that is up already
//! is used and left up), or the one that KUBECONFIG_E2E names: then only what breaks no node is run, and probes
//! only if REGAUTH_PROBE_IMAGE names their image. Where neither can be had, every test is counted as ignored, and
//! the reason is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(missing_docs)]

mod cases;
mod logins;
mod planted;
mod scenario;
mod secrets;
mod steps;
mod support;
mod table;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use support::cluster::{self, Kind};

#[derive(Clone, Copy)]
/// A test, and whether it breaks nodes or needs what only the project's own cluster has.
pub struct Case {
    /// A sentence.
    pub name: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// The test; it panics when it fails.
    pub run: fn(&support::space::Space),
}

/// What a test needs of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Any cluster.
    AnyCluster,
    /// Any cluster whose nodes can pull the probe's image.
    ProbeImage,
    /// The project's own: its registries, faults, logs.
    OwnCluster,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Faults are the cluster's, not a test's own.
    arguments.test_threads = Some(1);
    let started = if arguments.list { Err("only listed".to_string()) } else { cluster::start() };
    let kind = match &started {
        Ok(cluster) => Some(cluster.kind),
        Err(_) if arguments.list => None,
        Err(reason) => {
            if std::env::var_os("REGAUTH_E2E_REQUIRED").is_some() {
                eprintln!("the cluster tests cannot run: {reason}");
                return ExitCode::FAILURE;
            }
            eprintln!("\n*** ALL TESTS ON A REAL CLUSTER ARE SKIPPED: {reason} ***\n");
            None
        }
    };
    let runs = |needs: Needs| match kind {
        Some(Kind::Own) => true,
        Some(Kind::Foreign) => {
            needs == Needs::AnyCluster || (needs == Needs::ProbeImage && cluster::probe_image().is_some())
        }
        None => false,
    };
    let mut trials: Vec<Trial> = Vec::new();
    for case in cases::all() {
        let trial = Trial::test(case.name, move || {
            support::space::with(case.name, case.run);
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!runs(case.needs)));
    }
    for scenario in scenario::all() {
        let needs = scenario.needs;
        let name = format!("scenario {}: {}", scenario.name, scenario.title);
        let trial = Trial::test(name, move || {
            scenario.run();
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!runs(needs)));
    }
    // The last one, so that all have run. It needs no cluster.
    trials.push(Trial::test("the table of scenarios in docs is theirs", || {
        table::write(&scenario::all());
        Ok(table::copy_is_whole(&scenario::all())?)
    }));
    let skipped = trials.iter().filter(|trial| trial.has_ignored_flag()).count();
    if skipped > 0 && kind.is_some() {
        eprintln!(
            "\n*** {skipped} tests need the project's own cluster, or the probe's image (REGAUTH_PROBE_IMAGE), and \
             are skipped ***\n"
        );
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Ok(cluster) = started {
        cluster.end();
    }
    conclusion.exit_code()
}
