//! What to run next, with what the text names filled in.

use super::Cause;
use crate::code::Code as C;
use crate::diagnose::message::missing_pull_secrets;
use crate::finding::Fix;
use crate::fix::shell::quoted;

/// Commands, the one that tells most first. Words in CAPITALS are for the reader to fill in.
pub(super) fn commands(cause: &Cause, namespace: Option<&str>) -> Vec<Fix> {
    let pod = cause.pods.first().map(|pod| of_pod(pod, namespace));
    let mut out = Vec::new();
    if let Some((name, namespace)) = &pod {
        let what =
            "says why this pod's image cannot be pulled: its credentials, in order, and what became of them";
        out.push(fix(what, format!("kubectl regauth why pod/{name} -n {namespace}")));
    }
    // Without the image, the pod says more than a command that is to be filled in.
    let image = match cause.images.first() {
        Some(image) => quoted(image),
        None if pod.is_some() => return with_secret(out, cause, &pod),
        None => "IMAGE".to_owned(),
    };
    let with_namespace =
        pod.as_ref().map(|(_, namespace)| namespace.clone()).or_else(|| namespace.map(quoted));
    let flag = with_namespace.map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    out.extend(by_code(cause, &image, &flag));
    if !of_harbor(cause.code()) && cause.candidates.iter().any(|one| one.code == C::HarborTokenRejected) {
        out.push(harbor(
            "where it fails now and then only: compares the keys, clocks and settings of Harbor's cores",
        ));
    }
    with_secret(out, cause, &pod)
}

fn by_code(cause: &Cause, image: &str, flag: &str) -> Vec<Fix> {
    let pull = || {
        fix(
            "has the nodes pull it, and says which cannot, at which step and why",
            format!("kubectl regauth pull {image}{flag} --method both"),
        )
    };
    let probe = || {
        let what = "asks the registry from this machine, step by step, with its own credentials and without";
        fix(what, format!("kubectl regauth probe {image}"))
    };
    match cause.code() {
        C::InvalidImageName | C::ImageNeverPulled | C::NodeDiskFull | C::PullSecretMissing => Vec::new(),
        C::RuntimeFailed | C::NodePullThrottled | C::PullSecretMalformed => vec![pull()],
        C::RateLimited | C::RateLimitLow => vec![fix(
            "says how many pulls are left for each node, anonymously and with its credential",
            format!("kubectl regauth limits{flag}"),
        )],
        code if of_harbor(code) => vec![harbor("compares the keys, clocks and settings of Harbor's cores")],
        code if of_clocks(code) => {
            vec![fix("says how far the nodes' clocks are apart", "kubectl regauth clock".into())]
        }
        _ if is_push(cause) => vec![push(image, flag)],
        // No node pulls a chart.
        _ if ["oci://", "helm", "chart"].iter().any(|word| cause.message.as_str().contains(word)) => {
            vec![probe()]
        }
        // This machine first: it creates nothing.
        _ => vec![probe(), pull()],
    }
}

/// The pull secret that is not there, where the message names it.
fn with_secret(mut out: Vec<Fix>, cause: &Cause, pod: &Option<(String, String)>) -> Vec<Fix> {
    let names = missing_pull_secrets(cause.message.as_str());
    let namespace = pod.as_ref().map_or("NAMESPACE", |(_, namespace)| namespace.as_str());
    for name in names.iter().filter(|_| cause.code() == C::PullSecretMissing).take(3) {
        let what = "shows in which namespaces a Secret of this name is";
        out.push(fix(what, format!("kubectl get secrets -A --field-selector metadata.name={name}")));
        let what = "shows whether it is there now, and of which type";
        out.push(fix(what, format!("kubectl -n {namespace} get secret {name}")));
    }
    out
}

fn harbor(what: &str) -> Fix {
    fix(what, "kubectl regauth harbor -n HARBOR-NAMESPACE".into())
}

fn push(image: &str, flag: &str) -> Fix {
    let what = "says whether a push would be accepted, and leaves nothing there";
    let repository = if image == "IMAGE" { "REPOSITORY" } else { image };
    fix(what, format!("kubectl regauth push {repository}{flag}"))
}

fn of_pod(pod: &str, namespace: Option<&str>) -> (String, String) {
    match pod.split_once('/') {
        Some((namespace, name)) => (quoted(name), quoted(namespace)),
        None => (quoted(pod), namespace.map_or_else(|| "NAMESPACE".to_owned(), quoted)),
    }
}

fn of_harbor(code: C) -> bool {
    matches!(
        code,
        C::HarborKeyMismatch
            | C::HarborKeyUnreadable
            | C::HarborKeyStale
            | C::HarborKeyNotMounted
            | C::HarborTokenRejected
            | C::HarborConfigDrift
            | C::HarborVersionMismatch
            | C::HarborCoreUnreachable
    )
}

fn of_clocks(code: C) -> bool {
    matches!(code, C::ClockDrift | C::ClockUnsynchronised | C::TokenTimeRejected | C::TokenOutlived)
}

/// Whether the message is of a push, as its causes show.
fn is_push(cause: &Cause) -> bool {
    let of_push = [
        C::PushDenied,
        C::RepositoryNotFound,
        C::RegistryReadOnly,
        C::BuilderConfigNotMounted,
        C::BuilderConfigMisnamed,
    ];
    of_push.contains(&cause.code())
        || cause
            .candidates
            .iter()
            .any(|candidate| matches!(candidate.code, C::PushDenied | C::RepositoryNotFound))
            && cause.candidates.iter().all(|candidate| candidate.code != C::PermissionDenied)
}

fn fix(what: &str, command: String) -> Fix {
    Fix::new(what, command)
}
