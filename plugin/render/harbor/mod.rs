//! Harbor: one line a core, the picture of who accepts whose tokens, and what clients see.

mod matrix;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use regauth::evidence::clock::ClockBounds;
use regauth::evidence::harbor::PodState;
use regauth::report::harbor_rows::{DecisionRow, FailingRow, KeyRow};
use regauth::report::{CoreRow, HarborSummary, Report};

use super::findings::{DEFAULT_WIDTH, wrapped};
use super::grid::{Column, Layout, RESULT, grid};
use super::units::{certain, none, verdict};

/// Under this width names are cut to what tells them apart.
const ROOMY: u16 = 140;
/// Under this width keys' ids are cut.
const NARROW: u16 = 76;
/// A clock that is known no closer than this is not known, in microseconds.
const LOST_US: i64 = 3_600_000_000;
/// How many digits of a checksum tell one from another.
const DIGITS: usize = 12;

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

fn columns(rows: &[CoreRow], layout: &Layout) -> Vec<Column<CoreRow>> {
    let all = layout.all();
    let any = |has: fn(&CoreRow) -> bool| all || rows.iter().any(has);
    let differ = rows.windows(2).any(|pair| pair[0].image != pair[1].image);
    let column = Column::<CoreRow>::new;
    let mut columns = vec![
        (true, column("CORE", |row| row.pod.clone())),
        (any(|row| !row.node.is_empty()), column("NODE", |row| filled(&row.node)).spare(4)),
        (all, column("ADDRESS", |row| filled(&row.address))),
        (
            any(|row| row.started_at.is_some()),
            column("STARTED", if all { started } else { started_short }).spare(6),
        ),
        (all, column("RESTARTS", |row| row.restarts.to_string())),
        (all || differ, column("IMAGE", |row| filled(&row.image)).spare(7)),
        (all, column("VERSION", |row| row.version.as_ref().map_or_else(none, ToString::to_string))),
        (
            any(|row| row.state.is_some_and(|state| state != PodState::Ready)),
            column("STATE", |row| row.state.map_or_else(none, |state| state_word(state).into())).spare(1),
        ),
    ];
    columns.extend(of_keys(rows, all));
    columns.extend([
        (any(|row| row.clock.is_some()), column("CLOCK", |row| row.clock.map_or_else(none, clock)).spare(3)),
        (true, column(RESULT, |row| verdict(row.result).into())),
        (
            any(|row| row.code.is_some()),
            column("CODE", |row| row.code.map_or_else(none, |code| code.to_string())).whole(),
        ),
        (all, column("CERTAIN", |row| certain(row.certain))),
    ]);
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

/// What is known of the cores' keys; short unless there is room for `all`.
fn of_keys(rows: &[CoreRow], all: bool) -> Vec<(bool, Column<CoreRow>)> {
    let any = |has: fn(&CoreRow) -> bool| all || rows.iter().any(has);
    let column = Column::<CoreRow>::new;
    let kid: fn(&CoreRow) -> String = match all {
        true => |row| row.kid.as_ref().map_or_else(none, ToString::to_string),
        false => |row| row.kid.as_ref().map_or_else(none, |kid| short_kid(kid.as_str())),
    };
    let sum: fn(&CoreRow) -> String = match all {
        true => |row| row.file_sha256.clone().unwrap_or_else(none),
        false => |row| row.file_sha256.as_deref().map_or_else(none, short_sum),
    };
    let agrees = |row: &CoreRow| {
        let word = |agrees| if agrees { "same" } else { "differs" };
        row.agrees_with_secret.map_or_else(none, |agrees| word(agrees).into())
    };
    vec![
        (true, column("KEY", |row| row.key.clone().unwrap_or_else(none))),
        (any(|row| row.kid.is_some()), column("KID", kid).spare(5)),
        (any(|row| row.file_sha256.is_some()), column("FILE SHA-256", sum).spare(8)),
        (any(|row| row.agrees_with_secret.is_some()), column("SECRET", agrees).spare(2)),
    ]
}

fn started(row: &CoreRow) -> String {
    row.started_at.map_or_else(none, |at| at.to_string())
}

fn started_short(row: &CoreRow) -> String {
    row.started_at.map_or_else(none, |at| at.strftime("%m-%dT%H:%MZ").to_string())
}

fn filled(text: &str) -> String {
    if text.is_empty() { none() } else { text.into() }
}

fn state_word(state: PodState) -> &'static str {
    match state {
        PodState::Ready => "ready",
        PodState::Unready => "not ready",
        PodState::Terminating => "terminating",
    }
}

/// The first two groups of a key's id.
fn short_kid(kid: &str) -> String {
    let parts: Vec<&str> = kid.split(':').collect();
    match parts.as_slice() {
        [first, second, _, ..] => format!("{first}:{second}…"),
        _ => kid.to_string(),
    }
}

fn short_sum(sum: &str) -> String {
    format!("{}…", sum.chars().take(DIGITS).collect::<String>())
}

/// `+7.02±0.08s`: minus the observer's clock.
fn clock(bounds: ClockBounds) -> String {
    let seconds = |us: i64| us as f64 / 1e6;
    if bounds.uncertainty_us() > LOST_US {
        return none();
    }
    format!("{:+.2}±{:.2}s", seconds(bounds.middle_us()), seconds(bounds.uncertainty_us()))
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
            .map(|one| format!("{} tokens of {}", one.count, letter(one.kid.as_str())))
            .collect();
        if front.without_token > 0 {
            words.push(format!("{} requests without a token", front.without_token));
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
        "{:.0} % of single requests, or of pushes over one kept connection; {:.0} % of pushes whose {} requests come to a random one of {} cores each",
        failing.request_rate * 100.0,
        failing.push_rate * 100.0,
        failing.push_requests,
        failing.cores
    )
}

fn decision_words(decision: &DecisionRow) -> String {
    let status =
        |status: Option<u16>| status.map_or_else(|| "no answer".to_string(), |status| status.to_string());
    let actions: Vec<&str> = decision.actions.iter().map(|action| action.as_str()).collect();
    let grants = if actions.is_empty() { "nothing".to_string() } else { actions.join(", ") };
    let whom = decision.subject.as_ref().map_or_else(|| "nobody".to_string(), ToString::to_string);
    let upload = decision.upload_status.map(|status| format!("; upload {status}")).unwrap_or_default();
    format!(
        "{} at {}: token {}, issued to {whom}, grants {grants}{upload}",
        decision.repository,
        decision.at,
        status(decision.token_status)
    )
}
