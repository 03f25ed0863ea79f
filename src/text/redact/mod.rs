//! Finds credentials in text and puts a mark in their place.
//!
//! Each finder looks at the text as it is and names byte ranges; the ranges are joined and replaced at the
//! end, so the finders do not depend on each other's order. All of them run in linear time.

mod flags;
mod headers;
mod names;
mod pairs;
mod shapes;
mod urls;

use std::ops::Range;

use regex::Regex;

use super::REDACTED;

/// `text` with every credential that is found replaced.
pub(super) fn redact(text: &str) -> String {
    let mut ranges = Vec::new();
    urls::find(text, &mut ranges);
    pairs::find(text, &mut ranges);
    headers::find(text, &mut ranges);
    flags::find(text, &mut ranges);
    shapes::find(text, &mut ranges);
    replace(text, joined(text, ranges))
}

/// The ranges in order, without overlaps, and never through the middle of a mark that is already there.
fn joined(text: &str, mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| range.start < range.end);
    if ranges.is_empty() {
        return ranges;
    }
    let marks: Vec<usize> = text.match_indices(REDACTED).map(|(at, _)| at).collect();
    let around = |at: usize| {
        let before = marks.partition_point(|mark| *mark < at).checked_sub(1)?;
        let mark = marks[before]..marks[before] + REDACTED.len();
        mark.contains(&at).then_some(mark)
    };
    for range in &mut ranges {
        range.start = around(range.start).map_or(range.start, |mark| mark.start);
        range.end = around(range.end).map_or(range.end, |mark| mark.end);
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

fn replace(text: &str, ranges: Vec<Range<usize>>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        out.push_str(&text[from..range.start]);
        out.push_str(REDACTED);
        from = range.end;
    }
    out.push_str(&text[from..]);
    out
}

/// `range` of `text` without the punctuation of the sentence around it.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    if value.ends_with(REDACTED) {
        return range;
    }
    let kept = value.trim_end_matches([':', ',', ';', '.', ')', ']', '}']);
    range.start..range.start + kept.len()
}

/// A pattern that is written down in this module, and compiled by its tests.
fn pattern(text: &'static str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}
