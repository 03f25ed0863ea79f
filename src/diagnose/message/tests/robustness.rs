//! No input may make the reader panic, hang or fall silent.

use super::super::{Context, CredentialSent, candidates, missing_pull_secrets, pulled};
use super::of_private;
use crate::text::prefix;

fn samples() -> Vec<String> {
    let one = of_private(
        "failed to do request: Head \"https://registry.example.net/v2/team/app/manifests/1.0\": dial tcp: lookup \
         registry.example.net on 10.0.0.2:53: no such host",
    );
    vec![
        format!("Failed to pull image \"a\": [{one}, {one}]"),
        format!("\"Error syncing pod\" err={:?} pod=\"ns/p\"", format!("with ErrImagePull: {one:?}")),
        of_private("unexpected status from HEAD request to https://registry.example.net/v2/a: 403 Forbidden\ndenied: é…"),
        "(HTTP code 500) - {\"message\":\"{\\\"errors\\\":[{\\\"code\\\":\\\"DENIED\\\",\\\"message\\\":\\\"x\\\"}]}\"}".into(),
        "Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not succeed.".into(),
        "Successfully pulled image \"a\" in 1m2.3s (512µs including waiting). Image size: 12 bytes.".into(),
        one,
    ]
}

#[track_caller]
fn survives(text: &str) {
    let found = candidates(text, &Context { image: None, credential: CredentialSent::Some });
    assert!(!found.is_empty(), "{text:?}");
    assert!(found.iter().skip(1).all(|candidate| !candidate.certain), "{text:?}");
    let _ = (missing_pull_secrets(text), pulled(text));
}

#[test]
fn truncation_is_survived_wherever_it_falls() {
    for sample in samples() {
        for end in (0..sample.len()).step_by(3).filter(|end| sample.is_char_boundary(*end)) {
            survives(&sample[..end]);
            survives(&sample[end..]);
        }
    }
}

/// A generator that gives the same numbers on every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap()
    }
}

#[test]
fn mutations_are_survived() {
    let samples = samples();
    let parts = [
        "\"", "\\\"", "\\", "[", "]", "{", "}", ": ", "...", "…", "\n", "=\"", "https://", "é", "\u{0}",
        " - ", "`",
    ];
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for _ in 0..1_000 {
        let mut text: Vec<char> = samples[numbers.below(samples.len())].chars().collect();
        for _ in 0..=numbers.below(6) {
            let at = numbers.below(text.len());
            match numbers.below(3) {
                0 => drop(text.drain(at..(at + numbers.below(40)).min(text.len()))),
                1 => drop(text.splice(at..at, parts[numbers.below(parts.len())].chars())),
                _ => {
                    let piece: Vec<char> = text[at..(at + numbers.below(80)).min(text.len())].to_vec();
                    let to = numbers.below(text.len());
                    drop(text.splice(to..to, piece));
                }
            }
        }
        survives(&text.into_iter().collect::<String>());
    }
}

#[test]
fn long_and_deep_input_is_survived() {
    let mut deep = "EOF".to_owned();
    for _ in 0..14 {
        deep = format!("a: {deep:?}");
        deep = prefix(&deep, 200_000).to_owned();
    }
    let names: Vec<String> = (0..3000).map(|n| format!("n{n:04}")).collect();
    let nested = names.iter().map(|name| format!("[{name}: ")).collect::<String>()
        + &names.iter().rev().map(|name| format!(", {name}: ")).collect::<String>();
    let long = [
        nested,
        ": ".repeat(100_000),
        "\"".repeat(100_000),
        "[".repeat(100_000),
        "[a: , a: ".repeat(30_000),
        "{\"message\":\"".repeat(20_000),
        "lookup x: ".repeat(20_000),
        "Failed to pull image \"".repeat(20_000),
        "x509: ".repeat(20_000),
        "unknown: ".repeat(20_000),
        "\\\"".repeat(50_000),
        deep,
    ];
    for text in long {
        survives(&text);
    }
}
