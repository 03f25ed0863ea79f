//! Token services elsewhere, broken, or of one's own way.

use regauth::evidence::endpoint::Role;
use regauth::evidence::probe::Withheld;

use super::world::{AUTH, PASSWORD, REGISTRY, World};
use crate::scripted::pki::{Ca, NOW};
use crate::scripted::{Class, Fault, Registry, Reply, Rights, TokenService, Wire};

/// A registry whose realm is that URL, with somebody's right credential for it.
fn with_realm(world: &mut World, realm: &str) -> String {
    let registry = world.registry(Registry::bearer(world.accounts(), realm));
    world.secret("regcred", &registry, "ann", PASSWORD);
    registry
}

#[tokio::test]
async fn a_token_service_on_another_host_is_used() {
    let mut world = World::new();
    let (bound, token) = (world.servers.bind(), TokenService::new(world.accounts()));
    let registry = with_realm(&mut world, &format!("https://{AUTH}:{}/token", bound.port));
    world.serve(bound, AUTH, move |request| token.answer(request));
    let seen = world.pull_one(&registry).await;
    seen.is(&[]);
    let roles: Vec<Role> = seen.seen.endpoints.iter().map(|endpoint| endpoint.role).collect();
    assert_eq!(roles, [Role::Registry, Role::TokenService]);
}

#[tokio::test]
async fn a_token_service_that_cannot_be_reached_or_trusted_gets_no_password() {
    let mut world = World::new();
    let registry = with_realm(&mut world, "https://nowhere.example.test/token");
    world.pull_one(&registry).await.is(&["TokenServiceUnreachable"]);

    let mut world = World::new();
    let registry = with_realm(&mut world, &format!("https://{AUTH}:9/token"));
    world.pull_one(&registry).await.is(&["TokenServiceUnreachable"]);

    let mut world = World::new();
    let (bound, token) = (world.servers.bind(), TokenService::new(world.accounts()));
    let registry = with_realm(&mut world, &format!("https://{AUTH}:{}/token", bound.port));
    let other = Wire::Https(Ca::new("another root", NOW).issue(AUTH, NOW).server());
    world.servers.serve(bound, AUTH, other, move |request| token.answer(request));
    let seen = world.pull_one(&registry).await;
    seen.is(&["TokenServiceUnreachable"]);
    assert_eq!(seen.attempt(1).withheld, Some(Withheld::UntrustedCertificate));
    assert_eq!(world.servers.log.with_credentials(), []);
}

#[tokio::test]
async fn a_token_service_that_fails_is_told_apart_from_the_registry() {
    let replies = [
        (Reply::new(500), "TokenServiceUnreachable"),
        (Reply::page(502, "Bad Gateway"), "TokenServiceUnreachable"),
        (Reply::error(503, "UNAVAILABLE", "try later"), "TokenServiceUnreachable"),
        (Reply::page(200, "Welcome"), "UnexpectedResponder"),
        (Reply::page(403, "Blocked"), "UnexpectedResponder"),
        (Reply::json(200, &serde_json::json!({"expires_in": 300})), "UnexpectedResponder"),
        (Reply::new(404), "RealmMismatch"),
        (Reply::new(200).ending(crate::scripted::End::Nothing), "TokenServiceUnreachable"),
    ];
    for (number, (reply, code)) in replies.into_iter().enumerate() {
        let mut world = World::new();
        let bound = world.servers.bind();
        let registry = with_realm(&mut world, &format!("https://{AUTH}:{}/token", bound.port));
        world.serve(bound, AUTH, move |_| reply.clone());
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.codes(), [code], "reply {number}: {}", seen.shown());
    }
}

#[tokio::test]
async fn token_services_of_either_method_and_field_are_understood() {
    let fields: [&'static [&'static str]; 3] = [&["token"], &["access_token"], &["token", "access_token"]];
    for field in fields {
        for methods in [&["GET"] as &[_], &["POST"], &["GET", "POST"]] {
            for opaque in [false, true] {
                let mut world = World::new();
                let registry = world.with_tokens(REGISTRY, |_, token| {
                    (token.fields, token.methods, token.opaque) = (field, methods, opaque);
                });
                world.secret("regcred", &registry, "ann", PASSWORD);
                let seen = world.pull_one(&registry).await;
                assert!(seen.attempt(1).succeeded(), "{field:?} {methods:?}: {}", seen.shown());
                seen.is(&[]);
            }
        }
    }
}

#[tokio::test]
async fn a_realm_in_the_clear_gets_no_password_from_a_registry_that_is_not() {
    let mut world = World::new();
    let (bound, token) = (world.servers.bind(), TokenService::new(world.accounts()));
    let registry = with_realm(&mut world, &format!("http://{AUTH}:{}/token", bound.port));
    world.servers.serve(bound, AUTH, Wire::Http, move |request| token.answer(request));
    let seen = world.pull_one(&registry).await;
    seen.is(&["RealmMismatch"]);
    assert_eq!(seen.attempt(1).withheld, Some(Withheld::Realm));
    assert_eq!(world.servers.log.with_credentials(), []);
    // Nor where the realm is the registry's own host.
    let mut world = World::new();
    let (bound, token) = (world.servers.bind(), TokenService::new(world.accounts()));
    let registry = with_realm(&mut world, &format!("http://{REGISTRY}:{}/token", bound.port));
    world.servers.serve(bound, "token", Wire::Http, move |request| token.answer(request));
    world.pull_one(&registry).await.is(&["RealmMismatch"]);
    assert_eq!(world.servers.log.with_credentials(), []);
}

#[tokio::test]
async fn a_realm_that_is_no_place_for_clients_is_refused() {
    let realms = [
        "https://127.0.0.1:9/token",
        "https://169.254.169.254/token",
        "https://[::1]/token",
        "https://localhost:5000/token",
        "https://elsewhere.example.test/token",
        "/token",
        "ftp://auth.example.test/token",
        "token",
        "",
    ];
    for realm in realms {
        let mut world = World::new();
        world.name("elsewhere.example.test");
        let registry = with_realm(&mut world, realm);
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.codes(), ["RealmMismatch"], "{realm}: {}", seen.shown());
        assert_eq!(world.servers.log.with_credentials(), []);
    }
}

#[tokio::test]
async fn a_realm_named_by_one_who_cannot_be_trusted_gets_no_password() {
    // Somebody in between answers with a certificate of their own and names a realm that is theirs and sound.
    let mut world = World::new();
    let (bound, theirs) = (world.servers.bind(), world.servers.bind());
    let token = TokenService::new(world.accounts());
    let registry = Registry::bearer(world.accounts(), &format!("https://{AUTH}:{}/token", theirs.port));
    let authority = format!("{REGISTRY}:{}", bound.port);
    let untrusted = Wire::Https(Ca::new("another root", NOW).issue(REGISTRY, NOW).server());
    world.servers.serve(bound, REGISTRY, untrusted, move |request| registry.answer(request));
    world.serve(theirs, AUTH, move |request| token.answer(request));
    world.secret("regcred", &authority, "ann", PASSWORD);
    let seen = world.pull_one(&authority).await;
    assert_eq!(seen.attempt(1).withheld, Some(Withheld::UntrustedCertificate));
    assert_eq!(world.servers.log.with_credentials(), []);
    // The same in the clear, at the port where HTTPS should be.
    let mut world = World::new();
    let (bound, theirs) = (world.servers.bind(), world.servers.bind());
    let token = TokenService::new(world.accounts());
    let registry = Registry::bearer(world.accounts(), &format!("https://{AUTH}:{}/token", theirs.port));
    let authority = format!("{REGISTRY}:{}", bound.port);
    world.servers.serve(bound, REGISTRY, Wire::Http, move |request| match request.method.as_str() {
        _ if request.path.starts_with("/v2/") => registry.answer(request),
        _ => Reply::new(400),
    });
    world.serve(theirs, AUTH, move |request| token.answer(request));
    world.secret("regcred", &authority, "ann", PASSWORD);
    world.pull_one(&authority).await;
    assert_eq!(world.servers.log.with_credentials(), []);
}

#[tokio::test]
async fn a_redirect_of_the_token_service_carries_no_password() {
    let mut world = World::new();
    let (bound, other) = (world.servers.bind(), world.servers.bind());
    let registry = with_realm(&mut world, &format!("https://{AUTH}:{}/token", bound.port));
    let (elsewhere, back) = (format!("https://storage.example.test:{}/t", other.port), bound.port);
    let token = TokenService::new(world.accounts());
    world.serve(bound, AUTH, move |request| match request.path.as_str() {
        "/token" => Reply::redirect(&elsewhere),
        _ => token.answer(request),
    });
    world.serve(other, "storage.example.test", move |_| {
        Reply::redirect(&format!("https://{AUTH}:{back}/again"))
    });
    let seen = world.pull_one(&registry).await;
    let log = &world.servers.log;
    let elsewhere: Vec<_> = log.with_credentials().into_iter().filter(|one| one.path != "/token").collect();
    assert_eq!(elsewhere, [], "{}", seen.shown());
    assert_eq!(log.logins("ann"), 1);
    let roles: Vec<Role> = seen.seen.endpoints.iter().map(|endpoint| endpoint.role).collect();
    assert_eq!(roles, [Role::Registry, Role::TokenService, Role::TokenService]);
}

#[tokio::test]
async fn a_token_that_is_granted_and_refused_is_not_the_credentials_fault() {
    for (challenge, code) in [
        ("Basic realm=\"harbor\"", "HarborTokenRejected"),
        ("Bearer realm=\"REALM\",service=\"scripted\",error=\"invalid_token\"", "TokenTimeRejected"),
    ] {
        let mut world = World::new();
        let registry = world.with_tokens(REGISTRY, |registry, _| {
            let refused = Reply::error(401, "UNAUTHORIZED", "authentication required");
            let crate::scripted::Auth::Bearer(realm) = &registry.auth else { return };
            let refused = refused.header("WWW-Authenticate", &challenge.replace("REALM", realm));
            registry.faults.push(Fault::at(Class::Manifest, refused).to(crate::scripted::Who::Somebody));
        });
        world.secret("regcred", &registry, "ann", PASSWORD);
        let seen = world.pull(&registry, &["team/app:1", "team/web:1"]).await;
        assert_eq!(seen.codes(), [code], "{}", seen.shown());
        let second = &seen.seen.targets[1].attempts[1];
        assert!(second.withheld.is_none(), "the credential is right: {}", seen.shown());
    }
}

#[tokio::test]
async fn an_identity_token_is_exchanged_by_post() {
    let mut world = World::new();
    let registry = world.with_tokens(REGISTRY, |_, token| {
        token.nobody = Some(Rights::None);
        token.fields = &["access_token"];
    });
    let text = format!(r#"{{"auths":{{"{registry}":{{"identitytoken":"{PASSWORD}"}}}}}}"#);
    world.config_of("config.json", &text);
    let seen = world.pull_one(&registry).await;
    assert_eq!(seen.steps(1), ["token 200", "manifest 200", "config 200", "layer 200"], "{}", seen.shown());
    assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
    let posted = world.servers.log.lines(REGISTRY);
    assert!(posted.contains(&"POST /token".to_string()), "{posted:?}");
}
