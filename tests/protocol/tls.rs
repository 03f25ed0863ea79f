//! Certificates that clients do not take.

use regauth::evidence::probe::Withheld;

use super::world::{PASSWORD, REGISTRY, World};
use crate::scripted::pki::{Ca, Identity, NOW};
use crate::scripted::{Registry, Wire};

async fn with(identity: impl FnOnce(&World) -> Identity) -> (World, super::world::Seen) {
    let mut world = World::new();
    let bound = world.servers.bind();
    let authority = format!("{REGISTRY}:{}", bound.port);
    let registry = Registry::basic(world.accounts());
    let wire = Wire::Https(identity(&world).server());
    world.servers.serve(bound, REGISTRY, wire, move |request| registry.answer(request));
    world.secret("regcred", &authority, "ann", PASSWORD);
    let seen = world.pull_one(&authority).await;
    assert_eq!(seen.attempt(1).withheld, Some(Withheld::UntrustedCertificate), "{}", seen.shown());
    assert_eq!(world.servers.log.with_credentials(), []);
    // The rest is seen all the same.
    assert_eq!(seen.steps(0), ["manifest 401"]);
    (world, seen)
}

#[tokio::test]
async fn a_certificate_that_is_over_or_not_yet_valid() {
    for years in [(2010, 2011), (2090, 2091)] {
        let (_, seen) = with(|world| world.ca.issue(REGISTRY, years)).await;
        seen.is(&["CertificateNotValidNow"]);
    }
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let (_, seen) = with(|world| world.ca.issue("other.example.test", NOW)).await;
    seen.is(&["CertificateNameMismatch"]);
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_is_not_known() {
    let (_, seen) = with(|_| Ca::new("another root", NOW).issue(REGISTRY, NOW)).await;
    seen.is(&["CertificateUntrusted"]);
    // The probe's own list of authorities says nothing certain about the node's.
    assert!(!seen.findings[0].certain, "{}", seen.shown());
}

#[tokio::test]
async fn a_handshake_that_fails() {
    let mut world = World::new();
    let bound = world.servers.bind();
    let authority = format!("{REGISTRY}:{}", bound.port);
    let config = world.ca.issue(REGISTRY, NOW).mutual(&world.ca, &[&rustls::version::TLS12]);
    world.servers.serve(bound, REGISTRY, Wire::Https(config), |_| crate::scripted::Reply::new(200));
    world.secret("regcred", &authority, "ann", PASSWORD);
    world.pull_one(&authority).await.is(&["TlsHandshakeFailed"]);
    assert_eq!(world.servers.log.all(), []);
}
