//! The way to the registry, and what answers there that is none.

use regauth::evidence::endpoint::{ConnectFailure, TlsFailureKind};
use regauth::evidence::probe::{ExchangeResult, Withheld};

use super::world::{PASSWORD, REGISTRY, World};
use crate::scripted::{Class, End, Fault, Registry, Reply, Wire};

/// A registry that is spoken to in this way, with somebody's right credential for it.
fn over(world: &mut World, wire: Wire) -> String {
    let bound = world.servers.bind();
    let authority = format!("{REGISTRY}:{}", bound.port);
    let registry = Registry::basic(world.accounts());
    world.servers.serve(bound, REGISTRY, wire, move |request| registry.answer(request));
    world.secret("regcred", &authority, "ann", PASSWORD);
    authority
}

#[tokio::test]
async fn plain_http_where_https_is_expected_gets_no_password() {
    let mut world = World::new();
    let registry = over(&mut world, Wire::Http);
    let seen = world.pull_one(&registry).await;
    seen.is(&["PlainHttpRegistry"]);
    assert_eq!(seen.attempt(1).withheld, Some(Withheld::PlainHttp));
    assert_eq!(world.servers.log.with_credentials(), []);
    let tls = seen.seen.endpoints[0].tls.as_ref().and_then(|tls| tls.failure.as_ref());
    assert_eq!(tls.map(|failure| failure.kind), Some(TlsFailureKind::PlainHttp));
}

#[tokio::test]
async fn an_image_that_all_may_pull_is_no_less_behind_the_wrong_scheme() {
    let world = World::new();
    let bound = world.servers.bind();
    let authority = format!("{REGISTRY}:{}", bound.port);
    let registry = Registry::open(world.accounts());
    world.servers.serve(bound, REGISTRY, Wire::Http, move |request| registry.answer(request));
    let seen = world.pull_one(&authority).await;
    assert!(seen.attempt(0).succeeded(), "{}", seen.shown());
    seen.is(&["PlainHttpRegistry"]);
}

#[tokio::test]
async fn a_registry_that_is_said_to_be_in_the_clear_gets_the_password() {
    let mut world = World::new();
    let registry = over(&mut world, Wire::Http);
    world.plain_http = vec![registry.clone()];
    let seen = world.pull_one(&registry).await;
    assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
    seen.is(&[]);
}

#[tokio::test]
async fn https_where_plain_http_was_said_is_told() {
    let mut world = World::new();
    let wire = world.https(REGISTRY);
    let registry = over(&mut world, wire);
    world.plain_http = vec![registry.clone()];
    world.pull_one(&registry).await.is(&["PlainHttpRegistry"]);
    assert_eq!(world.servers.log.with_credentials(), []);
}

#[tokio::test]
async fn nobody_listens() {
    let mut world = World::new();
    let port = world.servers.bind().port;
    let registry = format!("{REGISTRY}:{port}");
    world.secret("regcred", &registry, "ann", PASSWORD);
    let seen = world.pull_one(&registry).await;
    seen.is(&["ConnectionRefused"]);
    assert_eq!(seen.seen.endpoints[0].connects[0].failure, Some(ConnectFailure::Refused));
}

#[tokio::test]
async fn a_name_that_is_not_there() {
    let mut world = World::new();
    world.impatient();
    world.pull_one("nowhere.example.test").await.is(&["RegistryNameUnresolved"]);
}

#[tokio::test]
async fn silence_is_a_time_out_wherever_it_begins() {
    let mut world = World::new();
    world.impatient();
    let registry = over(&mut world, Wire::Silent);
    world.pull_one(&registry).await.is(&["ConnectionTimedOut"]);
    let mut world = World::new();
    world.impatient();
    let registry = over(&mut world, Wire::Silent);
    world.plain_http = vec![registry.clone()];
    world.pull_one(&registry).await.is(&["ConnectionTimedOut"]);
    // After the handshake, at one step each.
    for class in [Class::Manifest, Class::Blob] {
        let mut world = World::new();
        world.impatient();
        let registry = Registry::open(world.accounts()).fault(Fault::at(class, Reply::silence()));
        let registry = world.registry(registry);
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.codes(), ["ConnectionTimedOut"], "{class:?}: {}", seen.shown());
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_off_is_told_wherever_it_is_cut() {
    for class in [Class::Manifest, Class::Blob] {
        for end in [End::Nothing, End::InHead, End::InBody] {
            let world = World::new();
            let reply = Reply::with(200, "application/json", "{\"schemaVersion\": 2, \"config\": {}}")
                .ending(end.clone());
            let registry = world.registry(Registry::open(world.accounts()).fault(Fault::at(class, reply)));
            let seen = world.pull_one(&registry).await;
            assert_eq!(seen.codes(), ["ConnectionRefused"], "{class:?}: {}", seen.shown());
            let failed = seen.attempt(0).failure().map(|one| &one.result);
            assert!(matches!(failed, Some(ExchangeResult::Broken { .. })), "{class:?}: {}", seen.shown());
        }
    }
}

#[tokio::test]
async fn a_ping_that_fails_is_seen_and_no_pull_fails_by_it() {
    let replies = [Reply::new(500), Reply::silence(), Reply::new(200).ending(End::Nothing)];
    for reply in replies {
        let mut world = World::new();
        if reply.end == End::Silence {
            world.impatient();
        }
        let registry = Registry::basic(world.accounts()).fault(Fault::at(Class::Ping, reply));
        let registry = world.registry(registry);
        world.secret("regcred", &registry, "ann", PASSWORD);
        let seen = world.pull_one(&registry).await;
        assert!(!seen.seen.targets[0].ping.as_ref().expect("a ping").is_good(), "{}", seen.shown());
        assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
    }
}

#[tokio::test]
async fn server_errors_are_the_registrys_and_pages_may_be_somebody_elses() {
    let replies = [
        (Reply::new(500), "RegistryServerError"),
        (Reply::new(500).marked(), "RegistryServerError"),
        (Reply::page(502, "502 Bad Gateway"), "RegistryServerError"),
        (Reply::error(503, "UNAVAILABLE", "service unavailable"), "RegistryServerError"),
        (Reply::page(200, "Log in to the hotel's network"), "UnexpectedResponder"),
        (Reply::page(403, "Blocked by the web filter"), "UnexpectedResponder"),
        (Reply::new(403), "UnexpectedResponder"),
        (Reply::new(401), "UnexpectedResponder"),
        (Reply::with(401, "text/plain", "no"), "UnexpectedResponder"),
    ];
    for (number, (reply, code)) in replies.into_iter().enumerate() {
        let mut world = World::new();
        let registry = world.registry(Registry::basic(world.accounts()).fault(Fault::everywhere(reply)));
        world.secret("regcred", &registry, "ann", PASSWORD);
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.codes(), [code], "reply {number}: {}", seen.shown());
    }
}

#[tokio::test]
async fn a_portal_that_redirects_everything_is_told() {
    let world = World::new();
    let portal = world.servers.bind();
    let to = format!("http://storage.example.test:{}/login", portal.port);
    world.servers.serve(portal, "portal", Wire::Http, |_| Reply::page(200, "Log in"));
    let redirect = Reply::new(302).header("Location", &to);
    let registry = world.registry(Registry::open(world.accounts()).fault(Fault::everywhere(redirect)));
    let seen = world.pull_one(&registry).await;
    seen.is(&["UnexpectedResponder"]);
}

#[tokio::test]
async fn what_is_not_http_or_has_no_end_is_bounded() {
    let giant: String = "x".repeat(200 * 1024);
    let replies = [
        Reply::new(200).header("X-Giant", &giant),
        (0..200).fold(Reply::new(200), |reply, number| reply.header(&format!("X-{number}"), "y")),
    ];
    for reply in replies {
        let world = World::new();
        let registry = world.registry(Registry::open(world.accounts()).fault(Fault::everywhere(reply)));
        let seen = world.pull_one(&registry).await;
        seen.is(&["UnexpectedResponder"]);
        assert!(seen.shown().len() < 100_000);
    }
    // An endless manifest is read up to the cap.
    let world = World::new();
    let endless = Reply::with(200, crate::scripted::content::IMAGE, "{").ending(End::Never);
    let registry =
        world.registry(Registry::open(world.accounts()).fault(Fault::at(Class::Manifest, endless)));
    let seen = world.pull_one(&registry).await;
    seen.is(&["ContentCorrupt"]);
    // What is neither HTTP nor TLS.
    let mut world = World::new();
    let registry = over(&mut world, Wire::Raw(b"SSH-2.0-OpenSSH_9.9\r\n"));
    world.pull_one(&registry).await.is(&["UnexpectedResponder"]);
}
