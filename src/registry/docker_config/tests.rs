use proptest::prelude::*;

use super::client::{Login, Source};
use super::*;

fn config(text: &str) -> DockerConfig {
    parse(text.as_bytes()).unwrap()
}

fn error(text: &[u8]) -> ConfigError {
    match parse(text) {
        Ok(config) => config.errors.into_iter().next().unwrap(),
        Err(error) => error,
    }
}

fn entry(text: &str) -> Entry {
    let config = config(&format!(r#"{{"auths":{{"r.example.com":{text}}}}}"#));
    config.entries.into_iter().next().unwrap()
}

#[test]
fn an_error_says_class_and_place_and_no_value() {
    for (text, class, field, line, column) in [
        ("", ErrorClass::Truncated, Field::Document, 1, 1),
        (" \n", ErrorClass::Truncated, Field::Document, 2, 1),
        ("{\"auths\":\n{\"hunter2\"", ErrorClass::Truncated, Field::Document, 2, 11),
        ("{\"auths\":hunter2}", ErrorClass::Syntax, Field::Document, 1, 10),
        ("{} hunter2", ErrorClass::TrailingData, Field::Document, 1, 4),
        ("\"hunter2\"", ErrorClass::WrongType, Field::Document, 1, 1),
        ("{\"auths\":\n \"hunter2\"}", ErrorClass::WrongType, Field::Auths, 2, 2),
        ("{\"auths\":{\"r\":\"hunter2\"}}", ErrorClass::WrongType, Field::Entry, 1, 15),
        ("{\"auths\":{\"r\":{\"password\":[\"hunter2\"]}}}", ErrorClass::WrongType, Field::Password, 1, 27),
        ("{\"auths\":{\"r\":{\"auth\":\"hunter2\"}}}", ErrorClass::AuthWithoutColon, Field::Auth, 1, 23),
        ("{\"auths\":{\"r\":{\"auth\":\"hunter2!\"}}}", ErrorClass::AuthNotBase64, Field::Auth, 1, 23),
        ("{\"HttpHeaders\":{\"a\":7}}", ErrorClass::WrongType, Field::HttpHeaders, 1, 21),
        ("{\"credsStore\":7}", ErrorClass::WrongType, Field::CredsStore, 1, 15),
    ] {
        let error = error(text.as_bytes());
        assert_eq!((error.class, error.field), (class, field), "{text}");
        assert_eq!((error.position.line, error.position.column), (line, column), "{text}");
        let shown = format!("{error} {error:?} {}", serde_json::to_string(&error).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
    assert_eq!(error(&deep).class, ErrorClass::WrongType);
    assert_eq!(error(&[b'['; 10_001]).class, ErrorClass::TooDeep);
    assert_eq!(
        error(br#"{"auths":{"r.example.com":{"auth":"x!"}}}"#).to_string(),
        "`auth` is not base64 of `USER:PASSWORD` in the entry `r.example.com` (line 1, column 35)"
    );
}

#[test]
fn a_mistake_in_what_the_kubelet_does_not_read_is_no_mistake_to_it() {
    let lenient = config(r#"{"auths":{"r":{"identitytoken":5,"registrytoken":[]}},"credHelpers":5}"#);
    assert_eq!((lenient.errors.len(), lenient.kubelet_error()), (3, None));
    let replaced = config(r#"{"auths":{"r":{"auth":"x"},"r":{}}}"#);
    assert_eq!((replaced.entries.len(), replaced.entries[0].error.as_ref()), (1, None));
    assert_eq!(replaced.kubelet_error().unwrap().class, ErrorClass::AuthNotBase64);
}

#[test]
fn entries_keep_their_order_and_the_last_of_two_wins() {
    let config = config(r#"{"auths":{"b":{},"a":{"username":"1"},"c":{}},"AUTHS":{"a":{"password":"2"}}}"#);
    let keys: Vec<_> = config.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["b", "c", "a"]);
    assert_eq!((config.entries[2].username.as_str(), config.entries[2].password.expose()), ("", "2"));
}

#[test]
fn bytes_that_are_no_unicode_are_replaced_and_noted() {
    // Base64 of FF 3A FE FD: one user name byte, a colon, two password bytes.
    let lossy = entry(r#"{"auth":"/zr+/Q=="}"#);
    assert!(lossy.is_lossy && lossy.error.is_none());
    assert_eq!((lossy.username.as_str(), lossy.password.expose()), ("\u{fffd}", "\u{fffd}\u{fffd}"));
    let raw = parse(b"{\"auths\":{\"r\":{\"username\":\"a\xe2\x82\xff\"}}}").unwrap();
    assert_eq!(raw.entries[0].username, "a\u{fffd}\u{fffd}\u{fffd}");
}

#[test]
fn what_only_other_programs_read_is_kept() {
    let config = config(
        r#"{"auths":{"a":{"identitytoken":"t","auth":"dTo="},"b":{"registrytoken":"t"},"c":{"auth":"dTpw"},
            "https://index.docker.io/v1/":{"auth":"aHViOnAA"}},
            "credHelpers":{"gcr.io":"gcloud"}}"#,
    );
    let login = |key: &str| config.entry(key).unwrap().client_login();
    assert!(matches!(login("a"), Ok(Login::IdentityToken { username: "u", token }) if token.expose() == "t"));
    assert!(matches!(login("b"), Ok(Login::RegistryToken(token)) if token.expose() == "t"));
    assert!(matches!(login("c"), Ok(Login::Basic { username: "u", password: "p" })));
    assert!(matches!(config.client_source("gcr.io"), Source::Helper("gcloud")));
    assert!(matches!(config.client_source("eu.gcr.io"), Source::None));
    assert!(matches!(config.client_source("docker.io"), Source::Entry(entry) if entry.username == "hub"));
    assert!(matches!(login("https://index.docker.io/v1/"), Ok(Login::Basic { password: "p", .. })));
    assert!(matches!(
        self::config(r#"{"credsStore":"desktop"}"#).client_source("r"),
        Source::Store("desktop")
    ));
    assert!(matches!(entry(r#"{"auth":"dTpwdw"}"#).client_login(), Err(ErrorClass::AuthNotBase64)));
    assert!(matches!(entry("{}").client_login(), Ok(Login::None)));
}

#[test]
fn a_megabyte_of_mistakes_is_read_at_once() {
    let many: Vec<_> = (0..40_000).map(|number| format!("\"{number}\":{{\"auth\":5}}")).collect();
    let config = config(&format!("{{\"auths\":{{{}}}}}", many.join(",")));
    assert_eq!((config.entries.len(), config.errors.len()), (40_000, 40_000));
}

/// JSON that often is a Docker configuration, or nearly.
fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("5".to_owned()),
        Just("{}".to_owned()),
        "\"[A-Za-z0-9+/=:\\\\nu]{0,12}\"",
        ".{0,6}",
    ];
    let name = prop_oneof![
        Just("auth".to_owned()),
        Just("auths".to_owned()),
        Just("Username".to_owned()),
        Just("password".to_owned()),
        Just("identitytoken".to_owned()),
        Just("credHelpers".to_owned()),
        Just("r.example.com".to_owned()),
        "[a-z*.:/%\\[\\]]{0,12}",
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop::collection::vec((name.clone(), inner), 0..5).prop_map(|fields| {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        })
    })
}

proptest! {
    #[test]
    fn nothing_makes_reading_fail(bytes in prop::collection::vec(any::<u8>(), 0..200), text in document()) {
        for data in [bytes.as_slice(), text.as_bytes()] {
            for read in [parse(data), parse_legacy(data)] {
                let is_json = serde_json::from_slice::<serde_json::Value>(data).is_ok();
                match read {
                    Ok(config) => prop_assert!(config.entries.len() <= data.len()),
                    Err(error) => {
                        prop_assert!(error.position.byte <= data.len());
                        prop_assert!(!is_json || error.class == ErrorClass::WrongType);
                    }
                }
            }
        }
    }
}
