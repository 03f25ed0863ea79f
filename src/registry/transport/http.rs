//! One HTTP/1.1 connection and what is asked over it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response as HttpResponse, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::{timeout, timeout_at};

use super::error::Withheld;
use super::origin::Origin;
use super::stream::FirstBytes;
use super::tls::{self, Witness};
use super::{AsHost, BodyEnd, CarriesCredential, Timeouts};
use crate::evidence::endpoint::TlsFailure;

/// Headers of an answer: more, or longer, and it is malformed.
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Who asks.
pub(super) const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("regauth/", env!("CARGO_PKG_VERSION")));
/// Headers that belong to the connection and not to the caller; encodings are not asked for, since a probe
/// wants the bytes that are there.
const OWN_HEADERS: &[HeaderName] = &[
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::UPGRADE,
    header::EXPECT,
    header::ACCEPT_ENCODING,
    header::PROXY_AUTHORIZATION,
];

/// A connection that requests go over, one after the other.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    /// Whether a request has been answered over it.
    pub used: bool,
    /// What is known of it.
    pub facts: Facts,
}

/// What is known of a connection.
pub(super) struct Facts {
    /// The other end: the server's address, or its proxy's.
    pub remote: SocketAddr,
    /// Why credentials may not go over it; nothing where they may. Plain HTTP is judged by the caller's word.
    pub withheld: Option<Withheld>,
    /// How the other side began.
    pub first: FirstBytes,
    /// The witness of its handshake.
    pub witness: Option<Arc<Witness>>,
    /// For plain HTTP through a proxy: URLs are whole, and the proxy is told this to let us in.
    pub proxy: Option<Option<HeaderValue>>,
}

/// An answer.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub end: BodyEnd,
    pub took: Duration,
}

/// Why there is none.
pub(super) enum Failure {
    TimedOut,
    /// `unsent`: the server cannot have seen anything of the request.
    CutOff {
        unsent: bool,
        message: &'static str,
    },
    Tls(TlsFailure),
    SpeaksTls,
    Malformed(String),
}

impl Connection {
    pub async fn open(
        io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        facts: Facts,
    ) -> hyper::Result<Self> {
        let (sender, connection) = builder().handshake(TokioIo::new(io)).await?;
        // Its error is told to the request that is under way; without one there is nobody to tell.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, driver, used: false, facts })
    }

    /// Whether the other side has not closed it, as far as is known.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends one request and reads at most `cap` bytes of the answer's body.
    pub async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        cap: usize,
        timeouts: &Timeouts,
    ) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let deadline = tokio::time::Instant::now() + timeouts.exchange;
        if self.sender.ready().await.is_err() {
            return Err(Failure::CutOff { unsent: true, message: "it was closed before the request" });
        }
        let head =
            timeout(timeouts.first_byte.min(timeouts.exchange), self.sender.try_send_request(request)).await;
        let response = match head.map_err(|_| Failure::TimedOut)? {
            Ok(response) => response,
            Err(mut error) => {
                let unsent = error.take_message().is_some();
                return Err(self.failure(&error.into_error(), unsent));
            }
        };
        self.used = true;
        let (parts, body) = response.into_parts();
        let (body, end) = read_body(body, cap, deadline).await;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body, end, took: begun.elapsed() })
    }

    fn failure(&self, error: &hyper::Error, unsent: bool) -> Failure {
        let late = self.facts.witness.as_ref().and_then(|witness| tls::late_failure(error, witness));
        match late {
            Some(failure) => Failure::Tls(failure),
            None if error.is_parse() && self.facts.witness.is_none() && self.facts.first.is_tls() => {
                Failure::SpeaksTls
            }
            // hyper's words name the part that is not understood, and quote nothing.
            None if error.is_parse() => Failure::Malformed(error.to_string()),
            None => Failure::CutOff { unsent, message: "closed or reset before an answer" },
        }
    }
}

/// Nobody waits for the driver: a connection ends with its last user.
impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// HTTP/1.1 as this program speaks it, also to proxies.
pub(super) fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_headers(MAX_HEADERS).max_buf_size(MAX_HEADER_BYTES);
    builder
}

/// The request as it goes over the wire: the caller's method, path, headers and body, and what the connection
/// needs.
pub(super) fn on_the_wire(
    request: &Request<Bytes>,
    origin: &Origin,
    proxy: Option<&Option<HeaderValue>>,
) -> Option<Request<Full<Bytes>>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let uri: Uri = match proxy {
        Some(_) => format!("{origin}{path}").parse().ok()?,
        None => path.parse().ok()?,
    };
    let mut wire = Request::new(Full::new(request.body().clone()));
    *wire.method_mut() = request.method().clone();
    *wire.uri_mut() = uri;
    let headers = wire.headers_mut();
    headers.insert(header::USER_AGENT, USER_AGENT);
    headers.extend(request.headers().clone());
    OWN_HEADERS.iter().for_each(|name| drop(headers.remove(name)));
    let host = match request.extensions().get::<AsHost>() {
        Some(AsHost(host)) => host.clone(),
        None => HeaderValue::try_from(origin.host_header()).ok()?,
    };
    headers.insert(header::HOST, host);
    if let Some(Some(authorization)) = proxy {
        headers.insert(header::PROXY_AUTHORIZATION, authorization.clone());
    }
    Some(wire)
}

/// Whether a request may be sent again when the connection broke before an answer (`isReplayable` in Go's
/// net/http). One with a password may not: were it wrong, it would count twice. A token locks no account.
pub(super) fn is_replayable(request: &Request<Bytes>) -> bool {
    let is_token = |value: &HeaderValue| {
        value.as_bytes().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
    };
    let authorization = request.headers().get_all(header::AUTHORIZATION);
    let has_password = authorization.iter().any(|value| !is_token(value))
        || request.extensions().get::<CarriesCredential>().is_some();
    !has_password && matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
}

/// At most `cap` bytes of a body, and how it ended.
pub(super) async fn read_body(
    mut body: Incoming,
    cap: usize,
    deadline: tokio::time::Instant,
) -> (Vec<u8>, BodyEnd) {
    let mut bytes = Vec::new();
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Err(_) => return (bytes, BodyEnd::TimedOut),
            Ok(None) => return (bytes, BodyEnd::Complete),
            Ok(Some(Err(_))) => return (bytes, BodyEnd::CutOff),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        let room = cap - bytes.len();
        bytes.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return (bytes, BodyEnd::Capped);
        }
    }
}

/// The connection of a CONNECT that succeeded, or the answer to one that did not.
pub(super) enum Tunnel {
    Open(TokioIo<hyper::upgrade::Upgraded>),
    Refused(HttpResponse<Incoming>),
    Broken,
}

/// Asks a proxy for a tunnel to `origin`.
pub(super) async fn tunnel(
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    origin: &Origin,
    authorization: Option<HeaderValue>,
) -> Tunnel {
    let Ok((mut sender, connection)) = builder().handshake::<_, Full<Bytes>>(TokioIo::new(io)).await else {
        return Tunnel::Broken;
    };
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    let Some(request) = connect_request(origin, authorization) else { return Tunnel::Broken };
    match sender.send_request(request).await {
        Ok(response) if response.status().is_success() => match hyper::upgrade::on(response).await {
            Ok(upgraded) => Tunnel::Open(TokioIo::new(upgraded)),
            Err(_) => Tunnel::Broken,
        },
        Ok(response) => Tunnel::Refused(response),
        Err(_) => Tunnel::Broken,
    }
}

fn connect_request(origin: &Origin, authorization: Option<HeaderValue>) -> Option<Request<Full<Bytes>>> {
    let authority = origin.authority();
    let mut request = Request::new(Full::default());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = authority.parse().ok()?;
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::try_from(authority).ok()?);
    headers.insert(header::USER_AGENT, USER_AGENT);
    if let Some(authorization) = authorization {
        headers.insert(header::PROXY_AUTHORIZATION, authorization);
    }
    Some(request)
}
