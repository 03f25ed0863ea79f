//! Rate limits: what headers say of them, and which limit it was that refused.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Serialize};

use super::api_error::ErrorBody;
use super::header::{Headers, first, values};
use crate::text::Clean;

/// How many windows are kept of a header.
const MAX_WINDOWS: usize = 8;
/// What is read of a header.
const MAX_VALUE: usize = 1024;

/// What the headers of an answer say of limits. Empty when the answer is not limited: Docker Hub sends none for
/// images of its publisher programme and to paid plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RateLimit {
    /// What is allowed: `RateLimit-Limit`, or `X-RateLimit-Limit`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limit: Vec<Window>,
    /// What is left: `RateLimit-Remaining`, or `X-RateLimit-Remaining`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<Window>,
    /// Who is charged: `Docker-RateLimit-Source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// After how many seconds to come again, counted from the answer's `Date`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// When the window begins anew, by the server's clock, UTC: `X-RateLimit-Reset`, `RateLimit-Reset`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Timestamp>,
}

/// A number of requests in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Requests.
    pub count: u64,
    /// Seconds; `None` when the header does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// Who is charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "id", rename_all = "camelCase")]
pub enum Source {
    /// An address: everybody behind it is charged together (an IPv6 /64 as one).
    Address(IpAddr),
    /// An account, by its UUID.
    Account(Clean),
    /// Something else.
    Other(Clean),
}

impl RateLimit {
    /// Reads the headers of an answer.
    pub fn parse(headers: Headers<'_>) -> Self {
        let either = |name: &str, other: &str| {
            let found = windows(headers, name);
            if found.is_empty() { windows(headers, other) } else { found }
        };
        let date = first(headers, "date").and_then(http_date);
        Self {
            limit: either("ratelimit-limit", "x-ratelimit-limit"),
            remaining: either("ratelimit-remaining", "x-ratelimit-remaining"),
            source: first(headers, "docker-ratelimit-source").and_then(source),
            retry_after: first(headers, "retry-after").and_then(|value| retry_after(value, date)),
            reset: ["x-ratelimit-reset", "ratelimit-reset"]
                .iter()
                .find_map(|name| first(headers, name).and_then(|value| reset(value, date))),
        }
    }

    /// Whether the headers say nothing of a limit.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The fewest requests that are left in any window.
    pub fn headroom(&self) -> Option<u64> {
        self.remaining.iter().map(|window| window.count).min()
    }
}

/// `100;w=21600`, `100, 100;w=21600`: a list of numbers with parameters, of which `w` is the window.
fn windows(headers: Headers<'_>, name: &str) -> Vec<Window> {
    values(headers, name)
        .flat_map(|value| crate::text::prefix(value, MAX_VALUE).split(','))
        .filter_map(window)
        .take(MAX_WINDOWS)
        .collect()
}

fn window(text: &str) -> Option<Window> {
    let mut parts = text.split(';').map(str::trim);
    let count = parts.next()?.parse().ok()?;
    let seconds = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("w"))
        .and_then(|(_, value)| value.trim().trim_matches('"').parse().ok());
    Some(Window { count, seconds })
}

fn source(value: &str) -> Option<Source> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    let is_uuid = value.len() == 36
        && value.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        });
    Some(match value.parse() {
        Ok(address) => Source::Address(address),
        Err(_) if is_uuid => Source::Account(Clean::with_cap(value, 64)),
        Err(_) => Source::Other(Clean::with_cap(value, 64)),
    })
}

/// The date of HTTP (RFC 9110, section 5.6.7), in the one form that servers may send.
pub fn http_date(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    if value.len() > 64 { None } else { DateTimeParser::new().parse_timestamp(value).ok() }
}

/// Seconds, or a date, which then counts from the answer's own date: no clock of ours is asked.
fn retry_after(value: &str, date: Option<Timestamp>) -> Option<u64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(seconds);
    }
    let seconds = http_date(value)?.as_second() - date?.as_second();
    Some(seconds.max(0).unsigned_abs())
}

/// Seconds since 1970, or seconds from now when the number is too small for that.
fn reset(value: &str, date: Option<Timestamp>) -> Option<Timestamp> {
    let number: i64 = value.trim().parse().ok().filter(|number| *number >= 0)?;
    let second = if number < 1_000_000_000 { date?.as_second().checked_add(number)? } else { number };
    Timestamp::from_second(second).ok()
}

/// Which limit refused. What lifts one does nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LimitKind {
    /// Docker Hub's limit of pulls without a login, counted by address. A login lifts it, as do a mirror or a
    /// pull-through cache.
    AnonymousPulls,
    /// Docker Hub's limit of an account's pulls. Another login of the same account does not lift it: a paid
    /// plan does, or another account, a mirror, a pull-through cache.
    AccountPulls,
    /// Docker Hub's limit of pulls; whether of an address or an account is not told.
    Pulls,
    /// Docker Hub's limit against abuse, counted by address for all requests of everybody behind it. No login
    /// lifts it: only fewer requests, or another way out to the internet.
    Abuse,
    /// The limit of another registry.
    Registry,
}

/// Which limit a 429 of Docker Hub is (docs.docker.com/docker-hub/usage: the abuse limit is a plain
/// `429 Too Many Requests`, the pull limit has a longer message that links to a page).
///
/// `signed_in`: whether a credential was accepted for the request; `None` when that is not known.
pub fn docker_hub_limit(body: &ErrorBody, limit: &RateLimit, signed_in: Option<bool>) -> LimitKind {
    let texts = body.errors.iter().map(|error| error.message.as_str());
    let text = texts.chain(body.excerpt.iter().map(Clean::as_str)).collect::<Vec<_>>().join(" ");
    let text = text.to_ascii_lowercase();
    let says_pulls = text.contains("pull rate limit") || text.contains("increase-rate-limit");
    if text.contains("unauthenticated pull rate limit") {
        return LimitKind::AnonymousPulls;
    }
    if text.contains("pull rate limit as ") {
        return LimitKind::AccountPulls;
    }
    match (&limit.source, signed_in) {
        (Some(Source::Account(_)), _) => LimitKind::AccountPulls,
        (Some(Source::Address(_)), _) => LimitKind::AnonymousPulls,
        _ if !says_pulls && limit.limit.is_empty() && !body.has_code("TOOMANYREQUESTS") => LimitKind::Abuse,
        (_, Some(true)) => LimitKind::AccountPulls,
        (_, Some(false)) => LimitKind::AnonymousPulls,
        _ => LimitKind::Pulls,
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
