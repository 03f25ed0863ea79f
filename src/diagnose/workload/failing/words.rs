//! The sentences of findings about pulls that fail. None names a pod, so that those with one cause read alike.

use std::collections::BTreeSet;

use super::case::{Case, Tried, shown};
use super::scene::Started;
use crate::code::Code;
use crate::diagnose::Place;
use crate::fix::shell::quoted;

/// How many nodes a sentence names.
const NAMED: usize = 3;

/// One sentence that says the cause, without its full stop.
pub(super) fn cause(case: &Case<'_>, code: Code, place: &Place) -> String {
    let (registry, namespace) = (&case.registry, &case.pull.namespace);
    match code {
        Code::NoCredential => no_credential(case),
        Code::CredentialRejected => format!("{registry} refused the user and secret of {}", credential(case)),
        Code::CredentialExpired => {
            format!("The credential of {} for {registry} has expired", credential(case))
        }
        Code::StaleCredential => format!(
            "{registry} refuses the credential of {}, which hides that its images are public: the kubelet sends it \
             first and never tries without",
            credential(case)
        ),
        Code::PermissionDenied => {
            format!("{registry} does not let {} pull {}", credential(case), repository(case))
        }
        Code::AccountLocked => format!("{registry} has locked the account of {}", credential(case)),
        Code::RobotAccountUnusable => {
            format!("The robot account of {} is disabled or expired at {registry}", credential(case))
        }
        Code::NodeDiskFull => format!("{} has no room for the image", node(case)),
        Code::NodePullThrottled => {
            format!(
                "{} pulls too many images at once for its kubelet's own limit (registryPullQPS)",
                node(case)
            )
        }
        Code::RuntimeFailed => format!("{} has a container runtime or kubelet that fails", node(case)),
        Code::PullNotFinished => {
            format!("The pull of {} from {registry} is still going on", shown(&case.pull.image))
        }
        Code::SignatureRejected => {
            format!("A signature policy of the node refused {}", shown(&case.pull.image))
        }
        Code::PullSecretMalformed => format!(
            "A pull secret of {} in namespace {namespace} is broken, which fails the look-up for the whole pod",
            case.workload_name()
        ),
        Code::Unknown => {
            format!(
                "The pull of {} fails, and the message says no cause that is known",
                shown(&case.pull.image)
            )
        }
        other => place.cause(other).trim_end_matches('.').to_owned(),
    }
}

fn no_credential(case: &Case<'_>) -> String {
    let names = match case.pull.pull_secrets.as_slice() {
        [] => "no pull secret".to_owned(),
        [one] => format!("with secret/{one}"),
        many => format!("with the secrets {}", many.join(", ")),
    };
    format!(
        "{} asks for a credential, and pods of serviceaccount/{} in namespace {} have none for it ({names})",
        case.registry, case.pull.service_account, case.pull.namespace
    )
}

/// `secret/a`, `the secrets a, b`.
pub(super) fn secrets(names: &[&str]) -> String {
    match names {
        [one] => format!("secret/{one}"),
        many => format!("the secrets {}", many.join(", ")),
    }
}

/// The node by its name, where the pod has one.
fn node(case: &Case<'_>) -> String {
    if case.pull.node.is_empty() { "The node".to_owned() } else { format!("The node {}", case.pull.node) }
}

/// Whose credential it is.
fn credential(case: &Case<'_>) -> String {
    let namespace = &case.pull.namespace;
    match (case.tried.as_slice(), case.secrets().as_slice()) {
        ([one], _) => format!("secret/{}{} in namespace {namespace}", one.secret, user(one)),
        (_, []) => "the node itself".to_owned(),
        (_, [one]) => format!("secret/{one} in namespace {namespace}"),
        (_, many) => format!("the secrets {} in namespace {namespace}", many.join(", ")),
    }
}

/// The user of a credential, in brackets.
pub(super) fn user(tried: &Tried) -> String {
    let user = &tried.credential.username;
    if user.is_empty() { String::new() } else { format!(" (user {user})") }
}

pub(super) fn repository(case: &Case<'_>) -> String {
    case.image.as_ref().map_or_else(|| shown(&case.pull.image), |image| image.repository())
}

/// Another workload beside that of a pull.
pub(super) fn whose(case: &Case<'_>, other: &Started<'_>) -> String {
    let workload = other.workload;
    if workload.id == case.pull.workload {
        format!("another pod of {}", workload.name)
    } else if workload.namespace == case.pull.namespace {
        workload.name.clone()
    } else {
        format!("{} in namespace {}", workload.name, workload.namespace)
    }
}

/// `node1, node2, node3 and 7 more`.
pub(super) fn list_nodes(nodes: &BTreeSet<&str>) -> String {
    let named: Vec<&str> = nodes.iter().copied().take(NAMED).collect();
    match nodes.len() - named.len() {
        0 if named.is_empty() => "a node".to_owned(),
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The same question with a run on the failing node and a healthy one.
pub(super) fn probe(case: &Case<'_>) -> String {
    let (namespace, workload) = (quoted(&case.pull.namespace), quoted(&case.workload_name()));
    format!("`kubectl regauth why {workload} -n {namespace} --probe`")
}

/// The same pull, by a run as the pod's workload on its node.
pub(super) fn pull_again(case: &Case<'_>) -> String {
    let (namespace, image) = (quoted(&case.pull.namespace), quoted(&case.pull.image));
    let workload = quoted(&case.workload_name());
    let node = if case.pull.node.is_empty() {
        String::new()
    } else {
        format!(" --node {}", quoted(&case.pull.node))
    };
    format!("`kubectl regauth pull {image} -n {namespace} --as-workload {workload}{node}`")
}

/// The pull without any pull secret.
pub(super) fn without_secret(case: &Case<'_>) -> String {
    let (namespace, image) = (quoted(&case.pull.namespace), quoted(&case.pull.image));
    format!("`kubectl regauth pull {image} -n {namespace} --no-pull-secret`")
}
