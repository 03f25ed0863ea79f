//! Texts of an endpoint.

use serde_json::json;

use super::*;

#[test]
fn every_text_from_outside_is_found_and_no_other() {
    let said = "said outside";
    let certificate = json!({"subject": said, "issuer": said, "names": [said, said],
        "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z", "sha256": "00"});
    let whole = json!({
        "role": "registry", "scheme": "https", "host": "r.example.com", "port": 443,
        "resolve": {"addresses": [], "source": "dns", "tookMs": 1,
            "failure": {"kind": "other", "servers": ["192.0.2.1:53"], "message": said}},
        "proxyRefusal": {"status": 403, "message": said},
        "tls": {"tookMs": 1, "chain": [certificate, certificate], "trusted": false, "nameFits": false,
            "validNow": false, "failure": {"kind": "other", "message": said}},
        "refusedTarget": said,
    });
    let mut endpoint: Endpoint = serde_json::from_value(whole).unwrap();
    for text in endpoint.texts_mut() {
        assert_eq!(text.as_str(), said);
        *text = Clean::new("taken out");
    }
    let left = serde_json::to_string(&endpoint).unwrap();
    assert!(
        !left.contains(said) && left.contains("r.example.com") && left.contains("192.0.2.1:53"),
        "{left}"
    );
}
