//! What is deployed: the chart by the real Helm, the kustomization by the real kubectl, both against each other and
//! against `rbac`; alerts and dashboard by the real promtool, and a real Prometheus that scrapes and raises an alert. What
//! these need is provided by tests/deploy/tools; where that is impossible, the tests are counted as ignored and the
//! reason is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(missing_docs)]

#[cfg(target_os = "linux")]
#[path = "deploy/alerts.rs"]
mod alerts;
#[cfg(target_os = "linux")]
#[path = "deploy/chart.rs"]
mod chart;
#[cfg(target_os = "linux")]
#[path = "deploy/dashboard.rs"]
mod dashboard;
#[cfg(target_os = "linux")]
#[path = "deploy/objects.rs"]
mod objects;
#[cfg(target_os = "linux")]
#[path = "deploy/prometheus.rs"]
mod prometheus;
#[cfg(target_os = "linux")]
#[path = "deploy/rights.rs"]
mod rights;
#[cfg(target_os = "linux")]
#[path = "deploy/schedule.rs"]
mod schedule;
#[cfg(target_os = "linux")]
#[path = "deploy/scraped.rs"]
mod scraped;
#[cfg(target_os = "linux")]
#[path = "deploy/toolbox.rs"]
mod toolbox;

/// A test: a sentence, and what panics when it fails.
pub type Case = (&'static str, fn());

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let mut arguments = libtest_mimic::Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let missing = if arguments.list { None } else { toolbox::missing() };
    if let Some(reason) = &missing {
        eprintln!("\n*** WHAT IS DEPLOYED IS NOT TESTED: {reason} ***\n");
    }
    let cases =
        [chart::CASES, rights::CASES, schedule::CASES, alerts::CASES, dashboard::CASES, scraped::CASES];
    let trial = |(name, run): &'static Case| {
        let run = || {
            run();
            Ok(())
        };
        libtest_mimic::Trial::test(*name, run).with_ignored_flag(missing.is_some())
    };
    let trials = cases.into_iter().flatten().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
