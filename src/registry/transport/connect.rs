//! TCP to each address of a name.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use crate::evidence::endpoint::{Connect, ConnectFailure};

/// How long a connection that works waits for the tries at the other addresses, which are evidence. One lost
/// first packet is sent again after a second (RFC 6298).
const GRACE: Duration = Duration::from_millis(1000);

/// Tries all addresses at once, each within `limit`, and gives the first in order that works, and what each
/// came to. An address that has not answered a second after another did counts as timed out.
pub(super) async fn connect_all(
    addresses: &[SocketAddr],
    limit: Duration,
) -> (Option<TcpStream>, Vec<Connect>) {
    let begun = Instant::now();
    let mut tries = JoinSet::new();
    for (index, address) in addresses.iter().copied().enumerate() {
        tries.spawn(async move { (index, connect(address, limit).await) });
    }
    let mut results: Vec<Option<Try>> = addresses.iter().map(|_| None).collect();
    let mut end = tokio::time::Instant::now() + limit + GRACE;
    let mut works = false;
    loop {
        let next = tokio::select! {
            next = tries.join_next() => next,
            () = sleep_until(end) => None,
        };
        let Some(Ok((index, result))) = next else { break };
        if result.0.is_ok() && !works {
            works = true;
            end = end.min(tokio::time::Instant::now() + GRACE);
        }
        results[index] = Some(result);
    }
    collect(addresses, results, begun.elapsed())
}

/// A connection or why there is none, and how long it took.
type Try = (Result<TcpStream, ConnectFailure>, Duration);

/// One try at one address.
pub(super) async fn connect(address: SocketAddr, limit: Duration) -> Try {
    let begun = Instant::now();
    let result = match timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(failure(&error)),
        Err(_) => Err(ConnectFailure::TimedOut),
    };
    (result, begun.elapsed())
}

fn collect(
    addresses: &[SocketAddr],
    results: Vec<Option<Try>>,
    waited: Duration,
) -> (Option<TcpStream>, Vec<Connect>) {
    let mut stream = None;
    let mut connects = Vec::new();
    for (address, result) in addresses.iter().zip(results) {
        let (result, took) = result.unwrap_or((Err(ConnectFailure::TimedOut), waited));
        connects.push(evidence(*address, result.as_ref().err().copied(), took));
        stream = stream.or(result.ok());
    }
    (stream, connects)
}

/// The evidence of one try.
pub(super) fn evidence(address: SocketAddr, failure: Option<ConnectFailure>, took: Duration) -> Connect {
    Connect { address, took_ms: super::millis(took), failure }
}

fn failure(error: &io::Error) -> ConnectFailure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
        io::ErrorKind::TimedOut => ConnectFailure::TimedOut,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => ConnectFailure::Unreachable,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            ConnectFailure::Reset
        }
        io::ErrorKind::PermissionDenied => ConnectFailure::NotPermitted,
        _ => ConnectFailure::Other,
    }
}

/// The address behind `last` of those that worked, in their order; the first behind the last.
pub(super) fn next(connects: &[Connect], last: SocketAddr) -> SocketAddr {
    let mut worked: Vec<SocketAddr> = Vec::new();
    for connect in connects.iter().filter(|connect| connect.failure.is_none()) {
        if !worked.contains(&connect.address) {
            worked.push(connect.address);
        }
    }
    let behind = worked.iter().skip_while(|address| **address != last).nth(1);
    behind.or(worked.first()).copied().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_goes_round_the_addresses_that_worked() {
        let address = |last: u8| SocketAddr::from(([192, 0, 2, last], 443));
        let connect =
            |last: u8, failure: Option<ConnectFailure>| evidence(address(last), failure, Duration::ZERO);
        let dead = Some(ConnectFailure::TimedOut);
        let connects = [connect(1, None), connect(2, dead), connect(3, None), connect(1, dead)];
        assert_eq!(next(&connects, address(1)), address(3));
        assert_eq!(next(&connects, address(3)), address(1));
        assert_eq!(next(&connects[..1], address(1)), address(1));
        assert_eq!(next(&[], address(9)), address(9));
    }
}
