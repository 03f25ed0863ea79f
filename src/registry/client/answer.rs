//! From an HTTP response to evidence.

use super::Client;
use crate::evidence::probe::{Answer, Exchange, ExchangeResult, ExchangeStep, Trouble};
use crate::registry::api_error::{self, BodyKind, ErrorBody};
use crate::registry::challenge;
use crate::registry::rate_limit::{RateLimit, http_date};
use crate::registry::transport::{BodyEnd, Response};
use crate::text::Clean;

impl Client {
    /// What came back, read from it without the secrets that were sent.
    pub(super) fn answered(&self, step: ExchangeStep, response: &Response) -> ExchangeResult {
        match self.echoes.out_of_answer(&response.headers, &response.body) {
            Some((headers, body)) => answered(step, &Response { headers, body, ..response.clone() }),
            None => answered(step, response),
        }
    }

    /// An exchange as it may be kept: what was added to it since it was read may hold a secret, too.
    pub(super) fn kept(&self, mut exchange: Exchange) -> Exchange {
        let given_back = "the answer gives a secret back that was sent; it is not shown";
        exchange.result = self
            .echoes
            .out_of(exchange.result)
            .unwrap_or(ExchangeResult::Broken { message: Clean::new(given_back) });
        exchange
    }
}

/// An answer that is cut off proves nothing good; a refusal is one all the same.
fn answered(step: ExchangeStep, response: &Response) -> ExchangeResult {
    let is_success = (200..300).contains(&response.status);
    match response.end {
        BodyEnd::CutOff if is_success => ExchangeResult::Broken {
            message: Clean::new("the connection was cut off in the middle of the answer's body"),
        },
        BodyEnd::TimedOut if is_success => ExchangeResult::TimedOut,
        _ => ExchangeResult::Answered(Box::new(read(step, response))),
    }
}

/// What matters of a response.
fn read(step: ExchangeStep, response: &Response) -> Answer {
    let headers = pairs(response);
    let body = ErrorBody::parse(&response.body);
    let failed = !(200..300).contains(&response.status);
    let looks_like_a_page = body.kind == BodyKind::Html && !is_content(step);
    Answer {
        status: response.status,
        date: text(response, "date").and_then(http_date),
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
