//! The picture of who accepts whose tokens.

use std::collections::BTreeMap;
use std::fmt::Write;

use regauth::evidence::harbor::Verdict;
use regauth::evidence::harbor::seen::Method;
use regauth::report::HarborSummary;
use regauth::report::harbor_rows::MatrixRow;

use super::super::findings::{DEFAULT_WIDTH, wrapped};
use super::super::grid::Layout;
use super::{common, without};

/// Of more cores than these the picture is one of keys.
const CORES: usize = 20;
/// The least room for a name.
const NAME: usize = 12;

/// The picture; empty where nothing was tried.
pub fn picture(harbor: &HarborSummary, layout: &Layout) -> String {
    let Some(matrix) = &harbor.matrix else { return String::new() };
    if matrix.cells.is_empty() {
        return String::new();
    }
    let width = layout.width.map_or(DEFAULT_WIDTH, usize::from);
    let by = match matrix.method {
        Method::Credential => "with a credential",
        Method::Anonymous => "without a credential",
    };
    let mut out = String::from("\n");
    out.push_str(&wrapped(
        "",
        &format!("Who accepts whose tokens: a row's token, shown to a column ({by})."),
        width,
    ));
    match matrix.cores.len() > CORES {
        true => out.push_str(&by_keys(matrix, layout)),
        false => out.push_str(&by_cores(matrix, layout, width)),
    }
    out.push_str(&wrapped("  ", &legend(matrix, layout), width));
    out
}

/// One character a pair.
pub fn mark(verdict: Option<Verdict>, ascii: bool) -> char {
    match (verdict, ascii) {
        (Some(Verdict::Accepted), false) => '✓',
        (Some(Verdict::Rejected), false) => '✗',
        (None, false) => '·',
        (Some(Verdict::Accepted), true) => 'y',
        (Some(Verdict::Rejected), true) => 'X',
        (None, true) => '.',
        (Some(Verdict::NoToken), _) => '-',
        (Some(Verdict::Unreachable), _) => '!',
        (Some(Verdict::Unclear), _) => '?',
    }
}

/// The same in words.
pub fn words(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Accepted) => "accepted",
        Some(Verdict::Rejected) => "rejected",
        Some(Verdict::NoToken) => "no token issued",
        Some(Verdict::Unreachable) => "no answer",
        Some(Verdict::Unclear) => "says nothing",
        None => "not tried",
    }
}

/// What was seen of a pair.
pub fn verdict(matrix: &MatrixRow, issuer: usize, verifier: usize) -> Option<Verdict> {
    let pair = matrix.cells.iter().find(|cell| cell.issuer == issuer && cell.verifier == verifier)?;
    let told = matches!(pair.verdict, Verdict::Accepted | Verdict::Rejected);
    Some(if told && matrix.without_control.contains(&verifier) { Verdict::Unclear } else { pair.verdict })
}

/// The marks that are in the picture, with their words.
pub fn legend(matrix: &MatrixRow, layout: &Layout) -> String {
    let mut used: Vec<Option<Verdict>> = Vec::new();
    for issuer in 0..matrix.cores.len() {
        for verifier in 0..matrix.cores.len() {
            let one = verdict(matrix, issuer, verifier);
            if !used.contains(&one) {
                used.push(one);
            }
        }
    }
    let told: Vec<String> =
        used.iter().map(|one| format!("{} {}", mark(*one, layout.ascii), words(*one))).collect();
    let letters = matrix.cores.iter().any(|core| core.key.is_some());
    let keys = if letters { "; equal letters are equal keys" } else { "" };
    format!("{}{keys}", told.join(", "))
}

fn by_cores(matrix: &MatrixRow, layout: &Layout, width: usize) -> String {
    let cores = matrix.cores.len();
    let digits = if cores > 9 { 2 } else { 1 };
    let letter = matrix.cores.iter().filter_map(|core| core.key.as_ref()).map(String::len).max().unwrap_or(1);
    // Number, letter, name, and a mark a core.
    let beside = |cell: usize| 2 + digits + 1 + letter + 1 + 1 + cell * cores;
    let longest = matrix.cores.iter().map(|core| core.name.chars().count()).max().unwrap_or_default();
    let cell =
        [digits + 1, 2, 1].into_iter().find(|cell| beside(*cell) + longest.min(NAME) <= width).unwrap_or(1);
    let room = width.saturating_sub(beside(cell)).max(NAME).min(longest);
    let cut = match longest > room {
        true => common(&matrix.cores.iter().map(|core| core.name.as_str()).collect::<Vec<_>>()),
        false => 0,
    };
    let mut out = heads(cores, cell, digits, 2 + digits + 1 + letter + 1 + room + 1);
    for (issuer, core) in matrix.cores.iter().enumerate() {
        let name = fitted(&without(&core.name, cut), room);
        let key = core.key.as_deref().unwrap_or("-");
        let _ = write!(out, "  {:>digits$} {key:<letter$} {name:<room$} ", issuer + 1);
        for verifier in 0..cores {
            let _ = write!(out, "{:>cell$}", mark(verdict(matrix, issuer, verifier), layout.ascii));
        }
        out.push('\n');
    }
    out
}

/// The columns' numbers, upright where they have no room side by side.
fn heads(cores: usize, cell: usize, digits: usize, indent: usize) -> String {
    let blank = " ".repeat(indent);
    if cell > digits || digits == 1 {
        let numbers: String = (1..=cores).map(|number| format!("{number:>cell$}")).collect();
        return format!("{blank}{numbers}\n");
    }
    let line = |digit: fn(usize) -> Option<usize>| -> String {
        let show = |number: usize| digit(number).map_or(" ".to_string(), |digit| digit.to_string());
        (1..=cores).map(|number| format!("{:>cell$}", show(number))).collect()
    };
    let tens = line(|number| (number > 9).then_some(number / 10));
    let ones = line(|number| Some(number % 10));
    format!("{blank}{}\n{blank}{ones}\n", tens.trim_end())
}

/// A name in so many columns; its end tells pods apart.
fn fitted(name: &str, room: usize) -> String {
    let count = name.chars().count();
    if count <= room {
        return name.to_string();
    }
    let end: String = name.chars().skip(count.saturating_sub(room.saturating_sub(1))).collect();
    format!("…{end}")
}

/// Of many cores: keys in place of cores, with how many pairs were accepted and rejected.
fn by_keys(matrix: &MatrixRow, layout: &Layout) -> String {
    let mut out = String::new();
    for KeyPair { issuer, verifier, counts } in of_keys(matrix) {
        let told: Vec<String> = counts
            .iter()
            .map(|(verdict, count)| format!("{} {count}", mark(Some(*verdict), layout.ascii)))
            .collect();
        let _ = writeln!(out, "  token of {issuer} at {verifier}: {}", told.join(", "));
    }
    out
}

/// What came of the tokens of all cores with one key at all cores with another.
pub struct KeyPair<'r> {
    pub issuer: &'r str,
    pub verifier: &'r str,
    /// How many pairs of cores ended so.
    pub counts: Vec<(Verdict, usize)>,
}

/// The pairs of keys of which something was tried, in the order of their letters.
pub fn of_keys(matrix: &MatrixRow) -> Vec<KeyPair<'_>> {
    let of = |index: usize| matrix.cores.get(index).and_then(|core| core.key.as_deref()).unwrap_or("-");
    let mut pairs: BTreeMap<(&str, &str), Vec<(Verdict, usize)>> = BTreeMap::new();
    for cell in &matrix.cells {
        let Some(verdict) = verdict(matrix, cell.issuer, cell.verifier) else { continue };
        let counts = pairs.entry((of(cell.issuer), of(cell.verifier))).or_default();
        match counts.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, count)) => *count += 1,
            None => counts.push((verdict, 1)),
        }
    }
    let pair = |((issuer, verifier), counts)| KeyPair { issuer, verifier, counts };
    pairs.into_iter().map(pair).collect()
}
