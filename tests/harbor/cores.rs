//! Keys and the matrix.

use regauth::evidence::harbor::seen::Method;

use super::world::{Core, Harbor, PASSWORD, key};

/// `a` and `c` share a key, `b` has another, `d` has the first one as PKCS#8: as it was recorded with real cores.
fn recorded() -> [Core; 4] {
    [key(0), key(1), key(0), Core { pkcs8: true, ..key(0) }]
}

const RECORDED: [&str; 4] = ["ARAA", "RARR", "ARAA", "NNNN"];

#[tokio::test]
async fn keys_that_differ_are_seen_without_any_credential() {
    let harbor = Harbor::start(&recorded());
    let seen = harbor.look().await;
    assert!(seen.kid(0).is_some_and(|kid| kid.split(':').count() == 12), "{}", seen.shown());
    assert_eq!(seen.kid(0), seen.kid(2));
    assert_ne!(seen.kid(0), seen.kid(1));
    assert_eq!(seen.kid(3), None);
    assert!(seen.core(3).cannot_issue() && !seen.core(0).cannot_issue());
    assert_eq!(seen.picture(), RECORDED, "{}", seen.shown());
    let matrix = seen.seen.matrix.as_ref().unwrap();
    assert_eq!(matrix.method, Method::Anonymous);
    assert!(matrix.controls.iter().all(|control| control.holds && control.status == Some(404)));
    assert_eq!(matrix.example.as_ref().unwrap().answer().unwrap().status, 404);
    assert_eq!(seen.seen.login, None);
    assert_eq!(harbor.log.logins(), 0);
}

#[tokio::test]
async fn keys_that_differ_are_seen_with_a_credential() {
    let harbor = Harbor::start(&recorded());
    let seen = harbor.look_as("dev", PASSWORD).await;
    let login = seen.seen.login.as_ref().unwrap();
    assert!(login.is_good() && login.withheld.is_none(), "{}", seen.shown());
    assert_eq!(seen.picture(), RECORDED, "{}", seen.shown());
    let matrix = seen.seen.matrix.as_ref().unwrap();
    assert_eq!(matrix.method, Method::Credential);
    assert!(matrix.controls.iter().all(|control| control.holds && control.status == Some(200)));
    assert_eq!(matrix.example.as_ref().unwrap().answer().unwrap().status, 401);
    let info = seen.core(0).info.as_ref().unwrap();
    assert_eq!(info.read_only, Some(false), "{}", seen.shown());
    assert!(info.version.is_some() && info.external_url.is_some(), "{}", seen.shown());
    // A token, system information and a control a core; the first token is the login's.
    assert!(harbor.log.logins() <= 3 * 4, "{}", harbor.log.logins());
}

#[tokio::test]
async fn a_private_library_says_nothing_of_keys() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.change(|world| world["projects"][0]["public"] = false.into());
    let seen = harbor.look().await;
    assert_eq!(seen.picture(), ["??", "??"], "{}", seen.shown());
    let matrix = seen.seen.matrix.as_ref().unwrap();
    assert!(matrix.controls.iter().all(|control| !control.holds && control.status == Some(401)));
    assert_ne!(seen.kid(0), seen.kid(1));
}

#[tokio::test]
async fn a_core_that_is_down_and_one_without_address_keep_the_others_from_nothing() {
    let mut harbor = Harbor::start(&[key(0), key(0), key(0)]);
    harbor.ask.cores[0].address = "127.0.0.1:1".into();
    harbor.ask.cores[1].address = ":8080".into();
    let seen = harbor.look_as("dev", PASSWORD).await;
    assert!(!seen.core(0).answers() && !seen.core(1).answers() && seen.core(2).answers());
    assert_eq!(seen.picture(), ["NNN", "NNN", "UUA"], "{}", seen.shown());
    assert!(seen.seen.login.as_ref().unwrap().is_good());
}

#[tokio::test]
async fn the_realm_is_that_of_the_front_door() {
    let mut harbor = Harbor::start(&[key(0)]);
    let seen = harbor.look().await;
    let own = format!("http://{}/service/token", harbor.ask.cores[0].address);
    assert_eq!(seen.core(0).realm.as_ref().unwrap().as_str(), own);
    harbor.front();
    harbor.ask.front_tokens = 0;
    let seen = harbor.look().await;
    let front = harbor.ask.front.as_ref().unwrap();
    assert_eq!(seen.core(0).realm.as_ref().unwrap().as_str(), format!("{front}/service/token"));
}

#[tokio::test]
async fn many_cores_are_asked_a_few_times_each() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    let (one, other) = (harbor.cores[0], harbor.cores[1]);
    for number in 2..40 {
        harbor.tapped(vec![if number == 30 { other } else { one }], false);
    }
    let seen = harbor.look().await;
    let matrix = seen.seen.matrix.as_ref().unwrap();
    assert!(matrix.cells.len() <= 40 * 6, "{}", matrix.cells.len());
    let picture = seen.picture();
    for (issuer, row) in picture.iter().enumerate() {
        let has_other = issuer == 1 || issuer == 30;
        for (verifier, letter) in row.chars().enumerate().filter(|(_, letter)| *letter != '.') {
            let agrees = has_other == (verifier == 1 || verifier == 30);
            assert_eq!(letter, if agrees { 'A' } else { 'R' }, "{issuer} {verifier}: {picture:?}");
        }
        assert_eq!(row.chars().nth(issuer), Some('A'), "{picture:?}");
    }
}
