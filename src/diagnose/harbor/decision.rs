//! What a client's own token says: which of the cases it is that look the same from outside.

use super::about::{about, whole};
use super::login::refused_login;
use super::matrix::rejections;
use super::view::{Core, View};
use crate::code::Code;
use crate::diagnose::probe::words;
use crate::evidence::Evidence;
use crate::evidence::harbor::Decision;
use crate::evidence::harbor::seen::{Login, is_refusal_of_core};
use crate::evidence::probe::{Answer, Exchange, ExchangeStep};
use crate::finding::{Candidate, Finding, Severity};
use crate::registry::api_error::ErrorBody;
use crate::registry::claims::Claims;
use crate::registry::known::{self, Place, Provider, SentCredential};
use crate::registry::rate_limit::RateLimit;

/// Harbor says of itself that it is read-only.
pub(in crate::diagnose) fn read_only(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    if !says_read_only(&view) {
        return Vec::new();
    }
    let cause = "Harbor is read-only: an administrator made it so, or a garbage collection runs; pushes are refused, pulls go on.";
    let mut finding = about(&view, Code::RegistryReadOnly, &[], whole(&view), cause.into());
    finding.evidence = vec!["harbor/info".into()];
    vec![finding]
}

fn says_read_only(view: &View<'_>) -> bool {
    let info = |core: &Core<'_>| core.seen.and_then(|seen| seen.info.as_ref()?.read_only);
    view.cores.iter().any(|core| info(core) == Some(true))
}

/// Whether a token that grants the push was refused.
pub(super) fn is_refused_push(view: &View<'_>) -> bool {
    view.seen.and_then(|seen| seen.decision.as_ref()).is_some_and(|decision| {
        grants_push(decision)
            && upload(decision).is_some_and(|answer| answer.status == 401 && !is_refusal_of_core(answer))
    })
}

fn claims(decision: &Decision) -> Option<&Claims> {
    decision.token.answer()?.claims.as_ref()
}

fn upload(decision: &Decision) -> Option<&Answer> {
    decision.upload.as_ref().and_then(Exchange::answer)
}

fn grants_push(decision: &Decision) -> bool {
    claims(decision).and_then(|claims| claims.grants(&decision.repository, "push")).unwrap_or_default()
}

/// Which of the cases it is.
pub(in crate::diagnose) fn decided(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let Some(decision) = view.seen.and_then(|seen| seen.decision.as_ref()) else { return Vec::new() };
    // What is no token for the repository grants no push to anybody, and says nothing of a right.
    if decision.token.step != ExchangeStep::PushToken {
        return Vec::new();
    }
    // What another server answers is none of Harbor's rules.
    let front = view.seen.and_then(|seen| seen.front.as_ref()).filter(|_| decision.at == "front");
    if front.is_some_and(super::front::is_no_harbor) {
        return Vec::new();
    }
    // A refused login has its own finding, and nothing was sent after it.
    let is_refused = view.seen.and_then(|seen| seen.login.as_ref()).is_some_and(Login::is_refused);
    let Some(token) = decision.token.answer().filter(|_| !is_refused) else { return Vec::new() };
    let found = match (token.status, upload(decision)) {
        (200, _) if claims(decision).is_some_and(|claims| claims.sub.is_none()) => nobody(&view),
        (200, Some(answer)) if grants_push(decision) => refused_upload(&view, decision, answer),
        (200, Some(answer)) if answer.status == 202 => None,
        (200, _) if claims(decision).is_some() => Some(without_right(&view, decision)),
        (200, Some(answer)) => refused_upload(&view, decision, answer),
        // A core that cannot issue is told by its own finding.
        (500, _) if view.cores.iter().any(|core| core.seen.is_some_and(|seen| seen.cannot_issue())) => None,
        (200, None) => None,
        _ => Some(judged(&view, decision, token, Place::TokenService)),
    };
    // What Harbor says of itself is told once.
    let is_told = |finding: &Finding| finding.code == Code::RegistryReadOnly && says_read_only(&view);
    found.into_iter().filter(|finding| !is_told(finding)).collect()
}

fn source(view: &View<'_>) -> String {
    let login = view.seen.and_then(|seen| seen.login.as_ref());
    login.map_or_else(|| "the credential".into(), |login| login.source.clone())
}

/// A token for nobody, to a credential. Where the login says the same, the one finding is enough.
fn nobody(view: &View<'_>) -> Option<Finding> {
    let login = view.seen?.login.as_ref()?;
    let how = "its token was issued to nobody, although the credential was sent";
    (!login.is_refused() && login.refused_later.is_none()).then(|| refused_login(view, login, how))
}

fn about_repository(view: &View<'_>, decision: &Decision, code: Code, cause: String) -> Finding {
    let name = match code {
        Code::HarborTokenRejected | Code::TokenOutlived | Code::HarborConfigDrift => whole(view),
        code if code.refuses_credential() => source(view),
        Code::RepositoryNotFound => format!("project/{}", project(decision)),
        _ => format!("repository/{}", decision.repository),
    };
    let mut finding = about(view, code, &[], name, cause);
    finding.evidence = vec![view.part("decision")];
    finding.messages = upload(decision).or(decision.token.answer()).and_then(words).into_iter().collect();
    finding
}

fn project(decision: &Decision) -> &str {
    decision.repository.split('/').next().unwrap_or_default()
}

/// The token names the account, and not the right.
fn without_right(view: &View<'_>, decision: &Decision) -> Finding {
    // Of a project that does not exist, the token says nothing; the upload does.
    if let Some(answer) = upload(decision).filter(|answer| answer.status != 401 || says_not_found(answer)) {
        return judged(view, decision, answer, Place::Registry);
    }
    let granted = claims(decision).and_then(|claims| claims.access.as_ref()).into_iter().flatten();
    let actions: Vec<String> = granted
        .filter(|one| one.name.as_str() == decision.repository)
        .flat_map(|one| &one.actions)
        .map(ToString::to_string)
        .collect();
    let may = if actions.is_empty() { "nothing".to_string() } else { super::about::list(&actions) };
    let user =
        claims(decision).and_then(|claims| claims.sub.as_ref()).map(ToString::to_string).unwrap_or_default();
    let cause = format!(
        "{user} ({}) may not push to {}: its own token names the account and grants {may} there, so it is neither the credential nor a key.",
        source(view),
        decision.repository
    );
    about_repository(view, decision, Code::PushDenied, cause)
}

fn says_not_found(answer: &Answer) -> bool {
    let errors = answer.error.iter().flat_map(|error| &error.errors);
    errors.into_iter().any(|error| error.message.as_str().contains("not found"))
}

/// The push is granted. What came of the upload?
fn refused_upload(view: &View<'_>, decision: &Decision, answer: &Answer) -> Option<Finding> {
    match answer.status {
        202 => None,
        401 if !is_refusal_of_core(answer) && grants_push(decision) && !says_not_found(answer) => {
            Some(refused_token(view, decision))
        }
        _ => Some(judged(view, decision, answer, Place::Registry)),
    }
}

/// A token that grants the push was refused: key, clock or expiry.
fn refused_token(view: &View<'_>, decision: &Decision) -> Finding {
    if let Some(cause) = outlived(view, decision) {
        return about_repository(view, decision, Code::TokenOutlived, cause);
    }
    let at = if decision.at == "front" {
        "at the front door".to_string()
    } else {
        format!("at core {}", decision.at)
    };
    let cause = format!(
        "Harbor issued a token that grants the push to {} and refused that same token {at}: the credential and its right are fine, and a core did not take it: for its key, for its time, or (from 2.13.5 and 2.14.3 on) because it was issued more than 60 s before the project was created, as where the clock of the core that issued it is behind.",
        decision.repository
    );
    let mut finding = about_repository(view, decision, Code::HarborTokenRejected, cause);
    finding.certain = false;
    finding.also_possible = vec![Code::HarborKeyMismatch, Code::TokenTimeRejected, Code::ClockDrift];
    finding.settle_by = Some(match rejections(view).is_empty() {
        true => "the keys and clocks of all cores, each asked by itself, and their logs (--logs)".into(),
        false => "the cores' logs (--logs), which say whether it was the key or the time".into(),
    });
    finding
}

/// The token had ended when it was shown, by the clock of whichever core is the furthest behind: the observer's own
/// clock says nothing of a token's times. Where no core's clock was seen, nobody can say.
fn outlived(view: &View<'_>, decision: &Decision) -> Option<String> {
    let (asked, ends) = (decision.asked_at?, claims(decision)?.exp?);
    let front = view.seen?.front.as_ref();
    let clocks = view.cores.iter().filter_map(|core| core.seen?.clock);
    let clocks =
        clocks.chain(front.and_then(|front| front.dates)).chain(front.and_then(|front| front.issued));
    let least_us = clocks.map(|clock| clock.low_us).min()?;
    let leeway_us = i64::try_from(crate::plan::clock::HARBOR_LEEWAY_MS).ok()?.saturating_mul(1_000);
    let shown_us = asked.as_microsecond().saturating_add(least_us);
    let ended_us = ends.as_microsecond().saturating_add(leeway_us);
    (shown_us > ended_us).then(|| {
        format!("The token for {} ended at {ends} and was shown at {asked}: the operation takes longer than its token lives.", decision.repository)
    })
}

/// Other refusals, as the tables of known registries read them.
fn judged(view: &View<'_>, decision: &Decision, answer: &Answer, place: Place) -> Finding {
    let (nothing, no_limit) = (ErrorBody::default(), RateLimit::default());
    let described = view.seen.and_then(|seen| seen.login.as_ref()).map(|login| &login.credential);
    let sent = described.map(|described| SentCredential {
        user: Some(described.username.clone()).filter(|user| !user.is_empty()),
        expired: described.expires_at.map(|expiry| expiry <= view.evidence.collected_at),
    });
    let judgement = known::judge(&known::Answer {
        provider: &Provider::Harbor,
        action: known::Action::Push,
        place,
        status: answer.status,
        errors: answer.error.as_ref().unwrap_or(&nothing),
        challenges: &answer.challenges,
        from_registry: answer.marks.any(),
        credential: sent.as_ref(),
        claims: claims(decision),
        repository: &decision.repository,
        limit: answer.rate_limit.as_ref().unwrap_or(&no_limit),
    });
    let mut candidates = judgement.candidates.into_iter();
    let Some(first) = candidates.next() else {
        return about_repository(
            view,
            decision,
            Code::Unknown,
            format!("Harbor answered {} to the push.", answer.status),
        );
    };
    let mut finding = about_repository(view, decision, first.code, sentence(view, decision, &first));
    finding.messages = words(answer).into_iter().collect();
    finding.certain = first.certain;
    if !first.certain {
        finding.also_possible = candidates.map(|other| other.code).collect();
        finding.settle_by = first.settle_by;
    }
    if first.code == Code::HarborConfigDrift {
        // No push works, where other differences are met now and then.
        finding.severity = Severity::Error;
        finding.settle_by =
            Some("core's REGISTRY_CREDENTIAL_* against the registry's htpasswd (--exec)".into());
        finding.fixes = crate::fix::harbor::registry_credential(view);
    }
    finding
}

fn sentence(view: &View<'_>, decision: &Decision, first: &Candidate) -> String {
    let repository = &decision.repository;
    match first.code {
        Code::RepositoryNotFound => format!(
            "Harbor has no project {}: it takes the credential and says so in words, where a missing right would look the same to a client.",
            project(decision)
        ),
        Code::RegistryReadOnly => {
            format!(
                "Harbor refuses the push to {repository} although its token grants it: {}.",
                first.because
            )
        }
        Code::HarborConfigDrift => format!(
            "The registry behind Harbor's core refuses core's own credential: REGISTRY_CREDENTIAL_* of core and the registry's htpasswd differ, whatever the client's credential. A push to {repository} cannot work."
        ),
        code if code.refuses_credential() => {
            format!("Harbor refused {}: {}.", source(view), first.because)
        }
        code => format!("A push to {repository} fails: {} ({}).", code.meaning(), first.because),
    }
}
