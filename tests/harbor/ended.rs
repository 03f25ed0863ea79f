//! Looks that end before everything is seen, and cores that do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use regauth::evidence::probe::ExchangeResult;

use super::tap::Sent;
use super::world::{Harbor, PASSWORD, Seen, key};

/// Ends the look at that request of those that are meant.
fn stop_at(harbor: &Harbor, number: usize, is_meant: impl Fn(&Sent) -> bool + Send + 'static) {
    let (stop, count) = (harbor.stop.clone(), AtomicUsize::new(0));
    harbor.log.when(move |_, sent| {
        if is_meant(sent) && count.fetch_add(1, Ordering::SeqCst) + 1 == number {
            stop.stop();
        }
    });
}

#[track_caller]
fn has_left_out(seen: &Seen, what: &str) {
    assert!(seen.seen.unasked.iter().any(|unasked| unasked == what), "{what}: {}", seen.shown());
}

fn is_matrix(sent: &Sent) -> bool {
    sent.line.contains("/manifests/")
}

#[tokio::test]
async fn what_there_was_no_time_for_is_told_and_nothing_else() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.front();
    harbor.ask.repository = Some("team/app".into());
    harbor.limit = Duration::ZERO;
    let seen = harbor.look_as("dev", PASSWORD).await;
    let all =
        ["2 of 2 cores", "the login with the credential", "the decision about team/app", "the front door"];
    assert_eq!(seen.seen.unasked, all, "{}", seen.shown());
    assert!(seen.seen.cores.is_empty() && seen.seen.matrix.is_none() && seen.seen.front.is_none());
    let login = seen.seen.login.as_ref().unwrap();
    assert!(
        login.exchange.is_none() && login.withheld.as_ref().unwrap().as_str().contains("the time was up")
    );
    assert!(harbor.log.sent().is_empty());
}

#[tokio::test]
async fn a_look_that_has_time_leaves_nothing_out() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.front();
    (harbor.ask.front_plain_http, harbor.ask.repository) = (true, Some("team/app".into()));
    let seen = harbor.look_as("dev", PASSWORD).await;
    assert_eq!(seen.seen.unasked, Vec::<String>::new());
    assert!(seen.seen.cores.iter().all(|core| core.stopped.is_none()), "{}", seen.shown());
}

#[tokio::test]
async fn a_look_that_is_stopped_at_the_matrix_returns_what_was_seen() {
    let harbor = Harbor::start(&[key(0), key(1)]);
    // Two controls, one pair, and the one that is not waited for.
    stop_at(&harbor, 4, is_matrix);
    let seen = harbor.look().await;
    assert_eq!(seen.picture(), ["A.", ".."], "{}", seen.shown());
    has_left_out(&seen, "3 of 4 pairs of cores");
    assert_ne!(seen.kid(0), seen.kid(1));
    assert!(seen.seen.cores.iter().all(|core| core.stopped.is_none() && core.clock.is_some()));
    assert!(is_matrix(harbor.log.sent().last().unwrap()), "nothing is asked afterwards");
}

#[tokio::test]
async fn cores_that_were_not_asked_any_more_are_not_there() {
    let harbor = Harbor::start(&[key(0), key(0), key(0)]);
    stop_at(&harbor, 1, |sent| sent.tap == 1);
    let seen = harbor.look().await;
    assert_eq!(seen.seen.cores.len(), 1, "{}", seen.shown());
    has_left_out(&seen, "2 of 3 cores");
    has_left_out(&seen, "1 of 1 pair of cores");
    assert!(seen.seen.matrix.is_none());
}

#[tokio::test]
async fn requests_at_the_front_door_that_were_not_made_are_counted() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.front();
    stop_at(&harbor, 4, |sent| sent.tap == 1000 && sent.line.contains("/service/token"));
    let seen = harbor.look().await;
    let front = seen.seen.front.as_ref().unwrap();
    assert_eq!(front.kids.iter().map(|kid| kid.count).sum::<u32>(), 3, "{}", seen.shown());
    assert_eq!((front.without_token, front.rejected, front.method), (0, None, None));
    let all = [
        "9 of 12 requests of a token at the front door",
        "12 of 12 requests with one token at the front door",
    ];
    assert_eq!(seen.seen.unasked, all);

    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.front();
    stop_at(&harbor, 7, |sent| sent.tap == 1000 && is_matrix(sent));
    let seen = harbor.look().await;
    let front = seen.seen.front.as_ref().unwrap();
    // The control, and five that were answered.
    assert_eq!(front.rejected.unwrap().of, 5, "{}", seen.shown());
    assert_eq!(seen.seen.unasked, ["7 of 12 requests with one token at the front door"]);
}

#[tokio::test]
async fn a_login_that_was_not_waited_for_is_neither_good_nor_refused() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.ask.repository = Some("team/app".into());
    stop_at(&harbor, 1, Sent::is_login);
    let seen = harbor.look_as("dev", PASSWORD).await;
    let login = seen.seen.login.as_ref().unwrap();
    assert!(!login.is_good() && !login.is_refused() && login.refused_later.is_none(), "{login:?}");
    has_left_out(&seen, "the login with the credential");
    has_left_out(&seen, "the decision about team/app");
    assert_eq!(harbor.log.logins(), 1);
}

#[tokio::test]
async fn an_upload_that_was_started_when_the_look_is_stopped_is_cancelled() {
    let mut harbor = Harbor::start(&[key(0)]);
    harbor.ask.repository = Some("team/app".into());
    stop_at(&harbor, 1, |sent| sent.line.starts_with("POST"));
    let seen = harbor.look_as("admin", PASSWORD).await;
    let decision = seen.seen.decision.as_ref().unwrap();
    let status = |exchange: &Option<regauth::evidence::probe::Exchange>| {
        exchange.as_ref().unwrap().answer().map(|answer| answer.status)
    };
    assert_eq!((status(&decision.upload), status(&decision.cancel)), (Some(202), Some(204)));
    assert!(harbor.log.sent().last().unwrap().line.starts_with("DELETE"), "{}", seen.shown());
    has_left_out(&seen, "1 of 1 pair of cores");
}

#[tokio::test]
async fn a_core_that_dies_during_the_look_is_told_with_what_it_left_unanswered() {
    let harbor = Harbor::start(&[key(0), key(0), key(0)]);
    harbor.log.when(|log, sent| {
        if sent.tap == 1 && is_matrix(sent) {
            log.kill(1);
        }
    });
    let seen = harbor.look().await;
    assert!(seen.core(1).answers(), "{}", seen.shown());
    let stopped = seen.core(1).stopped.as_ref().unwrap();
    assert_eq!(stopped.request.as_str(), "GET /v2/library/regauth/manifests/latest");
    assert!(!matches!(stopped.result, ExchangeResult::Answered(_) | ExchangeResult::Refused { .. }));
    assert!(seen.core(0).stopped.is_none() && seen.core(2).stopped.is_none());
    assert_eq!(seen.seen.unasked, Vec::<String>::new());
}

#[tokio::test]
async fn a_core_that_dies_at_what_it_tells_of_itself_is_told_too() {
    let harbor = Harbor::start(&[key(0), key(0)]);
    harbor.log.when(|log, sent| {
        if sent.tap == 1 && sent.line.contains("systeminfo") {
            log.kill(1);
        }
    });
    let seen = harbor.look_as("dev", PASSWORD).await;
    let stopped = seen.core(1).stopped.as_ref().unwrap_or_else(|| panic!("{}", seen.shown()));
    assert_eq!(stopped.request.as_str(), "GET /api/v2.0/systeminfo");
    assert!(seen.core(1).answers() && seen.core(1).info.is_none());
    assert_eq!(seen.seen.login.as_ref().unwrap().refused_later, None);
}
