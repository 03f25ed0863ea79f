//! What clients see at the front door.

use regauth::evidence::harbor::seen::Method;

use super::world::{Core, Harbor, PASSWORD, key};

#[tokio::test]
async fn two_keys_behind_the_front_door_show_in_tokens_and_rejections() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.front();
    let seen = harbor.look().await;
    let front = seen.seen.front.as_ref().unwrap();
    let counts: Vec<u32> = front.kids.iter().map(|kid| kid.count).collect();
    assert_eq!((counts.as_slice(), front.without_token), (&[6, 6][..], 0), "{}", seen.shown());
    let rejected = front.rejected.unwrap();
    assert_eq!((rejected.hits, rejected.of, front.method), (6, 12, Some(Method::Anonymous)));
    let names: Vec<&str> = front.cookies.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["sid"]);
    assert!(!front.dates_differ && !front.issued_differ && front.dates.is_some());
}

#[tokio::test]
async fn a_users_token_is_had_once_and_shown_again_and_again() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.ask.cores.clear();
    harbor.front();
    harbor.ask.front_plain_http = true;
    let seen = harbor.look_as("dev", PASSWORD).await;
    let front = seen.seen.front.as_ref().unwrap();
    let rejected = front.rejected.unwrap();
    assert_eq!(
        (rejected.hits, rejected.of, front.method),
        (6, 12, Some(Method::Credential)),
        "{}",
        seen.shown()
    );
    // One login to know whether it is good, one for the token.
    assert_eq!(harbor.log.logins(), 2);
    assert!(seen.seen.matrix.is_none() && seen.seen.cores.is_empty());
}

#[tokio::test]
async fn equal_cores_reject_nothing_and_two_clocks_are_seen() {
    let mut harbor = Harbor::start(&[key(0), Core { offset: 20, ..key(0) }]);
    harbor.front();
    let seen = harbor.look().await;
    let front = seen.seen.front.as_ref().unwrap();
    assert_eq!((front.kids.len(), front.rejected.unwrap().hits), (1, 0), "{}", seen.shown());
    assert!(front.dates_differ && front.issued_differ, "{}", seen.shown());
    let dates = front.dates.unwrap();
    assert!(dates.low_us <= 0 && dates.high_us >= 20_000_000, "{dates:?}");
}

#[tokio::test]
async fn a_private_library_gives_no_rate_and_a_door_that_is_closed_none_of_all() {
    let mut harbor = Harbor::start(&[key(0)]);
    harbor.front();
    harbor.change(|world| world["projects"][0]["public"] = false.into());
    let seen = harbor.look().await;
    let front = seen.seen.front.as_ref().unwrap();
    assert_eq!((front.kids.len(), front.rejected, front.method), (1, None, None));

    harbor.ask.front = Some("http://harbor.test:1".into());
    let seen = harbor.look().await;
    let front = seen.seen.front.as_ref().unwrap();
    assert!(front.ping.as_ref().unwrap().answer().is_none());
    assert_eq!((front.kids.len(), front.without_token), (0, 0));
}

#[tokio::test]
async fn the_status_of_requests_that_gave_no_token_is_kept() {
    let mut harbor = Harbor::start(&[Core { pkcs8: true, ..key(0) }]);
    harbor.front();
    let seen = harbor.look().await;
    let front = seen.seen.front.as_ref().unwrap();
    assert_eq!((front.kids.len(), front.failed_status), (0, Some(500)), "{}", seen.shown());
    assert!(front.without_token > 0);
}
