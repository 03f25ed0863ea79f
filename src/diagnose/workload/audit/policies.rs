//! Policies that leave a builder's pods nothing to connect to.

use std::collections::BTreeMap;

use super::{Audit, in_order};
use crate::code::Code;
use crate::evidence::workloads::{EgressPolicy, Workload};
use crate::finding::{Finding, Severity, Subject};
use crate::fix::workload as fix;

/// Builders whose policies together allow neither HTTPS, nor name look-ups, nor any address. Policies add up; one
/// that selects pods by label is not read, so this is never certain. The kubelet's own pulls are not subject to them.
pub(super) fn cut_off(audit: &Audit<'_>) -> Vec<Finding> {
    if audit.is_why() {
        return Vec::new();
    }
    let mut by_workload: BTreeMap<&str, Vec<&EgressPolicy>> = BTreeMap::new();
    for policy in &audit.view.seen.policies {
        for id in &policy.workloads {
            by_workload.entry(id).or_default().push(policy);
        }
    }
    let builders = in_order(&audit.view)
        .into_iter()
        .filter(|one| one.active && !one.out_of_scope && !one.builders.is_empty());
    let judged = builders.filter_map(|workload| {
        let mut policies = by_workload.remove(workload.id.as_str())?;
        policies.sort_by(|a, b| a.id.cmp(&b.id));
        (!policies.iter().any(|policy| allows_anything(policy))).then(|| cut(workload, &policies))?
    });
    judged.collect()
}

fn allows_anything(policy: &EgressPolicy) -> bool {
    policy.allows_https_anywhere || policy.allows_dns || !policy.allows.is_empty()
}

fn cut(workload: &Workload, policies: &[&EgressPolicy]) -> Option<Finding> {
    let first = policies.first()?;
    let cause = format!(
        "networkpolicy/{} in namespace {} lets the pods of {}, which build or push images, neither look up names nor \
         connect to any address: their registry and its token service are out of reach.",
        first.name, first.namespace, workload.name
    );
    let name = format!("networkpolicy/{}", first.name);
    let mut finding = Finding::new(Code::EgressBlocked, Subject { name, ..Subject::default() }, cause);
    finding.severity = Severity::Warning;
    finding.certain = false;
    finding.settle_by = Some(format!(
        "kubectl regauth push REPOSITORY -n {} --as-workload {}",
        workload.namespace, workload.name
    ));
    finding.evidence = policies.iter().map(|policy| policy.id.clone()).collect();
    finding.evidence.push(workload.id.clone());
    finding.fixes = fix::look_at_policy(first);
    Some(finding)
}
