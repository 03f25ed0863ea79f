//! Requests of those who have no credential that matches.

use super::about::{failed, may_have_node_identity, of_code, sender};
use super::answer::{self, Judged};
use super::credential::{is_intermittent, not_found};
use super::look::Look;
use super::stored;
use crate::code::Code;
use crate::evidence::Network;
use crate::evidence::probe::Attempt;
use crate::finding::Finding;
use crate::registry::challenge::Challenge;

/// Nothing matches the image.
pub(super) fn without(look: &Look<'_>, anonymous: &Attempt) -> Option<Finding> {
    let judged = answer::failure(look, anonymous)?;
    if is_intermittent(look) {
        return None;
    }
    let first = judged.first()?;
    let asks = first.code == Code::NoCredential
        || (!first.certain && judged.candidates.iter().any(|one| one.code == Code::NoCredential));
    if !asks {
        return failed(look, anonymous, &judged).map(|finding| not_found(finding, look, anonymous));
    }
    if !look.target.keyring.failed_helpers.is_empty() {
        // The helper's own finding says why there is no credential.
        return None;
    }
    if look.probe.network == Network::Local && !look.target.keyring.broken.is_empty() {
        // So does that of a file that cannot be read, which a login would write anew.
        return None;
    }
    if let Some(entry) = look.target.keyring.empty.first().filter(|_| is_plain(&judged)) {
        let mut finding = stored::empty(look, anonymous, &judged, entry);
        settle(
            &mut finding,
            asks_at_the_door(look, anonymous) || judged.first().is_some_and(|one| one.certain),
        );
        return Some(finding);
    }
    if let Some(helper) = look.target.keyring.helpers.first() {
        return Some(helped(look, anonymous, &judged, helper.as_str()));
    }
    if look.kubelet_pulls() || may_have_node_identity(look, &look.provider()) {
        return Some(of_the_node(look, anonymous, &judged));
    }
    if !look.target.keyring.sources.is_empty() && is_plain(&judged) {
        return Some(no_match(look, anonymous, &judged));
    }
    let mut finding = failed(look, anonymous, &judged)?;
    if finding.code == Code::NoCredential && asks_at_the_door(look, anonymous) {
        finding.certain = true;
        finding.also_possible.clear();
        finding.settle_by = None;
    }
    Some(not_found(finding, look, anonymous))
}

/// Whether a missing credential is the likeliest cause, or as likely as a hidden repository.
fn is_plain(judged: &Judged) -> bool {
    judged.first().is_some_and(|first| matches!(first.code, Code::NoCredential | Code::ImageNotFound))
}

/// Whether the registry lets nobody in without a credential, whatever the image.
fn asks_at_the_door(look: &Look<'_>, anonymous: &Attempt) -> bool {
    let basic = |one: &Challenge| matches!(one, Challenge::Basic { .. });
    let ping = look.target.ping.as_ref().and_then(|ping| ping.answer());
    ping.is_some_and(|answer| answer.status == 401 && answer.challenges.iter().any(basic))
        || anonymous.failure().is_some_and(|failure| failure.step.is_token())
}

/// A builder's configuration names a helper, which the probe has not got.
fn helped(look: &Look<'_>, anonymous: &Attempt, judged: &Judged, helper: &str) -> Finding {
    let mut finding = of_code(look, anonymous, judged, Code::CredentialNotVisible);
    finding.certain = false;
    finding.cause = format!(
        "{} asks for a credential, which {helper} is to supply to {}; whether it does cannot be seen from here.",
        look.registry(),
        sender(look)
    );
    finding.settle_by = Some(format!("{helper} called by hand in the builder's own pod"));
    finding
}

/// The node may have a credential that no Secret holds.
fn of_the_node(look: &Look<'_>, anonymous: &Attempt, judged: &Judged) -> Finding {
    let mut finding = of_code(look, anonymous, judged, Code::CredentialNotVisible);
    finding.certain = false;
    finding.also_possible = vec![Code::NoCredential];
    finding.settle_by = Some("the node's own pull: --method both".into());
    if look.kubelet_pulls() {
        finding.certain = true;
        finding.also_possible.clear();
        finding.settle_by = None;
        finding.cause = format!("{} asks for a credential that no pull secret holds.", look.registry());
    }
    finding
}

/// Secrets are named and hold entries, none of which matches.
fn no_match(look: &Look<'_>, anonymous: &Attempt, judged: &Judged) -> Finding {
    let keyring = &look.target.keyring;
    let one = match keyring.sources.as_slice() {
        [one] => Some(one.as_str()),
        _ => None,
    };
    let mut finding = of_code(look, anonymous, judged, Code::PullSecretNoMatch);
    let near: Vec<String> =
        keyring.near_misses.iter().take(3).map(|miss| format!("`{}` {}", miss.key, miss.reason)).collect();
    let why = match near.is_empty() {
        true => "their entries are for other registries".to_string(),
        false => near.join("; "),
    };
    finding.subject.name = one.map_or_else(|| finding.subject.name.clone(), str::to_string);
    finding.cause = format!(
        "No entry of {} matches {}, so it is pulled without a credential and {} asks for one: {why}.",
        keyring.sources.join(", "),
        look.target.image,
        look.registry()
    );
    let certain = !near.is_empty()
        || judged.first().is_some_and(|first| first.certain)
        || asks_at_the_door(look, anonymous);
    settle(&mut finding, certain);
    finding
}

/// Whether it is for want of a credential, or the image may not be there.
fn settle(finding: &mut Finding, certain: bool) {
    finding.certain = certain;
    if certain {
        finding.also_possible.clear();
        finding.settle_by = None;
    } else {
        finding.also_possible = vec![Code::ImageNotFound];
        finding.settle_by = Some("whether the image exists, asked with a credential that may read it".into());
    }
}
