//! Requests to registries, phase by phase: name, addresses, TLS, HTTP.
//!
//! The connection that is measured is the one that asks, so TCP, TLS and HTTP are put together here from tokio,
//! rustls and hyper's `client::conn`. `reqwest`, or hyper's pooled client, would give an answer or one error: not
//! the addresses that failed before the one that worked, not the chain of a certificate that is not trusted,
//! and no way to go on, without credentials, past it.
//!
//! What a phase showed is evidence ([`crate::evidence::endpoint::Endpoint`]); [`SendError`] says only which kind
//! of end a request came to, and at which endpoint.

mod connect;
mod error;
mod http;
mod open;
mod origin;
mod proxy;
mod resolve;
mod roots;
mod settings;
mod stream;
mod target;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use ::http::header::{AUTHORIZATION, COOKIE};
use ::http::{HeaderMap, HeaderValue, Request};
use bytes::Bytes;

pub use self::error::{SendError, Withheld};
pub use self::origin::{BadTarget, Origin, Target};
pub use self::proxy::{ProxyError, ProxyRules};
pub(crate) use self::roots::BUNDLES;
pub use self::roots::{Roots, RootsError};
pub use self::settings::{Settings, Timeouts};

use self::http::{Answer, Failure};
use self::open::Place;
use crate::evidence::endpoint::{Endpoint, ProxyRefusal, Role, Scheme};
use crate::text::Clean;

/// No more addresses of a name than this are tried.
const MAX_ADDRESSES: usize = 8;

/// Asks registries, one request at a time, and keeps what each phase showed.
///
/// A failure is not tried again: the next request to the same origin gets it at once, until
/// [`Transport::disconnect`].
pub struct Transport {
    settings: Settings,
    endpoints: Vec<Endpoint>,
    /// What is behind the endpoint of the same index.
    places: Vec<Place>,
    plain_http: HashSet<Origin>,
}

/// In a request's extensions: its body holds a credential, so that it goes only where credentials may. Requests
/// with an `Authorization` or `Cookie` header need no mark.
#[derive(Clone, Copy, Debug)]
pub struct CarriesCredential;

/// Marks a request whose `Authorization` is a token that anybody gets (an extension of the request): nothing in it
/// needs the connection to be one that can be trusted.
#[derive(Clone, Copy, Debug)]
pub struct CarriesStrangersToken;

/// The `Host` of a request (an extension of it) where that is not the origin's: for a server behind a proxy, which asks
/// it under its own name.
#[derive(Clone, Debug)]
pub struct AsHost(pub HeaderValue);

/// An answer, of any status.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, at most 100 and 64 KiB. They may hold credentials (`Set-Cookie`, a signed `Location`).
    pub headers: HeaderMap,
    /// The body, as much as was asked for.
    pub body: Vec<u8>,
    /// How the body ended.
    pub end: BodyEnd,
    /// From the request to the end of the body, without the phases before.
    pub took: Duration,
    /// The other end of the connection: the server's address, or its proxy's.
    pub remote: SocketAddr,
    /// Index of the endpoint in [`Transport::endpoints`].
    pub endpoint: usize,
}

/// How the body of an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// It is all there.
    Complete,
    /// It is longer than what was asked for.
    Capped,
    /// The connection was cut off in the middle.
    CutOff,
    /// The time was up.
    TimedOut,
}

impl Response {
    /// Whether the body is all there.
    pub fn is_whole(&self) -> bool {
        self.end == BodyEnd::Complete
    }
}

/// Without headers and body, which may hold credentials.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = f.debug_struct("Response");
        out.field("status", &self.status).field("end", &self.end).field("took", &self.took);
        out.field("remote", &self.remote).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Transport {
    /// A transport without any connection. It needs a tokio runtime with time and I/O.
    pub fn new(settings: Settings) -> Self {
        Self { settings, endpoints: Vec::new(), places: Vec::new(), plain_http: HashSet::new() }
    }

    /// What was contacted so far, in that order.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The endpoint of an origin, if it was contacted.
    pub fn endpoint_index(&self, origin: &Origin) -> Option<usize> {
        self.places.iter().position(|place| !place.is_proxy && place.origin == *origin)
    }

    /// The evidence, when nothing more will be asked.
    pub fn into_endpoints(self) -> Vec<Endpoint> {
        self.endpoints
    }

    /// Lets credentials go to an origin in the clear: for a registry that is itself a plain HTTP one.
    pub fn allow_plain_http(&mut self, origin: &Origin) {
        self.plain_http.insert(origin.clone());
    }

    /// Whether credentials may go to an origin, by its last connection: sound TLS, or plain HTTP that was
    /// allowed. [`Transport::send`] asks again before each request.
    pub fn may_carry_credentials(&self, origin: &Origin) -> Result<(), Withheld> {
        match origin.scheme() {
            Scheme::Http => self.plain_http.contains(origin).then_some(()).ok_or(Withheld::PlainHttp),
            Scheme::Https => self
                .endpoint_index(origin)
                .map_or(Err(Withheld::NotConnected), |index| self.places[index].judged),
        }
    }

    /// Drops the connections and forgets failures, so that the next request to each origin is made over a fresh
    /// connection, to the next of the host's addresses that worked, so that a series comes to all of them. The
    /// evidence stays; that of the last connection replaces it.
    pub fn disconnect(&mut self) {
        for (place, endpoint) in self.places.iter_mut().zip(&self.endpoints) {
            place.reset(&endpoint.connects);
        }
    }

    /// Opens the connection to an origin, where there is none, and gives the index of its endpoint: so that
    /// [`Transport::may_carry_credentials`] knows before anything is sent.
    pub async fn open(&mut self, origin: &Origin, role: Role) -> Result<usize, SendError> {
        let index = self.place(origin, role);
        self.ensure_open(index).await?;
        Ok(index)
    }

    /// Sends one request over the origin's connection and reads at most `cap` bytes of the answer's body.
    ///
    /// Of the request's URI only path and query count; `Host`, `User-Agent` and what belongs to the connection
    /// are set here. Redirects are not followed. A connection that the server closed while it was idle is opened
    /// once more; a request with a password is sent over it only if nothing of it can have been seen before.
    pub async fn send(
        &mut self,
        origin: &Origin,
        role: Role,
        request: Request<Bytes>,
        cap: usize,
    ) -> Result<Response, SendError> {
        let index = self.place(origin, role);
        let was_used = self.places[index].connection.as_ref().is_some_and(|connection| connection.used);
        let first = self.try_once(index, &request, cap).await;
        let failed = match first {
            Err(Failed::Exchange(Failure::CutOff { unsent, .. }))
                if was_used && (unsent || http::is_replayable(&request)) =>
            {
                self.try_once(index, &request, cap).await
            }
            result => result,
        };
        match failed {
            Ok(answer) => self.response(index, answer),
            Err(Failed::Before(error)) => Err(error),
            Err(Failed::Exchange(failure)) => Err(self.exchange_error(index, failure)),
        }
    }

    async fn try_once(
        &mut self,
        index: usize,
        request: &Request<Bytes>,
        cap: usize,
    ) -> Result<Exchanged, Failed> {
        self.ensure_open(index).await.map_err(Failed::Before)?;
        let unreachable = || Failed::Before(SendError::Unreachable { endpoint: index });
        let is_strangers = request.extensions().get::<CarriesStrangersToken>().is_some();
        let carries = (request.headers().contains_key(AUTHORIZATION) && !is_strangers)
            || request.headers().contains_key(COOKIE)
            || request.extensions().get::<CarriesCredential>().is_some();
        let place = &mut self.places[index];
        let connection = place.connection.as_mut().ok_or_else(unreachable)?;
        let plain_allowed = place.origin.scheme() == Scheme::Http && self.plain_http.contains(&place.origin);
        if let Some(why) = connection.facts.withheld.filter(|_| carries && !plain_allowed) {
            return Err(Failed::Before(SendError::Withheld { endpoint: index, why }));
        }
        let wire = http::on_the_wire(request, &place.origin, connection.facts.proxy.as_ref());
        let not_a_request = || Failed::Before(SendError::NotARequest { endpoint: index });
        let result = connection.exchange(wire.ok_or_else(not_a_request)?, cap, &self.settings.timeouts).await;
        let (remote, proxied) = (connection.facts.remote, connection.facts.proxy.is_some());
        if result.as_ref().map_or(true, |answer| answer.end != BodyEnd::Complete) {
            place.connection = None;
        }
        result.map(|answer| Exchanged { answer, remote, proxied }).map_err(Failed::Exchange)
    }

    /// The answer, unless it is the proxy's own refusal.
    fn response(&mut self, index: usize, exchanged: Exchanged) -> Result<Response, SendError> {
        let Exchanged { answer, remote, proxied } = exchanged;
        if proxied && answer.status == 407 {
            let message = Clean::with_cap(&String::from_utf8_lossy(&answer.body), 512);
            self.endpoints[index].proxy_refusal = Some(ProxyRefusal { status: Some(407), message });
            return Err(SendError::Unreachable { endpoint: index });
        }
        let Answer { status, headers, body, end, took } = answer;
        Ok(Response { status, headers, body, end, took, remote, endpoint: index })
    }

    fn exchange_error(&mut self, endpoint: usize, failure: Failure) -> SendError {
        match failure {
            Failure::TimedOut => SendError::TimedOut { endpoint },
            Failure::CutOff { message, .. } => SendError::CutOff { endpoint, message: Clean::new(message) },
            Failure::SpeaksTls => SendError::SpeaksTls { endpoint },
            Failure::Malformed(message) => SendError::Malformed { endpoint, message: Clean::new(&message) },
            Failure::Tls(failure) => {
                if let Some(tls) = &mut self.endpoints[endpoint].tls {
                    tls.failure = Some(failure);
                }
                SendError::RefusedByTls { endpoint }
            }
        }
    }
}

/// An answer and where it came from.
struct Exchanged {
    answer: Answer,
    remote: SocketAddr,
    proxied: bool,
}

/// Why a request has no answer.
enum Failed {
    /// Nothing of it was sent.
    Before(SendError),
    /// It was sent, or begun to be.
    Exchange(Failure),
}

/// A duration as evidence holds it.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
