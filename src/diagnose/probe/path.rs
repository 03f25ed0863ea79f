//! The way to the registry, its token service and its storage: names, connections, proxies, TLS.

use super::about::{about, about_host, from, place, policies};
use super::egress::{self, Other};
use super::kubelet::attach as attach_kubelet;
use super::look::{Look, looks};
use super::way::{self, Fault};
use crate::code::Code;
use crate::diagnose::pull::judge;
use crate::evidence::endpoint::{Endpoint, Role};
use crate::evidence::{Evidence, Network, Pull};
use crate::finding::{Finding, Severity};
use crate::fix;

/// Hosts that a probe did not get to, or whose certificates it does not take.
pub(in crate::diagnose) fn broken_ways(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for look in looks(evidence) {
        for (_, endpoint) in look.endpoints() {
            if let Some(fault) = way::fault(endpoint) {
                findings.push(broken_way(&look, endpoint, &fault));
            }
        }
    }
    findings
}

fn broken_way(look: &Look<'_>, endpoint: &Endpoint, fault: &Fault) -> Finding {
    if look.kubelet_gets_past(endpoint, fault) {
        return only_the_probe(look, fault);
    }
    if let Some(finding) = cut_off(look, endpoint, fault) {
        return finding;
    }
    let code = suspect(endpoint, fault);
    let mut finding = about_host(look, code, endpoint, cause(look, endpoint, fault, code));
    finding.messages = fault.message.iter().cloned().collect();
    match fault.code {
        _ if fault.only_untrusted => open_trust(&mut finding, look),
        Code::ConnectionTimedOut | Code::ConnectionRefused => open_connection(&mut finding, look, endpoint),
        Code::RegistryNameUnresolved
            if look.probe.network == Network::Pod && egress::is_dns_cut_off(endpoint) =>
        {
            open(&mut finding, &[Code::EgressBlocked], "the same from the node's network: --network both");
        }
        Code::TokenServiceUnreachable => finding.also_possible = vec![Code::RealmMismatch],
        _ => {}
    }
    if code == Code::UnexpectedResponder && code != fault.code {
        open(&mut finding, &[fault.code], "who answers at that address: its certificate names it");
    }
    attach_kubelet(&mut finding, look);
    finding
}

/// A private address for a public name that then fails at its certificate: something else answers there.
fn suspect(endpoint: &Endpoint, fault: &Fault) -> Code {
    let certificate = matches!(fault.code, Code::CertificateUntrusted | Code::CertificateNameMismatch);
    if certificate && way::is_split(endpoint) && fault.code == Code::CertificateNameMismatch {
        return Code::UnexpectedResponder;
    }
    fault.code
}

fn cause(look: &Look<'_>, endpoint: &Endpoint, fault: &Fault, code: Code) -> String {
    let registry = look.registry();
    let whose = match endpoint.role {
        Role::TokenService => format!("{registry} answers and its token service does not: "),
        Role::Storage => format!("The storage that {registry} redirects to fails: "),
        _ => String::new(),
    };
    let what = if whose.is_empty() { capital(&fault.what) } else { fault.what.clone() };
    let alone = !egress::fails_elsewhere(look.evidence, look.probe, endpoint)
        && look.evidence.probes.len() > 1
        && code != Code::CertificateUntrusted;
    let place = if alone { from(look) } else { "" };
    let split = match way::is_split(endpoint) {
        true => format!(
            "; a private address answers for the public name {}: split DNS, or something in between that answers for everything",
            endpoint.host
        ),
        false => String::new(),
    };
    format!("{whose}{what}{place}{split}.")
}

fn capital(text: &str) -> String {
    let is_word =
        text.split(' ').next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
    let mut rest = text.chars();
    match rest.next().filter(|_| is_word) {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => text.to_string(),
    }
}

/// The node's own path works, so the probe lacks something that the node has.
fn only_the_probe(look: &Look<'_>, fault: &Fault) -> Finding {
    let registry = look.registry();
    let does = match look.pull().is_some_and(Pull::is_pulled) {
        true => "pulls from",
        false => "gets an answer of",
    };
    let cause = format!(
        "The node {does} {registry}, so it has a path that the probe lacks (its CA, mirror, proxy or hosts entry): {}.",
        fault.what
    );
    let mut finding = about(look, fault.code, None, cause);
    finding.severity = Severity::Info;
    finding.messages = fault.message.iter().cloned().collect();
    finding.fixes = fix::probe::give_it_the_nodes_own(look, &place(look, None), fault.code);
    finding.evidence.extend(look.pull().map(|pull| pull.id.clone()));
    finding
}

/// One network, node or identity is cut off where another is not, or a policy that does it is at hand.
fn cut_off(look: &Look<'_>, endpoint: &Endpoint, fault: &Fault) -> Option<Finding> {
    let dns = egress::is_dns_cut_off(endpoint);
    let at_connect = fault.step == "connect";
    let policies = policies(look);
    if endpoint.proxy.is_some() || !(at_connect || dns) || endpoint.role == Role::Proxy {
        return None;
    }
    let other = egress::other_way(look, endpoint);
    if (other.is_none() || dns) && policies.is_empty() {
        return None;
    }
    let policy = match policies {
        [] => "its own network path is cut".to_string(),
        [one] => format!("networkpolicy/{one} restricts where these pods may connect to"),
        many => format!("the NetworkPolicies {} restrict where these pods may connect to", many.join(", ")),
    };
    let compared = other.map(|other| format!(", and {}", other.who())).unwrap_or_default();
    let cause = format!("{}{}{compared}: {policy}.", capital(&fault.what), from(look));
    let mut finding = about_host(look, Code::EgressBlocked, endpoint, cause);
    finding.messages = fault.message.iter().cloned().collect();
    let proven = other.is_some_and(|other| other.is_proof() || !policies.is_empty());
    if dns || !proven {
        let how = match policies {
            [] => "a probe from both networks: --method probe --network both",
            _ => {
                "whether the policy allows this connection, and DNS (UDP and TCP 53) to the cluster's name server"
            }
        };
        open(&mut finding, &[fault.code], how);
    }
    if other != Some(Other::Kubelet) {
        attach_kubelet(&mut finding, look);
    }
    Some(finding)
}

fn open(finding: &mut Finding, also: &[Code], settle_by: &str) {
    finding.certain = false;
    finding.also_possible = also.to_vec();
    finding.settle_by = Some(settle_by.into());
}

/// Whether the node trusts what the probe does not is known by its own pull alone: `--node-config` gives a probe no
/// `skip_verify`, no other `config_path` and nothing outside the node's /etc.
fn open_trust(finding: &mut Finding, look: &Look<'_>) {
    let says_so = |pull: &Pull| {
        judge(pull, look.evidence)
            .is_some_and(|(_, all)| all.first().is_some_and(|first| first.code == Code::CertificateUntrusted))
    };
    if look.pull().is_some_and(says_so) {
        return;
    }
    let given = look.evidence.plan.probe.as_ref().is_some_and(|probe| probe.node_config);
    finding.certain = false;
    if look.probe.network == Network::Local {
        finding.settle_by =
            Some("the same with the certificate authority that is meant: --ca-bundle FILE".into());
        return;
    }
    // The probe has its own list of authorities: no failure of the node's until the node was asked.
    finding.severity = Severity::Unknown;
    let how = match given && look.probe.network == Network::Node {
        true => {
            "the node's own pull (--method both): it may trust what its files in /etc do not show (skip_verify)"
        }
        false => {
            "the node's own pull (--method both), or the authority that it trusts: --ca-bundle FILE, --node-config"
        }
    };
    finding.settle_by = Some(how.into());
}

/// One that fails alone may be cut off; several that fail alike see the registry's own failure.
fn open_connection(finding: &mut Finding, look: &Look<'_>, endpoint: &Endpoint) {
    if egress::fails_elsewhere(look.evidence, look.probe, endpoint) {
        return;
    }
    let how = match look.probe.network {
        Network::Local => "the same from the cluster: kubectl regauth pull --method probe",
        _ => "the same from another network and another node: --network both",
    };
    open(finding, &[Code::EgressBlocked], how);
}

/// Addresses that do not answer while others of the same name do: it works by luck, or slowly.
pub(in crate::diagnose) fn dead_addresses(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for look in looks(evidence) {
        for (_, endpoint) in look.endpoints() {
            findings.extend(dead(&look, endpoint));
        }
    }
    findings
}

fn dead(look: &Look<'_>, endpoint: &Endpoint) -> Option<Finding> {
    let dead = way::dead_addresses(endpoint);
    let first = dead.first()?;
    let alive = endpoint.connects.iter().find(|one| one.failure.is_none())?;
    // Machines without IPv6 have no route there, and clients pass over it at once.
    let no_route = Some(crate::evidence::endpoint::ConnectFailure::Unreachable);
    if dead.iter().all(|one| one.address.is_ipv6() != alive.address.is_ipv6() && one.failure == no_route) {
        return None;
    }
    let whole_family = dead.iter().all(|one| one.address.is_ipv6() == first.address.is_ipv6())
        && endpoint
            .connects
            .iter()
            .filter(|one| one.failure.is_none())
            .all(|one| one.address.is_ipv6() != first.address.is_ipv6());
    let which = match (whole_family, first.address.is_ipv6()) {
        (true, true) => "over IPv6".to_string(),
        (true, false) => "over IPv4".to_string(),
        _ => format!("at {}", dead.iter().map(|one| one.address.to_string()).collect::<Vec<_>>().join(", ")),
    };
    let timed_out =
        dead.iter().any(|one| one.failure == Some(crate::evidence::endpoint::ConnectFailure::TimedOut));
    let code = if timed_out { Code::ConnectionTimedOut } else { Code::ConnectionRefused };
    let cause = format!(
        "{} does not answer {which}, while another of its addresses does: pulls are slow, or work by luck.",
        way::authority(endpoint)
    );
    let mut finding = about_host(look, code, endpoint, cause);
    finding.severity = Severity::Warning;
    Some(finding)
}
