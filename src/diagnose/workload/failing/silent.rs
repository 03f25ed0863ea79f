//! Pulls of which nobody says (any more) why they fail.

use super::case::{Case, shown};
use super::choice::Choice;
use super::credential::secret_of_new_pods;
use super::scene::Scene;
use super::words;
use crate::code::Code;
use crate::evidence::node::Pressure;
use crate::evidence::workloads::Events;
use jiff::Timestamp;

pub(super) fn choice(scene: &Scene<'_>, case: &Case<'_>) -> Choice {
    if case.pull.is_silent() {
        return unsaid(case);
    }
    let image = shown(&case.pull.image);
    if case.node.is_some_and(|node| node.pressures.contains(&Pressure::NotReady)) {
        let mut choice = Choice::new(Code::RuntimeFailed, false);
        choice.doubt(format!("the kubelet's log on node {}", case.pull.node));
        choice.also = vec![Code::Unknown];
        choice.cause = Some(format!(
            "The node {} is not Ready, and its kubelet does not say how pulls go",
            case.pull.node
        ));
        return choice;
    }
    let mut choice = Choice::new(Code::Unknown, false);
    choice.also = guesses(scene, case);
    choice.cause =
        Some(format!("The pull of {image} fails, and why is not known: {}; {}", no_words(case), shows(case)));
    choice.doubt(format!(
        "{}, or `kubectl -n {} delete pod {}` for a fresh message, if the pod may go",
        words::probe(case),
        case.pull.namespace,
        case.pull.pod
    ));
    choice
}

/// It waits, and nobody says for what.
fn unsaid(case: &Case<'_>) -> Choice {
    let pull = case.pull;
    let mut choice = Choice::new(Code::Unknown, false);
    let why = match pull.events {
        Events::NotRead => "their events were not read",
        _ => "their events have expired (the API server keeps them for an hour by default)",
    };
    choice.cause = Some(format!(
        "Pods of {} in namespace {} have waited in ContainerCreating for more than 10 minutes, and whether for {}, a \
         volume or the network could not be told: {why}",
        case.workload_name(),
        pull.namespace,
        shown(&pull.image)
    ));
    choice.doubt(format!(
        "{}, or `kubectl -n {} delete pod {}` for fresh events, if the pod may go",
        words::probe(case),
        pull.namespace,
        pull.pod
    ));
    choice
}

fn no_words(case: &Case<'_>) -> &'static str {
    match case.pull.events {
        Events::Expired => {
            "the events have expired (the API server keeps them for an hour by default) and the pod's status keeps no message"
        }
        Events::NotRead => "the events were not read and the pod's status keeps no message",
        Events::Found => "neither the pod's status nor its events hold the runtime's message",
    }
}

/// What the keyring shows.
fn shows(case: &Case<'_>) -> String {
    let namespace = &case.pull.namespace;
    match (case.tried.first(), &case.broken, case.keyring.unread.first()) {
        (_, Some(broken), _) => {
            format!("secret/{broken} in namespace {namespace} is broken, which fails every pull of the pod")
        }
        (Some(tried), _, _) => {
            format!("the kubelet sends the credential of secret/{} in namespace {namespace}", tried.secret)
        }
        (_, _, Some(unread)) => {
            format!("what secret/{unread} in namespace {namespace} holds could not be read")
        }
        _ => format!("the pods have no pull secret for {}", case.registry),
    }
}

fn guesses(scene: &Scene<'_>, case: &Case<'_>) -> Vec<Code> {
    if case.broken.is_some() {
        return vec![Code::PullSecretMalformed];
    }
    let now = scene.view.evidence.collected_at;
    let is_over = |end: Timestamp| end <= now;
    if case.tried.iter().any(|tried| tried.credential.expires_at.is_some_and(is_over)) {
        return vec![Code::CredentialExpired, Code::StaleCredential];
    }
    if !case.tried.is_empty() {
        return vec![Code::CredentialRejected, Code::PermissionDenied, Code::ImageNotFound];
    }
    let mut codes = Vec::new();
    if case.has_none() && secret_of_new_pods(scene, case).is_some() {
        codes.push(Code::PullSecretNotReferenced);
    }
    if case.provider.has_node_identity() {
        codes.push(Code::CredentialNotVisible);
    } else {
        codes.push(Code::NoCredential);
    }
    codes.push(Code::ImageNotFound);
    codes
}
