use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::registry::credential;
use crate::secret::RunKey;

/// One case of a file of cases.
#[derive(serde::Deserialize)]
struct Case {
    image: String,
    secrets: Vec<CaseSecret>,
    repository: String,
    error: Option<String>,
    matches: Vec<CaseMatch>,
}

#[derive(serde::Deserialize)]
struct CaseSecret {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    key: String,
    data: String,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct CaseMatch {
    secret: String,
    username: String,
    password: String,
}

fn keyring(secrets: Vec<CaseSecret>) -> Keyring {
    let secrets: Vec<_> = secrets
        .into_iter()
        .map(|secret| PullSecret {
            name: secret.name,
            kind: secret.kind,
            key: secret.key,
            data: Zeroizing::new(secret.data.into_bytes()),
        })
        .collect();
    Keyring::new(&secrets)
}

/// Compares every case in `content` and says how many there were.
fn compare(content: &str, origin: &str) -> usize {
    let mut compared = 0;
    for (number, line) in content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let case: Case = serde_json::from_str(line).unwrap();
        let place = format!("{origin}:{}: {line}", number + 1);
        compare_one(case, &place);
        compared += 1;
    }
    let _ = writeln!(std::io::stderr(), "{compared} cases of {origin} agree with the kubelet");
    compared
}

fn compare_one(case: Case, place: &str) {
    let error = case.error.as_deref().unwrap_or_default();
    let image = match Reference::parse(&case.image) {
        Ok(image) => image,
        Err(refused) => {
            assert!(error.starts_with("image: "), "{refused}: {place}");
            return;
        }
    };
    assert_eq!(image.repository(), case.repository, "{place}");
    let keyring = keyring(case.secrets);
    compare_evidence(&keyring, &image, place);
    match keyring.lookup(&image) {
        Ok(matches) => {
            assert_eq!(error, "", "{place}");
            let matches: Vec<_> = matches
                .iter()
                .map(|found| CaseMatch {
                    secret: found.secret.name.clone(),
                    username: found.entry.username.clone(),
                    password: found.entry.password.expose().to_owned(),
                })
                .collect();
            assert_eq!(matches, case.matches, "{place}");
        }
        Err(broken) => assert!(error.starts_with("secret: "), "{broken}: {place}"),
    }
}

/// The same look-up from what evidence keeps.
fn compare_evidence(keyring: &Keyring, image: &Reference, place: &str) {
    let key = RunKey::from_hex(&"42".repeat(32)).unwrap();
    let json = serde_json::to_string(&keyring.evidence(&key)).unwrap();
    let evidence: Vec<evidence::SecretEvidence> = serde_json::from_str(&json).unwrap();
    let (again, first) = (evidence::lookup(&evidence, image), keyring.lookup(image));
    match (again, first) {
        (Ok(again), Ok(first)) => {
            let prints = again.iter().map(|(secret, entry)| (secret.name.as_str(), &entry.credential));
            let expected: Vec<_> = first
                .iter()
                .map(|found| {
                    (found.secret.name.as_str(), credential::describe_entry(None, found.entry, &key))
                })
                .collect();
            let is_same = prints.len() == expected.len()
                && prints.zip(&expected).all(|((name, here), (expected_name, there))| {
                    name == *expected_name && here.fingerprint == there.fingerprint
                });
            assert!(is_same, "{place}");
        }
        (again, first) => assert_eq!(again.err(), first.err(), "{place}"),
    }
}

#[test]
fn the_kubelet_answers_the_same_to_our_own_cases() {
    let compared =
        compare(include_str!("../../../tests/fixtures/keyring.jsonl"), "tests/fixtures/keyring.jsonl");
    assert!(compared > 500, "{compared}");
}

/// More of the kubelet's answers: those that the variable names, or those beside the project if they are there.
#[test]
fn the_kubelet_answers_the_same_to_the_cases_that_are_at_hand() {
    let named = std::env::var("REGAUTH_KEYRING_VECTORS").ok();
    let path = named.clone().unwrap_or_else(|| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors/keyring.jsonl").to_owned()
    });
    match std::fs::read_to_string(&path) {
        Ok(content) => assert!(compare(&content, &path) > 0, "there is no case in {path}"),
        Err(error) => {
            assert!(named.is_none(), "REGAUTH_KEYRING_VECTORS names {path}: {error}");
            // Written past the test harness, which swallows what a test that passes prints.
            let _ = writeln!(std::io::stderr(), "SKIPPED: there are no cases at {path}");
        }
    }
}

fn pull_secret(name: &str, data: &str) -> PullSecret {
    PullSecret {
        name: name.to_owned(),
        kind: TYPE_DOCKER_CONFIG_JSON.to_owned(),
        key: KEY_DOCKER_CONFIG_JSON.to_owned(),
        data: Zeroizing::new(data.as_bytes().to_vec()),
    }
}

#[test]
fn each_secret_says_what_the_kubelet_makes_of_it() {
    let good = pull_secret("good", r#"{"auths":{}}"#);
    let opaque = PullSecret { kind: "Opaque".to_owned(), ..good.clone() };
    let misnamed = PullSecret { key: "config.json".to_owned(), ..good.clone() };
    let empty = pull_secret("empty", "");
    let keyring = Keyring::new(&[good, opaque, misnamed, empty, pull_secret("broken", "{")]);
    let states: Vec<_> = keyring.secrets().iter().map(|secret| secret.state.clone()).collect();
    assert_eq!(
        states[..4],
        [SecretState::Read, SecretState::WrongType, SecretState::WrongKey, SecretState::Empty]
    );
    assert!(matches!(states[4], SecretState::Broken { .. }));
    let error = keyring.lookup(&Reference::parse("nginx").unwrap()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the pull secret `broken` cannot be read: its JSON ends too early (line 1, column 2)"
    );
}

#[test]
fn an_order_that_is_chance_is_said_to_be() {
    let twice = r#"{"auths":{"https://r.example.com":{},"r.example.com/":{},"r.example.com/app":{}}}"#;
    let once = r#"{"auths":{"r.example.com":{}}}"#;
    let keyring = Keyring::new(&[pull_secret("twice", twice), pull_secret("once", once)]);
    let matches = keyring.lookup(&Reference::parse("r.example.com/app").unwrap()).unwrap();
    let random: Vec<_> = matches.iter().map(|found| found.is_order_random).collect();
    assert_eq!(random, [false, true, true, false]);
}

#[test]
fn docker_hubs_usual_key_counts_when_no_other_does() {
    let both = r#"{"auths":{"https://index.docker.io/v1/":{},"docker.io":{}}}"#;
    let usual = r#"{"auths":{"https://index.docker.io/v1/":{}}}"#;
    for (data, is_default_registry) in [(both, false), (usual, true)] {
        let keyring = Keyring::new(&[pull_secret("s", data)]);
        let matches = keyring.lookup(&Reference::parse("nginx").unwrap()).unwrap();
        assert_eq!(matches.len(), 1);
        assert_eq!(matches[0].is_default_registry, is_default_registry);
    }
}

#[test]
fn patterns_are_those_of_gos_filepath() {
    for (pattern, name, expected) in [
        ("*", "abc", Ok(true)),
        ("a*c", "abbc", Ok(true)),
        ("a*b*c", "abxbxc", Ok(true)),
        ("a?c", "abc", Ok(true)),
        ("a?c", "aéc", Ok(true)),
        ("[a-c]x", "bx", Ok(true)),
        ("[^a-c]x", "bx", Ok(false)),
        ("[a-z]*", "r1", Ok(true)),
        ("\\*", "*", Ok(true)),
        ("\\*", "a", Ok(false)),
        ("[\\]a]", "]", Ok(true)),
        ("a", "b", Ok(false)),
        ("", "", Ok(true)),
        ("", "a", Ok(false)),
        ("[", "a", Err(glob::BadPattern)),
        ("[]a]", "]", Err(glob::BadPattern)),
        ("[a-]", "a", Err(glob::BadPattern)),
        ("a\\", "a", Err(glob::BadPattern)),
        ("[a", "a", Err(glob::BadPattern)),
        ("a[", "x", Err(glob::BadPattern)),
        ("*x", "axbx", Ok(true)),
        ("*é", "aé", Ok(true)),
    ] {
        assert_eq!(glob::matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
    }
}

proptest! {
    #[test]
    fn a_look_up_always_ends_and_is_always_the_same(
        keys in prop::collection::vec(r"(https?://)?[a-z*.:/\[\]?%#@ 0-9\\é-]{0,30}", 0..8),
        host in r"([a-z0-9-]{1,5}\.){0,3}[a-z]{1,4}(:[0-9]{1,4})?",
    ) {
        let Ok(image) = Reference::parse(&format!("{host}/team/app")) else { return Ok(()) };
        let keys: Vec<_> = keys.iter().map(String::as_str).chain([host.as_str(), "*.*"]).collect();
        let found = Index::new(keys.iter().copied()).lookup(&image);
        prop_assert_eq!(&found, &Index::new(keys.iter().copied()).lookup(&image));
        let matching: Vec<_> = found.groups.concat();
        prop_assert!(image.is_docker_hub() || matching.contains(&(keys.len() - 2)));
        let misses = crate::registry::near_miss::near_misses(&image, keys.iter().copied());
        prop_assert!(misses.len() <= keys.len());
    }

    #[test]
    fn a_pattern_ends_in_an_answer(pattern in r"[ab*?\[\]\\^-]{0,12}", name in "[ab-]{0,12}") {
        let answer = glob::matches(pattern.as_bytes(), name.as_bytes());
        prop_assert_eq!(&answer, &glob::matches(pattern.as_bytes(), name.as_bytes()));
        prop_assert!(glob::matches(b"*", name.as_bytes()) == Ok(true));
    }
}
