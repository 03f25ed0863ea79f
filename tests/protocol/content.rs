//! Images that are missing, damaged, or for another platform.

use regauth::evidence::probe::Trouble;

use super::world::World;
use crate::scripted::content::Content;
use crate::scripted::{Class, End, Fault, Registry, Reply, Who};

async fn tag(tag: &str) -> super::world::Seen {
    let world = World::new();
    let registry = world.registry(Registry::open(world.accounts()));
    world.pull(&registry, &[&format!("team/app:{tag}")]).await
}

#[tokio::test]
async fn images_and_indexes_are_pulled_down_to_a_layer() {
    let plain = ["manifest 200", "config 200", "layer 200"];
    let index = ["manifest 200", "platform manifest 200", "config 200", "layer 200"];
    for (name, steps) in [("1", plain.as_slice()), ("index", &index), ("attested", &index)] {
        let seen = tag(name).await;
        seen.is(&[]);
        assert_eq!(seen.steps(0), steps, "{name}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_image_is_told() {
    let cases = [
        ("2", "ImageNotFound", "manifest 404"),
        ("elsewhere", "PlatformMissing", "manifest 200"),
        ("no-config", "ContentCorrupt", "config 404"),
        ("no-layer", "ContentCorrupt", "layer 404"),
        ("bad-config", "ContentCorrupt", "config 200"),
        ("bad-manifest", "ContentCorrupt", "platform manifest 200"),
        ("unreadable", "ContentCorrupt", "manifest 200"),
    ];
    for (name, code, last) in cases {
        let seen = tag(name).await;
        assert_eq!(seen.codes(), [code], "{name}: {}", seen.shown());
        assert_eq!(seen.steps(0).last().map(String::as_str), Some(last), "{name}: {}", seen.shown());
        assert!(!seen.shown().contains("planted-in-manifest"), "{}", seen.shown());
    }
}

#[tokio::test]
async fn the_platforms_that_there_are_are_named() {
    let seen = tag("elsewhere").await;
    let trouble = seen.attempt(0).failure().and_then(|one| one.answer()?.trouble.clone());
    let Some(Trouble::PlatformMissing { wanted, available }) = trouble else { panic!("{}", seen.shown()) };
    assert!(wanted.starts_with("linux/"), "{wanted}");
    assert_eq!(available.iter().map(ToString::to_string).collect::<Vec<_>>(), ["linux/s390x"]);
}

#[tokio::test]
async fn a_digest_is_compared_with_what_came() {
    let world = World::new();
    let spoilt = Content::default().manifest("1").map(|piece| piece.digest.clone()).expect("an image");
    let other = Reply::with(200, crate::scripted::content::IMAGE, "{\"schemaVersion\": 2}");
    let registry = world.registry(Registry::open(world.accounts()).fault(Fault::at(Class::Manifest, other)));
    let seen = world.pull(&registry, &[&format!("team/app@{spoilt}")]).await;
    seen.is(&["ContentCorrupt"]);
    let trouble = seen.attempt(0).failure().and_then(|one| one.answer()?.trouble.clone());
    assert_eq!(trouble, Some(Trouble::DigestMismatch));
}

#[tokio::test]
async fn bodies_in_chunks_and_closed_connections_are_no_trouble() {
    let content = Content::default();
    let piece = content.manifest("1").expect("an image");
    for end in [End::Chunked, End::Close] {
        let world = World::new();
        let reply = Reply::with(200, piece.media_type, piece.bytes.clone()).ending(end);
        let registry =
            world.registry(Registry::open(world.accounts()).fault(Fault::at(Class::Manifest, reply)));
        let seen = world.pull_one(&registry).await;
        assert_eq!(seen.steps(0), ["manifest 200", "config 200", "layer 200"], "{}", seen.shown());
    }
}

#[tokio::test]
async fn a_tag_that_is_missing_for_one_who_may_read_is_certain() {
    let mut world = World::new();
    let registry = world.with_tokens(super::world::REGISTRY, |_, _| {});
    world.secret("regcred", &registry, "ann", super::world::PASSWORD);
    let seen = world.pull(&registry, &["team/app:2"]).await;
    seen.is(&["ImageNotFound"]);
    assert!(seen.findings[0].certain, "{}", seen.shown());
}

#[tokio::test]
async fn a_repository_that_is_hidden_from_strangers_is_not_certainly_missing() {
    let world = World::new();
    let hidden = Reply::error(404, "NAME_UNKNOWN", "repository name not known to registry");
    let registry = Registry::open(world.accounts()).fault(Fault::at(Class::Manifest, hidden).to(Who::Nobody));
    let registry = world.registry(registry);
    let seen = world.pull_one(&registry).await;
    seen.is(&["ImageNotFound"]);
    assert!(!seen.findings[0].certain, "{}", seen.shown());
}
