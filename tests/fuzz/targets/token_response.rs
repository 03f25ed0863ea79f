//! What is kept of a token's answer is evidence that can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regauth::registry::token::{Claims, TokenFacts, TokenResponse};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let claims = Claims::decode(text);
        assert!(claims.is_none() || text.trim().matches('.').count() == 2);
    }
    if let Ok(found) = TokenResponse::parse(data) {
        let facts = found.facts();
        assert!(facts.expires_in > 0);
        let json = serde_json::to_string(&facts).expect("facts are evidence");
            let again: TokenFacts = serde_json::from_str(&json).expect("evidence can be read");
        assert!(again.expires_in == facts.expires_in && again.claims.is_some() == facts.claims.is_some());
    }
});
