//! Which finding stands where several explain the same evidence, and which ones are one.

use std::collections::{BTreeMap, HashSet};

use crate::code::Code;
use crate::finding::Finding;

/// Pairs of a specific code and the general ones that it replaces when both explain the same item.
pub(super) const MORE_SPECIFIC: &[(Code, &[Code])] = &[
    (Code::EgressBlocked, &[Code::ConnectionTimedOut, Code::ConnectionRefused]),
    (Code::StaleCredential, &[Code::CredentialRejected, Code::CredentialExpired, Code::PermissionDenied]),
    (Code::PullSecretMissing, WANTING),
    (Code::PullSecretWrongType, WANTING),
    (Code::BuilderConfigMisnamed, &[Code::PullSecretMissing, Code::NoCredential]),
    (Code::BuilderConfigNotMounted, &[Code::NoCredential]),
    (Code::CredentialNotVisible, &[Code::NoCredential]),
    (Code::ConnectionTimedOut, &[Code::PullNotFinished]),
    (Code::RuntimeFailed, &[Code::NoCredential, Code::CredentialRejected]),
    (Code::HarborKeyMismatch, &[Code::HarborTokenRejected, Code::HarborKeyStale]),
    (Code::TokenTimeRejected, &[Code::HarborTokenRejected]),
];

/// What a registry says to those who have no credential for it.
const WANTING: &[Code] =
    &[Code::NoCredential, Code::ImageNotFound, Code::PermissionDenied, Code::PullSecretNoMatch];

/// The same between a probe's finding and that of the kubelet beside it, which tells neither which credential nor
/// whose host it was.
pub(super) const KNOWN_TO_PROBES: &[(Code, &[Code])] = &[
    (Code::EgressBlocked, &[Code::RegistryNameUnresolved, Code::TokenServiceUnreachable]),
    (Code::CredentialExpired, &[Code::CredentialRejected]),
    (Code::AccountLocked, &[Code::CredentialRejected]),
    (Code::RobotAccountUnusable, &[Code::CredentialRejected]),
    (Code::PullSecretNoMatch, &[Code::NoCredential, Code::ImageNotFound]),
    (Code::PullSecretEmpty, &[Code::NoCredential, Code::ImageNotFound, Code::CredentialRejected]),
    (Code::PullSecretMalformed, &[Code::NoCredential, Code::ImageNotFound]),
    (
        Code::TokenServiceUnreachable,
        &[
            Code::RegistryNameUnresolved,
            Code::CertificateUntrusted,
            Code::CertificateNameMismatch,
            Code::CertificateNotValidNow,
            Code::TlsHandshakeFailed,
            Code::ConnectionRefused,
            Code::ConnectionTimedOut,
        ],
    ),
];

/// How many different messages a finding shows.
const MESSAGES: usize = 3;

/// Drops what a more specific finding about the same item says better.
pub(super) fn most_specific(findings: Vec<Finding>) -> Vec<Finding> {
    let mut explained: HashSet<(Code, String)> = HashSet::new();
    for finding in findings.iter().filter(|finding| explains_a_failure(finding)) {
        for (_, generals) in MORE_SPECIFIC.iter().filter(|(specific, _)| *specific == finding.code) {
            for general in *generals {
                let items = finding.evidence.iter().filter(|id| has_one_cause(id));
                explained.extend(items.map(|id| (*general, id.clone())));
            }
        }
    }
    findings
        .into_iter()
        .filter(|finding| !finding.evidence.iter().any(|id| explained.contains(&(finding.code, id.clone()))))
        .collect()
}

/// A pull fails by one cause. A workload or a Secret may have several faults that have nothing to do with each other.
fn has_one_cause(id: &str) -> bool {
    !["workload/", "secret/", "serviceaccount/", "networkpolicy/"].iter().any(|kind| id.starts_with(kind))
}

/// A finding that is rated below its usual severity is a remark about the item, not the cause of its failure.
fn explains_a_failure(finding: &Finding) -> bool {
    finding.severity <= finding.code.severity()
}

/// Makes one finding of all that have one cause: same code, subject and sentence.
pub(super) fn collapse(findings: Vec<Finding>) -> Vec<Finding> {
    let mut places: BTreeMap<(Code, String, String, bool), usize> = BTreeMap::new();
    let mut merged: Vec<Finding> = Vec::new();
    for finding in findings {
        let key = (finding.code, finding.subject.name.clone(), finding.cause.clone(), finding.certain);
        match places.get(&key).and_then(|place| merged.get_mut(*place)) {
            Some(one) => absorb(one, finding),
            None => {
                places.insert(key, merged.len());
                merged.push(finding);
            }
        }
    }
    merged
}

fn absorb(one: &mut Finding, other: Finding) {
    one.severity = one.severity.min(other.severity);
    add_new(&mut one.subject.images, other.subject.images);
    add_new(&mut one.subject.nodes, other.subject.nodes);
    add_new(&mut one.evidence, other.evidence);
    add_new(&mut one.also_possible, other.also_possible);
    add_new(&mut one.fixes, other.fixes);
    add_new(&mut one.messages, other.messages);
    one.messages.truncate(MESSAGES);
}

fn add_new<T: PartialEq>(into: &mut Vec<T>, from: Vec<T>) {
    for item in from {
        if !into.contains(&item) {
            into.push(item);
        }
    }
}
