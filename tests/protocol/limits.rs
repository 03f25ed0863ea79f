//! Pull limits.

use regauth::evidence::Action;

use super::world::{PASSWORD, REGISTRY, World};
use crate::scripted::{Class, Fault, Registry, Reply, Rights, TokenService, Who};

const HUB: &str = "registry-1.docker.io";

fn hub(faults: Vec<Fault>, headers: Vec<(&'static str, &'static str)>) -> (World, String) {
    let world = World::new();
    world.name(HUB);
    let registry = world.with_tokens(HUB, |registry: &mut Registry, token: &mut TokenService| {
        token.nobody = Some(Rights::Pull);
        (registry.faults, registry.headers) = (faults, headers);
    });
    (world, registry)
}

fn limited() -> Reply {
    let words =
        "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";
    Reply::error(429, "TOOMANYREQUESTS", words)
        .header("ratelimit-limit", "100;w=21600")
        .header("ratelimit-remaining", "0;w=21600")
        .header("docker-ratelimit-source", "192.0.2.44")
        .header("retry-after", "3600")
}

#[tokio::test]
async fn docker_hubs_limits_are_told_apart() {
    let pull = Fault::at(Class::Manifest, limited());
    let (world, registry) = hub(vec![pull], vec![]);
    let seen = world.pull_one(&registry).await;
    seen.is(&["RateLimited"]);
    assert!(seen.findings[0].cause.contains("without a login"), "{}", seen.findings[0].cause);
    let limit = seen.attempt(0).exchanges[1].answer().and_then(|answer| answer.rate_limit.clone());
    assert_eq!(limit.as_ref().and_then(|limit| limit.headroom()), Some(0));
    let abuse = Reply::with(429, "text/plain", "Too Many Requests\n");
    let (world, registry) = hub(vec![Fault::at(Class::Manifest, abuse)], vec![]);
    let seen = world.pull_one(&registry).await;
    seen.is(&["RateLimited"]);
    assert!(seen.findings[0].cause.contains("abuse"), "{}", seen.findings[0].cause);
    let words = "You have reached your pull rate limit as 'ann': account limit";
    let account = Reply::error(429, "TOOMANYREQUESTS", words)
        .header("docker-ratelimit-source", "9c7a7b6e-8f0c-4b3a-9d51-4f3b1c0a2e11");
    let (mut world, registry) = hub(vec![Fault::at(Class::Manifest, account).to(Who::Somebody)], vec![]);
    world.secret("regcred", &registry, "ann", PASSWORD);
    let seen = world.pull_one(&registry).await;
    seen.is(&["RateLimited"]);
    assert!(seen.findings[0].cause.contains("account"), "{}", seen.findings[0].cause);
}

#[tokio::test]
async fn other_registries_limits() {
    let world = World::new();
    let words = Reply::error(429, "TOOMANYREQUESTS", "slow down");
    let registry = world.registry(Registry::open(world.accounts()).fault(Fault::at(Class::Manifest, words)));
    world.pull_one(&registry).await.is(&["RateLimited"]);
}

#[tokio::test]
async fn what_is_left_is_asked_by_head_and_said() {
    let headers = vec![
        ("ratelimit-limit", "100;w=21600"),
        ("ratelimit-remaining", "3;w=21600"),
        ("docker-ratelimit-source", "192.0.2.44"),
    ];
    let (mut world, registry) = hub(vec![], headers);
    world.secret("regcred", &registry, "ann", PASSWORD);
    let seen = world.look(Action::Limits, vec![format!("{registry}/ratelimitpreview/test:1")]).await;
    seen.is(&["RateLimitLow"]);
    let lines = world.servers.log.lines(HUB);
    let manifests: Vec<&String> = lines.iter().filter(|line| line.contains("/manifests/")).collect();
    assert_eq!(manifests.len(), 2, "{lines:?}");
    assert!(manifests.iter().all(|line| line.starts_with("HEAD ")), "{lines:?}");
    assert_eq!(seen.steps(1), ["token 200", "rate limit 200"]);
}

#[tokio::test]
async fn a_limit_that_is_reached_is_told_with_its_words_though_heads_have_none() {
    let (world, registry) = hub(vec![Fault::at(Class::Manifest, limited())], vec![]);
    let seen = world.look(Action::Limits, vec![format!("{registry}/ratelimitpreview/test:1")]).await;
    seen.is(&["RateLimited"]);
    assert!(seen.findings[0].cause.contains("without a login"), "{}", seen.shown());
}

#[tokio::test]
async fn a_registry_that_knows_no_head_is_asked_by_get() {
    for status in [405, 404, 501] {
        let mut world = World::new();
        let registry = world.with_tokens(REGISTRY, |registry, token| {
            token.nobody = Some(Rights::Pull);
            registry.faults.push(Fault::at(Class::Manifest, Reply::new(status)).by("HEAD"));
        });
        world.secret("regcred", &registry, "ann", PASSWORD);
        let seen = world.pull_one(&registry).await;
        assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
        assert_eq!(seen.steps(1), ["token 200", "manifest 200"]);
        seen.is(&[]);
    }
}
