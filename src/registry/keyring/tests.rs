use std::io::Write;

use super::*;

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
    match keyring(case.secrets).lookup(&image) {
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
