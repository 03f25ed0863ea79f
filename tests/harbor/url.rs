//! Harbor by its URL, without any Kubernetes.

use regauth::evidence::harbor::seen::Via;

use super::world::{Harbor, PASSWORD, key};

#[tokio::test]
async fn endpoints_are_asked_under_the_urls_name() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.front();
    harbor.ask.via = Via::Url;
    let seen = harbor.look_as("dev", PASSWORD).await;
    assert_eq!(seen.picture(), ["AR", "RA"], "{}", seen.shown());
    let host = harbor.ask.front.as_ref().unwrap().strip_prefix("http://").unwrap().to_string();
    assert!(harbor.log.sent().iter().all(|sent| sent.header("host") == Some(host.as_str())));
    // In the clear nothing is sent to a URL unless the user says so.
    assert!(seen.seen.login.as_ref().unwrap().withheld.is_some());
    assert_eq!(harbor.log.logins(), 0);
    assert_eq!(seen.seen.via, Via::Url);
}

#[tokio::test]
async fn a_url_of_one_address_has_no_cores_of_its_own() {
    let mut harbor = Harbor::start(&[key(0)]);
    harbor.ask.cores.clear();
    harbor.front();
    harbor.ask.via = Via::Url;
    let seen = harbor.look().await;
    assert!(seen.seen.cores.is_empty() && seen.seen.matrix.is_none());
    assert_eq!(seen.seen.front.as_ref().unwrap().kids.len(), 1);
}
