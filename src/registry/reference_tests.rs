use std::io::Write;

use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn full(text: &str) -> String {
    Reference::parse(text).unwrap().normalized()
}

fn error(text: &str) -> ReferenceError {
    Reference::parse(text).unwrap_err()
}

#[test]
fn docker_hub_names_are_completed() {
    for (text, expected) in [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.25", "docker.io/library/nginx:1.25"),
        ("team/app", "docker.io/team/app:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/nginx:1", "docker.io/library/nginx:1"),
        ("index.docker.io/team/app", "docker.io/team/app:latest"),
        ("registry-1.docker.io/app", "registry-1.docker.io/app:latest"),
        ("example.com", "docker.io/library/example.com:latest"),
        ("localhost", "docker.io/library/localhost:latest"),
    ] {
        assert_eq!(full(text), expected);
    }
    assert!(Reference::parse("nginx").unwrap().is_docker_hub());
    assert!(!Reference::parse("registry-1.docker.io/app").unwrap().is_docker_hub());
}

#[test]
fn a_first_part_that_is_no_namespace_is_a_host() {
    for (text, host) in [
        ("localhost/app", "localhost"),
        ("localhost:5000/app", "localhost:5000"),
        ("registry:5000/app", "registry:5000"),
        ("registry.example.com/app", "registry.example.com"),
        ("UPPER/app", "UPPER"),
        ("10.0.0.5:5000/team/app", "10.0.0.5:5000"),
        ("[2001:db8::1]/app", "[2001:db8::1]"),
        ("[2001:db8::1]:5000/team/app:1", "[2001:db8::1]:5000"),
        ("my_host.example/app", "my_host.example"),
    ] {
        assert_eq!(Reference::parse(text).unwrap().registry(), host, "{text}");
    }
}

#[test]
fn tag_and_digest_are_kept_apart_and_only_a_bare_name_gets_a_default() {
    let both = Reference::parse(&format!("r.example.com/team/app:1.0@sha256:{HEX}")).unwrap();
    assert_eq!((both.tag(), both.digest()), (Some("1.0"), Some(format!("sha256:{HEX}").as_str())));
    assert_eq!(both.repository(), "r.example.com/team/app");
    assert_eq!(both.normalized(), both.to_string());
    assert_eq!(full(&format!("r.example.com/app@sha256:{HEX}")), format!("r.example.com/app@sha256:{HEX}"));
    assert_eq!(Reference::parse("app").unwrap().to_string(), "docker.io/library/app");
}

#[test]
fn what_the_kubelet_refuses_is_refused_with_what_to_do() {
    assert_eq!(error(""), ReferenceError::NoRepository);
    assert_eq!(error("host.example.com/"), ReferenceError::NoRepository);
    assert_eq!(error("team/"), ReferenceError::NoRepository);
    assert_eq!(error("a b"), ReferenceError::Space);
    assert_eq!(error("nginx\n"), ReferenceError::Space);
    assert_eq!(error(HEX), ReferenceError::Identifier);
    assert_eq!(
        error("https://r.example.com/app").to_string(),
        "leave out `https://`, a reference starts with the registry's host"
    );
    assert_eq!(error("r.example.com/Team/app").to_string(), "write the path `Team/app` in lower case");
    assert_eq!(error("Nginx").to_string(), "write the path `library/Nginx` in lower case");
    assert!(matches!(error("r.example.com/a//b"), ReferenceError::PathPart(_)));
    assert!(matches!(error("r.example.com/a___b"), ReferenceError::PathPart(_)));
    assert!(matches!(error("r.example.com/a..b"), ReferenceError::PathPart(_)));
    assert!(matches!(error("r.example.com/-a"), ReferenceError::PathPart(_)));
    assert!(matches!(error("./app"), ReferenceError::Host(_)));
    assert!(matches!(error("r.example.com:port/app"), ReferenceError::Host(_)));
    assert!(matches!(error("r.example.com:/app"), ReferenceError::Host(_)));
    assert!(matches!(error("-r.example.com/app"), ReferenceError::Host(_)));
    assert!(matches!(error("[::1%eth0]/app"), ReferenceError::Host(_)));
    assert!(matches!(error("app:"), ReferenceError::Tag(_)));
    assert!(matches!(error("app:.1"), ReferenceError::Tag(_)));
    assert!(matches!(error("app:1:2"), ReferenceError::Tag(_)));
    assert!(matches!(error(&format!("app:{}", "t".repeat(129))), ReferenceError::Tag(_)));
    assert!(matches!(error("app@md5:0123456789abcdef0123456789abcdef"), ReferenceError::Algorithm(_)));
    assert_eq!(error("app@sha256:0123"), ReferenceError::Digest { expected: 64 });
    assert_eq!(error(&format!("app@sha256:{}", HEX.to_uppercase())), ReferenceError::Digest { expected: 64 });
    assert_eq!(error(&format!("r.example.com/{}", "a".repeat(256))), ReferenceError::TooLong(256));
}

#[test]
fn the_limits_themselves_are_allowed() {
    assert!(Reference::parse(&format!("r.example.com/{}", "a".repeat(255))).is_ok());
    assert!(Reference::parse(&format!("app:{}", "t".repeat(128))).is_ok());
    assert!(Reference::parse(&format!("app@sha512:{}", "0".repeat(128))).is_ok());
    assert!(Reference::parse("r.example.com/a__b/c---d/e.f_g").is_ok());
}

#[test]
fn a_node_lists_an_image_by_tag_and_by_digest_apart() {
    let tagged = Reference::parse("nginx:1.25").unwrap();
    assert_eq!(tagged.node_image(), "docker.io/library/nginx:1.25");
    assert!(tagged.matches_node_image("docker.io/library/nginx:1.25"));
    assert!(tagged.matches_node_image("nginx:1.25"));
    assert!(!tagged.matches_node_image("docker.io/library/nginx:1.26"));
    assert!(!tagged.matches_node_image(&format!("docker.io/library/nginx@sha256:{HEX}")));
    assert!(!tagged.matches_node_image("<none>@<none>"));
    let both = Reference::parse(&format!("nginx:1.25@sha256:{HEX}")).unwrap();
    assert_eq!(both.node_image(), format!("docker.io/library/nginx@sha256:{HEX}"));
    assert!(both.matches_node_image(&format!("docker.io/library/nginx@sha256:{HEX}")));
    assert!(!both.matches_node_image("docker.io/library/nginx:1.25"));
    assert!(Reference::parse("nginx").unwrap().matches_node_image("docker.io/library/nginx:latest"));
}

#[test]
fn it_travels_as_a_string() {
    let reference = Reference::parse("nginx:1.25").unwrap();
    let json = serde_json::to_string(&reference).unwrap();
    assert_eq!(json, r#""docker.io/library/nginx:1.25""#);
    assert_eq!(serde_json::from_str::<Reference>(&json).unwrap(), reference);
    assert!(serde_json::from_str::<Reference>(r#""a b""#).is_err());
}

/// The kubelet's own answers, when the file with them is at hand.
#[test]
fn the_kubelet_reads_every_recorded_case_the_same() {
    let path = std::env::var("REGAUTH_KEYRING_VECTORS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors/keyring.jsonl").to_owned()
    });
    let Ok(content) = std::fs::read_to_string(&path) else {
        // Written past the test harness, which swallows what a test that passes prints.
        let _ = writeln!(std::io::stderr(), "SKIPPED: there are no cases at {path}");
        return;
    };
    let mut compared = 0;
    for line in content.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let image = case["image"].as_str().unwrap();
        let refused = case["error"].as_str().is_some_and(|error| error.starts_with("image:"));
        match Reference::parse(image) {
            Ok(reference) => assert_eq!(
                (reference.repository().as_str(), refused),
                (case["repository"].as_str().unwrap(), false),
                "{image}"
            ),
            Err(error) => assert!(refused, "{image}: {error}"),
        }
        compared += 1;
    }
    println!("{compared} cases compared");
}
