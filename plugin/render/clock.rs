//! The nodes' clocks, and how far they are apart.

use regauth::diagnose::{signed_span, span};
use regauth::evidence::clock::ClockBounds;
use regauth::report::{ClockMethod, ClockRow, ClockSummary, Report, Verdict};

use super::grid::{Column, Layout, RESULT, grid};
use super::sheets::{ROOMY, Sheet};
use super::units::{certain, none, verdict};

/// A person sees so many clocks, the worst, unless all are asked for.
const SHOWN: usize = 30;

/// The clocks as a table; empty when there are none.
pub fn table(report: &Report, layout: &Layout) -> String {
    let (rows, left_out) = shown(report, layout);
    if rows.is_empty() {
        return String::new();
    }
    let mut out = grid(&rows, &columns(&rows, layout), |row| row.result, layout);
    if let Some(text) = left_out {
        out.push_str(&text);
    }
    out
}

/// All clocks as a sheet.
pub fn sheet(report: &Report) -> Option<Sheet> {
    let rows: Vec<&ClockRow> = report.clocks().collect();
    Sheet::of("Clocks", &rows, &columns(&rows, &ROOMY), |row| row.result)
}

/// The rows that are shown, in the report's order, and what is said of the others.
fn shown<'a>(report: &'a Report, layout: &Layout) -> (Vec<&'a ClockRow>, Option<String>) {
    let rows: Vec<&ClockRow> = report.clocks().collect();
    if layout.all() || rows.len() <= SHOWN {
        return (rows, None);
    }
    let away = |row: &ClockRow| row.offset_us.map_or(u64::MAX, i64::unsigned_abs);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|index| rows.get(*index).map(|row| (row.code.is_none(), std::cmp::Reverse(away(row)))));
    let rest = order.split_off(SHOWN);
    let most = rest.iter().filter_map(|index| rows.get(*index)?.offset_us).map(i64::unsigned_abs).max();
    order.sort_unstable();
    let text = format!(
        "… and {} more clocks, none further off than {} (-o wide shows all)\n",
        rest.len(),
        most.map_or_else(none, |us| span(i64::try_from(us).unwrap_or(i64::MAX)))
    );
    (order.into_iter().filter_map(|index| rows.get(index).copied()).collect(), Some(text))
}

fn columns<'a>(rows: &[&'a ClockRow], layout: &Layout) -> Vec<Column<&'a ClockRow>> {
    let all = layout.all();
    let any = |has: fn(&ClockRow) -> bool| rows.iter().any(|row| has(row));
    let several = rows.windows(2).any(|pair| pair[0].method != pair[1].method);
    let column = Column::<&'a ClockRow>::new;
    let columns = [
        (true, column("NODE", |row| row.node.clone())),
        (all || several, column("METHOD", |row| method(row.method).into())),
        (true, column("OFFSET", |row| row.offset_us.map_or_else(none, signed_span))),
        (true, column("±", |row| row.uncertainty_us.map_or_else(none, span))),
        (true, column("SAMPLES", |row| row.samples.to_string())),
        (all || any(|row| row.result != Verdict::Ok), column(RESULT, |row| verdict(row.result).into())),
        (
            all || any(|row| row.state.is_some()),
            column("STATE", |row| row.state.clone().unwrap_or_else(none)),
        ),
        (
            all || any(|row| row.code.is_some()),
            column("CODE", |row| row.code.map_or_else(none, |code| code.to_string())),
        ),
        (all, column("CERTAIN", |row| certain(row.certain))),
    ];
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

/// How a clock was read, in one word.
pub fn method(method: ClockMethod) -> &'static str {
    match method {
        ClockMethod::Lease => "lease",
        ClockMethod::Probe => "probe",
    }
}

/// What the clocks come to, one sentence each; empty where none was asked for.
pub fn summary(report: &Report) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(summary) = &report.clock {
        told.push(spread(summary));
        if let Some(bounds) = summary.middle_to_api_server {
            told.push(format!("The nodes in the middle minus the API server: {}.", within(bounds)));
        }
        if let Some(bounds) = summary.this_machine_to_api_server {
            told.push(format!("This machine minus the API server: {}.", within(bounds)));
        }
        if summary.interruptions > 0 {
            told.push(format!("The watch was interrupted {} times.", summary.interruptions));
        }
    }
    let probes: Vec<&ClockRow> = report.clocks().filter(|row| row.method == ClockMethod::Probe).collect();
    if !probes.is_empty() {
        let read = probes.iter().filter(|row| row.offset_us.is_some()).count();
        told.push(format!("Probes learnt the offset of {read} of {} nodes.", probes.len()));
    }
    told
}

fn spread(summary: &ClockSummary) -> String {
    let seconds = summary.listened_ms / 1_000;
    let how = format!("{} of {} nodes' leases in {seconds} s", summary.measured, summary.nodes);
    let (Some(spread), Some(ahead), Some(behind)) = (summary.spread_us, &summary.ahead, &summary.behind)
    else {
        return format!(
            "No clock was read: no renewal of {} nodes' leases was seen in {seconds} s.",
            summary.nodes
        );
    };
    let uncertainty = span(summary.spread_uncertainty_us.unwrap_or(0));
    match ahead == behind {
        true => format!("By {how}."),
        false => format!("Spread {} (± {uncertainty}), from {behind} to {ahead}, by {how}.", span(spread)),
    }
}

fn within(bounds: ClockBounds) -> String {
    format!("between {} and {}", signed_span(bounds.low_us), signed_span(bounds.high_us))
}
