//! Entries that match an image and hold nothing to log in with.

use std::collections::BTreeMap;

use super::Audit;
use super::expiry;
use super::pullers::{Matching, Puller, State, Use};
use super::wants::Want;
use super::words::{about_secret, some_of};
use crate::code::Code;
use crate::finding::{Finding, Severity};
use crate::fix::workload as fix;

/// Uses of one entry, with those who use it.
pub(super) type Used<'p, 'e> = (Matching<'e>, Vec<&'p Puller<'e>>, Vec<&'p Use<'e>>);

/// Entries that match and that the kubelet reads no user and secret from, where no other entry helps out.
pub(super) fn useless(audit: &Audit<'_>) -> Vec<Finding> {
    let mut used: BTreeMap<(&str, &str), Used<'_, '_>> = BTreeMap::new();
    for puller in audit.pullers() {
        for one in puller.uses(audit) {
            let matching = one.matching.as_deref().unwrap_or_default();
            if matching.iter().any(|matching| is_usable(audit, matching)) {
                continue;
            }
            if let Some(first) = matching.iter().find(|matching| matching.entry.useless.is_some()) {
                let key = (first.secret.id.as_str(), first.entry.key.as_str());
                let (_, pullers, uses) = used.entry(key).or_insert_with(|| (*first, Vec::new(), Vec::new()));
                push_new(pullers, puller);
                uses.push(one);
            }
        }
    }
    used.into_values().map(|used| empty(audit, &used)).collect()
}

fn empty(audit: &Audit<'_>, (matching, pullers, uses): &Used<'_, '_>) -> Finding {
    let Matching { secret, entry } = matching;
    let why = entry.useless.as_ref().map(ToString::to_string).unwrap_or_default();
    let public = uses.iter().find_map(|one| Some((one, audit.open(&one.reference)?)));
    let shadows = public.map_or_else(String::new, |(one, open)| {
        format!(" {} needs none: {} started it without.", one.image.image, open.by.name)
    });
    let cause = format!(
        "The entry `{}` of secret/{} in namespace {} matches the images of {} and {why}: the kubelet sends an empty \
         credential.{shadows}",
        entry.key,
        secret.name,
        secret.namespace,
        some_of(pullers.iter().map(|puller| puller.workload.name.as_str()))
    );
    let mut finding = about_secret(secret, Code::PullSecretEmpty, pullers, uses, cause);
    let harmless = |one: &&Use<'_>| match one.state {
        State::Fails(want) => want == Want::Other,
        State::Works => true,
        State::Untried => audit.open(&one.reference).is_some(),
    };
    if uses.iter().all(|one| harmless(&one)) {
        finding.severity = Severity::Warning;
    }
    finding.fixes = fix::renew(secret, entry.key.as_str());
    finding
}

/// Whether an entry may work: it holds user and secret, and has not expired for certain.
pub(super) fn is_usable(audit: &Audit<'_>, matching: &Matching<'_>) -> bool {
    matching.entry.useless.is_none() && !expiry::has_expired(audit, matching)
}

/// Notes a workload whose uses come one after the other.
pub(super) fn push_new<'p, 'e>(pullers: &mut Vec<&'p Puller<'e>>, puller: &'p Puller<'e>) {
    if pullers.last().is_none_or(|last| last.workload.id != puller.workload.id) {
        pullers.push(puller);
    }
}
