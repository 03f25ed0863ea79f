//! Workloads that are not there yet: from manifests, with what the cluster and the manifests have for their pulls.
//!
//! What manifests bring counts as there. Nothing is written.

mod argo;
mod brought;
mod landing;
mod objects;
mod stream;
mod templates;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream as futures};

use self::brought::manifest_owner;
use self::landing::{Nodes, Wishes};
use self::objects::Planned;
pub use self::objects::{Manifests, Source};
use super::controllers;
use super::group::{self, Group};
use super::lists::{List, not_read, outcome_of};
use super::secrets::{self, Key, Wanted};
use super::wire::Controller;
use super::{TOGETHER, accounts, names, together};
use crate::api::{Api, JSON, path};
use crate::collect::namespace::no_namespace;
use crate::evidence::preflight::{
    Landing, PlannedImage, PlannedNamespace, PlannedWorkload, Preflight, UnreadKind,
};
use crate::evidence::workloads::{
    PullPolicy, PullSecret, Read, Resource, ServiceAccount, ServiceAccountSeen, Workloads,
};
use crate::evidence::{Node, Outcome, Step, Unread};
use crate::registry::reference::Reference;
use crate::secret::RunKey;
use crate::text::Clean;

/// What is read of the cluster beside manifests.
pub const READS: &[Resource] =
    &[Resource::Nodes, Resource::ServiceAccounts, Resource::Secrets, Resource::SecretNames];

/// What manifests and cluster come to.
pub struct Seen {
    /// The workloads of the manifests, with the ServiceAccounts and Secrets that they will have.
    pub workloads: Workloads,
    /// The cluster's nodes.
    pub nodes: Vec<Node>,
    /// What the manifests themselves say.
    pub preflight: Preflight,
    /// Documents that could not be read.
    pub unread: Vec<Unread>,
}

/// A workload of the manifests, and what it asks.
struct One<'m> {
    planned: &'m Planned,
    group: Group,
    wishes: Wishes,
}

/// Reads what the pulls of manifests' workloads need. A refusal is no error: see [`Workloads::reads`].
pub async fn read(api: &Api, manifests: &Manifests, key: &RunKey) -> Seen {
    let mut unread: Vec<Unread> = manifests.broken.iter().map(|(place, why)| broken(place, why)).collect();
    let workloads = workloads(manifests, &mut unread);
    let (namespaces, (nodes, of_nodes)) =
        tokio::join!(namespaces(api, manifests, &workloads), nodes(api, &workloads));
    let reader = Reader { api, key, manifests, absent: absent(&namespaces) };
    let (accounts, of_accounts) = reader.accounts(&workloads).await;
    let wanted = wanted(&workloads, &accounts);
    let (mut secrets, brought) = reader.secrets(&wanted).await;
    let of_names = reader.names(&mut secrets).await;
    let of_secrets = together(secrets.iter().map(|secret| secret.outcome.clone()));
    let reads = [of_nodes.clone(), of_accounts, of_secrets, of_names];
    let reads =
        READS.iter().zip(reads).map(|(resource, outcome)| Read { resource: *resource, outcome }).collect();
    let mut preflight = Preflight {
        documents: manifests.documents,
        namespaces,
        brought,
        unread_kinds: unread_kinds(manifests),
        ..Preflight::default()
    };
    let mut made = Vec::new();
    for one in workloads.into_values() {
        preflight.workloads.push(planned(&one, &nodes, &of_nodes));
        made.push(workload(one, &accounts));
    }
    let facts = nodes.nodes.into_iter().map(|node| node.facts).collect();
    let workloads =
        Workloads { reads, workloads: made, service_accounts: accounts, secrets, ..Workloads::default() };
    Seen { workloads, nodes: facts, preflight, unread }
}

fn broken(place: &str, why: &str) -> Unread {
    let outcome = Outcome::Failed { step: Step::Read, message: Clean::new(why) };
    Unread { what: place.to_string(), outcome, settled_by: Clean::default() }
}

fn unread_kinds(manifests: &Manifests) -> Vec<UnreadKind> {
    let kinds = manifests.unread_kinds.iter();
    kinds.map(|(kind, count)| UnreadKind { kind: Clean::with_cap(kind, 256), count: *count }).collect()
}

/// The workloads, by their ids: of two with one name of their own the last counts, as it does when they are applied.
fn workloads<'m>(manifests: &'m Manifests, unread: &mut Vec<Unread>) -> BTreeMap<String, One<'m>> {
    let mut all = BTreeMap::new();
    for planned in &manifests.workloads {
        match one(planned) {
            Ok(one) => {
                all.insert(group::id(&planned.namespace, &planned.name), one);
            }
            Err(error) => {
                let why = format!(
                    "the pod template of {} is not what Kubernetes takes (a field has another type, at {} of it as JSON)",
                    planned.name,
                    error.column()
                );
                unread.push(broken(&planned.place.describe(), &why));
            }
        }
    }
    all
}

fn one(planned: &Planned) -> Result<One<'_>, serde_json::Error> {
    let controller: Controller<'_> = serde_json::from_str(&planned.object)?;
    let kind = planned.name.split('/').next().unwrap_or_default();
    let mut group = controllers::group(kind, &controller, true)?;
    group.owners = vec![manifest_owner(&planned.place)];
    Ok(One { planned, group, wishes: serde_json::from_str(&planned.spec)? })
}

fn workload(one: One<'_>, accounts: &[ServiceAccount]) -> crate::evidence::workloads::Workload {
    let One { planned, mut group, .. } = one;
    let account = accounts
        .iter()
        .find(|account| account.namespace == planned.namespace && account.name == group.service_account)
        .and_then(ServiceAccount::seen);
    for builder in &mut group.builders {
        builder.ambient = account.map(|account| account.ambient.clone()).unwrap_or_default();
    }
    let carried = account.map(|account| account.pull_secrets.clone());
    group.into_workload(&planned.namespace, &planned.name, carried.as_deref())
}

fn planned(one: &One<'_>, nodes: &Nodes, of_nodes: &Outcome<u64>) -> PlannedWorkload {
    let planned = one.planned;
    let images = planned.lines.iter().map(|(image, line)| PlannedImage { image: image.clone(), line: *line });
    let landing: Outcome<Landing> = match of_nodes {
        Outcome::Seen { .. } => Outcome::Seen { value: nodes.landing(&one.wishes, &kept(&one.group)) },
        Outcome::Denied { status, message } => Outcome::Denied { status: *status, message: message.clone() },
        Outcome::Failed { message, .. } | Outcome::Absent { message } => {
            Outcome::Failed { step: Step::Read, message: message.clone() }
        }
        Outcome::TimedOut { .. } => not_read("the nodes were not listed in time"),
    };
    PlannedWorkload {
        id: group::id(&planned.namespace, &planned.name),
        place: planned.place.clone(),
        images: images.collect(),
        labels: one.group.labels.clone().unwrap_or_default(),
        landing,
    }
}

/// The images that are never pulled, by their normalised names.
fn kept(group: &Group) -> Vec<String> {
    let never = group.images.iter().filter(|image| image.pull_policy == PullPolicy::Never);
    never.filter_map(|image| Reference::parse(&image.image).ok()).map(|image| image.normalized()).collect()
}

async fn nodes(api: &Api, workloads: &BTreeMap<String, One<'_>>) -> (Nodes, Outcome<u64>) {
    let kept: BTreeSet<String> = workloads.values().flat_map(|one| kept(&one.group)).collect();
    let kept: Vec<Reference> = kept.iter().filter_map(|image| Reference::parse(image).ok()).collect();
    let list = List::of("nodes", "v1", "", "nodes");
    let listed = list.fold(api, || Nodes { nodes: Vec::new(), kept: kept.clone() }).await;
    let outcome = listed.outcome();
    let mut nodes = listed.state;
    nodes.sort();
    (nodes, outcome)
}

/// The namespaces that workloads go to.
async fn namespaces(
    api: &Api,
    manifests: &Manifests,
    workloads: &BTreeMap<String, One<'_>>,
) -> Vec<PlannedNamespace> {
    let names: BTreeSet<&str> = workloads.values().map(|one| one.planned.namespace.as_str()).collect();
    let reading = names.into_iter().map(|name| async move {
        let mut outcome = match api.get_bytes(JSON, &path::named("/api/v1/namespaces", name)).await {
            Ok(_) => Outcome::Seen { value: () },
            Err(error) => outcome_of(&error),
        };
        if matches!(outcome, Outcome::Denied { .. }) && no_namespace(api, name).await.is_some() {
            outcome = Outcome::Absent { message: Clean::new("there is none of that name") };
        }
        let brought = manifests.namespaces.iter().any(|one| one.name == name);
        PlannedNamespace { name: name.to_string(), outcome, brought }
    });
    futures::iter(reading).buffered(TOGETHER).collect().await
}

fn absent(namespaces: &[PlannedNamespace]) -> BTreeSet<String> {
    let absent = namespaces.iter().filter(|one| matches!(one.outcome, Outcome::Absent { .. }));
    absent.map(|one| one.name.clone()).collect()
}

/// The Secrets that the workloads name, or that their builders mount.
fn wanted(workloads: &BTreeMap<String, One<'_>>, accounts: &[ServiceAccount]) -> Wanted {
    let mut wanted = Wanted::new();
    for one in workloads.values() {
        let namespace = &one.planned.namespace;
        let account = accounts
            .iter()
            .find(|account| account.namespace == *namespace && account.name == one.group.service_account);
        let carried =
            account.and_then(ServiceAccount::seen).filter(|_| one.group.template_secrets.is_empty());
        let carried = carried.into_iter().flat_map(|account| &account.pull_secrets);
        for name in one.group.template_secrets.iter().chain(carried) {
            wanted.entry((namespace.clone(), name.clone())).or_default().for_kubelet = true;
        }
        for (secret, key) in one.group.builder_secrets() {
            let reason = wanted.entry((namespace.clone(), secret.to_string())).or_default();
            reason.keys.insert(key.to_string());
        }
    }
    wanted
}

/// What is asked, and what the manifests bring.
struct Reader<'r> {
    api: &'r Api,
    key: &'r RunKey,
    manifests: &'r Manifests,
    /// Namespaces that do not exist.
    absent: BTreeSet<String>,
}

impl Reader<'_> {
    /// The ServiceAccounts of the workloads, as they will be.
    async fn accounts(&self, workloads: &BTreeMap<String, One<'_>>) -> (Vec<ServiceAccount>, Outcome<u64>) {
        let keys =
            workloads.values().map(|one| (one.planned.namespace.clone(), one.group.service_account.clone()));
        let keys: BTreeSet<Key> = keys.collect();
        let (new, there): (BTreeSet<Key>, BTreeSet<Key>) =
            keys.into_iter().partition(|(namespace, _)| self.absent.contains(namespace));
        let namespaces: BTreeSet<&String> = there.iter().map(|(namespace, _)| namespace).collect();
        // Of several, all are listed.
        let namespace = match namespaces.len() {
            1 => namespaces.first().map(ToString::to_string).unwrap_or_default(),
            _ => String::new(),
        };
        let (mut found, outcome) = accounts::read(self.api, &namespace, &there).await;
        found.extend(new.iter().map(new_account));
        found.iter_mut().for_each(|account| self.bring_account(account));
        found.sort_by(|a, b| a.id.cmp(&b.id));
        (found, outcome)
    }

    /// The Secrets as they will be, and which of them the manifests bring.
    async fn secrets(&self, wanted: &Wanted) -> (Vec<PullSecret>, Vec<crate::evidence::preflight::Brought>) {
        let (new, there): (Wanted, Wanted) =
            wanted.clone().into_iter().partition(|((namespace, _), _)| self.absent.contains(namespace));
        let mut found = secrets::read(self.api, self.key, &there).await;
        found.extend(new.keys().map(new_secret));
        let mut brought = self.other_brought();
        for secret in &mut found {
            let place = (secret.namespace.clone(), secret.name.clone());
            let reason = wanted.get(&place).cloned().unwrap_or_default();
            brought.extend(self.bring_secret(secret, &reason));
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        (found, brought)
    }

    /// Other namespaces that have Secrets of names that are missing.
    async fn names(&self, secrets: &mut [PullSecret]) -> Outcome<u64> {
        let Some(missing) = secrets.iter().find(|secret| secret.is_absent()) else {
            return Outcome::Seen { value: 0 };
        };
        let (names, outcome) = names::read(self.api, &missing.namespace).await;
        secrets.iter_mut().for_each(|secret| names.tell(secret));
        outcome
    }
}

/// In a namespace that is new there is one ServiceAccount, without pull secrets.
fn new_account((namespace, name): &Key) -> ServiceAccount {
    let outcome = match name.as_str() {
        "default" => Outcome::Seen { value: ServiceAccountSeen::default() },
        _ => Outcome::Absent { message: Clean::new("its namespace is new") },
    };
    ServiceAccount {
        id: format!("serviceaccount/{namespace}/{name}"),
        namespace: namespace.clone(),
        name: name.clone(),
        outcome,
    }
}

fn new_secret((namespace, name): &Key) -> PullSecret {
    PullSecret {
        id: format!("secret/{namespace}/{name}"),
        namespace: namespace.clone(),
        name: name.clone(),
        outcome: Outcome::Absent { message: Clean::new("its namespace is new") },
        also_in: None,
    }
}
