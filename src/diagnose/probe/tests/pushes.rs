//! Pushes, series and limits.

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::Probe;
use crate::evidence::probe::{Action, Exchange, ExchangeResult, ExchangeStep, Network, Series};
use crate::finding::Severity;
use crate::registry::claims::{Access, Claims};
use crate::registry::rate_limit::{RateLimit, Source, Window};
use crate::report::{NotCheckedState, Report, UPLOAD_LEFT};
use crate::text::Clean;

/// A token that was issued to somebody with these actions.
fn token(actions: &[&str]) -> Exchange {
    let access = Access {
        kind: Clean::new("repository"),
        name: Clean::new("team/app"),
        actions: actions.iter().map(|one| Clean::new(one)).collect(),
    };
    let claims = Claims { sub: Some(Clean::new("ci")), access: Some(vec![access]), ..Claims::default() };
    let mut answer = answer(200, "", "");
    answer.claims = Some(claims);
    exchange(ExchangeStep::PushToken, ExchangeResult::Answered(Box::new(answer)))
}

fn pushed(attempts: Vec<crate::evidence::probe::Attempt>) -> Probe {
    saw("node1", Network::Pod, vec![registry()], target(Action::Push, attempts))
}

fn no_upload() -> Exchange {
    refused(ExchangeStep::UploadStart, 401, BEARER, UNAUTHORIZED)
}

#[test]
fn a_push_that_works_is_no_finding_even_if_it_cannot_be_cancelled() {
    let exchanges = vec![
        token(&["pull", "push"]),
        answered(ExchangeStep::UploadStart, 202),
        answered(ExchangeStep::UploadCancel, 405),
    ];
    assert!(findings(vec![pushed(vec![anonymous(closed()), with("secret/push", exchanges)])]).is_empty());
}

#[test]
fn an_upload_that_could_not_be_cancelled_is_told_and_is_no_failure() {
    let told = |cancel: Option<u16>, accepted: u32| {
        let mut exchanges = vec![token(&["pull", "push"]), answered(ExchangeStep::UploadStart, 202)];
        exchanges.extend(cancel.map(|status| answered(ExchangeStep::UploadCancel, status)));
        let mut push = target(Action::Push, vec![anonymous(closed()), with("secret/push", exchanges)]);
        push.series = (accepted > 0).then(|| Series { asked: accepted, accepted, ..Series::default() });
        let mut evidence = evidence(vec![saw("node1", Network::Pod, vec![registry()], push)], Vec::new());
        evidence.plan.images = vec![evidence.probes[0].seen().unwrap().targets[0].image.clone()];
        let report = Report::of(&evidence);
        report.not_checked.into_iter().filter(|item| item.what.starts_with(UPLOAD_LEFT)).collect::<Vec<_>>()
    };
    let one = told(Some(401), 0).remove(0);
    assert!(one.what.ends_with("by the probe on node1 from the pod network"), "{}", one.what);
    assert_eq!(
        one.why,
        "the upload could not be cancelled (HTTP 401: some registries want the right to delete for that); \
         the registry drops it by itself"
    );
    assert_eq!(one.state, NotCheckedState::LeftOut, "the 202 is the proof: it changes no exit status");
    let several = told(Some(405), 3).remove(0).why;
    assert_eq!(several, "the uploads could not be cancelled (HTTP 405); the registry drops them by itself");
    assert!(told(Some(204), 0).is_empty() && told(None, 0).is_empty());
}

#[test]
fn a_token_that_does_not_grant_the_push_is_a_missing_right() {
    let exchanges = vec![token(&["pull"]), no_upload()];
    let one = only(vec![pushed(vec![anonymous(closed()), with("secret/push", exchanges)])]);
    assert_eq!(one.code, Code::PushDenied);
    assert!(one.cause.contains("may not push to"), "{}", one.cause);
}

#[test]
fn a_push_without_a_credential_has_none() {
    assert_eq!(
        only(vec![pushed(vec![anonymous(vec![refused(
            ExchangeStep::UploadStart,
            401,
            BASIC,
            UNAUTHORIZED
        )])])])
        .code,
        Code::NoCredential
    );
}

#[test]
fn a_store_of_this_machine_whose_push_is_refused_is_told_beside_one_that_works() {
    let good = || vec![token(&["pull", "push"]), answered(ExchangeStep::UploadStart, 202)];
    let refusals = [
        vec![refused(ExchangeStep::UploadStart, 401, BASIC, UNAUTHORIZED)],
        vec![refused(ExchangeStep::PushToken, 401, "", UNAUTHORIZED)],
        vec![refused(ExchangeStep::PushToken, 401, "", "")],
    ];
    for (refusal, anonymous_push) in
        refusals.iter().flat_map(|one| [(one.clone(), closed()), (one.clone(), good())])
    {
        let attempts = vec![
            anonymous(anonymous_push),
            with("~/.docker/config.json", good()),
            with("~/.config/helm/registry/config.json", refusal),
        ];
        for accepted in [0, 3] {
            let mut push = target(Action::Push, attempts.clone());
            push.series = Some(Series { asked: accepted, accepted, ..Series::default() });
            let one = only(vec![saw("local", Network::Local, vec![registry()], push)]);
            assert_eq!(
                (one.code, one.severity),
                (Code::CredentialRejected, Severity::Error),
                "{}",
                one.cause
            );
            assert_eq!(one.subject.name, "~/.config/helm/registry/config.json");
            assert!(one.fixes.is_empty(), "the evidence tells of no store: {:?}", one.fixes);
        }
    }
}

fn series(accepted: u32, refused: u32, challenge: &str) -> Probe {
    let exchanges = vec![token(&["pull", "push"]), answered(ExchangeStep::UploadStart, 202)];
    let mut push = target(Action::Push, vec![anonymous(closed()), with("secret/push", exchanges)]);
    push.ping = Some(super::build::refused(ExchangeStep::Ping, 401, challenge, UNAUTHORIZED));
    push.series = Some(Series {
        asked: accepted + refused,
        accepted,
        refused,
        failures: vec![no_upload()],
        ..Series::default()
    });
    saw("node1", Network::Pod, vec![registry()], push)
}

#[test]
fn refusals_that_come_and_go_have_a_rate_and_its_interval() {
    let one = only(vec![series(27, 3, BEARER)]);
    assert_eq!((one.code, one.certain), (Code::PushDenied, false));
    assert!(one.cause.contains("refused 3 of 30 pushes"), "{}", one.cause);
    assert!(one.cause.contains("10 % (95 % confidence: 3.5 % to 26 %)"), "{}", one.cause);

    let harbor = "Bearer realm=\"https://registry.example.com/service/token\",service=\"harbor-registry\"";
    let one = only(vec![series(27, 3, harbor)]);
    assert_eq!((one.code, one.certain), (Code::HarborTokenRejected, false));
    assert!(one.settle_by.unwrap().contains("clock of every core"));
    assert!(
        one.fixes.iter().all(|fix| !fix.command.contains("regauth harbor")),
        "there is no such command yet"
    );
    assert!(one.also_possible.contains(&Code::HarborKeyMismatch));
}

#[test]
fn a_series_that_always_works_is_no_finding() {
    let mut all = series(30, 0, BEARER);
    if let crate::evidence::Outcome::Seen { value } = &mut all.outcome {
        value.targets[0].series.as_mut().unwrap().failures.clear();
    }
    assert!(findings(vec![all]).is_empty());
}

fn limits(remaining: u64) -> Probe {
    let mut seen = answer(200, "", "");
    let window = |count| Window { count, seconds: Some(21_600) };
    seen.rate_limit = Some(RateLimit {
        limit: vec![window(100)],
        remaining: vec![window(remaining)],
        source: Some(Source::Address("192.0.2.1".parse().unwrap())),
        ..RateLimit::default()
    });
    let head = exchange(ExchangeStep::RateLimit, ExchangeResult::Answered(Box::new(seen)));
    saw("node1", Network::Node, vec![registry()], target(Action::Limits, vec![anonymous(vec![head])]))
}

#[test]
fn little_headroom_is_a_warning_under_the_plans_threshold() {
    let one = only(vec![limits(12)]);
    assert_eq!((one.code, one.severity), (Code::RateLimitLow, Severity::Warning));
    assert!(one.cause.contains("12 of 100 pulls left in 6 hours"), "{}", one.cause);
    assert!(one.cause.contains("address 192.0.2.1"), "{}", one.cause);
    assert!(findings(vec![limits(20)]).is_empty());
    let mut evidence = evidence(vec![limits(12)], Vec::new());
    evidence.plan.probe.as_mut().unwrap().rate_limit_threshold_percent = 10;
    assert!(diagnose(&evidence).is_empty());
}
