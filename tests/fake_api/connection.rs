//! Single requests: what is tried again, when, and what is not.

use std::time::Duration;

use http::Method;
use regauth::api::ApiError;
use regauth::api::wire::Named;
use regauth::collect::nodes;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::server::{Answer, Fake, status_json};

fn fine() -> Answer {
    Answer::Json(200, json!({"metadata": {"name": "x"}}))
}

async fn get(fake: &Fake) -> Result<Named, ApiError> {
    fake.api.get("thing", "/api/v1/things/x").await
}

#[tokio::test(start_paused = true)]
async fn a_429_is_tried_again_when_the_server_says() {
    let busy = Answer::Raw(
        429,
        vec![("retry-after", "7")],
        status_json(429, "TooManyRequests", "slow down").to_string(),
    );
    let fake = Fake::in_order(vec![busy, fine()]);
    assert_eq!(get(&fake).await.unwrap().metadata.name, "x");
    let asked = fake.asked();
    assert_eq!(asked.len(), 2);
    let pause = asked[1].at.checked_sub(asked[0].at).unwrap();
    assert_eq!(pause.as_secs(), 7, "{pause:?}");
}

#[tokio::test(start_paused = true)]
async fn retry_after_may_be_in_the_status_alone_and_is_not_trusted_for_ever() {
    let mut status = status_json(429, "TooManyRequests", "slow down");
    status["details"] = json!({"retryAfterSeconds": 3});
    let long = Answer::Raw(429, vec![("retry-after", "3600")], String::new());
    let fake = Fake::in_order(vec![Answer::Json(429, status), long, fine()]);
    get(&fake).await.unwrap();
    let asked = fake.asked();
    let pauses: Vec<u64> =
        asked.windows(2).map(|pair| pair[1].at.checked_sub(pair[0].at).unwrap().as_secs()).collect();
    assert_eq!(pauses, [3, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_server_error_is_tried_again_with_growing_pauses() {
    let broken = || Answer::status(500, "InternalError", "etcdserver: leader changed");
    let fake = Fake::in_order(vec![broken(), broken(), broken(), fine()]);
    assert!(get(&fake).await.is_ok());
    let asked = fake.asked();
    let pauses: Vec<Duration> =
        asked.windows(2).map(|pair| pair[1].at.checked_sub(pair[0].at).unwrap()).collect();
    assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_on_failing_is_asked_six_times() {
    for code in [500, 502, 503, 504] {
        let fake = Fake::new(move |_| Answer::status(code, "Why", "not now"));
        let error = get(&fake).await.unwrap_err();
        assert_eq!((fake.asked().len(), error.code()), (6, Some(code)));
        assert_eq!(error.message().as_str(), "not now");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_sends_its_clients_away_is_asked_for_half_a_minute_and_not_in_a_rush() {
    for (retry_after, least) in [("1", 30), ("0", 30), ("no number", 10)] {
        let busy = move || Answer::Raw(429, vec![("retry-after", retry_after)], String::new());
        let fake = Fake::new(move |_| busy());
        let begun = Instant::now();
        let error = get(&fake).await.unwrap_err();
        assert_eq!(error.code(), Some(429));
        assert!((30..40).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
        let tries = fake.asked().len();
        assert!((least..160).contains(&tries), "Retry-After: {retry_after}: {tries} tries");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_will_not_change_is_asked_for_once() {
    for code in [400, 401, 403, 404, 405, 409, 410, 422] {
        let fake = Fake::new(move |_| Answer::status(code, "Why", "so it is"));
        assert_eq!(get(&fake).await.unwrap_err().code(), Some(code));
        assert_eq!(fake.asked().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answered_is_an_error_at_once() {
    let fake = Fake::new(|_| Answer::Broken("connection reset by peer"));
    let begun = Instant::now();
    let error = get(&fake).await.unwrap_err();
    assert_eq!((fake.asked().len(), begun.elapsed()), (1, Duration::ZERO));
    assert_eq!(error.to_string(), "the API server https://fake cannot be reached: connection reset by peer");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answered_before_is_waited_for() {
    let away = || Answer::Broken("connection refused");
    let fake = Fake::in_order(vec![fine(), away(), away(), away(), fine()]);
    get(&fake).await.unwrap();
    get(&fake).await.unwrap();
    assert_eq!(fake.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_server_that_answered_before_has_an_end() {
    let mut first = Some(fine());
    let fake = Fake::new(move |_| first.take().unwrap_or(Answer::Broken("connection refused")));
    get(&fake).await.unwrap();
    let begun = Instant::now();
    assert!(matches!(get(&fake).await.unwrap_err(), ApiError::Unreachable { .. }));
    let waited = begun.elapsed();
    assert!((Duration::from_secs(29)..Duration::from_secs(32)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn even_a_refusal_shows_that_the_server_is_there() {
    let fake = Fake::in_order(vec![Answer::status(403, "Forbidden", "no"), Answer::Broken("reset"), fine()]);
    assert_eq!(get(&fake).await.unwrap_err().code(), Some(403));
    assert!(get(&fake).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_request_timeout_ends_a_request_and_is_told() {
    let fake = Fake::with_timeout(Some(Duration::from_secs(9)), |_| Answer::Silence);
    let begun = Instant::now();
    let error = get(&fake).await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 9);
    assert_eq!(error.to_string(), "the API server https://fake did not answer within 9s");
}

#[tokio::test(start_paused = true)]
async fn without_a_request_timeout_an_answer_is_waited_for() {
    let fake = Fake::new(|_| Answer::Silence);
    tokio::select! {
        answer = get(&fake) => panic!("{answer:?}"),
        () = sleep(Duration::from_secs(3_600)) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_says_to_log_in_again() {
    let fake = Fake::new(|_| Answer::status(401, "Unauthorized", "Unauthorized"));
    assert!(get(&fake).await.unwrap_err().to_string().contains("log in again"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_as_good_as_deleted() {
    let fake = Fake::new(|_| Answer::status(404, "NotFound", "gone"));
    fake.api.delete("/api/v1/things/x", &json!({})).await.unwrap();
    let fake = Fake::new(|_| Answer::status(403, "Forbidden", "no"));
    assert!(fake.api.delete("/api/v1/things/x", &json!({})).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_long_list_is_read_in_pages() {
    let page = |names: &[&str], next: &str| {
        let items: Vec<Value> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
        Answer::Json(200, json!({"metadata": {"continue": next, "resourceVersion": "9"}, "items": items}))
    };
    let fake = Fake::in_order(vec![page(&["node10", "node2"], "token=1&x"), page(&["node1"], "")]);
    let nodes = nodes::list(&fake.api, "pool=a,zone!=b", &[]).await.unwrap();
    let names: Vec<&str> = nodes.iter().map(|node| node.facts.name.as_str()).collect();
    assert_eq!(names, ["node1", "node2", "node10"]);
    let asked = fake.asked();
    assert_eq!((asked.len(), asked[0].method.clone()), (2, Method::GET));
    assert_eq!((asked[0].query("continue"), asked[1].query("continue")), ("", "token=1&x"));
    assert!(
        asked
            .iter()
            .all(|asked| asked.query("labelSelector") == "pool=a,zone!=b" && asked.query("limit") == "500")
    );
}
