//! The client's own token.

use super::build::*;
use crate::code::Code;
use crate::evidence::harbor::pods::TellingLine;
use crate::evidence::harbor::seen::SystemInfo;
use crate::evidence::probe::{Answer, ExchangeStep};
use crate::evidence::{Evidence, Outcome};
use crate::finding::Severity;
use crate::report::Report;
use crate::text::Clean;

fn decided(kids: &[&str], decision: crate::evidence::harbor::Decision) -> Evidence {
    let mut evidence = harbor(kids);
    seen(&mut evidence).login = Some(login("ci", 200));
    seen(&mut evidence).decision = Some(decision);
    evidence
}

fn good(upload: Answer) -> crate::evidence::harbor::Decision {
    decision(Some("ci"), &["pull", "push"], Some(upload))
}

#[test]
fn a_push_that_is_accepted_is_no_finding() {
    assert_eq!(codes(&decided(&[A, A], good(answer(202, "", "")))), []);
}

#[test]
fn a_refused_login_is_the_credential_and_it_is_not_said_which_way() {
    let mut evidence = harbor(&[A, A]);
    seen(&mut evidence).login = Some(login("ci", 401));
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::CredentialRejected, false));
    assert_eq!(finding.subject.name, "secret/regcred");
}

#[test]
fn a_refusal_at_once_may_be_a_user_that_is_locked() {
    let mut evidence = harbor(&[A, A]);
    let mut quick = login("ci", 401);
    quick.exchange.as_mut().unwrap().took_ms = 3;
    seen(&mut evidence).login = Some(quick);
    let finding = only(&evidence);
    assert_eq!(finding.also_possible, [Code::AccountLocked]);
    assert!(finding.cause.contains("at once"), "{}", finding.cause);
}

#[test]
fn a_refused_robot_may_be_expired_and_the_log_settles_it() {
    let mut evidence = harbor(&[A, A]);
    seen(&mut evidence).login = Some(login("robot$team+ci", 401));
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::CredentialRejected, false));
    assert_eq!(finding.also_possible[0], Code::RobotAccountUnusable);
    logged(&mut evidence, 1, TellingLine::RobotUnusable, 2);
    let finding = only(&evidence);
    assert_eq!(
        (finding.code, finding.certain),
        (Code::RobotAccountUnusable, false),
        "the lines may be another robot's"
    );
    assert_eq!(finding.also_possible, [Code::CredentialRejected, Code::CredentialExpired]);
    if let Outcome::Seen { value } = &mut shown(&mut evidence).logs[0].outcome {
        value[0].accounts = vec![Clean::new("robot$old"), Clean::new("robot$team+ci")];
    }
    let finding = only(&evidence);
    assert_eq!(
        (finding.code, finding.certain),
        (Code::RobotAccountUnusable, true),
        "its log names the account"
    );
}

#[test]
fn a_token_for_nobody_is_a_refused_credential() {
    let evidence = decided(&[A, A], decision(None, &[], Some(refused_push())));
    assert_eq!(only(&evidence).code, Code::CredentialRejected);
    // The login has said so before: one finding is enough.
    let mut evidence = evidence;
    seen(&mut evidence).login = Some(login("ci", 401));
    assert_eq!(codes(&evidence), [Code::CredentialRejected]);
}

#[test]
fn a_token_without_the_right_is_the_projects_right() {
    let evidence = decided(&[A, A], decision(Some("ci"), &["pull"], Some(refused_push())));
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::PushDenied, true));
    assert!(finding.cause.contains("grants pull there"), "{}", finding.cause);
}

#[test]
fn a_project_that_does_not_exist_is_told_by_harbors_words() {
    let body =
        r#"{"errors":[{"code":"UNAUTHORIZED","message":"project team not found: project team not found"}]}"#;
    for actions in [&["pull", "push"][..], &[][..]] {
        let evidence = decided(&[A, A], decision(Some("admin"), actions, Some(answer(401, "", body))));
        let finding = only(&evidence);
        assert_eq!((finding.code, finding.certain), (Code::RepositoryNotFound, true));
        assert_eq!(finding.subject.name, "project/team");
    }
}

#[test]
fn read_only_is_told_by_harbors_words_or_by_itself() {
    let body = r#"{"errors":[{"code":"DENIED","message":"The system is in read only mode. Any modification is prohibited."}]}"#;
    let finding = only(&decided(&[A, A], good(answer(403, "", body))));
    assert_eq!((finding.code, finding.certain), (Code::RegistryReadOnly, true));
    let mut evidence = harbor(&[A, A]);
    info(&mut evidence, SystemInfo { read_only: Some(true), ..SystemInfo::default() });
    assert_eq!(only(&evidence).code, Code::RegistryReadOnly);
    let mut both = decided(&[A, A], good(answer(403, "", body)));
    info(&mut both, SystemInfo { read_only: Some(true), ..SystemInfo::default() });
    assert_eq!(only(&both).code, Code::RegistryReadOnly, "told once");
}

#[test]
fn a_granted_token_that_is_refused_is_not_settled_where_keys_and_clocks_agree() {
    let finding = only(&decided(&[A, A], good(refused_push())));
    assert_eq!((finding.code, finding.certain), (Code::HarborTokenRejected, false));
    assert!(finding.also_possible.contains(&Code::HarborKeyMismatch));
    assert!(finding.cause.contains("before the project was created"), "{}", finding.cause);
}

#[test]
fn a_granted_token_that_is_refused_is_the_keys_where_they_differ() {
    assert_eq!(codes(&decided(&[A, B], good(refused_push()))), [Code::HarborKeyMismatch]);
}

#[test]
fn a_granted_token_that_is_refused_is_the_time_where_clocks_differ() {
    let mut evidence = decided(&[A, A], good(refused_push()));
    clock(&mut evidence, 1, 90.0);
    matrix(&mut evidence, |issuer, verifier| issuer == 1 && verifier == 2);
    assert_eq!(codes(&evidence), [Code::TokenTimeRejected]);
}

#[test]
fn a_token_that_has_ended_was_outlived() {
    let mut late = good(refused_push());
    late.asked_at = Some(at(NOW + 1_900));
    let finding = only(&decided(&[A, A], late));
    assert_eq!((finding.code, finding.certain), (Code::TokenOutlived, true));
}

#[test]
fn the_registry_behind_that_refuses_core_is_configuration() {
    let upload = answer(401, "Basic realm=\"harbor-registry-basic-realm\"", "");
    let finding = only(&decided(&[A, A], good(upload)));
    assert_eq!((finding.code, finding.severity), (Code::HarborConfigDrift, Severity::Error));
    assert!(finding.settle_by.unwrap().contains("(--exec)"));
    let restart = "kubectl -n harbor rollout restart deployment/harbor-core deployment/REGISTRY";
    assert!(finding.fixes.iter().any(|fix| fix.command == restart), "{:?}", finding.fixes);
}

#[test]
fn a_core_that_cannot_issue_is_one_finding() {
    let mut evidence = decided(&["", ""], good(refused_push()));
    let decision = seen(&mut evidence).decision.as_mut().unwrap();
    decision.token = answered(ExchangeStep::PushToken, answer(500, "", ""));
    decision.upload = None;
    let found = codes(&evidence);
    assert!(found.iter().all(|code| *code == Code::HarborKeyUnreadable), "{found:?}");
}

#[test]
fn a_good_credential_that_a_second_core_refuses_is_no_missing_right() {
    let mut evidence = harbor(&[A, A]);
    let mut refused = login("ci", 200);
    refused.refused_later = Some(name(2));
    // What older versions took for the repository's token: the login without a scope, which grants nothing.
    let mut of_login = decision(Some("ci"), &[], None);
    of_login.token.step = ExchangeStep::Login;
    seen(&mut evidence).login = Some(refused);
    seen(&mut evidence).decision = Some(of_login);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::CredentialRejected, false));
    assert_eq!(finding.also_possible, [Code::AccountLocked, Code::HarborConfigDrift]);
    assert!(finding.cause.contains(&name(2)) && finding.cause.contains("is good"), "{}", finding.cause);
    let commands: Vec<&str> = finding.fixes.iter().map(|fix| fix.command.as_str()).collect();
    assert!(commands.iter().any(|command| command.ends_with("--exec --logs")), "{commands:?}");
    assert!(commands.iter().all(|command| command.starts_with("kubectl regauth harbor ")), "{commands:?}");
    let report = Report::of(&evidence);
    let codes: Vec<_> = report.cores().map(|row| row.code).collect();
    assert_eq!(codes, [None, Some(Code::CredentialRejected)]);
    assert_eq!(report.harbor.unwrap().decision, None, "nothing was asked of the repository");
}

#[test]
fn a_token_for_nobody_after_such_a_refusal_is_the_same_finding() {
    let mut evidence = decided(&[A, A], decision(None, &[], None));
    seen(&mut evidence).login.as_mut().unwrap().refused_later = Some("front".into());
    let finding = only(&evidence);
    assert!(finding.cause.starts_with("The front door refused the user ci"), "{}", finding.cause);
}

#[test]
fn a_fresh_token_is_never_outlived_however_wrong_the_observers_clock_is() {
    // All cores are an hour behind the observer: the token that it was just given ended before "now".
    let mut evidence = decided(&[A, A], good(refused_push()));
    seen(&mut evidence).decision.as_mut().unwrap().asked_at = Some(at(NOW + 3_601));
    clock(&mut evidence, 1, -3_600.0);
    clock(&mut evidence, 2, -3_600.0);
    let found = codes(&evidence);
    assert!(!found.contains(&Code::TokenOutlived), "{found:?}");
    assert!(found.contains(&Code::HarborTokenRejected) && found.contains(&Code::ClockDrift), "{found:?}");
    // Where no clock was seen, nobody can say.
    for core in &mut seen(&mut evidence).cores {
        core.clock = None;
    }
    assert_eq!(codes(&evidence), [Code::HarborTokenRejected]);
}
