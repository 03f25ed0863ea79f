//! What counts as a refusal of the credential itself, and keeps it from being sent again.

use bytes::Bytes;
use regauth::evidence::probe::{Action, Trouble, Withheld};
use regauth::registry::client::{Client, Content, Login, NotUploaded, Subject};
use regauth::registry::digest::Digest;
use regauth::registry::transport::Transport;
use regauth::secret::Secret;

use super::world::{AUTH, PASSWORD, REGISTRY, Seen, World};
use crate::scripted::{Class, Fault, Grant, Registry, Reply, Rights, TokenService, Who, WrongPassword};

const WRONG: &str = "planted-wrong-password";
const IMAGES: [&str; 3] = ["team/app:1", "team/web:1", "team/db:1"];

fn withheld(seen: &Seen) -> Vec<Option<Withheld>> {
    seen.seen.targets.iter().map(|target| target.attempts[1].withheld.clone()).collect()
}

#[tokio::test]
async fn a_refusal_of_any_status_that_speaks_of_the_credential_is_heard_once() {
    let refusals = [
        Reply::json(400, &serde_json::json!({"error": "invalid_grant", "error_description": "no"})),
        Reply::new(400),
        Reply::error(403, "DENIED", "the token is invalid or has expired"),
        Reply::error(429, "TOOMANYREQUESTS", "Too Many Failed Login Attempts. Please try again later."),
    ];
    for refusal in refusals {
        let mut world = World::new();
        let registry = world.with_tokens(REGISTRY, |_, token| {
            token.wrong_password = WrongPassword::Refused(refusal.clone());
        });
        world.secret("regcred", &registry, "joe", WRONG);
        let seen = world.pull(&registry, &IMAGES).await;
        assert_eq!(world.servers.log.logins("joe"), 1, "{}", seen.shown());
        let again = Some(Withheld::RefusedBefore);
        assert_eq!(withheld(&seen), [None, again.clone(), again], "{}", seen.shown());
    }
}

#[tokio::test]
async fn a_right_that_is_missing_for_one_image_holds_nothing_back() {
    let missing = Reply::error(403, "DENIED", "requested access to the resource is denied");
    let mut world = World::new();
    let registry = world.with_tokens(REGISTRY, |registry, _| {
        registry.faults.push(Fault::at(Class::Token, missing).to(Who::Somebody).each(2));
    });
    world.secret("regcred", &registry, "ann", PASSWORD);
    let seen = world.pull(&registry, &IMAGES).await;
    assert_eq!(withheld(&seen), [None, None, None], "{}", seen.shown());
    let succeeded: Vec<bool> =
        seen.seen.targets.iter().map(|target| target.attempts[1].succeeded()).collect();
    assert_eq!(succeeded, [true, false, true], "{}", seen.shown());
}

#[tokio::test]
async fn a_credential_that_no_scheme_takes_is_not_sent_and_not_refused() {
    let mut world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    world.config_of(
        "config.json",
        &format!(r#"{{"auths":{{"{registry}":{{"identitytoken":"{PASSWORD}"}}}}}}"#),
    );
    let seen = world.pull(&registry, &IMAGES).await;
    let by_basic = Some(Withheld::Scheme { asked: vec![regauth::text::Clean::new("basic")] });
    assert_eq!(withheld(&seen), [by_basic.clone(), by_basic.clone(), by_basic], "{}", seen.shown());
    assert!(seen.findings.iter().all(|one| one.code.as_str() != "CredentialRejected"), "{}", seen.shown());
    assert_eq!(world.servers.log.with_credentials(), []);
    // Where the registry refuses and does not say how it asks.
    let mut world = World::new();
    let registry = Registry::open(world.accounts()).fault(Fault::at(Class::Manifest, Reply::new(401)));
    let registry = world.registry(registry);
    world.secret("regcred", &registry, "joe", PASSWORD);
    let seen = world.pull(&registry, &IMAGES[..2]).await;
    let unsaid = Some(Withheld::Scheme { asked: Vec::new() });
    assert_eq!(withheld(&seen), [unsaid.clone(), unsaid], "{}", seen.shown());
    assert_eq!(world.servers.log.with_credentials(), []);
}

#[tokio::test]
async fn registries_that_share_a_token_service_get_a_wrong_password_once() {
    let mut world = World::new();
    let bound = world.servers.bind();
    let realm = format!("https://{AUTH}:{}/token", bound.port);
    let token = TokenService::new(world.accounts());
    world.serve(bound, AUTH, move |request| token.answer(request));
    let registries: Vec<String> =
        (0..2).map(|_| world.registry(Registry::bearer(world.accounts(), &realm))).collect();
    for (number, registry) in registries.iter().enumerate() {
        world.secret(&format!("regcred-{number}"), registry, "joe", WRONG);
    }
    let images = registries.iter().map(|registry| format!("{registry}/team/app:1")).collect();
    let seen = world.look(Action::Pull, images).await;
    assert_eq!(world.servers.log.logins("joe"), 1, "{}", seen.shown());
    assert_eq!(withheld(&seen), [None, Some(Withheld::RefusedBefore)], "{}", seen.shown());
    seen.is(&["CredentialRejected"]);
    let causes: Vec<&str> = seen.findings.iter().map(|finding| finding.cause.as_str()).collect();
    assert!(causes.iter().all(|cause| cause.contains("refused the user and secret")), "{causes:?}");
    assert_eq!(seen.findings[0].certain, seen.findings[1].certain, "{}", seen.shown());
    let sent_to = seen.attempt(1).sent_to.as_ref().map(|origin| origin.to_string());
    assert_eq!(sent_to.as_deref(), realm.strip_suffix("/token"));
}

#[tokio::test]
async fn a_credential_that_a_series_saw_refused_is_not_sent_for_the_next_repository() {
    let mut world = World::new();
    world.repeat = 3;
    let registry = world.with_tokens(REGISTRY, |registry, _| {
        let refusal = Reply::error(401, "UNAUTHORIZED", "incorrect username or password");
        registry.faults.push(Fault::at(Class::Token, refusal).to(Who::Somebody).each(3));
    });
    world.secret("regcred", &registry, "joe", PASSWORD);
    let targets = ["app", "web"].map(|name| format!("{registry}/team/{name}"));
    let seen = world.look(Action::Push, targets.into()).await;
    assert_eq!(withheld(&seen), [None, Some(Withheld::RefusedBefore)], "{}", seen.shown());
    assert_eq!(world.servers.log.logins("joe"), 3, "{}", seen.shown());
}

#[tokio::test]
async fn a_registry_token_is_sent_as_it_is() {
    let mut world = World::new();
    let registry = world.with_tokens(REGISTRY, |_, _| {});
    let grant = Grant { user: "ann".into(), repository: "team/app".into(), rights: Rights::Pull };
    let token = world.accounts().issue(grant, "scripted-issuer", true);
    world.config_of("config.json", &format!(r#"{{"auths":{{"{registry}":{{"registrytoken":"{token}"}}}}}}"#));
    let seen = world.pull_one(&registry).await;
    seen.is(&[]);
    assert_eq!(seen.steps(1), ["manifest 200", "config 200", "layer 200"]);
    assert!(!seen.shown().contains(&token));
}

#[tokio::test]
async fn a_manifest_that_is_too_large_is_said_to_be_and_not_to_be_corrupt() {
    let world = World::new();
    let large = Reply::with(200, "application/vnd.oci.image.manifest.v1+json", vec![b' '; 5 << 20]);
    let registry = world.registry(Registry::open(world.accounts()).fault(Fault::at(Class::Manifest, large)));
    let image = format!("team/app@sha256:{}", "0".repeat(64));
    let seen = world.pull(&registry, &[&image]).await;
    let trouble = seen.attempt(0).exchanges[0].answer().and_then(|answer| answer.trouble.clone());
    let Some(Trouble::Unreadable { why }) = trouble else { panic!("{}", seen.shown()) };
    assert!(why.as_str().contains("larger than 4 MiB"), "{why}");
}

/// Uploads one blob as joe; what came of it.
async fn upload(world: &World, registry: &str, password: &str) -> Result<usize, NotUploaded> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut client = Client::new(Transport::new(world.settings.clone()), [], deadline);
    let origin = client.origin_of(registry).expect("an origin");
    let ping = client.ping(&origin, "/v2").await;
    let challenges = ping.answer().expect("an answer").challenges.clone();
    let password = Secret::new(password.to_string());
    let subject = Subject {
        registry: &origin,
        prefix: "/v2",
        repository: "team/app",
        challenges: &challenges,
        login: Login::Password { user: "joe", password: &password },
    };
    let bytes = Bytes::from_static(b"a new blob");
    let digest = Digest::sha256(&bytes);
    let blob = Content { digest: &digest, bytes: &bytes, media_type: "" };
    client.upload(&subject, &[blob], &[], "1").await.map(|uploaded| uploaded.sent)
}

#[tokio::test]
async fn an_upload_sends_a_wrong_password_once() {
    for open_ping in [true, false] {
        let world = World::new();
        let mut registry = Registry::basic(world.accounts());
        registry.open_ping = open_ping;
        let registry = world.registry(registry);
        let refused = upload(&world, &registry, WRONG).await.expect_err("a refusal");
        let NotUploaded::Failed(exchange) = refused else { panic!("{refused:?}") };
        assert_eq!(exchange.answer().map(|answer| answer.status), Some(401));
        assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
    }
}

#[tokio::test]
async fn an_upload_answers_a_registry_that_asks_only_later() {
    let world = World::new();
    let mut basic = Registry::basic(world.accounts());
    basic.open_ping = true;
    let basic = world.registry(basic);
    assert_eq!(upload(&world, &basic, PASSWORD).await, Ok(1));
    // It lets everybody look, and asks those who push.
    let mut public = Registry::basic(world.accounts());
    (public.open_ping, public.nobody) = (true, Rights::Pull);
    let public = public.fault(
        Fault::at(
            Class::Upload,
            Reply::error(401, "UNAUTHORIZED", "who?").header("WWW-Authenticate", "Basic realm=\"x\""),
        )
        .to(Who::Nobody),
    );
    let public = world.registry(public);
    assert_eq!(upload(&world, &public, PASSWORD).await, Ok(1));
    let tokens = world.with_tokens(REGISTRY, |registry, _| registry.open_ping = true);
    assert_eq!(upload(&world, &tokens, PASSWORD).await, Ok(1));
}
