//! Workloads without a matching credential beside a Secret that has one.

use std::collections::BTreeMap;

use super::Audit;
use super::expiry::settle;
use super::fitting::{Fit, Fitting};
use super::pullers::{Puller, State, Use, is_read_by_kubelet};
use super::wants::Want;
use super::words::{about_workloads, some_of};
use crate::code::Code;
use crate::diagnose::workload::Keyring;
use crate::finding::{Finding, Severity};
use crate::fix::workload as fix;
use crate::plan::SecretSource;
use crate::registry::known::Provider;
use crate::registry::reference::Reference;

/// Workloads of one ServiceAccount that lack the same Secret with the same consequences.
type Lacking<'p, 'e> = (Fit<'p, 'e>, Vec<&'p Puller<'e>>, Vec<&'p Use<'e>>);

/// Workloads that do not name a Secret which has the credential for their image.
pub(super) fn not_referenced(audit: &Audit<'_>) -> Vec<Finding> {
    let fitting = Fitting::of(audit);
    let mut lacking: BTreeMap<(&str, &str, &str, Severity, bool, &str), Lacking<'_, '_>> = BTreeMap::new();
    for puller in audit.pullers().filter(|puller| is_sound(&puller.keyring)) {
        for one in puller.uses(audit).filter(|one| is_without(one)) {
            let Some((severity, certain)) = weigh(audit, puller, one) else { continue };
            let Some(fit) = fitting.find(audit, puller, &one.reference) else { continue };
            // Without a pull that fails, a Secret that nobody uses for this registry is no sign of anything.
            if severity == Severity::Info && fit.sibling.is_none() {
                continue;
            }
            let workload = puller.workload;
            // A list of its own is mended in the workload: the ServiceAccount's does not reach it.
            let own = if puller.names.is_empty() { "" } else { workload.name.as_str() };
            let group = (
                workload.namespace.as_str(),
                fit.secret.name.as_str(),
                workload.service_account.as_str(),
                severity,
                certain,
                own,
            );
            let (_, pullers, uses) = lacking.entry(group).or_insert_with(|| (fit, Vec::new(), Vec::new()));
            super::entries::push_new(pullers, puller);
            uses.push(one);
        }
    }
    let judged = lacking.into_iter().filter_map(|((.., severity, certain, _), lacking)| {
        let mut finding = lacks(audit, &lacking)?;
        finding.severity = severity;
        finding.certain = certain;
        if !certain {
            finding.settle_by = settle(lacking.1.first()?.workload, lacking.2.first()?);
        }
        Some(finding)
    });
    judged.collect()
}

/// Whether all pull secrets were read and the kubelet reads them all: else their own faults say more.
pub(super) fn is_sound(keyring: &Keyring<'_>) -> bool {
    keyring.is_whole() && keyring.missing.is_empty() && keyring.read.iter().all(|one| is_read_by_kubelet(one))
}

/// Whether nothing matches the image.
pub(super) fn is_without(one: &Use<'_>) -> bool {
    one.matching.as_ref().is_some_and(Vec::is_empty)
}

/// Whether pods show that the image, or its registry, needs no pull secret; or a cloud's identity may stand in.
pub(super) fn may_need_none(audit: &Audit<'_>, puller: &Puller<'_>, one: &Use<'_>) -> bool {
    audit.open(&one.reference).is_some()
        || audit.is_open_registry(&one.reference)
        || Provider::of_host(one.reference.registry()).has_node_identity()
        || has_cloud_identity(puller, &one.reference)
}

/// Whether the ServiceAccount is bound to an identity of the cloud whose registry it is.
pub(super) fn has_cloud_identity(puller: &Puller<'_>, image: &Reference) -> bool {
    let is_bound = puller.account.is_some_and(|account| !account.ambient.is_empty());
    is_bound && Provider::of_host(image.registry()).has_node_identity()
}

fn weigh(audit: &Audit<'_>, puller: &Puller<'_>, one: &Use<'_>) -> Option<(Severity, bool)> {
    match one.state {
        State::Works => None,
        State::Fails(Want::Credential | Want::Unknown) if has_cloud_identity(puller, &one.reference) => None,
        State::Fails(Want::Credential | Want::Limit) => Some((Severity::Error, true)),
        State::Fails(Want::Unknown) => Some((Severity::Error, false)),
        State::Fails(Want::Other) | State::Untried => {
            let matters = !audit.is_why() && puller.workload.active && !may_need_none(audit, puller, one);
            matters.then_some((Severity::Info, true))
        }
    }
}

fn lacks(audit: &Audit<'_>, (fit, pullers, uses): &Lacking<'_, '_>) -> Option<Finding> {
    let (first, use_of_first) = (pullers.first()?, uses.first()?);
    let workload = first.workload;
    let account = format!("serviceaccount/{}", workload.service_account);
    let names = some_of(pullers.iter().map(|puller| puller.workload.name.as_str()));
    let many = pullers.len() > 1;
    let (pull, neither) = match (many, first.source) {
        (true, _) => ("pull", format!("neither they nor {account} name")),
        (false, SecretSource::ServiceAccount) => ("pulls", format!("neither it nor {account} names")),
        (false, _) => ("pulls", "its own list of pull secrets lacks".to_string()),
    };
    let used = fit.sibling.map(|other| format!(" and is used by {}", other.workload.name));
    let cause = format!(
        "{names} {pull} from {} in namespace {} without a credential: {neither} secret/{}, which has an entry for \
         it{}.",
        use_of_first.reference.registry(),
        workload.namespace,
        fit.secret.name,
        used.unwrap_or_default()
    );
    let subject = if many { account } else { workload.name.clone() };
    let mut finding = about_workloads(subject, Code::PullSecretNotReferenced, pullers, uses, cause);
    finding.evidence.insert(0, fit.secret.id.clone());
    let places: Vec<fix::Place<'_>> = pullers.iter().map(|puller| puller.place(audit)).collect();
    finding.fixes = fix::name_pull_secret_in_all(&places, &fit.secret.name);
    Some(finding)
}
