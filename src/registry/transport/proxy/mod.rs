//! Which proxy a request goes through, by the rules that Go programs (containerd, the kubelet) follow:
//! `golang.org/x/net/http/httpproxy`.

mod no_proxy;
#[cfg(test)]
mod tests;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use self::no_proxy::NoProxy;
use super::origin::{Origin, Target};
use crate::evidence::endpoint::Scheme;

/// Which requests go through which proxy.
#[derive(Clone, Debug, Default)]
pub struct ProxyRules {
    http: Option<Proxy>,
    https: Option<Proxy>,
    except: NoProxy,
    warnings: Vec<String>,
}

/// A proxy, and what it is told to let us in.
#[derive(Clone)]
pub(super) struct Proxy {
    /// Where it is; the scheme says whether TLS is spoken to it.
    pub origin: Origin,
    /// `Proxy-Authorization`, marked as sensitive.
    pub authorization: Option<HeaderValue>,
}

/// Why a proxy cannot be used. The value is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It is no URL.
    #[error("the proxy is not a URL; give it as http://HOST:PORT")]
    NotAUrl,
    /// Another scheme than `http` and `https`.
    #[error("the proxy must be an http:// or https:// URL")]
    OtherScheme,
    /// SOCKS.
    #[error("SOCKS proxies are not supported; give the address of an HTTP proxy as http://HOST:PORT")]
    Socks,
}

impl ProxyRules {
    /// No proxy for anything.
    pub fn none() -> Self {
        Self::default()
    }

    /// The rules in `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, or their lower-case forms where those are empty
    /// or missing: the order of Go's net/http up to Go 1.26. `golang.org/x/net` 0.58 turned it round, so where
    /// both are set and differ, [`ProxyRules::warnings`] says so. As in Go, a proxy that cannot be read is none,
    /// with a warning.
    pub fn from_environment(environment: impl Fn(&str) -> Option<String>) -> Self {
        let any = |upper: &str, lower: &str| {
            let named = |name| environment(name).filter(|value| !value.is_empty());
            named(upper).or_else(|| named(lower))
        };
        let mut rules = Self::none();
        for (upper, lower) in
            [("HTTP_PROXY", "http_proxy"), ("HTTPS_PROXY", "https_proxy"), ("NO_PROXY", "no_proxy")]
        {
            let named = |name| environment(name).filter(|value: &String| !value.is_empty());
            if named(lower).is_some_and(|value| named(upper).is_some_and(|other| other != value)) {
                rules
                    .warnings
                    .push(format!("{upper} and {lower} differ: {upper} is used here, programs vary"));
            }
        }
        rules.https = any("HTTPS_PROXY", "https_proxy").and_then(|url| rules.read("HTTPS_PROXY", &url));
        let http = any("HTTP_PROXY", "http_proxy").and_then(|url| rules.read("HTTP_PROXY", &url));
        // In a CGI program HTTP_PROXY may be a client's header (https://golang.org/s/cgihttpproxy).
        match environment("REQUEST_METHOD").is_some_and(|method| !method.is_empty()) {
            true if http.is_some() => {
                rules.warnings.push("HTTP_PROXY is not used where REQUEST_METHOD is set".into())
            }
            _ => rules.http = http,
        }
        rules.except = NoProxy::parse(&any("NO_PROXY", "no_proxy").unwrap_or_default());
        rules
    }

    /// One proxy for everything but `localhost` and loopback addresses.
    pub fn fixed(url: &str) -> Result<Self, ProxyError> {
        let proxy = Proxy::parse(url)?;
        Ok(Self { http: Some(proxy.clone()), https: Some(proxy), ..Self::default() })
    }

    /// Sentences about what in the environment is not used; they repeat no value.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The proxy for requests to an origin.
    pub(super) fn of(&self, origin: &Origin) -> Option<&Proxy> {
        let proxy = match origin.scheme() {
            Scheme::Https => self.https.as_ref(),
            Scheme::Http => self.http.as_ref(),
        };
        proxy.filter(|_| !self.except.holds(origin))
    }

    fn read(&mut self, variable: &str, url: &str) -> Option<Proxy> {
        Proxy::parse(url).map_err(|error| self.warnings.push(format!("{variable} is not used: {error}"))).ok()
    }
}

impl Proxy {
    /// Reads `scheme://[user:password@]host[:port]`; without a scheme it is HTTP.
    fn parse(url: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("http".to_string(), url),
        };
        match scheme.as_str() {
            "http" | "https" => {}
            "socks5" | "socks5h" => return Err(ProxyError::Socks),
            _ => return Err(ProxyError::OtherScheme),
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let target = Target::parse(&format!("{scheme}://{host}/")).map_err(|_| ProxyError::NotAUrl)?;
        let authorization = user.map(|user| authorization(user).ok_or(ProxyError::NotAUrl)).transpose()?;
        Ok(Self { origin: target.origin, authorization })
    }

    /// `scheme://host:port`, without user and password.
    pub fn shown(&self) -> String {
        let scheme = if self.origin.scheme() == Scheme::Https { "https" } else { "http" };
        format!("{scheme}://{}", self.origin.authority())
    }
}

/// Without user and password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.shown())
    }
}

/// The header for `user:password` as it stands in a URL.
fn authorization(user: &str) -> Option<HeaderValue> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let mut plain = percent_decoded(user)?;
    plain.push(b':');
    plain.extend(percent_decoded(password)?);
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(bytes.next())? * 16 + digit(bytes.next())?).ok()?
            }
            byte => byte,
        });
    }
    Some(decoded)
}
