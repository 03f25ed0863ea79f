//! Where clients are sent for tokens: by the front door's challenge, and by each core's.

use super::about::{about, names, whole};
use super::front::subject;
use super::view::{Core, View};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::endpoint::Scheme;
use crate::evidence::harbor::seen::Via;
use crate::evidence::harbor::{FrontSeen, PodState};
use crate::finding::Finding;
use crate::text::Clean;
use crate::text::url::{authority, host};

/// A token realm of another scheme or host than the URL that clients use.
pub(in crate::diagnose) fn realm(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let by_nodes = view.by_nodes();
    let at_doors: Vec<Finding> = std::iter::once(&view).chain(&by_nodes).filter_map(of_door).collect();
    // What clients were seen to meet says more than what cores would say to them.
    match at_doors.is_empty() {
        true => of_cores(&view).into_iter().collect(),
        false => at_doors,
    }
}

/// What the front door's challenge names, against the URL that it was asked by.
fn of_door(view: &View<'_>) -> Option<Finding> {
    let front = view.seen?.front.as_ref()?;
    let challenges = &front.ping.as_ref()?.answer()?.challenges;
    let realm =
        challenges.iter().filter_map(|challenge| challenge.realm()).find(|realm| realm.contains("://"))?;
    let realm = Clean::new(realm);
    // In the cluster the Service may stand for the front door: what clients use is another URL.
    if seen_by_service(view, front) {
        return None;
    }
    let (used, named) = (Url::of(front.url.as_str())?, Url::of(realm.as_str())?);
    // Clients are led from http to https, at the token service as at the front door.
    let began = front.redirected_from.as_ref().and_then(|from| Url::of(from.as_str()));
    let is_led_on = began.is_some_and(|began| began.scheme == named.scheme && began.host == named.host);
    let what = match (used.scheme == named.scheme, used.host == named.host) {
        (true, true) => return None,
        (false, true) => format!("by {} and not by {}", named.scheme, used.scheme),
        _ => format!("at {} and not at {}", named.host, used.host),
    };
    let cause = format!(
        "Clients that use {} are sent for tokens to {realm}, {what}: Harbor takes the scheme from EXT_ENDPOINT (externalURL) and the host from the request, as a proxy passes it on.",
        front.url
    );
    let mut finding = about(view, Code::RealmMismatch, &[], subject(front), cause);
    let node = view
        .probe
        .map(|probe| probe.node.clone())
        .filter(|_| view.cores.iter().all(|core| core.seen.is_none()));
    finding.subject.nodes.extend(node.filter(|node| !node.is_empty()));
    finding.evidence = vec![view.part("front")];
    // A redirect from http to https, or a second name, may still work.
    let works = !front.kids.is_empty() && (used.host != named.host || is_led_on);
    finding.certain = !works;
    if works {
        finding.settle_by = Some("whether clients reach the token service there too".into());
    }
    Some(finding)
}

/// Cores that send clients to another scheme than the URL that users know has. The host they take from the request.
fn of_cores(view: &View<'_>) -> Option<Finding> {
    let front = view.seen?.front.as_ref();
    let known = view.harbor.and_then(|harbor| harbor.front.as_ref()).map(|door| door.external_url.as_str());
    let met = front.filter(|front| !seen_by_service(view, front)).map(|front| front.url.as_str());
    let url = met.or(known.filter(|url| !url.is_empty()))?;
    let used = Url::of(url)?;
    let realm = |core: &Core<'_>| Url::of(core.seen?.realm.as_ref()?.as_str());
    let differs = |core: &&Core<'_>| {
        core.state() != PodState::Terminating && realm(core).is_some_and(|realm| realm.scheme != used.scheme)
    };
    let cores: Vec<&Core<'_>> = view.cores.iter().filter(differs).collect();
    let named = realm(cores.first()?)?;
    let (send, own) = if cores.len() == 1 { ("sends", "its") } else { ("send", "their") };
    let cause = format!(
        "{} {send} clients for tokens by {}, where users come in at {url}: {own} EXT_ENDPOINT (externalURL) is of another scheme, or was changed after {own} start.",
        names(&cores),
        named.scheme
    );
    let mut finding = about(view, Code::RealmMismatch, &cores, whole(view), cause);
    finding.certain = met.is_some();
    if !finding.certain {
        finding.settle_by = Some(
            "what clients meet at that URL (--front URL, --from-nodes), and the EXT_ENDPOINT of the running cores (--exec)".into(),
        );
    }
    Some(finding)
}

pub(super) fn seen_by_service(view: &View<'_>, front: &FrontSeen) -> bool {
    let known = view.harbor.and_then(|harbor| harbor.front.as_ref()).map(|door| door.service_url.as_str());
    if known.is_some_and(|url| !url.is_empty() && authority(url) == authority(front.url.as_str())) {
        return true;
    }
    let name = host(front.url.as_str());
    let inside = name.ends_with(".svc")
        || name.contains(".svc.")
        || !name.contains('.')
        || name.parse::<std::net::IpAddr>().is_ok();
    inside && view.seen.is_some_and(|seen| seen.via != Via::Url)
}

/// Scheme and host of a URL, the host with its port unless it is the scheme's own.
struct Url {
    scheme: &'static str,
    host: String,
}

impl Url {
    fn of(url: &str) -> Option<Self> {
        let (scheme, _) = url.split_once("://")?;
        let (scheme, port) = match scheme.to_ascii_lowercase().as_str() {
            "https" => (Scheme::Https, ":443"),
            "http" => (Scheme::Http, ":80"),
            _ => return None,
        };
        let host = authority(url).to_ascii_lowercase();
        Some(Self {
            scheme: if scheme == Scheme::Https { "https" } else { "http" },
            host: host.strip_suffix(port).unwrap_or(&host).to_string(),
        })
    }
}
