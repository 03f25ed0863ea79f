//! What somebody sees who types commands into a terminal.

use std::process::Command;

use super::folder::on_path;

/// How a stretch of text is painted: the parameters of the last SGR sequence (ECMA-48), as `1;31`; empty for none.
type Paint = String;

/// A stretch of text that is painted alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub text: String,
    pub paint: Paint,
}

/// Whether a terminal can be had: by util-linux's `script`.
pub fn is_possible() -> bool {
    on_path("script").is_some() && on_path("bash").is_some()
}

/// What a shell's script prints in a terminal of this many columns, to both streams, as lines of stretches.
pub fn shown(command: &mut Command, script: &str, columns: u16) -> Vec<Vec<Stretch>> {
    let typed = format!("stty cols {columns} rows 50 && {script}");
    command.env("SHELL", "/bin/bash").env("TERM", "xterm-256color").env_remove("NO_COLOR");
    let output = command.args(["-q", "-e", "-c", &typed, "/dev/null"]).output().expect("script runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    lines(&String::from_utf8(output.stdout).expect("UTF-8").replace("\r\n", "\n"))
}

/// The text of a line.
pub fn plain(line: &[Stretch]) -> String {
    line.iter().map(|stretch| stretch.text.as_str()).collect()
}

/// Lines as a terminal of so many columns shows them: what is longer goes on in the next one, in the midst of a word if need be.
pub fn broken(lines: &[Vec<Stretch>], columns: usize) -> Vec<Vec<Stretch>> {
    let mut rows = Vec::new();
    for line in lines {
        let (mut row, mut free) = (Vec::new(), columns);
        for stretch in line {
            let mut rest = stretch.text.as_str();
            while let Some((cut, _)) = rest.char_indices().nth(free) {
                row.push(Stretch { text: rest[..cut].to_string(), paint: stretch.paint.clone() });
                rows.push(std::mem::take(&mut row));
                (rest, free) = (&rest[cut..], columns);
            }
            free -= rest.chars().count();
            row.push(Stretch { text: rest.to_string(), paint: stretch.paint.clone() });
        }
        rows.push(row);
    }
    rows
}

/// Text with SGR sequences as lines of stretches. Other sequences are not expected.
pub fn lines(text: &str) -> Vec<Vec<Stretch>> {
    let mut paint = Paint::new();
    text.lines().map(|line| stretches(line, &mut paint)).collect()
}

fn stretches(line: &str, paint: &mut Paint) -> Vec<Stretch> {
    let mut found = Vec::new();
    for (at, part) in line.split("\u{1b}[").enumerate() {
        let text = match at {
            0 => part,
            _ => {
                let (sequence, text) = part.split_once('m').expect("an SGR sequence");
                *paint = if sequence == "0" { Paint::new() } else { sequence.to_string() };
                text
            }
        };
        if !text.is_empty() {
            found.push(Stretch { text: text.to_string(), paint: paint.clone() });
        }
    }
    found
}
