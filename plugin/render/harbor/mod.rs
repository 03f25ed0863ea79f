//! Harbor: one line a core, the picture of who accepts whose tokens, and what clients see.

mod columns;
pub mod matrix;
#[cfg(test)]
pub(super) mod tests;

use std::fmt::Write;

use regauth::diagnose::short_kid;
use regauth::rate::percent;
use regauth::report::harbor_rows::{DecisionRow, FailingRow, KeyRow};
use regauth::report::{CoreRow, HarborSummary, Report};

use super::findings::{DEFAULT_WIDTH, wrapped};
use super::grid::{Layout, grid};
use super::sheets::{self, Sheet};
use super::units::none;
use columns::{columns, short_sum};

/// Under this width names are cut to what tells them apart.
const ROOMY: u16 = 140;
/// Under this width keys' ids are cut.
const NARROW: u16 = 76;

/// The cores as a table; empty where there are none.
pub fn table(report: &Report, layout: &Layout) -> String {
    let mut rows: Vec<CoreRow> = report.cores().cloned().collect();
    if rows.is_empty() {
        return String::new();
    }
    if is_narrower(layout, ROOMY) {
        shorten(&mut rows);
    }
    grid(&rows, &columns(&rows, layout), |row| row.result, layout)
}

/// The cores as a sheet.
pub fn sheet(report: &Report) -> Option<Sheet> {
    let rows: Vec<CoreRow> = report.cores().cloned().collect();
    Sheet::of("Harbor's cores", &rows, &columns(&rows, &sheets::ROOMY), |row| row.result)
}

fn is_narrower(layout: &Layout, width: u16) -> bool {
    !layout.wide && layout.width.is_some_and(|own| own < width)
}

/// Names without the beginning that all of them have.
fn shorten(rows: &mut [CoreRow]) {
    let cut = common(&rows.iter().map(|row| row.pod.as_str()).collect::<Vec<_>>());
    for row in rows {
        row.pod = without(&row.pod, cut);
    }
}

/// How long the beginning is that all names share, up to a dash.
fn common(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) else { return 0 };
    let same = |name: &&str| first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let shared = rest.iter().map(same).min().unwrap_or_default();
    let upto = first.get(..shared).and_then(|text| text.rfind('-')).map_or(0, |at| at + 1);
    if upto > 4 { upto } else { 0 }
}

fn without(name: &str, cut: usize) -> String {
    match name.get(cut..) {
        Some(rest) if cut > 0 => format!("…{rest}"),
        _ => name.to_string(),
    }
}

/// What is known of the Harbor as a whole, below the table.
pub fn section(report: &Report, layout: &Layout) -> String {
    let Some(harbor) = &report.harbor else { return String::new() };
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let mut out = matrix::picture(harbor, layout);
    let mut lines = String::new();
    for key in harbor.keys.iter().filter(|_| harbor.keys.len() > 1 || layout.wide) {
        lines.push_str(&wrapped(
            &format!("key {}: ", key.letter),
            &key_words(key, is_narrower(layout, NARROW)),
            width,
        ));
    }
    for (label, words) in remarks(harbor) {
        lines.push_str(&wrapped(label, &words, width));
    }
    if !lines.is_empty() {
        let _ = write!(out, "\n{lines}");
    }
    out
}

/// The keys and all that is remarked of a Harbor as a whole: names and words.
pub fn told(harbor: &HarborSummary) -> Vec<(String, String)> {
    let keys = harbor.keys.iter().map(|key| (format!("key {}", key.letter), key_words(key, false)));
    let remarks = remarks(harbor).into_iter();
    keys.chain(remarks.map(|(label, words)| (label.trim_end_matches(": ").to_string(), words))).collect()
}

/// `1 token`, `30 tokens`.
fn counted(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn key_words(key: &KeyRow, short: bool) -> String {
    let id = match (&key.kid, &key.file_sha256) {
        (Some(kid), _) if short => short_kid(kid),
        (None, Some(sum)) if short => format!("file SHA-256 {}", short_sum(sum)),
        (Some(kid), _) => kid.clone(),
        (None, Some(sum)) => format!("file SHA-256 {sum}"),
        (None, None) => none(),
    };
    let fits = match key.agrees_with_secret {
        Some(true) => ", what the Secret holds now",
        Some(false) => ", not what the Secret holds now",
        None => "",
    };
    let cores = key.cores.len();
    format!("{id}{fits}, on {cores} core{}", if cores == 1 { "" } else { "s" })
}

fn remarks(harbor: &HarborSummary) -> Vec<(&'static str, String)> {
    let mut lines: Vec<(&'static str, String)> = Vec::new();
    // Nothing is failing where every core accepts every token.
    lines.extend(
        harbor
            .failing
            .as_ref()
            .filter(|failing| failing.request_rate > 0.0)
            .map(|failing| ("failing: ", failing_words(failing))),
    );
    if let Some(first) = harbor.nodes.first() {
        let reached = harbor.nodes.iter().filter(|node| node.gets_tokens).count();
        lines.push(("nodes: ", format!("{reached} of {} get tokens at {}", harbor.nodes.len(), first.url)));
    }
    if let Some(front) = &harbor.front {
        let letter = |kid: &str| {
            let own = harbor.keys.iter().find(|key| key.kid.as_deref() == Some(kid));
            own.map_or_else(|| short_kid(kid), |key| format!("key {}", key.letter))
        };
        let mut words: Vec<String> = front
            .kids
            .iter()
            .map(|one| format!("{} of {}", counted(one.count, "token"), letter(one.kid.as_str())))
            .collect();
        if front.without_token > 0 {
            words.push(format!("{} without a token", counted(front.without_token, "request")));
        }
        words.extend(front.rejected.map(|rate| format!("the same token rejected in {}", rate.describe())));
        if !words.is_empty() {
            lines.push(("front door: ", format!("{}: {}", front.url, words.join(", "))));
        }
    }
    lines.extend(harbor.decision.as_ref().map(|decision| ("own token: ", decision_words(decision))));
    for rollout in &harbor.rollouts {
        let state = if rollout.stuck { "stuck" } else { "in progress" };
        let words = format!(
            "{} is {state}: {} of {} pods renewed, {} ready",
            rollout.workload, rollout.updated, rollout.wanted, rollout.ready
        );
        lines.push(("rollout: ", words));
    }
    for sticky in &harbor.sticky {
        lines.push(("sticky: ", format!("{} keeps a client at one core ({})", sticky.object, sticky.by)));
    }
    lines
}

fn failing_words(failing: &FailingRow) -> String {
    format!(
        "{} of single requests, or of pushes over one kept connection; {} of pushes whose {} requests come to a random one of {} cores each",
        percent(failing.request_rate),
        percent(failing.push_rate),
        failing.push_requests,
        failing.cores
    )
}

fn decision_words(decision: &DecisionRow) -> String {
    let status =
        |status: Option<u16>| status.map_or_else(|| "no answer".to_string(), |status| status.to_string());
    let begins =
        format!("{} at {}: token {}", decision.repository, decision.at, status(decision.token_status));
    // Where no token was given, there is nobody that it was issued to.
    if decision.token_status != Some(200) {
        return begins;
    }
    let actions: Vec<&str> = decision.actions.iter().map(|action| action.as_str()).collect();
    let grants = if actions.is_empty() { "nothing".to_string() } else { actions.join(", ") };
    let whom = decision.subject.as_ref().map_or_else(|| "nobody".to_string(), ToString::to_string);
    let upload = decision.upload_status.map(|status| format!("; upload {status}")).unwrap_or_default();
    format!("{begins}, issued to {whom}, grants {grants}{upload}")
}
