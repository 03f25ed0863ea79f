//! Text from outside, cleaned.

mod caps;
mod redaction;

use super::*;

fn clean(text: &str) -> String {
    Clean::new(text).0
}

/// Every secret in the tests below, so that one assertion can look for all of them.
const SECRETS: &[&str] = &[
    "hunter2",
    "p%40ss",
    "s3cr3t",
    "dXNlcjpodW50ZXIy",
    "abcdef0123456789",
    "c2lnbmF0dXJl",
    "MIIEvQIBADANBg",
    "Zm9vYmFy",
];

#[track_caller]
fn hides(text: &str) -> String {
    let cleaned = clean(text);
    for secret in SECRETS {
        assert!(!cleaned.contains(secret), "{secret} is left in {cleaned:?}");
    }
    assert!(cleaned.contains(REDACTED), "nothing was redacted in {cleaned:?}");
    cleaned
}

#[track_caller]
fn keeps(text: &str) {
    assert_eq!(clean(text), text);
}

#[test]
fn a_reference_to_what_cannot_exist_is_not_repeated() {
    assert_eq!(super::referenced_name("regcred.v2"), "regcred.v2");
    for name in ["x; touch /tmp/y #\u{1b}[31m", "Upper", "a b", "$(id)", "-a", "a-", ""] {
        assert_eq!(super::referenced_name(name), "INVALID-NAME", "{name}");
    }
}
