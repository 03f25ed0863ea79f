//! The client: one request after another of a pull or push, each kept as evidence.
//!
//! It builds on [`super::transport`], which opens connections in measured phases. Nothing here decides what an
//! answer means: `diagnose` does.

mod answer;
mod auth;
mod pull;
mod push;

use std::collections::HashSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use tokio::time::{Instant, timeout_at};

pub use auth::{Authorization, Scope};
pub use pull::Depth;

use super::transport::{Origin, Response, SendError, Transport};
use crate::evidence::endpoint::{Endpoint, Role, Scheme};
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep, Withheld};
use crate::text::Clean;

/// Redirects that are followed; Go's clients follow ten.
const MAX_REDIRECTS: usize = 5;
/// What is read of a manifest, a token response or an error, in bytes.
const DOCUMENT_CAP: usize = 4 * 1024 * 1024;

/// A client of registries with its connections.
pub struct Client {
    transport: Transport,
    plain_http: HashSet<String>,
    deadline: Instant,
}

/// One request.
struct Ask<'a> {
    step: ExchangeStep,
    role: Role,
    origin: &'a Origin,
    method: Method,
    /// Path and query.
    target: &'a str,
    headers: HeaderMap,
    body: Bytes,
    authorization: &'a Authorization,
    /// How many bytes of the body are read.
    cap: usize,
}

impl<'a> Ask<'a> {
    fn new(step: ExchangeStep, origin: &'a Origin, target: &'a str, auth: &'a Authorization) -> Self {
        Self {
            step,
            role: Role::Registry,
            origin,
            method: Method::GET,
            target,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            authorization: auth,
            cap: DOCUMENT_CAP,
        }
    }
}

/// What came of a request: evidence, and the answer itself for whoever goes on with it.
struct Asked {
    exchange: Exchange,
    response: Option<Response>,
}

impl Client {
    /// A client that stops at `deadline`. Registries in `plain_http` (`host:port`) may be sent credentials in
    /// the clear.
    pub fn new(transport: Transport, plain_http: impl IntoIterator<Item = String>, deadline: Instant) -> Self {
        Self { transport, plain_http: plain_http.into_iter().collect(), deadline }
    }

    /// The hosts that were contacted so far.
    pub fn endpoints(&self) -> &[Endpoint] {
        self.transport.endpoints()
    }

    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Uses new connections from now on.
    pub fn disconnect(&mut self) {
        self.transport.disconnect();
    }

    /// The origin of a registry: HTTPS, unless the user said that it speaks plain HTTP.
    pub fn origin_of(&self, registry: &str) -> Origin {
        let scheme = if self.plain_http.contains(registry) { Scheme::Http } else { Scheme::Https };
        Origin::of_registry(scheme, registry)
    }

    /// Whether a credential may be sent to an origin.
    pub fn may_carry_credentials(&self, origin: &Origin) -> Result<(), Withheld> {
        if origin.scheme() == Scheme::Http {
            let allowed = self.plain_http.contains(&origin.authority());
            return if allowed { Ok(()) } else { Err(Withheld::PlainHttp) };
        }
        self.transport.may_carry_credentials(origin).map_err(|_| Withheld::UntrustedCertificate)
    }

    /// `GET /v2/` without a credential.
    pub async fn ping(&mut self, origin: &Origin) -> Exchange {
        self.ask(Ask::new(ExchangeStep::Ping, origin, "/v2/", &Authorization::None)).await.exchange
    }

    /// Sends a request and follows its redirects. A credential goes to the first host only.
    async fn ask(&mut self, ask: Ask<'_>) -> Asked {
        let shown = request_line(&ask.method, ask.target);
        let mut origin = ask.origin.clone();
        let mut target = ask.target.to_string();
        let mut role = ask.role;
        let mut redirects = Vec::new();
        let begun = Instant::now();
        loop {
            let with_credential = redirects.is_empty() || origin == *ask.origin;
            let request = build(&ask, &target, with_credential);
            let sent = match request {
                Some(request) => self.send(&origin, role, request, ask.cap).await,
                None => Err(ExchangeResult::Refused { message: Clean::new("the server named no valid URL") }),
            };
            let endpoint = self.transport.endpoint_index(&origin);
            let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let finish = |result| Exchange {
                step: ask.step,
                endpoint: self.transport.endpoint_index(ask.origin),
                request: shown.clone(),
                took_ms,
                result,
            };
            match sent {
                Err(result) => return Asked { exchange: finish(result), response: None },
                Ok(response) => {
                    if let Some(next) = redirect(&ask, &response, &origin, redirects.len()) {
                        match next {
                            Ok((next_origin, next_target)) => {
                                if next_origin != origin {
                                    role = Role::Storage;
                                }
                                (origin, target) = (next_origin, next_target);
                                redirects.push(endpoint);
                                continue;
                            }
                            Err(message) => {
                                let result = ExchangeResult::Refused { message: Clean::new(message) };
                                return Asked { exchange: finish(result), response: None };
                            }
                        }
                    }
                    let mut answer = answer::read(ask.step, &response);
                    if !redirects.is_empty() {
                        answer.redirects = endpoint.into_iter().collect();
                    }
                    let exchange = finish(ExchangeResult::Answered(answer));
                    return Asked { exchange, response: Some(response) };
                }
            }
        }
    }

    async fn send(
        &mut self,
        origin: &Origin,
        role: Role,
        request: Request<Bytes>,
        cap: usize,
    ) -> Result<Response, ExchangeResult> {
        let sent = timeout_at(self.deadline, self.transport.send(origin, role, request, cap)).await;
        match sent {
            Err(_) => Err(ExchangeResult::TimedOut),
            Ok(Err(error)) => Err(failed(&error)),
            Ok(Ok(response)) => Ok(response),
        }
    }
}

fn failed(error: &SendError) -> ExchangeResult {
    match error {
        SendError::Unreachable { .. } => ExchangeResult::Unreachable,
        SendError::TimedOut { .. } => ExchangeResult::TimedOut,
        SendError::RefusedTarget { .. } => ExchangeResult::Refused {
            message: Clean::new("a server named a link-local or loopback address, where nothing is sent"),
        },
        other => ExchangeResult::Broken { message: Clean::new(&other.to_string()) },
    }
}

/// `GET /v2/team/app/manifests/1`, without the query, which may hold a signature.
fn request_line(method: &Method, target: &str) -> Clean {
    let path = target.split('?').next().unwrap_or_default();
    Clean::with_cap(&format!("{method} {path}"), 512)
}

fn build(ask: &Ask<'_>, target: &str, with_credential: bool) -> Option<Request<Bytes>> {
    let mut request = Request::builder().method(ask.method.clone()).uri(target).body(ask.body.clone()).ok()?;
    *request.headers_mut() = ask.headers.clone();
    if with_credential && let Some(value) = ask.authorization.header() {
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    Some(request)
}

/// Where an answer sends the client; `None` when it is no redirect.
fn redirect(
    ask: &Ask<'_>,
    response: &Response,
    from: &Origin,
    so_far: usize,
) -> Option<Result<(Origin, String), &'static str>> {
    let follows = ask.method == Method::GET || ask.method == Method::HEAD;
    if !follows || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers.get(header::LOCATION).map(HeaderValue::to_str)?;
    if so_far >= MAX_REDIRECTS {
        return Some(Err("it is redirected again and again"));
    }
    let target = location.ok().and_then(|location| from.join(location));
    Some(target.ok_or("it is redirected to something that is no URL"))
}
