//! Credentials that work today.

use super::about::about;
use super::look::{Look, looks};
use super::stored::is_nobodys_first;
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::probe::CredentialSeen;
use crate::finding::{Finding, Severity};
use crate::registry::credential::CredentialKind;

/// Credentials that work and end soon.
pub(in crate::diagnose) fn expiring(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for look in looks(evidence) {
        for attempt in look.with_credentials().filter(|attempt| attempt.succeeded()) {
            findings
                .extend(attempt.credential.as_ref().and_then(|credential| expires_soon(&look, credential)));
        }
    }
    findings
}

fn expires_soon(look: &Look<'_>, credential: &CredentialSeen) -> Option<Finding> {
    let described = &credential.described;
    let (end, now) = (described.expires_at?, look.seen_at());
    let left = end.as_second() - now.as_second();
    let issued = described.issued_at.map(|begin| end.as_second() - begin.as_second());
    let lifetime = issued.or_else(|| usual_lifetime(described.kind))?;
    if left <= 0 || lifetime <= 0 || left.saturating_mul(10) >= lifetime {
        return None;
    }
    let cause = format!(
        "The credential of {} for {} ends at {end}: less than a tenth of its lifetime is left.",
        credential.source,
        look.registry()
    );
    let mut finding = about(look, Code::CredentialExpiresSoon, Some(&credential.source), cause);
    if is_nobodys_first(look, credential) {
        finding.severity = Severity::Info;
    }
    Some(finding)
}

/// How long credentials of a kind live that do not say when they were issued, in seconds (documented by their
/// issuers).
fn usual_lifetime(kind: CredentialKind) -> Option<i64> {
    match kind {
        CredentialKind::EcrToken | CredentialKind::EcrPublicToken => Some(12 * 3600),
        CredentialKind::AzureRefreshToken => Some(3 * 3600),
        CredentialKind::GoogleAccessToken => Some(3600),
        _ => None,
    }
}
