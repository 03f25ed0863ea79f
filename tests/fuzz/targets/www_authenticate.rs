//! Challenges are bounded, and evidence of them can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regauth::registry::challenge::{Challenge, parse_all};
use regauth::registry::known::Provider;

fuzz_target!(|text: &str| {
    let found = parse_all(text.split('\n'));
    assert!(found.len() <= 16);
    let _ = Provider::of_host(text).refined(&found, Some(text));
    let json = serde_json::to_string(&found).expect("challenges are evidence");
    let again: Vec<Challenge> = serde_json::from_str(&json).expect("evidence can be read");
    assert_eq!(again.len(), found.len());
});
