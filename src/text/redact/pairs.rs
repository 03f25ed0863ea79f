//! `key=value`, `"key":"value"`, `key: value`: pairs whose key names a secret, in every encoding that
//! programs echo.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{names, pattern, trimmed};

/// A key, what separates it from its value, and the quote that the value opens with. A quote may be escaped
/// (Go's `%q` inside `%q`, JSON inside JSON), or encoded for a URL, JSON or HTML.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?i-u)(?P<open>\\*["'`]|\\u0022|&quot;|&#34;|%22)?(?P<name>[A-Za-z0-9_.-]{2,})"#,
        r#"(?P<close>\\*["'`]|\\u0022|&quot;|&#34;|%22)?"#,
        r#"(?P<sep>\s*=>?\s*|\s*:\s*|%(?:25)*3D|%3A(?:%20|\+)?)"#,
        r#"(?P<quote>\\*["'`]|\\u0022|&quot;|&#34;|%22)?"#,
    ))
});

pub(super) fn find(text: &str, out: &mut Vec<Range<usize>>) {
    // What is inside a value that was found needs no second look, which also keeps this linear.
    let mut covered = 0;
    for captures in HEAD.captures_iter(text) {
        let name = unescaped(text, &captures);
        if captures.get(0).is_some_and(|head| head.start() >= covered)
            && names::is_secret(name)
            && let Some(range) = value(text, name, &captures)
            && !names::is_empty_value(&text[range.clone()])
        {
            covered = range.end;
            out.push(range);
        }
    }
}

/// The name without the hexadecimal digits of a percent-escape before it (`%26password`).
fn unescaped<'t>(text: &'t str, captures: &Captures<'t>) -> &'t str {
    let Some(name) = captures.name("name") else { return "" };
    match name.as_str().get(2..) {
        Some(rest) if text[..name.start()].ends_with('%') => {
            rest.trim_start_matches("26").trim_start_matches("22")
        }
        _ => name.as_str(),
    }
}

fn value(text: &str, name: &str, captures: &Captures<'_>) -> Option<Range<usize>> {
    let separator = captures.name("sep")?.as_str();
    let start = captures.get(0)?.end();
    let rest = &text[start..];
    let is_quoted_key = captures.name("open").is_some() && captures.name("close").is_some();
    if separator.contains('=') && rest.starts_with('=') {
        return None;
    }
    if let Some(quote) = captures.name("quote") {
        let is_pair = separator.contains('=')
            || separator.starts_with('%')
            || separator == ":"
            || is_quoted_key
            || names::is_password(name);
        return is_pair.then(|| start..start + quoted(rest, quote.as_str()));
    }
    if separator.starts_with('%') {
        return (is_quoted_key || !separator.starts_with("%3A")).then(|| start..start + encoded(rest));
    }
    if separator.contains('=') {
        let len = bare(rest, names::is_password(name));
        return Some(trimmed(text, start..start + len + behind_scheme(&rest[..len], &rest[len..])));
    }
    if is_quoted_key {
        return Some(start..start + json(rest));
    }
    let is_close = separator == ":";
    let range = trimmed(text, start..start + bare(rest, false));
    let before = &text[..captures.get(0)?.start()];
    let is_value = if is_close {
        is_field(before, name, &text[range.clone()])
    } else {
        is_value_of_prose(text, before, name, &range)
    };
    is_value.then_some(range)
}

/// How long a quoted value is: up to the quote that closes it, or all there is.
fn quoted(rest: &str, quote: &str) -> usize {
    let Some(mark) = quote.chars().last().filter(|_| quote.starts_with('\\') || quote.len() == 1) else {
        return rest.find(quote).unwrap_or(rest.len());
    };
    if quote.to_ascii_lowercase().ends_with("u0022") {
        return rest.find(quote).unwrap_or(rest.len());
    }
    // A quote inside the value is escaped more often than the one that closes it.
    let depth = quote.len() - 1;
    let mut backslashes = 0;
    for (at, c) in rest.char_indices() {
        if c == mark && backslashes <= depth {
            return at - backslashes;
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
    }
    rest.len()
}

/// How long a percent-encoded value is: up to an encoded ampersand or quote.
fn encoded(rest: &str) -> usize {
    let is_mark = |at: usize| {
        let escape = rest.as_bytes().get(at..at + 3).unwrap_or_default();
        ["%26", "%22", "%7d"].iter().any(|mark| escape.eq_ignore_ascii_case(mark.as_bytes()))
            || rest[at..].starts_with("%2526")
    };
    rest.char_indices()
        .find(|(at, c)| c.is_whitespace() || "&\"'<>`\\".contains(*c) || (*c == '%' && is_mark(*at)))
        .map_or(rest.len(), |(at, _)| at)
}

/// How long an unquoted value is. A password may hold a comma or a semicolon.
fn bare(rest: &str, is_password: bool) -> usize {
    let ends = if is_password { "&\"'`<>" } else { "&\"'`<>,;}" };
    let end = rest.find(|c: char| c.is_whitespace() || ends.contains(c)).unwrap_or(rest.len());
    // The backslash belongs to the quote behind it.
    rest[..end].trim_end_matches('\\').len()
}

/// How long the token is behind a value that is only the name of its scheme (`authorization=Bearer …`).
fn behind_scheme(value: &str, behind: &str) -> usize {
    let is_scheme =
        ["basic", "bearer", "negotiate", "token"].iter().any(|word| word.eq_ignore_ascii_case(value));
    let token = behind.trim_start();
    match is_scheme && !token.is_empty() {
        true => behind.len() - token.len() + bare(token, false),
        false => 0,
    }
}

/// How long an unquoted JSON value is. An object's own pairs are looked at by themselves.
fn json(rest: &str) -> usize {
    match rest.chars().next() {
        Some('{') => 0,
        Some('[') => rest.find(']').map_or(rest.len(), |end| end + 1),
        _ => rest.find(|c: char| c.is_whitespace() || ",}]\"'".contains(c)).unwrap_or(rest.len()),
    }
}

/// Whether `name:value` without a space is a field of a struct as Go prints it (`{Username:u Password:p}`),
/// not an image (`team/token:1.0`).
fn is_field(before: &str, name: &str, value: &str) -> bool {
    let starts_field = before.is_empty() || before.ends_with(['{', ',', ' ', ';', '(', '[']);
    let is_compound = name.contains('_') && names::looks_generated(value);
    starts_field
        && (names::is_password(name) || is_compound || name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Whether what follows `name: ` is its value, not the cause in a chain of messages (`invalid token: not
/// found`).
fn is_value_of_prose(text: &str, before: &str, name: &str, range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    if names::looks_generated(value) {
        return true;
    }
    let before = before.trim_end();
    let starts_field = before.is_empty() || before.ends_with(['{', ',', ';', '(', '[', '-', '"']);
    let after_user = before.rsplit_once([':', '=']).is_some_and(|(name, user)| {
        let name = name.trim_end().rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        ["user", "username", "login"].iter().any(|word| name.eq_ignore_ascii_case(word))
            && user.split_whitespace().count() == 1
    });
    names::is_password(name) && (starts_field || after_user) && !is_sentence(value, &text[range.end..])
}

/// `must not be empty`: a lower-case word with another behind it.
fn is_sentence(value: &str, behind: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut next = behind.split_whitespace();
    is_word(value) && behind.starts_with(' ') && next.next().is_some_and(is_word)
}
