use std::path::Path;

use super::pki::Ca;
use super::world::World;
use crate::registry::transport::{Roots, RootsError};

#[test]
fn a_bundle_is_added_with_what_stands_between_the_certificates() {
    let world = World::new();
    let (one, two) = (Ca::new("one", (2020, 2100)), Ca::new("two", (2020, 2100)));
    let text = format!(
        "# one\n{}\nnot PEM\n{}{}",
        one.certificate.pem(),
        two.certificate.pem(),
        one.certificate.pem()
    );
    let mut roots = Roots::none();
    roots.add_file(&world.write("ca.crt", &text)).expect("a bundle");
    assert_eq!(roots.len(), 2);
}

#[test]
fn a_broken_bundle_is_told_by_file_and_position() {
    let world = World::new();
    let good = Ca::new("one", (2020, 2100)).certificate.pem();
    let begin = "-----BEGIN CERTIFICATE-----\n";
    for (text, expected) in [
        (String::new(), "holds no certificate"),
        (
            "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n".to_string(),
            "holds no certificate",
        ),
        (format!("{good}{begin}hunter2!!\n-----END CERTIFICATE-----\n"), "no. 2"),
        (format!("{good}{begin}aHVudGVyMg==\n-----END CERTIFICATE-----\n"), "not an X.509 certificate"),
        (format!("{good}{begin}aHVudGVyMg==\n"), "no. 2"),
    ] {
        let path = world.write("ca.crt", &text);
        let error = Roots::none().add_file(&path).expect_err(expected).to_string();
        assert!(error.contains(expected) && error.contains("ca.crt"), "{error}");
        assert!(!error.contains("hunter2") && !error.contains("aHVudGVyMg"), "{error}");
    }
    let error = Roots::none().add_file(Path::new("/nonexistent/ca.crt")).expect_err("no file");
    assert!(matches!(error, RootsError::Unreadable { kind: std::io::ErrorKind::NotFound, .. }));
}

#[test]
fn the_systems_roots_are_where_the_environment_says() {
    let world = World::new();
    let (one, two) = (Ca::new("one", (2020, 2100)), Ca::new("two", (2020, 2100)));
    let file =
        world.write("bundle.crt", &format!("{}junk\n-----BEGIN CERTIFICATE-----\n", one.certificate.pem()));
    std::fs::create_dir(file.with_file_name("certs")).expect("a folder");
    world.write("certs/two.pem", &two.certificate.pem());
    let folder = file.with_file_name("certs").display().to_string();
    let roots = Roots::system(|name| match name {
        "SSL_CERT_FILE" => Some(file.display().to_string()),
        "SSL_CERT_DIR" => Some(format!("/nonexistent:{folder}")),
        _ => None,
    });
    assert_eq!(roots.len(), 2);
    let none = Roots::system(|_| Some("/nonexistent".to_string()));
    assert!(none.is_empty());
}
