//! Registries that go their own way, and work.

use super::world::{AUTH, PASSWORD, REGISTRY, World};
use crate::scripted::{Class, End, Fault, Presented, Registry, Reply, Rights, TokenService};

#[tokio::test]
async fn a_registry_whose_ping_is_open_or_missing_asks_at_the_manifest() {
    for (basic, missing) in [(true, false), (false, false), (true, true), (false, true)] {
        let mut world = World::new();
        let change = |registry: &mut Registry| {
            registry.open_ping = true;
            if missing {
                registry.faults.push(Fault::at(Class::Ping, Reply::new(404)));
            }
        };
        let registry = match basic {
            true => {
                let mut registry = Registry::basic(world.accounts());
                change(&mut registry);
                world.registry(registry)
            }
            false => world.with_tokens(REGISTRY, |registry, _| change(registry)),
        };
        world.secret("regcred", &registry, "joe", PASSWORD);
        let seen = world.pull(&registry, &["team/app:1", "team/web:1"]).await;
        let works = seen.seen.targets.iter().all(|target| target.attempts[1].succeeded());
        assert!(works, "basic {basic}, missing {missing}: {}", seen.shown());
        seen.is(&[]);
        let seen = world.push(&registry).await;
        assert!(seen.attempt(1).succeeded(), "basic {basic}, missing {missing}: {}", seen.shown());
    }
}

#[tokio::test]
async fn a_wrong_password_that_is_asked_for_at_the_manifest_is_sent_once() {
    for basic in [true, false] {
        let mut world = World::new();
        let registry = match basic {
            true => {
                let mut registry = Registry::basic(world.accounts());
                registry.open_ping = true;
                world.registry(registry)
            }
            false => world.with_tokens(REGISTRY, |registry, _| registry.open_ping = true),
        };
        world.secret("regcred", &registry, "joe", "planted-wrong-password");
        let seen = world.pull(&registry, &["team/app:1", "team/web:1", "team/db:1"]).await;
        seen.is(&["CredentialRejected"]);
        assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
    }
}

#[tokio::test]
async fn bearer_comes_before_basic_where_both_are_offered() {
    for basic_first in [true, false] {
        let mut world = World::new();
        let registry = world.with_tokens(REGISTRY, |registry, _| {
            let crate::scripted::Auth::Bearer(realm) = &registry.auth else { return };
            let bearer = format!("Bearer realm=\"{realm}\",service=\"scripted\"");
            registry.challenge = Some(match basic_first {
                true => format!("Basic realm=\"scripted\", {bearer}"),
                false => format!("{bearer}, Basic realm=\"scripted\""),
            });
        });
        world.secret("regcred", &registry, "ann", PASSWORD);
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.steps(1)[0], "token 200", "{}", seen.shown());
        seen.is(&[]);
    }
}

#[tokio::test]
async fn a_realm_with_a_query_keeps_it_and_a_service_may_be_missing() {
    for method in ["GET", "POST"] {
        let mut world = World::new();
        let bound = world.servers.bind();
        let mut token = TokenService::new(world.accounts());
        token.methods = if method == "GET" { &["GET"] } else { &["POST"] };
        let realm = format!("https://{AUTH}:{}/token?tenant=a%20b", bound.port);
        let mut registry = Registry::bearer(world.accounts(), &realm);
        registry.challenge = Some(format!("Bearer realm=\"{realm}\""));
        let registry = world.registry(registry);
        world.serve(bound, AUTH, move |request| {
            let kept = request.parameter("tenant").as_deref() == Some("a b");
            if kept && request.parameter("service").is_none() {
                token.answer(request)
            } else {
                Reply::new(400)
            }
        });
        world.secret("regcred", &registry, "ann", PASSWORD);
        let seen = world.pull_one(&registry).await;
        assert!(seen.attempt(1).succeeded(), "{method}: {}", seen.shown());
    }
}

/// A registry that wants a scope of its own beside the usual one, and says so at `/v2/` or at the manifest.
async fn own_scope(at_ping: bool, password: &str) -> (World, super::world::Seen) {
    let mut world = World::new();
    let (bound, own) = (world.servers.bind(), world.servers.bind());
    let realm = format!("https://{AUTH}:{}/token", bound.port);
    let token = TokenService::new(world.accounts());
    let registry = Registry::bearer(world.accounts(), &realm);
    let wanted = "repository:team/app:pull extra:thing:read";
    let plain = format!("Bearer realm=\"{realm}\",service=\"scripted\"");
    let full = format!("{plain},scope=\"{wanted}\",error=\"insufficient_scope\"");
    let issued = std::sync::Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let known = issued.clone();
    world.serve(bound, AUTH, move |request| {
        let reply = token.answer(request);
        let query = percent_encoding::percent_decode_str(&request.query).decode_utf8_lossy().into_owned();
        if query.contains("scope=extra:thing:read") && query.contains("scope=repository:team/app:pull") {
            known.lock().expect("a set").extend(token.accounts.tokens());
        }
        reply
    });
    let authority = format!("{REGISTRY}:{}", own.port);
    world.serve(own, REGISTRY, move |request| {
        let header = request.header("authorization").unwrap_or_default();
        let good = issued.lock().expect("a set").contains(header.trim_start_matches("Bearer "));
        let is_ping = Class::of(request) == Class::Ping;
        let challenge = if is_ping && !at_ping { &plain } else { &full };
        match good {
            true => registry.answer(request),
            false => Reply::error(401, "UNAUTHORIZED", "no").header("WWW-Authenticate", challenge),
        }
    });
    world.secret("regcred", &authority, "ann", password);
    let seen = world.pull_one(&authority).await;
    (world, seen)
}

#[tokio::test]
async fn a_scope_that_the_registry_names_is_asked_for_as_well() {
    let (world, seen) = own_scope(true, PASSWORD).await;
    assert_eq!(seen.steps(1), ["token 200", "manifest 200", "config 200", "layer 200"], "{}", seen.shown());
    assert_eq!(world.servers.log.logins("ann"), 1);
    let (world, seen) = own_scope(false, PASSWORD).await;
    let steps = ["token 200", "token 200", "manifest 200", "config 200", "layer 200"];
    assert_eq!(seen.steps(1), steps, "{}", seen.shown());
    assert_eq!(world.servers.log.logins("ann"), 2);
    let (world, _) = own_scope(false, "planted-wrong-password").await;
    assert_eq!(world.servers.log.logins("ann"), 1, "{:?}", world.servers.log.all());
}

#[tokio::test]
async fn a_registry_that_closes_every_connection_is_asked_each_request_once() {
    let mut world = World::new();
    let bound = world.servers.bind();
    let authority = format!("{REGISTRY}:{}", bound.port);
    let registry = Registry::basic(world.accounts());
    world.serve(bound, REGISTRY, move |request| registry.answer(request).ending(End::Close));
    world.secret("regcred", &authority, "joe", PASSWORD);
    let seen = world.pull_one(&authority).await;
    assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
    let seen = world.push(&authority).await;
    assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
    let lines = world.servers.log.lines(REGISTRY);
    let uploads = lines.iter().filter(|line| line.starts_with("POST ")).count();
    assert_eq!(uploads, 2, "one without and one with the credential: {lines:?}");
}

#[tokio::test]
async fn a_ping_that_is_redirected_is_followed_without_a_credential() {
    let mut world = World::new();
    let fault = Fault::at(Class::Ping, Reply::redirect("/other/v2/"));
    let mut registry = Registry::basic(world.accounts()).fault(fault);
    registry.nobody = Rights::None;
    let registry = world.registry(registry);
    world.secret("regcred", &registry, "ann", PASSWORD);
    let seen = world.pull_one(&registry).await;
    assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
    let followed: Vec<_> =
        world.servers.log.all().into_iter().filter(|one| one.path == "/other/v2/").collect();
    assert!(followed.iter().all(|one| one.presented == Presented::Nothing), "{followed:?}");
}
