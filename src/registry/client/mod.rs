//! The client: one request after another of a pull or push, each kept as evidence.
//!
//! It builds on [`super::transport`], which opens connections in measured phases. Nothing here decides what an
//! answer means: `diagnose` does.

mod answer;
mod auth;
mod authorize;
mod clock;
mod direct;
mod echo;
mod pull;
mod push;
mod upload;

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use tokio::time::{Instant, timeout_at};

pub use auth::{Authorization, Login, Scope};
pub use clock::{Issued, Stamped};
pub use direct::{Direct, Heard};
pub use pull::{Attempted, Depth, Subject};
pub use upload::{Content, NotUploaded, Uploaded};

use super::manifest;
use super::transport::{
    self, AsHost, CarriesCredential, CarriesStrangersToken, Origin, Response, SendError, Target, Transport,
};
use crate::evidence::endpoint::{Endpoint, Role, Scheme};
use crate::evidence::probe::{Exchange, ExchangeResult, ExchangeStep, Withheld};
use crate::text::Clean;

/// Redirects that are followed; Go's clients follow ten.
const MAX_REDIRECTS: usize = 5;
/// What is read of a manifest, a token response or an error, in bytes.
const DOCUMENT_CAP: usize = manifest::MAX_BODY;

/// A client of registries with its connections.
pub struct Client {
    transport: Transport,
    plain_http: HashSet<String>,
    deadline: Instant,
    echoes: echo::Echoes,
}

/// One request.
struct Ask<'a> {
    step: ExchangeStep,
    role: Role,
    target: Target,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
    authorization: &'a Authorization,
    /// How many bytes of the answer's body are read.
    cap: usize,
    /// Whether the request's body holds a credential.
    body_is_secret: bool,
    /// The `Host`, where it is not the origin's.
    host: Option<HeaderValue>,
    /// Whether redirects are followed.
    follows: bool,
}

impl<'a> Ask<'a> {
    fn new(step: ExchangeStep, target: Target, authorization: &'a Authorization) -> Self {
        Self {
            step,
            role: Role::Registry,
            target,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            authorization,
            cap: DOCUMENT_CAP,
            body_is_secret: false,
            host: None,
            follows: true,
        }
    }
}

/// What came of a request: evidence, and the answer itself for whoever goes on with it.
struct Asked {
    exchange: Exchange,
    response: Option<Response>,
}

/// Where a request and its redirects led.
struct Followed {
    came: Result<Response, ExchangeResult>,
    /// For answers; the phases that open a connection are the endpoint's.
    waited: Duration,
    redirects: Vec<Origin>,
}

impl Client {
    /// A client that stops at `deadline`. Registries in `plain_http` (`host:port`) are asked in the clear, and may
    /// be sent credentials so.
    pub fn new(
        mut transport: Transport,
        plain_http: impl IntoIterator<Item = String>,
        deadline: Instant,
    ) -> Self {
        let plain_http: HashSet<String> = plain_http.into_iter().collect();
        for origin in plain_http.iter().filter_map(|name| Origin::of_registry(name, Scheme::Http).ok()) {
            transport.allow_plain_http(&origin);
        }
        Self { transport, plain_http, deadline, echoes: echo::Echoes::default() }
    }

    /// The hosts that were contacted so far.
    pub fn endpoints(&self) -> &[Endpoint] {
        self.transport.endpoints()
    }

    /// The same as they may be kept: whoever was sent a secret may give it back in a later certificate, or a proxy in
    /// its words.
    pub fn kept_endpoints(&self) -> Vec<Endpoint> {
        let mut endpoints = self.endpoints().to_vec();
        for text in endpoints.iter_mut().flat_map(Endpoint::texts_mut) {
            self.echoes.out_of_text(text);
        }
        endpoints
    }

    /// How long it is until the deadline.
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Lets credentials go to an origin in the clear: the node's own configuration names it so.
    pub fn allow_plain_http(&mut self, origin: &Origin) {
        self.transport.allow_plain_http(origin);
    }

    /// Uses new connections from now on.
    pub fn disconnect(&mut self) {
        self.transport.disconnect();
    }

    /// The origin of a registry (`host` or `host:port`): HTTPS, unless the user said that it speaks plain HTTP.
    pub fn origin_of(&self, registry: &str) -> Option<Origin> {
        let scheme = if self.plain_http.contains(registry) { Scheme::Http } else { Scheme::Https };
        Origin::of_registry(registry, scheme).ok()
    }

    /// Whether a credential may be sent to an origin that was contacted.
    fn may_carry_credentials(&self, origin: &Origin) -> Result<(), Withheld> {
        match self.transport.may_carry_credentials(origin) {
            // Where there is no connection nothing is sent, and the request says why.
            Ok(()) | Err(transport::Withheld::NotConnected) => Ok(()),
            Err(transport::Withheld::PlainHttp) => Err(Withheld::PlainHttp),
            Err(_) => Err(Withheld::UntrustedCertificate),
        }
    }

    /// `GET /v2/` without a credential (or a mirror's own prefix in the place of `/v2`).
    pub async fn ping(&mut self, origin: &Origin, prefix: &str) -> Exchange {
        let Some(target) = at(origin, &format!("{prefix}/")) else { return no_request(ExchangeStep::Ping) };
        self.ask(Ask::new(ExchangeStep::Ping, target, &Authorization::None)).await.exchange
    }

    /// Sends a request and follows its redirects. A credential goes to the first host only.
    async fn ask(&mut self, ask: Ask<'_>) -> Asked {
        let begun = Instant::now();
        let Followed { came, waited, redirects } = self.follow(&ask).await;
        let (result, response) = match came {
            Ok(response) => (self.answered(ask.step, &response), Some(response)),
            Err(result) => (result, None),
        };
        let took = if response.is_some() { waited } else { begun.elapsed() };
        let mut exchange = Exchange {
            step: ask.step,
            endpoint: self.transport.endpoint_index(&ask.target.origin),
            request: request_line(&ask.method, ask.target.path.path()),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            redirects: redirects.iter().filter_map(|origin| self.transport.endpoint_index(origin)).collect(),
            result,
        };
        exchange.redirects.dedup();
        Asked { exchange, response }
    }

    /// To the answer that is no redirect.
    async fn follow(&mut self, ask: &Ask<'_>) -> Followed {
        let (mut target, mut role) = (ask.target.clone(), ask.role);
        let (mut waited, mut redirects) = (Duration::ZERO, Vec::new());
        // Once away from the first host, a credential does not come back with a redirect either.
        let mut is_away = false;
        let came = loop {
            let request = build(ask, &target, !is_away);
            let response = match self.send(&target.origin, role, request, ask.cap).await {
                Ok(response) => response,
                Err(result) => break Err(result),
            };
            waited += response.took;
            let next = match redirect(ask, &response, &target, redirects.len()) {
                None => break Ok(response),
                Some(Err(message)) => break Err(refused(message)),
                Some(Ok(next)) => next,
            };
            if next.origin != target.origin {
                is_away = true;
                role = if ask.step.is_token() { Role::TokenService } else { Role::Storage };
            }
            target = next;
            redirects.push(target.origin.clone());
        };
        Followed { came, waited, redirects }
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
        SendError::Unreachable { .. } | SendError::RefusedByTls { .. } => ExchangeResult::Unreachable,
        SendError::TimedOut { .. } => ExchangeResult::TimedOut,
        SendError::RefusedTarget { .. } | SendError::Withheld { .. } | SendError::NotARequest { .. } => {
            refused(&error.to_string())
        }
        SendError::CutOff { .. } | SendError::SpeaksTls { .. } | SendError::Malformed { .. } => {
            ExchangeResult::Broken { message: Clean::new(&error.to_string()) }
        }
    }
}

fn refused(message: &str) -> ExchangeResult {
    ExchangeResult::Refused { message: Clean::new(message) }
}

/// The exchange of a request that cannot be made.
fn no_request(step: ExchangeStep) -> Exchange {
    Exchange::not_made(step, "no request can be made of this path")
}

/// A path of an origin.
fn at(origin: &Origin, path: &str) -> Option<Target> {
    Some(Target { origin: origin.clone(), path: path.parse().ok()? })
}

/// `GET /v2/team/app/manifests/1`, without the query, which may hold a signature.
fn request_line(method: &Method, path: &str) -> Clean {
    Clean::with_cap(&format!("{method} {path}"), 512)
}

fn build(ask: &Ask<'_>, target: &Target, with_credential: bool) -> Request<Bytes> {
    let mut request = Request::new(ask.body.clone());
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = target.path.clone().into();
    *request.headers_mut() = ask.headers.clone();
    if let Some(host) = &ask.host {
        request.extensions_mut().insert(AsHost(host.clone()));
    }
    if ask.body_is_secret {
        request.extensions_mut().insert(CarriesCredential);
    }
    if with_credential && let Some(value) = ask.authorization.header() {
        request.headers_mut().insert(header::AUTHORIZATION, value);
        if matches!(ask.authorization, Authorization::Strangers(_)) {
            request.extensions_mut().insert(CarriesStrangersToken);
        }
    }
    request
}

/// Where an answer sends the client; `None` when it is no redirect.
fn redirect(
    ask: &Ask<'_>,
    response: &Response,
    from: &Target,
    so_far: usize,
) -> Option<Result<Target, &'static str>> {
    let follows = ask.follows && (ask.method == Method::GET || ask.method == Method::HEAD);
    if !follows || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers.get(header::LOCATION)?.to_str();
    if so_far >= MAX_REDIRECTS {
        return Some(Err("it is redirected again and again"));
    }
    let next = location.ok().and_then(|location| from.join(location).ok());
    Some(next.ok_or("it is redirected to something that is no URL"))
}
