//! Credentials in HTTP headers. A challenge (`Bearer realm="…",service="…"`) holds none and is telling: it
//! stays.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{names, pattern};

/// An authentication scheme and what follows it.
static SCHEME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?i-u:basic|bearer|negotiate|token)(?:\s|%20|\+)+(?P<value>[A-Za-z0-9._~+/-]+=*)(?P<next>.?)")
});

/// Headers whose whole value is a credential. A map of headers, as Go prints it, has the value in brackets.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?P<name>(?i-u:proxy-authorization|authorization|x-registry-(?:auth|config)|x-[a-z-]*token|set-cookie|cookie))",
        r#"\\?"?\s*:\s*[\["\\]*(?P<scheme>(?i-u:basic|bearer|negotiate|digest|token)\s+)?"#,
        r#"(?P<value>[^\s"'\],\\]+(?:;\s*[^\s"'\],;=\\]+=[^\s"'\],;\\]*)*)"#
    ))
});

pub(super) fn find(text: &str, out: &mut Vec<Range<usize>>) {
    for captures in SCHEME.captures_iter(text) {
        let Some(value) = captures.name("value") else { continue };
        let quoted = captures.name("next").is_some_and(|next| next.as_str() == "\"" || next.as_str() == "\\");
        if !(value.as_str().ends_with('=') && quoted) && is_token(value.as_str()) {
            out.push(value.range());
        }
    }
    for captures in HEADER.captures_iter(text) {
        let (Some(name), Some(value)) = (captures.name("name"), captures.name("value")) else { continue };
        let is_cookie = name.as_str().to_ascii_lowercase().ends_with("cookie");
        let has_scheme = captures.name("scheme").is_some() && !value.as_str().contains('=');
        if is_cookie && value.as_str().contains('=') || has_scheme || is_token(value.as_str()) {
            out.push(value.range());
        }
    }
}

/// Whether what follows a scheme is a token, not the next word of a sentence (`basic auth credentials`,
/// `Bearer token`) and not the name of a challenge's parameter.
fn is_token(value: &str) -> bool {
    let stem = value.trim_end_matches('=');
    let is_word = stem.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'.')
        || stem.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    let is_number = stem.bytes().all(|byte| byte.is_ascii_digit());
    let parameters = ["realm", "service", "scope", "error"];
    let is_parameter = value.ends_with('=') && parameters.contains(&stem);
    if is_word {
        return !is_parameter && (stem.len() >= 24 || value.len() > stem.len() && stem.len() >= 6);
    }
    !is_number && !is_parameter && (names::looks_generated(value) || stem.len() >= 8 && !value.contains('/'))
}
