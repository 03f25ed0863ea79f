//! Pushes that are refused: always, at times, by policy.

use super::world::{PASSWORD, REGISTRY, World};
use crate::scripted::{Class, Fault, Registry, Reply, WrongPassword};

#[tokio::test]
async fn a_push_that_works_leaves_nothing() {
    for location in
        ["{path}", "https://registry.example.test:9{path}", "uploads/two", "http://inner:5000{path}"]
    {
        let mut world = World::new();
        let registry = world.with_tokens(REGISTRY, |registry, _| registry.location = location.into());
        world.secret("regcred", &registry, "joe", PASSWORD);
        let seen = world.push(&registry).await;
        assert!(seen.attempt(1).succeeded(), "{location}: {}", seen.shown());
        seen.is(&[]);
        let steps = ["token 200", "push token 200", "upload 202", "upload cancel 204"];
        assert_eq!(seen.steps(1), steps, "{location}");
        assert!(!seen.shown().contains("planted-state"), "{}", seen.shown());
    }
}

#[tokio::test]
async fn an_upload_that_cannot_be_cancelled_is_a_push_all_the_same() {
    for reply in [Reply::error(405, "UNSUPPORTED", "the operation is unsupported"), Reply::new(404)] {
        let mut world = World::new();
        let registry = Registry::basic(world.accounts()).fault(Fault::at(Class::Cancel, reply));
        let registry = world.registry(registry);
        world.secret("regcred", &registry, "joe", PASSWORD);
        let seen = world.push(&registry).await;
        assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
        seen.is(&[]);
    }
}

#[tokio::test]
async fn one_who_may_pull_may_not_push() {
    for basic in [true, false] {
        let mut world = World::new();
        let registry = match basic {
            true => world.registry(Registry::basic(world.accounts())),
            false => world.with_tokens(REGISTRY, |_, _| {}),
        };
        world.secret("regcred", &registry, "ann", PASSWORD);
        world.pull_one(&registry).await.is(&[]);
        world.push(&registry).await.is(&["PushDenied"]);
    }
}

#[tokio::test]
async fn refusals_of_pushes_are_told_apart() {
    let cases = [
        (Reply::error(403, "DENIED", "requested access to the resource is denied"), "PushDenied"),
        (Reply::error(405, "UNSUPPORTED", "The operation is unsupported."), "RegistryReadOnly"),
        (
            Reply::error(403, "DENIED", "The system is in read only mode. Any modification is prohibited."),
            "RegistryReadOnly",
        ),
        (Reply::new(405).marked(), "RegistryReadOnly"),
        (
            Reply::error(
                403,
                "DENIED",
                "adding 1.2 MiB of storage resource, which when updated to current usage of 9.9 MiB will exceed the configured upper limit of 10.0 MiB.",
            ),
            "RefusedByPolicy",
        ),
        (Reply::error(403, "QUOTA_EXCEEDED", "the quota of the project is used up"), "RefusedByPolicy"),
        (Reply::error(404, "NAME_UNKNOWN", "repository name not known to registry"), "RepositoryNotFound"),
        (Reply::new(500).marked(), "RegistryServerError"),
        (Reply::page(403, "Uploads are blocked by the web filter"), "UnexpectedResponder"),
        (Reply::new(413), "ProxyFailed"),
    ];
    for (number, (reply, code)) in cases.into_iter().enumerate() {
        let mut world = World::new();
        let registry = world.with_tokens(REGISTRY, |registry, _| {
            let realm = "Bearer realm=\"{realm}\",service=\"harbor-registry\"";
            if let crate::scripted::Auth::Bearer(own) = &registry.auth {
                registry.challenge = Some(realm.replace("{realm}", own));
            }
            registry.faults.push(Fault::at(Class::Upload, reply));
        });
        world.secret("regcred", &registry, "joe", PASSWORD);
        let seen = world.push(&registry).await;
        assert_eq!(seen.codes(), [code], "case {number}: {}", seen.shown());
    }
}

#[tokio::test]
async fn a_push_without_any_credential() {
    let world = World::new();
    let registry = world.with_tokens(REGISTRY, |_, _| {});
    world.push(&registry).await.is(&["NoCredential"]);
}

/// Harbor with one core of ten whose key is another: tokens that grant the push are refused there.
async fn one_core_of(every: usize, repeat: u32) -> super::world::Seen {
    let mut world = World::new();
    world.repeat = repeat;
    let registry = world.with_tokens(REGISTRY, |registry, token| {
        if let crate::scripted::Auth::Bearer(realm) = &registry.auth {
            registry.challenge = Some(format!("Bearer realm=\"{realm}\",service=\"harbor-registry\""));
        }
        let words = "unauthorized to access repository: team/app, action: push: unauthorized to access repository: team/app, action: push";
        let refused = Reply::error(401, "UNAUTHORIZED", words).header("WWW-Authenticate", "Basic realm=\"harbor\"");
        registry.faults.push(Fault::at(Class::Upload, refused).to(crate::scripted::Who::Somebody).each(every));
        token.issuer = "harbor-token-issuer";
        token.wrong_password = WrongPassword::TokenForNobody;
    });
    world.secret("regcred", &registry, "joe", PASSWORD);
    world.push(&registry).await
}

#[tokio::test]
async fn one_push_of_ten_that_is_refused_is_found_by_repeating() {
    let seen = one_core_of(10, 30).await;
    let series = seen.seen.targets[0].series.as_ref().expect("a series");
    assert_eq!(
        (series.asked, series.accepted, series.refused, series.failed),
        (30, 27, 3, 0),
        "{}",
        seen.shown()
    );
    assert_eq!(series.failures.len(), 1, "equal failures are kept once: {}", seen.shown());
    seen.is(&["HarborTokenRejected"]);
}

#[tokio::test]
async fn a_token_that_grants_the_push_and_is_refused_is_harbors_fault() {
    let seen = one_core_of(1, 0).await;
    seen.is(&["HarborTokenRejected"]);
    let seen = one_core_of(1, 4).await;
    let series = seen.seen.targets[0].series.as_ref().expect("a series");
    assert_eq!((series.accepted, series.refused), (0, 4), "{}", seen.shown());
    seen.is(&["HarborTokenRejected"]);
}

#[tokio::test]
async fn a_series_ends_where_the_time_limit_leaves_no_room_for_the_next_pause() {
    let mut world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret("regcred", &registry, "joe", PASSWORD);
    let targets = vec![format!("{registry}/team/app")];
    let looking = regauth::probe::Looking {
        action: regauth::evidence::Action::Push,
        targets,
        platform: regauth::registry::platform::Platform::new("linux", "amd64"),
        refused: Default::default(),
        mirrors: Default::default(),
        repeat: 5,
        interval: std::time::Duration::from_secs(99_999 * 3600),
    };
    let seen = world.look_as(&looking).await;
    let series = seen.seen.targets[0].series.as_ref().expect("a series");
    assert_eq!((series.asked, series.accepted, series.refused, series.failed), (5, 1, 0, 0));
    assert_eq!(series.stopped.as_ref().map(|why| why.as_str()), Some("the time was up"), "{}", seen.shown());
    seen.is(&[]);
}

#[tokio::test]
async fn each_push_of_a_series_has_a_connection_of_its_own() {
    let mut world = World::new();
    world.repeat = 4;
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret("regcred", &registry, "joe", PASSWORD);
    world.push(&registry).await.is(&[]);
    let uploads: std::collections::BTreeSet<usize> = world
        .servers
        .log
        .all()
        .iter()
        .filter(|one| one.method == "POST" && one.presented.is_credential())
        .map(|one| one.connection)
        .collect();
    assert_eq!(uploads.len(), 4, "{:?}", world.servers.log.all());
}
