//! Credentials that have ended, that end soon, or that their usual renewal passed by.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Audit;
use super::entries::{Used, is_usable, push_new};
use super::pullers::{Matching, State, Use};
use super::wants::Want;
use super::words::{about_secret, some_of};
use crate::code::Code;
use crate::evidence::workloads::PullSecret;
use crate::finding::{Finding, Severity};
use crate::fix::workload as fix;
use crate::registry::credential::CredentialKind;
use crate::registry::keyring::evidence::EntryEvidence;
use crate::registry::known::Provider;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Credentials that live longer are renewed by hand: a warning weeks ahead is of use there.
const LONG_LIVED: i64 = 48 * HOUR;

/// How long a renewal of all copies may take before one that is left behind stands out.
const ROUND: i64 = 10 * MINUTE;

/// An end in the past.
struct End {
    at: Timestamp,
    /// Whether the credential itself says so. Opaque ones only seldom live longer than that.
    certain: bool,
}

/// Entries that match an image and have expired.
pub(super) fn expired(audit: &Audit<'_>) -> Vec<Finding> {
    let mut used: BTreeMap<(&str, &str, Code), Used<'_, '_>> = BTreeMap::new();
    for puller in audit.pullers() {
        for one in puller.uses(audit) {
            for matching in one.matching.iter().flatten().filter(|one| ended(audit, one).is_some()) {
                let code = match audit.open(&one.reference).is_some_and(|open| open.pulled) {
                    true => Code::StaleCredential,
                    false => Code::CredentialExpired,
                };
                let key = (matching.secret.id.as_str(), matching.entry.key.as_str(), code);
                let (_, pullers, uses) =
                    used.entry(key).or_insert_with(|| (*matching, Vec::new(), Vec::new()));
                push_new(pullers, puller);
                uses.push(one);
            }
        }
    }
    let judged = used.into_iter().filter_map(|((_, _, code), used)| has_ended(audit, code, &used));
    judged.collect()
}

fn has_ended(audit: &Audit<'_>, code: Code, (matching, pullers, uses): &Used<'_, '_>) -> Option<Finding> {
    let end = ended(audit, matching)?;
    let Matching { secret, entry } = matching;
    let whose = format!("entry `{}` of secret/{} in namespace {}", entry.key, secret.name, secret.namespace);
    let since = match end.certain {
        true => format!("expired at {}", end.at),
        false => format!("is of a kind that does not live so long: it was last written before {}", end.at),
    };
    let who = some_of(pullers.iter().map(|puller| puller.workload.name.as_str()));
    let cause = match code {
        Code::StaleCredential => format!(
            "The {whose} {since}; {who} would pull without any, as others do, and the kubelet sends this one first."
        ),
        _ => format!("The {whose} {since}; {who} would pull with it."),
    };
    let mut finding = about_secret(secret, code, pullers, uses, cause);
    let helped_out = |one: &&Use<'_>| one.matching.iter().flatten().any(|other| is_usable(audit, other));
    if uses.iter().all(helped_out) {
        finding.severity = Severity::Warning;
    }
    if !end.certain {
        finding.certain = false;
        finding.also_possible = vec![Code::CredentialRejected];
        finding.settle_by = settle(pullers.first()?.workload, uses.first()?);
    }
    let since = last_pulled_after(uses, end.at);
    if code == Code::CredentialExpired && (since.is_some() || uses.iter().any(node_may_help)) {
        if let Some(at) = since {
            finding.cause +=
                &format!(" Pods that ask the registry at each start have started since, the last at {at}.");
        }
        finding.severity = Severity::Warning;
        finding.certain = false;
        finding.also_possible.push(Code::CredentialNotVisible);
        finding.settle_by = settle(pullers.first()?.workload, uses.first()?);
    }
    let maybe_public = uses.iter().any(|one| audit.open(&one.reference).is_some());
    if code == Code::CredentialExpired && maybe_public {
        finding.also_possible.push(Code::StaleCredential);
    }
    finding.fixes = match code {
        Code::StaleCredential => fix::without_secret(secret, uses.first()?.image.image.as_str()),
        _ => fix::renew(secret, entry.key.as_str()),
    };
    Some(finding)
}

/// When the registry last let in who has only this credential, after its end: something else supplied one, or none is
/// needed.
fn last_pulled_after(uses: &[&Use<'_>], end: Timestamp) -> Option<Timestamp> {
    uses.iter().filter_map(|one| one.image.last_pulled_at()).filter(|at| *at > end).max()
}

/// Whether pulls may go on by what the node has: its credential provider is asked beside the pull secrets (kubelet
/// 1.26 and later), and no pull says that it did not help.
fn node_may_help(one: &&Use<'_>) -> bool {
    let refused = matches!(one.state, State::Fails(Want::Credential | Want::Unknown));
    Provider::of_host(one.reference.registry()).has_node_identity() && !refused
}

/// A pull with the workload's identity.
pub(super) fn settle(workload: &crate::evidence::workloads::Workload, one: &Use<'_>) -> Option<String> {
    if workload.owners.iter().any(|owner| owner.kind == crate::evidence::workloads::OwnerKind::Manifest) {
        return Some("the test of its pull, which preflight makes unless it is given --read-only".into());
    }
    Some(format!(
        "kubectl regauth pull {} -n {} --as-workload {}",
        crate::fix::shell::quoted(&one.image.image),
        workload.namespace,
        workload.name
    ))
}

/// Whether a credential has expired by its own word.
pub(super) fn has_expired(audit: &Audit<'_>, matching: &Matching<'_>) -> bool {
    expired_at(audit, matching.secret, matching.entry).is_some()
}

/// When an entry expired by its own word.
pub(super) fn expired_at(audit: &Audit<'_>, secret: &PullSecret, entry: &EntryEvidence) -> Option<Timestamp> {
    of_entry(audit, secret, entry).filter(|end| end.certain).map(|end| end.at)
}

fn ended(audit: &Audit<'_>, matching: &Matching<'_>) -> Option<End> {
    of_entry(audit, matching.secret, matching.entry)
}

fn of_entry(audit: &Audit<'_>, secret: &PullSecret, entry: &EntryEvidence) -> Option<End> {
    let is_past = |at: &Timestamp| audit.seconds_since(*at) >= 0;
    if let Some(at) = entry.credential.expires_at {
        return is_past(&at).then_some(End { at, certain: true });
    }
    let lives = opaque_lifetime(entry.credential.kind)?;
    let written = secret.seen()?.written.changed_at?;
    let at = written.checked_add(jiff::SignedDuration::from_secs(lives)).ok()?;
    is_past(&at).then_some(End { at, certain: false })
}

/// How long credentials usually live that do not say when they end, in seconds: Google's access tokens an hour
/// (documented default). A GitLab job's ends with the job, for which a day is long.
fn opaque_lifetime(kind: CredentialKind) -> Option<i64> {
    match kind {
        CredentialKind::GoogleAccessToken => Some(HOUR),
        CredentialKind::GitLabJobToken => Some(24 * HOUR),
        _ => None,
    }
}

/// Credentials that work and end soon, or that were left behind when other copies were renewed.
pub(super) fn expiring(audit: &Audit<'_>) -> Vec<Finding> {
    // What works needs no word where the question is why something else does not.
    if audit.is_why() {
        return Vec::new();
    }
    let mut used: BTreeMap<(&str, &str), Used<'_, '_>> = BTreeMap::new();
    for puller in audit.pullers() {
        for one in puller.uses(audit) {
            for matching in one.matching.iter().flatten().filter(|one| is_usable(audit, one)) {
                let key = (matching.secret.id.as_str(), matching.entry.key.as_str());
                let (_, pullers, uses) =
                    used.entry(key).or_insert_with(|| (*matching, Vec::new(), Vec::new()));
                push_new(pullers, puller);
                uses.push(one);
            }
        }
    }
    let judged = used.into_values().filter_map(|(matching, pullers, uses)| {
        let why = ends_soon(audit, &matching)?;
        let Matching { secret, entry } = matching;
        let cause = format!(
            "The entry `{}` of secret/{} in namespace {} {why}; {} would pull with it.",
            entry.key,
            secret.name,
            secret.namespace,
            some_of(pullers.iter().map(|puller| puller.workload.name.as_str()))
        );
        let mut finding = about_secret(secret, Code::CredentialExpiresSoon, &pullers, &uses, cause);
        finding.fixes = fix::renew(secret, entry.key.as_str());
        Some(finding)
    });
    judged.collect()
}

/// Why a credential is about to end, as the rest of a sentence.
fn ends_soon(audit: &Audit<'_>, matching: &Matching<'_>) -> Option<String> {
    let credential = &matching.entry.credential;
    let end = credential.expires_at?;
    let left = -audit.seconds_since(end);
    let lifetime = lifetime(matching);
    if lifetime.is_some_and(|lifetime| left.saturating_mul(10) < lifetime) {
        return Some(format!("ends at {end}: less than a tenth of its lifetime is left"));
    }
    let is_long = lifetime.unwrap_or(left) > LONG_LIVED;
    let within = audit.view.evidence.plan.scope.as_ref().and_then(|scope| scope.within_seconds);
    let within = within.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    if is_long {
        return within.filter(|within| left < *within).map(|_| format!("ends at {end}"));
    }
    left_behind(audit, matching, end, lifetime?).map(|newest| {
        format!("ends at {end}, and copies in other namespaces at {newest}: its renewal is overdue")
    })
}

/// From issue, or at the latest from the Secret's last change, to the end, in seconds.
fn lifetime(matching: &Matching<'_>) -> Option<i64> {
    let credential = &matching.entry.credential;
    let end = credential.expires_at?;
    let usual = || match credential.kind {
        CredentialKind::EcrToken | CredentialKind::EcrPublicToken => Some(12 * HOUR),
        CredentialKind::AzureRefreshToken => Some(3 * HOUR),
        _ => None,
    };
    let since = |begin: Timestamp| Some(end.as_second() - begin.as_second()).filter(|span| *span > 0);
    let written = || matching.secret.seen()?.written.changed_at;
    credential.issued_at.and_then(since).or_else(usual).or_else(|| written().and_then(since))
}

/// When the other copies of this credential end, if they were renewed and this one was not: half a lifetime later, or
/// all of several at once.
fn left_behind(
    audit: &Audit<'_>,
    matching: &Matching<'_>,
    end: Timestamp,
    lifetime: i64,
) -> Option<Timestamp> {
    let Matching { secret, entry } = matching;
    let copies = audit.view.seen.secrets.iter();
    let others: Vec<(i64, Option<Timestamp>)> = copies
        .filter(|other| other.name == secret.name && other.namespace != secret.namespace)
        .filter_map(|other| Some((other, other.seen()?)))
        .flat_map(|(_, seen)| seen.docker_config.entries.iter().map(move |one| (seen, one)))
        .filter(|(_, one)| one.lookup_key == entry.lookup_key)
        .filter(|(_, one)| one.credential.username == entry.credential.username)
        .filter_map(|(seen, one)| Some((one.credential.expires_at?.as_second(), seen.written.changed_at)))
        .collect();
    let (newest, changed) = others.iter().max_by_key(|(end, _)| *end)?;
    let oldest = others.iter().map(|(end, _)| *end).min()?;
    let ahead = newest - end.as_second();
    let together = others.len() > 1 && newest - oldest <= ROUND && ahead > HOUR;
    // A renewal that is going on has not come to this copy yet.
    let is_over = changed.is_none_or(|changed| audit.seconds_since(changed) > ROUND);
    ((ahead.saturating_mul(2) >= lifetime || together) && is_over)
        .then(|| Timestamp::from_second(*newest).ok())
        .flatten()
}
