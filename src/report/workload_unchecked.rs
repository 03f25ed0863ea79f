//! What of workloads was not checked: lists, Secrets and ServiceAccounts that were not read, and workloads that were
//! named and are not there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::unchecked::{self, NotChecked, NotCheckedState};
use crate::evidence::workloads::{Resource, ServiceAccount, Workload, Workloads};
use crate::evidence::{Action, Evidence, Outcome};
use crate::plan::ScopePlan;

/// How many of several are named.
const EXAMPLES: usize = 3;

const NOTHING: &str = "the evidence holds nothing about it";

/// Objects of one kind, by how they came not to be read. Refusals are one, though each names its object.
type Unread = BTreeMap<UnreadKey, Objects>;
type UnreadKey = (Kind, NotCheckedState, String);

/// What was said of the first, and the names of all.
#[derive(Default)]
struct Objects {
    why: String,
    names: BTreeSet<String>,
}

/// Objects that are read one by one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Secret,
    ServiceAccount,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::ServiceAccount => "serviceaccount",
        }
    }

    /// The list that they are a part of.
    fn resource(self) -> Resource {
        match self {
            Self::Secret => Resource::Secrets,
            Self::ServiceAccount => Resource::ServiceAccounts,
        }
    }
}

/// Everything about workloads that was not checked.
pub(super) fn not_checked(evidence: &Evidence) -> Vec<NotChecked> {
    let Some(scope) = &evidence.plan.scope else { return Vec::new() };
    let none = Workloads::default();
    let seen = evidence.workloads.as_ref().unwrap_or(&none);
    let mut unread = objects(seen, &expected(evidence, scope, seen));
    unread.retain(|(kind, ..), _| scope.reads.contains(&kind.resource()));
    let action = evidence.plan.action;
    let mut items: Vec<NotChecked> =
        scope.reads.iter().filter_map(|read| list(*read, seen, action, &mut unread)).collect();
    items.extend(missing_workloads(scope, seen));
    items.extend(unread.into_iter().map(|((kind, state, _), objects)| item(kind, state, objects)));
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

/// A list of the plan that was not read, or not to its end. Its objects that were refused one by one go with it.
fn list(resource: Resource, seen: &Workloads, action: Action, unread: &mut Unread) -> Option<NotChecked> {
    let mut what = described(resource);
    let Some(read) = seen.read(resource) else {
        return Some(NotChecked { what, state: NotCheckedState::Failed, why: NOTHING.into() });
    };
    let (state, why) = state(&read.outcome)?;
    let why = match state {
        NotCheckedState::Denied => format!(
            "{why}; {} (`kubectl regauth rbac --why` prints the right, in {})",
            what_remains(resource, action),
            role(resource)
        ),
        _ => why,
    };
    if state == NotCheckedState::Denied {
        let names = take_denied(resource, unread);
        if !names.is_empty() {
            what = format!("{what} ({})", some(&names));
        }
    }
    Some(NotChecked { what, state, why })
}

/// The objects of a list that were refused.
fn take_denied(resource: Resource, unread: &mut Unread) -> BTreeSet<String> {
    let is_of_it =
        |(kind, state, _): &&UnreadKey| kind.resource() == resource && *state == NotCheckedState::Denied;
    let keys: Vec<UnreadKey> = unread.keys().filter(is_of_it).cloned().collect();
    let objects = keys.iter().filter_map(|key| unread.remove(key));
    objects.flat_map(|objects| objects.names).collect()
}

fn described(resource: Resource) -> String {
    match resource {
        Resource::Secrets => "the contents of pull secrets".into(),
        Resource::SecretNames => "the names of pull secrets in other namespaces".into(),
        other => format!("the list of {}", other.as_str()),
    }
}

/// The ClusterRole that holds the right, as manifests/rbac/workloads.yaml has it.
fn role(resource: Resource) -> &'static str {
    match resource {
        Resource::Secrets | Resource::SecretNames => "regauth-workloads-secrets",
        Resource::Nodes => "regauth-workloads-nodes",
        _ => "regauth-workloads",
    }
}

/// What is judged all the same. An audit reads no events.
fn what_remains(resource: Resource, action: Action) -> &'static str {
    match resource {
        Resource::Secrets if action == Action::Secrets => {
            "what is in Secrets is not judged; who names which, and pulls that fail, are"
        }
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
    (!matches!(outcome, Outcome::Seen { .. })).then(|| unchecked::state(outcome))
}

/// Workloads that were named.
fn missing_workloads(scope: &ScopePlan, seen: &Workloads) -> Vec<NotChecked> {
    // A pod, ReplicaSet or Job that exists is counted into what made it.
    let is_part = |name: &str| ["pod/", "rs/", "job/"].iter().any(|kind| name.starts_with(kind));
    let has_whole = seen.workloads.iter().any(|one| !one.out_of_scope);
    let missing = scope
        .workloads
        .iter()
        .filter(|name| seen.workloads.iter().all(|one| one.name != **name) && !(is_part(name) && has_whole));
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
    let mut note = |kind: Kind, (state, why): (NotCheckedState, String), id: &str| {
        let name = id.split_once('/').map_or(id, |(_, name)| name).to_string();
        // A refusal names its object.
        let apart = if state == NotCheckedState::Denied { String::new() } else { why.clone() };
        let objects = unread.entry((kind, state, apart)).or_default();
        if objects.names.is_empty() {
            objects.why = why;
        }
        objects.names.insert(name);
    };
    for secret in seen.secrets.iter().filter(|secret| !secret.is_absent()) {
        if let Some(state) = state(&secret.outcome) {
            note(Kind::Secret, state, &secret.id);
        }
    }
    let named: HashSet<String> = lasting(seen).filter_map(account_of).collect();
    // One that is absent keeps new pods from being made at all, which matters where there are to be some.
    let is_past = |one: &ServiceAccount| {
        matches!(one.outcome, Outcome::Absent { .. }) && !named.contains(one.id.as_str())
    };
    for account in seen.service_accounts.iter().filter(|one| !is_past(one)) {
        if let Some(state) = state(&account.outcome) {
            note(Kind::ServiceAccount, state, &account.id);
        }
    }
    let known: HashSet<&str> = seen.secrets.iter().map(|one| one.id.as_str()).collect();
    let accounts: HashSet<&str> = seen.service_accounts.iter().map(|one| one.id.as_str()).collect();
    let pulled_with = lasting(seen).filter(|one| expected.contains(one.id.as_str()));
    let pulled_with = pulled_with.flat_map(|workload| pull_secrets(workload, seen));
    for id in pulled_with.chain(lasting(seen).flat_map(mounted)) {
        if !known.contains(id.as_str()) {
            note(Kind::Secret, (NotCheckedState::Failed, NOTHING.into()), &id);
        }
    }
    for id in named.iter().filter(|id| !accounts.contains(id.as_str())) {
        note(Kind::ServiceAccount, (NotCheckedState::Failed, NOTHING.into()), id);
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

fn item(kind: Kind, state: NotCheckedState, Objects { why, names }: Objects) -> NotChecked {
    let kind_name = kind.as_str();
    let what = match names.len() {
        1 => format!("{kind_name}/{}", some(&names)),
        many => format!("{many} {kind_name}s: {}", some(&names)),
    };
    let why = match state {
        NotCheckedState::Denied => {
            format!("{why} (`kubectl regauth rbac --why` prints the right, in {})", role(kind.resource()))
        }
        _ => why,
    };
    NotChecked { what, state, why }
}

/// `a, b, c, …`.
fn some(names: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = names.iter().take(EXAMPLES).map(String::as_str).collect();
    let more = if names.len() > EXAMPLES { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
