//! HTTP proxies.

use super::reply::{End, Reply};
use super::request::Request;

/// Lets everybody through to this machine, whatever name is asked for.
pub fn open(request: &Request) -> Reply {
    match port(request) {
        Some(port) => Reply::new(200).ending(End::Tunnel(port)),
        None => Reply::new(400),
    }
}

/// Lets nobody through.
pub fn refusing(status: u16, words: &'static str) -> impl Fn(&Request) -> Reply {
    move |_| Reply::with(status, "text/plain", words)
}

fn port(request: &Request) -> Option<u16> {
    (request.method == "CONNECT").then_some(())?;
    request.path.rsplit(':').next()?.parse().ok()
}
