//! What to run next, with what the text names filled in.

use super::Cause;
use crate::code::Code as C;
use crate::finding::Fix;
use crate::fix::shell::quoted;

/// Commands, the one that tells most first. Words in CAPITALS are for the reader to fill in.
pub(super) fn commands(cause: &Cause, namespace: Option<&str>) -> Vec<Fix> {
    let image = cause.images.first().map_or_else(|| "IMAGE".to_owned(), |image| quoted(image));
    let pod = cause.pods.first().map(|pod| of_pod(pod, namespace));
    let mut out = Vec::new();
    if let Some((name, namespace)) = &pod {
        let what = "says why this pod's image cannot be pulled: its credentials, in order, and what became of them";
        out.push(fix(what, format!("kubectl regauth why pod/{name} -n {namespace}")));
    }
    let namespace = pod.map(|(_, namespace)| namespace).or_else(|| namespace.map(quoted));
    let flag = namespace.map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    match cause.code() {
        C::InvalidImageName | C::ImageNeverPulled | C::NodeDiskFull | C::RuntimeFailed => {}
        C::RateLimited | C::RateLimitLow => out.push(fix(
            "says how many pulls are left for each node, anonymously and with its credential",
            format!("kubectl regauth limits{flag}"),
        )),
        C::PushDenied
        | C::RepositoryNotFound
        | C::RegistryReadOnly
        | C::BuilderConfigNotMounted
        | C::BuilderConfigMisnamed => out.push(push(&image, &flag)),
        code if of_harbor(code) => {
            let what = "compares the keys, clocks and settings of Harbor's cores";
            out.push(fix(what, "kubectl regauth harbor -n HARBOR-NAMESPACE".into()));
        }
        code if of_clocks(code) => {
            out.push(fix("says how far the nodes' clocks are apart", "kubectl regauth clock".into()));
        }
        _ if is_push(cause) => out.push(push(&image, &flag)),
        _ => out.push(fix(
            "has the nodes pull it, and says which cannot, at which step and why",
            format!("kubectl regauth pull {image}{flag} --method both"),
        )),
    }
    if asks_registry(cause.code()) {
        let what = "asks the registry from this machine, step by step, with its own credentials and without";
        out.push(fix(what, format!("kubectl regauth probe {image}")));
    }
    out
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
    cause.candidates.iter().any(|candidate| matches!(candidate.code, C::PushDenied | C::RepositoryNotFound))
        && cause.candidates.iter().all(|candidate| candidate.code != C::PermissionDenied)
}

/// Whether another look at the registry from elsewhere tells more.
fn asks_registry(code: C) -> bool {
    !matches!(
        code,
        C::InvalidImageName
            | C::ImageNeverPulled
            | C::NodeDiskFull
            | C::RuntimeFailed
            | C::NodePullThrottled
            | C::PullSecretMissing
            | C::PullSecretMalformed
            | C::RateLimited
    ) && !of_harbor(code)
        && !of_clocks(code)
}

fn fix(what: &str, command: String) -> Fix {
    Fix { what: what.into(), command }
}
