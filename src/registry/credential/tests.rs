use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

const AZURE: &str = "00000000-0000-0000-0000-000000000000";

fn key() -> RunKey {
    RunKey::from_hex(&"42".repeat(32)).unwrap()
}

fn described(username: &str, password: &str) -> Described {
    describe(None, username, &Secret::new(password.to_owned()), &key())
}

fn jwt(claims: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2lnbmF0dXJl", part(r#"{"alg":"RS256"}"#), part(claims))
}

fn ecr(expiration: &str) -> String {
    BASE64_STANDARD.encode(format!(
        r#"{{"payload":"x","datakey":"y","version":"2","type":"DATA_KEY","expiration":{expiration}}}"#
    ))
}

#[test]
fn kinds_are_told_by_user_name_and_prefix() {
    let token = "A1b2C3d4E5f6G7h8I9j0K1l2";
    for (username, password, kind) in [
        ("", "", CredentialKind::Empty),
        ("AWS", "x", CredentialKind::EcrToken),
        ("oauth2accesstoken", "ya29.x", CredentialKind::GoogleAccessToken),
        ("_json_key", "{}", CredentialKind::GoogleKeyFile),
        ("_json_key_base64", "e30=", CredentialKind::GoogleKeyFile),
        (AZURE, &jwt("{}"), CredentialKind::AzureRefreshToken),
        (AZURE, "plain", CredentialKind::Password),
        ("user", &jwt("{}"), CredentialKind::Jwt),
        ("robot$team+ci", "plain", CredentialKind::HarborRobot),
        ("org+ci", "plain", CredentialKind::QuayRobot),
        ("me+ci@example.com", "plain", CredentialKind::Password),
        ("$oauthtoken", "plain", CredentialKind::QuayToken),
        ("$oauthtoken", &format!("nvapi-{token}"), CredentialKind::NgcApiKey),
        ("user", &format!("ghp_{token}"), CredentialKind::GitHubToken),
        ("user", &format!("github_pat_{token}"), CredentialKind::GitHubToken),
        ("user", &format!("glpat-{token}"), CredentialKind::GitLabToken),
        ("gitlab+deploy-token-12", "plain", CredentialKind::GitLabToken),
        ("gitlab-ci-token", &jwt("{}"), CredentialKind::GitLabJobToken),
        ("user", &format!("dckr_pat_{token}"), CredentialKind::DockerHubToken),
        ("org", &format!("dckr_oat_{token}"), CredentialKind::DockerHubToken),
        ("user", &format!("AKCp{token}{token}"), CredentialKind::ArtifactoryApiKey),
        ("user", &format!("cmVmdGtuOjAx{token}{token}"), CredentialKind::ArtifactoryToken),
        ("user", &jwt(r#"{"iss":"jfac@01"}"#), CredentialKind::ArtifactoryToken),
        ("user", "correct horse", CredentialKind::Password),
        ("user", "ghp_", CredentialKind::Password),
    ] {
        assert_eq!(described(username, password).kind, kind, "{username} {password}");
    }
    let public = describe(Some("public.ecr.aws"), "AWS", &Secret::new(ecr("1")), &key());
    assert_eq!(public.kind, CredentialKind::EcrPublicToken);
    let token = Secret::new("opaque".to_owned());
    assert_eq!(describe_identity_token("", &token, &key()).kind, CredentialKind::IdentityToken);
    assert_eq!(describe_identity_token(AZURE, &token, &key()).kind, CredentialKind::AzureRefreshToken);
}

#[test]
fn a_token_says_itself_when_it_ends() {
    let ends: Timestamp = "2026-04-01T12:00:00Z".parse().unwrap();
    let seconds = ends.as_second();
    for password in [
        ecr(&seconds.to_string()),
        ecr(&format!("{seconds}.0")),
        ecr(&format!("{seconds}000")),
        ecr(&format!("\"{seconds}\"")),
        BASE64_STANDARD.encode(format!("AWS:{}", ecr(&seconds.to_string()))),
        BASE64_STANDARD.encode(format!(r#"{{"a":{{"b":{{"expiration":{seconds}}}}}}}"#)),
        format!("{}\n", ecr(&seconds.to_string()).trim_end_matches('=')),
    ] {
        assert_eq!(described("AWS", &password).expires_at, Some(ends), "{password}");
    }
    let token =
        described("user", &jwt(&format!(r#"{{"exp":{seconds}.75,"iat":{},"x":[{{}}]}}"#, seconds - 60)));
    assert_eq!(
        (token.expires_at, token.issued_at),
        (Some(ends), Some(Timestamp::from_second(seconds - 60).unwrap()))
    );
}

#[test]
fn what_is_no_time_is_left_out() {
    for password in [
        ecr("null"),
        ecr("-5"),
        ecr("1e300"),
        ecr("[]"),
        ecr("{\"expiration\":[]}"),
        jwt(r#"{"exp":"soon"}"#),
        jwt(r#"{"a":{"exp":1}}"#),
        jwt("[]"),
        "a.b.c".to_owned(),
        "....".to_owned(),
        "x".repeat(100_000),
        BASE64_STANDARD.encode("[".repeat(10_000)),
        BASE64_STANDARD.encode("{\"a\":".repeat(10_000)),
    ] {
        assert_eq!(described("AWS", &password).expires_at, None);
    }
}

#[test]
fn user_names_that_are_public_are_shown() {
    for username in [
        "_json_key",
        "oauth2accesstoken",
        AZURE,
        "AWS",
        "robot$team+ci",
        "org+name",
        "me@example.com",
        "gitlab+deploy-token-1234567",
        "$oauthtoken",
        "0123abcd-4567-89ab-cdef-0123456789ab",
        "internationalizationdepartment1",
        "DOMAIN\\user.name",
    ] {
        assert_eq!(described(username, "hunter2").username.as_str(), username);
    }
}

#[test]
fn a_token_that_was_pasted_as_user_name_is_redacted() {
    let random = "k3J9x0Qm2Lp8Zr5Tn7Vb1Wd4Ys6";
    for username in [
        format!("ghp_{random}"),
        "ghp_k3J9".to_owned(),
        format!("glpat-{random}"),
        format!("dckr_pat_{random}"),
        format!("github_pat_{random}"),
        format!("AKCp{random}{random}"),
        format!("dop_v1_{random}"),
        jwt("{}"),
        random.to_owned(),
        "3f786850e387550fdab836ed7e6dc881de23001b".to_owned(),
        ecr("1"),
        "hunter2".to_owned(),
        "user:hunter2".to_owned(),
        BASE64_STANDARD.encode("user:hunter2"),
    ] {
        let shown = serde_json::to_string(&described(&username, "hunter2")).unwrap();
        assert!(shown.contains("[redacted]"), "{username}: {shown}");
        assert!(!shown.contains(&username), "{username}: {shown}");
    }
}

#[test]
fn nothing_of_the_secret_leaves() {
    for password in ["hunter2", &jwt(r#"{"iss":"hunter2"}"#), &ecr("1"), "ghp_A1b2C3d4E5f6G7h8I9j0K1l2"] {
        let described = described("user", password);
        let (json, debug) = (serde_json::to_string(&described).unwrap(), format!("{described:?}"));
        assert!(!json.contains(password) && !debug.contains(password), "{json}");
        assert!(!json.contains("hunter2"), "{json}");
        assert_eq!(serde_json::from_str::<Described>(&json).unwrap(), described);
    }
    assert_eq!(
        serde_json::to_value(described("AWS", &ecr("1775044800"))).unwrap(),
        serde_json::json!({
            "kind": "ecrToken", "username": "AWS", "expiresAt": "2026-04-01T12:00:00Z",
            "fingerprint": key().fingerprint("AWS", &Secret::new(ecr("1775044800"))),
        })
    );
}

proptest! {
    #[test]
    fn no_credential_makes_it_fail_or_shows_in_it(username in ".{0,40}", password in "[!-~]{8,200}", json in r#"[{}:,"0-9a-z.eE-]{0,60}"#) {
        let shown = serde_json::to_string(&described(&username, &password)).unwrap();
        prop_assert!(!shown.contains(&password));
        prop_assert_eq!(described(&username, &password), described(&username, &password));
        described("AWS", &BASE64_STANDARD.encode(&json));
        described("user", &jwt(&json));
    }
}
