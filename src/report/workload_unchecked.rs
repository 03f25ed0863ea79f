//! What of workloads was not checked: lists, Secrets and ServiceAccounts that were not read, and workloads that were
//! named and are not there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::unchecked::{NotChecked, NotCheckedState};
use crate::evidence::workloads::{Resource, ServiceAccount, Workload, Workloads};
use crate::evidence::{Action, Evidence, Outcome};
use crate::plan::ScopePlan;

#[cfg(test)]
mod tests;

/// How many of several are named.
const EXAMPLES: usize = 3;

const NOTHING: &str = "the evidence holds nothing about it";

/// Objects of one kind, by how they came not to be read. Refusals differ in the names alone: they are one, as the first
/// was worded.
type Unread = BTreeMap<(&'static str, NotCheckedState, String), (String, BTreeSet<String>)>;

/// Everything about workloads that was not checked.
pub(super) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let Some(scope) = &evidence.plan.scope else { return Vec::new() };
    let none = Workloads::default();
    let seen = evidence.workloads.as_ref().unwrap_or(&none);
    let mut objects = objects(seen, &expected(evidence, scope, seen));
    let mut items = lists(scope, seen, &mut objects);
    items.extend(missing_workloads(scope, seen));
    items.extend(objects.into_iter().map(|((kind, state, _), (why, names))| NotChecked {
        what: named(kind, &names),
        state,
        why: match state {
            NotCheckedState::Denied => format!("{why}; {}", right(resource_of(kind))),
            _ => why,
        },
    }));
    items
}

/// Lists of the plan that were not read, or not to their end. What is lost with a refusal, and the right that is
/// missing, is told once for all lists that have them in common.
fn lists(scope: &ScopePlan, seen: &Workloads, objects: &mut Unread) -> Vec<NotChecked> {
    let mut items: Vec<NotChecked> = Vec::new();
    let mut refused: Vec<(Vec<Resource>, String)> = Vec::new();
    for resource in scope.reads.iter().copied() {
        let Some((state, why)) = unread(resource, seen) else { continue };
        if state != NotCheckedState::Denied {
            items.push(NotChecked { what: list_of(&[resource]), state, why });
            continue;
        }
        let is_same = |known: &Resource| what_remains(*known) == what_remains(resource);
        match refused.iter_mut().find(|(known, _)| known.iter().any(is_same)) {
            Some((known, _)) => known.push(resource),
            None => refused.push((vec![resource], why)),
        }
    }
    items.extend(refused.into_iter().filter_map(|(lists, why)| {
        let first = *lists.first()?;
        let what = refused_names(first, objects).unwrap_or_else(|| list_of(&lists));
        let why = format!("{why}; {}; {}", what_remains(first), right(first));
        Some(NotChecked { what, state: NotCheckedState::Denied, why })
    }));
    items
}

fn list_of(lists: &[Resource]) -> String {
    let names: Vec<&str> = lists.iter().map(|one| described(*one)).collect();
    match lists {
        // These are read one by one.
        [Resource::Secrets | Resource::SecretNames] => names.concat(),
        [_] => format!("the list of {}", names.concat()),
        _ => format!("the lists of {}", names.join(", ")),
    }
}

/// The objects that were refused one by one, where all of their kind were.
fn refused_names(resource: Resource, objects: &mut Unread) -> Option<String> {
    let kind = match resource {
        Resource::Secrets => "secret",
        Resource::ServiceAccounts => "serviceaccount",
        _ => return None,
    };
    let (_, names) = objects.remove(&(kind, NotCheckedState::Denied, String::new()))?;
    let named = named(kind, &names);
    Some(if resource == Resource::Secrets { format!("contents of {named}") } else { named })
}

/// Where whoever lacks a right finds it.
fn right(resource: Resource) -> String {
    let role = match resource {
        Resource::Secrets | Resource::SecretNames => "regauth-workloads-secrets",
        Resource::Nodes => "regauth-workloads-nodes",
        _ => "regauth-workloads",
    };
    format!("the right is ClusterRole {role} of `kubectl regauth rbac --why`")
}

fn resource_of(kind: &str) -> Resource {
    if kind == "secret" { Resource::Secrets } else { Resource::ServiceAccounts }
}

/// The workloads whose pull secrets were to be read: with `why` those that were asked for by name or label, and those
/// of namespaces where a pull fails.
fn expected<'e>(evidence: &Evidence, scope: &ScopePlan, seen: &'e Workloads) -> HashSet<&'e str> {
    let failing: HashSet<&str> = seen.failing.iter().map(|pull| pull.namespace.as_str()).collect();
    let is_all = scope.workloads.is_empty() && scope.selector.is_empty();
    let to_be_read = |one: &&Workload| {
        evidence.plan.action != Action::Why || !is_all || failing.contains(one.namespace.as_str())
    };
    lasting(seen).filter(to_be_read).map(|one| one.id.as_str()).collect()
}

/// Workloads that were asked for and may pull again.
fn lasting(seen: &Workloads) -> impl Iterator<Item = &Workload> {
    seen.workloads.iter().filter(|one| !one.has_ended() && !one.out_of_scope)
}

/// How a list of the plan came not to be read, or not to its end.
fn unread(resource: Resource, seen: &Workloads) -> Option<(NotCheckedState, String)> {
    let Some(read) = seen.read(resource) else { return Some((NotCheckedState::Failed, NOTHING.into())) };
    let (state, why) = state(&read.outcome)?;
    Some(match state {
        NotCheckedState::Denied => (state, nameless(&why)),
        _ => (state, why),
    })
}

/// A refusal of the API server without the name of the object that it is about: `secrets "regcred" is forbidden: …`.
fn nameless(why: &str) -> String {
    let parts =
        why.split_once(" \"").and_then(|(kind, rest)| Some((kind, rest.split_once("\" is forbidden")?.1)));
    match parts.filter(|(kind, _)| !kind.contains(' ')) {
        Some((kind, rest)) => format!("{kind} is forbidden{rest}"),
        None => why.to_string(),
    }
}

fn described(resource: Resource) -> &'static str {
    match resource {
        Resource::Secrets => "contents of pull secrets",
        Resource::SecretNames => "names of pull secrets in other namespaces",
        other => other.as_str(),
    }
}

/// What is judged all the same.
fn what_remains(resource: Resource) -> &'static str {
    match resource {
        Resource::Secrets => {
            "what is in Secrets is not judged; who names which, and what kubelets say of them, is"
        }
        Resource::SecretNames => "whether a missing name exists in another namespace is not told",
        Resource::ServiceAccounts => "workloads that name no pull secret of their own are not judged",
        Resource::Events => "causes are told from the pods' states alone, which are short",
        Resource::NetworkPolicies => "whether a policy is in a builder's way is not told",
        Resource::Nodes => "what nodes have and lack is not told",
        _ => "what is of that kind is not judged",
    }
}

/// How it came not to be read; `None` where it was. What is absent by its own word was read.
fn state<T>(outcome: &Outcome<T>) -> Option<(NotCheckedState, String)> {
    Some(match outcome {
        Outcome::Seen { .. } => return None,
        Outcome::Denied { message, .. } => (NotCheckedState::Denied, message.to_string()),
        Outcome::TimedOut { .. } => (NotCheckedState::TimedOut, "no answer in time".into()),
        Outcome::Absent { message } | Outcome::Failed { message, .. } => {
            (NotCheckedState::Failed, message.to_string())
        }
    })
}

/// Workloads that were named.
fn missing_workloads(scope: &ScopePlan, seen: &Workloads) -> Vec<NotChecked> {
    let missing = scope.workloads.iter().filter(|name| seen.workloads.iter().all(|one| one.name != **name));
    let item = |name: &String| NotChecked {
        what: name.clone(),
        state: NotCheckedState::Failed,
        why: NOTHING.into(),
    };
    missing.map(item).collect()
}

/// Secrets and ServiceAccounts that workloads name and that were not read; of many one item a reason.
fn objects(seen: &Workloads, expected: &HashSet<&str>) -> Unread {
    let mut unread = Unread::new();
    let mut note = |kind: &'static str, (state, why): (NotCheckedState, String), id: &str| {
        let name = id.split_once('/').map_or(id, |(_, name)| name).to_string();
        let (key, why) = match state {
            NotCheckedState::Denied => (String::new(), nameless(&why)),
            _ => (why.clone(), why),
        };
        unread.entry((kind, state, key)).or_insert_with(|| (why, BTreeSet::new())).1.insert(name);
    };
    for secret in seen.secrets.iter().filter(|secret| !secret.is_absent()) {
        if let Some(state) = state(&secret.outcome) {
            note("secret", state, &secret.id);
        }
    }
    let named: HashSet<String> = lasting(seen).filter_map(account_of).collect();
    // One that is absent keeps new pods from being made at all, which matters where there are to be some.
    let is_past = |one: &ServiceAccount| {
        matches!(one.outcome, Outcome::Absent { .. }) && !named.contains(one.id.as_str())
    };
    for account in seen.service_accounts.iter().filter(|one| !is_past(one)) {
        if let Some(state) = state(&account.outcome) {
            note("serviceaccount", state, &account.id);
        }
    }
    let known: HashSet<&str> = seen.secrets.iter().map(|one| one.id.as_str()).collect();
    let accounts: HashSet<&str> = seen.service_accounts.iter().map(|one| one.id.as_str()).collect();
    let pulled_with = lasting(seen).filter(|one| expected.contains(one.id.as_str()));
    let pulled_with = pulled_with.flat_map(|workload| pull_secrets(workload, seen));
    for id in pulled_with.chain(lasting(seen).flat_map(mounted)) {
        if !known.contains(id.as_str()) {
            note("secret", (NotCheckedState::Failed, NOTHING.into()), &id);
        }
    }
    for id in named.iter().filter(|id| !accounts.contains(id.as_str())) {
        note("serviceaccount", (NotCheckedState::Failed, NOTHING.into()), id);
    }
    unread
}

/// The id of a workload's ServiceAccount; static pods have none.
fn account_of(workload: &Workload) -> Option<String> {
    let name = Some(&workload.service_account).filter(|name| !name.is_empty())?;
    Some(format!("serviceaccount/{}/{name}", workload.namespace))
}

/// Ids of the pull secrets that a workload or its ServiceAccount names.
fn pull_secrets<'e>(workload: &'e Workload, seen: &'e Workloads) -> impl Iterator<Item = String> + use<'e> {
    let account = seen.service_account(&workload.namespace, &workload.service_account);
    let by_account = account.and_then(|account| account.seen()).filter(|_| workload.pull_secrets.is_empty());
    let by_account = by_account.into_iter().flat_map(|account| &account.pull_secrets);
    let names = workload.pull_secrets.iter().chain(by_account);
    names.map(|name| format!("secret/{}/{name}", workload.namespace))
}

/// Ids of the Secrets that its builders mount.
fn mounted(workload: &Workload) -> impl Iterator<Item = String> + use<'_> {
    let names = workload.builders.iter().flat_map(|builder| {
        let found = builder.found.iter().map(|found| &found.secret);
        found.chain(builder.misnamed.iter().map(|misnamed| &misnamed.secret))
    });
    let names = names.filter(|name| !name.is_empty());
    names.map(|name| format!("secret/{}/{name}", workload.namespace))
}

/// `secret/team/a`, or `5 secrets: team/a, team/b, team/c, …`.
fn named(kind: &str, names: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = names.iter().take(EXAMPLES).map(String::as_str).collect();
    match names.len() {
        1 => format!("{kind}/{}", shown.concat()),
        many if many <= EXAMPLES => format!("{many} {kind}s: {}", shown.join(", ")),
        many => format!("{many} {kind}s: {}, …", shown.join(", ")),
    }
}
