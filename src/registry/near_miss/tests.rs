use super::*;
use crate::registry::docker_config;
use crate::registry::keyring::Index;

fn reason(image: &str, key: &str) -> Option<MissReason> {
    let image = Reference::parse(image).unwrap();
    assert!(Index::new([key]).lookup(&image).groups.is_empty(), "{key} matches {image}");
    near_misses(&image, [key]).into_iter().next().map(|miss| miss.reason)
}

fn clause(image: &str, key: &str) -> String {
    reason(image, key).map(|reason| reason.to_string()).unwrap_or_default()
}

#[test]
fn a_key_that_nearly_matches_says_why_it_does_not() {
    for (image, key, expected) in [
        ("r.example.com:5000/app", "r.example.com", "has no port, the image has 5000"),
        ("r.example.com/app", "https://r.example.com:443", "has the port 443, the image has none"),
        ("r.example.com:5000/app", "*.example.com:5001", "has the port 5001, the image has 5000"),
        ("[2001:db8::1]:5000/app", "[2001:db8::1]:5001", "has the port 5001, the image has 5000"),
        (
            "r.example.com/team/app",
            "r.example.com/other",
            "is for the path `/other`, the image's is `/team/app`",
        ),
        ("r.example.com/team/app", "r.example.com/Team", "writes the path in another case, which counts"),
        ("r.example.com/app", "r.example.com/v2", "ends in a version without the slash that makes it one"),
        ("nginx", "https://index.docker.io/v1", "ends in a version without the slash that makes it one"),
        ("r.example.com/app", "r.example.com/app:1.0", "names a tag or digest, which keys do not have"),
        ("r.example.com/app", "R.Example.com", "writes the host in another case, which counts"),
        ("r.example.com/app", "https://https://r.example.com", "has a scheme twice"),
        ("r.example.com/app", " r.example.com", "has white space in it"),
        ("r.example.com/app", "r.example.com\n", "has white space in it"),
        ("r.example.com/app", "r.example.com.", "has a dot at the end of the host"),
        ("r.example.com/app", "example.com", "lacks `r` at the start of the host"),
        ("r.example.com/app", "a.r.example.com", "has `a` at the start of the host, the image has not"),
        (
            "r.example.com/app",
            "oci://r.example.com",
            "starts with `oci://`, where only `https://` and `http://` are taken off",
        ),
        (
            "a.b.example.com/app",
            "*.example.com",
            "has a wildcard, which stands for one part of the host between dots, not for several",
        ),
        (
            "example.com/app",
            "*.example.com",
            "has a wildcard, which stands for one part of the host between dots, not for several",
        ),
        (
            "r.example.com/app",
            "r.example.com:port",
            "is not a host that the kubelet can read, so it is passed over",
        ),
    ] {
        assert_eq!(clause(image, key), expected, "{image} {key}");
    }
}

#[test]
fn docker_hubs_other_names_are_no_keys_for_it() {
    for key in [
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
        "hub.docker.com",
        "https://registry.hub.docker.com/v1/",
        "index.docker.io/library",
    ] {
        assert_eq!(reason("nginx", key), Some(MissReason::DockerHubAlias), "{key}");
    }
    assert_eq!(reason("r.example.com/app", "hub.docker.com"), None);
}

#[test]
fn another_region_of_the_same_provider_is_named() {
    let ecr = |region: &str| format!("123456789012.dkr.ecr.{region}.amazonaws.com");
    for (image, key, expected) in [
        (ecr("eu-west-1"), ecr("us-east-1"), "is for `us-east-1`, the image is in `eu-west-1`"),
        (
            "us-docker.pkg.dev/p/r".into(),
            "europe-docker.pkg.dev".into(),
            "is for `europe`, the image is in `us`",
        ),
        (
            "us-docker.pkg.dev/p/r".into(),
            "docker.pkg.dev".into(),
            "is for `docker.pkg.dev`, the image is in `us`",
        ),
        ("gcr.io/p".into(), "https://eu.gcr.io".into(), "is for `eu`, the image is in `gcr.io`"),
        (
            "me.azurecr.io".into(),
            "me.westeurope.geo.azurecr.io".into(),
            "is for `westeurope`, the image is in `me.azurecr.io`",
        ),
    ] {
        assert_eq!(clause(&format!("{image}/app"), &key), expected, "{image} {key}");
    }
    assert_eq!(reason("me.azurecr.io/app", "you.azurecr.io"), None);
    assert_eq!(
        reason(&format!("{}/app", ecr("eu-west-1")), "999999999999.dkr.ecr.us-east-1.amazonaws.com"),
        None
    );
}

#[test]
fn keys_of_other_registries_are_left_out() {
    for key in [
        "ghcr.io",
        "quay.io/team",
        "example.org",
        "",
        "*",
        "com",
        "10.0.0.1:5000",
        "[bad",
        "://",
        "a://b://c",
    ] {
        assert_eq!(reason("r.example.com/app", key), None, "{key}");
    }
    assert_eq!(reason("10.0.0.5/app", "0.0.5"), None);
}

#[test]
fn a_miss_travels_as_evidence() {
    let misses = near_misses(&Reference::parse("r.example.com:1/app").unwrap(), ["r.example.com:2"]);
    let json = serde_json::to_value(&misses).unwrap();
    assert_eq!(
        json,
        serde_json::json!([{"key": "r.example.com:2", "reason": {"kind": "otherPort", "key": "2", "image": "1"}}])
    );
    assert_eq!(serde_json::from_value::<Vec<NearMiss>>(json).unwrap(), misses);
}

#[test]
fn an_entry_that_matches_and_is_worth_nothing_says_why() {
    let why = |entry: &str, rest: &str| {
        let text = format!(r#"{{"auths":{{"r.example.com":{entry}}}{rest}}}"#);
        let config = docker_config::parse(text.as_bytes()).unwrap();
        useless(&config.entries[0], &config)
    };
    let laptop = |helper: &str| Some(Useless::CredentialStoreOfALaptop { helper: Clean::new(helper) });
    assert_eq!(why("{}", ""), Some(Useless::Empty));
    assert_eq!(why("null", ""), Some(Useless::Empty));
    assert_eq!(why("{}", r#","credsStore":"osxkeychain""#), laptop("osxkeychain"));
    assert_eq!(why("{}", r#","credHelpers":{"r.example.com":"ecr-login"}"#), laptop("ecr-login"));
    assert_eq!(why("{}", r#","credHelpers":{"other":"ecr-login"}"#), Some(Useless::Empty));
    assert_eq!(why(r#"{"identitytoken":"t","username":"u"}"#, ""), Some(Useless::IdentityTokenOnly));
    assert_eq!(why(r#"{"registrytoken":"t"}"#, ""), Some(Useless::RegistryTokenOnly));
    assert_eq!(why(r#"{"username":"u"}"#, ""), Some(Useless::UserOnly));
    assert_eq!(why(r#"{"password":"p"}"#, ""), Some(Useless::PasswordOnly));
    assert_eq!(why(r#"{"auth":"dTpw"}"#, r#","credsStore":"osxkeychain""#), None);
}
