//! Words for a shell.

use crate::text::Clean;

/// A word for a POSIX shell. Keys, names and paths come from files and the environment.
pub fn quoted(word: &str) -> String {
    let clean = Clean::with_cap(word, 1024);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:/@-+".contains(c);
    match !clean.is_empty() && clean.as_str().chars().all(is_plain) && !clean.as_str().starts_with('-') {
        true => clean.as_str().to_string(),
        false => literal(clean.as_str()),
    }
}

/// Any text as one word for a POSIX shell, at its full length.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
