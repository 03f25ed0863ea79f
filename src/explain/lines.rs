//! From the lines of a text to what was said: decoration off, and what a program, a box, a table or a terminal broke
//! into several lines joined again.

use std::sync::LazyLock;

use regex::Regex;

use super::records::quoted;
use super::{decoration, pattern};
use crate::text::without_controls;

/// Lines that one message may be broken into.
const MAX_JOINED: usize = 60;

/// Widths that a terminal may have had.
const TERMINALS: std::ops::RangeInclusive<usize> = 60..=400;

/// Something said, and the number of the line where it begins, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) line: usize,
    pub(super) text: String,
}

/// A line, or what lies between the carriage returns of one: a progress bar draws over itself.
struct Piece {
    line: usize,
    /// Without decoration, with its indentation.
    text: String,
    /// How wide it was, with decoration.
    width: usize,
    is_decorated: bool,
    is_boxed: bool,
}

impl Piece {
    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// A key whose value says what is wrong, as YAML, indented JSON and `kubectl describe` have it.
static KEYED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"^(?P<indent>\s*(?:- )?)"?(?:[Mm]essage|[Rr]eason|error|errorMessage)"?:\s+(?P<value>.*)$"#)
});

/// A row of a table of events begins.
static EVENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:\S+\s+){0,3}(?:Normal|Warning)\s{2,}[A-Z]\w+\s{2,}"));

/// The words are looked for first, which costs little.
fn is_event_row(text: &str) -> bool {
    (text.contains("Normal  ") || text.contains("Warning  ")) && EVENT.is_match(text)
}

/// What is said in `text`.
pub(super) fn said(text: &str) -> Vec<Said> {
    let pieces = pieces(text);
    let wrapped_at = terminal(&pieces);
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        let (text, taken) = match &pieces[at..] {
            _ if piece.is_blank() => (String::new(), 1),
            rest if piece.is_boxed => paragraph(rest),
            rest => keyed(rest).unwrap_or_else(|| plain(rest, wrapped_at)),
        };
        if !text.trim().is_empty() {
            out.push(Said { line: piece.line, text });
        }
        at += taken.max(1);
    }
    out
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        for part in decoration::without_columns(line).split('\r') {
            // What is empty between carriage returns is no blank line.
            if part.is_empty() && line.len() > 1 {
                continue;
            }
            let clean = without_controls(&part.replace('\t', "  "));
            let text = decoration::stripped(&clean);
            let before = &clean[..clean.len() - text.len()];
            out.push(Piece {
                line: at + 1,
                width: clean.chars().count(),
                is_decorated: !before.is_empty(),
                is_boxed: before.contains('│'),
                text: text.trim_end().to_owned(),
            });
        }
    }
    out
}

/// The lines of a box up to an empty one: Terraform breaks them between words.
fn paragraph(rest: &[Piece]) -> (String, usize) {
    let taken = rest.iter().take(MAX_JOINED).take_while(|piece| piece.is_boxed && !piece.is_blank()).count();
    let words: Vec<&str> = rest.iter().take(taken).map(|piece| piece.text.trim()).collect();
    (words.join(" "), taken)
}

/// The value of a key with its further lines.
fn keyed(rest: &[Piece]) -> Option<(String, usize)> {
    let first = rest.first().filter(|first| first.text.contains(':'))?;
    let found = KEYED.captures(&first.text)?;
    let indent = found["indent"].len();
    let mut value = found["value"].trim_end().trim_end_matches(',').to_owned();
    let is_block = matches!(value.as_str(), "|" | "|-" | "|+" | ">" | ">-" | ">+");
    if is_block {
        value.clear();
    }
    let mut taken = 1;
    let is_open = |value: &str| match value.as_bytes().first() {
        Some(b'"') => quoted(value).is_none(),
        Some(b'\'') => value.len() < 2 || !value.ends_with('\''),
        _ => true,
    };
    while is_open(&value)
        && taken < MAX_JOINED
        && let Some(next) = rest.get(taken)
        && !next.is_blank()
        && next.indent() > indent
        && !is_event_row(&next.text)
    {
        if !value.is_empty() {
            value.push(' ');
        }
        value.push_str(next.text.trim());
        taken += 1;
    }
    let text = match value.as_bytes().first() {
        Some(b'"') => quoted(&value).map_or(value.clone(), |(inner, _)| inner),
        Some(b'\'') => value.trim_matches('\'').replace("''", "'"),
        _ => value,
    };
    Some((text, taken))
}

/// A line with what a table or a terminal put on further lines.
fn plain(rest: &[Piece], wrapped_at: Option<usize>) -> (String, usize) {
    let Some(first) = rest.first() else { return (String::new(), 1) };
    let is_event = is_event_row(&first.text);
    let mut text = first.text.clone();
    let mut taken = 1;
    while taken < MAX_JOINED
        && let (Some(last), Some(next)) = (rest.get(taken - 1), rest.get(taken))
        && !next.is_blank()
        && !next.is_boxed
        && !is_event_row(&next.text)
    {
        let is_whole = wrapped_at.is_some_and(|width| last.width == width && starts_anywhere(next));
        let is_cut_at_space =
            wrapped_at.is_some_and(|width| last.width + 1 == width && starts_anywhere(next));
        if is_whole {
            text.push_str(&next.text);
        } else if is_cut_at_space || is_event && next.indent() >= 10 || announces(&text, last, next) {
            text.push(' ');
            text.push_str(next.text.trim());
        } else {
            break;
        }
        taken += 1;
    }
    (text, taken)
}

/// Whether a line ends by announcing what the next one says.
fn announces(text: &str, last: &Piece, next: &Piece) -> bool {
    let low = || text.to_ascii_lowercase();
    text.ends_with(':')
        && text.len() > 12
        && !next.is_decorated
        && next.indent() >= last.indent()
        && ["error", "fail", "unable", "daemon", "get \""].iter().any(|word| low().contains(word))
}

/// Whether a line can be the rest of one that a terminal broke.
fn starts_anywhere(piece: &Piece) -> bool {
    let is_section = piece.text.split_once(':').is_some_and(|(key, rest)| {
        rest.starts_with("  ") && key.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ')
    });
    !piece.is_decorated && !is_section
}

/// The width of the terminal that a text was copied from with its lines broken: several different lines are that wide,
/// and none wider.
fn terminal(pieces: &[Piece]) -> Option<usize> {
    let width = pieces.iter().map(|piece| piece.width).max().filter(|width| TERMINALS.contains(width))?;
    let letters = |piece: &Piece| -> String { piece.text.chars().filter(|c| c.is_alphabetic()).collect() };
    let is_broken =
        |pair: &&[Piece]| pair[0].width == width && !pair[1].is_blank() && starts_anywhere(&pair[1]);
    let mut broken = pieces.windows(2).filter(is_broken).map(|pair| letters(&pair[0]));
    let first = broken.next()?;
    broken.any(|other| other != first).then_some(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        said(text).into_iter().map(|said| said.text).collect()
    }

    #[test]
    fn a_box_is_read_by_its_paragraphs() {
        let boxed = "\u{1b}[31m╷\u{1b}[0m\n\u{1b}[31m│\u{1b}[0m \u{1b}[1mError: failed to\n│ pull image\n│ \n│   with docker_image.app,\n╵";
        assert_eq!(texts(boxed)[1..3], ["Error: failed to pull image", "with docker_image.app,"]);
    }

    #[test]
    fn values_of_yaml_and_json_are_joined_and_unquoted() {
        let yaml = "    waiting:\n      message: 'rpc error: code = Unknown desc = it''s\n        denied'\n      reason: ErrImagePull\n";
        assert_eq!(texts(yaml)[1..], ["rpc error: code = Unknown desc = it's denied", "ErrImagePull"]);
        let folded = "  message: |-\n    failed to pull\n    image\n  reason: X";
        assert_eq!(texts(folded), ["failed to pull image", "X"]);
        let json = "      \"message\": \"Back-off pulling image \\\"a:1\\\"\",\n      \"reason\": \"ImagePullBackOff\"";
        assert_eq!(texts(json), ["Back-off pulling image \"a:1\"", "ImagePullBackOff"]);
        let double = "  message: \"failed to pull image\n    \\\"a:1\\\": denied\"\n  ready: false";
        assert_eq!(texts(double), ["failed to pull image \"a:1\": denied", "  ready: false"]);
    }

    #[test]
    fn what_a_terminal_broke_is_joined_without_a_gap() {
        let long = "Failed to pull image \"registry.example.com/team/application:2026-01-01\": rpc error: code = Unknown desc = \
                    failed to pull and unpack image \"registry.example.com/team/application:2026-01-01\": denied by the registry";
        let broken: Vec<String> =
            long.as_bytes().chunks(80).map(|part| String::from_utf8(part.to_vec()).unwrap()).collect();
        let text = format!("State:          Waiting\n{}\nEvents:         <none>", broken.join("\n"));
        assert_eq!(texts(&text)[1], long);
    }

    #[test]
    fn lines_that_are_long_alike_are_no_broken_line() {
        let line = "2024-05-01T10:00:00Z failed to pull image registry.example.com/team/application: denied";
        let text = format!("{line}\n{line}\nnext: line");
        assert_eq!(texts(&text).len(), 3);
    }

    #[test]
    fn a_progress_bar_is_many_lines_and_an_announcement_one() {
        assert_eq!(texts("10 %\r20 %\rdenied: x\n"), ["10 %", "20 %", "denied: x"]);
        assert_eq!(
            texts("Error reading manifest 1 in a/b: errors:\ndenied: x"),
            ["Error reading manifest 1 in a/b: errors: denied: x"]
        );
    }

    #[test]
    fn numbers_are_those_of_the_lines() {
        let found = said("\n\na\r\nb\n");
        assert_eq!(found.iter().map(|said| said.line).collect::<Vec<_>>(), [3, 4]);
    }
}
