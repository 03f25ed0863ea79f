//! What can be read of a manifest is evidence, and a choice is one of its entries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regauth::registry::manifest::{Choice, Manifest, choose};
use regauth::registry::platform::Platform;

fuzz_target!(|data: &[u8]| {
    for content_type in [None, Some("application/vnd.oci.image.index.v1+json"), std::str::from_utf8(data).ok()] {
        let Ok(found) = Manifest::parse(content_type, data) else { continue };
        let json = serde_json::to_string(&found).expect("a manifest is evidence");
        assert!(serde_json::from_str::<Manifest>(&json).is_ok());
        let Manifest::Index { manifests } = found else { continue };
        match choose(&manifests, &Platform::new("linux", "arm64")) {
            Choice::Entry(chosen) => assert!(manifests.iter().any(|entry| entry.manifest == chosen)),
            Choice::Missing { available } => assert!(available.len() <= 64),
        }
    }
});
