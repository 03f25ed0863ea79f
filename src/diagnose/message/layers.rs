//! The grammar's engine: walks a message and peels what the programs' rules recognise.
//!
//! An error of a Go program is a chain, `outer: inner: innermost`, and each program, library and log adds its
//! own forms of wrapping: quotes, JSON, `key="value"`, brackets. The walk stands at the start of a part, asks
//! every rule whether it begins here, and otherwise goes to where the next part may begin. So a wrapper that
//! nobody knows does not hide what is inside, and a word in the middle of a sentence, a name or a URL is
//! never taken for a cause.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::nesting::{attempts, is_boundary, next_part, quoted, tag, unescape, without_ellipsis};
use super::reading::{Failure, FailureKind, Layer, Operation, Reading, RegistryError, Request, TokenFetch};
use super::sign::{Sign, SignKind};
use super::{PROGRAMS, bodies, hosts, normal};
use crate::text::{Clean, prefix};

/// Longer messages are cut; the causes in them come earlier.
const MAX_MESSAGE: usize = 32 * 1024;

/// Quotes within quotes.
const MAX_DEPTH: u8 = 8;

/// Attempts looked at in one message.
const MAX_ATTEMPTS: usize = 16;

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
    /// A transport failure, if it is the whole of what went wrong with a request.
    OnlyAfterRequest(FailureKind),
    /// A statement.
    Says(SignKind),
}

/// One form of one program: a pattern that must begin where a part begins, and what follows from it.
///
/// Named groups are taken over: `image`, `method` with `url`, `host`, `looked` (a name looked up), `status`,
/// `code` and `message` (a registry's), `grpc`. `<phrase>` stands for what may follow a status number.
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

/// A short quote. It is cleaned before it is cut, so that no half of a secret is left, and not much more than
/// is kept is looked at.
fn brief(text: &str, cap: usize) -> Clean {
    Clean::with_cap(prefix(text, cap * 8), cap)
}

/// The phrase behind a status, which is the server's to choose.
const PHRASE: &str = "(?: [A-Z][A-Za-z-]*(?: [A-Z][A-Za-z-]*)*)?";

/// The pattern with its shorthands written out.
///
/// Letters are compared without regard to case by ASCII alone (`(?i-u:…)`), the tables for more are left out
/// of the build. What matches any character in such a group must still match whole characters.
fn expanded(pattern: &str) -> String {
    let pattern = pattern.replace("<phrase>", PHRASE);
    if !pattern.contains("(?i-u:") {
        return pattern;
    }
    pattern
        .replace(".*", "(?u-i:.)*")
        .replace(".{", "(?u-i:.){")
        .replace(r"\S", r"(?u-i:\S)")
        .replace("[^:]", "(?u-i:[^:])")
}

/// Reads `message`.
pub(super) fn read(message: &str) -> Reading {
    read_at(&normal::plain(prefix(message, MAX_MESSAGE)), 0)
}

fn read_at(message: &str, depth: u8) -> Reading {
    let (message, truncated) = without_ellipsis(message.trim());
    let reading = Reading { truncated, ..Reading::default() };
    let mut walk = Walk { reading, parts: 0, proxied: false, after_request: false };
    walk.chain(message, depth);
    if walk.reading.layers.is_empty() && message.contains("\\\"") {
        // The inside of a quoted message whose own quotes were lost.
        walk.chain(&unescape(message), depth);
    }
    walk.reading
}

struct Walk {
    reading: Reading,
    parts: usize,
    proxied: bool,
    /// Whether the part before named a request.
    after_request: bool,
}

impl Walk {
    fn chain(&mut self, text: &str, depth: u8) {
        let mut rest = text;
        while self.parts < MAX_PARTS {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":;,.)*>|".contains(c));
            if rest.is_empty() {
                return;
            }
            self.parts += 1;
            let requests = self.reading.requests.len();
            rest = self.part(rest, depth);
            self.after_request = self.reading.requests.len() > requests;
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
                self.reading.several_places = !rest.starts_with('[');
                self.attempts(&pieces, depth + 1);
                return "";
            }
        }
        if rest.starts_with('{')
            && let Some((told, after)) = bodies::json(rest)
        {
            self.body(&told, depth);
            return after;
        }
        if let Some(told) = bodies::store_error(rest).filter(|_| depth < MAX_DEPTH) {
            self.chain(&told, depth + 1);
            return "";
        }
        for form in GRAMMAR.iter() {
            if let Some(captures) = form.pattern.captures(rest)
                && let Some(found) = captures.get(0)
                && is_boundary(&rest[..found.end()], &rest[found.end()..])
                && self.is_in_place(form)
            {
                self.apply(form, &captures, &rest[found.end()..]);
                return &rest[found.end()..];
            }
        }
        tag(rest).unwrap_or_else(|| &rest[next_part(rest)..])
    }

    fn apply(&mut self, form: &Compiled, captures: &Captures<'_>, after: &str) {
        let text = brief(captures.get(0).map_or("", |found| found.as_str()).trim(), 512);
        let group = |name: &str| captures.name(name).map(|found| found.as_str());
        if let Some(image) = group("image").filter(|image| !image.is_empty()) {
            self.reading.image = Some(brief(image, 512));
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
        // A name that is looked up is the host of the request around it; without one, it is all that is
        // known.
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
            self.reading.grpc = Some(brief(grpc, 32));
        }
        if let Some(code) = group("code") {
            let message = brief(group("message").unwrap_or(after).trim_start_matches([':', ' ']), 256);
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
            // Only as the whole error of a request, without a status, is a phrase a proxy's answer.
            Effect::Fails(FailureKind::ConnectRefused | FailureKind::ConnectForbidden)
                if reading.requests.is_empty() || reading.status.is_some() => {}
            Effect::Fails(kind) => {
                // `dial tcp ADDRESS` is told better by what follows it; that the time was up, by anything
                // else.
                let vague = [FailureKind::Dial, FailureKind::Deadline, FailureKind::Canceled];
                if reading.failure.as_ref().is_none_or(|known| vague.contains(&known.kind)) {
                    reading.failure = Some(Failure { kind, proxy: self.proxied, text: text.clone() });
                }
            }
            Effect::OnlyAfterRequest(kind) => self.effect(Effect::Fails(kind), text),
            Effect::Says(kind) => reading.signs.push(Sign { kind, text: text.clone() }),
        }
    }

    /// Whether a form that stands only behind a request stands there.
    fn is_in_place(&self, form: &Compiled) -> bool {
        let bound = form.effects.iter().any(|effect| matches!(effect, Effect::OnlyAfterRequest(_)));
        !bound || self.after_request
    }

    fn request(&mut self, method: Option<&str>, url: &str) {
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        let method =
            method.and_then(|said| methods.into_iter().find(|method| method.eq_ignore_ascii_case(said)));
        self.reading.push |= hosts::is_push(method, url);
        if hosts::names_account(url) {
            self.reading.token = Some(TokenFetch::WithCredential);
        }
        self.reading.requests.push(Request { method, url: brief(url, 1024), host: hosts::of_url(url) });
    }

    fn registry_error(&mut self, code: &str, message: Clean) {
        let code = code.to_ascii_uppercase().replace(' ', "_");
        // `unknown` is the code of a registry that has no better one: what follows may be more exact.
        if self.reading.registry_error.as_ref().is_none_or(|known| known.code == "UNKNOWN") {
            self.reading.registry_error = Some(RegistryError { code, message });
        }
    }

    /// What a body says. Its code is the registry's own; a word before it is the client's.
    fn body(&mut self, told: &[(String, String)], depth: u8) {
        if told.iter().any(|(code, _)| !code.is_empty()) {
            self.reading.registry_error = None;
        }
        for (code, message) in told {
            self.reading
                .layers
                .push(Layer { by: "registry", text: brief(&format!("{code}: {message}"), 512) });
            if !code.is_empty() {
                self.registry_error(code, brief(message, 512));
            }
            if depth < MAX_DEPTH {
                self.chain(message, depth + 1);
            }
        }
    }

    fn attempts(&mut self, pieces: &[&str], depth: u8) {
        self.reading.attempts = pieces.iter().take(MAX_ATTEMPTS).map(|piece| read_at(piece, depth)).collect();
        if let Some(first) = self.reading.attempts.first() {
            self.reading.image = self.reading.image.take().or_else(|| first.image.clone());
        }
    }
}
