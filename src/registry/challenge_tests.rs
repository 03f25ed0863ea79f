use proptest::prelude::*;

use super::*;

fn one(value: &str) -> Challenge {
    let all = parse_all([value]);
    assert_eq!(all.len(), 1, "{value}: {all:?}");
    all.into_iter().next().unwrap()
}

fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
    Challenge::Bearer {
        realm: Outside::new(realm),
        service: service.map(Outside::new),
        scope: scope.map(Outside::new),
        error: None,
        unquoted: false,
    }
}

fn basic(realm: &str) -> Challenge {
    Challenge::Basic { realm: Outside::new(realm) }
}

fn other(name: &str) -> Challenge {
    Challenge::Other { name: Clean::new(name) }
}

#[test]
fn a_bearer_challenge_names_realm_service_and_scope() {
    assert_eq!(
        one(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#
        ),
        bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull,push"))
    );
    assert_eq!(one("bEaReR  REALM=\"x\" , Service = y"), bearer("x", Some("y"), None));
}

#[test]
fn several_challenges_are_told_apart_in_one_value_and_in_many() {
    let expected = vec![other("negotiate"), bearer("a, Basic realm=b", Some("s"), None), basic("Registry")];
    assert_eq!(
        parse_all([r#"Negotiate, Bearer realm="a, Basic realm=b",service="s", Basic realm="Registry""#]),
        expected
    );
    assert_eq!(
        parse_all([
            "Negotiate YIIJvwYGKwYBBQUCoIIJsz==",
            r#"Bearer realm="a, Basic realm=b",service=s"#,
            "Basic realm=Registry"
        ]),
        expected
    );
    assert_eq!(
        parse_all([r#"NTLM TlRMTVNTUAACAAAA==, Basic realm="x", Digest realm="d", nonce="n", qop="a,b""#]),
        vec![other("ntlm"), basic("x"), other("digest")]
    );
}

#[test]
fn escapes_in_quotes_are_undone() {
    assert_eq!(one(r#"Basic realm="a \"b\" \\ c""#), basic(r#"a "b" \ c"#));
    assert_eq!(one(r#"Basic realm="no end"#), basic("no end"));
}

#[test]
fn a_realm_without_quotes_is_read_and_marked() {
    let found = one("Bearer realm=https://r.example.com/token,service=r.example.com");
    assert_eq!(found.realm(), Some("https://r.example.com/token"));
    assert!(matches!(found, Challenge::Bearer { unquoted: true, service: Some(_), .. }));
    assert!(matches!(one("Bearer realm=token"), Challenge::Bearer { unquoted: false, .. }));
}

#[test]
fn the_last_of_two_equal_parameters_wins_as_in_containerd() {
    assert_eq!(one(r#"Bearer realm="a",realm="b""#), bearer("b", None, None));
}

#[test]
fn an_empty_or_missing_realm_is_an_empty_realm() {
    for value in [r#"Bearer realm="""#, "Bearer", "Bearer realm=", r#"Bearer realm=,service="""#] {
        assert_eq!(one(value), bearer("", None, None), "{value}");
    }
    assert_eq!(one("Basic"), basic(""));
}

#[test]
fn nothing_is_found_in_nothing() {
    assert_eq!(parse_all([""]), []);
    assert_eq!(parse_all([" , ,", "=x", "\"quoted\"", "realm=\"x\""]), []);
    assert_eq!(parse_all(Vec::<String>::new()), []);
}

#[test]
fn the_error_of_rfc_6750_is_kept() {
    let found = one(r#"Bearer realm="x",error="insufficient_scope",error_description="no, not you""#);
    assert!(
        matches!(found, Challenge::Bearer { error: Some(error), .. } if error.as_str() == "insufficient_scope")
    );
}

#[test]
fn evidence_holds_cleaned_text_and_requests_the_raw() {
    let found = one("Bearer realm=\"https://u:hunter2secret@r.example.com/\u{1b}[31mtoken\"");
    assert_eq!(found.realm(), Some("https://u:hunter2secret@r.example.com/\u{1b}[31mtoken"));
    let json = serde_json::to_string(&found).unwrap();
    assert!(!json.contains("hunter2secret") && !json.contains("\\u001b"), "{json}");
    assert!(json.starts_with(r#"{"scheme":"bearer","realm":""#), "{json}");
    assert!(!format!("{found:?}").contains("hunter2secret"));
    let back: Challenge = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
}

#[test]
fn what_is_kept_is_bounded() {
    assert_eq!(parse_all(["Basic realm=x, ".repeat(1000)]).len(), MAX_CHALLENGES);
    assert_eq!(parse_all(vec!["Basic"; 1000]).len(), MAX_CHALLENGES);
    let many: String = (0..1000).map(|n| format!("p{n}=v,")).collect();
    assert_eq!(parse_all([format!("Bearer {many}")]).len(), 1);
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_grow(values in prop::collection::vec(".{0,200}", 0..4)) {
        prop_assert!(parse_all(&values).len() <= MAX_CHALLENGES);
    }

    #[test]
    fn no_text_of_the_grammars_characters_makes_it_panic(
        value in r#"((Bearer|Basic|x|realm|scope)|[ ,=";\\/a\t]){0,60}"#
    ) {
        prop_assert!(parse_all([&value]).len() <= MAX_CHALLENGES);
    }

    #[test]
    fn what_is_written_is_read_back(
        challenges in prop::collection::vec(
            ("[^\u{0}]{1,40}", prop::option::of("[^\u{0}]{1,20}"), prop::option::of("[a-z:,/ ]{1,20}"), any::<bool>()),
            1..6
        )
    ) {
        let mut text = Vec::new();
        let mut expected = Vec::new();
        for (realm, service, scope, is_basic) in &challenges {
            if *is_basic {
                text.push(format!("Basic realm={}", quoted(realm)));
                expected.push(basic(realm));
                continue;
            }
            let mut params = vec![format!("realm={}", quoted(realm))];
            params.extend(service.iter().map(|service| format!("service={}", quoted(service))));
            params.extend(scope.iter().map(|scope| format!("scope={}", quoted(scope))));
            text.push(format!("Bearer {}", params.join(",")));
            expected.push(bearer(realm, service.as_deref(), scope.as_deref()));
        }
        prop_assert_eq!(&parse_all([text.join(", ")]), &expected);
        prop_assert_eq!(&parse_all(text), &expected);
    }
}
