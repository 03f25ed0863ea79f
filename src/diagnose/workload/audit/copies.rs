//! Copies of one pull secret in several namespaces that hold different credentials of the same user.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Audit;
use super::pullers::Puller;
use super::standing::Standing;
use super::words::{about_secret, some_of};
use crate::code::Code;
use crate::evidence::workloads::PullSecret;
use crate::finding::{Finding, Severity};
use crate::fix::workload as fix;
use crate::registry::credential::{CredentialKind, Described};
use crate::text::REDACTED;

/// One copy: the Secret, and the fingerprint of the credential in question.
struct Copy<'e> {
    secret: &'e PullSecret,
    fingerprint: &'e str,
    kind: CredentialKind,
    changed_at: Option<Timestamp>,
}

/// Copies by the name of the Secret, the registry's key and the user.
type Copies<'e> = BTreeMap<(&'e str, &'e str, &'e str), Vec<Copy<'e>>>;

/// Pull secrets of one name that hold different secrets of the same user for the same registry.
pub(super) fn differing(audit: &Audit<'_>) -> Vec<Finding> {
    let named: BTreeSet<&str> =
        audit.pullers().flat_map(|puller| &puller.keyring.read).map(|secret| secret.id.as_str()).collect();
    // Of several entries of one Secret that differ, one finding is enough.
    let mut told: BTreeMap<&str, Finding> = BTreeMap::new();
    for ((name, key, user), mut copies) in copies(audit) {
        copies.sort_by(|a, b| a.secret.id.cmp(&b.secret.id));
        let concerned = copies.iter().any(|copy| named.contains(copy.secret.id.as_str()));
        let fingerprints: BTreeSet<&str> = copies.iter().map(|copy| copy.fingerprint).collect();
        if concerned && fingerprints.len() > 1 && !told.contains_key(name) {
            told.extend(differ(audit, (key, user), &copies).map(|finding| (name, finding)));
        }
    }
    told.into_values().collect()
}

fn copies<'e>(audit: &Audit<'e>) -> Copies<'e> {
    let mut copies: Copies<'e> = BTreeMap::new();
    for secret in &audit.view.seen.secrets {
        let Some(seen) = secret.seen() else { continue };
        for entry in seen.docker_config.entries.iter().filter(|entry| is_one_per_user(&entry.credential)) {
            let (Some(key), Some(fingerprint)) = (&entry.lookup_key, &entry.credential.fingerprint) else {
                continue;
            };
            let place = (secret.name.as_str(), key.as_str(), entry.credential.username.as_str());
            let changed_at = seen.written.changed_at.or(seen.written.created_at);
            let kind = entry.credential.kind;
            let copy = Copy { secret, fingerprint: fingerprint.as_str(), kind, changed_at };
            copies.entry(place).or_default().push(copy);
        }
    }
    copies
}

/// Whether copies of a credential are meant to be equal: it does not end by itself, so that each copy is minted anew,
/// and its user name stands for one account rather than for a kind of token.
fn is_one_per_user(credential: &Described) -> bool {
    let is_long_lived = matches!(
        credential.kind,
        CredentialKind::Password
            | CredentialKind::HarborRobot
            | CredentialKind::QuayRobot
            | CredentialKind::GitHubToken
            | CredentialKind::GitLabToken
            | CredentialKind::DockerHubToken
            | CredentialKind::ArtifactoryApiKey
            | CredentialKind::ArtifactoryToken
            | CredentialKind::DigitalOceanToken
    );
    let is_generic = matches!(
        credential.username.as_str(),
        "" | REDACTED | "token" | "__token__" | "oauth2" | "x-access-token" | "x-token-auth" | "nologin"
    );
    is_long_lived && !is_generic && credential.expires_at.is_none()
}

/// Tokens, of which an account may have as many as it likes. A user has one password, a robot one secret.
fn is_one_of_several(kind: CredentialKind) -> bool {
    !matches!(kind, CredentialKind::Password | CredentialKind::HarborRobot | CredentialKind::QuayRobot)
}

/// Copies that hold the same.
type Group<'c, 'e> = Vec<&'c Copy<'e>>;

fn differ(audit: &Audit<'_>, (key, user): (&str, &str), copies: &[Copy<'_>]) -> Option<Finding> {
    let groups = by_content(audit, copies);
    let (right, odd) = groups.split_first()?;
    let stale = odd.iter().flatten().min_by_key(|copy| {
        let standing = audit.standings.of_secret(copy.secret);
        (Reverse(standing), copy.changed_at, copy.secret.id.as_str())
    })?;
    let name = &stale.secret.name;
    let others: Vec<String> = odd.iter().map(|group| told(audit, group)).collect();
    let cause = format!(
        "Copies of secret/{name} hold different secrets of the user {user} for {key}: {}{}{}; {}.",
        those_in(right),
        if right.len() > 1 { " agree" } else { "" },
        shown_by_pulls(audit, right).trim_end_matches(','),
        others.join("; ")
    );
    let of_copies = |puller: &&Puller<'_>| {
        let named = |secret: &&PullSecret| copies.iter().any(|copy| copy.secret.id == secret.id);
        puller.keyring.read.iter().any(named)
    };
    let pullers: Vec<&Puller<'_>> = audit.pullers().filter(of_copies).collect();
    let mut finding = about_secret(stale.secret, Code::PullSecretCopiesDiffer, &pullers, &[], cause);
    let ids: BTreeSet<String> = copies.iter().map(|copy| copy.secret.id.clone()).collect();
    finding.evidence.retain(|id| !ids.contains(id));
    finding.evidence.splice(0..0, ids);
    // What differs from the most, or from what works while it is refused, is stale. Else nobody knows which is; and where
    // accounts have several tokens, or all of many copies differ, each may be one of its own.
    let is_told =
        standing(audit, right) == Standing::Works && standing(audit, &[*stale]) == Standing::Refused;
    if is_told || odd.iter().all(|group| group.len() < right.len()) {
        let source = right.iter().min_by_key(|copy| audit.standings.of_secret(copy.secret))?;
        finding.fixes = fix::align(stale.secret, &source.secret.namespace);
    } else {
        let may_be_meant = odd.len() > 1 || copies.iter().all(|copy| is_one_of_several(copy.kind));
        finding.severity = if may_be_meant { Severity::Info } else { Severity::Warning };
        finding.certain = false;
        finding.settle_by = Some(format!(
            "whether {user} has one secret at the registry or several tokens, one for each namespace: its own list of \
             them says"
        ));
    }
    Some(finding)
}

/// Copies by what they hold. First those with which pulls work; then the most common; of equally common ones that which
/// was written last.
fn by_content<'c, 'e>(audit: &Audit<'_>, copies: &'c [Copy<'e>]) -> Vec<Group<'c, 'e>> {
    let mut groups: BTreeMap<&str, Group<'c, 'e>> = BTreeMap::new();
    for copy in copies {
        groups.entry(copy.fingerprint).or_default().push(copy);
    }
    let mut groups: Vec<Group<'c, 'e>> = groups.into_values().collect();
    // That some work decides nothing where none of the others is refused.
    let is_decided = groups.iter().any(|group| standing(audit, group) == Standing::Refused);
    let newest = |group: &[&Copy<'_>]| group.iter().filter_map(|copy| copy.changed_at).max();
    let first = |group: &[&Copy<'_>]| group.first().map(|copy| copy.secret.id.clone());
    groups.sort_by_key(|group| {
        let standing = Some(standing(audit, group)).filter(|_| is_decided);
        (standing, Reverse(group.len()), Reverse(newest(group)), first(group))
    });
    groups
}

/// How pulls with copies that hold the same go.
fn standing(audit: &Audit<'_>, group: &[&Copy<'_>]) -> Standing {
    let all: BTreeSet<Standing> = group.iter().map(|copy| audit.standings.of_secret(copy.secret)).collect();
    match (all.contains(&Standing::Works), all.contains(&Standing::Refused)) {
        (true, false) => Standing::Works,
        (false, true) => Standing::Refused,
        _ => Standing::Unknown,
    }
}

/// `those in namespaces a and b`.
fn those_in(group: &[&Copy<'_>]) -> String {
    let spaces = some_of(group.iter().map(|copy| copy.secret.namespace.as_str()));
    let those = if group.len() > 1 { "those in namespaces" } else { "that in namespace" };
    format!("{those} {spaces}")
}

/// What pulls say of it, as a clause.
fn shown_by_pulls(audit: &Audit<'_>, group: &[&Copy<'_>]) -> &'static str {
    match standing(audit, group) {
        Standing::Works => ", with which pods pull,",
        Standing::Refused => ", with which pulls are refused,",
        Standing::Unknown => "",
    }
}

/// `that in namespace c, last written at …, differs`.
fn told(audit: &Audit<'_>, group: &[&Copy<'_>]) -> String {
    let written = group.iter().filter_map(|copy| copy.changed_at).max();
    let shown = shown_by_pulls(audit, group);
    let comma = if shown.is_empty() { "," } else { "" };
    let written = written.map(|at| format!(", last written at {at}{comma}")).unwrap_or_default();
    let verb = if group.len() == 1 { "differs" } else { "differ" };
    format!("{}{written}{shown} {verb}", those_in(group))
}
