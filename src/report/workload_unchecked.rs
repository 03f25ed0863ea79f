//! What of workloads was not checked: lists, Secrets and ServiceAccounts that were not read, and workloads that were
//! named and are not there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::unchecked::{NotChecked, NotCheckedState};
use crate::evidence::workloads::{Resource, ServiceAccount, Workload, Workloads};
use crate::evidence::{Action, Evidence, Outcome};
use crate::plan::ScopePlan;

/// How many of several are named.
const EXAMPLES: usize = 3;

const NOTHING: &str = "the evidence holds nothing about it";

/// Objects of one kind, by how they came not to be read.
type Unread = BTreeMap<(&'static str, NotCheckedState, String), BTreeSet<String>>;

/// Everything about workloads that was not checked.
pub(super) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let Some(scope) = &evidence.plan.scope else { return Vec::new() };
    let none = Workloads::default();
    let seen = evidence.workloads.as_ref().unwrap_or(&none);
    let mut items: Vec<NotChecked> = scope.reads.iter().filter_map(|read| list(*read, seen)).collect();
    items.extend(missing_workloads(scope, seen));
    items.extend(objects(seen, &expected(evidence, scope, seen)));
    items
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

/// A list of the plan that was not read, or not to its end.
fn list(resource: Resource, seen: &Workloads) -> Option<NotChecked> {
    let what = format!("the list of {}", described(resource));
    let Some(read) = seen.read(resource) else {
        return Some(NotChecked { what, state: NotCheckedState::Failed, why: NOTHING.into() });
    };
    let (state, why) = state(&read.outcome)?;
    let why = match state {
        NotCheckedState::Denied => format!("{why}; {}", what_remains(resource)),
        _ => why,
    };
    Some(NotChecked { what, state, why })
}

fn described(resource: Resource) -> String {
    match resource {
        Resource::Secrets => "contents of pull secrets".into(),
        Resource::SecretNames => "names of pull secrets in other namespaces".into(),
        other => other.as_str().into(),
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
fn objects(seen: &Workloads, expected: &HashSet<&str>) -> Vec<NotChecked> {
    let mut unread = Unread::new();
    let mut note = |kind: &'static str, (state, why): (NotCheckedState, String), id: &str| {
        let name = id.split_once('/').map_or(id, |(_, name)| name).to_string();
        unread.entry((kind, state, why)).or_default().insert(name);
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
    unread.into_iter().map(|((kind, state, why), names)| item(kind, state, why, &names)).collect()
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

fn item(kind: &str, state: NotCheckedState, why: String, names: &BTreeSet<String>) -> NotChecked {
    let shown: Vec<&str> = names.iter().take(EXAMPLES).map(String::as_str).collect();
    let what = match names.len() {
        1 => format!("{kind}/{}", shown.concat()),
        many if many <= EXAMPLES => format!("{many} {kind}s: {}", shown.join(", ")),
        many => format!("{many} {kind}s: {}, …", shown.join(", ")),
    };
    NotChecked { what, state, why }
}
