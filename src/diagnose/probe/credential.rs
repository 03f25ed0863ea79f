//! What requests with and without each credential say together.

use super::about::{about, failed, log_out, of_code, sender, weigh};
use super::answer::{self, Judged};
use super::kubelet::attach;
use super::look::{Look, looks};
use super::stored::in_its_place;
use super::without::without;
use crate::code::Code;
use crate::evidence::probe::{Action, Attempt, CredentialSeen, Withheld};
use crate::evidence::{Evidence, Network};
use crate::finding::{Finding, Severity};
use crate::registry::reference::Reference;

/// What failed for want of a right credential, a right, an image, or the registry itself.
pub(in crate::diagnose) fn failed_attempts(evidence: &Evidence) -> Vec<Finding> {
    looks(evidence).flat_map(|look| of_look(&look)).collect()
}

fn of_look(look: &Look<'_>) -> Vec<Finding> {
    let name_is_wrong = look.reference().is_none();
    if name_is_wrong {
        let cause = format!("{} is no image reference that the kubelet takes.", look.target.image);
        return vec![about(look, Code::InvalidImageName, None, cause)];
    }
    if look.look_up_fails() {
        return Vec::new();
    }
    let matching: Vec<&Attempt> = look.with_credentials().collect();
    let mut findings = match (matching.is_empty(), look.anonymous()) {
        (true, Some(anonymous)) => without(look, anonymous).into_iter().collect(),
        (true, None) => Vec::new(),
        (false, _) => with(look, &matching),
    };
    for finding in &mut findings {
        weigh(finding, look);
        if finding.severity <= finding.code.severity() {
            attach(finding, look);
        }
    }
    findings
}

/// Each credential that matches, in the order in which it is tried.
fn with(look: &Look<'_>, matching: &[&Attempt]) -> Vec<Finding> {
    // On this machine each store belongs to another client, which tries no second one.
    let each_alone = look.probe.network == Network::Local;
    let works = matching.iter().position(|attempt| attempt.succeeded()).filter(|_| !each_alone);
    let tried = works.map_or(matching, |first| &matching[..first]);
    let judged = |attempt: &&Attempt| Some(in_its_place(one(look, attempt)?, look, attempt));
    let mut findings: Vec<Finding> = tried.iter().filter_map(judged).collect();
    if let Some(success) = works.and_then(|first| matching[first].credential.as_ref()) {
        for finding in &mut findings {
            finding.severity = Severity::Warning;
            finding.cause = format!("{} The next one works: that of {}.", finding.cause, success.source);
        }
    }
    findings
}

fn one(look: &Look<'_>, attempt: &Attempt) -> Option<Finding> {
    let credential = attempt.credential.as_ref()?;
    match &attempt.withheld {
        Some(Withheld::Empty) => return Some(empty(look, credential)),
        Some(Withheld::Realm) => return Some(realm(look)),
        Some(Withheld::PlainHttp) => return in_the_clear(look),
        Some(Withheld::UntrustedCertificate) => return None,
        Some(Withheld::Scheme { asked }) if !asked.is_empty() => return of_scheme(look, credential, asked),
        Some(Withheld::RefusedElsewhere { .. } | Withheld::RefusedBefore) => {
            return refused_before(look, attempt);
        }
        // What it refuses without a challenge may be no registry's answer.
        Some(Withheld::Scheme { .. }) | None => {}
    }
    if attempt.succeeded() || (is_intermittent(look) && look.is_of_series(attempt)) {
        return None;
    }
    let judged = answer::failure(look, attempt)?;
    let is_asked = judged.first().is_some_and(|first| first.code.asks_for_credential());
    if attempt.withheld.is_some() && is_asked {
        return of_scheme(look, credential, &[]);
    }
    if hides_a_public_image(look, &judged) {
        return Some(of_code(look, attempt, &judged, Code::StaleCredential));
    }
    if judged.is_refusal && judged.first().is_some_and(|first| first.code == Code::UnexpectedResponder) {
        return Some(unmarked(look, attempt, &judged));
    }
    failed(look, attempt, &judged).map(|finding| not_found(finding, look, attempt))
}

/// A refusal without any mark of a registry: the credential's, where the same was served with another or with none.
fn unmarked(look: &Look<'_>, attempt: &Attempt, judged: &Judged) -> Finding {
    if !look.target.attempts.iter().any(Attempt::succeeded) {
        return of_code(look, attempt, judged, Code::UnexpectedResponder);
    }
    let mut finding = of_code(look, attempt, judged, Code::CredentialRejected);
    finding.certain = false;
    finding.also_possible = vec![Code::CredentialExpired, Code::PermissionDenied];
    finding.settle_by = Some("the same with a credential of a fresh login".into());
    finding
}

/// Some pushes of a series worked: the series tells more than its first push.
pub(super) fn is_intermittent(look: &Look<'_>) -> bool {
    look.target.series.as_ref().is_some_and(|series| series.accepted > 0)
}

/// Whether it is the credential that is refused while nobody's request is served. Since that one is served, it is
/// the registry that refuses, whether or not its refusal bears a mark.
fn hides_a_public_image(look: &Look<'_>, judged: &Judged) -> bool {
    let refuses = |code: Code| {
        code.asks_for_credential() || matches!(code, Code::RobotAccountUnusable | Code::UnexpectedResponder)
    };
    look.is_public()
        && look.target.action != Action::Push
        && judged.is_refusal
        && judged.first().is_some_and(|first| refuses(first.code))
}

/// An entry that matches and holds nothing: it is sent, and nothing else is tried in its place.
fn empty(look: &Look<'_>, credential: &CredentialSeen) -> Finding {
    let why = credential.useless.as_ref().map_or_else(|| "is empty".to_string(), ToString::to_string);
    let hides = match look.is_public() {
        true => format!(
            "; {} is public, but {} does not ask without a credential once an entry matches",
            look.target.image,
            sender(look)
        ),
        false => String::new(),
    };
    let cause = format!("The entry `{}` of {} matches and {why}{hides}.", credential.key, credential.source);
    let mut finding = about(look, Code::PullSecretEmpty, Some(&credential.source), cause);
    log_out(&mut finding, look, credential);
    finding
}

/// The entry cannot be sent as the registry asks: for this registry it is none.
fn of_scheme(look: &Look<'_>, credential: &CredentialSeen, asked: &[crate::text::Clean]) -> Option<Finding> {
    let asked: Vec<&str> = asked.iter().map(crate::text::Clean::as_str).collect();
    let how = match asked.is_empty() {
        true => "refuses and does not say how a credential is to be sent".to_string(),
        false => format!("asks by {}, for which it cannot be used", asked.join(", ")),
    };
    let cause = format!(
        "The entry `{}` of {} was not sent: {} {how}.",
        credential.key,
        credential.source,
        look.registry()
    );
    (!look.is_public()).then(|| about(look, Code::NoCredential, Some(&credential.source), cause))
}

/// The realm is in the clear while the registry is not.
fn realm(look: &Look<'_>) -> Finding {
    let ping = look.target.ping.as_ref().and_then(|ping| ping.answer());
    let realm = ping.and_then(|answer| answer.challenges.iter().find_map(|one| one.realm()));
    let named =
        realm.map(|realm| format!(" ({})", crate::text::Clean::with_cap(realm, 256))).unwrap_or_default();
    let cause = format!(
        "The token service that {} names{named} is in the clear, where no credential is sent: its external URL is wrong.",
        look.registry()
    );
    about(look, Code::RealmMismatch, None, cause)
}

/// A registry in the clear, unless its HTTPS port said so already.
fn in_the_clear(look: &Look<'_>) -> Option<Finding> {
    let told = look
        .endpoints()
        .any(|(_, one)| super::way::fault(one).is_some_and(|fault| fault.code == Code::PlainHttpRegistry));
    let cause = format!(
        "{} speaks plain HTTP, where no credential is sent unless you say so with --plain-http.",
        look.registry()
    );
    (!told).then(|| about(look, Code::PlainHttpRegistry, None, cause))
}

/// A credential that stayed away because the registry had refused it: the same cause, here too.
fn refused_before(look: &Look<'_>, attempt: &Attempt) -> Option<Finding> {
    let credential = attempt.credential.as_ref()?;
    let fingerprint = credential.described.fingerprint.as_ref();
    let refusal = |other: Look<'_>| {
        let same = |one: &&Attempt| {
            let seen = one.credential.as_ref().map(|seen| seen.described.fingerprint.as_ref());
            one.refuses_credential() && seen == Some(fingerprint)
        };
        let refused = other.target.attempts.iter().find(same)?;
        Some(answer::failure(&other, refused))
    };
    // The registry's own, or else that of another one that shares its token service.
    let own = |other: &Look<'_>| other.registry() == look.registry();
    let refusal = looks(look.evidence)
        .filter(own)
        .find_map(refusal)
        .or_else(|| looks(look.evidence).filter(|other| !own(other)).find_map(refusal));
    let judged = match refusal {
        Some(Some(judged)) => judged,
        // It was taken for none and did no harm: Harbor serves public images with a wrong password.
        Some(None) if look.is_public() => return None,
        _ => return Some(refused_by_kubelet(look, credential)),
    };
    if hides_a_public_image(look, &judged) {
        return Some(of_code(look, attempt, &judged, Code::StaleCredential));
    }
    failed(look, attempt, &judged)
}

/// The refusal was a kubelet's, whose finding says more.
fn refused_by_kubelet(look: &Look<'_>, credential: &CredentialSeen) -> Finding {
    let code = if look.is_public() { Code::StaleCredential } else { Code::CredentialRejected };
    let judged = Judged::default();
    let attempt = Attempt { credential: Some(credential.clone()), ..Attempt::default() };
    let mut finding = of_code(look, &attempt, &judged, code);
    if code == Code::CredentialRejected {
        finding.certain = false;
        finding.also_possible = vec![Code::CredentialExpired];
        finding.settle_by = Some("the message of the kubelet whose pull was refused".into());
    }
    finding
}

/// "Not found" is also what registries say that hide what may not be read: certain where the same identity has
/// read the repository.
pub(super) fn not_found(mut finding: Finding, look: &Look<'_>, attempt: &Attempt) -> Finding {
    if finding.code != Code::ImageNotFound {
        return finding;
    }
    let fingerprint =
        |attempt: &Attempt| attempt.credential.as_ref().map(|seen| seen.described.fingerprint.clone());
    let repository = look.reference().map(|image: Reference| image.repository());
    let reads = |other: Look<'_>| {
        other.reference().map(|image| image.repository()) == repository
            && other.target.action != Action::Push
            && other
                .target
                .attempts
                .iter()
                .any(|one| one.succeeded() && fingerprint(one) == fingerprint(attempt))
    };
    if looks(look.evidence).any(reads) {
        finding.certain = true;
        finding.also_possible.clear();
        finding.settle_by = None;
    }
    finding
}
