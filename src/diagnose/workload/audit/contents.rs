//! Pull secrets that are there and that the kubelet gets nothing from, or that break its look-up.

use std::collections::{BTreeMap, BTreeSet};

use super::Audit;
use super::entries::is_usable;
use super::missing::uses;
use super::pullers::{Puller, State, Use, is_read_by_kubelet};
use super::words::{about_secret, all_the_same, some_of, who_names};
use crate::code::Code;
use crate::evidence::workloads::{PullSecret, PullSecretSeen};
use crate::finding::{Finding, Fix, Severity};
use crate::fix::workload as fix;
use crate::registry::docker_config::ConfigError;
use crate::registry::keyring::{KEY_DOCKER_CONFIG_JSON, KEY_DOCKERCFG, SecretState, TYPE_DOCKERCFG};

/// Secrets that were read, by their ids, with those who name them as pull secrets.
type Named<'p, 'e> = BTreeMap<&'e str, (&'e PullSecret, &'e PullSecretSeen, Vec<&'p Puller<'e>>)>;

fn named<'p, 'e>(audit: &'p Audit<'e>) -> Named<'p, 'e> {
    let mut named: Named<'p, 'e> = BTreeMap::new();
    for puller in audit.pullers() {
        for secret in &puller.keyring.read {
            let Some(seen) = secret.seen() else { continue };
            let (_, _, pullers) = named.entry(&secret.id).or_insert_with(|| (secret, seen, Vec::new()));
            pullers.push(puller);
        }
    }
    named
}

/// Pull secrets that the kubelet passes over: of another type, without their key, or without entries.
pub(super) fn unread_by_kubelet(audit: &Audit<'_>) -> Vec<Finding> {
    let judged = named(audit).into_values().filter_map(|(secret, seen, pullers)| {
        let (code, what) = passed_over(seen)?;
        let weight = pullers.iter().map(|puller| puller.weight(audit)).min().unwrap_or(Severity::Error);
        let is_harmless = weight == Severity::Warning;
        let all_the_same = all_the_same(&pullers);
        let cause = format!(
            "The Secret {} in namespace {} {what}; {}.{all_the_same}",
            secret.name,
            secret.namespace,
            who_names(&pullers)
        );
        let mut finding = about_secret(secret, code, &pullers, &uses(audit, &pullers), cause);
        // What is empty shadows nothing: registries of clusters leave such Secrets behind.
        finding.severity = if is_harmless && code == Code::PullSecretEmpty { Severity::Info } else { weight };
        finding.fixes = match code {
            Code::PullSecretWrongType => retyped(audit, (secret, seen), &pullers),
            _ => fix::renew(secret, ""),
        };
        Some(finding)
    });
    judged.collect()
}

/// What mends a type that the kubelet passes over, for those who name the Secret.
fn retyped(
    audit: &Audit<'_>,
    (secret, seen): (&PullSecret, &PullSecretSeen),
    pullers: &[&Puller<'_>],
) -> Vec<Fix> {
    let places = |is_supplied: bool| -> Vec<fix::Place<'_>> {
        let those = pullers.iter().filter(|puller| has_another(audit, puller) == is_supplied);
        those.map(|puller| puller.place(audit)).collect()
    };
    let second = audit.view.secret(&secret.namespace, &fix::second_name(secret));
    fix::wrong_type(secret, seen, &places(false), &places(true), second.is_some_and(is_read_by_kubelet))
}

/// Whether other pull secrets of a workload, which it names too, supply what its images need.
fn has_another(audit: &Audit<'_>, puller: &Puller<'_>) -> bool {
    let fits = |one: &Use<'_>| one.matching.iter().flatten().any(|entry| is_usable(audit, entry));
    let needs_none = |one: &Use<'_>| one.state == State::Works || audit.open(&one.reference).is_some();
    puller.uses.iter().any(fits) && puller.uses.iter().all(|one| fits(one) || needs_none(one))
}

/// Why the kubelet gets nothing from a Secret.
fn passed_over(seen: &PullSecretSeen) -> Option<(Code, String)> {
    let kind = &seen.kind;
    let key = if kind.as_str() == TYPE_DOCKERCFG { KEY_DOCKERCFG } else { KEY_DOCKER_CONFIG_JSON };
    match &seen.docker_config.state {
        SecretState::WrongType => Some((
            Code::PullSecretWrongType,
            format!("is of type {kind}, which the kubelet passes over in silence as a pull secret"),
        )),
        SecretState::WrongKey => Some((
            Code::PullSecretWrongType,
            format!("lacks the key {key}, which is all that the kubelet reads of its type"),
        )),
        SecretState::Empty => Some((Code::PullSecretEmpty, format!("has nothing under its key {key}"))),
        SecretState::Read if seen.docker_config.entries.is_empty() => Some((
            Code::PullSecretEmpty,
            "has no entry for any registry that the kubelet reads (it reads `auths` alone, no helpers)"
                .to_string(),
        )),
        SecretState::Read | SecretState::Broken { .. } => None,
    }
}

/// Pull secrets that fail the look-up for the whole pod, good ones beside them included.
pub(super) fn malformed(audit: &Audit<'_>) -> Vec<Finding> {
    let judged = named(audit).into_values().filter_map(|(secret, seen, pullers)| {
        let SecretState::Broken { error } = &seen.docker_config.state else { return None };
        Some(broken(audit, secret, error, &pullers))
    });
    judged.collect()
}

fn broken(audit: &Audit<'_>, secret: &PullSecret, error: &ConfigError, pullers: &[&Puller<'_>]) -> Finding {
    let beside: BTreeSet<&str> = pullers
        .iter()
        .flat_map(|puller| &puller.keyring.read)
        .filter(|other| is_read_by_kubelet(other))
        .map(|other| other.name.as_str())
        .collect();
    let included = match beside.is_empty() {
        true => String::new(),
        false => format!(", the good ones beside it included ({})", some_of(beside)),
    };
    let broken = some_of(pullers.iter().map(|puller| puller.workload.name.as_str()));
    let cause = format!(
        "The pull secret {} in namespace {} cannot be read ({error}), which fails the look-up of every credential \
         of {broken}{included}.",
        secret.name, secret.namespace
    );
    let code = Code::PullSecretMalformed;
    let mut finding = about_secret(secret, code, pullers, &uses(audit, pullers), cause);
    finding.fixes = fix::renew(secret, "");
    finding
}
