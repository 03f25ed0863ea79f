//! Credentials that are wrong, over, stale, empty, or not the first that works.

use regauth::evidence::probe::Withheld;
use regauth::probe::Refused;

use super::world::{PASSWORD, REGISTRY, World};
use crate::scripted::{Class, Fault, Registry, Reply, Rights, Who, WrongPassword};

const WRONG: &str = "planted-wrong-password";

#[tokio::test]
async fn a_right_password_pulls_by_basic_and_by_token() {
    let mut world = World::new();
    let basic = world.registry(Registry::basic(world.accounts()));
    let tokens = world.with_tokens(REGISTRY, |_, _| {});
    for registry in [&basic, &tokens] {
        world.secret(&format!("of-{registry}"), registry, "ann", PASSWORD);
    }
    let seen = world.pull_one(&basic).await;
    seen.is(&[]);
    assert_eq!(seen.steps(0), ["manifest 401"]);
    assert_eq!(seen.steps(1), ["manifest 200", "config 200", "layer 200"]);
    let seen = world.pull_one(&tokens).await;
    seen.is(&[]);
    assert_eq!(seen.steps(0), ["token 200", "manifest 401"]);
    assert_eq!(seen.steps(1), ["token 200", "manifest 200", "config 200", "layer 200"]);
    let claims = seen.attempt(1).exchanges[0].answer().and_then(|answer| answer.claims.clone());
    assert_eq!(claims.and_then(|claims| claims.sub).map(|sub| sub.to_string()).as_deref(), Some("ann"));
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_for_three_images() {
    let images = ["team/app:1", "team/web:1", "team/db:index"];
    for basic in [true, false] {
        let mut world = World::new();
        let registry = match basic {
            true => world.registry(Registry::basic(world.accounts())),
            false => world.with_tokens(REGISTRY, |_, _| {}),
        };
        world.secret("regcred", &registry, "joe", WRONG);
        let seen = world.pull(&registry, &images).await;
        seen.is(&["CredentialRejected"]);
        assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
        let withheld: Vec<_> =
            seen.seen.targets.iter().map(|target| target.attempts[1].withheld.clone()).collect();
        assert_eq!(withheld, [None, Some(Withheld::RefusedBefore), Some(Withheld::RefusedBefore)]);
    }
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_by_a_push_and_by_a_series_of_them() {
    for (basic, repeat) in [(true, 0), (false, 0), (true, 5), (false, 5)] {
        let mut world = World::new();
        world.repeat = repeat;
        let registry = match basic {
            true => world.registry(Registry::basic(world.accounts())),
            false => world.with_tokens(REGISTRY, |_, _| {}),
        };
        world.secret("regcred", &registry, "joe", WRONG);
        world.push(&registry).await.is(&["CredentialRejected"]);
        assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
    }
}

/// Harbor: 200 with a token for nobody, and 401 to what that does not let.
fn harbor(world: &World, strangers: Rights) -> String {
    world.with_tokens(REGISTRY, |registry, token| {
        let authority = match &registry.auth {
            crate::scripted::Auth::Bearer(realm) => realm.clone(),
            _ => String::new(),
        };
        registry.challenge = Some(format!("Bearer realm=\"{authority}\",service=\"harbor-registry\""));
        token.wrong_password = WrongPassword::TokenForNobody;
        token.nobody = Some(strangers);
        token.issuer = "harbor-token-issuer";
    })
}

#[tokio::test]
async fn harbors_token_for_nobody_is_a_refusal_that_is_heard_once() {
    let images = ["team/app:1", "team/web:1", "team/db:1"];
    let mut world = World::new();
    let registry = harbor(&world, Rights::None);
    world.secret("regcred", &registry, "joe", WRONG);
    let seen = world.pull(&registry, &images).await;
    seen.is(&["CredentialRejected"]);
    assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
    let mut world = World::new();
    let registry = harbor(&world, Rights::None);
    world.secret("regcred", &registry, "joe", WRONG);
    let seen = world.push(&registry).await;
    seen.is(&["CredentialRejected"]);
    assert_eq!(seen.steps(1), ["token 200", "upload 401"]);
    assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
}

#[tokio::test]
async fn a_wrong_password_does_not_hide_harbors_public_images() {
    let mut world = World::new();
    let registry = harbor(&world, Rights::Pull);
    world.secret("regcred", &registry, "joe", WRONG);
    let seen = world.pull(&registry, &["library/a:1", "library/b:1"]).await;
    seen.is(&[]);
    assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
}

#[tokio::test]
async fn expired_tokens_of_clouds_are_told() {
    let ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    let over = "Your authorization token has expired. Reauthenticate and try again.";
    let world = cloud(ecr, "AWS");
    let registry = world.0.registry_at(
        ecr,
        Registry::basic(world.0.accounts())
            .fault(Fault::at(Class::Manifest, Reply::error(403, "DENIED", over)).to(Who::Somebody)),
    );
    let mut world = world.0;
    world.secret("regcred", &registry, "AWS", WRONG);
    world.pull(&registry, &["team/app:1", "team/web:1"]).await.is(&["CredentialExpired"]);
    assert_eq!(world.servers.log.logins("AWS"), 1, "{:?}", world.servers.log.all());

    let google = "europe-docker.pkg.dev";
    let refused = Reply::error(401, "UNAUTHORIZED", "authentication failed");
    let (mut world, user) = cloud(google, "oauth2accesstoken");
    let registry =
        world.with_tokens(google, |_, token| token.wrong_password = WrongPassword::Refused(refused));
    world.secret("regcred", &registry, user, "ya29.planted-google-token");
    let seen = world.pull_one(&registry).await;
    seen.is(&["CredentialExpired"]);
    assert_eq!(seen.steps(1), ["token 401"]);

    let azure = "example.azurecr.io";
    let words = "authentication required, visit https://aka.ms/acr/authorization for more information.";
    let refused = Reply::error(401, "UNAUTHORIZED", words);
    let (mut world, user) = cloud(azure, "00000000-0000-0000-0000-000000000000");
    let registry =
        world.with_tokens(azure, |_, token| token.wrong_password = WrongPassword::Refused(refused));
    // {"exp":1577836800}: the first of January 2020.
    world.secret("regcred", &registry, user, "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE1Nzc4MzY4MDB9.cGxhbnRlZA");
    world.pull_one(&registry).await.is(&["CredentialExpired"]);
}

fn cloud(host: &str, user: &'static str) -> (World, &'static str) {
    let world = World::new();
    world.name(host);
    (world, user)
}

#[tokio::test]
async fn a_role_that_google_does_not_grant_is_named() {
    let host = "europe-docker.pkg.dev";
    let words = "Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \
        \"projects/p/locations/europe/repositories/team\" (or it may not exist)";
    let mut world = World::new();
    world.name(host);
    let registry = world.with_tokens(host, |registry, _| {
        registry.faults.push(Fault::at(Class::Manifest, Reply::error(403, "DENIED", words)));
    });
    world.secret("regcred", &registry, "ann", PASSWORD);
    let seen = world.pull_one(&registry).await;
    seen.is(&["PermissionDenied"]);
    let finding = &seen.findings[0];
    assert!(finding.cause.contains("artifactregistry.reader"), "{}", finding.cause);
    assert!(!finding.certain, "the repository may not exist: {}", seen.shown());
}

#[tokio::test]
async fn a_stale_credential_hides_a_public_image_and_its_words_are_heard() {
    // By Basic: the registry lets strangers pull, and refuses the credential.
    let mut world = World::new();
    let words = Reply::error(403, "DENIED", "your account was closed");
    let mut public =
        Registry::basic(world.accounts()).fault(Fault::at(Class::Manifest, words).to(Who::Somebody));
    public.nobody = Rights::Pull;
    let registry = world.registry(public);
    world.secret("regcred", &registry, "joe", WRONG);
    let seen = world.pull_one(&registry).await;
    seen.is(&["StaleCredential"]);
    assert!(seen.attempt(0).succeeded(), "{}", seen.shown());
    assert_eq!(refusal(&seen, 0), "your account was closed");
    assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
    // A registry that asks nobody gets no credential.
    let mut world = World::new();
    let mut public = Registry::basic(world.accounts());
    (public.nobody, public.open_ping) = (Rights::Pull, true);
    let registry = world.registry(public);
    world.secret("regcred", &registry, "joe", WRONG);
    world.pull_one(&registry).await.is(&[]);
    assert_eq!(world.servers.log.logins("joe"), 0);
}

/// The words of an answer to the first credential.
#[track_caller]
fn refusal(seen: &super::world::Seen, exchange: usize) -> String {
    let error = seen.attempt(1).exchanges[exchange].answer().and_then(|answer| answer.error.clone());
    error.unwrap_or_else(|| panic!("no error: {}", seen.shown())).errors[0].message.to_string()
}

#[tokio::test]
async fn a_stale_credential_for_tokens_hides_a_public_image() {
    let mut world = World::new();
    let registry = world.with_tokens(REGISTRY, |_, token| {
        token.nobody = Some(Rights::Pull);
        token.wrong_password = WrongPassword::Refused(Reply::error(403, "DENIED", "denied"));
    });
    world.secret("regcred", &registry, "joe", WRONG);
    let seen = world.pull(&registry, &["team/app:1", "team/web:1", "team/db:1"]).await;
    seen.is(&["StaleCredential"]);
    assert_eq!(seen.steps(0), ["token 200", "manifest 200", "config 200", "layer 200"]);
    assert_eq!(seen.steps(1), ["token 403"]);
    assert_eq!(world.servers.log.logins("joe"), 1, "{:?}", world.servers.log.all());
    // With a token that is granted and refused.
    let mut world = World::new();
    let registry = world.with_tokens(REGISTRY, |registry, token| {
        token.nobody = Some(Rights::Pull);
        let words = Reply::error(403, "DENIED", "your account was closed");
        registry.faults.push(Fault::at(Class::Manifest, words).to(Who::Somebody));
    });
    world.secret("regcred", &registry, "ann", PASSWORD);
    let seen = world.pull_one(&registry).await;
    seen.is(&["StaleCredential"]);
    assert_eq!(refusal(&seen, 1), "your account was closed");
}

#[tokio::test]
async fn the_second_credential_works_and_the_order_is_the_kubelets() {
    let mut world = World::new();
    let registry = world.with_tokens(REGISTRY, |_, _| {});
    // Keys are tried in reverse lexical order: the longer path first here.
    world.secret("whole", &registry, "ann", PASSWORD);
    world.secret("narrow", &format!("{registry}/team"), "joe", WRONG);
    let seen = world.pull_one(&registry).await;
    let order: Vec<_> = seen.seen.targets[0]
        .attempts
        .iter()
        .map(|attempt| attempt.credential.as_ref().map(|credential| credential.source.as_str()))
        .collect();
    assert_eq!(order, [None, Some("secret/narrow"), Some("secret/whole")]);
    seen.is(&["CredentialRejected"]);
    assert!(seen.findings[0].cause.contains("The next one works"), "{}", seen.findings[0].cause);
    let users: Vec<String> =
        world.servers.log.all().iter().map(|one| format!("{:?}", one.presented)).collect();
    let first = |text: &str| users.iter().position(|one| one == text);
    assert!(first("nothing") < first("a wrong password of joe"), "{users:?}");
    assert!(first("a wrong password of joe") < first("the password of ann"), "{users:?}");
}

#[tokio::test]
async fn an_entry_that_holds_nothing_or_misses_the_port_sends_nothing() {
    let mut world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret_of("laptop", &format!(r#"{{"auths":{{"{registry}":{{}}}},"credsStore":"desktop"}}"#));
    let seen = world.pull_one(&registry).await;
    seen.is(&["PullSecretEmpty"]);
    assert_eq!(seen.attempt(1).withheld, Some(Withheld::Empty));
    let mut world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret("regcred", REGISTRY, "ann", PASSWORD);
    let seen = world.pull_one(&registry).await;
    seen.is(&["PullSecretNoMatch"]);
    assert_eq!(seen.seen.targets[0].keyring.near_misses.len(), 1, "{}", seen.shown());
    assert_eq!(world.servers.log.with_credentials(), []);
}

#[tokio::test]
async fn a_credential_that_another_node_saw_refused_is_not_sent() {
    let mut world = World::new();
    let registry = world.registry(Registry::basic(world.accounts()));
    world.secret("regcred", &registry, "ann", PASSWORD);
    let looking = regauth::probe::Looking {
        action: regauth::evidence::Action::Pull,
        targets: vec![format!("{registry}/team/app:1")],
        platform: regauth::registry::platform::Platform::new("linux", "amd64"),
        refused: vec![Refused { fingerprint: "*".into(), on: "node2".into(), origin: String::new() }],
        mirrors: Default::default(),
        repeat: 0,
        interval: std::time::Duration::ZERO,
    };
    let seen = world.look_as(&looking).await;
    assert_eq!(seen.attempt(1).withheld, Some(Withheld::RefusedElsewhere { on: "node2".into() }));
    assert_eq!(world.servers.log.with_credentials(), []);
}

#[tokio::test]
async fn a_registry_that_asks_for_a_credential_says_so_once() {
    for basic in [true, false] {
        let world = World::new();
        let registry = match basic {
            true => world.registry(Registry::basic(world.accounts())),
            false => world.with_tokens(REGISTRY, |_, token| token.nobody = None),
        };
        let seen = world.pull(&registry, &["team/app:1", "team/web:1"]).await;
        seen.is(&["NoCredential"]);
        let pings = world.servers.log.lines(REGISTRY).iter().filter(|line| *line == "GET /v2/").count();
        assert_eq!(pings, 1, "{:?}", world.servers.log.all());
    }
}
