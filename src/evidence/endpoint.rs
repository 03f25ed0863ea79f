//! A host that a probe contacted: how far it got with its name, its addresses and its TLS.

use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::Clean;

/// One scheme, host and port that was contacted, and the way to it. Contacted once: later requests of the same
/// probe use the connection, or one to the same address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// What it is for the registry.
    pub role: Role,
    /// `https` or `http`.
    pub scheme: Scheme,
    /// Host name or address, without brackets.
    pub host: Clean,
    /// The port.
    pub port: u16,
    /// The address that it was asked at, whatever the host resolves to, where host and port are not that address: the
    /// names in requests and in TLS are the host's all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<SocketAddr>,
    /// The proxy through which it was reached, as `scheme://host:port`; the way to the proxy is an endpoint of
    /// its own, and the name is then resolved by the proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Clean>,
    /// The look-up of the name; absent for an address, and behind a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<Resolve>,
    /// One try an address, in the order in which they were tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connects: Vec<Connect>,
    /// The answer of the proxy to CONNECT, where it refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_refusal: Option<ProxyRefusal>,
    /// The handshake, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Why it was not contacted at all: the probe does not go where a server sends it on the link-local or
    /// loopback network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_target: Option<Clean>,
}

/// What an endpoint is for the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The registry itself.
    Registry,
    /// The host of the token realm, where it is another.
    TokenService,
    /// Where the registry redirects for blobs.
    Storage,
    /// A proxy.
    Proxy,
}

/// How an endpoint is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Scheme {
    /// TLS.
    Https,
    /// In the clear.
    Http,
}

/// How a name was looked up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Resolve {
    /// Addresses, in the order in which they are tried; empty after a failure.
    pub addresses: Vec<IpAddr>,
    /// Who knew them.
    pub source: NameSource,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Whether a private address answers for the name of a public registry (RFC 1918, RFC 4193, RFC 6598).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private_for_public: bool,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ResolveFailure>,
}

/// Who knew the addresses of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum NameSource {
    /// The hosts file, which comes before DNS.
    HostsFile,
    /// A name server.
    Dns,
}

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ResolveFailure {
    /// The kind.
    pub kind: ResolveFailureKind,
    /// The name servers that were asked, as `address:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Clean>,
    /// In words.
    pub message: Clean,
}

/// Kinds of failed look-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ResolveFailureKind {
    /// NXDOMAIN.
    NoSuchName,
    /// The name is there and has neither A nor AAAA.
    NoAddress,
    /// SERVFAIL and the like.
    ServerFailed,
    /// The name server refused the question, or its port is closed.
    ServerRefused,
    /// No answer in time.
    TimedOut,
    /// No name server is configured, or the configuration cannot be read.
    NoServer,
    /// Anything else.
    Other,
}

/// One TCP connection that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Connect {
    /// Address and port.
    pub address: SocketAddr,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Why there is no connection; absent when there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ConnectFailure>,
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ConnectFailure {
    /// Refused: nothing listens, or a firewall rejects.
    Refused,
    /// No answer in time: lost or dropped.
    TimedOut,
    /// No route to the host or network.
    Unreachable,
    /// Reset or closed.
    Reset,
    /// The system does not allow it.
    NotPermitted,
    /// Anything else.
    Other,
}

/// A proxy's refusal to connect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProxyRefusal {
    /// The HTTP status; absent when what came is not HTTP or the connection was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its words.
    pub message: Clean,
}

/// A TLS handshake and what its certificates are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    /// How long the handshake took, in milliseconds.
    pub took_ms: u64,
    /// `TLS 1.3`, `TLS 1.2`; empty after a failure.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The certificates that the server sent, its own first; at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Certificate>,
    /// Whether the roots that the probe has sign for the chain, leaving its times aside.
    pub trusted: bool,
    /// Whether the certificate is for the host's name.
    pub name_fits: bool,
    /// Whether every certificate of the chain is valid now, by the observer's clock.
    pub valid_now: bool,
    /// Why the handshake itself failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<TlsFailure>,
}

impl Tls {
    /// Whether a client with the same roots would go on.
    pub fn is_sound(&self) -> bool {
        self.failure.is_none() && self.trusted && self.name_fits && self.valid_now
    }
}

/// One certificate, as far as people need it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// The subject's distinguished name.
    pub subject: Clean,
    /// The issuer's distinguished name.
    pub issuer: Clean,
    /// Subject alternative names: DNS names and addresses; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Clean>,
    /// From when it is valid (UTC).
    pub not_before: Timestamp,
    /// Until when it is valid (UTC).
    pub not_after: Timestamp,
    /// SHA-256 of the whole certificate (DER), in hexadecimal digits.
    pub sha256: String,
}

/// Why a handshake failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TlsFailure {
    /// The kind.
    pub kind: TlsFailureKind,
    /// In words.
    pub message: Clean,
}

/// Kinds of failed handshakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TlsFailureKind {
    /// The other side speaks HTTP in the clear.
    PlainHttp,
    /// The other side speaks neither TLS nor HTTP.
    NotTls,
    /// The other side sent an alert: version, cipher, name.
    Alert,
    /// The other side wants a client certificate.
    ClientCertificate,
    /// The connection was closed or reset.
    CutOff,
    /// No answer in time.
    TimedOut,
    /// Anything else.
    Other,
}

impl Endpoint {
    /// The texts that came from outside: in certificates, from name servers, proxies and the other side of a handshake.
    /// Not the host, which is what was asked for and what mends are about.
    pub fn texts_mut(&mut self) -> Vec<&mut Clean> {
        let resolve = self.resolve.as_mut().and_then(|resolve| resolve.failure.as_mut());
        let proxy = self.proxy_refusal.as_mut().map(|refusal| &mut refusal.message);
        let mut texts: Vec<&mut Clean> = resolve.map(|failure| &mut failure.message).into_iter().collect();
        texts.extend(proxy);
        texts.extend(self.refused_target.as_mut());
        let Some(tls) = &mut self.tls else { return texts };
        texts.extend(tls.failure.as_mut().map(|failure| &mut failure.message));
        for certificate in &mut tls.chain {
            texts.extend([&mut certificate.subject, &mut certificate.issuer]);
            texts.extend(&mut certificate.names);
        }
        texts
    }

    /// `https://host:port`, the port left out where it is the scheme's.
    pub fn url(&self) -> String {
        let (scheme, default) = match self.scheme {
            Scheme::Https => ("https", 443),
            Scheme::Http => ("http", 80),
        };
        let host = match self.host.as_str().contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.to_string(),
        };
        match self.port == default {
            true => format!("{scheme}://{host}"),
            false => format!("{scheme}://{host}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests;
