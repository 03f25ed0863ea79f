//! `NO_PROXY`, as `golang.org/x/net/http/httpproxy` reads it.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::origin::Origin;

/// For whom no proxy is used.
#[derive(Clone, Debug, Default)]
pub(super) struct NoProxy(Vec<Matcher>);

#[derive(Clone, Debug)]
enum Matcher {
    All,
    Network(IpNet),
    Address {
        address: IpAddr,
        port: Option<String>,
    },
    /// `suffix` begins with a dot; `itself` says whether the name after the dot counts too.
    Domain {
        suffix: String,
        port: Option<String>,
        itself: bool,
    },
}

impl NoProxy {
    /// Reads a comma-separated list; what is not understood is left out.
    pub fn parse(list: &str) -> Self {
        let entries = list.split(',').map(|entry| entry.trim().to_lowercase());
        let matchers: Vec<Matcher> = entries.filter_map(|entry| matcher(&entry)).collect();
        Self(matchers)
    }

    /// Whether requests to an origin go past the proxy. `localhost` and loopback addresses always do.
    pub fn holds(&self, origin: &Origin) -> bool {
        let address = origin.address().map(|address| address.to_canonical());
        if origin.host() == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        let port = origin.port().to_string();
        self.0.iter().any(|matcher| matcher.fits(origin.host(), address, &port))
    }
}

impl Matcher {
    fn fits(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        let port_fits = |wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| wanted == port);
        match (self, address) {
            (Self::All, _) => true,
            (Self::Network(network), Some(address)) => network.contains(&address),
            (Self::Address { address: own, port }, Some(address)) => *own == address && port_fits(port),
            (Self::Domain { suffix, port, itself }, None) => {
                (host.ends_with(suffix) || (*itself && host == &suffix[1..])) && port_fits(port)
            }
            _ => false,
        }
    }
}

fn matcher(entry: &str) -> Option<Matcher> {
    if entry == "*" {
        return Some(Matcher::All);
    }
    if let Ok(network) = entry.parse::<IpNet>() {
        return Some(Matcher::Network(canonical(network)));
    }
    let (host, port) = split_port(entry).unwrap_or((entry, None));
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(Matcher::Address { address: address.to_canonical(), port });
    }
    let host = match host.strip_prefix("*.") {
        Some(_) => &host[1..],
        None => host,
    };
    match host.chars().next()? {
        '.' => Some(Matcher::Domain { suffix: host.to_string(), port, itself: false }),
        _ => Some(Matcher::Domain { suffix: format!(".{host}"), port, itself: true }),
    }
}

/// `host:port` or `[address]:port`, as Go's `net.SplitHostPort` takes them apart; `None` where it would not.
fn split_port(entry: &str) -> Option<(&str, Option<String>)> {
    let (host, port) = entry.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    // An empty port is no port to Go either: `m.port == ""` fits all.
    Some((host, Some(port.to_string()).filter(|port| !port.is_empty())))
}

/// A network of IPv4-mapped addresses is one of IPv4, as in Go's `net.ParseCIDR`.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => {
            v6.addr().to_ipv4_mapped().and_then(|v4| IpNet::new(v4.into(), v6.prefix_len() - 96).ok())
        }
        _ => None,
    };
    mapped.unwrap_or(network)
}
