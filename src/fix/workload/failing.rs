//! Commands that mend a pull that fails, one function a family.

use serde_json::json;

use crate::code::Code;
use crate::diagnose::Place;
use crate::diagnose::workload::View;
use crate::evidence::workloads::FailingPull;
use crate::finding::Fix;
use crate::fix::shell::quoted;
use crate::fix::{fix, for_pull};

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
        Code::NoCredential => {
            let mut fixes = for_pull(cause.code, cause.place);
            fixes.push(recreate(view, pull));
            fixes
        }
        code => for_pull(code, cause.place),
    }
}

/// A limit for pulls without a login is lifted by a login.
fn limit(view: &View<'_>, pull: &FailingPull, secret: Option<&str>) -> Vec<Fix> {
    let Some(secret) = secret else { return Vec::new() };
    let namespace = quoted(&pull.namespace);
    let carried = view
        .account(&pull.namespace, &pull.service_account)
        .is_some_and(|account| account.pull_secrets.iter().any(|name| name == secret));
    if carried {
        return vec![recreate(view, pull)];
    }
    let secrets = json!({"imagePullSecrets": [{"name": secret}]});
    let patch = match workload(view, pull).split('/').next() {
        Some("deploy" | "sts" | "ds" | "rs") => json!({"spec": {"template": {"spec": secrets}}}),
        Some("cronjob") => json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": secrets}}}}}),
        // Pull secrets of a pod or a Job cannot be changed.
        _ => {
            let what = "gives the pull secret to every pod of the ServiceAccount that is created from then on; recreate this one";
            let account = quoted(&pull.service_account);
            return vec![fix(
                what,
                format!("kubectl -n {namespace} patch serviceaccount {account} -p '{secrets}'"),
            )];
        }
    };
    vec![fix(
        format!(
            "names secret/{secret} in the workload, which replaces its pods: they pull with that account's limit"
        ),
        format!("kubectl -n {namespace} patch {} -p '{patch}'", quoted(&workload(view, pull))),
    )]
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
