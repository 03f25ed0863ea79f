//! Harbor by its URL, without any Kubernetes.

use regauth::evidence::harbor::seen::Via;

use super::tap::tap_at;
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

#[tokio::test]
async fn each_address_of_a_url_is_a_core() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.ask.cores.clear();
    let (one, other) = (harbor.cores[0], harbor.cores[1]);
    let first = tap_at("127.0.0.1:0", 0, vec![one], harbor.log.clone());
    tap_at(&format!("127.0.0.2:{}", first.port()), 1, vec![other], harbor.log.clone());
    std::fs::write(harbor.folder.join("hosts"), "127.0.0.1 harbor.test\n127.0.0.2 harbor.test\n").unwrap();
    harbor.ask.front = Some(format!("http://harbor.test:{}", first.port()));
    (harbor.ask.front_tokens, harbor.ask.front_plain_http, harbor.ask.via) = (6, true, Via::Url);
    harbor.ask.repository = Some("team/app".into());
    let seen = harbor.look_as("admin", PASSWORD).await;
    assert_eq!(seen.core(1).address, format!("127.0.0.2:{}", first.port()));
    assert_eq!(seen.picture(), ["AR", "RA"], "{}", seen.shown());
    assert!(seen.seen.login.as_ref().unwrap().is_good());
    // Fresh connections go round the addresses.
    let front = seen.seen.front.as_ref().unwrap();
    let counts: Vec<u32> = front.kids.iter().map(|kid| kid.count).collect();
    assert_eq!((counts, front.rejected.unwrap().of), (vec![3, 3], 6), "{}", seen.shown());
    assert_eq!(seen.seen.decision.as_ref().unwrap().at, "front");
}

#[tokio::test]
async fn an_address_of_a_url_that_is_not_there_is_named_as_what_was_asked() {
    let mut harbor = Harbor::start(&[key(0), key(0)]);
    harbor.front();
    harbor.ask.via = Via::Url;
    harbor.ask.cores[1].address = "127.0.0.1:1".into();
    let seen = harbor.look().await;
    let token = &seen.core(1).token;
    let endpoint = &seen.endpoints[token.endpoint.unwrap()];
    assert_eq!(endpoint.pinned, "127.0.0.1:1".parse().ok(), "{}", seen.shown());
    assert_eq!(endpoint.host.as_str(), "harbor.test");
    assert!(seen.core(1).stopped.is_none(), "it never answered");
}
