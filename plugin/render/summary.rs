//! What was tested, what was not and why, and what the test leaves on the nodes.

use regauth::evidence::harbor::seen::Via;
use regauth::evidence::{Action, Presence};
use regauth::plan::Check;
use regauth::report::{HarborSummary, LimitRow, Report, UPLOAD_LEFT, Verdict};

use super::findings::{DEFAULT_WIDTH, some, wrapped};
use super::grid::Layout;
use super::lines::{self, Line};
use super::sheets::ROOMY;
use super::{clock, compared, explain, workloads};

/// The last lines for a person.
pub fn summary(report: &Report, lines: &[Line], limits: &[&LimitRow], layout: &Layout) -> String {
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let mut out = String::from("\n");
    for (begin, text) in tested_as(report, lines, limits, layout) {
        out.push_str(&wrapped(begin, &text, width));
    }
    for text in untested(report) {
        out.push_str(&wrapped("not tested: ", &text, width));
    }
    for item in report.not_checked.iter().filter(|item| item.what.starts_with(UPLOAD_LEFT)) {
        out.push_str(&wrapped("note: ", &format!("{}: {}.", item.what, item.why), width));
    }
    if let Some(text) = left_behind(report) {
        out.push_str(&wrapped("note: ", &text, width));
    }
    out
}

/// What was tested and as whom, a sentence each, for formats that list by themselves what was not.
pub fn sentences(report: &Report) -> Vec<String> {
    if let Some(text) = &report.text {
        return vec![explain::summary(report, text)];
    }
    let lines = lines::lines(report);
    let limits: Vec<&LimitRow> = report.limits().collect();
    let told = tested_as(report, &lines, &limits, &ROOMY).into_iter();
    told.map(|(begin, text)| format!("{begin}{text}"))
        .chain(left_behind(report).map(|text| format!("note: {text}")))
        .chain(compared::told(report).into_iter().map(|(begin, text)| format!("{begin}{text}")))
        .collect()
}

/// What was tested and as whom: what a line begins with, and the rest of it.
fn tested_as(
    report: &Report,
    lines: &[Line],
    limits: &[&LimitRow],
    layout: &Layout,
) -> Vec<(&'static str, String)> {
    let clocks = clock::summary(report);
    let are_clocks = !clocks.is_empty();
    let mut told: Vec<(&str, String)> = clocks.into_iter().map(|text| ("", text)).collect();
    if !are_clocks || report.plan.action != Action::Clock {
        told.push(("", tested(report, lines, limits)));
    }
    told.extend(lines::identities(lines, layout).into_iter().map(|text| ("as: ", text)));
    told.extend(series(report).into_iter().map(|text| ("", text)));
    if report.run.interrupted && !are_clocks {
        let untested = lines.iter().filter(|line| line.result == Verdict::NotTested).count();
        told.push(("interrupted: ", format!("{untested} of {} were not tested.", lines.len())));
    }
    told
}

/// For a pipe: what was tested and what was not, a line each.
pub fn for_pipe(report: &Report, lines: &[Line], limits: &[&LimitRow]) -> String {
    let tested = (report.plan.action != Action::Clock).then(|| tested(report, lines, limits));
    let untested = untested(report).into_iter().map(|text| format!("not tested: {text}"));
    tested.into_iter().chain(untested).map(|text| text + "\n").collect()
}

/// What was not tested and why. Of pulls and pushes the rows themselves say so.
fn untested(report: &Report) -> Vec<String> {
    let told = |what: &str| {
        matches!(
            report.plan.action,
            Action::Harbor | Action::Why | Action::Secrets | Action::Doctor | Action::Preflight
        ) || what.starts_with("node/")
            || what.ends_with("nodes")
            || what.starts_with("the clock")
    };
    let items = report.not_checked.iter().filter(|item| told(&item.what));
    items.map(|item| format!("{}: {}", item.what, item.why)).collect()
}

fn tested(report: &Report, lines: &[Line], limits: &[&LimitRow]) -> String {
    if let Some(summary) = &report.workloads {
        return workloads::summary(report, summary);
    }
    let results = lines.iter().map(|line| line.result).chain(limits.iter().map(|row| row.result));
    let results: Vec<Verdict> = results.chain(report.cores().map(|row| row.result)).collect();
    let count = |verdict: Verdict| results.iter().filter(|result| **result == verdict).count();
    let (place, all, untested) = (place(report), results.len(), count(Verdict::NotTested));
    let left_out = if untested == 0 { String::new() } else { format!(", {untested} not tested") };
    match all - untested {
        0 if report.harbor.as_ref().is_some_and(|harbor| harbor.front.is_some()) => {
            format!("No core was asked by itself, but the front door, {place}.")
        }
        0 => format!("Nothing was tested, {place}."),
        _ => format!("{} of {all} {}{left_out}, {place}.", count(Verdict::Ok), what(report, lines)),
    }
}

fn what(report: &Report, lines: &[Line]) -> &'static str {
    let has = |method: &str| lines.iter().any(|line| line.method == method);
    match report.plan.action {
        Action::Limits => "answers told a pull limit, or that there is none",
        Action::Push => "pushes would be accepted",
        Action::Harbor => "Harbor cores are as they should be",
        Action::Clock => "clocks were read",
        Action::Explain => "causes",
        // They have a summary of their own.
        Action::Why | Action::Secrets | Action::Doctor | Action::Preflight => "workloads are well",
        Action::Pull if has("kubelet") && has("probe") => "pulls and probes worked",
        Action::Pull if has("probe") => "probes worked",
        Action::Pull => "pulls worked",
    }
}

/// `in namespace team as deploy/web (secret regcred)`, or `from this machine`.
fn place(report: &Report) -> String {
    let plan = &report.plan;
    if let Some(harbor) = &report.harbor {
        return of_harbor(harbor);
    }
    if plan.checks == [Check::ProbeLocal] {
        return "from this machine".into();
    }
    format!("in namespace {} as {}", plan.namespace, plan.whom())
}

/// `in namespace harbor, asked through port-forward`.
pub(super) fn of_harbor(harbor: &HarborSummary) -> String {
    let whence = match harbor.via {
        Some(Via::Pod) => "asked from a pod in the cluster",
        Some(Via::PortForward) => "asked through the API server's port-forward",
        Some(Via::Url) => "asked by the URL from this machine",
        None => "which nobody asked",
    };
    match harbor.namespace.is_empty() {
        true => whence.to_string(),
        false => format!("in namespace {}, {whence}", harbor.namespace),
    }
}

/// Repeated pushes: how often they were refused, and how sure that is.
fn series(report: &Report) -> Vec<String> {
    let pause = report.plan.probe.as_ref().map_or(0, |probe| probe.interval_ms);
    let told = report.probes().filter_map(|row| {
        let series = row.series.as_ref()?;
        let place = if row.node.is_empty() { "this machine" } else { row.node.as_str() };
        let tried = series.accepted.saturating_add(series.refused).saturating_add(series.failed);
        let mut text = format!(
            "from {place}: {tried} of {} pushes to {}, {} apart: {} accepted, {} refused, {} not told.",
            series.asked,
            row.image,
            super::units::millis(pause),
            series.accepted,
            series.refused,
            series.failed
        );
        if let Some(rate) = series.refusal_rate {
            text.push_str(&format!(" Refused: {}.", rate.describe()));
        }
        if let Some(why) = &series.stopped {
            text.push_str(&format!(" It ended early: {why}."));
        }
        Some(text)
    });
    told.collect()
}

/// Nodes that have the image now and had not before.
fn left_behind(report: &Report) -> Option<String> {
    let new = report.pulls().filter(|row| row.result == Verdict::Ok && row.on_node_before == Presence::No);
    let new: Vec<String> = new.map(|row| row.node.clone()).collect();
    (!new.is_empty()).then(|| {
        format!(
            "the image is now on {}, where it was not before: pods with imagePullPolicy IfNotPresent may start \
             there from this copy.",
            some(&new)
        )
    })
}
