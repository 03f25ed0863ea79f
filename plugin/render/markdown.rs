//! A report as GitHub-flavoured Markdown, for issues, merge requests and incident notes.

use std::fmt::Write;

use regauth::finding::{Finding, Fix};
use regauth::report::{NotChecked, Report, Verdict};

use super::findings::{certainty, place, some};
use super::sheets::{ROOMY, Sheet, sheets};
use super::{explain, headline, page, stores, workloads};

/// So many rows that are well are listed; the rest is counted.
const HEALTHY: usize = 100;
/// So many things that were not checked are listed.
const NOT_CHECKED: usize = 100;

/// The report.
pub fn report(report: &Report) -> String {
    let mut out =
        format!("# {}\n\n**{}**\n\n", headline::command(report), escaped(&headline::outcome(report)));
    for (name, value) in headline::facts(report) {
        let _ = writeln!(out, "- {name}: {}", code(&value));
    }
    for sentence in super::summary::sentences(report) {
        let _ = writeln!(out, "- {}", escaped(&sentence));
    }
    if !report.findings.is_empty() {
        out.push_str("\n## Findings\n");
    }
    for (at, finding) in report.findings.iter().enumerate() {
        out.push_str(&self::finding(at + 1, finding));
    }
    out.push_str(&not_checked(&report.not_checked));
    out.push_str(&results(report));
    out
}

fn finding(number: usize, finding: &Finding) -> String {
    let mut out = format!(
        "\n### {number}. {}: [{}]({})\n\n{}{}\n\n{}\n",
        finding.severity.as_str(),
        finding.code,
        page::url(finding.code),
        code(&place(&finding.subject)),
        certainty(finding),
        escaped(&finding.cause)
    );
    if !finding.messages.is_empty() {
        let said: Vec<&str> = finding.messages.iter().map(|message| message.as_str()).collect();
        let _ = write!(out, "\nSaid:\n\n{}", fenced("text", &said.join("\n")));
    }
    if !finding.subject.images.is_empty() {
        let _ = write!(out, "\nImages: {}\n", code(&some(&finding.subject.images)));
    }
    if !finding.also_possible.is_empty() {
        let codes = finding.also_possible.iter().map(|one| format!("[{one}]({})", page::url(*one)));
        let _ = write!(out, "\nAlso possible: {}\n", codes.collect::<Vec<_>>().join(", "));
    }
    if let Some(by) = &finding.settle_by {
        let _ = write!(out, "\nSettled by: {}\n", escaped(by));
    }
    if !finding.evidence.is_empty() {
        let _ = write!(out, "\nEvidence: {}\n", code(&some(&finding.evidence)));
    }
    for fix in &finding.fixes {
        out.push_str(&self::fix(fix));
    }
    out
}

fn fix(fix: &Fix) -> String {
    let mut out = format!("\nMend: {}\n", escaped(&fix.what));
    for patch in &fix.patches {
        let _ = write!(out, "\nIn {}:\n\n{}", code(&patch.file), fenced("yaml", &patch.text));
    }
    let _ = write!(out, "\n{}", fenced("sh", &fix.command));
    out
}

fn not_checked(items: &[NotChecked]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n## Not checked\n\n");
    for item in items.iter().take(NOT_CHECKED) {
        let state = headline::state(item.state);
        let _ = writeln!(out, "- {} ({state}): {}", code(&item.what), escaped(&item.why));
    }
    out + &more(items.len().saturating_sub(NOT_CHECKED), "more")
}

fn results(report: &Report) -> String {
    let chains = workloads::chains(report, &ROOMY);
    let stores = stores::section(report, &ROOMY);
    let sheets: String = sheets(report).iter().map(sheet).collect();
    let follows = explain::followers(report).join("\n");
    let texts =
        [("How it comes about", chains), ("Credentials of this machine", stores), ("Only follows", follows)];
    let texts: String = texts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(title, text)| format!("\n### {title}\n\n{}", fenced("text", text.trim_matches('\n'))))
        .collect();
    if sheets.is_empty() && texts.is_empty() {
        String::new()
    } else {
        format!("\n## Results\n{sheets}{texts}")
    }
}

fn sheet(sheet: &Sheet) -> String {
    let mut out = format!("\n### {}\n\n", sheet.title);
    let head: Vec<&str> = sheet.head.clone();
    let _ = writeln!(out, "| {} |\n|{}", head.join(" | "), " --- |".repeat(head.len()));
    let (bad, well) = sheet.parted();
    for (verdict, cells) in bad.iter().chain(well.iter().take(HEALTHY)) {
        let cells: Vec<String> = cells.iter().map(|text| cell(text, *verdict)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out + &more(well.len().saturating_sub(HEALTHY), "more that are well")
}

fn more(count: usize, what: &str) -> String {
    if count == 0 { String::new() } else { format!("\n… and {count} {what}; `-o json` has all.\n") }
}

/// A row that failed stands out by its own word.
fn cell(text: &str, verdict: Verdict) -> String {
    let text = inline(text);
    if verdict == Verdict::Failed && text == "failed" { format!("**{text}**") } else { text }
}

/// A paragraph: nothing in it is markup, nor makes it a list or a heading by how it begins.
fn escaped(text: &str) -> String {
    let text = inline(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let is_mark = match number.is_empty() {
        true => rest.starts_with(['-', '+', '=']),
        false => rest.starts_with(['.', ')']),
    };
    if is_mark { format!("{number}\\{rest}") } else { text }
}

/// Text within a line: nothing in it is markup, and it is one line (CommonMark 0.31.2, 2.4; GFM's tables and strikethrough).
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        for letter in word.chars() {
            if "\\`*_[]<>|~&#!@".contains(letter) {
                out.push('\\');
            }
            out.push(letter);
        }
    }
    out
}

/// Text as a code span; its fence is longer than any run of backticks in it (CommonMark 0.31.2, 6.1).
fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text as a block; its fence is longer than any run of backticks in it (CommonMark 0.31.2, 4.5).
fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}
