//! `resolv.conf`, as Go reads it (`net/dnsconfig_unix.go`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// More name servers than this are ignored, by Go as by glibc.
const MAX_SERVERS: usize = 3;
/// More search domains than this are ignored (glibc's limit was 6, Kubernetes allows 32).
const MAX_SEARCH: usize = 32;
/// Go's limit.
const MAX_NDOTS: usize = 15;

/// Whom to ask, and for which names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conf {
    /// Name servers, in order.
    pub servers: Vec<SocketAddr>,
    /// Whether the file names them; else they are what a resolver tries without configuration.
    pub configured: bool,
    /// Domains that are appended to short names.
    pub search: Vec<String>,
    /// With fewer dots than this, a name is first tried with the search domains.
    pub ndots: usize,
    /// The longest time that one server gets for one question.
    pub timeout: Duration,
    /// Whether to ask over TCP only.
    pub tcp: bool,
}

impl Default for Conf {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            configured: true,
            search: Vec::new(),
            ndots: 1,
            timeout: Duration::from_secs(5),
            tcp: false,
        }
    }
}

/// Reads a file's text. Lines that are not understood are left out, as everywhere.
pub(super) fn parse(text: &str) -> Conf {
    let mut conf = Conf::default();
    for line in text.lines() {
        if line.starts_with([';', '#']) {
            continue;
        }
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => conf.servers.extend(words.next().and_then(server)),
            Some("domain") => conf.search = words.next().map(domain).into_iter().collect(),
            Some("search") => conf.search = words.take(MAX_SEARCH).map(domain).collect(),
            Some("options") => words.for_each(|option| apply(&mut conf, option)),
            _ => {}
        }
    }
    conf.servers.truncate(MAX_SERVERS);
    conf.search.retain(|domain| !domain.is_empty());
    if conf.servers.is_empty() {
        conf.configured = false;
        conf.servers = vec![(Ipv4Addr::LOCALHOST, 53).into(), (Ipv6Addr::LOCALHOST, 53).into()];
    }
    conf
}

/// `1.2.3.4`, `fe80::1%eth0`. The form `[address]:port` is this reader's own, for tests.
fn server(word: &str) -> Option<SocketAddr> {
    let plain = word.split('%').next().unwrap_or_default();
    let address: Option<IpAddr> = plain.parse().ok();
    address.map(|address| SocketAddr::new(address, 53)).or_else(|| word.parse().ok())
}

fn domain(word: &str) -> String {
    word.trim_matches('.').to_ascii_lowercase()
}

fn apply(conf: &mut Conf, option: &str) {
    match option.split_once(':') {
        Some(("ndots", n)) => conf.ndots = n.parse::<usize>().unwrap_or(1).min(MAX_NDOTS),
        Some(("timeout", n)) => conf.timeout = Duration::from_secs(n.parse().unwrap_or(5).clamp(1, 30)),
        None if ["use-vc", "usevc", "tcp"].contains(&option) => conf.tcp = true,
        _ => {}
    }
}

impl Conf {
    /// The names to ask for, in order, without final dots (`nameList` in Go's `dnsclient_unix.go`).
    pub fn names(&self, name: &str) -> Vec<String> {
        if let Some(absolute) = name.strip_suffix('.') {
            return vec![absolute.to_string()];
        }
        let mut names: Vec<String> = self.search.iter().map(|domain| format!("{name}.{domain}")).collect();
        names.retain(|name| name.len() <= 253);
        let has_dots = name.matches('.').count() >= self.ndots;
        names.insert(if has_dots { 0 } else { names.len() }, name.to_string());
        names
    }
}
