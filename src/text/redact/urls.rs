//! Credentials in URLs: the userinfo part, and query parameters (which sign the URLs of S3, GCS, Azure and
//! CloudFront).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{names, pattern, trimmed};

/// From the scheme to where the text goes on. A JSON encoder may have escaped the slashes and ampersands.
static URL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"[A-Za-z][A-Za-z0-9+.-]*:\\?/\\?/(?P<rest>(?:[^\s"'<>`\\]|\\u0026|\\/)+)"#));

/// A user, a secret and a host without a scheme.
static BARE_USERINFO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"[^\s:/@"'=,(\[]+:(?P<secret>[^\s@/"']+)@(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"#)
});

static QUERY: LazyLock<Regex> = LazyLock::new(|| pattern(r#"[?#](?P<query>(?:[^\s"'<>`\\?#]|\\u0026)+)"#));

pub(super) fn find(text: &str, out: &mut Vec<Range<usize>>) {
    for captures in URL.captures_iter(text) {
        if let Some(rest) = captures.name("rest") {
            out.extend(userinfo(rest.as_str()).map(|end| rest.start()..rest.start() + end));
        }
    }
    for captures in BARE_USERINFO.captures_iter(text) {
        let end = captures.get(0).map_or(0, |whole| whole.end());
        out.extend(captures.name("secret").map(|secret| secret.range()).filter(|_| end > 0));
    }
    for captures in QUERY.captures_iter(text) {
        if let Some(query) = captures.name("query") {
            parameters(text, query.range(), out);
        }
    }
}

/// Where the userinfo of a URL ends, whose text after `//` is `rest`.
fn userinfo(rest: &str) -> Option<usize> {
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // A password with a slash in it ends the authority too early: what stands there for a port is no number.
    let port = authority.split_once(':').map(|(_, port)| port)?;
    if authority.starts_with('[') || port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    rest.rfind('@')
}

fn parameters(text: &str, query: Range<usize>, out: &mut Vec<Range<usize>>) {
    let mut start = query.start;
    while start < query.end {
        let rest = &text[start..query.end];
        let (len, separator) = ["&amp;", "\\u0026", "&"]
            .into_iter()
            .filter_map(|separator| rest.find(separator).map(|at| (at, separator.len())))
            .min_by_key(|(at, len)| (*at, usize::MAX - len))
            .unwrap_or((rest.len(), 0));
        parameter(text, start..start + len, out);
        start += len + separator.max(1);
    }
}

fn parameter(text: &str, part: Range<usize>, out: &mut Vec<Range<usize>>) {
    let content = &text[part.clone()];
    match content.split_once('=') {
        Some((name, _)) if names::is_open(name) => {}
        Some((name, _)) => out.push(trimmed(text, part.start + name.len() + 1..part.end)),
        None if content.len() >= 16 && names::looks_generated(content) => out.push(trimmed(text, part)),
        None => {}
    }
}
