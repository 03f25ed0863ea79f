//! Refusals, weighed against what the pod's keyring holds and what works with which pull secret.

use super::case::Case;
use super::choice::Choice;
use super::scene::{Scene, Started};
use super::words;
use crate::code::Code;
use crate::registry::known::Provider;
use crate::registry::reference::Reference;

/// Registries whose images are all public.
const PUBLIC: [&str; 3] = ["registry.k8s.io", "mcr.microsoft.com", "public.ecr.aws"];

pub(super) fn weigh(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    // The Secret was read, and it is broken.
    if choice.code == Code::PullSecretMalformed && case.broken.is_some() {
        choice.settle(Code::PullSecretMalformed);
        return;
    }
    if !choice.wants_credential() && choice.code != Code::RobotAccountUnusable {
        return;
    }
    if stale(scene, case, choice) || older_than_account(scene, case, choice) {
        return;
    }
    if not_visible(scene, case, choice) || not_read(case, choice) {
        return;
    }
    contradicted(scene, case, choice);
}

/// A credential is refused for an image that others get without any.
fn stale(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) -> bool {
    let Some(image) = case.image.as_ref().filter(|_| !case.tried.is_empty()) else { return false };
    let refused = choice.code.refuses_credential()
        || matches!(choice.code, Code::PermissionDenied | Code::NoCredential) && !choice.certain;
    if !refused {
        return false;
    }
    if is_public(image) {
        choice.settle(Code::StaleCredential);
        return true;
    }
    let Some(other) = scene.works_without(case) else { return false };
    choice.prefer(Code::StaleCredential, words::without_secret(case));
    choice.remarks.push(format!(
        "{} runs {} without a pull secret for it",
        words::whose(case, &other),
        shown(image)
    ));
    true
}

fn is_public(image: &Reference) -> bool {
    PUBLIC.contains(&image.registry()) || image.is_docker_hub() && image.path().starts_with("library/")
}

/// The pod was created before its ServiceAccount got the pull secret: admission copies it into new pods alone.
fn older_than_account(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) -> bool {
    if choice.certain && choice.code != Code::NoCredential || !case.has_none() {
        return false;
    }
    let Some(secret) = secret_of_new_pods(scene, case) else { return false };
    let pull = case.pull;
    match choice.code {
        Code::NoCredential => choice.settle(Code::PullSecretNotReferenced),
        _ => choice
            .prefer(Code::PullSecretNotReferenced, "a pod that is created now, which has the pull secret"),
    }
    let name = case.workload_name();
    let older = match name.starts_with("pod/") {
        true => format!("{name} is older than that and lacks it: it must be created anew"),
        false => format!("pods of {name} are older than that and lack it: they must be recreated"),
    };
    choice.subject = Some(name);
    choice.cause = Some(format!(
        "serviceaccount/{} in namespace {} names secret/{secret}, which fits {}, and {older}",
        pull.service_account, pull.namespace, case.registry
    ));
    choice.mend_with = Some(secret);
    true
}

/// The pull secret that fits the image and that a pod created now would get from its ServiceAccount.
pub(super) fn secret_of_new_pods(scene: &Scene<'_>, case: &Case<'_>) -> Option<String> {
    let image = case.image.as_ref()?;
    let pull = case.pull;
    // A pod by itself has in its own specification what admission once put there.
    let is_own = |workload: &&crate::evidence::workloads::Workload| !workload.name.starts_with("pod/");
    if case.workload.filter(is_own).is_some_and(|workload| !workload.pull_secrets.is_empty()) {
        return None;
    }
    let account = scene.view.account(&pull.namespace, &pull.service_account)?;
    let keyring = scene.view.keyring(&pull.namespace, &account.pull_secrets);
    let entries = keyring.lookup(image).ok()?;
    let is_new = |name: &str| !pull.pull_secrets.iter().any(|has| has == name);
    entries.into_iter().map(|(secret, _)| secret.name.to_string()).find(|name| is_new(name))
}

/// The pod names pull secrets that could not be read: whether one of them fits is not known. A kubelet that found none of
/// them sent none.
fn not_read(case: &Case<'_>, choice: &mut Choice) -> bool {
    let missing = &case.pull.missing_pull_secrets;
    let unread = case.keyring.unread.iter().copied();
    let unread: Vec<&str> = unread.filter(|name| !missing.iter().any(|one| one == name)).collect();
    let is_open = case.tried.is_empty() && case.broken.is_none() && !case.pull.is_of_sandbox();
    let (Some(first), true) = (unread.first(), is_open && choice.code == Code::NoCredential) else {
        return false;
    };
    let namespace = &case.pull.namespace;
    choice.prefer(Code::CredentialRejected, format!("what is in secret/{first}, or {}", words::probe(case)));
    choice.also.push(Code::PullSecretNoMatch);
    choice.cause = Some(format!(
        "{} asks for a credential or refuses that of {} in namespace {namespace}, which could not be read: whether it \
         fits is not known",
        case.registry,
        words::secrets(&unread)
    ));
    choice.fixes = Some(unread.iter().map(|name| crate::fix::look_at_secret(name, namespace)).collect());
    true
}

/// Nothing that the API shows fits, and a node or a cloud identity may supply what does.
fn not_visible(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) -> bool {
    // Who is told that an image does not exist was let in.
    let is_refusal =
        choice.code != Code::ImageNotFound && (!choice.certain || choice.code == Code::NoCredential);
    if !case.has_none() || !is_refusal {
        return false;
    }
    if case.provider.has_node_identity() {
        by_cloud(scene, case, choice);
        return true;
    }
    let Some(other) = scene.works_without(case) else { return false };
    choice.prefer(Code::CredentialNotVisible, words::probe(case));
    choice.cause = Some(format!(
        "{} refuses pods in namespace {} that have no pull secret for it, while {} runs {} without one on {}: that \
         node supplies a credential of its own, or has the image from before",
        case.registry,
        case.pull.namespace,
        words::whose(case, &other),
        super::case::shown(&case.pull.image),
        words::list_nodes(&other.image.started_on.iter().map(String::as_str).collect()),
    ));
    true
}

fn by_cloud(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    let account = scene.view.account(&case.pull.namespace, &case.pull.service_account);
    let ambient = account.and_then(|account| account.ambient.first());
    let bound = ambient.map(|one| {
        format!(
            " (serviceaccount/{} is bound to the {} {})",
            case.pull.service_account,
            one.kind.as_str(),
            one.identity
        )
    });
    choice.prefer(Code::CredentialNotVisible, settle_with_cloud(case));
    choice.cause = Some(format!(
        "{} refuses the pull, and no pull secret of the pods fits it: the node's credential provider or role \
         supplies the credential{}, which the API does not show",
        case.registry,
        bound.unwrap_or_default()
    ));
}

/// Where each cloud says whether its nodes may pull.
fn settle_with_cloud(case: &Case<'_>) -> String {
    let role = case.provider.right(crate::registry::known::Action::Pull);
    let role = role.map(|missing| format!(" ({})", missing.role)).unwrap_or_default();
    let place = match &case.provider {
        Provider::Ecr { account, region } => {
            format!(
                "the IAM role of the node and the repository's policy in account {account}, region {region}"
            )
        }
        Provider::EcrPublic => {
            "the node's credential provider for public.ecr.aws, which needs none".to_owned()
        }
        Provider::ArtifactRegistry | Provider::Gcr => {
            "the Google service account of the node pool and its access scopes".to_owned()
        }
        _ => "the kubelet's managed identity of the node pool".to_owned(),
    };
    format!("whether it may pull: {place}{role}; and {}", words::probe(case))
}

/// Others run the image with the same credential: shown, and the cause is less sure.
fn contradicted(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    let same = |other: &&Started<'_>| {
        other.workload.namespace == case.pull.namespace
            && other.image.started_with.contains(&case.pull.pull_secrets)
    };
    if case.tried.is_empty() {
        return;
    }
    let Some(other) = scene.started(case).iter().find(same) else { return };
    let nodes = other.image.started_on.iter().map(String::as_str).collect();
    choice.remarks.push(format!(
        "although {} runs it with the same pull secret on {}, perhaps from an earlier pull",
        words::whose(case, other),
        words::list_nodes(&nodes)
    ));
    // A time that is over, a lock or a deleted tag came after the pulls that worked.
    if matches!(choice.code, Code::PermissionDenied | Code::CredentialRejected | Code::NoCredential)
        && choice.certain
    {
        choice.doubt(words::probe(case));
    }
}

fn shown(image: &Reference) -> String {
    image.to_string()
}
