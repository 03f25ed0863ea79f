//! What the findings advise.

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::Evidence;
use crate::evidence::harbor::pods::FrontDoor;
use crate::evidence::harbor::seen::SystemInfo;
use crate::finding::Fix;
use crate::text::Clean;

fn fixes(evidence: &Evidence, code: Code) -> Vec<Fix> {
    let findings = diagnose(evidence);
    let finding = findings.iter().find(|finding| finding.code == code);
    finding.unwrap_or_else(|| panic!("{code}: {findings:#?}")).fixes.clone()
}

fn has(fixes: &[Fix], words: &str) -> bool {
    fixes.iter().any(|fix| fix.command.contains(words))
}

/// In the cluster, behind a Service, with a decision.
fn decided(decision: crate::evidence::harbor::Decision) -> Evidence {
    let mut evidence = harbor(&[A, A]);
    shown(&mut evidence).front = Some(FrontDoor {
        service: "service/harbor-core".into(),
        service_url: "http://harbor-core.harbor.svc".into(),
        external_url: Clean::new(URL),
    });
    seen(&mut evidence).login = Some(login("ci", 200));
    seen(&mut evidence).decision = Some(decision);
    evidence
}

#[test]
fn what_is_wrong_with_the_way_to_the_front_door_is_looked_at_from_where_it_was_met() {
    let of = |code: Code, by_this_machine: bool| {
        let mut evidence = if by_this_machine { by_url(&[(A, 1)]) } else { harbor(&[A, A]) };
        seen(&mut evidence).front = Some(front(&[(A, 1)]));
        crate::fix::harbor::mends(code, &crate::diagnose::harbor::View::of(&evidence).unwrap(), &[])
    };
    let fixes = of(Code::RegistryNameUnresolved, true);
    assert_eq!(fixes[0].command, "nslookup harbor.example.com");
    assert!(has(&of(Code::RegistryNameUnresolved, false), "-- nslookup harbor.example.com"));
    let fixes = of(Code::CertificateNameMismatch, true);
    assert!(has(&fixes, "openssl s_client -connect harbor.example.com:443"), "{fixes:?}");
    assert!(has(&of(Code::PlainHttpRegistry, true), "--url http://harbor.example.com"));
    assert!(has(&of(Code::PlainHttpRegistry, false), "-n harbor --front http://harbor.example.com"));
}

#[test]
fn a_refused_credential_is_replaced_by_a_fresh_login() {
    let mut evidence = decided(decision(Some("ci"), &["push"], None));
    seen(&mut evidence).login = Some(login("ci", 401));
    let fixes = fixes(&evidence, Code::CredentialRejected);
    for words in [
        "login harbor.example.com",
        "create secret generic regcred",
        "--pull-secret regcred --project team/app",
    ] {
        assert!(has(&fixes, words), "{words}: {fixes:#?}");
    }
    assert!(!fixes.iter().any(|fix| fix.command.contains("-p ") || fix.command.contains("--password")));
}

#[test]
fn a_missing_right_project_or_mode_is_mended_by_who_may() {
    let missing =
        r#"{"errors":[{"code":"UNAUTHORIZED","message":"project team not found: project team not found"}]}"#;
    let read_only = r#"{"errors":[{"code":"DENIED","message":"The system is in read only mode. Any modification is prohibited."}]}"#;
    let push = ["pull", "push"];
    for (decision, code, words) in [
        (decision(Some("ci"), &["pull"], Some(refused_push())), Code::PushDenied, "projects/team/members"),
        (
            decision(Some("ci"), &push, Some(answer(401, "", missing))),
            Code::RepositoryNotFound,
            "\"project_name\": \"team\"",
        ),
        (
            decision(Some("ci"), &push, Some(answer(403, "", read_only))),
            Code::RegistryReadOnly,
            "\"read_only\": false",
        ),
    ] {
        let mut evidence = decided(decision);
        let told = fixes(&evidence, code);
        assert!(has(&told, words) && has(&told, "--project team/app"), "{code}: {told:#?}");
        assert!(has(&told, "https://harbor.example.com/api/v2.0/"), "{told:#?}");
        // In the clear an administrator's password goes nowhere; the advice is in words.
        shown(&mut evidence).front = None;
        let told = fixes(&evidence, code);
        assert!(!told.is_empty() && !has(&told, "curl"), "{code}: {told:#?}");
    }
    let mut evidence = harbor(&[A, A]);
    info(&mut evidence, SystemInfo { read_only: Some(true), ..SystemInfo::default() });
    assert!(!fixes(&evidence, Code::RegistryReadOnly).is_empty());
}

#[test]
fn a_token_service_and_an_address_that_do_not_answer_are_asked_by_hand() {
    let mut evidence = harbor(&[A, A]);
    let mut door = front(&[]);
    door.without_token = 30;
    seen(&mut evidence).front = Some(door);
    assert!(has(&fixes(&evidence, Code::TokenServiceUnreachable), "/service/token?service=harbor-registry"));
    let mut evidence = by_url(&[(A, 30)]);
    let mut second = core(2, A);
    second.name = "192.0.2.8:443".into();
    second.address = second.name.clone();
    seen(&mut evidence).cores.push(second);
    silence(&mut evidence, 2);
    assert!(has(&fixes(&evidence, Code::HarborCoreUnreachable), "--connect-to ::192.0.2.8:443"));
}

#[test]
fn of_a_proxy_cache_no_read_only_mode_is_ended() {
    let body = r#"{"errors":[{"code":"DENIED","message":"can not push artifact to a proxy project: team"}]}"#;
    let evidence = decided(decision(Some("ci"), &["pull", "push"], Some(answer(405, "", body))));
    let told = fixes(&evidence, Code::RegistryReadOnly);
    assert!(has(&told, "--project PROJECT/REPOSITORY") && !has(&told, "read_only"), "{told:#?}");
    assert!(told[0].what.contains("no proxy cache"), "{told:#?}");
}
