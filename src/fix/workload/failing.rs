//! Commands that mend a pull that fails, one function a family.

use super::{Field, change_container, name_pull_secret, recreate_pods};
use crate::code::Code;
use crate::diagnose::Place;
use crate::diagnose::workload::View;
use crate::evidence::workloads::FailingPull;
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix, for_pull, new_secret, replace_secret};

/// What is to be mended.
pub(crate) struct Cause<'a> {
    pub(crate) code: Code,
    pub(crate) place: &'a Place,
    /// A pull secret that is there and would mend it.
    pub(crate) secret: Option<&'a str>,
    /// Whether the image's name is a reference; else it may not stand in a command.
    pub(crate) is_reference: bool,
}

/// Mends, least invasive first.
pub(crate) fn mends(view: &View<'_>, pull: &FailingPull, cause: &Cause<'_>) -> Vec<Fix> {
    match cause.code {
        Code::RateLimited => limit(view, pull, cause.secret),
        Code::PullSecretNotReferenced => in_new_pods(view, pull, cause.secret),
        Code::NodeDiskFull => disk(pull),
        Code::RuntimeFailed | Code::NodePullThrottled => vec![look_at_node(pull)],
        Code::ImageNeverPulled => change(view, pull, Field::PullPolicy),
        Code::InvalidImageName => change(view, pull, Field::Image),
        Code::Unknown | Code::CredentialNotVisible => vec![probe(view, pull)],
        _ if !cause.is_reference => Vec::new(),
        Code::NoCredential => no_credential(view, pull, &cause.place.registry),
        Code::CredentialRejected | Code::CredentialExpired => renew(view, pull, cause.place),
        Code::StaleCredential => stale(view, pull, cause.place),
        Code::ImageNotFound => {
            for_pull(cause.code, cause.place).into_iter().chain(change(view, pull, Field::Image)).collect()
        }
        code => for_pull(code, cause.place),
    }
}

/// Where the workload of a pull is mended; `None` where that is not known.
fn place<'e>(view: &View<'e>, pull: &FailingPull) -> Option<super::Place<'e>> {
    let workload = view.workload(&pull.workload)?;
    let account = view.account(&pull.namespace, &pull.service_account);
    Some(super::Place { workload, account, format: view.scope().fix_format })
}

/// A new pull secret, named where new pods of the workload get theirs from.
fn no_credential(view: &View<'_>, pull: &FailingPull, registry: &str) -> Vec<Fix> {
    let is_named = |name: &str| pull.pull_secrets.iter().any(|one| one == name);
    let is_there = |name: &str| view.secret(&pull.namespace, name).is_some_and(|one| !one.is_absent());
    let secret = new_secret(|name| is_named(name) || is_there(name));
    let create = fix(
        format!("creates a pull secret after a fresh login to {registry}"),
        create_secret(&quoted(&pull.namespace), &secret),
    );
    std::iter::once(create).chain(name_in_workload(view, pull, &secret)).collect()
}

/// Names a pull secret, in the way of who writes the workload.
fn name_in_workload(view: &View<'_>, pull: &FailingPull, secret: &str) -> Vec<Fix> {
    place(view, pull).map(|place| name_pull_secret(&place, secret)).unwrap_or_default()
}

/// Pods that are made now get what their template and their ServiceAccount have. A pod by itself may have a list of its
/// own, which keeps the ServiceAccount's out.
fn in_new_pods(view: &View<'_>, pull: &FailingPull, secret: Option<&str>) -> Vec<Fix> {
    let Some(place) = place(view, pull) else { return Vec::new() };
    match secret.filter(|_| !place.workload.pull_secrets.is_empty()) {
        Some(secret) => name_pull_secret(&place, secret),
        None => vec![recreate_pods(place.workload)],
    }
}

/// The credential anew, in each Secret that may have been refused. What the node itself supplied, a test tells.
fn renew(view: &View<'_>, pull: &FailingPull, place: &Place) -> Vec<Fix> {
    if place.pull_secrets.is_empty() {
        return vec![probe(view, pull)];
    }
    let names = place.pull_secrets.iter();
    names.flat_map(|name| renew_one(view, pull, name, &place.registry)).collect()
}

fn renew_one(view: &View<'_>, pull: &FailingPull, name: &str, registry: &str) -> Vec<Fix> {
    if let Some(secret) = view.secret(&pull.namespace, name) {
        return super::renew(secret, registry);
    }
    let what =
        format!("replaces what is in secret/{name} by the docker config of a fresh login to {registry}");
    vec![fix(what, replace_secret(&quoted(&pull.namespace), &quoted(name)))]
}

/// The image needs no credential: the pods get none for it, or one that is accepted.
fn stale(view: &View<'_>, pull: &FailingPull, place: &Place) -> Vec<Fix> {
    let prove = fix(
        "proves that the image needs no credential",
        format!(
            "kubectl regauth pull {} -n {} --no-pull-secret",
            quoted(&pull.image),
            quoted(&pull.namespace)
        ),
    );
    let mut fixes = vec![prove];
    if let ([name], Some(at)) = (place.pull_secrets.as_slice(), self::place(view, pull)) {
        let secret = view.secret(&pull.namespace, name).and_then(|secret| secret.seen());
        // What else it holds, other images of the pods may need.
        if secret.is_some_and(|seen| seen.docker_config.entries.len() == 1) {
            fixes.extend(super::unname_pull_secret(&at, name));
        }
    }
    fixes.extend(renew(view, pull, place));
    fixes
}

/// A limit for pulls without a login is lifted by a login.
fn limit(view: &View<'_>, pull: &FailingPull, secret: Option<&str>) -> Vec<Fix> {
    secret.map(|secret| name_in_workload(view, pull, secret)).unwrap_or_default()
}

fn disk(pull: &FailingPull) -> Vec<Fix> {
    vec![
        look_at_node(pull),
        fix(
            "on the node: removes images that no container uses",
            format!(
                "kubectl debug node/{} -it --profile=sysadmin --image=busybox -- chroot /host crictl rmi --prune",
                quoted(&pull.node)
            ),
        ),
    ]
}

fn look_at_node(pull: &FailingPull) -> Fix {
    fix(
        "shows the node's conditions and the kubelet's events",
        format!("kubectl describe node {}", quoted(&pull.node)),
    )
}

/// The image of a pod's sandbox is none of the workload's.
fn change(view: &View<'_>, pull: &FailingPull, field: Field) -> Vec<Fix> {
    if pull.is_of_sandbox() {
        return Vec::new();
    }
    place(view, pull).map(|place| change_container(&place, &pull.container, field)).unwrap_or_default()
}

fn probe(view: &View<'_>, pull: &FailingPull) -> Fix {
    fix(
        "pulls the image on the failing node and on a healthy one, as this workload, and runs nothing of it",
        format!(
            "kubectl regauth why {} -n {} --probe",
            quoted(&workload(view, pull)),
            quoted(&pull.namespace)
        ),
    )
}

fn workload(view: &View<'_>, pull: &FailingPull) -> String {
    view.workload(&pull.workload)
        .map_or_else(|| format!("pod/{}", pull.pod), |workload| workload.name.clone())
}
