//! Where the cores and the front door are asked.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::front::Door;
use super::place::Place;
use crate::evidence::endpoint::{Endpoint, Scheme};
use crate::evidence::harbor::CoreSeen;
use crate::evidence::harbor::seen::Via;
use crate::evidence::probe::{Exchange, ExchangeStep};
use crate::plan::{CoreAddress, HarborAsk};
use crate::registry::transport::{Origin, Settings, Target};

/// A core is waited for at least this long.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);
/// An answer is waited for at least this long: Harbor takes 1.6 s for a wrong password (2.16).
const ANSWER_PATIENCE: Duration = Duration::from_secs(4);

/// Cores that cannot be reached must not use up the time for the others: together they get half of it.
pub(super) fn patience(mut settings: Settings, cores: usize, deadline: Instant) -> Settings {
    let time = deadline.saturating_duration_since(Instant::now());
    let each = time / 2 / u32::try_from(cores.max(1)).unwrap_or(u32::MAX);
    let each = each.max(LEAST_PATIENCE);
    settings.timeouts.connect = settings.timeouts.connect.min(each);
    settings.timeouts.tls = settings.timeouts.tls.min(each);
    // Less than the whole time, so that whoever is silent is told from what was not asked any more.
    settings.timeouts.first_byte = settings.timeouts.first_byte.min(each.max(ANSWER_PATIENCE));
    settings
}

/// The front door's origin.
pub(super) fn front(ask: &HarborAsk) -> Option<Origin> {
    Some(Target::parse(ask.front.as_deref()?).ok()?.origin)
}

/// Whether nobody is between: the pods' own network, or the API server's tunnel into it.
pub(super) fn is_private(via: Via) -> bool {
    matches!(via, Via::Pod | Via::PortForward)
}

/// The cores that were named; else, by URL, the addresses of its host, where it has several.
pub(super) fn cores(ask: &HarborAsk, door: Option<&Door>, endpoints: &[Endpoint]) -> Vec<CoreAddress> {
    let Some(door) = door.filter(|_| ask.via == Via::Url && ask.cores.is_empty()) else {
        return ask.cores.clone();
    };
    let origin = &door.place.origin;
    let is_it = |endpoint: &&Endpoint| {
        endpoint.host.as_str() == origin.host()
            && endpoint.port == origin.port()
            && endpoint.resolve.is_some()
    };
    let resolve = endpoints.iter().find(is_it).and_then(|endpoint| endpoint.resolve.as_ref());
    let addresses = resolve.map(|resolve| resolve.addresses.as_slice()).unwrap_or_default();
    if addresses.len() < 2 {
        return Vec::new();
    }
    let tls = origin.scheme() == Scheme::Https;
    let core = |address| {
        let address = SocketAddr::new(address, origin.port()).to_string();
        CoreAddress { name: address.clone(), address, tls }
    };
    addresses.iter().copied().map(core).collect()
}

/// How a core is asked: a pod by its own address and under the front door's name, an address of the URL as the URL.
/// `None` where its address is none.
pub(super) fn place(ask: &HarborAsk, core: &CoreAddress, door: Option<&Door>) -> Option<Place> {
    let address: SocketAddr = core.address.parse().ok()?;
    let front = door.map(|door| &door.place.origin);
    let scheme = if core.tls { Scheme::Https } else { Scheme::Http };
    let (origin, host) = match front.filter(|_| ask.via == Via::Url) {
        Some(front) => (front.clone().at(address), None),
        None => {
            // Pinned, so that no proxy is asked for what only the cluster knows.
            let own = Origin::new(scheme, &address.ip().to_string(), address.port()).at(address);
            (own, front.map(Origin::host_header))
        }
    };
    Some(Place::new(&core.name, origin, host))
}

/// What is to be said of a core that is not asked, and why. Its place is never used: only what has answered is asked
/// again.
pub(super) fn without_address(core: &CoreAddress, why: &str) -> (CoreSeen, Place) {
    let seen = CoreSeen {
        name: core.name.clone(),
        address: core.address.clone(),
        token: Exchange::not_made(ExchangeStep::PullToken, why),
        info: None,
        clock: None,
        realm: None,
        stopped: None,
    };
    let origin = Origin::new(Scheme::Http, "", 0);
    (seen, Place::new(&core.name, origin, None))
}
