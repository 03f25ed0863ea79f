//! What one failed request means: [`known::judge`] reads answers, and what is no answer is read here.

use super::look::Look;
use crate::code::Code;
use crate::diagnose::message::settle_by;
use crate::evidence::endpoint::Role;
use crate::evidence::probe::{Action, Answer, Attempt, Exchange, ExchangeResult, ExchangeStep, Trouble};
use crate::finding::Candidate;
use crate::registry::api_error::ErrorBody;
use crate::registry::claims::Claims;
use crate::registry::known::{self, Missing, Place, SentCredential};
use crate::registry::rate_limit::{LimitKind, RateLimit};
use crate::text::Clean;

/// What a failed request means.
#[derive(Default)]
pub(super) struct Judged {
    /// The causes that it may have, likeliest first; empty where the way to the host is the cause.
    pub candidates: Vec<Candidate>,
    /// The right that is missing, if that is the cause.
    pub missing: Option<Missing>,
    /// Which limit it is, when it is one.
    pub limit: Option<LimitKind>,
    /// The words of whoever answered.
    pub words: Option<Clean>,
    /// Whether the answer was 400, 401 or 403.
    pub is_refusal: bool,
}

impl Judged {
    fn of(candidates: Vec<Candidate>) -> Self {
        Self { candidates, ..Self::default() }
    }

    fn one(code: Code, certain: bool, because: impl Into<String>) -> Self {
        Self::of(vec![candidate(code, certain, because)])
    }

    /// The likeliest cause.
    pub fn first(&self) -> Option<&Candidate> {
        self.candidates.first()
    }
}

fn candidate(code: Code, certain: bool, because: impl Into<String>) -> Candidate {
    let settle_by = (!certain).then(|| settle_by(code).to_string());
    Candidate { code, certain, because: because.into(), settle_by }
}

/// What an attempt's failure means; `None` for one that worked or was not made.
pub(super) fn failure(look: &Look<'_>, attempt: &Attempt) -> Option<Judged> {
    let at = attempt.exchanges.iter().position(|one| !one.is_good() && !one.step.is_optional())?;
    judge(look, attempt, at)
}

/// What the attempt's request number `at` means.
pub(super) fn judge(look: &Look<'_>, attempt: &Attempt, at: usize) -> Option<Judged> {
    let exchange = attempt.exchanges.get(at)?;
    let token = attempt.exchanges.iter().take(at).rev().find(|one| one.step.is_token());
    let claims = token.and_then(|token| token.answer()?.claims.as_ref());
    Some(exchange_judged(look, attempt, exchange, claims))
}

/// What a request on its own means: a ping, or one of a series.
pub(super) fn lone(look: &Look<'_>, exchange: &Exchange) -> Judged {
    exchange_judged(look, &Attempt::default(), exchange, None)
}

fn exchange_judged(
    look: &Look<'_>,
    attempt: &Attempt,
    exchange: &Exchange,
    claims: Option<&Claims>,
) -> Judged {
    match &exchange.result {
        ExchangeResult::Answered(answer) => {
            let mut judged = match &answer.trouble {
                Some(trouble) => troubled(exchange, trouble),
                None => answered(look, attempt, exchange, answer, claims),
            };
            judged.words = words(answer);
            judged.is_refusal = matches!(answer.status, 400 | 401 | 403);
            judged
        }
        ExchangeResult::Unreachable => Judged::of(Vec::new()),
        ExchangeResult::TimedOut => {
            let host = host(look, exchange);
            let because = format!("{host} accepted the connection and did not answer in time");
            Judged::one(at_realm(look, exchange, Code::ConnectionTimedOut), true, because)
        }
        ExchangeResult::Broken { message } => {
            let mut judged = broken(look, exchange, message);
            judged.words = Some(message.clone());
            judged
        }
        ExchangeResult::Refused { message } => {
            let code = if exchange.step.is_token() { Code::RealmMismatch } else { Code::UnexpectedResponder };
            Judged { words: Some(message.clone()), ..Judged::one(code, true, message.to_string()) }
        }
    }
}

/// Trouble with a host other than the registry's that gives tokens has a code of its own.
fn at_realm(look: &Look<'_>, exchange: &Exchange, code: Code) -> Code {
    let is_realm = look.last_endpoint(exchange).is_some_and(|endpoint| endpoint.role == Role::TokenService);
    if is_realm { Code::TokenServiceUnreachable } else { code }
}

fn broken(look: &Look<'_>, exchange: &Exchange, message: &Clean) -> Judged {
    let endpoint = look.last_endpoint(exchange);
    let text = message.as_str();
    if text.contains("speaks TLS") {
        return Judged::one(Code::PlainHttpRegistry, true, "HTTPS is spoken where plain HTTP was expected");
    }
    if endpoint.is_some_and(|endpoint| endpoint.proxy.is_some()) {
        let because = format!("the exchange through the proxy broke: {text}");
        return Judged::one(Code::ProxyFailed, false, because);
    }
    if text.contains("not understood") {
        return Judged::one(Code::UnexpectedResponder, false, format!("what came is not HTTP: {text}"));
    }
    let host = host(look, exchange);
    let code = at_realm(look, exchange, Code::ConnectionRefused);
    Judged::one(code, true, format!("{host} cut the connection off: {text}"))
}

fn troubled(exchange: &Exchange, trouble: &Trouble) -> Judged {
    match trouble {
        Trouble::PlatformMissing { wanted, available } => {
            let has: Vec<&str> = available.iter().map(Clean::as_str).collect();
            let because = format!("the index has nothing for {wanted}, only {}", has.join(", "));
            Judged::one(Code::PlatformMissing, true, because)
        }
        Trouble::DigestMismatch => Judged::one(
            Code::ContentCorrupt,
            true,
            format!("the {} is not what its digest says", what(exchange)),
        ),
        Trouble::Unreadable { why } if exchange.step.is_token() => {
            let because = format!("the token service answered {}, but no token: {why}", status(exchange));
            Judged::one(Code::UnexpectedResponder, false, because)
        }
        Trouble::Unreadable { why } => {
            Judged::one(Code::ContentCorrupt, true, format!("the {} cannot be read: {why}", what(exchange)))
        }
        Trouble::NotARegistry => {
            let because = format!("a web page was answered ({}) to {}", status(exchange), exchange.request);
            Judged::one(Code::UnexpectedResponder, true, because)
        }
    }
}

fn answered(
    look: &Look<'_>,
    attempt: &Attempt,
    exchange: &Exchange,
    answer: &Answer,
    claims: Option<&Claims>,
) -> Judged {
    let provider = look.provider().refined(&answer.challenges, answer.server.as_ref().map(Clean::as_str));
    let (nothing, no_limit) = (ErrorBody::default(), RateLimit::default());
    let sent = sent(look, attempt);
    let judgement = known::judge(&known::Answer {
        provider: &provider,
        action: if look.target.action == Action::Push { known::Action::Push } else { known::Action::Pull },
        place: place(look, exchange),
        status: answer.status,
        errors: answer.error.as_ref().unwrap_or(&nothing),
        challenges: &answer.challenges,
        from_registry: answer.marks.any(),
        credential: sent.as_ref(),
        claims,
        repository: &look.repository(),
        limit: answer.rate_limit.as_ref().unwrap_or(&no_limit),
    });
    let mut candidates = judgement.candidates;
    // What is answered at the realm's own host is the token service's failure, not the registry's.
    for candidate in &mut candidates {
        if candidate.code == Code::RegistryServerError {
            candidate.code = at_realm(look, exchange, candidate.code);
        }
    }
    Judged { candidates, missing: judgement.missing, limit: judgement.limit, ..Judged::default() }
}

fn sent(look: &Look<'_>, attempt: &Attempt) -> Option<SentCredential> {
    let described = &attempt.credential.as_ref()?.described;
    Some(SentCredential {
        user: Some(described.username.clone()).filter(|user| !user.is_empty()),
        expired: described.expires_at.map(|expiry| expiry <= look.seen_at()),
    })
}

fn place(look: &Look<'_>, exchange: &Exchange) -> Place {
    let elsewhere = look.last_endpoint(exchange).is_some_and(|endpoint| endpoint.role == Role::Storage);
    match exchange.step {
        step if step.is_token() => Place::TokenService,
        _ if elsewhere => Place::Storage,
        ExchangeStep::Config | ExchangeStep::Layer => Place::Blob,
        _ => Place::Registry,
    }
}

/// The host that a request was made to, with its port.
pub(super) fn host(look: &Look<'_>, exchange: &Exchange) -> String {
    look.last_endpoint(exchange).map_or_else(|| look.registry(), super::way::authority)
}

fn what(exchange: &Exchange) -> &'static str {
    match exchange.step {
        ExchangeStep::Config => "image's configuration",
        ExchangeStep::Layer => "image's first layer",
        ExchangeStep::PlatformManifest => "platform's manifest",
        _ => "manifest",
    }
}

fn status(exchange: &Exchange) -> String {
    exchange.answer().map(|answer| answer.status.to_string()).unwrap_or_default()
}

/// What an answer says: status, code and message.
pub(crate) fn words(answer: &Answer) -> Option<Clean> {
    let error = answer.error.as_ref()?;
    let told = error.errors.first().map(|one| match (one.code.as_str(), one.message.as_str()) {
        ("", message) => message.to_string(),
        (code, "") => code.to_string(),
        (code, message) => format!("{code}: {message}"),
    });
    let told = told.or_else(|| error.excerpt.as_ref().map(Clean::to_string)).unwrap_or_default();
    Some(Clean::new(format!("{} {told}", answer.status).trim()))
}
