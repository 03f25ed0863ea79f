use super::server::{OK, Server};
use super::world::{HOST, World, get, http, request};
use crate::evidence::endpoint::{Role, Scheme};
use crate::registry::transport::target::{is_private, is_public_registry, refused_address, refused_host};
use crate::registry::transport::{BadTarget, Origin, ProxyRules, SendError, Target};

#[test]
fn addresses_that_no_server_may_send_clients_to() {
    for host in [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "fd00:ec2::254",
        "100.100.100.200",
        "224.0.0.1",
        "ff02::1",
        "localhost",
        "a.localhost",
        "localhost.",
        "metadata.google.internal",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0177.0.0.0x1",
    ] {
        assert!(refused_host(host).is_some(), "{host}");
    }
    for host in
        ["10.0.0.1", "192.168.1.1", "fd00::1", "1.1.1.1", "2606:4700::1111", "auth.docker.io", "example.com1"]
    {
        assert!(refused_host(host).is_none(), "{host}");
    }
    assert!(refused_address([10, 96, 0, 1].into()).is_none());
}

#[test]
fn private_addresses_and_public_registries_are_known() {
    for address in
        ["10.1.1.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1", "127.0.0.1"]
    {
        assert!(is_private(address.parse().expect("an address")), "{address}");
    }
    for address in ["172.32.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1"] {
        assert!(!is_private(address.parse().expect("an address")), "{address}");
    }
    for host in [
        "docker.io",
        "registry-1.docker.io",
        "eu-docker.pkg.dev",
        "eu.gcr.io",
        "x.azurecr.io",
        "1.dkr.ecr.eu-central-1.amazonaws.com",
        "registry.k8s.io",
    ] {
        assert!(is_public_registry(host), "{host}");
    }
    for host in ["harbor.corp.example", "notdocker.io", "s3.amazonaws.com", "docker.io.evil.example"] {
        assert!(!is_public_registry(host), "{host}");
    }
}

#[test]
fn urls_become_targets() {
    let shown = |url| Target::parse(url).map(|target| format!("{} {}", target.origin, target.path));
    assert_eq!(
        shown("https://Auth.Example:443/token?a=b#c").as_deref(),
        Ok("https://auth.example /token?a=b")
    );
    assert_eq!(shown("http://joe:x@[::1]:5000").as_deref(), Ok("http://[::1]:5000 /"));
    assert_eq!(shown("ftp://a/"), Err(BadTarget::OtherScheme));
    for url in ["", "/token", "https://", "https:///x", "https://a:99999/", "https://a:0/", "a.example"] {
        assert_eq!(shown(url), Err(BadTarget::NotAUrl), "{url}");
    }
    let debug = format!("{:?}", Target::parse("https://joe:hunter2@a/b?sig=hunter2"));
    assert!(!debug.contains("hunter2"), "{debug}");
}

#[test]
fn locations_are_joined() {
    let base = Target::parse("https://r.example:5000/v2/a/blobs/x?y").expect("a URL");
    for (location, expected) in [
        ("https://s.example/z?sig=1", "https://s.example /z?sig=1"),
        ("//s.example/z", "https://s.example /z"),
        ("/v2/z?state=a", "https://r.example:5000 /v2/z?state=a"),
        ("z:1", "error"),
        ("z/1", "https://r.example:5000 /v2/a/blobs/z/1"),
        ("?q", "https://r.example:5000 /v2/a/blobs/x?q"),
        ("", "https://r.example:5000 /v2/a/blobs/x?y"),
    ] {
        let joined = base.join(location).map(|target| format!("{} {}", target.origin, target.path));
        assert_eq!(joined.unwrap_or_else(|_| "error".to_string()), expected, "{location}");
    }
}

#[test]
fn registries_names_become_origins() {
    let shown = |name| Origin::of_registry(name, Scheme::Https).map(|origin| origin.to_string());
    assert_eq!(shown("docker.io").as_deref(), Ok("https://registry-1.docker.io"));
    assert_eq!(shown("harbor.example:8443").as_deref(), Ok("https://harbor.example:8443"));
    assert_eq!(shown("[::1]:5000").as_deref(), Ok("https://[::1]:5000"));
    for name in ["", "a/b", "joe@a", "a:b", "a b"] {
        assert!(shown(name).is_err(), "{name}");
    }
}

/// A request to `host` in a role that a server names, after one to the registry.
async fn sent(host: &str, role: Role, world: &World) -> (Result<u16, SendError>, usize) {
    let server = Server::plain(&[OK, OK]).await;
    let mut transport = world.transport();
    get(&mut transport, &http(server.port)).await.expect("the registry itself may be on loopback");
    let origin = Origin::new(Scheme::Http, host, server.port);
    let result = transport.send(&origin, role, request(), 10).await.map(|response| response.status);
    let index = transport.endpoint_index(&origin).expect("an endpoint");
    let refused = transport.endpoints()[index].refused_target.is_some();
    assert_eq!(refused, matches!(result, Err(SendError::RefusedTarget { .. })), "{host}");
    (result, server.seen().len())
}

#[tokio::test]
async fn a_server_does_not_send_the_probe_to_this_machine() {
    let world = World::new();
    // By name (hosts file), by address, and by a name for this machine.
    for host in ["other.test", "127.0.0.1", "localhost", "::ffff:127.0.0.1"] {
        for role in [Role::TokenService, Role::Storage] {
            let (result, connections) = sent(host, role, &world).await;
            assert!(matches!(result, Err(SendError::RefusedTarget { endpoint: 1 })), "{host}: {result:?}");
            assert_eq!(connections, 1, "{host}");
        }
    }
    assert_eq!(sent("other.test", Role::Registry, &world).await.0, Ok(200));
    // The registry's own host is what the user asked for.
    assert_eq!(sent(HOST, Role::TokenService, &world).await.0, Ok(200));
}

#[tokio::test]
async fn a_proxy_is_not_asked_for_such_targets_either() {
    let proxy = Server::plain(&[OK]).await;
    let mut world = World::new();
    world.settings.proxies = ProxyRules::fixed(&format!("http://127.0.0.1:{}", proxy.port)).expect("a proxy");
    let mut transport = world.transport();
    let origin = Origin::new(Scheme::Http, "169.254.169.254", 80);
    let error = transport.send(&origin, Role::Storage, request(), 10).await.expect_err("refused");
    assert_eq!(error, SendError::RefusedTarget { endpoint: 0 });
    assert!(proxy.seen().is_empty());
}
