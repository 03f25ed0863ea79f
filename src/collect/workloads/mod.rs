//! What the API server shows of workloads and of what their pulls need, for `why` and `secrets`.
//!
//! Everything is listed in pages of 500 and folded object by object: a pod is counted into its workload and forgotten.
//! What may not be read is told in [`Workloads::reads`], and in the items themselves. Of Secrets only those are read that
//! a workload, its ServiceAccount or its builders name, and of a credential nothing is kept but what
//! [`SecretEvidence`](crate::registry::keyring::evidence::SecretEvidence) holds. Nothing is written.

mod accounts;
mod controllers;
mod credentials;
mod egress;
mod events;
#[cfg(test)]
mod events_tests;
mod failing;
mod group;
mod lists;
mod merged;
mod named;
mod names;
mod nodes;
mod objects;
mod owners;
mod place;
pub mod planned;
mod pods;
mod pulls;
mod scope;
mod secrets;
#[cfg(test)]
mod tests;
mod wire;

use jiff::Timestamp;

use crate::api::Api;
use crate::collect::namespace::absent_namespace;
use crate::collect::workloads::lists::Listed;
use crate::error::Error;
use crate::evidence::workloads::{EgressPolicy, Read, Resource, Workloads};
use crate::evidence::{Node, Outcome, Step};
use crate::plan::{Plan, ScopePlan};
use crate::secret::RunKey;
use crate::text::Clean;

use controllers::{Controllers, KINDS};
use lists::List;
use merged::Merged;
use pods::Pods;
use scope::Scope;

/// Requests for single objects that go side by side.
const TOGETHER: usize = 16;

/// What `why` reads.
const WHY: &[Resource] = &[
    Resource::Pods,
    Resource::Deployments,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::Jobs,
    Resource::CronJobs,
    Resource::Events,
    Resource::Nodes,
    Resource::ServiceAccounts,
    Resource::Secrets,
    Resource::SecretNames,
    Resource::NetworkPolicies,
];

/// What `why` reads for a scope.
pub fn reads_for_why(scope: &ScopePlan) -> Vec<Resource> {
    let replica_sets = scope.workloads.iter().any(|name| name.starts_with("rs/"));
    WHY.iter().copied().chain(replica_sets.then_some(Resource::ReplicaSets)).collect()
}

/// What `secrets` reads for a scope: neither events nor nodes.
pub fn reads_for_secrets(scope: &ScopePlan) -> Vec<Resource> {
    let of_pulls = |resource: &Resource| matches!(resource, Resource::Events | Resource::Nodes);
    reads_for_why(scope).into_iter().filter(|resource| !of_pulls(resource)).collect()
}

/// Reads what the plan's scope names. With [`Action::Why`](crate::evidence::Action::Why), Secrets are read in namespaces where a pull fails, of
/// workloads that were named, and of builders; else of all workloads.
///
/// # Errors
///
/// A named workload that does not exist, a namespace that does not, where the rights allow to tell, a selector that is none, and an API server that answers none of the lists of
/// workloads. A refusal is no error: see [`Workloads::reads`].
pub async fn read(api: &Api, plan: &Plan, key: &RunKey) -> Result<(Workloads, Vec<Node>), Error> {
    let scope = Scope::of(plan)?;
    let reads = plan.scope.as_ref().map(|scope| scope.reads.as_slice()).unwrap_or_default();
    let reader = Reader { api, key, reads, scope: &scope, is_audit: plan.action.audits() };
    let (mut merged, mut told, now) = reader.workloads().await?;
    reader.refuse_if_no_namespace(&merged).await?;
    told.extend(pulls::read(&reader, &mut merged, now).await);
    let ((nodes, of_nodes), (policies, of_policies), credentials) =
        tokio::join!(reader.nodes(&merged), reader.policies(&merged), credentials::read(&reader, &merged));
    told.extend(of_nodes.into_iter().chain(of_policies).chain(credentials.reads));
    let (workloads, failing) = merged.into_evidence(&credentials.accounts);
    let order = |read: &Read| reads.iter().position(|one| *one == read.resource);
    told.sort_by_key(order);
    let service_accounts = credentials.accounts;
    let secrets = credentials.secrets;
    Ok((Workloads { reads: told, workloads, failing, service_accounts, secrets, policies }, nodes))
}

/// What is asked, and of whom.
struct Reader<'r> {
    api: &'r Api,
    key: &'r RunKey,
    reads: &'r [Resource],
    scope: &'r Scope,
    /// Whether workloads are judged whose pulls do not fail.
    is_audit: bool,
}

impl Reader<'_> {
    fn wants(&self, resource: Resource) -> bool {
        self.reads.contains(&resource)
    }

    /// The one namespace that all of these lie in, where it is one; empty for all.
    fn namespace_of<'n>(&self, mut namespaces: impl Iterator<Item = &'n str>) -> &'n str
    where
        Self: 'n,
    {
        let first = namespaces.next().unwrap_or_default();
        if namespaces.all(|one| one == first) { first } else { "" }
    }

    /// Pods and the objects that make them, and the server's time.
    async fn workloads(&self) -> Result<(Merged, Vec<Read>, Timestamp), Error> {
        let named = named::read(self.api, self.scope).await?;
        let [deployments, stateful_sets, daemon_sets, jobs, cron_jobs] = KINDS;
        let (pods, a, b, c, d, e) = tokio::join!(
            self.pods(),
            self.controllers(deployments),
            self.controllers(stateful_sets),
            self.controllers(daemon_sets),
            self.controllers(jobs),
            self.controllers(cron_jobs),
        );
        let mut controllers: Vec<_> = [a, b, c, d, e].into_iter().flatten().collect();
        let mut told: Vec<Read> =
            controllers.iter().map(|(resource, listed)| read_of(*resource, listed)).collect();
        told.extend(pods.iter().map(|listed| read_of(Resource::Pods, listed)));
        self.refuse_if_unanswered(pods.as_ref(), &controllers)?;
        let now = pods.as_ref().and_then(|listed| listed.date).unwrap_or_else(Timestamp::now);
        let mut pods = pods.unwrap_or_else(|| Listed::none(Pods::of(self.scope)));
        let counted = named.into_lists(&mut pods.state, &mut controllers, self.scope)?;
        if self.wants(Resource::ReplicaSets) {
            told.push(Read { resource: Resource::ReplicaSets, outcome: Outcome::Seen { value: counted } });
        }
        let controllers = controllers.into_iter().map(|(_, listed)| listed.state).collect();
        Ok((Merged::of(pods.state, controllers, self.scope), told, now))
    }

    async fn pods(&self) -> Option<Listed<Pods<'_>>> {
        if !self.wants(Resource::Pods) {
            return None;
        }
        let list = List::of("pods", "v1", &self.scope.namespace, "pods");
        Some(list.fold(self.api, || Pods::of(self.scope)).await)
    }

    async fn controllers(
        &self,
        (resource, group_version, kind): &(Resource, &'static str, &'static str),
    ) -> Option<(Resource, Listed<Controllers<'_>>)> {
        if !self.wants(*resource) {
            return None;
        }
        let list = List::of(resource.as_str(), group_version, &self.scope.namespace, resource.as_str());
        Some((*resource, list.fold(self.api, || Controllers::of(self.scope, kind)).await))
    }

    /// An API server that cannot be asked at all is no evidence about workloads. One that refuses is.
    fn refuse_if_unanswered(
        &self,
        pods: Option<&Listed<Pods<'_>>>,
        controllers: &[(Resource, Listed<Controllers<'_>>)],
    ) -> Result<(), Error> {
        let errors = controllers.iter().map(|(_, listed)| listed.error.as_ref());
        let mut errors: Vec<_> = errors.collect();
        errors.extend(pods.map(|listed| listed.error.as_ref()));
        let answered = errors.iter().any(|error| error.is_none_or(|error| error.code() == Some(403)));
        let place = match self.scope.namespace.as_str() {
            "" => "all namespaces".to_string(),
            namespace => format!("namespace {namespace}"),
        };
        match errors.into_iter().flatten().last() {
            Some(error) if !answered => {
                Err(Error::doing(format!("read the workloads of {place}"))(error.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Nothing found may mean that there is no such namespace.
    async fn refuse_if_no_namespace(&self, merged: &Merged) -> Result<(), Error> {
        let namespace = self.scope.namespace.as_str();
        if namespace.is_empty() || merged.found_any {
            return Ok(());
        }
        absent_namespace(self.api, namespace).await.map_or(Ok(()), Err)
    }

    /// Nodes, where a pull fails.
    async fn nodes(&self, merged: &Merged) -> (Vec<Node>, Option<Read>) {
        if !self.wants(Resource::Nodes) {
            return (Vec::new(), None);
        }
        if merged.failing.is_empty() {
            return (Vec::new(), Some(unasked(Resource::Nodes)));
        }
        let images = merged.failing.iter().map(|one| one.pull.image.as_str());
        let (nodes, outcome) = nodes::read(self.api, images).await;
        (nodes, Some(Read { resource: Resource::Nodes, outcome }))
    }

    /// Policies, where a pull fails or there is a builder.
    async fn policies(&self, merged: &Merged) -> (Vec<EgressPolicy>, Option<Read>) {
        if !self.wants(Resource::NetworkPolicies) {
            return (Vec::new(), None);
        }
        let subjects = merged.subjects();
        if subjects.is_empty() {
            return (Vec::new(), Some(unasked(Resource::NetworkPolicies)));
        }
        let namespace = match self.scope.namespace.as_str() {
            "" => self.namespace_of(subjects.iter().map(|one| one.namespace.as_str())),
            namespace => namespace,
        };
        let (policies, outcome) = egress::read(self.api, namespace, &subjects).await;
        (policies, Some(Read { resource: Resource::NetworkPolicies, outcome }))
    }
}

fn read_of<S>(resource: Resource, listed: &Listed<S>) -> Read {
    Read { resource, outcome: listed.outcome() }
}

/// Nothing made it necessary to ask.
fn unasked(resource: Resource) -> Read {
    Read { resource, outcome: Outcome::Seen { value: 0 } }
}

/// How reading objects one by one went as a whole: denied where all were, failed where one failed.
fn together<T>(outcomes: impl Iterator<Item = Outcome<T>>) -> Outcome<u64> {
    let (mut answered, mut denied) = (0, None);
    for outcome in outcomes {
        match outcome {
            Outcome::Seen { .. } | Outcome::Absent { .. } => answered += 1,
            Outcome::Denied { status, message } => denied = Some((status, message)),
            Outcome::Failed { step, message } => return Outcome::Failed { step, message },
            Outcome::TimedOut { .. } => {
                return Outcome::Failed { step: Step::Read, message: Clean::new("no answer in time") };
            }
        }
    }
    match denied {
        Some((status, message)) if answered == 0 => Outcome::Denied { status, message },
        _ => Outcome::Seen { value: answered },
    }
}
