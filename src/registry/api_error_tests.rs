use proptest::prelude::*;

use super::*;

fn parse(body: &str) -> ErrorBody {
    ErrorBody::parse(body.as_bytes())
}

/// Kind, and the code and message of each error.
fn read(body: &str) -> (BodyKind, Vec<(String, String)>) {
    let found = parse(body);
    let errors =
        found.errors.iter().map(|error| (error.code.to_string(), error.message.to_string())).collect();
    (found.kind, errors)
}

#[test]
fn every_form_of_an_error_is_read() {
    use BodyKind::{Json, Oauth, Xml};
    for (body, kind, code, message) in [
        (r#"{"errors":[{"code":"DENIED","message":"no"}]}"#, Json, "DENIED", "no"),
        (r#"{"errors":[{"status":404,"message":"gone"}]}"#, Json, "404", "gone"),
        (r#"{"details":"incorrect username or password"}"#, Json, "", "incorrect username or password"),
        (r#"{"error":"invalid_grant","error_description":"expired"}"#, Oauth, "invalid_grant", "expired"),
        (
            r#"{"error":"Could not find robot with username"}"#,
            Oauth,
            "",
            "Could not find robot with username",
        ),
        (r#"{"message":"no such thing"}"#, Json, "", "no such thing"),
        (
            r#"{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED"}}"#,
            Json,
            "PERMISSION_DENIED",
            "m",
        ),
        (
            r#"{"__type":"com.amazonaws#ThrottlingException","message":"slow"}"#,
            Json,
            "ThrottlingException",
            "slow",
        ),
        (
            r#"<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"#,
            Xml,
            "AccessDenied",
            "Request has expired",
        ),
    ] {
        assert_eq!(read(body), (kind, vec![(code.into(), message.into())]), "{body}");
        assert_eq!(parse(body).excerpt, None, "{body}");
    }
}

#[test]
fn details_are_kept_when_they_say_something() {
    let of = |detail: &str| {
        let body = format!(r#"{{"errors":[{{"code":"UNAUTHORIZED","message":"m","detail":{detail}}}]}}"#);
        parse(&body).errors[0].detail.as_ref().map(ToString::to_string)
    };
    assert_eq!(of(r#"[{"Action":"push"}]"#), Some(r#"[{"Action":"push"}]"#.into()));
    for nothing in ["null", "{}", "[]", r#""""#] {
        assert_eq!(of(nothing), None, "{nothing}");
    }
}

#[test]
fn what_is_no_error_is_excerpted() {
    let found = parse("<!DOCTYPE html>\n<HTML><head><Title class=x> Sign in to Wi-Fi </Title></head>");
    assert_eq!((found.kind, found.excerpt.unwrap().as_str()), (BodyKind::Html, "Sign in to Wi-Fi"));
    let found = parse("\u{feff}404 page not found\n");
    assert_eq!((found.kind, found.excerpt.unwrap().as_str()), (BodyKind::Text, "404 page not found"));
    let found = parse("[1,2]");
    assert_eq!((found.kind, found.excerpt.unwrap().as_str()), (BodyKind::Json, "[1,2]"));
    assert_eq!(parse(" \n"), ErrorBody::default());
    assert_eq!(parse("<html><title>").kind, BodyKind::Html);
}

#[test]
fn what_is_kept_is_bounded_and_clean() {
    let many: Vec<_> =
        (0..100).map(|n| format!(r#"{{"code":"C{n}","message":"{}"}}"#, "m".repeat(600))).collect();
    let found = parse(&format!(r#"{{"errors":[{}]}}"#, many.join(",")));
    assert_eq!(found.errors.len(), MAX_ERRORS);
    let long = parse(&format!(r#"{{"message":"{}"}}"#, "m".repeat(5000)));
    assert!(long.errors[0].message.as_str().len() <= MAX_MESSAGE);
    assert_eq!(parse(&format!(r#"{{"message":"{}"}}"#, "m".repeat(MAX_BODY))).kind, BodyKind::Text);
    let hostile = parse("{\"message\":\"\\u001b[31mpassword=hunter2secret\"}");
    assert!(!serde_json::to_string(&hostile).unwrap().contains("hunter2"), "{hostile:?}");
}

#[test]
fn a_registry_is_known_by_its_marks() {
    let none = ErrorBody::default();
    assert!(!is_from_registry(&[("Server", "nginx")], &parse("<html>403</html>")).any());
    assert!(!is_from_registry(&[], &parse(r#"{"message":"Forbidden"}"#)).any());
    assert!(!is_from_registry(&[("WWW-Authenticate", "Negotiate")], &none).any());
    assert!(is_from_registry(&[("www-authenticate", "Basic realm=x")], &none).challenge);
    assert!(is_from_registry(&[("Docker-Distribution-API-Version", "registry/2.0")], &none).api_version);
    assert!(is_from_registry(&[("docker-content-digest", "sha256:0")], &none).registry_header);
    assert!(is_from_registry(&[], &parse(r#"{"errors":[{"code":"denied","message":"denied"}]}"#)).error_code);
    assert!(!is_from_registry(&[], &parse(r#"{"errors":[{"code":"E1","message":"x"}]}"#)).any());
    assert!(is_from_registry(&[], &parse(r#"{"error":"invalid_grant"}"#)).token_error);
    assert!(is_from_registry(&[], &parse(r#"{"details":"incorrect username or password"}"#)).token_error);
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let found = ErrorBody::parse(&body);
        prop_assert!(found.errors.is_empty() || found.excerpt.is_none());
    }

    #[test]
    fn no_markup_makes_it_panic(body in r"(<|>|/|html|title|Code|Message|Error|\?xml|İ|ſ| ){0,40}") {
        let found = parse(&body);
        prop_assert_eq!(found.kind == BodyKind::Empty, body.trim().is_empty());
    }

    #[test]
    fn what_is_written_is_read_back(errors in prop::collection::vec(("[A-Z_]{1,20}", "[a-z ,.]{0,18}[a-z]"), 1..5)) {
        let list: Vec<_> =
            errors.iter().map(|(code, message)| serde_json::json!({"code": code, "message": message})).collect();
        let found = parse(&serde_json::json!({"errors": list}).to_string());
        let read: Vec<_> = found.errors.iter().map(|error| error.code.to_string()).collect();
        let written: Vec<_> = errors.iter().map(|(code, _)| Clean::new(code).to_string()).collect();
        prop_assert_eq!(read, written);
        let json = serde_json::to_string(&found).unwrap();
        prop_assert_eq!(serde_json::from_str::<ErrorBody>(&json).unwrap(), found);
    }
}
