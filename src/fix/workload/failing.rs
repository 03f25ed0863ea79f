//! Commands that mend a pull that fails, one function a family.

use serde_json::json;

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
        code => for_pull(code, cause.place),
    }
}

/// A new pull secret, named where new pods of the workload get theirs from.
fn no_credential(view: &View<'_>, pull: &FailingPull, registry: &str) -> Vec<Fix> {
    let create = fix(
        format!("creates a pull secret after a fresh login to {registry}"),
        create_secret(&quoted(&pull.namespace), NEW_SECRET),
    );
    let has_own = view.workload(&pull.workload).is_some_and(|workload| !workload.pull_secrets.is_empty());
    let name = match in_template(view, pull, NEW_SECRET).filter(|_| has_own) {
        Some(name) => vec![name],
        None => vec![in_account(view, pull, NEW_SECRET), recreate(view, pull)],
    };
    std::iter::once(create).chain(name).collect()
}

/// The credential anew. What the Secret holds is replaced as a whole.
fn renew(view: &View<'_>, pull: &FailingPull, place: &Place) -> Vec<Fix> {
    let name = match place.pull_secrets.as_slice() {
        [one] => one.as_str(),
        _ => "SECRET",
    };
    let seen = view.secret(&pull.namespace, name).and_then(|secret| secret.seen());
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

/// A list in a template keeps the ServiceAccount's out: what that carries is named as well. Names merge.
fn in_template(view: &View<'_>, pull: &FailingPull, secret: &str) -> Option<Fix> {
    let workload = view.workload(&pull.workload)?;
    let kept = if workload.pull_secrets.is_empty() { carried(view, pull).unwrap_or_default() } else { &[] };
    let kept = kept.iter().map(String::as_str).filter(|name| *name != secret);
    let names: Vec<_> = kept.chain([secret]).map(|name| json!({"name": name})).collect();
    let pod = json!({"spec": {"imagePullSecrets": names}});
    let patch = match workload.name.split('/').next() {
        Some("deploy" | "sts" | "ds" | "rs") => json!({"spec": {"template": pod}}),
        Some("cronjob") => json!({"spec": {"jobTemplate": {"spec": {"template": pod}}}}),
        // Pull secrets of a pod or a Job cannot be changed.
        _ => return None,
    };
    let (namespace, name) = (quoted(&pull.namespace), quoted(&workload.name));
    Some(fix(
        format!("names secret/{secret} in {}, for the pods that it makes from then on", workload.name),
        format!("kubectl -n {namespace} patch {name} -p {}", quoted(&patch.to_string())),
    ))
}

/// A merge patch would replace the list of a ServiceAccount: this adds to it.
fn in_account(view: &View<'_>, pull: &FailingPull, secret: &str) -> Fix {
    let entry = json!({"name": secret});
    let (patch, unless) = match carried(view, pull) {
        Some([]) => (json!([{"op": "add", "path": "/imagePullSecrets", "value": [entry]}]), ""),
        Some(_) => (json!([{"op": "add", "path": "/imagePullSecrets/-", "value": entry}]), ""),
        None => (
            json!([{"op": "add", "path": "/imagePullSecrets/-", "value": entry}]),
            " (if it has a list already: it could not be read)",
        ),
    };
    let account = &pull.service_account;
    fix(
        format!(
            "gives it to every pod of serviceaccount/{account} that is created from then on{unless}; existing pods \
             must be recreated"
        ),
        format!(
            "kubectl -n {} patch serviceaccount {} --type=json -p {}",
            quoted(&pull.namespace),
            quoted(account),
            quoted(&patch.to_string())
        ),
    )
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
    match in_template(view, pull, secret) {
        Some(fix) => vec![fix],
        None => vec![in_account(view, pull, secret), recreate(view, pull)],
    }
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

fn policy(view: &View<'_>, pull: &FailingPull) -> Fix {
    fix(
        format!(
            "to have the node pull it: set imagePullPolicy of the container {} to IfNotPresent",
            pull.container
        ),
        format!("kubectl -n {} edit {}", quoted(&pull.namespace), quoted(&workload(view, pull))),
    )
}

fn name(view: &View<'_>, pull: &FailingPull) -> Fix {
    fix(
        format!("gives the container {} an image by its right name", pull.container),
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
