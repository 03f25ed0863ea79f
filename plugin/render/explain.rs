//! What a text comes to: a block a cause, then what only follows.

use std::fmt::Write;

use regauth::finding::{Candidate, Finding};
use regauth::report::explained::{ExplainedRow, FollowerRow, TextSummary};
use regauth::report::{Report, Verdict};

use super::findings::{DEFAULT_WIDTH, painted, some, wrapped};
use super::grid::{Column, Layout};
use super::sheets::Sheet;
use super::units::{certain, none};
use super::wrap;

/// Lines that follow which are shown.
const FOLLOWERS: usize = 8;

/// How much of what a message says is shown in a table; all of it is in the other formats.
const SHOWN: usize = 600;

/// The whole report as prose. A pipe gets the same, wider and without colours.
pub fn report(report: &Report, text: &TextSummary, layout: &Layout) -> String {
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let mut out = wrapped("", &summary(report, text), width);
    for item in &report.not_checked {
        out.push_str(&wrapped("note: ", &format!("{}.", item.why), width));
    }
    let is_long = text.lines > 1;
    for (row, finding) in report.explained().zip(&report.findings) {
        let _ = write!(out, "\n{}", cause(row, finding, is_long, layout, width));
    }
    if !text.followers.is_empty() {
        out.push_str("\nOnly follows:\n");
        out.push_str(&following(report, text, width));
    }
    out
}

/// Lines that only follow from a cause, for formats that wrap by themselves; empty where no text was explained.
pub fn followers(report: &Report) -> Vec<String> {
    let told = report.text.as_ref().map(|text| following(report, text, usize::MAX)).unwrap_or_default();
    told.lines().map(|line| line.trim().to_owned()).collect()
}

fn following(report: &Report, text: &TextSummary, width: usize) -> String {
    let several = report.findings.len() > 1;
    let mut out: String =
        text.followers.iter().take(FOLLOWERS).map(|one| follower(one, several, width)).collect();
    let more = text.followers.len().saturating_sub(FOLLOWERS);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
    out
}

/// The causes as a sheet.
pub fn sheet(report: &Report) -> Option<Sheet> {
    let rows: Vec<&ExplainedRow> = report.explained().collect();
    let column = Column::<&ExplainedRow>::new;
    let columns = [
        column("LINE", |row| row.line.to_string()),
        column("TIMES", |row| row.count.to_string()),
        column("CODE", |row| row.code().map_or_else(none, |code| code.to_string())),
        column("CERTAIN", |row| certain(row.candidates.first().map(|one| one.certain))),
        column("MESSAGE", |row| cut(row.message.as_str())),
    ];
    Sheet::of("Causes in the text", &rows, &columns, |_| Verdict::Failed)
}

/// What came of it, in one sentence.
pub fn summary(report: &Report, text: &TextSummary) -> String {
    let read = match text.lines {
        0 | 1 => "the text".to_owned(),
        lines => format!("{lines} lines"),
    };
    match report.findings.len() {
        0 => format!(
            "No error of a pull, a push or a registry was found in {read}. If there is one, give its message alone: \
             kubectl regauth explain 'MESSAGE'."
        ),
        1 => format!("1 cause in {read}."),
        causes => format!("{causes} causes in {read}."),
    }
}

fn cause(row: &ExplainedRow, finding: &Finding, is_long: bool, layout: &Layout, width: usize) -> String {
    let certain = if finding.certain { "" } else { ", not certain" };
    let subject = match finding.subject.name.as_str() {
        "" => String::new(),
        name => format!(": {name}"),
    };
    let title = format!("{} ({}{certain}){subject}", finding.code, finding.severity.as_str());
    let mut out: String = fitted("", &title, width)
        .lines()
        .map(|line| painted(line, finding.severity, layout.colour) + "\n")
        .collect();
    if is_long || row.count > 1 {
        let times = if row.count > 1 { format!(", told {} times", row.count) } else { String::new() };
        out.push_str(&wrapped("  at: ", &format!("line {}{times}", row.line), width));
    }
    let mut tell = |name: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&fitted(&format!("  {name}: "), text, width));
        }
    };
    tell(if row.images.len() > 1 { "images" } else { "image" }, &some(&row.images));
    tell(if row.pods.len() > 1 { "pods" } else { "pod" }, &some(&row.pods));
    tell("said", &cut(row.message.as_str()));
    tell("means", &finding.cause);
    tell("settled by", finding.settle_by.as_deref().unwrap_or_default());
    let or: Vec<String> = finding.also_possible.iter().map(|code| code.as_str().to_owned()).collect();
    tell("or", &some(&or));
    for fix in &finding.fixes {
        out.push_str(&wrapped("  next: ", &fix.what, width));
        // Not wrapped: a command is there to be copied.
        let _ = writeln!(out, "    {}", fix.command);
    }
    out.push_str("  more:\n");
    let _ = writeln!(out, "    kubectl regauth explain {}", finding.code);
    out
}

/// Wrapped between words; a word that has no room, such as a URL, between its parts.
fn fitted(prefix: &str, text: &str, width: usize) -> String {
    let room = width.saturating_sub(wrap::chars(prefix)).max(20);
    if text.split_whitespace().all(|word| wrap::chars(word) <= room) {
        return wrapped(prefix, text, width);
    }
    let indent = " ".repeat(wrap::chars(prefix));
    prefix.to_owned() + &wrap::lines(text, room).join(&format!("\n{indent}")) + "\n"
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn follower(row: &FollowerRow, several: bool, width: usize) -> String {
    let times = if row.count > 1 { format!(", {} times", row.count) } else { String::new() };
    let from = if several { format!(", from line {}", row.follows) } else { String::new() };
    let begin = format!("  line {}{times}{from}: ", row.line);
    let text: String = row.message.as_str().chars().take(200).collect();
    // Under the first word of a long beginning little room is left.
    let whole = wrapped("    ", &format!("{}{text}", begin.trim_start()), width);
    format!("  {}", whole.trim_start())
}

/// One line of `--lines`: its number and what it may be.
pub fn line(number: usize, found: &[Candidate]) -> String {
    let names: Vec<&str> = found.iter().map(|candidate| candidate.code.as_str()).collect();
    let certain = match found.first() {
        Some(first) if first.certain => " (certain)",
        _ => "",
    };
    match names.split_first() {
        None => format!("{number}\t-\n"),
        Some((first, [])) => format!("{number}\t{first}{certain}\n"),
        Some((first, rest)) => format!("{number}\t{first}, or {}\n", rest.join(", ")),
    }
}
