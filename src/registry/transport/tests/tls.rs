use super::pki::{Ca, Trusted, self_signed_ca};
use super::server::{OK, Server};
use super::world::{HOST, World, endpoint, get, https};
use crate::evidence::endpoint::{Tls, TlsFailureKind};
use crate::registry::transport::{Roots, SendError, Withheld};

const NOW: (i32, i32) = (2020, 2100);

/// What is seen of a server with this identity by a client with these roots; the request itself must pass.
async fn seen(identity: &super::pki::Identity, roots: Roots) -> (Tls, Result<(), Withheld>) {
    let server = Server::tls(identity.server(), &[OK]).await;
    let mut world = World::new();
    world.settings.roots = roots;
    let mut transport = world.transport();
    let origin = https(server.port);
    let response = get(&mut transport, &origin).await.expect("an answer");
    assert_eq!((response.status, response.body.as_slice()), (200, b"ok".as_slice()));
    let tls = endpoint(&transport, &origin).tls.clone().expect("a handshake");
    (tls, transport.may_carry_credentials(&origin))
}

fn verdict(tls: &Tls) -> (bool, bool, bool) {
    (tls.trusted, tls.name_fits, tls.valid_now)
}

#[tokio::test]
async fn a_sound_chain_is_told_in_full() {
    let root = Ca::new("root", NOW);
    let intermediate = root.intermediate("intermediate");
    let mut identity = intermediate.sound();
    identity.others.push(intermediate.certificate.der().clone());
    let (tls, may) = seen(&identity, root.roots()).await;
    assert_eq!((verdict(&tls), may, tls.is_sound()), ((true, true, true), Ok(()), true));
    assert_eq!((tls.version.as_str(), tls.chain.len()), ("TLS 1.3", 2));
    let own = &tls.chain[0];
    assert!(own.subject.as_str().contains(&format!("CN=server {HOST}")), "{}", own.subject);
    assert!(own.issuer.as_str().contains("CN=intermediate"), "{}", own.issuer);
    assert_eq!(own.names[0].as_str(), HOST);
    assert_eq!(own.not_before.to_string(), "2020-01-01T00:00:00Z");
    assert_eq!(own.sha256.len(), 64);
    // Without the intermediate certificate nobody knows who signed.
    let (tls, may) = seen(&intermediate.sound(), root.roots()).await;
    assert_eq!((verdict(&tls), may), ((false, true, true), Err(Withheld::UntrustedCertificate)));
}

#[tokio::test]
async fn an_unknown_authority_is_told_and_does_not_stop_the_request() {
    let (tls, may) = seen(&Ca::new("root", NOW).sound(), Ca::new("root", NOW).roots()).await;
    assert_eq!((verdict(&tls), may), ((false, true, true), Err(Withheld::UntrustedCertificate)));
    let (tls, _) = seen(&Ca::new("root", NOW).sound(), Roots::none()).await;
    assert!(!tls.trusted);
}

#[tokio::test]
async fn trust_is_told_apart_from_times_and_name() {
    let root = Ca::new("root", (2000, 2100));
    let (tls, may) = seen(&root.issue(HOST, (2010, 2011)), root.roots()).await;
    assert_eq!((verdict(&tls), may), ((true, true, false), Err(Withheld::NotValidNow)));
    let (tls, may) = seen(&root.issue(HOST, (2090, 2091)), root.roots()).await;
    assert_eq!((verdict(&tls), may), ((true, true, false), Err(Withheld::NotValidNow)));
    let (tls, may) = seen(&root.issue("other.example", NOW), root.roots()).await;
    assert_eq!((verdict(&tls), may), ((true, false, true), Err(Withheld::NameMismatch)));
    let (tls, _) = seen(&root.issue("other.example", (2010, 2011)), Roots::none()).await;
    assert_eq!(verdict(&tls), (false, false, false));
}

#[tokio::test]
async fn an_expired_root_does_not_sign_for_anything_now() {
    let root = Ca::new("root", (2000, 2021));
    let (tls, may) = seen(&root.sound(), root.roots()).await;
    assert_eq!((verdict(&tls), may), ((true, true, false), Err(Withheld::NotValidNow)));
}

#[tokio::test]
async fn a_certificate_that_is_itself_a_root_is_trusted_as_go_trusts_it() {
    let (identity, roots) = self_signed_ca();
    let (tls, may) = seen(&identity, roots).await;
    assert_eq!((verdict(&tls), may), ((true, true, true), Ok(())));
    let (tls, _) = seen(&identity, Roots::none()).await;
    assert!(!tls.trusted);
}

/// Why the handshake with a server fails; the request must come to nothing.
async fn failure(server: &Server, world: &World) -> (TlsFailureKind, String) {
    let mut transport = world.transport();
    let origin = https(server.port);
    let error = get(&mut transport, &origin).await.expect_err("no answer");
    assert!(
        matches!(error, SendError::Unreachable { endpoint: 0 } | SendError::RefusedByTls { endpoint: 0 }),
        "{error:?}"
    );
    let failure = endpoint(&transport, &origin).tls.clone().and_then(|tls| tls.failure).expect("a failure");
    (failure.kind, failure.message.to_string())
}

#[tokio::test]
async fn what_is_not_tls_is_told_by_its_first_bytes() {
    let world = World::new();
    let http = Server::raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(
        failure(&http, &world).await,
        (TlsFailureKind::PlainHttp, "HTTP/1.1 400 Bad Request".to_string())
    );
    let ssh = Server::raw(b"SSH-2.0-OpenSSH_9.9\r\n").await;
    assert_eq!(failure(&ssh, &world).await.0, TlsFailureKind::NotTls);
    let cut = Server::raw(b"").await;
    assert_eq!(failure(&cut, &world).await.0, TlsFailureKind::CutOff);
    let silent = Server::silent().await;
    assert_eq!(failure(&silent, &World::new().impatient()).await.0, TlsFailureKind::TimedOut);
}

#[tokio::test]
async fn an_alert_is_told_by_its_name() {
    let root = Ca::new("root", NOW);
    let server = Server::tls(root.sound().server_with(rustls::ALL_VERSIONS, &[b"h2"]), &[OK]).await;
    let (kind, message) = failure(&server, &World::new()).await;
    assert_eq!(kind, TlsFailureKind::Alert);
    assert!(message.contains("NoApplicationProtocol"), "{message}");
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_told_in_both_versions() {
    let root = Ca::new("root", NOW);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = Server::tls(root.sound().mutual(&root, &[version]), &[OK]).await;
        let (kind, message) = failure(&server, &World::new()).await;
        assert_eq!(kind, TlsFailureKind::ClientCertificate, "{version:?}: {message}");
    }
}

#[tokio::test]
async fn tls_1_2_is_spoken_too() {
    let root = Ca::new("root", NOW);
    let server = Server::tls(root.sound().server_with(&[&rustls::version::TLS12], &[]), &[OK]).await;
    let mut world = World::new();
    world.settings.roots = root.roots();
    let mut transport = world.transport();
    get(&mut transport, &https(server.port)).await.expect("an answer");
    let tls = endpoint(&transport, &https(server.port)).tls.clone().expect("a handshake");
    assert_eq!((tls.version.as_str(), tls.is_sound()), ("TLS 1.2", true));
}
