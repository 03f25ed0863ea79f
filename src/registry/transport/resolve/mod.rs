//! Names to addresses: the hosts file first, then DNS, each kind of failure told apart.

mod conf;
mod dns;
mod hosts;
mod system;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType;
use tokio::time::timeout;

use self::conf::Conf;
use self::dns::{Answer, Question};
use super::target;
use crate::evidence::endpoint::{NameSource, Resolve, ResolveFailure, ResolveFailureKind as Kind};
use crate::text::Clean;

/// More addresses of a name than this are left out.
const MAX_ADDRESSES: usize = 32;
/// A server gets at least this long for a question, however many there are.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// Looks a host up, within `limit`. A failure is in the result.
pub(super) async fn resolve(host: &str, hosts_file: &Path, resolv_conf: &Path, limit: Duration) -> Resolve {
    let begun = Instant::now();
    let took_ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A hosts file that cannot be read is an empty one, to every resolver.
    let file = read(hosts_file);
    let known = hosts::look_up(&file, host);
    if !known.is_empty() {
        return found(host, known, NameSource::HostsFile, took_ms());
    }
    let text = read(resolv_conf);
    // Windows has no such file, and keeps its name servers elsewhere.
    let asks_system = cfg!(windows) && text.is_empty();
    let conf = if asks_system { Conf::default() } else { conf::parse(&String::from_utf8_lossy(&text)) };
    let asking = async {
        match asks_system {
            true => system::ask(host).await,
            false => ask_names(host, &conf, limit).await,
        }
    };
    match timeout(limit, asking).await {
        Ok(Answer::Addresses(addresses)) => found(host, addresses, NameSource::Dns, took_ms()),
        Ok(Answer::Failure(kind, words)) => failed(kind, &words, &conf, took_ms()),
        Err(_) => failed(Kind::TimedOut, "no answer in time", &conf, took_ms()),
    }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

fn found(host: &str, mut addresses: Vec<IpAddr>, source: NameSource, took_ms: u64) -> Resolve {
    let mut seen = Vec::new();
    addresses.retain(|address| {
        !seen.contains(address) && {
            seen.push(*address);
            true
        }
    });
    addresses.sort_by_key(|address| (!has_route(*address), address.is_ipv4()));
    addresses.truncate(MAX_ADDRESSES);
    let private_for_public =
        target::is_public_registry(host) && addresses.iter().any(|address| target::is_private(*address));
    Resolve { addresses, source, took_ms, private_for_public, failure: None }
}

/// Whether the system would know where to send a packet (none is sent). Addresses without a route are tried
/// last, and IPv6 before IPv4, as RFC 6724 has it and Go and glibc do.
fn has_route(address: IpAddr) -> bool {
    let own = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    UdpSocket::bind(own).and_then(|socket| socket.connect((address, 9))).is_ok()
}

fn failed(kind: Kind, words: &str, conf: &Conf, took_ms: u64) -> Resolve {
    let (kind, words) = match conf.configured {
        true => (kind, words.to_string()),
        false => (Kind::NoServer, format!("no name server is configured, and at the usual address: {words}")),
    };
    let servers = conf.servers.iter().map(|server| Clean::new(&server.to_string())).collect();
    let failure = ResolveFailure { kind, servers, message: Clean::new(&words) };
    Resolve {
        addresses: Vec::new(),
        source: NameSource::Dns,
        took_ms,
        private_for_public: false,
        failure: Some(failure),
    }
}

/// Asks for each name of the search list until one has an address. What the host's own name came to is the
/// failure, unless the servers failed for all of them.
async fn ask_names(host: &str, conf: &Conf, limit: Duration) -> Answer {
    let own = host.trim_end_matches('.');
    let mut failure = None;
    let mut servers = conf.servers.clone();
    for name in conf.names(host) {
        let answer = ask_both(&name, conf, &mut servers, limit).await;
        if matches!(answer, Answer::Addresses(_)) {
            return answer;
        }
        if name == own || failure.is_none() {
            failure = Some(answer);
        }
    }
    failure.unwrap_or_else(|| Answer::Failure(Kind::Other, "not a name that DNS can hold".to_string()))
}

/// Asks for IPv4 and IPv6 at once. A server that was silent is asked last from then on.
async fn ask_both(name: &str, conf: &Conf, servers: &mut [SocketAddr], limit: Duration) -> Answer {
    let share = limit / u32::try_from(2 * servers.len().max(1)).unwrap_or(u32::MAX);
    // A lone patience longer than the whole limit would never let the second server have its turn.
    let patience = conf.timeout.min(share.max(LEAST_PATIENCE.min(limit / 2)));
    let question = |kind| Question { name, kind, patience, tcp: conf.tcp };
    let begun = Instant::now();
    let (v4, v6) = (question(RecordType::A), question(RecordType::AAAA));
    let (v4, v6) = tokio::join!(v4.ask(servers), v6.ask(servers));
    if begun.elapsed() >= patience && servers.len() > 1 {
        servers.rotate_left(1);
    }
    joined(v4, v6)
}

/// One answer from that about IPv4 and that about IPv6.
fn joined(v4: Answer, v6: Answer) -> Answer {
    match (v4, v6) {
        (Answer::Addresses(mut all), Answer::Addresses(more)) => {
            all.extend(more);
            Answer::Addresses(all)
        }
        (addresses @ Answer::Addresses(_), _) | (_, addresses @ Answer::Addresses(_)) => addresses,
        (Answer::Failure(a, words), Answer::Failure(b, other)) => match rank(b) > rank(a) {
            true => Answer::Failure(b, other),
            false => Answer::Failure(a, words),
        },
    }
}

/// The failure that says more goes first: NXDOMAIN is about the name as a whole, and a server that failed for
/// one kind of address leaves open whether there is one.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::NoSuchName => 6,
        Kind::TimedOut => 5,
        Kind::ServerRefused => 4,
        Kind::ServerFailed => 3,
        Kind::Other => 2,
        Kind::NoServer => 1,
        Kind::NoAddress => 0,
    }
}
