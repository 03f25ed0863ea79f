use super::pki::{Ca, Trusted};
use super::server::{OK, Server, closed_port};
use super::world::{HOST, World, endpoint, get, http, https};
use crate::evidence::endpoint::{ConnectFailure, Role};
use crate::registry::transport::{ProxyRules, SendError};

fn through(port: u16) -> World {
    let mut world = World::new();
    world.settings.proxies =
        ProxyRules::fixed(&format!("http://joe:hunter2@proxy.test:{port}")).expect("a proxy");
    world
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_the_proxy_resolves_the_name() {
    let root = Ca::new("root", (2020, 2100));
    let server = Server::tls(root.sound().server(), &[OK]).await;
    let proxy = Server::proxy().await;
    let mut world = through(proxy.port);
    world.settings.roots = root.roots();
    world.write("hosts", "127.0.0.1 proxy.test");
    let mut transport = world.transport();
    let response = get(&mut transport, &https(server.port)).await.expect("an answer");
    assert_eq!((response.status, response.remote), (200, proxy.address()));
    let head = &proxy.seen()[0][0];
    assert!(head.starts_with(&format!("CONNECT {HOST}:{} HTTP/1.1\r\n", server.port)), "{head}");
    assert!(head.contains("proxy-authorization: Basic am9lOmh1bnRlcjI="), "{head}");
    assert!(!server.seen()[0][0].contains("proxy-authorization"));
    let evidence = endpoint(&transport, &https(server.port));
    assert!(evidence.resolve.is_none() && evidence.connects.is_empty());
    assert!(evidence.tls.as_ref().is_some_and(|tls| tls.is_sound()));
    assert_eq!(
        evidence.proxy.as_ref().map(|p| p.to_string()),
        Some(format!("http://proxy.test:{}", proxy.port))
    );
    let own = &transport.endpoints()[1];
    assert_eq!((own.role, own.port, own.connects.len()), (Role::Proxy, proxy.port, 1));
    assert!(transport.may_carry_credentials(&https(server.port)).is_ok());
    let whole = serde_json::to_string(transport.endpoints()).expect("JSON");
    assert!(
        !whole.contains("hunter2") && !whole.contains("joe") && !whole.contains("am9lOmh1bnRlcjI="),
        "{whole}"
    );
}

#[tokio::test]
async fn a_refusal_of_the_proxy_is_kept_with_its_words() {
    let proxy =
        Server::plain(&["HTTP/1.1 403 Forbidden\r\nContent-Length: 26\r\n\r\nblocked\x1b[31m by the filter"])
            .await;
    let world = through(proxy.port);
    let mut transport = world.transport();
    let error = get(&mut transport, &https(443)).await.expect_err("refused");
    assert_eq!(error, SendError::Unreachable { endpoint: 0 });
    let refusal = transport.endpoints()[0].proxy_refusal.clone().expect("a refusal");
    assert_eq!((refusal.status, refusal.message.as_str()), (Some(403), "blocked by the filter"));
}

#[tokio::test]
async fn a_proxy_that_is_dead_or_no_proxy_is_told() {
    let port = closed_port().await;
    let world = through(port);
    let mut transport = world.transport();
    get(&mut transport, &https(443)).await.expect_err("dead");
    assert_eq!(transport.endpoints()[1].connects[0].failure, Some(ConnectFailure::Refused));
    let smtp = Server::raw(b"220 smtp.example\r\n").await;
    let world = through(smtp.port);
    let mut transport = world.transport();
    get(&mut transport, &https(443)).await.expect_err("no proxy");
    assert_eq!(transport.endpoints()[0].proxy_refusal.as_ref().map(|refusal| refusal.status), Some(None));
}

#[tokio::test]
async fn plain_http_asks_the_proxy_for_the_whole_url() {
    let proxy =
        Server::plain(&[OK, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno"])
            .await;
    let world = through(proxy.port);
    let mut transport = world.transport();
    get(&mut transport, &http(5000)).await.expect("an answer");
    let head = &proxy.seen()[0][0];
    assert!(head.starts_with("GET http://registry.test:5000/v2/ HTTP/1.1\r\n"), "{head}");
    assert!(
        head.contains("host: registry.test:5000\r\n") && head.contains("proxy-authorization: Basic "),
        "{head}"
    );
    let error = get(&mut transport, &http(5000)).await.expect_err("refused");
    assert_eq!(error, SendError::Unreachable { endpoint: 0 });
    assert_eq!(transport.endpoints()[0].proxy_refusal.as_ref().and_then(|refusal| refusal.status), Some(407));
}

#[tokio::test]
async fn a_proxy_with_an_unsound_certificate_gets_no_password() {
    let root = Ca::new("root", (2020, 2100));
    let proxy =
        Server::tls(root.issue("proxy.test", (2020, 2100)).server(), &["HTTP/1.1 403 No\r\n\r\n"]).await;
    let mut world = through(1);
    let url = format!("https://joe:hunter2@proxy.test:{}", proxy.port);
    world.settings.proxies = ProxyRules::fixed(&url).expect("a proxy");
    let mut transport = world.transport();
    get(&mut transport, &https(443)).await.expect_err("not trusted");
    assert_eq!(proxy.seen(), [Vec::<String>::new()]);
    assert!(transport.endpoints()[1].tls.as_ref().is_some_and(|tls| !tls.trusted));
    world.settings.roots = root.roots();
    let mut transport = world.transport();
    get(&mut transport, &https(443)).await.expect_err("refused");
    assert_eq!(transport.endpoints()[0].proxy_refusal.as_ref().and_then(|refusal| refusal.status), Some(403));
}
