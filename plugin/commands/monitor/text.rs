//! What is served, in the text format: the last report, and what it has counted since it began.

use jiff::Timestamp;

use super::figures::Figures;
use super::pulls::Pair;
use crate::render::prometheus::family::{Family, Labels};
use crate::render::prometheus::histogram;

/// All of it.
pub fn figures(figures: &Figures) -> String {
    let families = of_program(figures).into_iter().chain(of_canaries(figures));
    let families = families.chain([pulls(figures), refused(figures)]);
    let written: String = families.map(|family| family.written()).collect();
    figures.report.clone() + &written + &took(figures)
}

fn of_program(figures: &Figures) -> Vec<Family> {
    let mut build = Family::new("regauth_build_info", "Which version serves this; always 1.");
    build.add(vec![("version", env!("CARGO_PKG_VERSION").to_string())], 1.0);
    let mut ended = Family::counter("regauth_checkups_total", "Check-ups by how they ended.");
    for (result, number) in &figures.checkups {
        ended.add(vec![("result", result.as_str().to_string())], exact(*number));
    }
    let mut took =
        Family::new("regauth_checkup_duration_seconds", "How long the last check-up took, in seconds.");
    if let Some(last) = figures.took {
        took.add(Vec::new(), last.as_secs_f64());
    }
    let mut success = Family::new(
        "regauth_checkup_last_success_timestamp_seconds",
        "When the last check-up ended that gave a report, in seconds since 1970 (UTC): the figures are from then.",
    );
    if let Some(at) = figures.last_success {
        success.add(Vec::new(), Timestamp::as_millisecond(at) as f64 / 1e3);
    }
    vec![build, ended, took, success]
}

fn of_canaries(figures: &Figures) -> [Family; 2] {
    let mut attempts = Family::counter(
        "regauth_push_canary_attempts_total",
        "Uploads to a repository that were started and cancelled, by how that ended.",
    );
    let mut ratio = Family::new(
        "regauth_push_canary_success_ratio",
        "The share of the last 20 uploads that could be tried which worked, from 0 to 1.",
    );
    for (repository, tries) in figures.canaries.each() {
        let labels = || vec![("repository", repository.to_string())];
        for (result, number) in &tries.ended {
            let mut labels = labels();
            labels.push(("result", result.to_string()));
            attempts.add(labels, exact(*number));
        }
        if let Some(share) = tries.success() {
            ratio.add(labels(), share);
        }
    }
    [attempts, ratio]
}

fn pulls(figures: &Figures) -> Family {
    let mut pulls = Family::counter(
        "regauth_pulls_total",
        "Pulls by tests, and by kubelets as their events tell, by how they ended.",
    );
    for ((pair, result), number) in &figures.pulls.ended {
        let mut labels = labels(pair);
        labels.push(("result", result.to_string()));
        pulls.add(labels, exact(*number));
    }
    pulls
}

fn took(figures: &Figures) -> String {
    let series = figures.pulls.took.iter().map(|(pair, histogram)| (labels(pair), histogram));
    histogram::written(
        "regauth_pull_duration_seconds",
        "How long pulls took that worked, without waiting for others, in seconds.",
        series,
    )
}

fn refused(figures: &Figures) -> Family {
    let mut refused = Family::counter(
        "regauth_harbor_refused_requests_total",
        "Requests that a core of Harbor refused, by its own metrics or by the telling lines of its log.",
    );
    for (namespace, pod, number) in figures.refused.each() {
        refused.add(vec![("namespace", namespace.to_string()), ("pod", pod.to_string())], number);
    }
    refused
}

fn labels((registry, class): &Pair) -> Labels {
    vec![("registry", registry.clone()), ("node_class", class.clone())]
}

/// Counters stay far below 2^53, up to which every whole number is exact.
fn exact(number: u64) -> f64 {
    number as f64
}
