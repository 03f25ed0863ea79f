//! Credentials in the stores of this machine, where each client sends one of several.

use super::about::{about, of_code};
use super::answer::Judged;
use super::look::Look;
use crate::code::Code;
use crate::evidence::Network;
use crate::evidence::probe::{Attempt, BrokenConfig, CredentialSeen};
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

/// A file that clients of this machine cannot read. It harms those that give up at it, and those that have nothing
/// else where a credential is asked for.
pub(super) fn unreadable(look: &Look<'_>, config: &BrokenConfig) -> Finding {
    let BrokenConfig { source, error, position, clients, stops } = config;
    let go_on: Vec<&str> =
        clients.iter().filter(|client| !stops.contains(client)).map(String::as_str).collect();
    let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
    let one_or_many = |names: &[&str], one: &str, many: &str| {
        let does = if names.len() == 1 { one } else { many };
        (!names.is_empty()).then(|| format!("{} {does}", listed(names)))
    };
    let harm = [
        one_or_many(
            &go_on,
            "goes on without its entries, good ones included",
            "go on without its entries, good ones included",
        ),
        one_or_many(&stops, "gives up", "give up"),
    ];
    let harm: Vec<String> = harm.into_iter().flatten().collect();
    let all: Vec<&str> = clients.iter().map(String::as_str).collect();
    let cause = format!("{source} cannot be read by {}: {error}; {}.", listed(&all), harm.join(", "));
    let mut finding = about(look, Code::PullSecretMalformed, Some(source), cause);
    finding.fixes = fix::probe::edit(source, *position);
    let has_another = |client: &&str| {
        let mut stores = look.evidence.stores.iter().filter(|store| store.image == look.target.image);
        stores.any(|store| store.client == *client && store.sends().is_some())
    };
    if stops.is_empty() && (look.is_public() || go_on.iter().all(has_another)) {
        finding.severity = Severity::Warning;
    }
    finding
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// An entry for the registry is there and holds nothing: clients go on without a credential.
pub(super) fn empty(
    look: &Look<'_>,
    anonymous: &Attempt,
    judged: &Judged,
    entry: &CredentialSeen,
) -> Finding {
    let mut finding = of_code(look, anonymous, judged, Code::PullSecretEmpty);
    let why = entry.useless.as_ref().map_or_else(|| "is empty".to_string(), ToString::to_string);
    finding.subject.name.clone_from(&entry.source);
    finding.cause = format!(
        "The entry `{}` of {} matches and {why}, so {} is asked without a credential and wants one.",
        entry.key,
        entry.source,
        look.registry()
    );
    finding
}
