use ::http::{Method, Request};
use bytes::Bytes;

use super::server::{OK, Server, closed_port};
use super::world::{World, endpoint, get, http, request};
use crate::evidence::endpoint::{ConnectFailure, Role, Scheme};
use crate::registry::transport::{BodyEnd, Origin, SendError};

#[tokio::test]
async fn an_answer_has_status_headers_and_body() {
    let server = Server::plain(&[
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nWWW-Authenticate: Bearer realm=\"x\"\r\nDate: yesterday\r\n\r\nwhat",
    ])
    .await;
    let world = World::new();
    let mut transport = world.transport();
    let response = get(&mut transport, &http(server.port)).await.expect("an answer");
    assert_eq!(
        (response.status, response.body.as_slice(), response.end),
        (401, b"what".as_slice(), BodyEnd::Complete)
    );
    assert_eq!(
        (response.headers["date"].as_bytes(), response.remote),
        (b"yesterday".as_slice(), server.address())
    );
    let head = &server.seen()[0][0];
    assert!(head.starts_with("GET /v2/ HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: registry.test:{}\r\n", server.port)), "{head}");
    assert!(head.contains("user-agent: regauth/"), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
}

#[tokio::test]
async fn headers_of_the_connection_are_not_the_callers() {
    let server = Server::plain(&[OK]).await;
    let request = Request::get("https://ignored.example/a?b=c")
        .header("Host", "evil.example")
        .header("Accept-Encoding", "gzip")
        .header("Accept", "application/json")
        .body(Bytes::new())
        .expect("a request");
    World::new().transport().send(&http(server.port), Role::Registry, request, 10).await.expect("an answer");
    let head = &server.seen()[0][0];
    assert!(
        head.starts_with("GET /a?b=c HTTP/1.1\r\n") && head.contains("accept: application/json"),
        "{head}"
    );
    assert!(!head.contains("evil.example") && !head.contains("gzip"), "{head}");
}

#[tokio::test]
async fn a_connection_is_used_again_and_opened_anew_when_the_server_closed_it() {
    let server = Server::plain(&[OK, OK]).await;
    let world = World::new();
    let mut transport = world.transport();
    for _ in 0..5 {
        get(&mut transport, &http(server.port)).await.expect("an answer");
    }
    let requests: Vec<usize> = server.seen().iter().map(Vec::len).collect();
    assert_eq!(requests, [2, 2, 1]);
    assert_eq!(transport.endpoints().len(), 1);
    assert_eq!(endpoint(&transport, &http(server.port)).connects.len(), 1);
}

/// Answers the first request of a connection.
async fn closes_at_the_second() -> Server {
    Server::with(|mut stream, session| async move {
        use tokio::io::AsyncWriteExt;
        session.read_head(&mut stream).await;
        stream.write_all(OK.as_bytes()).await.ok();
        // The second request arrives, and the connection is closed without an answer.
        session.read_head(&mut stream).await;
    })
    .await
}

#[tokio::test]
async fn a_request_that_changes_something_is_not_sent_twice() {
    let server = closes_at_the_second().await;
    let origin = http(server.port);
    let world = World::new();
    let mut transport = world.transport();
    get(&mut transport, &origin).await.expect("an answer");
    let post =
        Request::builder().method(Method::POST).uri("/v2/a/blobs/uploads/").body(Bytes::new()).expect("one");
    let error = transport.send(&origin, Role::Registry, post, 10).await.expect_err("cut off");
    assert!(matches!(error, SendError::CutOff { endpoint: 0, .. }), "{error:?}");
    assert_eq!(server.seen().len(), 1);
    get(&mut transport, &origin).await.expect("a GET is answered again");
    get(&mut transport, &origin).await.expect("a GET is sent again");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_password_that_may_have_been_seen_is_not_sent_twice_and_a_token_is() {
    for (authorization, sent) in [("Basic dTpw", 2), ("Bearer t", 3)] {
        let server = closes_at_the_second().await;
        let (origin, world) = (http(server.port), World::new());
        let mut transport = world.transport();
        transport.allow_plain_http(&origin);
        get(&mut transport, &origin).await.expect("an answer");
        let with_it = Request::builder().uri("/v2/").header("authorization", authorization);
        let with_it = with_it.body(Bytes::new()).expect("a request");
        let answer = transport.send(&origin, Role::Registry, with_it, 10).await;
        assert_eq!(answer.is_ok(), sent == 3, "{authorization}");
        assert_eq!(server.seen().iter().map(Vec::len).sum::<usize>(), sent, "{authorization}");
    }
}

#[tokio::test]
async fn disconnect_gives_a_fresh_connection() {
    let server = Server::plain(&[OK, OK, OK]).await;
    let world = World::new();
    let mut transport = world.transport();
    for _ in 0..3 {
        get(&mut transport, &http(server.port)).await.expect("an answer");
        transport.disconnect();
    }
    assert_eq!(server.seen().iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(transport.endpoints().len(), 1);
}

#[tokio::test]
async fn a_body_is_read_up_to_the_cap() {
    let server = Server::plain(&["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"]).await;
    for (cap, expected, end) in [(9, "012345678", BodyEnd::Capped), (10, "0123456789", BodyEnd::Complete)] {
        let world = World::new();
        let mut transport = world.transport();
        let response =
            transport.send(&http(server.port), Role::Registry, request(), cap).await.expect("an answer");
        assert_eq!((response.body.as_slice(), response.end), (expected.as_bytes(), end));
        assert_eq!(response.is_whole(), cap == 10);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_kept_as_far_as_it_came() {
    let server = Server::plain(&["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"]).await;
    let response = get(&mut World::new().transport(), &http(server.port)).await.expect("an answer");
    assert_eq!((response.body.as_slice(), response.end), (b"0123".as_slice(), BodyEnd::CutOff));
    let slow = Server::with(|mut stream, session| async move {
        use tokio::io::AsyncWriteExt;
        session.read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01").await.ok();
        std::future::pending::<()>().await;
    })
    .await;
    let response = get(&mut World::new().impatient().transport(), &http(slow.port)).await.expect("an answer");
    assert_eq!((response.body.as_slice(), response.end), (b"01".as_slice(), BodyEnd::TimedOut));
}

#[tokio::test]
async fn too_many_and_too_long_headers_are_refused() {
    let many = Server::with(|mut stream, session| async move {
        use tokio::io::AsyncWriteExt;
        session.read_head(&mut stream).await;
        let headers: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
        stream.write_all(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes()).await.ok();
    })
    .await;
    let long = Server::with(|mut stream, session| async move {
        use tokio::io::AsyncWriteExt;
        session.read_head(&mut stream).await;
        let value = "y".repeat(200_000);
        stream.write_all(format!("HTTP/1.1 200 OK\r\nx: {value}\r\n\r\n").as_bytes()).await.ok();
        std::future::pending::<()>().await;
    })
    .await;
    for server in [many, long] {
        let error = get(&mut World::new().transport(), &http(server.port)).await.expect_err("too much");
        assert!(matches!(error, SendError::Malformed { endpoint: 0, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn ends_of_a_request_are_told_apart() {
    let nonsense = Server::raw(b"220 smtp.example ESMTP\r\n").await;
    let error = get(&mut World::new().transport(), &http(nonsense.port)).await.expect_err("no HTTP");
    assert!(matches!(error, SendError::Malformed { .. }), "{error:?}");
    let tls = Server::raw(&[0x15, 3, 1, 0, 2, 2, 10]).await;
    let error = get(&mut World::new().transport(), &http(tls.port)).await.expect_err("TLS");
    assert_eq!(error, SendError::SpeaksTls { endpoint: 0 });
    let cut = Server::raw(b"").await;
    let error = get(&mut World::new().transport(), &http(cut.port)).await.expect_err("nothing");
    assert!(matches!(error, SendError::CutOff { .. }), "{error:?}");
    let silent = Server::silent().await;
    let error =
        get(&mut World::new().impatient().transport(), &http(silent.port)).await.expect_err("silence");
    assert_eq!(error, SendError::TimedOut { endpoint: 0 });
}

#[tokio::test]
async fn every_address_is_tried_and_the_first_that_works_is_used() {
    let server = Server::plain(&[OK, OK]).await;
    let world = World::new();
    world.write("hosts", "127.0.0.2 many.test\n127.0.0.1 many.test\n127.0.0.3 many.test\n");
    let mut transport = world.transport();
    let origin = Origin::new(Scheme::Http, "many.test", server.port);
    let response = get(&mut transport, &origin).await.expect("an answer");
    assert_eq!(response.remote, server.address());
    let failures: Vec<_> =
        endpoint(&transport, &origin).connects.iter().map(|connect| connect.failure).collect();
    assert_eq!(failures, [Some(ConnectFailure::Refused), None, Some(ConnectFailure::Refused)]);
}

#[tokio::test]
async fn a_dead_registry_is_tried_once_until_disconnect() {
    let port = closed_port().await;
    let world = World::new();
    let mut transport = world.transport();
    for _ in 0..2 {
        let error = get(&mut transport, &http(port)).await.expect_err("nobody there");
        assert_eq!(error, SendError::Unreachable { endpoint: 0 });
    }
    let evidence = endpoint(&transport, &http(port));
    assert_eq!(evidence.connects[0].failure, Some(ConnectFailure::Refused));
    assert_eq!(evidence.connects.len(), 1);
    let server = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port");
    let accept = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let (mut stream, _) = server.accept().await.expect("a connection");
        stream.write_all(OK.as_bytes()).await.expect("an answer");
    });
    get(&mut transport, &http(port)).await.expect_err("not tried again");
    transport.disconnect();
    transport.open(&http(port), Role::Registry).await.expect("a connection");
    assert_eq!(endpoint(&transport, &http(port)).connects[0].failure, None);
    accept.await.expect("accepted");
}
