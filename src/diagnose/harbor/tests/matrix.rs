//! Who accepts whose tokens.

use super::build::*;
use crate::code::Code;
use crate::diagnose::harbor::{View, odds};
use crate::evidence::harbor::KeyMount;
use crate::evidence::harbor::pods::{Sticky, TellingLine};
use crate::evidence::harbor::seen::Method;
use crate::evidence::probe::ExchangeStep;
use crate::rate::Rate;
use crate::text::Clean;

#[test]
fn one_of_three_fails_four_of_nine_requests_and_nearly_every_push() {
    let mut evidence = harbor(&[A, A, B]);
    matrix(&mut evidence, |issuer, verifier| (issuer == 3) != (verifier == 3));
    let odds = odds(&View::of(&evidence).unwrap()).unwrap();
    assert!((odds.request - 4.0 / 9.0).abs() < 1e-9, "{odds:?}");
    let push = 1.0 - (2.0 * (2.0_f64 / 3.0).powi(8) + (1.0_f64 / 3.0).powi(8)) / 3.0;
    assert!((odds.push - push).abs() < 1e-9, "{odds:?}");
    let cause = only(&evidence).cause;
    assert!(
        cause.contains("44 % of requests to a random one of the 3 fail")
            && cause.contains("97 % of pushes whose 8 requests"),
        "{cause}"
    );
}

#[test]
fn without_a_matrix_the_keys_tell_the_odds() {
    let evidence = harbor(&[A, A, B]);
    let odds = odds(&View::of(&evidence).unwrap()).unwrap();
    assert!((odds.request - 4.0 / 9.0).abs() < 1e-9, "{odds:?}");
    assert!(super::super::odds(&View::of(&harbor(&[A])).unwrap()).is_none());
}

#[test]
fn a_core_that_issues_nothing_fails_all_its_requests() {
    let evidence = harbor(&[A, ""]);
    let odds = odds(&View::of(&evidence).unwrap()).unwrap();
    assert!((odds.request - 0.5).abs() < 1e-9, "{odds:?}");
}

#[test]
fn the_front_door_and_what_hides_it_stand_beside_the_odds() {
    let mut evidence = harbor(&[A, B]);
    let mut front = front(&[(A, 15), (B, 15)]);
    front.rejected = Rate::new(12, 30);
    seen(&mut evidence).front = Some(front);
    shown(&mut evidence).sticky =
        vec![Sticky { object: "service/harbor-core".into(), by: Clean::new("sessionAffinity: ClientIP") }];
    let finding = only(&evidence);
    for words in
        ["rejected in 12 of 30 requests: 40 % (95 % confidence", "hides this from most and mends nothing"]
    {
        assert!(finding.cause.contains(words), "{}", finding.cause);
    }
}

#[test]
fn a_rejection_by_a_core_of_unknown_key_is_a_mismatch() {
    let mut evidence = harbor(&[A, A, ""]);
    shown(&mut evidence).key_secrets.clear();
    matrix(&mut evidence, |_, verifier| verifier == 3);
    let findings = crate::diagnose::diagnose(&evidence);
    let finding = findings.iter().find(|finding| finding.code == Code::HarborKeyMismatch).unwrap();
    assert!(finding.certain, "clocks that are known to fit leave no other cause: {}", finding.cause);
    seen(&mut evidence).cores[2].clock = None;
    let findings = crate::diagnose::diagnose(&evidence);
    let finding = findings.iter().find(|finding| finding.code == Code::HarborKeyMismatch).unwrap();
    assert!(!finding.certain && finding.also_possible.contains(&Code::TokenTimeRejected));
    logged(&mut evidence, 3, TellingLine::KeyDoesNotFit, 1);
    let findings = crate::diagnose::diagnose(&evidence);
    assert!(findings.iter().any(|finding| finding.code == Code::HarborKeyMismatch && finding.certain));
}

#[test]
fn a_core_without_any_key_rejects_all_tokens_and_holds_no_other_key() {
    let mut evidence = harbor(&[A, A, ""]);
    matrix(&mut evidence, |_, verifier| verifier == 3);
    shown(&mut evidence).cores[2].key.mount = KeyMount::Nothing;
    assert_eq!(codes(&evidence), [Code::HarborKeyUnreadable, Code::HarborKeyNotMounted]);
}

#[test]
fn a_core_that_verifies_what_others_issue_holds_their_key_although_it_cannot_issue() {
    let mut evidence = harbor(&[A, A, ""]);
    matrix(&mut evidence, |_, _| false);
    assert_eq!(only(&evidence).code, Code::HarborKeyUnreadable);
    let groups = View::of(&evidence).unwrap().groups();
    assert_eq!(groups.iter().map(|group| group.cores.len()).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_core_that_verifies_the_other_keys_tokens_is_of_that_key() {
    let mut evidence = harbor(&[A, A, B, ""]);
    matrix(&mut evidence, |issuer, verifier| (issuer < 3) != (verifier < 3));
    let found = codes(&evidence);
    assert_eq!(found.iter().filter(|code| **code == Code::HarborKeyMismatch).count(), 1, "{found:?}");
    let view = View::of(&evidence).unwrap();
    assert_eq!(view.groups()[1].cores, [2, 3]);
}

#[test]
fn without_its_control_a_rejection_says_nothing() {
    let mut evidence = harbor(&[A, A]);
    matrix(&mut evidence, |_, verifier| verifier == 2);
    seen(&mut evidence).matrix.as_mut().unwrap().controls[1].holds = false;
    assert_eq!(codes(&evidence), []);
}

#[test]
fn a_rejection_between_equal_keys_and_clocks_is_not_settled() {
    let mut evidence = harbor(&[A, A]);
    matrix(&mut evidence, |issuer, verifier| issuer == 1 && verifier == 2);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::HarborTokenRejected, false));
    assert!(finding.also_possible.contains(&Code::TokenTimeRejected));
}

#[test]
fn the_words_of_a_rejection_are_shown_where_they_speak_of_it() {
    let not_found = r#"{"errors":[{"code":"NOT_FOUND","message":"repository library/regauth not found"}]}"#;
    for (method, shown) in [(Method::Anonymous, 0), (Method::Credential, 1)] {
        let mut evidence = harbor(&[A, B]);
        matrix(&mut evidence, |issuer, verifier| issuer != verifier);
        let matrix = seen(&mut evidence).matrix.as_mut().unwrap();
        (matrix.method, matrix.example) =
            (method, Some(answered(ExchangeStep::Verify, answer(404, "", not_found))));
        assert_eq!(only(&evidence).messages.len(), shown, "{method:?}");
    }
}
