//! Blobs that are elsewhere, and redirects in general.

use regauth::evidence::endpoint::Role;

use super::world::{PASSWORD, REGISTRY, STORAGE, World};
use crate::scripted::content::Content;
use crate::scripted::{Class, Fault, Presented, Registry, Reply, Wire};

/// A registry that redirects for blobs to this URL, with somebody's right credential for it.
fn redirecting(world: &mut World, basic: bool, to: &str) -> String {
    let fault = Fault::at(Class::Blob, Reply::redirect(to));
    let registry = match basic {
        true => world.registry(Registry::basic(world.accounts()).fault(fault)),
        false => world.with_tokens(REGISTRY, |registry, _| registry.faults.push(fault)),
    };
    world.secret("regcred", &registry, "ann", PASSWORD);
    registry
}

/// A storage that has every blob at `/DIGEST`; here all are the configuration.
fn config() -> Vec<u8> {
    let content = Content::default();
    let manifest = content.manifest("1").expect("an image");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.bytes).expect("JSON");
    let digest = manifest["config"]["digest"].as_str().expect("a digest");
    content.blob(digest).expect("a configuration").bytes.clone()
}

#[tokio::test]
async fn a_storage_gets_no_credential_and_its_signature_is_not_kept() {
    for basic in [true, false] {
        let mut world = World::new();
        let bound = world.servers.bind();
        let to = format!("https://{STORAGE}:{}/blob?X-Amz-Signature=planted-signature", bound.port);
        let registry = redirecting(&mut world, basic, &to);
        let blob = config();
        world.serve(bound, STORAGE, move |_| Reply::with(200, "application/octet-stream", blob.clone()));
        let seen = world.pull_one(&registry).await;
        assert!(seen.attempt(1).succeeded(), "{}", seen.shown());
        seen.is(&[]);
        let asked = world.servers.log.of(STORAGE);
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(asked.iter().all(|one| one.presented == Presented::Nothing), "{asked:?}");
        assert!(!seen.shown().contains("planted-signature"), "{}", seen.shown());
        assert_eq!(seen.seen.endpoints[1].role, Role::Storage);
    }
}

#[tokio::test]
async fn a_storage_that_cannot_be_reached_or_used_is_told() {
    let cases = [
        ("https://nowhere.example.test/blob", "RegistryNameUnresolved"),
        ("https://storage.example.test:9/blob", "ConnectionRefused"),
        ("http://169.254.169.254/latest/meta-data", "UnexpectedResponder"),
        ("https://127.0.0.1:9/blob", "UnexpectedResponder"),
        ("gopher://storage.example.test/blob", "UnexpectedResponder"),
    ];
    for (to, code) in cases {
        let mut world = World::new();
        let registry = redirecting(&mut world, false, to);
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.codes(), [code], "{to}: {}", seen.shown());
    }
}

#[tokio::test]
async fn a_storage_that_refuses_or_lacks_the_blob_is_told() {
    let cases = [
        (Reply::new(403), "UnexpectedResponder"),
        (Reply::new(404), "ContentCorrupt"),
        (Reply::with(200, "application/octet-stream", "something else"), "ContentCorrupt"),
        (Reply::new(503), "RegistryServerError"),
    ];
    for (reply, code) in cases {
        let mut world = World::new();
        let bound = world.servers.bind();
        let to = format!("https://{STORAGE}:{}/blob", bound.port);
        let registry = redirecting(&mut world, false, &to);
        world.serve(bound, STORAGE, move |_| reply.clone());
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.codes(), [code], "{}", seen.shown());
    }
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let mut world = World::new();
    let registry = redirecting(&mut world, false, "/v2/team/app/blobs/again");
    let seen = world.pull_one(&registry).await;
    seen.is(&["UnexpectedResponder"]);
    let blobs = world.servers.log.lines(REGISTRY).iter().filter(|line| line.contains("/blobs/")).count();
    assert_eq!(blobs, 6, "{:?}", world.servers.log.all());
}

#[tokio::test]
async fn a_redirect_within_the_registry_keeps_the_credential_and_one_to_the_clear_does_not() {
    let mut world = World::new();
    let bound = world.servers.bind();
    let to = format!("http://{REGISTRY}:{}/blob", bound.port);
    let registry = redirecting(&mut world, true, &to);
    world.servers.serve(bound, "clear", Wire::Http, |_| Reply::new(200));
    world.pull_one(&registry).await;
    let clear = world.servers.log.of("clear");
    assert!(!clear.is_empty() && clear.iter().all(|one| one.presented == Presented::Nothing), "{clear:?}");
    let mut world = World::new();
    let registry = redirecting(&mut world, true, "/moved");
    world.pull_one(&registry).await;
    let moved: Vec<_> =
        world.servers.log.with_credentials().into_iter().filter(|one| one.path == "/moved").collect();
    assert_eq!(moved.len(), 1, "{:?}", world.servers.log.all());
}
