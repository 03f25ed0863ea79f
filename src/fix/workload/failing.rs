//! Commands that mend a pull that fails, one function a family.

use super::name_pull_secret;
use crate::code::Code;
use crate::diagnose::Place;
use crate::diagnose::workload::View;
use crate::evidence::workloads::FailingPull;
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{create_secret, fix, for_pull};

/// The name of a pull secret that is still to be made.
const NEW_SECRET: &str = "regcred";

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
        Code::PullSecretNotReferenced => vec![recreate(view, pull)],
        Code::NodeDiskFull => disk(pull),
        Code::RuntimeFailed | Code::NodePullThrottled => vec![look_at_node(pull)],
        Code::ImageNeverPulled => vec![policy(view, pull)],
        Code::InvalidImageName => vec![name(view, pull)],
        Code::Unknown | Code::CredentialNotVisible => vec![probe(view, pull)],
        _ if !cause.is_reference => Vec::new(),
        Code::NoCredential => no_credential(view, pull, &cause.place.registry),
        Code::CredentialRejected | Code::CredentialExpired => renew(view, pull, cause.place),
        Code::StaleCredential => stale(view, pull, cause.place),
        code => for_pull(code, cause.place),
    }
}

/// A new pull secret, named where new pods of the workload get theirs from.
fn no_credential(view: &View<'_>, pull: &FailingPull, registry: &str) -> Vec<Fix> {
    let create = fix(
        format!("creates a pull secret after a fresh login to {registry}"),
        create_secret(&quoted(&pull.namespace), NEW_SECRET),
    );
    std::iter::once(create).chain(name_in_workload(view, pull, NEW_SECRET)).collect()
}

/// Names a pull secret, in the way of who writes the workload.
fn name_in_workload(view: &View<'_>, pull: &FailingPull, secret: &str) -> Vec<Fix> {
    let Some(workload) = view.workload(&pull.workload) else { return vec![recreate(view, pull)] };
    let account = view.account(&pull.namespace, &pull.service_account);
    name_pull_secret(&super::Place { workload, account, format: view.scope().fix_format }, secret)
}

/// The credential anew. What the Secret holds is replaced as a whole.
fn renew(view: &View<'_>, pull: &FailingPull, place: &Place) -> Vec<Fix> {
    let name = match place.pull_secrets.as_slice() {
        [one] => one.as_str(),
        _ => "SECRET",
    };
    let secret = view.secret(&pull.namespace, name);
    let seen = secret.and_then(|secret| secret.seen());
    if let Some(written) = secret.filter(|_| seen.is_some_and(|seen| !seen.owners.is_empty())) {
        return super::renew(written, &place.registry);
    }
    let beside = match seen.map_or(0, |seen| seen.docker_config.entries.len().saturating_sub(1)) {
        0 => String::new(),
        others => {
            format!("; the file must hold its {others} other entries as well, which are lost otherwise")
        }
    };
    vec![fix(
        format!(
            "replaces what the Secret holds by the credential of a fresh login to {}, which the kubelet takes at its \
             next try{beside}",
            place.registry
        ),
        create_secret(&quoted(&pull.namespace), &quoted(name)),
    )]
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
    let workload = view.workload(&pull.workload);
    if let ([name], Some(workload)) = (place.pull_secrets.as_slice(), workload) {
        let secret = view.secret(&pull.namespace, name).and_then(|secret| secret.seen());
        // What else it holds, other images of the pods may need.
        if secret.is_some_and(|seen| seen.docker_config.entries.len() == 1) {
            let account = view.account(&pull.namespace, &pull.service_account);
            let place = super::Place { workload, account, format: view.scope().fix_format };
            fixes.extend(super::unname_pull_secret(&place, name));
        }
    }
    fixes.extend(renew(view, pull, place));
    fixes
}

/// The pull secrets of the pod's ServiceAccount, where it was read.
fn carried<'e>(view: &View<'e>, pull: &FailingPull) -> Option<&'e [String]> {
    view.account(&pull.namespace, &pull.service_account).map(|account| account.pull_secrets.as_slice())
}

/// A limit for pulls without a login is lifted by a login.
fn limit(view: &View<'_>, pull: &FailingPull, secret: Option<&str>) -> Vec<Fix> {
    let Some(secret) = secret else { return Vec::new() };
    if carried(view, pull).is_some_and(|names| names.iter().any(|name| name == secret)) {
        return vec![recreate(view, pull)];
    }
    name_in_workload(view, pull, secret)
}

/// New pods get what their template and their ServiceAccount have now.
fn recreate(view: &View<'_>, pull: &FailingPull) -> Fix {
    let (namespace, workload) = (quoted(&pull.namespace), workload(view, pull));
    match workload.split('/').next() {
        Some("deploy" | "sts" | "ds") => fix(
            "recreates the pods, which then get the pull secrets that their ServiceAccount has now",
            format!("kubectl -n {namespace} rollout restart {}", quoted(&workload)),
        ),
        _ => fix(
            "deletes the pod; what created it makes a new one, with the pull secrets that its ServiceAccount has now",
            format!("kubectl -n {namespace} delete pod {}", quoted(&pull.pod)),
        ),
    }
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

/// A change of the workload at the source that another program writes it from.
fn in_source(view: &View<'_>, pull: &FailingPull, change: &str) -> Option<Fix> {
    let workload = view.workload(&pull.workload)?;
    let account = view.account(&pull.namespace, &pull.service_account);
    super::in_source(&super::Place { workload, account, format: view.scope().fix_format }, change)
}

fn policy(view: &View<'_>, pull: &FailingPull) -> Fix {
    let change = format!(
        "to have the node pull it: set imagePullPolicy of the container {} to IfNotPresent",
        pull.container
    );
    if let Some(fix) = in_source(view, pull, &change) {
        return fix;
    }
    fix(change, format!("kubectl -n {} edit {}", quoted(&pull.namespace), quoted(&workload(view, pull))))
}

fn name(view: &View<'_>, pull: &FailingPull) -> Fix {
    let change = format!("gives the container {} an image by its right name", pull.container);
    if let Some(fix) = in_source(view, pull, &change) {
        return fix;
    }
    fix(
        change,
        format!(
            "kubectl -n {} set image {} {}=IMAGE",
            quoted(&pull.namespace),
            quoted(&workload(view, pull)),
            quoted(&pull.container)
        ),
    )
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
