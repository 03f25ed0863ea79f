//! The grammar's engine: walks a message and peels what the programs' rules recognise.
//!
//! An error of a Go program is a chain, `outer: inner: innermost`, and each program, library and log adds its own forms
//! of wrapping: quotes, JSON, `key="value"`, brackets. The walk stands at the start of a part, asks every rule whether
//! it begins here, and otherwise goes to where the next part may begin. So a wrapper that nobody knows does not hide
//! what is inside, and a word in the middle of a sentence, a name or a URL is never taken for a cause.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::reading::{
    Failure, FailureKind, Layer, Operation, Reading, RegistryError, Request, Sign, SignKind, TokenFetch,
};
use super::{PROGRAMS, hosts, registry_error};
use crate::text::Clean;

/// Longer messages are cut; the causes in them come earlier.
const MAX_MESSAGE: usize = 32 * 1024;

/// Quotes within quotes.
const MAX_DEPTH: u8 = 8;

/// Parts looked at in one message.
const MAX_PARTS: usize = 400;

/// What recognising a part says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    /// The operation that failed.
    During(Operation),
    /// How a token was asked for.
    Token(TokenFetch),
    /// It is about the sandbox's image.
    Sandbox,
    /// It is a push.
    Pushes,
    /// A transport failure.
    Fails(FailureKind),
    /// What follows happened on the way to a proxy.
    Proxied,
    /// A statement.
    Says(SignKind),
}

/// One form of one program: a pattern that must begin where a part begins, and what follows from it.
///
/// Named groups are taken over: `image`, `method` with `url`, `host`, `looked` (a name looked up), `status`, `code` and
/// `message` (a registry's), `grpc`. `<phrase>` stands for what may follow a status number.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static [Effect]);

/// The forms of one program or library.
pub(super) struct Program {
    /// Its name.
    pub(super) name: &'static str,
    /// Its forms; the first that fits wins.
    pub(super) rules: &'static [Rule],
}

struct Compiled {
    by: &'static str,
    pattern: Regex,
    effects: &'static [Effect],
}

static GRAMMAR: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |program: &'static Program, rule: &'static Rule| Compiled {
        by: program.name,
        pattern: Regex::new(&format!(r"\A(?:{})", expanded(rule.0)))
            .unwrap_or_else(|error| unreachable!("a rule of {}: {error}", program.name)),
        effects: rule.1,
    };
    PROGRAMS.iter().flat_map(|program| program.rules.iter().map(move |rule| compile(program, rule))).collect()
});

/// The phrase behind a status, which is the server's to choose.
const PHRASE: &str = "(?: [A-Z][A-Za-z-]*(?: [A-Z][A-Za-z-]*)*)?";

/// The pattern with its shorthands written out.
///
/// Letters are compared without regard to case by ASCII alone (`(?i-u:…)`), the tables for more are left out of the build.
/// What matches any character in such a group must still match whole characters.
fn expanded(pattern: &str) -> String {
    let pattern = pattern.replace("<phrase>", PHRASE);
    if !pattern.contains("(?i-u:") {
        return pattern;
    }
    pattern.replace(".*", "(?u-i:.)*").replace(r"\S", r"(?u-i:\S)").replace("[^:]", "(?u-i:[^:])")
}

/// Reads `message`.
pub(super) fn read(message: &str) -> Reading {
    let message = &message[..message.floor_char_boundary(MAX_MESSAGE)];
    let (message, truncated) = without_ellipsis(message.trim());
    let mut walk = Walk { reading: Reading { truncated, ..Reading::default() }, parts: 0, proxied: false };
    walk.chain(message, 0);
    if walk.reading.layers.is_empty() && message.contains("\\\"") {
        // The inside of a quoted message whose own quotes were lost.
        walk.chain(&unescape(message), 0);
    }
    walk.reading
}

/// The text without the mark of being cut: an event's `...`, or the one that [`Clean`] leaves.
fn without_ellipsis(text: &str) -> (&str, bool) {
    let text = text.strip_suffix("[truncated]").map_or(text, str::trim_end);
    if let Some(cut) = text.strip_suffix("...") {
        return (cut, true);
    }
    match text.rfind('…') {
        Some(at) if text[at..].ends_with("cut]") || text[at..].trim_end().chars().count() == 1 => {
            (&text[..at], true)
        }
        _ => (text, false),
    }
}

struct Walk {
    reading: Reading,
    parts: usize,
    proxied: bool,
}

impl Walk {
    fn chain(&mut self, text: &str, depth: u8) {
        let mut rest = text;
        while self.parts < MAX_PARTS {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":;,.)".contains(c));
            if rest.is_empty() {
                return;
            }
            self.parts += 1;
            rest = self.part(rest, depth);
        }
    }

    /// Takes one part off `rest` and gives what is left.
    fn part<'t>(&mut self, rest: &'t str, depth: u8) -> &'t str {
        if depth < MAX_DEPTH {
            if let Some((inner, after)) = quoted(rest) {
                self.chain(&unescape(inner), depth + 1);
                return after;
            }
            if let Some(pieces) = attempts(rest) {
                self.attempts(&pieces);
                return "";
            }
        }
        if rest.starts_with('{')
            && let Some(after) = self.json(rest, depth)
        {
            return after;
        }
        for form in GRAMMAR.iter() {
            if let Some(captures) = form.pattern.captures(rest)
                && let Some(found) = captures.get(0)
                && is_boundary(&rest[..found.end()], &rest[found.end()..])
            {
                self.apply(form, &captures, &rest[found.end()..]);
                return &rest[found.end()..];
            }
        }
        &rest[next_part(rest)..]
    }

    fn apply(&mut self, form: &Compiled, captures: &Captures<'_>, after: &str) {
        let text = Clean::with_cap(captures.get(0).map_or("", |found| found.as_str()).trim(), 512);
        let group = |name: &str| captures.name(name).map(|found| found.as_str());
        if let Some(image) = group("image").filter(|image| !image.is_empty()) {
            self.reading.image = Some(Clean::with_cap(image, 512));
        }
        if let Some(url) = group("url") {
            self.request(group("method"), url);
        } else if let Some(host) = group("host") {
            self.reading.requests.push(Request {
                method: None,
                url: Clean::default(),
                host: hosts::clean(host),
            });
        }
        // A name that is looked up is the host of the request around it; without one, it is all that is known.
        if let Some(looked) = group("looked").filter(|_| self.reading.requests.is_empty()) {
            self.reading.requests.push(Request {
                method: None,
                url: Clean::default(),
                host: hosts::clean(looked),
            });
        }
        if let Some(status) = group("status").and_then(|status| status.parse().ok()) {
            self.reading.status = Some(status);
        }
        if let Some(grpc) = group("grpc") {
            self.reading.grpc = Some(Clean::with_cap(grpc, 32));
        }
        if let Some(code) = group("code") {
            let message =
                Clean::with_cap(group("message").unwrap_or(after).trim_start_matches([':', ' ']), 256);
            self.registry_error(code, message);
        }
        for effect in form.effects {
            self.effect(*effect, &text);
        }
        self.reading.layers.push(Layer { by: form.by, text });
    }

    fn effect(&mut self, effect: Effect, text: &Clean) {
        let reading = &mut self.reading;
        match effect {
            Effect::During(operation) => reading.operation = Some(operation),
            Effect::Token(fetch) => reading.token = Some(fetch),
            Effect::Sandbox => reading.sandbox = true,
            Effect::Pushes => reading.push = true,
            Effect::Proxied => self.proxied = true,
            // Only as the whole error of a request is a phrase a proxy's answer.
            Effect::Fails(FailureKind::ConnectRefused) if reading.requests.is_empty() => {}
            Effect::Fails(kind) => {
                // `dial tcp ADDRESS` is told better by what follows it; that the time was up, by anything else.
                let vague = [FailureKind::Dial, FailureKind::Deadline, FailureKind::Canceled];
                if reading.failure.as_ref().is_none_or(|known| vague.contains(&known.kind)) {
                    reading.failure = Some(Failure { kind, proxy: self.proxied, text: text.clone() });
                }
            }
            Effect::Says(kind) => reading.signs.push(Sign { kind, text: text.clone() }),
        }
    }

    fn request(&mut self, method: Option<&str>, url: &str) {
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        let method =
            method.and_then(|said| methods.into_iter().find(|method| method.eq_ignore_ascii_case(said)));
        self.reading.push |= hosts::is_push(method, url);
        self.reading.requests.push(Request {
            method,
            url: Clean::with_cap(url, 1024),
            host: hosts::of_url(url),
        });
    }

    fn registry_error(&mut self, code: &str, message: Clean) {
        let code = code.to_ascii_uppercase().replace(' ', "_");
        // `unknown` is the code of a registry that has no better one: what follows may be more exact.
        if self.reading.registry_error.as_ref().is_none_or(|known| known.code == "UNKNOWN") {
            self.reading.registry_error = Some(RegistryError { code, message });
        }
    }

    /// A JSON body at the start of `rest`: the registry's errors, or messages that are chains of their own.
    fn json<'t>(&mut self, rest: &'t str, depth: u8) -> Option<&'t str> {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
        let value = values.next()?.ok()?;
        let after = &rest[values.byte_offset()..];
        for (code, message) in registry_error::errors(&value) {
            self.reading
                .layers
                .push(Layer { by: "registry", text: Clean::with_cap(&format!("{code}: {message}"), 512) });
            if !code.is_empty() {
                self.registry_error(&code, Clean::with_cap(&message, 512));
            }
            if depth < MAX_DEPTH {
                self.chain(&message, depth + 1);
            }
        }
        Some(after)
    }

    fn attempts(&mut self, pieces: &[&str]) {
        self.reading.attempts = pieces.iter().map(|piece| read(piece)).collect();
        if let Some(first) = self.reading.attempts.first() {
            self.reading.image = self.reading.image.take().or_else(|| first.image.clone());
        }
    }
}

/// Whether a rule that matched `found` ends where a part can end.
fn is_boundary(found: &str, after: &str) -> bool {
    found.ends_with(char::is_whitespace)
        || after.chars().next().is_none_or(|c| c.is_whitespace() || ":;,.()[]\"'`\\}&<".contains(c))
}

/// Where the next part may begin: behind a colon, the end of a sentence or a column, or at a quoted chain.
fn next_part(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = rest.chars().next().map_or(0, char::len_utf8);
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match bytes[at] {
            b':' | b'.' | b';' if next.is_ascii_whitespace() => return at + 1,
            b']' if next == b' ' || next == b':' => return at + 1,
            b'\n' => return at + 1,
            b' ' if next == b' ' => return at + 1,
            b' ' if rest[at..].starts_with(" - ") => return at + 2,
            b'=' if next == b'"' => return at + 1,
            b'"' => match quoted(&rest[at..]) {
                Some((inner, _)) if inner.contains(": ") => return at,
                Some((_, after)) => at = rest.len() - after.len(),
                None => at += 1,
            },
            b'{' if next == b'"' => return at,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A quoted string at the start of `rest`, as Go's `%q` and JSON write it, and what is behind it. One that is not closed
/// goes to the end.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let inner = rest.strip_prefix('"').or_else(|| rest.strip_prefix('`'))?;
    let mark = rest.as_bytes()[0];
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' && mark == b'"' {
            escaped = true;
        } else if byte == mark {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    Some((inner, ""))
}

/// The text of a quoted string.
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'r' | 't') => out.push(' '),
            Some('u') => {
                let code = chars.as_str().get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(c) => {
                        out.push(c);
                        chars.nth(3);
                    }
                    None => out.push('u'),
                }
            }
            Some(c) => out.push(c),
            None => {}
        }
    }
    out
}

/// The kubelet's list of what each credential led to: `[a, b]`, where each begins like the first
/// (`k8s.io/apimachinery/pkg/util/errors`, `Aggregate`).
fn attempts(rest: &str) -> Option<Vec<&str>> {
    let inner = rest.strip_prefix('[')?;
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    let opening = inner.get(..inner.find(':').filter(|end| (4..=40).contains(end))?)?;
    let between = format!(", {opening}");
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, _) in inner.match_indices(&between) {
        pieces.push(&inner[from..at]);
        from = at + 2;
    }
    pieces.push(&inner[from..]);
    (pieces.len() > 1).then_some(pieces)
}
