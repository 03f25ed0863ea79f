//! Where a request goes: scheme, host and port, and the rest of the URL.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use http::uri::PathAndQuery;

use crate::evidence::endpoint::Scheme;
use crate::text::Clean;

/// A scheme, host and port. The host is in lower case, an IPv6 address without brackets.
///
/// One that is pinned to an address is another than the same without: it has its own connections and evidence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
    /// Where connections go, whatever the host resolves to.
    pinned: Option<SocketAddr>,
}

/// A URL: the origin, and path and query, which never stand in evidence (storage signs URLs by queries).
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Where the request goes.
    pub origin: Origin,
    /// What is asked for there, from the first slash on.
    pub path: PathAndQuery,
}

/// Why a text is no URL that a request can go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// It is no URL.
    #[error("is not a URL with a host")]
    NotAUrl,
    /// Neither `http` nor `https`.
    #[error("is neither an http nor an https URL")]
    OtherScheme,
}

impl Origin {
    /// An origin from its parts; brackets around an IPv6 address are dropped.
    pub fn new(scheme: Scheme, host: &str, port: u16) -> Self {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Self { scheme, host: host.to_ascii_lowercase(), port, pinned: None }
    }

    /// The same at one address (as by curl's `--connect-to`): names in requests and in TLS stay, no name is looked
    /// up and no proxy is used.
    pub fn at(self, address: SocketAddr) -> Self {
        Self { pinned: Some(address), ..self }
    }

    /// The address that it is pinned to.
    pub fn pinned(&self) -> Option<SocketAddr> {
        self.pinned
    }

    /// The origin behind a registry's name (`host` or `host:port`), as containerd finds it: Docker Hub's API is
    /// at `registry-1.docker.io` (`docker.DefaultHost` of containerd 2.4).
    pub fn of_registry(name: &str, scheme: Scheme) -> Result<Self, BadTarget> {
        let name = if name == "docker.io" { "registry-1.docker.io" } else { name };
        let prefix = if scheme == Scheme::Https { "https" } else { "http" };
        if name.contains(['/', '@', '?', '#']) {
            return Err(BadTarget::NotAUrl);
        }
        Target::parse(&format!("{prefix}://{name}/")).map(|target| target.origin)
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, where the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The host as it stands in a URL: an IPv6 address in brackets.
    fn bracketed(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    /// `host:port`, as CONNECT wants it.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    /// The `Host` header: the port is left out where it is the scheme's.
    pub fn host_header(&self) -> String {
        match self.port == default_port(self.scheme) {
            true => self.bracketed(),
            false => self.authority(),
        }
    }
}

/// `scheme://host:port`, the port left out where it is the scheme's.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme == Scheme::Https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host_header())
    }
}

impl Target {
    /// The target of an absolute `http` or `https` URL; user information and fragment are dropped.
    pub fn parse(url: &str) -> Result<Self, BadTarget> {
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        let uri: Uri = url.parse().map_err(|_| BadTarget::NotAUrl)?;
        let scheme = match uri.scheme_str() {
            Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            Some(_) => return Err(BadTarget::OtherScheme),
            None => return Err(BadTarget::NotAUrl),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(BadTarget::NotAUrl)?;
        // `Uri::port` is silent about a port that is none.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let after_user = authority.rsplit_once('@').map_or(authority, |(_, rest)| rest);
        let port = match after_user.strip_prefix(host).unwrap_or_default() {
            "" | ":" => default_port(scheme),
            port => port
                .trim_start_matches(':')
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or(BadTarget::NotAUrl)?,
        };
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { origin: Origin::new(scheme, host, port), path })
    }

    /// Where a `Location` header leads that this target answered with (RFC 9110, section 10.2.2): an absolute
    /// URL, one without scheme, an absolute path, or a path beside this one.
    pub fn join(&self, location: &str) -> Result<Self, BadTarget> {
        if location.starts_with("//") {
            let scheme = if self.origin.scheme == Scheme::Https { "https" } else { "http" };
            return Self::parse(&format!("{scheme}:{location}"));
        }
        let head = location.split(['/', '?', '#']).next().unwrap_or_default();
        if head.contains(':') {
            return Self::parse(location);
        }
        let location = location.split_once('#').map_or(location, |(location, _)| location);
        let own = self.path.path();
        let path = match location.chars().next() {
            None => self.path.as_str().to_string(),
            Some('/') => location.to_string(),
            Some('?') => format!("{own}{location}"),
            Some(_) => format!("{}{location}", &own[..=own.rfind('/').unwrap_or(0)]),
        };
        let path = path.parse().map_err(|_| BadTarget::NotAUrl)?;
        Ok(Self { origin: self.origin.clone(), path })
    }

    /// The URL without its query, fit for evidence.
    pub fn shown(&self) -> Clean {
        Clean::with_cap(&format!("{}{}", self.origin, self.path.path()), 1024)
    }
}

/// Without the query, which may be a credential.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown().as_str()).finish()
    }
}

fn default_port(scheme: Scheme) -> u16 {
    if scheme == Scheme::Https { 443 } else { 80 }
}
