use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::registry::claims::Access;
use crate::text::Clean;

fn jwt(header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(header), part(payload))
}

fn error(body: &str) -> TokenError {
    TokenResponse::parse(body.as_bytes()).map(|_| ()).unwrap_err()
}

fn parse(body: &Value) -> TokenResponse {
    TokenResponse::parse(body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_token_may_be_in_either_field_and_access_token_wins() {
    for (body, token, field) in [
        (json!({"token": "a"}), "a", TokenField::Token),
        (json!({"token": "a", "access_token": ""}), "a", TokenField::Token),
        (json!({"access_token": "b", "token": null}), "b", TokenField::AccessToken),
        (json!({"token": "a", "access_token": "b"}), "b", TokenField::Both),
    ] {
        let found = parse(&body);
        assert_eq!((found.token.expose(), found.facts().field), (token, field));
    }
}

#[test]
fn times_are_lenient_and_default_to_a_minute() {
    let times = |body: Value| {
        let found = parse(&body);
        (found.expires_in, found.issued_at.map(|time| time.to_string()))
    };
    assert_eq!(times(json!({"token": "a"})), (60, None));
    assert_eq!(
        times(json!({"token": "a", "expires_in": 1800, "issued_at": "2026-11-21T01:41:17.5Z"})),
        (1800, Some("2026-11-21T01:41:17.5Z".into()))
    );
    assert_eq!(times(json!({"token": "a", "expires_in": "300", "issued_at": 5})), (300, None));
    assert_eq!(times(json!({"token": "a", "expires_in": 299.9, "issued_at": "soon"})), (299, None));
    assert_eq!(times(json!({"token": "a", "expires_in": -1})), (60, None));
    assert_eq!(times(json!({"token": "a", "expires_in": [1]})), (60, None));
}

#[test]
fn an_answer_without_a_token_is_an_error_that_says_so() {
    for body in ["{}", r#"{"token":""}"#, r#"{"token":null,"access_token":""}"#, r#"{"refresh_token":"r"}"#] {
        assert_eq!(error(body), TokenError::NoToken, "{body}");
    }
    assert_eq!(TokenError::NoToken.to_string(), "the token service's answer holds no token");
}

#[test]
fn errors_hold_nothing_of_the_answer() {
    for body in [
        r#"{"token": {"hunter2": "hunter2"}}"#,
        r#"{"token": hunter2}"#,
        r#"{"token": "hunter2"#,
        r#"["hunter2"]"#,
        r#""hunter2""#,
        "hunter2",
        "",
    ] {
        let error = error(body);
        let texts = [error.to_string(), format!("{error:?}"), serde_json::to_string(&error).unwrap()];
        assert!(texts.iter().all(|text| !text.contains("hunter2")), "{texts:?}");
        assert!(matches!(error, TokenError::Unreadable { .. }), "{error}");
    }
    let large = format!(r#"{{"token":"{}"}}"#, "a".repeat(MAX_BODY));
    assert!(matches!(
        TokenResponse::parse(large.as_bytes()).map(|_| ()),
        Err(TokenError::Unreadable { error: DecodeError::TooLarge { .. } })
    ));
}

#[test]
fn claims_are_read_without_the_token() {
    let header =
        json!({"alg": "RS256", "kid": "ZJXH:E6TN:APDQ:X3AR:TS6N:TM2U:AEW6:2DPQ:2IK3:4BMH:MJO7:HO64"});
    let payload = json!({
        "iss": "harbor-token-issuer", "sub": "robot$team+ci", "aud": "harbor-registry", "jti": "jyRNEwgWKcM3ocMA",
        "exp": 1795227077, "nbf": 1795225277.5, "iat": 1795225277,
        "access": [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}]
    });
    let token = jwt(&header, &payload);
    let facts = parse(&json!({"token": token, "refresh_token": "refresh-hunter2"})).facts();
    let claims = facts.claims.clone().unwrap();
    assert_eq!(claims.kid.as_ref().unwrap().as_str(), header["kid"]);
    assert_eq!(claims.sub.as_ref().unwrap().as_str(), "robot$team+ci");
    assert_eq!(claims.aud, [Clean::new("harbor-registry")]);
    assert_eq!(claims.exp.unwrap().to_string(), "2026-11-21T02:11:17Z");
    assert_eq!(claims.nbf.unwrap().to_string(), "2026-11-21T01:41:17.5Z");
    assert_eq!(claims.grants("team/app", "push"), Some(true));
    assert_eq!(claims.grants("team/app", "delete"), Some(false));
    assert_eq!(claims.grants("team", "pull"), Some(false));
    let json = serde_json::to_string(&facts).unwrap();
    assert!(facts.refresh_token && !json.contains("jyRNEwgWKcM3ocMA") && !json.contains("hunter2"), "{json}");
    assert!(token.split('.').all(|part| !json.contains(part)), "{json}");
    assert_eq!(serde_json::from_str::<TokenFacts>(&json).unwrap(), facts);
}

#[test]
fn audiences_may_be_many_and_azure_writes_capitals() {
    let token = jwt(
        &json!({"alg": "RS256"}),
        &json!({"aud": ["a", "b", 5], "sub": "", "access": [{"Type": "repository", "Name": "a", "Actions": ["*"]}, 5]}),
    );
    let claims = Claims::decode(&token).unwrap();
    assert_eq!(claims.aud.len(), 2);
    assert_eq!(claims.sub, None);
    let actions = vec![Clean::new("*")];
    assert_eq!(
        claims.access,
        Some(vec![Access { kind: Clean::new("repository"), name: Clean::new("a"), actions }])
    );
    assert_eq!(claims.grants("a", "pull"), Some(true));
    let silent =
        Claims::decode(&jwt(&json!({}), &json!({"exp": "soon", "iat": 1e300, "nbf": i64::MAX}))).unwrap();
    assert_eq!((silent.grants("a", "pull"), silent.exp, silent.iat, silent.nbf), (None, None, None, None));
}

#[test]
fn an_opaque_token_says_nothing() {
    for token in
        ["", "djE6dGVhbS9hcHA6MTY=", "ya29.a0AfB_byC", "a.b.c", "..", "e30.e30", "e30.e30.x.y", "e30.W10.x"]
    {
        assert_eq!(Claims::decode(token), None, "{token}");
    }
    assert_eq!(Claims::decode("e30=.e30=."), Some(Claims::default()));
    assert_eq!(Claims::decode(&format!("e30.e30.{}", "a".repeat(70_000))), None);
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), token in ".{0,100}") {
        let found = TokenResponse::parse(&body).map(|found| found.facts());
        prop_assert!(found.is_err() || found.is_ok_and(|facts| facts.expires_in > 0));
        prop_assert_eq!(Claims::decode(&token).is_some() && token.matches('.').count() != 2, false);
    }

    #[test]
    fn what_is_written_is_read_back(
        token in "[!-~]{1,80}", expires in 1u64..1_000_000, seconds in 0i64..4_000_000_000, name in "[a-z/]{1,20}",
        actions in prop::collection::vec("pull|push|delete", 0..3)
    ) {
        let time = Timestamp::from_second(seconds).unwrap();
        let body = json!({"access_token": token, "expires_in": expires, "issued_at": time.to_string()});
        let found = TokenResponse::parse(body.to_string().as_bytes()).ok().unwrap();
        prop_assert_eq!((found.token.expose(), found.expires_in, found.issued_at), (token.as_str(), expires, Some(time)));
        let payload = json!({"exp": seconds, "access": [{"type": "repository", "name": name, "actions": actions}]});
        let claims = Claims::decode(&jwt(&json!({}), &payload)).unwrap();
        prop_assert_eq!(claims.exp, Some(time));
        prop_assert_eq!(claims.grants(&name, "pull"), Some(actions.iter().any(|action| action == "pull")));
    }
}
