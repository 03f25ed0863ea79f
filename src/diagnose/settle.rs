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

/// The same of containers that wait for their image: what is written down is known beside the message.
const OF_PODS: &[(Code, &[Code])] = &[
    (
        Code::PullSecretNotReferenced,
        &[Code::NoCredential, Code::PermissionDenied, Code::CredentialNotVisible],
    ),
    // A registry that hides what may not be read mostly asks who is there; a 404 to nobody is what it says.
    (Code::ImageNotFound, &[Code::PullSecretNotReferenced]),
    (Code::PullSecretNoMatch, UNSUPPLIED),
    (Code::PullSecretEmpty, UNSUPPLIED),
    // An entry without a password is sent as it is, and refused.
    (Code::PullSecretEmpty, &[Code::CredentialRejected]),
    (
        Code::PullSecretMalformed,
        &[Code::NoCredential, Code::ImageNotFound, Code::CredentialNotVisible, Code::Unknown],
    ),
    (Code::CredentialExpired, &[Code::CredentialRejected, Code::PermissionDenied, Code::NoCredential]),
    // The mend of a limit for pulls without a login is part of what is said of the limit.
    (Code::RateLimited, &[Code::PullSecretNotReferenced]),
];

/// What a Secret that is there would have supplied.
const UNSUPPLIED: &[Code] =
    &[Code::NoCredential, Code::ImageNotFound, Code::PermissionDenied, Code::CredentialNotVisible];

/// Whether a cause that is read from what is written down of a pull says more than another one about the same.
pub(crate) fn says_better(specific: Code, general: Code) -> bool {
    let tables = MORE_SPECIFIC.iter().chain(OF_PODS);
    tables.filter(|(code, _)| *code == specific).any(|(_, generals)| generals.contains(&general))
}

/// What ids of containers that wait for their image begin with.
const POD: &str = "pod/";

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
        let general = |table: &'static [(Code, &'static [Code])]| {
            let fitting = table.iter().filter(|(specific, _)| *specific == finding.code);
            fitting.flat_map(|(_, generals)| generals.iter())
        };
        for code in general(MORE_SPECIFIC) {
            let items = finding.evidence.iter().filter(|id| has_one_cause(id));
            explained.extend(items.map(|id| (*code, id.clone())));
        }
        for code in general(OF_PODS) {
            let of_pods = finding.evidence.iter().filter(|id| id.starts_with(POD));
            explained.extend(of_pods.map(|id| (*code, id.clone())));
        }
    }
    findings.into_iter().filter_map(|finding| unexplained(finding, &explained)).collect()
}

/// What is left of a finding. One about several pods goes on standing for those that nothing else explains.
fn unexplained(mut finding: Finding, explained: &HashSet<(Code, String)>) -> Option<Finding> {
    let is_explained = |id: &String| explained.contains(&(finding.code, id.clone()));
    if !finding.evidence.iter().any(is_explained) {
        return Some(finding);
    }
    let is_left = finding.evidence.iter().any(|id| id.starts_with(POD) && !is_explained(id));
    let left = finding.evidence.iter().filter(|id| !is_explained(id)).cloned().collect();
    finding.evidence = left;
    is_left.then_some(finding)
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

pub(super) fn absorb(one: &mut Finding, other: Finding) {
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
