//! Which of a workload's labels a pod on the pod network must carry for the same NetworkPolicies to apply, and
//! what would count that pod as the workload's own.
//!
//! Only `networking.k8s.io/v1` is read. Policies of Cilium, Calico and other network plugins, and the
//! cluster-wide policies of administrators, are not: what they select on is not carried.

use serde::Deserialize;

use super::access::Right;
use super::adopter::Adopter;
use super::controllers::is_controllers_own;
use super::selector::{Labels, Selector};
use super::services::Service;
use crate::api::wire::{Meta, null_as_default};
use crate::api::{Api, path};
use crate::error::Error;

/// What reading a namespace's policies, Services and budgets needs.
pub const RIGHTS: &[Right] = &[
    Right::new("list", "networking.k8s.io", "networkpolicies", true),
    Right::new("list", "", "services", true),
    Right::new("list", "policy", "poddisruptionbudgets", true),
];

/// The NetworkPolicies of a namespace, seen from a workload's pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// Those of the workload's labels that policies select on; a pod of ours carries them.
    pub labels: Labels,
    /// Names of the policies that restrict egress of a pod with these labels.
    pub egress: Vec<String>,
    /// Names of the policies that select the workload's pods and not a pod with these labels, since they ask for
    /// labels that only a controller may give.
    pub missed: Vec<String>,
}

/// Reads the NetworkPolicies of a namespace and what they select on among `workload`, the labels of the
/// workload's pods.
pub async fn policies(api: &Api, namespace: &str, workload: &Labels) -> Result<Policies, Error> {
    let path = path::group("networking.k8s.io/v1", namespace, "networkpolicies");
    let policies: Vec<NetworkPolicy> = api
        .list("network policies", &path)
        .await
        .map_err(Error::doing(format!("list the NetworkPolicies of namespace {namespace}")))?;
    Ok(seen_from(&policies, workload))
}

/// Refuses labels with which a controller would adopt the pod, a Service would send traffic to it, or a budget
/// would count it. `labels` are all that the pod is to carry.
pub async fn refuse_if_counted(
    api: &Api,
    namespace: &str,
    (workload, adopter): (&str, Option<&Adopter>),
    labels: &Labels,
) -> Result<(), Error> {
    if let Some(adopter) = adopter.filter(|adopter| adopter.would_adopt(labels)) {
        let name = &adopter.name;
        return Err(refusal(workload, &format!("{name} would adopt it and delete one of its pods")));
    }
    let path = path::core(namespace, "services");
    let services: Vec<Service> = api
        .list("services", &path)
        .await
        .map_err(Error::doing(format!("list the Services of namespace {namespace}")))?;
    if let Some(service) = services.iter().find(|service| service.would_send_to(labels)) {
        let name = &service.metadata.name;
        return Err(refusal(
            workload,
            &format!(
                "service/{name} publishes pods that are not ready (publishNotReadyAddresses) and would send traffic to it"
            ),
        ));
    }
    let path = path::group("policy/v1", namespace, "poddisruptionbudgets");
    let budgets: Vec<Budget> = api
        .list("pod disruption budgets", &path)
        .await
        .map_err(Error::doing(format!("list the PodDisruptionBudgets of namespace {namespace}")))?;
    match budgets.iter().find(|budget| budget.would_count(labels)) {
        None => Ok(()),
        Some(budget) => Err(refusal(
            workload,
            &format!(
                "poddisruptionbudget/{} would count it, which can block the draining of nodes",
                budget.metadata.name
            ),
        )),
    }
}

fn refusal(workload: &str, why: &str) -> Error {
    Error::Usage(format!(
        "a test pod with labels of {workload} is refused, because {why}; test its ServiceAccount with \
         --service-account instead of --as-workload, which carries no labels, or its pull with --network node"
    ))
}

fn seen_from(policies: &[NetworkPolicy], workload: &Labels) -> Policies {
    let asked =
        |key: &str| policies.iter().any(|policy| policy.spec.pod_selector.keys().any(|one| one == key));
    let labels: Labels = workload
        .iter()
        .filter(|(key, _)| !is_controllers_own(key) && asked(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let names = |wanted: &dyn Fn(&NetworkPolicy) -> bool| {
        policies.iter().filter(|one| wanted(one)).map(|one| one.metadata.name.clone()).collect()
    };
    let selects = |policy: &NetworkPolicy, labels: &Labels| policy.spec.pod_selector.matches(labels);
    Policies {
        egress: names(&|policy| policy.restricts_egress() && selects(policy, &labels)),
        missed: names(&|policy| selects(policy, workload) && !selects(policy, &labels)),
        labels,
    }
}

/// `networking.k8s.io/v1` `NetworkPolicy`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NetworkPolicy {
    pub metadata: Meta,
    pub spec: PolicySpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PolicySpec {
    pub pod_selector: Selector,
    #[serde(deserialize_with = "null_as_default")]
    pub policy_types: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub egress: Vec<EgressRule>,
}

/// What an egress rule allows: these ports (none: all) of these peers (none: all).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EgressRule {
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<PolicyPort>,
    #[serde(deserialize_with = "null_as_default")]
    pub to: Vec<PolicyPeer>,
}

/// A port or a range of ports.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PolicyPort {
    /// `TCP` unless it says otherwise.
    pub protocol: String,
    /// A number, or the name of a pod's port; all of them where it is missing.
    pub port: Option<serde_json::Value>,
    /// The last of a range.
    pub end_port: Option<u16>,
}

/// Whom a rule is about; pods by their labels unless there is a block of addresses.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PolicyPeer {
    pub ip_block: Option<IpBlock>,
}

/// Addresses.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct IpBlock {
    pub cidr: String,
}

impl NetworkPolicy {
    /// Without `policyTypes` a policy is about egress when it has egress rules (`NetworkPolicySpec`); the API
    /// server fills the field in, so that is for servers that do not.
    pub(super) fn restricts_egress(&self) -> bool {
        match self.spec.policy_types.as_slice() {
            [] => !self.spec.egress.is_empty(),
            types => types.iter().any(|one| one == "Egress"),
        }
    }
}

#[derive(Deserialize)]
struct Budget {
    #[serde(default)]
    metadata: Meta,
    #[serde(default)]
    spec: BudgetSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BudgetSpec {
    selector: Option<Selector>,
}

impl Budget {
    /// In `policy/v1` an empty selector counts every pod of the namespace, a missing one none.
    fn would_count(&self, labels: &Labels) -> bool {
        self.spec.selector.as_ref().is_some_and(|selector| selector.matches(labels))
    }
}

#[cfg(test)]
#[path = "policies_tests.rs"]
mod tests;
