//! What is kept of a token's answer never holds the token.
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
        assert!(serde_json::from_str::<TokenFacts>(&json).expect("evidence can be read") == facts);
    }
});
