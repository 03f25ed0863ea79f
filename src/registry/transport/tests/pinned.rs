//! Origins that are pinned to one address, and requests under another `Host`.

use std::net::SocketAddr;

use ::http::HeaderValue;

use super::pki::{Ca, Trusted};
use super::server::{OK, Server, closed_port};
use super::world::{HOST, World, endpoint, get, http, https, request};
use crate::evidence::endpoint::{Role, Scheme};
use crate::registry::transport::{AsHost, Origin, ProxyRules};

fn pinned(origin: Origin, server: &Server) -> Origin {
    origin.at(SocketAddr::from(([127, 0, 0, 1], server.port)))
}

#[tokio::test]
async fn a_pinned_origin_goes_to_its_address_and_keeps_its_names() {
    let root = Ca::new("root", (2020, 2100));
    let server = Server::tls(root.sound().server(), &[OK]).await;
    let mut world = World::new();
    world.settings.roots = root.roots();
    // Neither DNS nor a proxy is asked.
    world.write("hosts", "");
    world.settings.proxies = ProxyRules::fixed("http://192.0.2.1:3128").expect("a proxy");
    let mut transport = world.transport();
    let origin = pinned(https(443), &server);
    let response = get(&mut transport, &origin).await.expect("an answer");
    assert_eq!((response.status, response.remote.port()), (200, server.port));
    assert!(server.seen()[0][0].contains(&format!("host: {HOST}\r\n")));
    let seen = endpoint(&transport, &origin);
    assert!(seen.resolve.is_none() && seen.proxy.is_none());
    assert_eq!((seen.host.as_str(), seen.port, seen.connects.len()), (HOST, 443, 1));
    assert_eq!(seen.pinned, origin.pinned(), "what cannot be reached is that address");
    assert!(seen.tls.as_ref().is_some_and(|tls| tls.is_sound() && tls.name_fits));
    assert!(transport.may_carry_credentials(&origin).is_ok());
    assert!(transport.may_carry_credentials(&https(443)).is_err(), "the unpinned origin is another");
}

#[tokio::test]
async fn addresses_of_one_origin_are_endpoints_of_their_own() {
    let (one, other) = (Server::plain(&[OK, OK, OK]).await, Server::plain(&[OK, OK]).await);
    let world = World::new();
    let mut transport = world.transport();
    for server in [&one, &other, &one] {
        get(&mut transport, &pinned(http(80), server)).await.expect("an answer");
        transport.disconnect();
    }
    assert_eq!((one.seen().len(), other.seen().len(), transport.endpoints().len()), (2, 1, 2));
    let closed = http(80).at(SocketAddr::from(([127, 0, 0, 1], closed_port().await)));
    assert!(get(&mut transport, &closed).await.is_err());
    assert_eq!(endpoint(&transport, &closed).connects.len(), 1);
    let itself = http(80).at(SocketAddr::from(([127, 0, 0, 1], one.port)));
    assert_eq!(endpoint(&transport, &itself).pinned, itself.pinned());
    let own = Origin::new(Scheme::Http, "127.0.0.1", one.port);
    let own = pinned(own, &one);
    get(&mut transport, &own).await.expect("an answer");
    assert_eq!(endpoint(&transport, &own).pinned, None, "host and port say it");
}

#[tokio::test]
async fn a_request_may_be_made_under_another_host() {
    let server = Server::plain(&[OK]).await;
    let mut request = request();
    request.extensions_mut().insert(AsHost(HeaderValue::from_static("harbor.example.com")));
    let world = World::new();
    world.transport().send(&http(server.port), Role::Registry, request, 10).await.expect("an answer");
    assert!(server.seen()[0][0].contains("host: harbor.example.com\r\n"));
}
