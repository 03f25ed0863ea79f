//! A probe's result as text: whole in the pod's log, and in the termination message within its few bytes.
//!
//! JSON where it fits; else compressed (raw deflate, base64, after [`MARK`]); else compressed without what matters
//! least, in the fixed order of [`reduce::STEPS`], with a word for each kind of detail that is missing.

mod harbor;
#[cfg(test)]
mod harbor_tests;
mod reduce;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use crate::evidence::ProbeSeen;
use crate::registry::decode;
use crate::text::Clean;

/// What stands before a compressed result.
pub const MARK: &str = "regauth1:";

/// The largest result that is read, in bytes: ten times what a probe of many images has to say.
const LARGEST: usize = 1 << 20;
/// How hard it is tried to make it small.
const LEVEL: u8 = 10;

/// Why a result could not be read, without a word of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There is none.
    #[error("the probe left no result")]
    Empty,
    /// It is cut, or not what the probe writes.
    #[error("the probe's result cannot be unpacked: it was cut, or another program wrote it")]
    Packed,
    /// It is no result.
    #[error("the probe's result cannot be read: {0}")]
    Json(decode::DecodeError),
}

/// The whole result, on one line, for the pod's log.
pub fn whole(seen: &ProbeSeen) -> String {
    // Strings, numbers and lists: there is nothing that JSON cannot say.
    serde_json::to_string(seen).unwrap_or_default()
}

/// The result in at most `budget` bytes, for the termination message. [`ProbeSeen::truncated`] says what is
/// missing.
pub fn encode(seen: &ProbeSeen, budget: usize) -> String {
    let fits = |text: &String| text.len() <= budget;
    if let Some(text) = Some(whole(seen)).filter(fits) {
        return text;
    }
    if let Some(text) = Some(packed(seen)).filter(fits) {
        return text;
    }
    let mut reduced = seen.clone();
    for step in reduce::STEPS {
        let before = reduced.clone();
        (step.apply)(&mut reduced);
        if reduced == before {
            continue;
        }
        if reduced.truncated.last().map(String::as_str) != Some(step.leaves_out) {
            reduced.truncated.push(step.leaves_out.to_string());
        }
        if let Some(text) = Some(packed(&reduced)).filter(fits) {
            return text;
        }
    }
    if let Some(text) = harbor::without_the_last(&mut reduced, |seen| Some(packed(seen)).filter(fits)) {
        return text;
    }
    without_targets(reduced, fits)
}

/// The last resort: whole targets from the end, so that what is left can be read at all.
fn without_targets(mut reduced: ProbeSeen, fits: impl Fn(&String) -> bool) -> String {
    let said = reduced.truncated.clone();
    let all = reduced.targets.len();
    while !reduced.targets.is_empty() {
        // Many images go several at a time, so that it takes no long while.
        reduced.targets.truncate(reduced.targets.len() - 1 - reduced.targets.len() / 16);
        let missing = all - reduced.targets.len();
        reduced.truncated = said.clone();
        reduced.truncated.push(format!("everything about the last {missing} of {all} images"));
        reduce::forget_unused_endpoints(&mut reduced);
        if let Some(text) = Some(packed(&reduced)).filter(&fits) {
            return text;
        }
    }
    if let Some(text) = with_fewer_clocks(&mut reduced, said, &fits) {
        return text;
    }
    let truncated = vec!["everything".to_string()];
    whole(&ProbeSeen { version: reduced.version, truncated, ..ProbeSeen::default() })
}

/// What was seen of clocks, less of each kind until it fits.
fn with_fewer_clocks(
    reduced: &mut ProbeSeen,
    mut said: Vec<String>,
    fits: impl Fn(&String) -> bool,
) -> Option<String> {
    said.push("some servers' clocks".to_string());
    reduced.truncated = said;
    while reduced.clock.as_mut().is_some_and(reduce::fewer_clocks) {
        if let Some(text) = Some(packed(reduced)).filter(&fits) {
            return Some(text);
        }
    }
    None
}

fn packed(seen: &ProbeSeen) -> String {
    let small = miniz_oxide::deflate::compress_to_vec(whole(seen).as_bytes(), LEVEL);
    format!("{MARK}{}", STANDARD_NO_PAD.encode(small))
}

/// Reads what [`encode`] wrote.
///
/// # Errors
///
/// The kind of what is wrong, without a word of the text.
pub fn decode(text: &str) -> Result<ProbeSeen, DecodeError> {
    let text = text.trim();
    match text.strip_prefix(MARK) {
        _ if text.is_empty() => Err(DecodeError::Empty),
        None => read(text.as_bytes()),
        Some(packed) => {
            let small = STANDARD_NO_PAD.decode(packed).map_err(|_| DecodeError::Packed)?;
            let json = miniz_oxide::inflate::decompress_to_vec_with_limit(&small, LARGEST);
            read(&json.map_err(|_| DecodeError::Packed)?)
        }
    }
}

/// Reads the result in a pod's log: the last line that is one, since the log holds standard error too.
///
/// # Errors
///
/// As [`decode`], about the last line that looks like a result.
pub fn decode_log(log: &str) -> Result<ProbeSeen, DecodeError> {
    let mut error = DecodeError::Empty;
    for line in log.lines().rev().filter(|line| line.starts_with('{')) {
        match read(line.as_bytes()) {
            Ok(seen) => return Ok(seen),
            Err(DecodeError::Json(why)) if error == DecodeError::Empty => error = DecodeError::Json(why),
            Err(_) => {}
        }
    }
    Err(error)
}

fn read(json: &[u8]) -> Result<ProbeSeen, DecodeError> {
    let mut value: Value = decode::json(json, LARGEST).map_err(DecodeError::Json)?;
    clean(&mut value);
    // Cleaned JSON is JSON, so what is wrong now is its form; the position is that of no text that anybody has.
    serde_json::from_value(value)
        .map_err(|_| DecodeError::Json(decode::DecodeError::Form { line: 1, column: 1 }))
}

/// Whoever wrote it: text with control characters does not get in, also where the result's types do not clean.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().any(char::is_control) => *text = Clean::new(text).to_string(),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        _ => {}
    }
}
