//! Pull secrets that have entries, none of which matches an image that needs one.

use std::collections::{BTreeMap, BTreeSet};

use super::Audit;
use super::expiry::settle;
use super::fitting::Fitting;
use super::pullers::{Puller, State, Use};
use super::unnamed::{has_cloud_identity, is_sound, is_without, may_need_none};
use super::wants::Want;
use super::words::{about_secret, about_workloads, some_of};
use crate::code::Code;
use crate::finding::{Finding, Severity};
use crate::fix::workload as fix;
use crate::registry::known::Provider;
use crate::registry::near_miss::{MissReason, NearMiss, near_misses};
use crate::registry::reference::Reference;

/// Near misses that a finding tells.
const TOLD: usize = 3;

/// Uses of the same pull secrets for images of one registry.
type Unmatched<'p, 'e> = (Vec<NearMiss>, Vec<&'p Puller<'e>>, Vec<&'p Use<'e>>);

/// Pull secrets without an entry for an image that wants a credential, or for which one of their keys was meant.
pub(super) fn no_match(audit: &Audit<'_>) -> Vec<Finding> {
    let fitting = Fitting::of(audit);
    let mut unmatched: BTreeMap<(&str, &[String], String, bool), Unmatched<'_, '_>> = BTreeMap::new();
    let named =
        |puller: &&Puller<'_>| !puller.names.is_empty() && is_sound(&puller.keyring) && has_entries(puller);
    for puller in audit.pullers().filter(named) {
        for one in puller.uses(audit).filter(|one| is_without(one)) {
            let misses = near_misses(&one.reference, keys(puller));
            let Some(certain) = weigh(audit, puller, one, &misses) else { continue };
            // A Secret that fits is told instead: naming it is the mend.
            if fitting.has(audit, puller, &one.reference) {
                continue;
            }
            let registry = one.reference.registry().to_string();
            let group = (puller.workload.namespace.as_str(), puller.names, registry, certain);
            let (_, pullers, uses) =
                unmatched.entry(group).or_insert_with(|| (misses, Vec::new(), Vec::new()));
            super::entries::push_new(pullers, puller);
            uses.push(one);
        }
    }
    let judged = unmatched.into_iter().filter_map(|((.., certain), unmatched)| {
        let mut finding = misses(&unmatched, certain)?;
        finding.certain = certain;
        // That a credential is wanted at all, only a pull says.
        if !unmatched.2.iter().any(|one| is_refused(one)) {
            finding.severity = Severity::Warning;
        }
        if !certain {
            finding.settle_by = settle(unmatched.1.first()?.workload, unmatched.2.first()?);
        }
        Some(finding)
    });
    judged.collect()
}

/// Whether it is a finding, and then whether it is certain.
fn weigh(audit: &Audit<'_>, puller: &Puller<'_>, one: &Use<'_>, misses: &[NearMiss]) -> Option<bool> {
    let is_slip = misses.iter().any(|miss| is_slip(&miss.reason));
    let in_cloud = Provider::of_host(one.reference.registry()).has_node_identity()
        || has_cloud_identity(puller, &one.reference);
    match one.state {
        State::Works => None,
        // Nothing was meant for it, and the node or a cloud identity may have the credential.
        State::Fails(Want::Credential | Want::Unknown) if in_cloud && misses.is_empty() => None,
        State::Fails(Want::Credential) => Some(true),
        State::Fails(Want::Unknown) => Some(false),
        State::Fails(Want::Limit) => is_slip.then_some(true),
        State::Fails(Want::Other) | State::Untried => {
            let matters =
                is_slip && !audit.is_why() && puller.workload.active && !may_need_none(audit, puller, one);
            matters.then_some(false)
        }
    }
}

fn is_refused(one: &Use<'_>) -> bool {
    matches!(one.state, State::Fails(want) if want != Want::Other)
}

/// Whether the key was meant for this registry and is written wrong. Another path, account or region may be meant for
/// other images.
fn is_slip(reason: &MissReason) -> bool {
    !matches!(
        reason,
        MissReason::OtherPath { .. }
            | MissReason::OtherRegion { .. }
            | MissReason::HostPartsMissing { .. }
            | MissReason::HostPartsExtra { .. }
    )
}

fn has_entries(puller: &Puller<'_>) -> bool {
    keys(puller).next().is_some()
}

fn keys<'p>(puller: &'p Puller<'_>) -> impl Iterator<Item = &'p str> {
    let seen = puller.keyring.read.iter().filter_map(|secret| secret.seen());
    seen.flat_map(|seen| &seen.docker_config.entries).map(|entry| entry.key.as_str())
}

fn misses((near, pullers, uses): &Unmatched<'_, '_>, certain: bool) -> Option<Finding> {
    let (first, image) = (pullers.first()?, uses.first()?);
    let namespace = &first.workload.namespace;
    let secrets = some_of(first.names.iter().map(String::as_str));
    let cause = format!(
        "No entry of {} {secrets} in namespace {namespace} matches {}, which {} {}{}: {}.",
        if first.names.len() == 1 { "the pull secret" } else { "the pull secrets" },
        described(image, uses),
        some_of(pullers.iter().map(|puller| puller.workload.name.as_str())),
        if certain { "need" } else { "pull" },
        if pullers.len() == 1 { "s" } else { "" },
        what_there_is(near, first, &image.reference)
    );
    let code = Code::PullSecretNoMatch;
    let mut finding = match (first.names, first.keyring.read.as_slice()) {
        ([_], [secret]) => about_secret(secret, code, pullers, uses, cause),
        _ => {
            let name = format!("registry/{}", image.reference.registry());
            let mut finding = about_workloads(name, code, pullers, uses, cause);
            let ids = first.keyring.read.iter().map(|secret| secret.id.clone());
            finding.evidence.splice(0..0, ids);
            finding
        }
    };
    finding.fixes = first.keyring.read.first().map(|secret| fix::renew(secret, "")).unwrap_or_default();
    Some(finding)
}

/// The image, or the registry of several.
fn described(first: &Use<'_>, uses: &[&Use<'_>]) -> String {
    let images: BTreeSet<&str> = uses.iter().map(|one| one.image.image.as_str()).collect();
    match images.len() {
        1 => first.image.image.clone(),
        many => format!("{many} images of {}", first.reference.registry()),
    }
}

fn what_there_is(near: &[NearMiss], puller: &Puller<'_>, image: &Reference) -> String {
    if !near.is_empty() {
        let told = near.iter().take(TOLD).map(|miss| format!("`{}` {}", miss.key, miss.reason));
        return told.collect::<Vec<_>>().join("; ");
    }
    let keys: BTreeSet<&str> = keys(puller).collect();
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    format!("its keys are {}, none is for {}", some_of(quoted.iter().map(String::as_str)), image.registry())
}
