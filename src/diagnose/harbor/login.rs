//! What came of the login with the credential.

use super::about::about;
use super::view::{Core, View};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::harbor::pods::TellingLine;
use crate::evidence::harbor::seen::Login;
use crate::finding::Finding;

/// A refusal of a wrong password takes about 1.5 s; one while another login of the same user fails comes at once
/// (Harbor 2.16). In milliseconds.
const AT_ONCE_MS: u64 = 1_000;
/// What the name of a robot account begins with unless it is configured.
const ROBOT: &str = "robot$";

/// What came of the login with the credential.
pub(in crate::diagnose) fn logins(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let Some(login) = view.seen.and_then(|seen| seen.login.as_ref()) else { return Vec::new() };
    if login.is_refused() {
        return vec![refused_login(&view, login, "a login without a scope was refused")];
    }
    login.refused_later.iter().map(|at| refused_at(&view, login, at)).collect()
}

/// One took the credential and another refused it: the account may be locked there for a while, or the cores do not
/// share what they must (a database, an identity provider). Neither is settled by a second try, which is not made.
fn refused_at(view: &View<'_>, login: &Login, at: &str) -> Finding {
    let user = login.credential.username.as_str();
    let place = place_in_words(at);
    let cause = format!(
        "{} refused the user {user} of {}, which Harbor had taken a moment before: the credential is good, and it is sent nowhere else from then on. Either that core locks the user for now, because another client is logging in with a wrong password, or it knows other accounts than the rest.",
        capitalised(&place),
        login.source
    );
    let cores: Vec<&Core<'_>> = view.cores.iter().filter(|core| core.name == at).collect();
    let mut finding = about(view, Code::CredentialRejected, &cores, login.source.clone(), cause);
    finding.evidence.extend([view.part("login"), view.part("decision")]);
    // The credential is good: another login is no mend.
    finding.fixes = crate::fix::harbor::ask_later(view);
    finding.certain = false;
    finding.also_possible = vec![Code::AccountLocked, Code::HarborConfigDrift];
    finding.settle_by = Some(format!(
        "one more run when no other client uses an old password of this user; if {place} refuses it again, its log and its settings of the database beside the others'{}",
        if view.harbor.is_some() { " (--logs, --exec)" } else { "" }
    ));
    finding
}

/// `core harbor-core-1`, `the front door`.
fn place_in_words(at: &str) -> String {
    if at == "front" { "the front door".into() } else { format!("core {at}") }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Harbor says neither whether the password is wrong nor whether the account is expired, disabled or locked.
pub(super) fn refused_login(view: &View<'_>, login: &Login, how: &str) -> Finding {
    let user = login.credential.username.as_str();
    let is_robot = user.starts_with(ROBOT);
    let logged = view.logged_by_all(TellingLine::RobotUnusable);
    let expired = login.credential.expires_at.is_some_and(|at| at <= view.evidence.collected_at);
    let at_once = login.exchange.as_ref().is_some_and(|one| one.took_ms < AT_ONCE_MS);
    let (code, certain, words) = if expired {
        (Code::CredentialExpired, true, " Its own time says that it has expired.".to_string())
    } else if is_robot && view.log_names(TellingLine::RobotUnusable, user) {
        let words = " The cores' logs say that this robot account is expired or disabled.";
        (Code::RobotAccountUnusable, true, words.to_string())
    } else if is_robot && logged > 0 {
        let lines = format!(
            " The cores' logs have {logged} lines of robot accounts that are expired or disabled, of this one or of another."
        );
        // The lines may be another robot's.
        (Code::RobotAccountUnusable, false, lines)
    } else {
        let why = match (is_robot, at_once) {
            (true, _) => {
                " It may be wrong, or the robot account expired or disabled: Harbor does not say which."
            }
            (false, true) => {
                " It came at once, where a wrong password takes 1.5 s: the user may be locked for as long as another login with a wrong one is being answered."
            }
            _ => "",
        };
        (Code::CredentialRejected, false, why.to_string())
    };
    let cause = format!("Harbor refused the user {user} of {}: {how}.{words}", login.source);
    let mut finding = about(view, code, &[], login.source.clone(), cause);
    finding.evidence = vec![view.part("login"), view.part("decision")];
    finding.certain = certain;
    if !certain {
        let robot = [Code::RobotAccountUnusable, Code::CredentialRejected, Code::CredentialExpired];
        let person: &[Code] =
            if at_once { &[Code::AccountLocked] } else { &[Code::CredentialExpired, Code::AccountLocked] };
        finding.also_possible =
            if is_robot { robot.into_iter().filter(|one| *one != code).collect() } else { person.to_vec() };
        finding.settle_by = Some(match is_robot {
            true => "the robot account in Harbor (its expiry, and whether it is enabled), or the cores' logs (--logs)".into(),
            false => "a login at Harbor's portal, once, when no other client uses the old password".into(),
        });
    }
    finding
}
