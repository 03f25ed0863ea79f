//! The registry's limit: whose it is.

use super::case::Case;
use super::choice::Choice;
use super::credential::secret_of_new_pods;
use super::scene::Scene;
use crate::code::Code;
use crate::diagnose::message::CredentialSent;
use crate::evidence::workloads::Workload;
use crate::registry::credential::CredentialKind;
use crate::registry::known::Provider;

pub(super) fn weigh(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    if choice.code != Code::RateLimited {
        return;
    }
    let is_anonymous =
        case.pull.message.as_ref().is_some_and(|words| words.as_str().contains("unauthenticated"));
    match case.tried.first() {
        Some(tried) if !is_anonymous => {
            let user = super::words::user(tried);
            choice.cause = Some(format!(
                "{} refuses further pulls for now: the limit of the account in secret/{}{user} in namespace {} was \
                 reached",
                case.registry, tried.secret, case.pull.namespace
            ));
        }
        None if is_anonymous && case.has_none() || case.sent() == CredentialSent::None => {
            anonymous(scene, case, choice);
        }
        _ => {}
    }
    if case.provider == Provider::DockerHub && !names_pull_limit(case) {
        choice.remarks.push(
            "or its limit against abuse was, which no login lifts: the answer does not say which of them"
                .into(),
        );
    }
}

/// Docker Hub names its limit of pulls in the body of its answer, and the limit against abuse not; an answer to HEAD
/// has no body (docs.docker.com/docker-hub/usage).
fn names_pull_limit(case: &Case<'_>) -> bool {
    let words =
        case.pull.message.as_ref().map(|words| words.as_str().to_ascii_lowercase()).unwrap_or_default();
    words.contains("pull rate limit") || words.contains("increase-rate-limit")
}

/// Without a credential the limit is that of an address, which all who share it use up.
fn anonymous(scene: &Scene<'_>, case: &Case<'_>, choice: &mut Choice) {
    let limit = format!(
        "{} refuses further pulls for now: its limit for pulls without a login was reached, and {} in namespace {} \
         pulls without one",
        case.registry,
        case.workload_name(),
        case.pull.namespace
    );
    let sibling = sibling(scene, case);
    choice.mend_with = secret_of_new_pods(scene, case);
    choice.cause = Some(match (&choice.mend_with, sibling) {
        (Some(secret), _) => {
            format!("{limit}, since its pods are older than the secret/{secret} of their ServiceAccount")
        }
        (None, Some((sibling, secret))) => {
            choice.mend_with = Some(secret.clone());
            format!("{limit}, while {} has secret/{secret} for it", sibling.name)
        }
        (None, None) => limit,
    });
}

/// A workload of the namespace whose pull secrets fit the image, and which of them does.
fn sibling<'e>(scene: &Scene<'e>, case: &Case<'_>) -> Option<(&'e Workload, String)> {
    let image = case.image.as_ref()?;
    scene.beside(case).find_map(|other| {
        let (names, _) = scene.view.pull_secrets(other)?;
        let keyring = scene.view.keyring(&other.namespace, names);
        let entries = keyring.lookup(image).ok()?;
        let (secret, _) =
            entries.into_iter().find(|(_, entry)| entry.credential.kind != CredentialKind::Empty)?;
        Some((other, secret.name.to_string()))
    })
}
