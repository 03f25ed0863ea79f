//! ServiceAccounts and pull secrets of workloads: which are needed, and what is in them.

use std::collections::{BTreeMap, BTreeSet};

use super::merged::Merged;
use super::names::{self, Names};
use super::secrets::{self, Key, Wanted};
use super::{Reader, accounts, together, unasked};
use crate::evidence::workloads::{PullSecret, Read, Resource, ServiceAccount};
use crate::registry::keyring::evidence::lookup;
use crate::registry::reference::Reference;

/// So many pull secrets of a namespace are read that nothing names.
const UNNAMED: usize = 20;

/// What was read.
#[derive(Default)]
pub(super) struct Credentials {
    pub accounts: Vec<ServiceAccount>,
    pub secrets: Vec<PullSecret>,
    pub reads: Vec<Read>,
}

/// Reads ServiceAccounts, then the Secrets that are named, then, where one of them does not exist or a pull fails
/// without a fitting one, names of pull secrets elsewhere and those beside.
pub(super) async fn read(reader: &Reader<'_>, merged: &Merged) -> Credentials {
    let mut found = Credentials::default();
    if reader.wants(Resource::ServiceAccounts) {
        let named = merged.groups.iter();
        let wanted: BTreeSet<Key> =
            named.map(|((namespace, _), group)| (namespace.clone(), group.service_account.clone())).collect();
        let namespace = match reader.scope.namespace.as_str() {
            "" => reader.namespace_of(wanted.iter().map(|(namespace, _)| namespace.as_str())),
            namespace => namespace,
        };
        let (accounts, outcome) = accounts::read(reader.api, namespace, &wanted).await;
        found.accounts = accounts;
        found.reads.push(Read { resource: Resource::ServiceAccounts, outcome });
    }
    if reader.wants(Resource::Secrets) {
        let wanted = wanted(reader, merged, &found.accounts);
        found.secrets = secrets::read(reader.api, reader.key, &wanted).await;
    }
    let names = names_where_needed(reader, merged, &mut found).await;
    if reader.wants(Resource::Secrets) {
        if let Some(names) = &names {
            let beside = beside(merged, &found.secrets, names);
            found.secrets.extend(secrets::read(reader.api, reader.key, &beside).await);
        }
        let outcome = together(found.secrets.iter().map(|secret| secret.outcome.clone()));
        found.reads.push(Read { resource: Resource::Secrets, outcome });
    }
    for secret in &mut found.secrets {
        names.iter().for_each(|names| names.tell(secret));
    }
    found.secrets.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

async fn names_where_needed(reader: &Reader<'_>, merged: &Merged, found: &mut Credentials) -> Option<Names> {
    if !reader.wants(Resource::SecretNames) {
        return None;
    }
    let is_missing = found.secrets.iter().any(PullSecret::is_absent);
    if !is_missing && unmatched(merged, &found.secrets).is_empty() {
        found.reads.push(unasked(Resource::SecretNames));
        return None;
    }
    let (names, outcome) = names::read(reader.api, &reader.scope.namespace).await;
    found.reads.push(Read { resource: Resource::SecretNames, outcome });
    Some(names)
}

/// The Secrets that workloads name, whose contents matter to what is judged.
fn wanted(reader: &Reader<'_>, merged: &Merged, accounts: &[ServiceAccount]) -> Wanted {
    let by_account: BTreeMap<(&str, &str), &ServiceAccount> =
        accounts.iter().map(|one| ((one.namespace.as_str(), one.name.as_str()), one)).collect();
    let failing = merged.failing_namespaces();
    let mut wanted = Wanted::new();
    let mut name = |namespace: &str, name: &str| {
        wanted.entry((namespace.to_string(), name.to_string())).or_default().for_kubelet = true;
    };
    for ((namespace, _), group) in &merged.groups {
        let asked_by_name = group.in_scope && !reader.scope.is_all();
        if !(reader.is_audit || asked_by_name || failing.contains(namespace.as_str())) {
            continue;
        }
        let account = by_account.get(&(namespace.as_str(), group.service_account.as_str()));
        let of_account = account.and_then(|account| account.seen()).into_iter();
        let applies = !group.has_template || group.template_secrets.is_empty();
        let of_account = of_account.filter(|_| applies).flat_map(|account| &account.pull_secrets);
        group.named_secrets().chain(of_account).for_each(|secret| name(namespace, secret));
    }
    for pending in &merged.failing {
        pending.pull.pull_secrets.iter().for_each(|secret| name(&pending.pull.namespace, secret));
    }
    for ((namespace, _), group) in merged.groups.iter().filter(|(_, group)| group.in_scope) {
        for (secret, key) in group.builder_secrets() {
            let reason = wanted.entry((namespace.clone(), secret.to_string())).or_default();
            reason.keys.insert(key.to_string());
        }
    }
    wanted
}

/// Namespaces where a pull fails and none of the pull secrets that apply has an entry for its image.
fn unmatched<'m>(merged: &'m Merged, secrets: &[PullSecret]) -> BTreeSet<&'m str> {
    let read: BTreeMap<(&str, &str), &PullSecret> =
        secrets.iter().map(|one| ((one.namespace.as_str(), one.name.as_str()), one)).collect();
    let fits = |namespace: &str, image: &Reference, names: &[String]| {
        let seen = names.iter().filter_map(|name| read.get(&(namespace, name.as_str()))?.seen());
        let configs: Vec<_> = seen.map(|seen| seen.docker_config.clone()).collect();
        // A broken one is a cause of its own.
        lookup(&configs, image).map_or(true, |entries| !entries.is_empty())
    };
    let without = merged.failing.iter().filter(|one| {
        let image = Reference::parse(&one.pull.image);
        image.is_ok_and(|image| !fits(&one.pull.namespace, &image, &one.pull.pull_secrets))
    });
    without.map(|one| one.pull.namespace.as_str()).collect()
}

/// Pull secrets that nothing names, in those namespaces.
fn beside(merged: &Merged, secrets: &[PullSecret], names: &Names) -> Wanted {
    let read: BTreeSet<(&str, &str)> =
        secrets.iter().map(|one| (one.namespace.as_str(), one.name.as_str())).collect();
    let mut wanted = Wanted::new();
    for namespace in unmatched(merged, secrets) {
        let there = names.of_namespace(namespace).filter(|name| !read.contains(&(namespace, name.as_str())));
        for name in there.take(UNNAMED) {
            wanted.entry((namespace.to_string(), name.clone())).or_default().for_kubelet = true;
        }
    }
    wanted
}
