//! Findings below a table: for a person as blocks with evidence and mends, for a pipe one line each.

use std::fmt::Write;

use regauth::code::Code;
use regauth::finding::{Finding, Fix, Severity, Subject};
use regauth::report::Report;

pub(super) use super::fill::wrapped;
use super::grid::Layout;

/// How many nodes are named before the rest is counted.
const NAMED: usize = 6;
/// The width of text that nobody's terminal bounds.
pub(super) const DEFAULT_WIDTH: usize = 110;
/// Text that no terminal shows.
const ROOMY_TEXT: Layout = Layout { width: None, colour: false, wide: true, ascii: false };

/// Every finding with its evidence and mends.
pub fn blocks(report: &Report, layout: &Layout) -> String {
    let mut out = String::new();
    // The section of the stores says how each refused credential is removed, once for all that hold it.
    let entries = report.stores.iter().flat_map(|row| &row.entries).filter(|entry| entry.refused);
    let told: Vec<&Fix> = entries.flat_map(|entry| &entry.logout).collect();
    for finding in &report.findings {
        let _ = write!(out, "\n{}", block(finding, &told, layout));
    }
    out
}

/// All that is said of a finding, as lines of text.
pub(super) fn in_words(finding: &Finding) -> String {
    block(finding, &[], &ROOMY_TEXT)
}

fn block(finding: &Finding, told: &[&Fix], layout: &Layout) -> String {
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let title = format!(
        "{} ({}{}): {}",
        finding.code,
        finding.severity.as_str(),
        certainty(finding),
        place(&finding.subject)
    );
    let mut out = painted(&title, finding.severity, layout.colour) + "\n";
    out.push_str(&wrapped("  ", &finding.cause, width));
    for message in &finding.messages {
        out.push_str(&wrapped("  said: ", message.as_str(), width));
    }
    if !finding.also_possible.is_empty() {
        let codes: Vec<&str> = finding.also_possible.iter().take(NAMED).map(|code| code.as_str()).collect();
        out.push_str(&wrapped("  or: ", &codes.join(", "), width));
    }
    if let Some(settle_by) = &finding.settle_by {
        out.push_str(&wrapped("  settled by: ", settle_by, width));
    }
    for fix in finding.fixes.iter().filter(|fix| !told.contains(fix)) {
        out.push_str(&wrapped("  mend: ", &fix.what, width));
        out.push_str(&patches(fix, "    "));
        // Not wrapped: a command is there to be copied.
        let _ = writeln!(out, "    {}", fix.command.replace('\n', "\n    "));
    }
    out
}

/// `, not certain`, where it is not.
pub(super) fn certainty(finding: &Finding) -> &'static str {
    if finding.certain { "" } else { ", not certain" }
}

/// `deploy/web in namespace team on node2, node3`.
pub(super) fn place(subject: &Subject) -> String {
    let mut place = subject.name.clone();
    if !subject.namespace.is_empty() {
        let _ = write!(place, " in namespace {}", subject.namespace);
    }
    if !subject.nodes.is_empty() {
        let _ = write!(place, " on {}", some(&subject.nodes));
    }
    place
}

/// One line a finding that none of the rows shows: a row shows the code of one finding, and there may be more about it.
/// `is_shown`: whether the row of an item of evidence is there with this code.
pub fn lines(report: &Report, is_shown: impl Fn(&str, Code) -> bool) -> String {
    let mut out = String::new();
    let unseen = |finding: &&Finding| !finding.evidence.iter().any(|id| is_shown(id, finding.code));
    for finding in report.findings.iter().filter(unseen) {
        out.push_str(&line(finding));
    }
    out
}

/// For a pipe that nobody may look behind: every finding with all that is said of it, one line each.
pub fn in_full(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        out.push_str(&line(finding));
        let certain = if finding.certain { "" } else { "not certain" };
        let codes: Vec<&str> = finding.also_possible.iter().map(|code| code.as_str()).collect();
        let or = if codes.is_empty() { String::new() } else { format!("or: {}", codes.join(", ")) };
        let said = finding.messages.iter().map(|message| format!("said: {message}"));
        let settled = finding.settle_by.iter().map(|by| format!("settled by: {by}"));
        let told = said.chain([certain.to_string(), or]).chain(settled);
        for text in told.filter(|text| !text.is_empty()) {
            let _ = writeln!(out, "#   {text}");
        }
        for fix in &finding.fixes {
            let _ = writeln!(out, "#   mend: {}", fix.what);
            out.push_str(&patches(fix, "#     "));
            let _ = writeln!(out, "#     {}", fix.command.replace('\n', "\n#     "));
        }
    }
    out
}

/// What goes into files, each under its name and not wrapped, so that it can be copied.
fn patches(fix: &Fix, indent: &str) -> String {
    let mut out = String::new();
    for patch in &fix.patches {
        let _ = writeln!(out, "{indent}in {}:", patch.file);
        for line in patch.text.lines() {
            let _ = writeln!(out, "{indent}  {line}");
        }
    }
    out
}

/// `# error CODE SUBJECT NODES CAUSE`.
fn line(finding: &Finding) -> String {
    let nodes = finding.subject.nodes.join(",");
    format!(
        "# {} {} {} {nodes} {}\n",
        finding.severity.as_str(),
        finding.code,
        finding.subject.name,
        finding.cause
    )
}

/// The first few names, and how many more there are.
pub(super) fn some(names: &[String]) -> String {
    let mut unique: Vec<&str> = names.iter().map(String::as_str).collect();
    unique.dedup();
    let more = unique.len().saturating_sub(NAMED);
    let named = unique.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

pub(super) fn painted(text: &str, severity: Severity, colour: bool) -> String {
    let paint = match severity {
        Severity::Error => "31",
        Severity::Warning | Severity::Unknown => "33",
        Severity::Info => "36",
    };
    if colour { format!("\x1b[1;{paint}m{text}\x1b[0m") } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_a_file_stands_under_its_name_and_keeps_its_shape() {
        use regauth::finding::Patch;
        let patch = Patch { file: "values.yaml".into(), text: "a:\n  - b\n".into() };
        let fix = Fix { patches: vec![patch], ..Fix::new("adds b", "helm upgrade") };
        assert_eq!(patches(&fix, "    "), "    in values.yaml:\n      a:\n        - b\n");
        assert_eq!(patches(&fix, "#     "), "#     in values.yaml:\n#       a:\n#         - b\n");
    }

    #[test]
    fn many_names_are_counted() {
        let names: Vec<String> = (1..=8).map(|n| format!("node{n}")).collect();
        assert_eq!(some(&names), "node1, node2, node3, node4, node5, node6 and 2 more");
    }
}
