//! Clocks and the times of tokens.

use super::build::*;
use crate::code::Code;
use crate::evidence::clock::ClockBounds;
use crate::evidence::harbor::seen::SystemInfo;
use crate::finding::Severity;
use crate::text::Clean;

#[test]
fn clocks_that_may_be_equal_are_no_finding() {
    let mut evidence = harbor(&[A, A, A]);
    // Half a second apart, give or take half a second: nobody knows.
    seen(&mut evidence).cores[0].clock = Some(ClockBounds::around(1_000_000, 900_000));
    assert_eq!(codes(&evidence), []);
}

#[test]
fn seven_seconds_break_tokens_up_to_2_10_only() {
    for (tag, severity) in
        [("v2.10.3", Severity::Error), ("v2.16.0", Severity::Warning), ("latest", Severity::Warning)]
    {
        let mut evidence = harbor(&[A, A, A]);
        version(&mut evidence, tag);
        clock(&mut evidence, 3, 7.0);
        let finding = only(&evidence);
        assert_eq!((finding.code, finding.severity), (Code::ClockDrift, severity), "{tag}");
        assert_eq!(finding.subject.name, "node/node3");
        assert!(finding.cause.contains("ahead (7.0 s ± "), "{}", finding.cause);
        assert_eq!(finding.cause.contains("could not be told"), tag == "latest", "{}", finding.cause);
    }
}

#[test]
fn more_than_a_minute_breaks_tokens_of_every_version() {
    let mut evidence = harbor(&[A, A, A]);
    version(&mut evidence, "latest");
    clock(&mut evidence, 1, -90.0);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::ClockDrift, Severity::Error));
    assert!(finding.cause.contains("behind"), "{}", finding.cause);
}

#[test]
fn what_a_core_says_of_its_version_counts_before_its_tag() {
    let mut evidence = harbor(&[A, A]);
    version(&mut evidence, "latest");
    info(&mut evidence, SystemInfo { version: Some(Clean::new("v2.9.1-abcdef")), ..SystemInfo::default() });
    clock(&mut evidence, 2, 7.0);
    assert_eq!(only(&evidence).severity, Severity::Error);
}

#[test]
fn a_token_of_a_clock_that_is_ahead_is_rejected_for_its_time() {
    let mut evidence = harbor(&[A, A, A]);
    clock(&mut evidence, 1, 90.0);
    matrix(&mut evidence, |issuer, verifier| issuer == 1 && verifier != 1);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::TokenTimeRejected, true));
    assert!(finding.cause.contains("ahead of"), "{}", finding.cause);
}

#[test]
fn a_token_of_a_clock_that_is_behind_is_not_rejected_for_it() {
    let mut evidence = harbor(&[A, A]);
    clock(&mut evidence, 1, -90.0);
    matrix(&mut evidence, |issuer, verifier| issuer == 1 && verifier == 2);
    let codes = codes(&evidence);
    assert!(!codes.contains(&Code::TokenTimeRejected), "{codes:?}");
}

#[test]
fn seven_seconds_of_an_unknown_version_are_not_certain() {
    let mut evidence = harbor(&[A, A]);
    version(&mut evidence, "latest");
    clock(&mut evidence, 1, 7.0);
    matrix(&mut evidence, |issuer, verifier| issuer == 1 && verifier == 2);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::TokenTimeRejected, false));
}

#[test]
fn different_keys_are_no_question_of_time() {
    let mut evidence = harbor(&[A, B]);
    clock(&mut evidence, 1, 90.0);
    matrix(&mut evidence, |issuer, verifier| issuer != verifier);
    let codes = codes(&evidence);
    assert!(
        codes.contains(&Code::HarborKeyMismatch) && !codes.contains(&Code::TokenTimeRejected),
        "{codes:?}"
    );
}

#[test]
fn of_an_observer_and_the_cores_that_differ_either_may_be_wrong() {
    let mut evidence = harbor(&[A, A]);
    clock(&mut evidence, 1, 300.0);
    clock(&mut evidence, 2, 300.0);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::ClockDrift, Severity::Warning));
    assert_eq!(finding.subject.name, "node/node1");
    assert!(!finding.certain && finding.cause.contains("Either may be wrong"), "{}", finding.cause);
    assert!(finding.settle_by.unwrap().contains("--method probe --ntp-server SERVER"));
}

#[test]
fn the_only_core_and_an_observer_that_differ_are_told_too() {
    let mut evidence = harbor(&[A]);
    clock(&mut evidence, 1, 50.0);
    assert_eq!(codes(&evidence), [], "less than what Harbor forgives");
    clock(&mut evidence, 1, 90.0);
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.certain), (Code::ClockDrift, false));
    assert!(finding.cause.contains("the only core that was asked"), "{}", finding.cause);
}

#[test]
fn the_mend_of_a_clock_pulls_no_image_of_others() {
    let mut evidence = harbor(&[A, A, A]);
    clock(&mut evidence, 3, 90.0);
    let commands: Vec<String> = only(&evidence).fixes.into_iter().map(|fix| fix.command).collect();
    assert!(commands.iter().any(|one| one.contains("clock --method probe --node node3")), "{commands:?}");
    assert!(commands.iter().all(|one| !one.contains("busybox")), "{commands:?}");
}

#[test]
fn an_administrators_password_goes_through_tls_only() {
    for (url, asked) in [("http://harbor.example.com", false), ("https://harbor.example.com", true)] {
        let mut evidence = by_url(&[(A, 30)]);
        if let crate::evidence::probe::ExchangeResult::Answered(answer) =
            &mut seen(&mut evidence).cores[0].token.result
        {
            answer.claims.as_mut().unwrap().exp = Some(at(NOW + 300));
        }
        let front = seen(&mut evidence).front.as_mut().unwrap();
        front.url = Clean::new(url);
        front.ping = Some(pinged(&format!("{url}/service/token")));
        let findings = crate::diagnose::diagnose(&evidence);
        let finding = findings.iter().find(|finding| finding.code == Code::TokenOutlived).unwrap();
        assert_eq!(finding.fixes.iter().any(|fix| fix.command.contains("-u ADMIN")), asked, "{url}");
        assert!(finding.cause.contains("Token Expiration"), "{}", finding.cause);
    }
}

#[test]
fn tokens_that_live_shorter_than_usual_are_a_remark() {
    let mut evidence = harbor(&[A]);
    let mut short = core(1, A);
    if let crate::evidence::probe::ExchangeResult::Answered(answer) = &mut short.token.result {
        answer.claims.as_mut().unwrap().exp = Some(at(NOW + 300));
    }
    seen(&mut evidence).cores[0] = short;
    let finding = only(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::TokenOutlived, Severity::Info));
    assert!(finding.cause.contains("5 minutes"), "{}", finding.cause);
}

#[test]
fn a_front_door_whose_answers_no_single_clock_stamped() {
    let mut evidence = by_url(&[(A, 30)]);
    let front = seen(&mut evidence).front.as_mut().unwrap();
    front.issued_differ = true;
    front.issued = Some(ClockBounds { low_us: -1_000_000, high_us: 90_000_000 });
    let found = codes(&evidence);
    assert!(found.contains(&Code::ClockDrift), "{found:?}");
}
