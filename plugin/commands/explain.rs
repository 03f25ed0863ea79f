//! `kubectl regauth explain`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use regauth::code::{Code, Language};
use regauth::explain;
use regauth::finding::Candidate;
use regauth::report::Report;
use regauth::text::Clean;
use serde::Serialize;

use super::Failure;
use crate::cli::{Connection, Explain, Format};
use crate::output::Output;
use crate::render;

/// What is read of a text; more of a log says nothing new.
const MOST: u64 = 16 << 20;

/// Explains a text, its lines, or a code.
pub fn run(connection: &Connection, args: &Explain, output: &mut Output) -> Result<u8, Failure> {
    if args.list {
        output.data(&codes(args.output, output)?)?;
        return Ok(0);
    }
    if let Some(code) = asked_code(args)? {
        let language = args.lang.map(Language::from).unwrap_or_default();
        output.data(&page(code, language, args.output, output)?)?;
        return Ok(0);
    }
    if args.lang.is_some() {
        return Err("--lang is for the page of a code: kubectl regauth explain CODE --lang zh".into());
    }
    let text = text(args, output)?;
    if text.text.trim().is_empty() && !args.lines {
        return Err("there is no text to explain: the message or the log that was given is empty".into());
    }
    if let Some(why) = &text.left_unread {
        output.warning(why);
    }
    if args.lines {
        lines(&text.text, args.output, output)?;
        return Ok(0);
    }
    let run = super::new_run("")?;
    let explained = explain::explain(&text.text);
    let report = Report::of_text(&explained, run, connection.namespace.as_deref(), text.left_unread);
    output.data(&render::report(&report, args.output, output.width(), output.colour())?)?;
    Ok(0)
}

/// A text, and why not all of it was read.
struct Text {
    text: String,
    left_unread: Option<String>,
}

fn text(args: &Explain, output: &Output) -> Result<Text, Failure> {
    let is_stdin = |name: &str| name == "-";
    match (args.message.as_slice(), &args.file) {
        ([], Some(file)) if !is_stdin(&file.to_string_lossy()) => {
            let opened = open(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            read(opened, &file.display().to_string())
        }
        ([], None) if output.is_typed_by_a_person() => {
            Err("give a message in quotes, a finding code, or -f FILE, or pipe a log into it: \
             kubectl describe pod POD | kubectl regauth explain"
                .into())
        }
        ([], _) => read(io::stdin().lock(), "stdin"),
        ([one], _) if is_stdin(one) => read(io::stdin().lock(), "stdin"),
        (words, _) => Ok(Text { text: words.join(" "), left_unread: None }),
    }
}

fn open(file: &Path) -> io::Result<File> {
    let opened = File::open(file)?;
    match opened.metadata()?.is_dir() {
        true => Err(io::Error::other("it is a folder: name a file in it")),
        false => Ok(opened),
    }
}

/// At most [`MOST`] bytes, up to the end of a line; what is no text in a text is replaced.
fn read(from: impl Read, name: &str) -> Result<Text, Failure> {
    let mut bytes = Vec::new();
    let reading = from.take(MOST + 1).read_to_end(&mut bytes);
    reading.map_err(|error| format!("{name} cannot be read: {error}"))?;
    let is_cut = bytes.len() as u64 > MOST;
    if is_cut {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        bytes.truncate(end);
    }
    let text = decoded(&bytes)
        .ok_or_else(|| format!("{name} is no text: give a log or a message, unpacked if it is an archive"))?;
    let why = || format!("only the first {} MiB of {name} were read: give the part that failed", MOST >> 20);
    Ok(Text { text, left_unread: is_cut.then(why) })
}

/// Bytes as text: UTF-8, or what PowerShell writes into files (UTF-16 with its mark). `None` where they are something
/// else: of a text, few are replaced, and few are controls (Docker's raw logs hold some before each line).
fn decoded(bytes: &[u8]) -> Option<String> {
    let units = |of: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    let is_odd = |c: &char| {
        *c == char::REPLACEMENT_CHARACTER
            || c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{8}' | '\u{1b}')
    };
    let (odd, all) = (text.chars().filter(is_odd).count(), text.chars().count());
    (odd * 4 <= all).then(|| text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// The code that a lone word names. One that is nearly a code is a mistake; any other is a message.
fn asked_code(args: &Explain) -> Result<Option<Code>, Failure> {
    let [word] = args.message.as_slice() else { return Ok(None) };
    if args.lines || word.len() > 60 || !word.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == '_')
    {
        return Ok(None);
    }
    match (Code::named(word), Code::nearest(word)) {
        (Some(code), _) => Ok(Some(code)),
        (None, Some(near)) => {
            let word = Clean::with_cap(word, 60);
            Err(format!(
                "{word} is no finding code: did you mean {near}? `kubectl regauth explain --list` has all"
            )
            .into())
        }
        (None, None) => Ok(None),
    }
}

/// What stands above a page that is not written in Chinese.
const ONLY_IN_ENGLISH: &str = "> 本页尚无中文版，以下为英文原文。";

/// A code with its page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    code: Code,
    severity: &'static str,
    meaning: &'static str,
    /// Of the page, by BCP 47.
    #[serde(skip_serializing_if = "str::is_empty")]
    language: &'static str,
    /// Markdown.
    #[serde(skip_serializing_if = "str::is_empty")]
    runbook: &'static str,
}

impl Page {
    fn of(code: Code, language: &'static str, runbook: &'static str) -> Self {
        Self { code, severity: code.severity().as_str(), meaning: code.meaning(), language, runbook }
    }
}

fn page(code: Code, language: Language, format: Format, output: &Output) -> Result<String, Failure> {
    let (language, runbook, remark) = match code.runbook_in(language) {
        Some(runbook) => (language, runbook, String::new()),
        None => (Language::English, code.runbook(), format!("{ONLY_IN_ENGLISH}\n\n")),
    };
    let page = Page::of(code, language.tag(), runbook);
    match format {
        Format::Table | Format::Wide => {
            Ok(remark + &render::page::page(runbook, output.width(), output.colour()))
        }
        Format::Json => render::json(&page),
        Format::Yaml => render::yaml(&page),
        Format::Markdown => Ok(remark + runbook),
        _ => Err(unfit("a page", "table, json, yaml or markdown")),
    }
}

fn codes(format: Format, output: &Output) -> Result<String, Failure> {
    let all: Vec<Page> = Code::ALL.iter().map(|code| Page::of(*code, "", "")).collect();
    match format {
        Format::Table | Format::Wide => Ok(render::page::codes(output.width())),
        Format::Json => render::json(&all),
        Format::Yaml => render::yaml(&all),
        _ => Err(unfit("the list of codes", "table, json or yaml")),
    }
}

/// There is no report to render.
fn unfit(what: &str, formats: &str) -> Failure {
    format!("{what} cannot be written in this format: use -o {formats}").into()
}

/// What one line may be caused by. The names of its fields are those of many log processors.
#[derive(Serialize)]
struct Line<'a> {
    candidates: Vec<LineCandidate<'a>>,
}

#[derive(Serialize)]
struct LineCandidate<'a> {
    code: Code,
    certain: bool,
    because: &'a str,
    settle_by: Option<&'a str>,
}

/// One result a line, written as it is found.
fn lines(text: &str, format: Format, output: &mut Output) -> Result<(), Failure> {
    for (at, line) in text.lines().enumerate() {
        let found = explain::message(line);
        let told = match format {
            Format::Table | Format::Wide => render::explain::line(at + 1, &found),
            Format::Json => {
                serde_json::to_string(&as_line(&found)).map_err(|_| "a line cannot be written as JSON")?
                    + "\n"
            }
            Format::Yaml => format!("---\n{}", render::yaml(&as_line(&found))?),
            _ => return Err(unfit("single lines", "table, json or yaml")),
        };
        if !output.line(&told) {
            break;
        }
    }
    Ok(())
}

fn as_line(found: &[Candidate]) -> Line<'_> {
    let candidates = found.iter().map(|candidate| LineCandidate {
        code: candidate.code,
        certain: candidate.certain,
        because: &candidate.because,
        settle_by: candidate.settle_by.as_deref(),
    });
    Line { candidates: candidates.collect() }
}
