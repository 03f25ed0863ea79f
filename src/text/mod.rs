//! Text from registries, events and logs, made fit to keep and to show.
//!
//! Such text is hostile: it may steer a terminal, hide what it says, or carry a credential that a server
//! echoed. [`Clean`] is the only way in which it gets into evidence and reports.

mod control;
mod redact;
#[cfg(test)]
mod tests;
pub(crate) mod url;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Whether a text is a DNS subdomain name, which the names of Secrets, ServiceAccounts and nodes are
/// (`IsDNS1123Subdomain` in k8s.io/apimachinery).
pub fn is_object_name(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 253
        && name.starts_with(is_word)
        && name.ends_with(is_word)
        && name.chars().all(|c| is_word(c) || c == '-' || c == '.')
}

/// The name that a reference holds. The API server does not look at references: one that no object can have is
/// replaced, since names stand in commands that are there to be pasted.
pub fn referenced_name(name: &str) -> String {
    if is_object_name(name) { name.to_string() } else { "INVALID-NAME".to_string() }
}

/// A clause as the beginning of a sentence.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What is put in the place of a credential.
pub(crate) const REDACTED: &str = "[redacted]";

/// What stands around the number of bytes that were cut.
const CUT: &str = "… [";
const CUT_END: &str = " bytes cut]";

/// Longer input is cut before anything looks at it, so that cleaning takes a bounded time.
const MAX_INPUT: usize = 64 * 1024;

/// What [`Clean::new`] keeps.
const DEFAULT_CAP: usize = 4 * 1024;

/// How often cleaning is repeated until nothing changes. Two rounds do for all but made-up input.
const MAX_ROUNDS: usize = 6;

/// One line of text without escape sequences, control and invisible characters, and credentials; capped in
/// size.
///
/// Cleaning a clean text again changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Clean(String);

impl Clean {
    /// Cleans `text` and keeps at most 4 KiB of it.
    pub fn new(text: &str) -> Self {
        Self::with_cap(text, DEFAULT_CAP)
    }

    /// Cleans `text` and keeps at most `bytes` (and never more than 64 KiB), with a note of how much was cut.
    pub fn with_cap(text: &str, bytes: usize) -> Self {
        let cap = bytes.min(MAX_INPUT);
        let input = prefix(text, MAX_INPUT);
        let mut lost = text.len() - input.len();
        let mut current = input.to_owned();
        for _ in 0..MAX_ROUNDS {
            let next = capped(redacted(&control::strip(&current)), cap, lost);
            if next == current {
                return Self(current);
            }
            current = next;
            lost = 0;
        }
        // Text that is never at rest was made to defeat the cleaning: nothing of it is worth the risk.
        Self(prefix(REDACTED, cap).to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A stored text may have been edited since, so it is cleaned again. The cap is the largest, lest text that
/// was kept with a larger one than usual is cut by being read.
impl<'de> Deserialize<'de> for Clean {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::with_cap(&text, MAX_INPUT))
    }
}

/// `text` without credentials. The note of a cut at its end is no part of a value: whether a value counts as a
/// secret must not change with how much of it is kept.
fn redacted(text: &str) -> String {
    let (body, note) = text.split_at(text.len() - cut_note(text).len());
    format!("{}{note}", redact::redact(body))
}

/// The note at the end of a text that was cut; empty where it was not.
fn cut_note(text: &str) -> &str {
    let note = text.rfind(CUT).map(|at| &text[at..]).unwrap_or_default();
    let number = note.strip_prefix(CUT).and_then(|rest| rest.strip_suffix(CUT_END));
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if number.is_some_and(is_number) { note } else { "" }
}

/// `text` in at most `cap` bytes; `lost` bytes were cut before.
fn capped(text: String, cap: usize, lost: usize) -> String {
    if text.len() <= cap && lost == 0 {
        return text;
    }
    let note = |kept: usize| format!("{CUT}{}{CUT_END}", text.len() - kept + lost);
    let room = cap.checked_sub(note(0).len());
    match room {
        Some(room) => {
            let kept = whole_marks(prefix(&text, room));
            format!("{kept}{}", note(kept.len()))
        }
        None => whole_marks(prefix(&text, cap)).to_owned(),
    }
}

/// `text` without a [`REDACTED`] that was cut in two at its end.
fn whole_marks(text: &str) -> &str {
    (1..REDACTED.len()).rev().find_map(|n| text.strip_suffix(&REDACTED[..n])).unwrap_or(text)
}

/// `text` without escape sequences, control and invisible characters; with its credentials, so that it is not to be
/// kept: only [`Clean`] is.
pub(crate) fn without_controls(text: &str) -> String {
    control::strip(text)
}

/// The longest start of `text` that has at most `bytes` and ends between characters.
pub(crate) fn prefix(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}
