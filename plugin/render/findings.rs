//! Findings below a table: for a person as blocks with evidence and mends, for a pipe one line each.

use std::fmt::Write;

use regauth::code::Code;
use regauth::finding::{Finding, Fix, Severity};
use regauth::report::Report;

use super::grid::Layout;

/// How many nodes are named before the rest is counted.
const NAMED: usize = 6;
/// The width of text that nobody's terminal bounds.
pub(super) const DEFAULT_WIDTH: usize = 110;

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

fn block(finding: &Finding, told: &[&Fix], layout: &Layout) -> String {
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let certain = if finding.certain { "" } else { ", not certain" };
    let mut title =
        format!("{} ({}{certain}): {}", finding.code, finding.severity.as_str(), finding.subject.name);
    if !finding.subject.nodes.is_empty() {
        let _ = write!(title, " on {}", some(&finding.subject.nodes));
    }
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
        // Not wrapped: a command is there to be copied.
        let _ = writeln!(out, "    {}", fix.command.replace('\n', "\n    "));
    }
    out
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
            let _ = writeln!(out, "#     {}", fix.command.replace('\n', "\n#     "));
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

/// Text in lines of at most `width`, the further ones indented under the first word of the text.
pub(super) fn wrapped(prefix: &str, text: &str, width: usize) -> String {
    let room = width.saturating_sub(prefix.len()).max(20);
    let mut out = String::new();
    let mut line = String::new();
    let mut begin = prefix.to_string();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            let _ = writeln!(out, "{begin}{line}");
            begin = " ".repeat(prefix.len());
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{begin}{line}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_under_its_first_word() {
        assert_eq!(
            wrapped("say: ", "one two three four five six", 25),
            "say: one two three four\n     five six\n"
        );
    }

    #[test]
    fn many_names_are_counted() {
        let names: Vec<String> = (1..=8).map(|n| format!("node{n}")).collect();
        assert_eq!(some(&names), "node1, node2, node3, node4, node5, node6 and 2 more");
    }
}
