//! Proxies that work, refuse, or break.

use regauth::registry::transport::ProxyRules;

use super::world::{PASSWORD, REGISTRY, World};
use crate::scripted::{End, Registry, Reply, Request, Wire, proxy};

/// A world behind a proxy that answers so, with a registry and somebody's right credential for it.
fn behind(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (World, String) {
    let mut world = World::new();
    let bound = world.servers.bind();
    let url = format!("http://agent:planted-proxy-password@proxy.example.test:{}", bound.port);
    world.settings.proxies = ProxyRules::fixed(&url).expect("a proxy");
    world.servers.serve(bound, "proxy", Wire::Http, handler);
    let registry = world.with_tokens(REGISTRY, |_, _| {});
    world.secret("regcred", &registry, "ann", PASSWORD);
    (world, registry)
}

#[tokio::test]
async fn a_proxy_that_works_sees_no_password_of_the_registry() {
    let (world, registry) = behind(proxy::open);
    let seen = world.pull_one(&registry).await;
    assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
    seen.is(&[]);
    let log = &world.servers.log;
    assert!(log.of("proxy").iter().all(|one| one.method == "CONNECT"), "{:?}", log.of("proxy"));
    assert!(!log.of("proxy").is_empty());
    assert!(!seen.shown().contains("planted-proxy-password"));
}

#[tokio::test]
async fn a_proxy_that_refuses_or_breaks_is_told() {
    for (status, words) in [(403, "blocked by policy"), (407, "log in first"), (502, "no such host")] {
        let (world, registry) = behind(proxy::refusing(status, words));
        let seen = world.pull_one(&registry).await;
        seen.is(&["ProxyFailed"]);
        assert!(world.servers.log.of(REGISTRY).is_empty());
    }
    let (world, registry) = behind(|_| Reply::new(200).ending(End::Nothing));
    world.pull_one(&registry).await.is(&["ProxyFailed"]);
    let (mut world, registry) = behind(proxy::open);
    let port = world.servers.bind().port;
    world.settings.proxies =
        ProxyRules::fixed(&format!("http://proxy.example.test:{port}")).expect("a proxy");
    world.pull_one(&registry).await.is(&["ProxyFailed"]);
}

#[tokio::test]
async fn plain_http_through_a_proxy_that_wants_a_login() {
    let (mut world, _) = behind(proxy::refusing(407, "log in first"));
    let bound = world.servers.bind();
    let authority = format!("{REGISTRY}:{}", bound.port);
    let registry = Registry::open(world.accounts());
    world.servers.serve(bound, "plain", Wire::Http, move |request| registry.answer(request));
    world.plain_http = vec![authority.clone()];
    world.pull_one(&authority).await.is(&["ProxyFailed"]);
    assert!(world.servers.log.of("plain").is_empty());
}
