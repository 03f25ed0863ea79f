//! A front door that fails now and then.

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::Evidence;
use crate::rate::Rate;

fn rejecting(mut evidence: Evidence, hits: u32) -> Evidence {
    let mut door = front(&[(A, 30)]);
    door.rejected = Rate::new(hits, 30);
    seen(&mut evidence).front = Some(door);
    evidence
}

#[test]
fn a_front_door_that_rejects_its_own_tokens_is_a_finding_although_the_cores_agree() {
    for evidence in [harbor(&[A, A]), by_url(&[(A, 30)])] {
        let finding = only(&rejecting(evidence, 30));
        assert_eq!((finding.code, finding.certain), (Code::HarborTokenRejected, false));
        assert_eq!(finding.also_possible, [Code::HarborKeyMismatch, Code::TokenTimeRejected]);
        assert!(finding.evidence.iter().all(|id| id.ends_with("/front")), "{:?}", finding.evidence);
        assert!(finding.cause.contains("hash of the URI"), "{}", finding.cause);
    }
}

#[test]
fn rejections_that_keys_times_or_the_clients_token_explain_are_told_once() {
    assert_eq!(codes(&rejecting(harbor(&[A, A]), 0)), []);
    assert_eq!(codes(&rejecting(harbor(&[A, B]), 12)), [Code::HarborKeyMismatch]);
    let mut evidence = rejecting(harbor(&[A, A]), 12);
    clock(&mut evidence, 1, 90.0);
    matrix(&mut evidence, |issuer, verifier| issuer == 1 && verifier == 2);
    assert_eq!(codes(&evidence), [Code::TokenTimeRejected]);
    let mut evidence = rejecting(harbor(&[A, A]), 12);
    seen(&mut evidence).login = Some(login("ci", 200));
    seen(&mut evidence).decision = Some(decision(Some("ci"), &["pull", "push"], Some(refused_push())));
    assert_eq!(codes(&evidence), [Code::HarborTokenRejected]);
}

#[test]
fn tokens_that_are_missing_beside_others_are_counted() {
    let mut evidence = harbor(&[A, A]);
    let mut door = front(&[(A, 20)]);
    door.without_token = 10;
    seen(&mut evidence).front = Some(door.clone());
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::HarborKeyUnreadable, false));
    assert_eq!(finding.also_possible, [Code::TokenServiceUnreachable]);
    assert!(finding.cause.contains("no token to 10 of 30 requests"), "{}", finding.cause);
    assert!(finding.fixes.iter().all(|fix| !fix.command.contains("restart")), "{:?}", finding.fixes);
    // A core that is known to issue none, or to be silent, explains it.
    for kids in [[A, ""], [A, A]] {
        let mut evidence = harbor(&kids);
        if kids == [A, A] {
            silence(&mut evidence, 2);
        }
        seen(&mut evidence).front = Some(door.clone());
        let found = diagnose(&evidence);
        assert!(
            !found.is_empty() && found.iter().all(|one| !one.cause.contains("gave no token")),
            "{found:#?}"
        );
    }
}

#[test]
fn the_status_of_the_missing_tokens_says_whether_a_core_cannot_sign_or_is_away() {
    for (status, code, words) in [
        (500, Code::HarborKeyUnreadable, "(500): one of the cores behind it cannot sign"),
        (502, Code::HarborCoreUnreachable, "(502): a core behind it is away"),
        (429, Code::TokenServiceUnreachable, "(429)"),
    ] {
        let mut evidence = harbor(&[A, A]);
        let mut door = front(&[(A, 20)]);
        (door.without_token, door.failed_status) = (10, Some(status));
        seen(&mut evidence).front = Some(door);
        let finding = only(&evidence);
        assert_eq!((finding.code, finding.certain), (code, false));
        assert!(finding.cause.contains(words), "{}", finding.cause);
        assert!(!finding.also_possible.contains(&code) && finding.settle_by.is_some());
    }
}

#[test]
fn answers_of_several_cores_are_not_those_of_the_same_core_each_time() {
    let mut evidence = by_url(&[(A, 20)]);
    seen(&mut evidence).front.as_mut().unwrap().without_token = 10;
    let mut differing = by_url(&[(A, 30)]);
    seen(&mut differing).front.as_mut().unwrap().issued_differ = true;
    for evidence in [evidence, differing] {
        let found = diagnose(&evidence);
        let unproven = found.iter().find(|one| one.code == Code::Unknown).unwrap();
        assert!(!unproven.cause.contains("same core each time"), "{}", unproven.cause);
        assert!(unproven.cause.contains("its answers differ"), "{}", unproven.cause);
    }
    assert!(only(&by_url(&[(A, 30)])).cause.contains("same core each time"));
}

#[test]
fn a_door_before_cores_that_cannot_issue_is_not_blamed() {
    let mut evidence = harbor(&["", ""]);
    let mut door = front(&[]);
    door.without_token = 30;
    seen(&mut evidence).front = Some(door.clone());
    let found = codes(&evidence);
    assert!(!found.is_empty() && found.iter().all(|code| *code == Code::HarborKeyUnreadable), "{found:?}");
    let mut evidence = harbor(&[A, ""]);
    seen(&mut evidence).front = Some(door);
    assert!(codes(&evidence).contains(&Code::TokenServiceUnreachable), "one core issues");
}
