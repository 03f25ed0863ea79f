//! Hosts that the node's configuration names in a registry's place.

use std::time::Duration;

use regauth::evidence::probe::Action;
use regauth::probe::{Hosts, Looking, Mirror};
use regauth::registry::platform::Platform;
use regauth::registry::transport::Target;

use super::world::{PASSWORD, REGISTRY, Seen, World};
use crate::scripted::content::architecture;
use crate::scripted::{Class, Fault, Registry, Reply, Request};

const MIRROR: &str = "mirror.example.test";

/// A pull from `registry` whose node is told of these mirrors (`host:port`).
async fn pull(world: &World, registry: &str, mirrors: &[&str]) -> Seen {
    let mirror = |authority: &&str| Mirror {
        origin: Target::parse(&format!("https://{authority}")).unwrap().origin,
        prefix: "/v2".into(),
    };
    let hosts = Hosts { mirrors: mirrors.iter().map(mirror).collect(), server: None };
    let looking = Looking {
        action: Action::Pull,
        targets: vec![format!("{registry}/team/app:1"), format!("{registry}/team/web:1")],
        platform: Platform::new("linux", architecture()),
        refused: Default::default(),
        mirrors: [(registry.to_string(), hosts)].into(),
        repeat: 0,
        interval: Duration::ZERO,
    };
    world.look_as(&looking).await
}

#[tokio::test]
async fn a_mirror_that_lacks_the_image_or_fails_is_passed_over_for_the_registry() {
    for status in [404, 500, 503] {
        let mut world = World::new();
        world.name(MIRROR);
        let mut lame = Registry::open(world.accounts());
        lame.faults.push(Fault::at(Class::Manifest, Reply::new(status)));
        let mirror = world.registry_at(MIRROR, lame);
        let registry = world.registry(Registry::basic(world.accounts()));
        world.secret("regcred", &registry, "ann", PASSWORD);
        let seen = pull(&world, &registry, &[&mirror]).await;
        seen.is(&[]);
        for target in &seen.seen.targets {
            assert_eq!(target.via, None, "{status}: {}", seen.shown());
            assert!(target.attempts.len() == 2 && target.attempts[1].succeeded(), "{}", seen.shown());
        }
    }
}

#[tokio::test]
async fn the_first_mirror_that_has_the_image_is_the_last_that_is_asked() {
    let world = World::new();
    world.name(MIRROR);
    let mirror = world.registry_at(MIRROR, Registry::open(world.accounts()));
    let registry = world.registry(Registry::basic(world.accounts()));
    let seen = pull(&world, &registry, &["gone.example.test:9", &mirror]).await;
    seen.is(&[]);
    let via = seen.seen.targets[0].via.as_ref().map(ToString::to_string);
    assert_eq!(via, Some(format!("https://{mirror}/v2")));
    assert!(world.servers.log.lines(REGISTRY).is_empty(), "{:?}", world.servers.log.all());
}

#[tokio::test]
async fn where_no_host_has_the_image_what_the_registry_said_stands() {
    let world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    let seen = pull(&world, &registry, &["gone.example.test:9"]).await;
    seen.is(&["NoCredential"]);
    assert!(seen.seen.targets[0].via.is_none() && seen.seen.targets[0].ping.is_some(), "{}", seen.shown());
}

#[tokio::test]
async fn a_credential_that_a_mirror_refuses_goes_no_further() {
    let mut world = World::new();
    world.name(MIRROR);
    let mirror = world.registry_at(MIRROR, Registry::basic(world.accounts()));
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret("regcred", &registry, "joe", "planted-wrong-password");
    let seen = pull(&world, &registry, &[&mirror]).await;
    seen.is(&["CredentialRejected"]);
    assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
}

#[tokio::test]
async fn two_paths_of_one_mirror_are_asked_each_for_itself() {
    let mut world = World::new();
    world.name(MIRROR);
    let bound = world.servers.bind();
    let authority = format!("{MIRROR}:{}", bound.port);
    let (open, closed) = (Registry::open(world.accounts()), Registry::basic(world.accounts()));
    world.serve(bound, MIRROR, move |request| {
        let at = |path: &str| Request { path: path.into(), ..request.clone() };
        match (request.path.strip_prefix("/open"), request.path.strip_prefix("/closed")) {
            (Some(path), _) => open.answer(&at(path)),
            (_, Some(path)) => closed.answer(&at(path)),
            _ => Reply::new(404),
        }
    });
    let through = |prefix: &str| {
        let origin = Target::parse(&format!("https://{authority}")).unwrap().origin;
        Hosts { mirrors: vec![Mirror { origin, prefix: prefix.into() }], server: None }
    };
    let registries = ["a.example.test", "b.example.test"];
    world.secret("regcred", registries[1], "ann", PASSWORD);
    let looking = Looking {
        action: Action::Pull,
        targets: registries.map(|registry| format!("{registry}/team/app:1")).into(),
        platform: Platform::new("linux", architecture()),
        refused: Default::default(),
        mirrors: registries
            .map(String::from)
            .into_iter()
            .zip([through("/open/v2"), through("/closed/v2")])
            .collect(),
        repeat: 0,
        interval: Duration::ZERO,
    };
    let seen = world.look_as(&looking).await;
    let asks = |target: usize| {
        let ping = seen.seen.targets[target].ping.as_ref();
        let answer = ping.and_then(|ping| ping.answer());
        answer.map(|answer| (answer.status, answer.challenges.len()))
    };
    assert_eq!((asks(0), asks(1)), (Some((200, 0)), Some((401, 1))), "{}", seen.shown());
    let closed = &seen.seen.targets[1].attempts;
    assert!(!closed[0].succeeded() && closed[1].succeeded(), "{}", seen.shown());
}
