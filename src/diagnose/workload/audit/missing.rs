//! Pull secrets that are named and not there.

use std::collections::BTreeMap;

use super::Audit;
use super::pullers::{Puller, Use};
use super::words::{about_secret, all_the_same, some_of, who_names};
use crate::code::Code;
use crate::evidence::workloads::PullSecret;
use crate::finding::{Finding, Severity};
use crate::fix::workload as fix;

/// Pull secrets that no Secret of the namespace answers to; and those that could not be read and that kubelets say
/// they did not find.
pub(super) fn pull_secrets(audit: &Audit<'_>) -> Vec<Finding> {
    let mut missing: BTreeMap<(&str, &str), Vec<&Puller<'_>>> = BTreeMap::new();
    let mut reported: BTreeMap<(&str, &str), Vec<&Puller<'_>>> = BTreeMap::new();
    for puller in audit.pullers() {
        let namespace = puller.workload.namespace.as_str();
        for name in &puller.keyring.missing {
            missing.entry((namespace, name)).or_default().push(puller);
        }
        for name in puller.keyring.unread.iter().filter(|name| nodes_without(puller, name) > 0) {
            reported.entry((namespace, name)).or_default().push(puller);
        }
    }
    let secret = |(namespace, name)| audit.view.secret(namespace, name);
    let absent = missing.into_iter().filter_map(|(key, pullers)| Some(absent(audit, secret(key)?, &pullers)));
    let told = reported.into_iter().map(|(key, pullers)| not_found(audit, key, &pullers));
    absent.chain(told).collect()
}

fn absent(audit: &Audit<'_>, secret: &PullSecret, pullers: &[&Puller<'_>]) -> Finding {
    let uses = uses(audit, pullers);
    let weight = pullers.iter().map(|puller| puller.weight(audit)).min().unwrap_or(Severity::Error);
    let elsewhere = match secret.also_in.as_deref() {
        None | Some([]) => String::new(),
        Some([one]) => format!(" Namespace {one} has one of that name."),
        Some(many) => format!(" Namespaces {} have one.", some_of(many.iter().map(String::as_str))),
    };
    let all_the_same = all_the_same(pullers);
    let cause = format!(
        "The pull secret {} does not exist in namespace {}; {}.{elsewhere}{all_the_same}",
        secret.name,
        secret.namespace,
        who_names(pullers)
    );
    let mut finding = about_secret(secret, Code::PullSecretMissing, pullers, &uses, cause);
    finding.severity = weight;
    let named_by = pullers.first().map(|puller| puller.workload);
    finding.fixes = fix::missing(secret, audit.elsewhere(secret), named_by, audit.view.scope().fix_format);
    finding
}

/// Secrets may not be read, and a kubelet found none. One may have been refused it for a moment; several do not err
/// alike.
fn not_found(audit: &Audit<'_>, (namespace, name): (&str, &str), pullers: &[&Puller<'_>]) -> Finding {
    let unread = PullSecret {
        id: format!("secret/{namespace}/{name}"),
        namespace: namespace.to_string(),
        name: name.to_string(),
        outcome: crate::evidence::Outcome::Absent { message: crate::text::Clean::default() },
        also_in: None,
    };
    let nodes = pullers.iter().map(|puller| nodes_without(puller, name)).max().unwrap_or_default();
    let cause = format!(
        "The kubelet did not find the pull secret {name} in namespace {namespace}; {}.",
        who_names(pullers)
    );
    let mut finding = about_secret(&unread, Code::PullSecretMissing, pullers, &uses(audit, pullers), cause);
    finding.severity = pullers.iter().map(|puller| puller.weight(audit)).min().unwrap_or(Severity::Error);
    finding.certain = nodes > 1;
    if !finding.certain {
        finding.settle_by = Some(format!("kubectl -n {namespace} get secret {name}"));
    }
    finding.fixes = vec![crate::fix::look_at_secret(name, namespace)];
    finding
}

/// On how many nodes the kubelet did not find a pull secret of a workload.
fn nodes_without(puller: &Puller<'_>, name: &str) -> usize {
    let failing = puller.uses.iter().flat_map(|one| &one.failing);
    let without = failing.filter(|pull| pull.missing_pull_secrets.iter().any(|missing| missing == name));
    without.map(|pull| pull.node.as_str()).collect::<std::collections::BTreeSet<_>>().len()
}

/// The images of these workloads.
pub(super) fn uses<'p, 'e>(audit: &Audit<'e>, pullers: &[&'p Puller<'e>]) -> Vec<&'p Use<'e>> {
    pullers.iter().flat_map(|puller| puller.uses(audit)).collect()
}
