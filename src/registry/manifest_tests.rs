use proptest::prelude::*;
use serde_json::{Value, json};

use super::media_type as m;
use super::*;

fn digest(text: &str) -> Digest {
    Digest::sha256(text.as_bytes())
}

fn entry(platform: &str) -> Value {
    let mut parts = platform.split('/');
    let mut next = || parts.next().unwrap_or_default();
    let (os, architecture, variant, version) = (next(), next(), next(), next());
    let platform_value =
        json!({"os": os, "architecture": architecture, "variant": variant, "os.version": version});
    json!({"digest": digest(platform), "size": 5, "mediaType": m::OCI_IMAGE, "platform": platform_value})
}

fn index(platforms: &[&str]) -> Vec<IndexEntry> {
    let entries: Vec<_> = platforms.iter().map(|platform| entry(platform)).collect();
    let body = json!({"schemaVersion": 2, "manifests": entries}).to_string();
    match Manifest::parse(Some(m::OCI_INDEX), body.as_bytes()) {
        Ok(Manifest::Index { manifests }) => manifests,
        other => panic!("{other:?}"),
    }
}

fn node(text: &str) -> Platform {
    let mut parts = text.split('/').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    Platform { os: next(), architecture: next(), variant: next(), os_version: next() }
}

/// The platform that is chosen, by the text that it was made from.
fn chosen<'a>(platforms: &[&'a str], on: &str) -> Option<&'a str> {
    match choose(&index(platforms), &node(on)) {
        Choice::Entry(found) => platforms.iter().copied().find(|text| digest(text) == found.digest),
        Choice::Missing { .. } => None,
    }
}

fn image(config_type: &str) -> Value {
    json!({
        "schemaVersion": 2,
        "config": {"digest": digest("c"), "size": 7, "mediaType": config_type},
        "layers": [{"digest": digest("l"), "size": 9, "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}]
    })
}

fn parse(content_type: Option<&str>, body: &Value) -> Result<Manifest, ManifestError> {
    Manifest::parse(content_type, body.to_string().as_bytes())
}

#[test]
fn an_image_has_a_config_and_layers() {
    for config_type in ["application/vnd.oci.image.config.v1+json", ""] {
        let found = parse(Some(m::OCI_IMAGE), &image(config_type)).unwrap();
        let Manifest::Image { config, layers } = found else { panic!("{found:?}") };
        assert_eq!((config.digest, config.size, layers.len()), (digest("c"), 7, 1));
    }
}

#[test]
fn content_type_decides_then_media_type_then_shape() {
    let list = json!({"manifests": [entry("linux/amd64")], "mediaType": m::OCI_INDEX});
    let is_index = |found| matches!(found, Ok(Manifest::Index { .. }));
    assert!(is_index(parse(
        Some("application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8"),
        &list
    )));
    assert!(is_index(parse(Some("application/json"), &list)));
    assert!(is_index(parse(None, &json!({"manifests": []}))));
    assert_eq!(parse(Some(m::DOCKER_IMAGE), &list), Err(ManifestError::NoManifest));
    assert!(matches!(parse(None, &image("")), Ok(Manifest::Image { .. })));
    let old = json!({"schemaVersion": 1, "fsLayers": [{"blobSum": "sha256:x"}]});
    assert_eq!(parse(None, &old), Ok(Manifest::Schema1));
    assert_eq!(parse(Some(m::DOCKER_SCHEMA1_SIGNED), &json!({})), Ok(Manifest::Schema1));
}

#[test]
fn charts_and_other_artifacts_are_no_images() {
    assert!(matches!(parse(None, &image(m::HELM_CONFIG)), Ok(Manifest::Chart { .. })));
    let mut signature = image("application/vnd.oci.empty.v1+json");
    signature["artifactType"] = json!("application/vnd.example.signature");
    let expected = Clean::new("application/vnd.example.signature");
    assert!(
        matches!(parse(None, &signature), Ok(Manifest::Artifact { artifact_type, .. }) if artifact_type == expected)
    );
    let bill = json!({"mediaType": m::OCI_ARTIFACT, "blobs": []});
    assert!(matches!(parse(None, &bill), Ok(Manifest::Artifact { .. })));
}

#[test]
fn what_is_no_manifest_is_an_error_without_its_content() {
    assert_eq!(parse(None, &json!({"hunter2": 1})), Err(ManifestError::NoManifest));
    let evil = json!({"config": {"digest": "sha256:../../hunter2"}, "layers": []});
    for body in [evil.to_string(), "<html>hunter2".into(), String::new(), "[]".into(), "\"hunter2\"".into()] {
        let error = Manifest::parse(Some(m::OCI_IMAGE), body.as_bytes()).unwrap_err();
        assert!(matches!(error, ManifestError::Unreadable { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    assert!(Manifest::parse(None, &vec![b'['; 10_000]).is_err());
    let large = Manifest::parse(None, &vec![b' '; MAX_BODY + 1]).unwrap_err();
    assert_eq!(large, ManifestError::Unreadable { error: DecodeError::TooLarge { limit: MAX_BODY } });
}

#[test]
fn a_node_takes_what_containerd_would() {
    for (platforms, on, expected) in [
        (vec!["linux/arm64/v8", "linux/amd64"], "linux/amd64", Some("linux/amd64")),
        (vec!["linux/amd64", "linux/arm64/v8"], "linux/arm64", Some("linux/arm64/v8")),
        (vec!["linux/arm64"], "linux/arm64/v8", Some("linux/arm64")),
        (vec!["linux/arm/v6", "linux/arm/v7"], "linux/arm", Some("linux/arm/v7")),
        (vec!["linux/arm/v5", "linux/arm/v6"], "linux/arm/v7", Some("linux/arm/v6")),
        (vec!["linux/arm/v7"], "linux/arm/v6", None),
        (vec!["linux/arm/v7"], "linux/arm64", Some("linux/arm/v7")),
        (vec!["linux/arm/v7", "linux/arm64"], "linux/arm64", Some("linux/arm64")),
        (vec!["linux/arm64/v8.2"], "linux/arm64", None),
        (vec!["linux/arm64/v8.2", "linux/arm64/v9"], "linux/arm64/v9.1", Some("linux/arm64/v9")),
        (vec!["linux/386"], "linux/amd64", Some("linux/386")),
        (vec!["linux/386", "linux/amd64"], "linux/amd64", Some("linux/amd64")),
        (vec!["linux/amd64/v3"], "linux/amd64", None),
        (vec!["linux/amd64/v2", "linux/amd64/v3"], "linux/amd64/v3", Some("linux/amd64/v3")),
        (vec!["linux/amd64", "linux/amd64/v2"], "linux/amd64/v4", Some("linux/amd64/v2")),
        (vec!["windows/amd64//10.0.17763.1"], "linux/amd64", None),
        (vec!["unknown/unknown"], "linux/amd64", None),
        (vec!["linux/x86_64"], "linux/amd64", Some("linux/x86_64")),
        (vec!["linux/s390x"], "linux/s390x", Some("linux/s390x")),
    ] {
        assert_eq!(chosen(&platforms, on), expected, "{platforms:?} on {on}");
    }
}

#[test]
fn windows_takes_its_own_build_and_newer_hosts_older_images() {
    let all =
        ["windows/amd64//10.0.17763.5576", "windows/amd64//10.0.20348.2340", "windows/amd64//10.0.26100.1"];
    for (on, expected) in [
        ("windows/amd64//10.0.17763.1", Some(all[0])),
        ("windows/amd64//10.0.20348.9", Some(all[1])),
        ("windows/amd64//10.0.25398.1", Some(all[1])),
        ("windows/amd64//10.0.18362.1", None),
        ("windows/amd64", Some(all[0])),
    ] {
        assert_eq!(chosen(&all, on), expected, "{on}");
    }
    assert_eq!(chosen(&["windows/amd64//odd"], "windows/amd64//10.0.20348.1"), None);
}

#[test]
fn an_entry_without_a_platform_is_the_last_resort() {
    let mut manifests = index(&["linux/arm64", "linux/s390x"]);
    manifests[0].platform = None;
    let on = |text: &str| choose(&manifests, &node(text));
    assert_eq!(on("linux/s390x"), Choice::Entry(manifests[1].manifest.clone()));
    assert_eq!(on("linux/amd64"), Choice::Entry(manifests[0].manifest.clone()));
}

#[test]
fn what_there_is_instead_is_named_without_attestations() {
    let found = choose(
        &index(&["linux/arm64/v8", "unknown/unknown", "linux/arm64", "linux/arm"]),
        &node("linux/amd64"),
    );
    let available = vec!["linux/arm/v7".to_owned(), "linux/arm64".to_owned()];
    assert_eq!(found, Choice::Missing { available });
    assert_eq!(choose(&[], &node("linux/amd64")), Choice::Missing { available: Vec::new() });
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200), content_type in ".{0,60}") {
        prop_assert!(Manifest::parse(Some(&content_type), &body).is_err());
    }

    #[test]
    fn no_json_of_a_manifests_words_makes_it_panic(
        body in r#"(\{|\}|\[|\]|:|,|"manifests"|"config"|"layers"|"digest"|"platform"|"os"|null|1|"a:b"){0,40}"#
    ) {
        prop_assert!(Manifest::parse(None, body.as_bytes()).is_ok() == serde_json::from_str::<Body>(&body).is_ok_and(|body| shape(&body).is_some()));
    }

    #[test]
    fn an_image_survives_a_round_trip(sizes in prop::collection::vec(any::<u64>(), 1..10)) {
        let of = |size: &u64| json!({"digest": digest(&size.to_string()), "size": size, "mediaType": "x/y"});
        let mut body = image("");
        body["layers"] = sizes.iter().map(of).collect();
        let Ok(Manifest::Image { layers, .. }) = parse(None, &body) else { return Err(TestCaseError::fail("no image")) };
        prop_assert_eq!(layers.iter().map(of_layer).collect::<Vec<_>>(), sizes);
        let found = parse(None, &body).unwrap();
        let again: Manifest = serde_json::from_value(serde_json::to_value(&found).unwrap()).unwrap();
        prop_assert_eq!(again, found);
    }

    #[test]
    fn what_is_chosen_does_not_depend_on_what_does_not_fit(
        platforms in prop::collection::vec("linux/(amd64|arm64|arm|386|s390x)(/v[5-9])?", 1..8),
        on in "linux/(amd64|arm64|arm)(/v[6-8])?"
    ) {
        let texts: Vec<&str> = platforms.iter().map(String::as_str).collect();
        let fitting: Vec<&str> =
            texts.iter().copied().filter(|text| node(&on).rank(&node(text)).is_some()).collect();
        prop_assert_eq!(chosen(&texts, &on), chosen(&fitting, &on));
        prop_assert_eq!(chosen(&texts, &on).is_none(), fitting.is_empty());
        for text in &platforms {
            let platform = node(text);
            prop_assert_eq!(platform.normalized().normalized(), platform.normalized());
        }
    }
}

fn of_layer(layer: &Descriptor) -> u64 {
    layer.size
}

#[test]
fn what_stands_in_the_place_of_a_text_is_read_over() {
    let body = format!(
        r#"{{"schemaVersion":1,"mediaType":[0,0],"artifactType":{{"a":1}},"fsLayers":[{}0]}}"#,
        "0,".repeat(9999)
    );
    assert_eq!(Manifest::parse(None, body.as_bytes()), Ok(Manifest::Schema1));
}
