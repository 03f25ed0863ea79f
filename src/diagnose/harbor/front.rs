//! What clients meet at the front door: whether it answers, and what it cannot tell.

use super::about::{about, counted};
use super::lost::Lost;
use super::view::View;
use crate::code::Code;
use crate::diagnose::probe::{fault, words};
use crate::evidence::Evidence;
use crate::evidence::endpoint::Role;
use crate::evidence::harbor::FrontSeen;
use crate::evidence::probe::{Exchange, ExchangeResult};
use crate::finding::Finding;
use crate::text::url::authority;

/// A front door, or a token service that it names, that cannot be reached.
pub(in crate::diagnose) fn unreachable_front(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let by_nodes = view.by_nodes();
    // Where no core can issue, no door can give any: each core has its own finding.
    let none_issues = view.serving().next().is_some()
        && view.serving().all(|core| core.seen.is_some_and(|seen| seen.cannot_issue()));
    // Nodes ask the front door only: whether cores issue is known from who asked those.
    let cores_issue = view.cores.iter().any(|core| core.kid().is_some());
    let mut findings = Vec::new();
    for one in std::iter::once(&view).chain(&by_nodes) {
        findings.extend(unreachable_for(one, none_issues, cores_issue));
    }
    findings
}

fn unreachable_for(view: &View<'_>, none_issues: bool, cores_issue: bool) -> Vec<Finding> {
    let Some(front) = view.seen.and_then(|seen| seen.front.as_ref()) else { return Vec::new() };
    let mut found = ways(view, front);
    if found.is_empty() {
        found.extend(no_answer(view, front));
    }
    if found.is_empty() && !none_issues {
        found.extend(no_tokens(view, front, cores_issue));
    }
    let node = view.probe.map(|probe| probe.node.clone()).filter(|node| !node.is_empty());
    for finding in &mut found {
        finding.subject.nodes.extend(node.clone());
    }
    found
}

pub(super) fn subject(front: &FrontSeen) -> String {
    format!("registry/{}", authority(front.url.as_str()))
}

/// What is wrong with the way to the front door, and to the token service where that is another host.
fn ways(view: &View<'_>, front: &FrontSeen) -> Vec<Finding> {
    let Some(seen) = view.probe.and_then(|probe| probe.seen()) else { return Vec::new() };
    let cores: Vec<usize> = view.cores.iter().filter_map(|core| core.seen?.token.endpoint).collect();
    let of_front = front.ping.as_ref().and_then(|ping| ping.endpoint);
    // By the URL, an address of it is a core and the front door at once.
    let is_front = |index: usize, role: Role| {
        Some(index) == of_front || (role != Role::Registry && !cores.contains(&index))
    };
    let mut findings = Vec::new();
    for (index, endpoint) in seen.endpoints.iter().enumerate() {
        let Some(fault) = fault(endpoint).filter(|_| is_front(index, endpoint.role)) else { continue };
        // Harbor's internal TLS is by an authority of its own, for the Service's short name: no client comes this way.
        let is_internal = matches!(fault.code, Code::CertificateUntrusted | Code::CertificateNameMismatch);
        if is_internal && super::realm::seen_by_service(view, front) {
            continue;
        }
        let cause = format!("{} cannot be reached as clients do: {}.", front.url, fault.what);
        let mut finding = about(view, fault.code, &[], subject(front), cause);
        finding.messages = fault.message.into_iter().collect();
        finding.evidence = vec![view.part("front")];
        if fault.only_untrusted {
            // The observer may only lack an authority that nodes and clients have.
            finding.certain = false;
            finding.settle_by =
                Some("the same with the authority that clients trust: --ca-bundle FILE".into());
        }
        findings.push(finding);
    }
    findings
}

/// Whether what answers there bears no sign of a registry: neither a challenge nor a header or an error of one. What
/// fails with 5xx may be a proxy before one.
pub(super) fn is_no_harbor(front: &FrontSeen) -> bool {
    let answer = front.ping.as_ref().and_then(Exchange::answer);
    front.kids.is_empty()
        && answer
            .is_some_and(|answer| answer.status < 500 && !answer.marks.any() && answer.challenges.is_empty())
}

/// A web server that is no registry: portal, web filter, load balancer, or another program's port.
fn no_harbor(view: &View<'_>, front: &FrontSeen) -> Option<Finding> {
    let answer = front.ping.as_ref().and_then(Exchange::answer).filter(|_| is_no_harbor(front))?;
    let server = answer.server.as_ref().map(|server| format!(" (Server: {server})")).unwrap_or_default();
    let cause = format!(
        "What answers at {}{server} is no Harbor: it answers {} to GET /v2/, without the challenge or any other mark of a registry. No credential belongs there.",
        front.url, answer.status
    );
    // By the URL alone the addresses are the front door's own, and what they answered is the same news.
    let cores: Vec<&super::view::Core<'_>> = if view.is_by_url() {
        view.cores.iter().filter(|core| core.kid().is_none()).collect()
    } else {
        Vec::new()
    };
    let mut finding = about(view, Code::UnexpectedResponder, &cores, subject(front), cause);
    finding.evidence.insert(0, view.part("front"));
    finding.messages = words(answer).into_iter().collect();
    Some(finding)
}

/// The front door is silent, or what answers is another server.
fn no_answer(view: &View<'_>, front: &FrontSeen) -> Option<Finding> {
    match front.ping.as_ref().and_then(Exchange::answer) {
        None => silent(view, front),
        Some(_) => no_harbor(view, front),
    }
}

/// The front door answers, and gives no token.
fn no_tokens(view: &View<'_>, front: &FrontSeen, cores_issue: bool) -> Option<Finding> {
    front.ping.as_ref().and_then(Exchange::answer)?;
    if front.without_token == 0 || !front.kids.is_empty() {
        return None;
    }
    let lost = Lost::of(front);
    let (code, also_possible) = match cores_issue {
        true => (Code::TokenServiceUnreachable, Vec::new()),
        false => lost.codes(),
    };
    let why = match (lost, cores_issue) {
        (Lost::Unclear, true) => ", although the cores do",
        (Lost::Unclear, false) => "",
        (Lost::NotSigned, true) => {
            ", although the cores do: another core than these answers there, and it cannot sign tokens"
        }
        (Lost::NotSigned, false) => {
            ", as a core does that cannot sign tokens (its key is missing, unreadable or in PKCS#8 form) or whose database fails"
        }
        (Lost::NoCore, true) => ", although the cores do: what stands before them does not reach them",
        (Lost::NoCore, false) => {
            ": what stands there reaches no core, because they are down, or not ready since their database or Redis is away"
        }
    };
    let asked = counted(front.without_token, "request", "requests");
    let cause = format!("{} gives no tokens ({asked}{}){why}.", front.url, super::lost::answers(front));
    let mut finding = about(view, code, &[], subject(front), cause);
    // Which core it is, if any, is not known: the door is looked at.
    let of_door = crate::fix::harbor::mends(Code::TokenServiceUnreachable, view, &[]);
    match code {
        Code::HarborKeyUnreadable if view.harbor.is_none() => finding.fixes.extend(of_door),
        _ => finding.fixes = of_door,
    }
    finding.evidence = vec![view.part("front")];
    if !cores_issue {
        finding.certain = false;
        finding.also_possible = also_possible;
        finding.settle_by =
            Some("each core asked by itself: in the cluster, or with --endpoint IP:PORT".into());
    }
    Some(finding)
}

/// The front door says nothing although the way to it is fine.
fn silent(view: &View<'_>, front: &FrontSeen) -> Option<Finding> {
    let ping = front.ping.as_ref()?;
    let (code, what) = match &ping.result {
        ExchangeResult::TimedOut => {
            (Code::ConnectionTimedOut, "accepts connections and does not answer in time")
        }
        ExchangeResult::Broken { .. } => (
            Code::ConnectionRefused,
            "accepts connections and cuts the exchange off, or answers what is no HTTP",
        ),
        ExchangeResult::Unreachable => (Code::ConnectionRefused, "cannot be reached"),
        ExchangeResult::Refused { .. } | ExchangeResult::Answered(_) => return None,
    };
    let mut finding = about(view, code, &[], subject(front), format!("{} {what}.", front.url));
    finding.evidence = vec![view.part("front")];
    if let ExchangeResult::Broken { message } = &ping.result {
        finding.messages = vec![message.clone()];
    }
    // It did give tokens at other times of the same run.
    finding.certain = front.kids.is_empty();
    if !finding.certain {
        finding.settle_by = Some("one more run, or more requests (--front-requests)".into());
    }
    Some(finding)
}

/// One key at a URL behind which the cores cannot be told apart: it proves nothing.
pub(in crate::diagnose) fn one_key_only(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence).filter(View::is_by_url) else { return Vec::new() };
    let Some(front) = view.seen.and_then(|seen| seen.front.as_ref()) else { return Vec::new() };
    let [only] = front.kids.as_slice() else { return Vec::new() };
    let addresses = view.cores.iter().filter(|core| core.kid().is_some()).count();
    let cookies: Vec<&str> =
        front.cookies.iter().map(|cookie| cookie.as_str()).filter(|name| !is_harbors_own(name)).collect();
    // A token that is rejected has a finding of its own.
    let is_told = addresses > 1 || is_asked_by_itself(&view, front) || super::unsteady::is_rejecting(front);
    if is_told && cookies.is_empty() {
        return Vec::new();
    }
    let sticky = match cookies.as_slice() {
        [] if super::unsteady::is_of_several(front) => {
            "its answers differ, as those of several cores do, and another of them may hold another key"
                .to_string()
        }
        [] => {
            "behind its one address a balancer may send this machine to the same core each time".to_string()
        }
        some => format!("it keeps clients at one core by cookies ({})", super::about::list(some)),
    };
    let cause = format!(
        "{} of {} {} of one key ({}), which proves nothing: {sticky}.",
        if only.count == 1 { "The only token".into() } else { format!("All {} tokens", only.count) },
        front.url,
        if only.count == 1 { "is" } else { "are" },
        super::about::short(super::view::Key::Kid(only.kid.as_str()))
    );
    let mut finding = about(&view, Code::Unknown, &[], subject(front), cause);
    finding.evidence = vec![view.part("front")];
    finding.certain = false;
    finding.also_possible = vec![Code::HarborKeyMismatch];
    finding.settle_by = Some(
        "each core asked by itself: kubectl regauth harbor in the cluster, or --endpoint IP:PORT for each core; or the same from other machines"
            .into(),
    );
    finding.messages = front
        .ping
        .as_ref()
        .and_then(Exchange::answer)
        .filter(|answer| answer.status >= 500)
        .and_then(words)
        .into_iter()
        .collect();
    vec![finding]
}

/// Whether every address of the front door is one that the user named as a core's, and that told its key.
fn is_asked_by_itself(view: &View<'_>, front: &FrontSeen) -> bool {
    let endpoint = || {
        let index = front.ping.as_ref()?.endpoint?;
        view.probe?.seen()?.endpoints.get(index).filter(|endpoint| endpoint.proxy.is_none())
    };
    let Some(endpoint) = endpoint() else { return false };
    let own = endpoint.host.as_str().parse::<std::net::IpAddr>().ok();
    let resolved = endpoint.resolve.iter().flat_map(|resolve| resolve.addresses.iter().copied());
    let all: Vec<String> = own
        .into_iter()
        .chain(resolved)
        .map(|ip| std::net::SocketAddr::new(ip, endpoint.port).to_string())
        .collect();
    let is_core = |address: &String| {
        view.cores
            .iter()
            .any(|core| core.kid().is_some() && core.seen.is_some_and(|seen| seen.address == *address))
    };
    !all.is_empty() && all.iter().all(is_core)
}

/// Harbor's own cookies (2.16), which no balancer reads.
fn is_harbors_own(cookie: &str) -> bool {
    matches!(cookie, "sid" | "_gorilla_csrf" | "__csrf")
}
