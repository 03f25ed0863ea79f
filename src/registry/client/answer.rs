//! From an HTTP response to evidence.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::evidence::probe::{Answer, ExchangeStep, Trouble};
use crate::registry::api_error::{self, BodyKind, ErrorBody};
use crate::registry::challenge;
use crate::registry::rate_limit::RateLimit;
use crate::registry::transport::Response;
use crate::text::Clean;

/// What matters of a response.
pub(super) fn read(step: ExchangeStep, response: &Response) -> Answer {
    let headers = pairs(response);
    let body = ErrorBody::parse(&response.body);
    let failed = !(200..300).contains(&response.status);
    let looks_like_a_page = body.kind == BodyKind::Html && !is_content(step);
    Answer {
        status: response.status,
        date: text(response, "date").and_then(date),
        marks: api_error::is_from_registry(&headers, &body),
        challenges: challenge::parse_all(crate::registry::header::values(&headers, "www-authenticate")),
        server: text(response, "server").map(|server| Clean::with_cap(server, 128)),
        rate_limit: Some(RateLimit::parse(&headers)).filter(|limit| !limit.is_empty()),
        trouble: (!failed && looks_like_a_page).then_some(Trouble::NotARegistry),
        error: (failed || looks_like_a_page).then_some(body),
        ..Answer::default()
    }
}

/// Whether the body of a good answer may be anything.
fn is_content(step: ExchangeStep) -> bool {
    matches!(step, ExchangeStep::Config | ExchangeStep::Layer)
}

/// The response's headers as text; those that are none are left out.
pub(super) fn pairs(response: &Response) -> Vec<(&str, &str)> {
    let text =
        response.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    text.collect()
}

/// One header as text.
pub(super) fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.get(name).and_then(|value| value.to_str().ok())
}

/// The media type of the body.
pub(super) fn content_type(response: &Response) -> Option<&str> {
    text(response, "content-type")
}

/// An HTTP date (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}
