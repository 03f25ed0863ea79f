//! The columns of the table of cores.

use regauth::diagnose::short_kid;
use regauth::evidence::clock::ClockBounds;
use regauth::evidence::harbor::PodState;
use regauth::report::CoreRow;

use super::super::grid::{Column, Layout, RESULT};
use super::super::units::{certain, none, verdict};
use super::{NARROW, is_narrower};

/// A clock that is known no closer than this is not known, in microseconds.
const LOST_US: i64 = 3_600_000_000;
/// How many digits of a checksum tell one from another.
const DIGITS: usize = 12;
/// Longer than `255.255.255.255:65535` an address may be broken into lines.
const ADDRESS: usize = 21;

/// What is shown of each core. A person sees no column that is empty; a pipe gets all.
pub(super) fn columns(rows: &[CoreRow], layout: &Layout) -> Vec<Column<CoreRow>> {
    let (all, is_pipe) = (layout.all(), layout.width.is_none());
    let any = |has: fn(&CoreRow) -> bool| is_pipe || rows.iter().any(has);
    let differ = rows.windows(2).any(|pair| pair[0].image != pair[1].image);
    let column = Column::<CoreRow>::new;
    let mut columns = vec![
        (true, core(rows)),
        (any(|row| !row.node.is_empty()), column("NODE", |row| filled(&row.node)).spare(4)),
        (
            all && any(|row| !row.address.is_empty() && row.address != row.pod),
            column("ADDRESS", |row| filled(&row.address)),
        ),
        (
            any(|row| row.started_at.is_some()),
            column("STARTED", if all { started } else { started_short }).spare(6),
        ),
        (all && any(|row| row.state.is_some()), column("RESTARTS", |row| row.restarts.to_string())),
        (
            (all && any(|row| !row.image.is_empty())) || differ,
            column("IMAGE", |row| filled(&row.image)).spare(7),
        ),
        (
            all && any(|row| row.version.is_some()),
            column("VERSION", |row| row.version.as_ref().map_or_else(none, ToString::to_string)),
        ),
        (
            any(|row| row.state.is_some_and(|state| state != PodState::Ready)),
            column("STATE", |row| row.state.map_or_else(none, |state| state_word(state).into())).spare(1),
        ),
    ];
    columns.extend(of_keys(rows, layout));
    columns.extend([
        (any(|row| row.clock.is_some()), clocks(is_narrower(layout, NARROW)).whole().spare(3)),
        (true, column(RESULT, |row| verdict(row.result).into())),
        (
            any(|row| row.code.is_some()),
            column("CODE", |row| row.code.map_or_else(none, |code| code.to_string())).whole(),
        ),
        (all, column("CERTAIN", |row| certain(row.certain))),
    ]);
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

/// What is known of the cores' keys; short unless there is room for all.
fn of_keys(rows: &[CoreRow], layout: &Layout) -> Vec<(bool, Column<CoreRow>)> {
    let (all, is_pipe) = (layout.all(), layout.width.is_none());
    let any = |has: fn(&CoreRow) -> bool| is_pipe || rows.iter().any(has);
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

pub(super) fn short_sum(sum: &str) -> String {
    format!("{}…", sum.chars().take(DIGITS).collect::<String>())
}

/// The core's name; an address is not broken into lines.
fn core(rows: &[CoreRow]) -> Column<CoreRow> {
    let column = Column::<CoreRow>::new("CORE", |row| row.pod.clone());
    let is_address = |row: &CoreRow| row.state.is_none() && row.pod.chars().count() <= ADDRESS;
    if rows.iter().all(is_address) { column.whole() } else { column }
}

/// `+7.02±0.08s`: minus the observer's clock; where it is narrow, without the uncertainty.
fn clocks(narrow: bool) -> Column<CoreRow> {
    let text: fn(&CoreRow) -> String = match narrow {
        true => |row| known(row).map_or_else(none, |clock| format!("{:+.2}s", seconds(clock.middle_us()))),
        false => |row| {
            known(row).map_or_else(none, |clock| {
                format!("{:+.2}±{:.2}s", seconds(clock.middle_us()), seconds(clock.uncertainty_us()))
            })
        },
    };
    Column::new("CLOCK", text)
}

/// A clock that is worth a number.
fn known(row: &CoreRow) -> Option<ClockBounds> {
    row.clock.filter(|clock| clock.uncertainty_us() <= LOST_US)
}

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}
