//! What a real Harbor answered.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::Value;

use super::*;

/// What Harbor 2.16 answered, when the recording is at hand: the cases that are refusals, and their causes.
#[test]
fn recorded_answers_of_harbor_give_the_causes_that_are_known() {
    let path = std::env::var("REGAUTH_HARBOR_RECORDING").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/recorded/harbor-2.16.jsonl").to_owned()
    });
    let Ok(content) = std::fs::read_to_string(&path) else {
        // Written past the test harness, which swallows what a test that passes prints.
        let _ = writeln!(std::io::stderr(), "SKIPPED: there is no recording at {path}");
        return;
    };
    let exchanges: Vec<Value> = content.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut tokens = BTreeMap::new();
    let mut compared = 0;
    for exchange in &exchanges {
        let name = exchange["case"].as_str().unwrap();
        let who = name.rsplit_once(": ").map_or("", |(_, who)| who).to_owned();
        if name.starts_with("own token: ") {
            tokens.insert(who.clone(), read_claims(&exchange["token"]["claims"]));
        }
        let is_refusal = exchange["status"].as_u64().unwrap() >= 400;
        let Some(expected) = expected_of_harbor(name).filter(|_| is_refusal) else { continue };
        let found = harbor_case(exchange, tokens.get(&who)).judge();
        let first = &found.candidates[0];
        assert_eq!((first.code, first.certain), expected, "{name}: {found:?}");
        compared += 1;
    }
    assert!(compared >= 15, "{compared} of {} exchanges compared", exchanges.len());
}

fn expected_of_harbor(name: &str) -> Option<(C, bool)> {
    Some(match name {
        "fingerprint: anonymous token" | "PKCS#8 core, good user" => (C::HarborKeyUnreadable, false),
        "anonymous, no scope" => (C::NoCredential, true),
        "wrong service" => (C::RealmMismatch, false),
        "wrong password, no scope" | "control: wrong basic" => (C::CredentialRejected, false),
        "own token, no scope: robot, wrong secret" | "own token, no scope: robot disabled" => {
            (C::CredentialRejected, false)
        }
        "push with that token: user who is not a member" => (C::PushDenied, true),
        "pull of a missing tag with that token: user who is not a member" => (C::PermissionDenied, true),
        "push with that token: robot with pull only" => (C::PushDenied, true),
        "push with that token: robot, wrong secret" => (C::CredentialRejected, false),
        "pull of a missing tag with that token: robot, wrong secret" => (C::CredentialRejected, false),
        "pull of a missing tag with that token: admin" => (C::ImageNotFound, true),
        "pull of a missing tag with that token: robot with pull only" => (C::ImageNotFound, true),
        "push with the token of another core" | "private pull with the token of another core" => {
            (C::HarborTokenRejected, false)
        }
        "push to a missing project" => (C::RepositoryNotFound, true),
        "push while read-only" => (C::RegistryReadOnly, true),
        _ => return None,
    })
}

fn read_claims(value: &Value) -> Claims {
    serde_json::from_value(serde_json::json!({"sub": value["sub"], "access": value["access"]})).unwrap()
}

fn harbor_case(exchange: &Value, own: Option<&Claims>) -> Case {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (path, auth) = (text(&exchange["request"]["path"]), text(&exchange["request"]["auth"]));
    let mut case =
        case("harbor.example.test", exchange["status"].as_u64().unwrap() as u16, &text(&exchange["body"]));
    case.provider = Provider::Harbor;
    let headers = exchange["headers"].as_object().unwrap();
    case.headers = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    if path.starts_with("/service/token") {
        case.place = Place::TokenService;
    }
    if exchange["request"]["method"] == "POST" {
        case.action = Action::Push;
    }
    let repository = path
        .strip_prefix("/v2/")
        .and_then(|path| path.split_once("/blobs/").or(path.split_once("/manifests/")));
    case.repository = repository.map_or(String::new(), |(name, _)| name.to_owned());
    case.credential = (auth != "none").then(SentCredential::default);
    case.claims = own.cloned().filter(|_| auth.starts_with("bearer of"));
    if auth == "bearer, scoped token of core b" {
        case.claims = Some(claims(Some("admin"), Some(&["pull", "push"])));
    }
    case
}
