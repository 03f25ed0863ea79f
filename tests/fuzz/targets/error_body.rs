//! What is read of a refusal's body is bounded evidence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regauth::registry::api_error::{ErrorBody, is_from_registry};

fuzz_target!(|data: &[u8]| {
    let found = ErrorBody::parse(data);
    assert!(found.errors.len() <= 16 && (found.errors.is_empty() || found.excerpt.is_none()));
    let _ = is_from_registry(&[("www-authenticate", "Basic")], &found);
    let json = serde_json::to_string(&found).expect("an error is evidence");
    assert!(serde_json::from_str::<ErrorBody>(&json).is_ok());
});
