//! The rules about workloads: what the API server shows of their pods, ServiceAccounts, pull secrets and policies.
//!
//! Two questions share them. `why`: which cause has this pull that fails? `secrets`: which workload lacks what its
//! images need, before a pull fails? `failing/` judges pulls that fail, `audit/` what is written down.

pub(super) mod audit;
pub(super) mod failing;
pub(super) mod planned;
#[cfg(test)]
mod tests;
mod view;

use crate::evidence::Evidence;
use crate::finding::Finding;

pub(crate) use view::{Keyring, View};

/// Says in which namespace each finding's object is, where one namespace alone is concerned. Ids of such items name it
/// second: `pod/NAMESPACE/POD/CONTAINER`.
pub(super) fn place(findings: &mut [Finding], evidence: &Evidence) {
    if evidence.workloads.is_none() {
        return;
    }
    for finding in findings {
        let mut namespaces: Vec<&str> =
            finding.evidence.iter().filter_map(|id| id.split('/').nth(1)).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        if let ([one], true) = (namespaces.as_slice(), finding.subject.is_namespaced()) {
            finding.subject.namespace = (*one).to_string();
        }
    }
}
