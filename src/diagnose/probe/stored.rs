//! Credentials in the stores of this machine, where each client sends one of several.

use super::look::Look;
use crate::code::Code;
use crate::evidence::Network;
use crate::evidence::probe::{Attempt, CredentialSeen};
use crate::finding::{Finding, Severity};
use crate::fix;

/// Weighs what is wrong with a stored credential by whether a client sends it: one that comes after another in every
/// client that has it fails nothing. It is a remark, because it is sent once the one before it is removed.
pub(super) fn in_its_place(mut finding: Finding, look: &Look<'_>, attempt: &Attempt) -> Finding {
    let Some(credential) = attempt.credential.as_ref().filter(|one| is_nobodys_first(look, one)) else {
        return finding;
    };
    if !is_the_credentials_own(finding.code, look) {
        return finding;
    }
    finding.severity = Severity::Info;
    finding.cause = format!(
        "{} refuses the entry `{}` of {}, which no client sends first: it comes into play once what is sent before it is removed.",
        look.registry(),
        credential.key,
        credential.source
    );
    finding.fixes = fix::probe::remove(look, credential);
    finding
}

/// Whether no client of this machine sends this credential for the image before another one. Not where the evidence
/// does not tell which client has it.
pub(super) fn is_nobodys_first(look: &Look<'_>, credential: &CredentialSeen) -> bool {
    if look.probe.network != Network::Local {
        return false;
    }
    let stores = || look.evidence.stores.iter().filter(|store| store.image == look.target.image);
    let has_it = stores().any(|store| store.entries.iter().any(|entry| entry.is(credential)));
    has_it && !stores().any(|store| store.sends().is_some_and(|first| first.is(credential)))
}

/// Whether it is for this credential that the registry says so, and not to everybody.
fn is_the_credentials_own(code: Code, look: &Look<'_>) -> bool {
    let hidden = matches!(code, Code::ImageNotFound | Code::RepositoryNotFound | Code::UnexpectedResponder);
    code.refuses_credential()
        || matches!(code, Code::PermissionDenied | Code::PushDenied | Code::RobotAccountUnusable)
        || (hidden && look.target.attempts.iter().any(Attempt::succeeded))
}
