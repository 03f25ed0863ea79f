//! Headers, one a line: what they say of limits is bounded evidence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regauth::registry::api_error::ErrorBody;
use regauth::registry::rate_limit::{RateLimit, docker_hub_limit};

const NAMES: [&str; 8] = [
    "ratelimit-limit",
    "ratelimit-remaining",
    "docker-ratelimit-source",
    "retry-after",
    "date",
    "x-ratelimit-limit",
    "x-ratelimit-reset",
    "ratelimit-reset",
];

fuzz_target!(|text: &str| {
    let headers: Vec<(&str, &str)> = NAMES.into_iter().cycle().zip(text.split('\n')).take(64).collect();
    let found = RateLimit::parse(&headers);
    assert!(found.limit.len() <= 8 && found.remaining.len() <= 8);
    let json = serde_json::to_string(&found).expect("limits are evidence");
    let again: RateLimit = serde_json::from_str(&json).expect("evidence can be read");
    assert!(again.limit == found.limit && again.remaining == found.remaining && again.reset == found.reset);
    assert!(again.retry_after == found.retry_after && again.source.is_some() == found.source.is_some());
    let _ = docker_hub_limit(&ErrorBody::parse(text.as_bytes()), &found, None);
});
