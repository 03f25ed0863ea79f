use ::http::Request;
use bytes::Bytes;

use super::pki::{Ca, Trusted};
use super::server::{OK, Server};
use super::world::{World, get, http, https, with_password};
use crate::evidence::endpoint::Role;
use crate::registry::transport::{CarriesCredential, SendError, Withheld};

#[tokio::test]
async fn a_password_does_not_go_over_plain_http_unless_that_was_allowed() {
    let server = Server::plain(&[OK, OK]).await;
    let origin = http(server.port);
    let world = World::new();
    let mut transport = world.transport();
    assert_eq!(transport.may_carry_credentials(&origin), Err(Withheld::PlainHttp));
    let error = transport.send(&origin, Role::Registry, with_password(), 10).await.expect_err("withheld");
    assert_eq!(error, SendError::Withheld { endpoint: 0, why: Withheld::PlainHttp });
    let mut in_body =
        Request::post("/token").body(Bytes::from_static(b"password=hunter2")).expect("a request");
    in_body.extensions_mut().insert(CarriesCredential);
    transport.send(&origin, Role::Registry, in_body, 10).await.expect_err("withheld");
    assert_eq!(server.seen(), [Vec::<String>::new()]);
    transport.allow_plain_http(&origin);
    assert_eq!(transport.may_carry_credentials(&origin), Ok(()));
    transport.send(&origin, Role::Registry, with_password(), 10).await.expect("an answer");
    assert!(server.seen()[0][0].contains("authorization: Basic"));
}

#[tokio::test]
async fn a_password_goes_only_over_tls_that_is_sound() {
    let root = Ca::new("root", (2020, 2100));
    let server = Server::tls(root.sound().server(), &[OK, OK]).await;
    let origin = https(server.port);
    let mut world = World::new();
    let mut transport = world.transport();
    assert_eq!(transport.may_carry_credentials(&origin), Err(Withheld::NotConnected));
    transport.open(&origin, Role::TokenService).await.expect_err("a name on loopback that nobody asked for");
    let mut transport = world.transport();
    transport.open(&origin, Role::Registry).await.expect("a connection");
    assert_eq!(transport.may_carry_credentials(&origin), Err(Withheld::UntrustedCertificate));
    let error = transport.send(&origin, Role::Registry, with_password(), 10).await.expect_err("withheld");
    assert_eq!(error, SendError::Withheld { endpoint: 0, why: Withheld::UntrustedCertificate });
    get(&mut transport, &origin).await.expect("without the password it goes on");
    world.settings.roots = root.roots();
    let mut transport = world.transport();
    transport.send(&origin, Role::Registry, with_password(), 10).await.expect("an answer");
    let with: Vec<bool> = server.seen().concat().iter().map(|head| head.contains("authorization")).collect();
    assert_eq!(with, [false, true]);
}

#[tokio::test]
async fn each_new_connection_is_judged_anew() {
    let (root, other) = (Ca::new("root", (2020, 2100)), Ca::new("other", (2020, 2100)));
    let configs = [root.sound().server(), other.sound().server()];
    let server = Server::with(move |stream, session| {
        let acceptor = tokio_rustls::TlsAcceptor::from(configs[session.number.min(1)].clone());
        async move {
            let stream = acceptor.accept(stream).await.expect("a handshake");
            session.answer(stream, &[OK]).await;
        }
    })
    .await;
    let mut world = World::new();
    world.settings.roots = root.roots();
    let mut transport = world.transport();
    let origin = https(server.port);
    transport.send(&origin, Role::Registry, with_password(), 10).await.expect("an answer");
    transport.disconnect();
    let error =
        transport.send(&origin, Role::Registry, with_password(), 10).await.expect_err("another certificate");
    assert_eq!(error, SendError::Withheld { endpoint: 0, why: Withheld::UntrustedCertificate });
    assert!(transport.endpoints()[0].tls.as_ref().is_some_and(|tls| !tls.trusted));
    assert_eq!(server.seen()[1], Vec::<String>::new());
}

#[tokio::test]
async fn nothing_of_a_request_is_in_debug_output() {
    let server =
        Server::plain(&["HTTP/1.1 200 OK\r\nSet-Cookie: sid=hunter2\r\nContent-Length: 7\r\n\r\nhunter2"])
            .await;
    let world = World::new();
    let mut transport = world.transport();
    let response = get(&mut transport, &http(server.port)).await.expect("an answer");
    assert_eq!(response.body, b"hunter2");
    assert!(!format!("{response:?}").contains("hunter2"));
}
