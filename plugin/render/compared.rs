//! What has changed since an earlier check-up, in words.

use regauth::finding::Finding;
use regauth::report::{Comparison, Report, Since};

use super::findings::place;

/// How a finding stands to the earlier check-up; empty where there is none.
pub fn since(report: &Report, finding: &Finding) -> &'static str {
    match report.since(finding) {
        Some(Since::New) => "new",
        Some(Since::Still) => "still",
        None => "",
    }
}

/// What has changed: what a line begins with, and the rest of it.
pub fn told(report: &Report) -> Vec<(&'static str, String)> {
    let Some(comparison) = &report.comparison else { return Vec::new() };
    let mut told = vec![("since ", counts(comparison))];
    told.extend(comparison.other_server.as_ref().map(|server| {
        (
            "note: ",
            format!("the earlier check-up is of another cluster, {server}, so that all may be new or gone."),
        )
    }));
    let named = |one: &Finding| format!("{} ({}): {}", one.code, one.severity.as_str(), place(&one.subject));
    let new = report.findings.iter().filter(|one| report.since(one) == Some(Since::New));
    told.extend(new.map(|one| ("new: ", named(one))));
    told.extend(comparison.gone.iter().map(|one| ("gone: ", named(one))));
    told.extend(comparison.not_looked_at.iter().map(|one| ("not looked at again: ", named(one))));
    told
}

fn counts(comparison: &Comparison) -> String {
    format!(
        "{}: {} new, {} still there, {} gone, {} not looked at again.",
        comparison.since.strftime("%Y-%m-%d %H:%M:%S UTC"),
        comparison.new.len(),
        comparison.still.len(),
        comparison.gone.len(),
        comparison.not_looked_at.len()
    )
}
