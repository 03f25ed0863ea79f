//! The way to the registry: what one node's kubelet meets and others do not.

use std::collections::BTreeSet;

use super::case::Case;
use super::choice::Choice;
use super::reach::Reach;
use super::scene::Scene;
use super::words;
use crate::code::Code;
use crate::evidence::workloads::PullState;

/// What was heard of a registry.
#[derive(Default)]
pub(super) struct Contacts<'e> {
    /// Nodes that it answered, if only with a refusal.
    answered: BTreeSet<&'e str>,
    /// Nodes that got no connection, or broke off on the way.
    broken: BTreeSet<&'e str>,
    /// Whether a connection timed out.
    timed_out: bool,
    /// Nodes with pods that have started with an image of it, at some time.
    pub(super) started: BTreeSet<&'e str>,
}

impl<'e> Contacts<'e> {
    /// Takes note of one pull.
    pub(super) fn note(&mut self, case: &Case<'e>) {
        let node = case.pull.node.as_str();
        match case.candidates.first().map(|first| first.code) {
            _ if node.is_empty() || case.pull.state == PullState::Pulling => {}
            // What breaks at its storage, or after an answer, says nothing of the way to the registry.
            Some(code) if cuts_off(code) && case.reach == Reach::Elsewhere => {}
            Some(code) if is_on_the_way(code) => {
                self.broken.insert(node);
                self.timed_out |= code == Code::ConnectionTimedOut;
            }
            Some(code) if code.is_registrys_answer() => {
                self.answered.insert(node);
            }
            _ => {}
        }
    }

    /// Nodes that are all right, of those given.
    fn sound(&self, of: &BTreeSet<&'e str>) -> Vec<&'e str> {
        of.difference(&self.broken).copied().collect()
    }
}

/// Something broke before the registry could answer, where it may be the node's own way.
fn is_on_the_way(code: Code) -> bool {
    cuts_off(code)
        || matches!(
            code,
            Code::RegistryNameUnresolved
                | Code::TokenServiceUnreachable
                | Code::ProxyFailed
                | Code::PlainHttpRegistry
                | Code::CertificateUntrusted
                | Code::CertificateNameMismatch
                | Code::CertificateNotValidNow
                | Code::TlsHandshakeFailed
        )
}

fn cuts_off(code: Code) -> bool {
    matches!(code, Code::ConnectionTimedOut | Code::ConnectionRefused)
}

/// The kubelet pulls in the node's own network: no NetworkPolicy of the pod has a part in it.
pub(super) fn weigh(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    let Some(contacts) = scene.contacts(case) else { return };
    if choice.code == Code::PullNotFinished {
        return silent(scene, case, contacts, choice);
    }
    if choice.code == Code::ProxyFailed {
        by_proxy(case, choice);
    }
    if !is_on_the_way(choice.code) {
        return;
    }
    let answered = contacts.sound(&contacts.answered);
    let started = contacts.sound(&contacts.started);
    let node = case.pull.node.as_str();
    match cuts_off(choice.code) {
        // A node that got an answer for another image of the registry is not cut off from it.
        true if contacts.answered.contains(node) => {}
        true if case.reach == Reach::Elsewhere => elsewhere(case, choice, !answered.is_empty()),
        true if !answered.is_empty() && case.reach == Reach::NoConnection => {
            choice.settle(Code::EgressBlocked);
        }
        true if !answered.is_empty() => choice.prefer(Code::EgressBlocked, words::probe(case)),
        true if !started.is_empty() && !contacts.started.contains(node) => cut_off(case, &started, choice),
        true => {}
        false if answered.is_empty() && started.is_empty() => {}
        false => {
            let others: BTreeSet<&str> = answered.into_iter().chain(started).collect();
            choice.remarks.push(format!("which does not happen on {}", words::list_nodes(&others)));
        }
    }
}

/// The node reached the registry: what broke is the read of a blob, or the way to another host.
fn elsewhere(case: &Case<'_>, choice: &mut Choice, others_do: bool) {
    choice.doubt(words::probe(case));
    if others_do && !choice.also.contains(&Code::EgressBlocked) {
        choice.also.insert(0, Code::EgressBlocked);
    }
}

/// Others have started with images of the registry: they reached it then.
fn cut_off(case: &Case<'_>, started: &[&str], choice: &mut Choice) {
    let others: BTreeSet<&str> = started.iter().copied().collect();
    choice.prefer(Code::EgressBlocked, words::probe(case));
    choice.cause = Some(format!(
        "The node cannot reach {}, while pods have started with its images on {}: its own network path may be cut",
        case.registry,
        words::list_nodes(&others)
    ));
}

fn silent(scene: &Scene<'_>, case: &Case<'_>, contacts: &Contacts<'_>, choice: &mut Choice) {
    if contacts.timed_out && contacts.answered.is_empty() {
        choice.prefer(Code::ConnectionTimedOut, crate::diagnose::message::settle_by(Code::PullNotFinished));
        return;
    }
    choice.also = vec![Code::ConnectionTimedOut];
    if scene.is_busy(&case.pull.node) {
        choice.also.push(Code::NodePullThrottled);
    }
    choice.settle_by =
        Some(format!("waiting: a slow pull ends, a silent registry does not; or {}", words::probe(case)));
}

/// A proxy that is down stops pulls from every registry behind it: it is the proxy that is to be mended.
fn by_proxy(case: &Case<'_>, choice: &mut Choice) {
    let Some(proxy) = case.pull.message.as_ref().and_then(|words| proxy_of(words.as_str())) else { return };
    choice.subject = Some(format!("proxy/{proxy}"));
    choice.cause = Some(format!("The nodes' runtime cannot reach registries through the proxy {proxy}"));
}

/// The proxy that Go's HTTP client names: `proxyconnect tcp: dial tcp 192.0.2.1:3128: …` (net/http, Go 1.26).
fn proxy_of(message: &str) -> Option<&str> {
    let (_, behind) = message.split_once("proxyconnect tcp: dial tcp ")?;
    let behind = behind.strip_prefix("lookup ").unwrap_or(behind);
    let word = behind.split_whitespace().next()?.trim_end_matches(':');
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    (!word.is_empty() && word.len() < 256 && word.chars().all(is_host)).then_some(word)
}
