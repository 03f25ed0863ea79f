//! Credentials on a command line that a message repeats, and quoted ones that follow their name.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{names, pattern};

/// `--password hunter2`
static FLAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?:^|\s)--?(?P<name>[A-Za-z][A-Za-z-]{2,})\s+(?P<value>[^\s"'`-][^\s"'`]*)"#)
});

/// `-u user:hunter2`, skopeo's `--src-creds user:hunter2`
static USER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?:^|\s)(?:-u|--user|--(?:src-|dest-)?creds)(?:\s+|=)["']?[^\s:"']+:(?P<value>[^\s"'`]+)"#)
});

/// `docker login -u ci -p hunter2`, as Docker, Podman, Helm and ORAS take it.
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"\blogin(?:\s+[^\s]+){0,8}?\s-p(?:\s+|=)?["']?(?P<value>[^\s"'`$][^\s"'`]*)"#)
});

/// `password 'hunter2'`
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\b(?i-u:password|passwd|passphrase)\s+(?:'(?P<single>[^'\s]+)'|\\?"(?P<double>[^"\\\s]+)\\?")"#,
    )
});

/// `echo 'hunter2' | docker login --password-stdin`, also with a step between.
static PIPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:echo|printf|print)\s+(?:-[A-Za-z]+\s+)*(?P<value>'[^'\n]*'|[^|\n]*?[^|\s])\s*",
        r"\|[^\n]*?--password-stdin\b"
    ))
});

/// `docker login --password-stdin <<< 'hunter2'`
static HERE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"--password-stdin\b[^\n<]*<<<\s*(?P<value>'[^'\n]*'|"[^"\n]*"|[^\s;&|]+)"#));

/// A shell's or a pipeline's variable: its name is no credential, and tells what was meant.
static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^[\\"']*\$(?:\w+|\{\w+\}|\{\{\s*[\w.-]+\s*\}\})[\\"']*$"#));

pub(super) fn find(text: &str, out: &mut Vec<Range<usize>>) {
    for captures in FLAG.captures_iter(text) {
        if let (Some(name), Some(value)) = (captures.name("name"), captures.name("value"))
            && names::is_secret(name.as_str())
        {
            out.push(value.range());
        }
    }
    for form in [&*USER, &*LOGIN] {
        out.extend(
            form.captures_iter(text).filter_map(|captures| captures.name("value").map(|value| value.range())),
        );
    }
    for form in [&*PIPED, &*HERE] {
        let values = form.captures_iter(text).filter_map(|captures| captures.name("value"));
        out.extend(values.filter(|value| !VARIABLE.is_match(value.as_str())).map(|value| value.range()));
    }
    for captures in QUOTED.captures_iter(text) {
        let value = captures.name("single").or_else(|| captures.name("double"));
        out.extend(value.map(|value| value.range()));
    }
}
