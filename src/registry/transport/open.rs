//! How a connection comes to be, each phase leaving its evidence.

use std::net::{IpAddr, SocketAddr};

use ::http::HeaderValue;
use tokio::time::timeout;

use super::error::{SendError, Withheld};
use super::http::{self, Connection, Facts, Tunnel};
use super::origin::Origin;
use super::proxy::Proxy;
use super::stream::Stream;
use super::tls::{self, Witness};
use super::{MAX_ADDRESSES, Transport, connect, target};
use crate::evidence::endpoint::{Connect, Endpoint, ProxyRefusal, Resolve, Role, Scheme, Tls};
use crate::text::Clean;

/// As much of a proxy's words as is kept.
const MAX_REFUSAL: usize = 1024;
/// Reconnections that fail are kept up to this number of tries.
const MAX_CONNECTS: usize = 32;

/// What is behind an endpoint.
pub(super) struct Place {
    pub origin: Origin,
    pub is_proxy: bool,
    /// The address that worked: later connections go there, until the place is reset.
    remote: Option<SocketAddr>,
    /// The connection, if there is one.
    pub connection: Option<Connection>,
    /// Whether credentials may go over the last connection.
    pub judged: Result<(), Withheld>,
    /// What the last try came to, where it failed.
    failed: Option<SendError>,
}

impl Place {
    /// Forgets the connection and failures. The next connection goes to the next address of those that worked
    /// (`connects`), which a series thereby comes to.
    pub fn reset(&mut self, connects: &[Connect]) {
        self.connection = None;
        self.failed = None;
        self.remote = self.remote.map(|last| connect::next(connects, last));
    }
}

/// A way for bytes to an origin: directly, or through a proxy.
struct Way {
    stream: Stream,
    remote: SocketAddr,
    /// As in [`Facts`].
    proxy: Option<Option<HeaderValue>>,
}

impl Transport {
    /// Index of the place of an origin, which is made where there is none.
    pub(super) fn place(&mut self, origin: &Origin, role: Role) -> usize {
        let is_proxy = role == Role::Proxy;
        let known =
            self.places.iter().position(|place| place.is_proxy == is_proxy && place.origin == *origin);
        known.unwrap_or_else(|| {
            let proxy = self.settings.proxies.of(origin).filter(|_| !is_proxy && origin.pinned().is_none());
            self.endpoints.push(Endpoint {
                role,
                scheme: origin.scheme(),
                host: Clean::with_cap(origin.host(), 256),
                port: origin.port(),
                pinned: origin.pinned().filter(|address| {
                    origin.address() != Some(address.ip()) || origin.port() != address.port()
                }),
                proxy: proxy.map(|proxy| Clean::with_cap(&proxy.shown(), 512)),
                resolve: None,
                connects: Vec::new(),
                proxy_refusal: None,
                tls: None,
                refused_target: None,
            });
            self.places.push(Place {
                origin: origin.clone(),
                is_proxy,
                remote: None,
                connection: None,
                judged: Err(Withheld::NotConnected),
                failed: None,
            });
            self.places.len() - 1
        })
    }

    /// Sees to it that the place has a connection.
    pub(super) async fn ensure_open(&mut self, index: usize) -> Result<(), SendError> {
        // Lets a connection notice that the server has closed it.
        tokio::task::yield_now().await;
        if self.places[index].connection.as_ref().is_some_and(Connection::is_open) {
            return Ok(());
        }
        self.places[index].connection = None;
        if let Some(error) = &self.places[index].failed {
            return Err(error.clone());
        }
        match self.connect(index).await {
            Ok(connection) => {
                self.places[index].judged = connection.facts.withheld.map_or(Ok(()), Err);
                self.places[index].connection = Some(connection);
                Ok(())
            }
            Err(error) => {
                self.places[index].failed = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn connect(&mut self, index: usize) -> Result<Connection, SendError> {
        let origin = self.places[index].origin.clone();
        if self.is_sent_by_server(index)
            && let Some(why) = target::refused_host(origin.host())
        {
            return Err(self.refuse(index, why));
        }
        let proxy = self.settings.proxies.of(&origin).filter(|_| origin.pinned().is_none());
        let way = match proxy.cloned() {
            Some(proxy) => self.through_proxy(index, &proxy).await?,
            None => {
                let (stream, remote) = self.tcp(index).await?;
                Way { stream, remote, proxy: None }
            }
        };
        let unreachable = |_| SendError::Unreachable { endpoint: index };
        let first = way.stream.first();
        let mut facts = Facts {
            remote: way.remote,
            withheld: Some(Withheld::PlainHttp),
            first,
            witness: None,
            proxy: way.proxy,
        };
        if origin.scheme() == Scheme::Http {
            return Connection::open(way.stream, facts).await.map_err(unreachable);
        }
        let (stream, witness) = self.tls(index, way.stream).await?;
        facts.withheld = self.endpoints[index].tls.as_ref().and_then(unsound);
        facts.witness = Some(witness);
        Connection::open(stream, facts).await.map_err(unreachable)
    }

    /// Whether a server named the place, and not the user: hosts that the user asked for are free of the rules
    /// for targets.
    fn is_sent_by_server(&self, index: usize) -> bool {
        let host = self.places[index].origin.host();
        let asked = |(place, endpoint): (&super::Place, &Endpoint)| {
            endpoint.role == Role::Registry && place.origin.host() == host
        };
        matches!(self.endpoints[index].role, Role::TokenService | Role::Storage)
            && !self.places.iter().zip(&self.endpoints).any(asked)
    }

    fn refuse(&mut self, index: usize, why: &str) -> SendError {
        self.endpoints[index].refused_target = Some(Clean::new(why));
        SendError::RefusedTarget { endpoint: index }
    }

    /// A TCP connection: to the address that worked, or else to the first that does.
    async fn tcp(&mut self, index: usize) -> Result<(Stream, SocketAddr), SendError> {
        let limit = self.settings.timeouts.connect;
        let unreachable = SendError::Unreachable { endpoint: index };
        if let Some(remote) = self.places[index].remote {
            let (result, took) = connect::connect(remote, limit).await;
            let failure = result.as_ref().err().copied();
            let connects = &mut self.endpoints[index].connects;
            if failure.is_some() && connects.len() < MAX_CONNECTS {
                connects.push(connect::evidence(remote, failure, took));
            }
            return result.map(|stream| (Stream::new(stream), remote)).map_err(|_| unreachable);
        }
        let addresses = self.addresses(index).await?;
        let (stream, connects) = connect::connect_all(&addresses, limit).await;
        self.endpoints[index].connects = connects;
        let stream = stream.ok_or(unreachable.clone())?;
        let remote = stream.peer_addr().map_err(|_| unreachable)?;
        self.places[index].remote = Some(remote);
        Ok((Stream::new(stream), remote))
    }

    /// The addresses to try; those of a name that was looked up before are the same, so that nobody can answer
    /// the second time with another.
    async fn addresses(&mut self, index: usize) -> Result<Vec<SocketAddr>, SendError> {
        let origin = self.places[index].origin.clone();
        if let Some(address) = origin.pinned() {
            return Ok(vec![address]);
        }
        let addresses: Vec<IpAddr> = match origin.address() {
            Some(address) => vec![address],
            None => {
                let resolve = match self.known(origin.host()) {
                    Some(known) => known,
                    None => self.look_up(origin.host()).await,
                };
                let addresses = resolve.addresses.clone();
                self.endpoints[index].resolve = Some(resolve);
                addresses
            }
        };
        if addresses.is_empty() {
            return Err(SendError::Unreachable { endpoint: index });
        }
        let may_be_here = self.settings.loopback_targets.iter().any(|name| name == origin.host());
        let refused = addresses
            .iter()
            .filter(|address| !(may_be_here && address.is_loopback()))
            .find_map(|address| target::refused_address(*address));
        if let Some(why) = refused.filter(|_| self.is_sent_by_server(index)) {
            return Err(self.refuse(index, why));
        }
        let limit = self.settings.connect_addresses.clamp(1, MAX_ADDRESSES);
        Ok(addresses.into_iter().take(limit).map(|address| SocketAddr::new(address, origin.port())).collect())
    }

    fn known(&self, host: &str) -> Option<Resolve> {
        let same = |place: &Place| place.origin.host() == host;
        let known = self.places.iter().zip(&self.endpoints).filter(|(place, _)| same(place));
        known.filter_map(|(_, endpoint)| endpoint.resolve.clone()).find(|resolve| resolve.failure.is_none())
    }

    async fn look_up(&self, host: &str) -> Resolve {
        self.settings.look_up(host).await
    }

    async fn tls(
        &mut self,
        index: usize,
        stream: Stream,
    ) -> Result<(tokio_rustls::client::TlsStream<Stream>, std::sync::Arc<Witness>), SendError> {
        let host = self.places[index].origin.host().to_string();
        let first = stream.first();
        let limit = self.settings.timeouts.tls;
        let handshake = tls::handshake(stream, &first, &host, &self.settings.roots, limit).await;
        self.endpoints[index].tls = Some(handshake.tls);
        let stream = handshake.stream.ok_or(SendError::Unreachable { endpoint: index })?;
        Ok((stream, handshake.witness))
    }

    /// The way through a proxy. A proxy whose certificate is not sound is not used: clients do not either.
    async fn through_proxy(&mut self, index: usize, proxy: &Proxy) -> Result<Way, SendError> {
        let unreachable = SendError::Unreachable { endpoint: index };
        let at = self.place(&proxy.origin, Role::Proxy);
        if self.places[at].failed.is_some() {
            return Err(unreachable);
        }
        let (stream, remote) = match self.reach_proxy(at).await {
            Ok(way) => way,
            Err(error) => {
                self.places[at].failed = Some(error);
                return Err(unreachable);
            }
        };
        let origin = self.places[index].origin.clone();
        if origin.scheme() == Scheme::Http {
            return Ok(Way { stream, remote, proxy: Some(proxy.authorization.clone()) });
        }
        let asked = http::tunnel(stream, &origin, proxy.authorization.clone());
        let refusal = match timeout(self.settings.timeouts.first_byte, asked).await {
            Ok(Tunnel::Open(io)) => return Ok(Way { stream: Stream::new(io), remote, proxy: None }),
            Ok(Tunnel::Refused(response)) => self.refusal(response).await,
            Ok(Tunnel::Broken) => refusal("the proxy closed the connection, or its answer is not HTTP"),
            Err(_) => refusal("no answer of the proxy in time"),
        };
        self.endpoints[index].proxy_refusal = Some(refusal);
        Err(unreachable)
    }

    async fn reach_proxy(&mut self, at: usize) -> Result<(Stream, SocketAddr), SendError> {
        let (stream, remote) = self.tcp(at).await?;
        if self.places[at].origin.scheme() == Scheme::Http {
            return Ok((stream, remote));
        }
        let (stream, _) = self.tls(at, stream).await?;
        match self.endpoints[at].tls.as_ref().is_some_and(Tls::is_sound) {
            true => Ok((Stream::new(stream), remote)),
            false => Err(SendError::Unreachable { endpoint: at }),
        }
    }

    async fn refusal(&self, response: ::http::Response<hyper::body::Incoming>) -> ProxyRefusal {
        let status = response.status();
        let deadline = tokio::time::Instant::now() + self.settings.timeouts.first_byte;
        let (body, _) = http::read_body(response.into_body(), MAX_REFUSAL, deadline).await;
        let body = String::from_utf8_lossy(&body);
        let words =
            if body.trim().is_empty() { status.canonical_reason().unwrap_or_default() } else { &body };
        ProxyRefusal { status: Some(status.as_u16()), message: Clean::with_cap(words, MAX_REFUSAL) }
    }
}

fn refusal(words: &str) -> ProxyRefusal {
    ProxyRefusal { status: None, message: Clean::new(words) }
}

/// Why credentials may not go over a TLS connection.
fn unsound(tls: &Tls) -> Option<Withheld> {
    match tls {
        Tls { failure: Some(_), .. } => Some(Withheld::NotConnected),
        Tls { trusted: false, .. } => Some(Withheld::UntrustedCertificate),
        Tls { name_fits: false, .. } => Some(Withheld::NameMismatch),
        Tls { valid_now: false, .. } => Some(Withheld::NotValidNow),
        _ => None,
    }
}
