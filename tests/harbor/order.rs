//! How often a password is sent, and where.

use regauth::evidence::harbor::seen::Method;
use regauth::probe::Credential;
use regauth::secret::Secret;

use super::world::{Core, Harbor, PASSWORD, key};

const WRONG: &str = "planted-wrong-password";

#[tokio::test]
async fn a_refused_password_is_sent_once_and_nowhere_else() {
    let mut harbor = Harbor::start(&[key(0), key(1), key(0)]);
    harbor.front();
    harbor.ask.front_plain_http = true;
    harbor.ask.repository = Some("team/app".into());
    let seen = harbor.look_as("dev", WRONG).await;
    assert_eq!(harbor.log.logins(), 1, "{}", seen.shown());
    let login = seen.seen.login.as_ref().unwrap();
    assert!(login.is_refused() && !login.is_good());
    let matrix = seen.seen.matrix.as_ref().unwrap();
    assert_eq!(matrix.method, Method::Anonymous);
    assert_eq!(seen.picture(), ["ARA", "RAR", "ARA"]);
    assert!(seen.seen.cores.iter().all(|core| core.info.is_none()));
    assert_eq!(seen.seen.decision, None, "nothing was asked about the repository");
    assert_eq!(seen.seen.unasked, Vec::<String>::new());
    assert_eq!(seen.seen.front.as_ref().unwrap().method, Some(Method::Anonymous));
}

#[tokio::test]
async fn the_next_core_is_asked_only_where_one_cannot_issue_or_be_reached() {
    let mut harbor = Harbor::start(&[Core { pkcs8: true, ..key(0) }, key(0), key(0)]);
    harbor.ask.cores[1].address = "127.0.0.1:1".into();
    let seen = harbor.look_as("dev", WRONG).await;
    assert!(seen.seen.login.as_ref().unwrap().is_refused());
    let logins: Vec<_> = harbor.log.sent().into_iter().filter(super::tap::Sent::is_login).collect();
    assert_eq!(logins.len(), 1);
    assert_eq!((logins[0].tap, logins[0].line.as_str()), (2, "GET /service/token?service=harbor-registry"));
}

#[tokio::test]
async fn where_no_core_can_issue_the_password_itself_is_verified() {
    let cores = [Core { pkcs8: true, ..key(0) }, Core { pkcs8: true, ..key(0) }];
    let harbor = Harbor::start(&cores);
    let seen = harbor.look_as("dev", PASSWORD).await;
    let login = seen.seen.login.as_ref().unwrap();
    assert!(login.is_good(), "{}", seen.shown());
    assert_eq!(login.exchange.as_ref().unwrap().request.as_str(), "GET /v2/");
    assert_eq!(seen.picture(), ["NN", "NN"]);

    let harbor = Harbor::start(&cores);
    let seen = harbor.look_as("dev", WRONG).await;
    assert!(seen.seen.login.as_ref().unwrap().is_refused());
    assert_eq!(harbor.log.logins(), 1);
}

#[tokio::test]
async fn a_password_does_not_pass_a_connection_that_is_not_to_be_trusted() {
    let mut harbor = Harbor::start(&[]);
    let issued = rcgen::generate_simple_self_signed(["harbor-core".to_string()]).unwrap();
    let files = (harbor.folder.join("tls.crt"), harbor.folder.join("tls.key"));
    std::fs::write(&files.0, issued.cert.pem()).unwrap();
    std::fs::write(&files.1, issued.signing_key.serialize_pem()).unwrap();
    let with_tls = |key| Core { key, tls: Some(files.clone()), ..Core::default() };
    for core in [with_tls(0), with_tls(1)] {
        harbor.start_core(&core);
    }
    let seen = harbor.look_as("dev", PASSWORD).await;
    let login = seen.seen.login.as_ref().unwrap();
    assert!(login.exchange.is_none(), "{}", seen.shown());
    assert!(login.withheld.as_ref().unwrap().as_str().contains("not to be trusted"), "{login:?}");
    assert_eq!(seen.picture(), ["AR", "RA"]);
    assert_ne!(seen.kid(0), seen.kid(1));
}

#[tokio::test]
async fn what_is_no_user_and_password_is_not_sent() {
    let harbor = Harbor::start(&[key(0)]);
    let about = harbor.about("dev", "planted-identity-token");
    let token = Secret::new("planted-identity-token".into());
    let seen = harbor.look_with(Some(Credential::identity_token(about, token))).await;
    let login = seen.seen.login.as_ref().unwrap();
    assert!(login.withheld.is_some() && login.exchange.is_none());
    assert!(harbor.log.sent().iter().all(|sent| !sent.head.contains("planted")));

    let about = harbor.about("dev", "");
    let seen = harbor.look_with(Some(Credential::password(about, "dev", Secret::default()))).await;
    assert!(seen.seen.login.as_ref().unwrap().withheld.is_some());
    assert_eq!(harbor.log.logins(), 0);
}

#[tokio::test]
async fn a_password_that_one_core_refuses_later_is_sent_nowhere_from_then_on() {
    // Its clock is a year ahead: the robot is expired there alone.
    let ahead = Core { offset: 365 * 86_400, ..key(0) };
    let mut harbor = Harbor::start(&[key(0), ahead, key(0)]);
    harbor.change(|world| {
        let soon = "2027-06-01T00:00:00Z";
        world["robots"][0]["expires"] = soon.into();
    });
    harbor.ask.repository = Some("team/app".into());
    let seen = harbor.look_as("robot$team+old", PASSWORD).await;
    let login = seen.seen.login.as_ref().unwrap();
    assert!(login.is_good(), "{}", seen.shown());
    assert_eq!(login.refused_later.as_deref(), Some("core-1"));
    assert_eq!(seen.seen.decision, None, "what was not asked decides nothing");
    // The login, what the first core tells of itself, and the refusal.
    assert_eq!(harbor.log.logins(), 3, "{}", seen.shown());
    assert_eq!(seen.seen.matrix.as_ref().unwrap().method, Method::Anonymous);
}
