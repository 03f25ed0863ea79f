//! The stores of this machine: for each client what it sends, what comes next, and how it is removed.

use std::fmt::Write;

use regauth::report::Report;
use regauth::report::stores::{StoreEntryRow, StoreRow};

use super::findings::{DEFAULT_WIDTH, wrapped};
use super::grid::Layout;
use super::units::verdict;

/// The section; empty where no client has anything.
pub fn section(report: &Report, layout: &Layout) -> String {
    if report.stores.is_empty() {
        return String::new();
    }
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let several = report.stores.windows(2).any(|pair| pair[0].image != pair[1].image);
    let mut out = if several { String::new() } else { String::from("\nCredentials of this machine:\n") };
    let mut image = "";
    for row in &report.stores {
        if several && row.image != image {
            image = &row.image;
            let _ = writeln!(out, "\nCredentials of this machine for {image}:");
        }
        out.push_str(&client(row, width));
    }
    out.push_str(&logouts(report, width));
    out
}

fn client(row: &StoreRow, width: usize) -> String {
    let client = &row.client;
    let mut out = match (row.entries.first(), row.gives_up) {
        (None, true) => format!("  {client}: gives up\n"),
        (None, false) => format!("  {client}: has none and goes without\n"),
        (Some(first), _) => wrapped(&format!("  {client}: "), &format!("sends {}", entry(first)), width),
    };
    for next in row.entries.iter().skip(1) {
        out.push_str(&wrapped("    then: ", &entry(next), width));
    }
    for empty in &row.empty {
        out.push_str(&wrapped("    empty: ", &format!("{}, key {}", empty.place, empty.key), width));
    }
    for file in &row.files {
        if let Some(problem) = &file.problem {
            out.push_str(&wrapped("    broken: ", &format!("{}: {problem}", file.path), width));
        }
    }
    for helper in &row.failed_helpers {
        out.push_str(&wrapped("    failed: ", helper.as_str(), width));
    }
    out
}

/// `/home/ci/.docker/config.json, key ghcr.io (password of user ci): failed`.
fn entry(entry: &StoreEntryRow) -> String {
    let is = entry.is.as_ref().map(|is| format!(" ({is})")).unwrap_or_default();
    let end = if entry.refused { "refused" } else { verdict(entry.result) };
    format!("{}, key {}{is}: {end}", entry.place, entry.key)
}

/// How each credential that was refused is removed from every store that holds it.
fn logouts(report: &Report, width: usize) -> String {
    let mut told: Vec<(&str, &str)> = Vec::new();
    let mut out = String::new();
    for entry in report.stores.iter().flat_map(|row| &row.entries).filter(|entry| entry.refused) {
        let place = (entry.place.as_str(), entry.key.as_str());
        if told.contains(&place) {
            continue;
        }
        told.push(place);
        for fix in &entry.logout {
            out.push_str(&wrapped("  remove: ", &fix.what, width));
            let _ = writeln!(out, "    {}", fix.command);
        }
    }
    out
}
