//! A reference that is taken survives being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regauth::registry::reference::Reference;

fuzz_target!(|text: &str| {
    if let Ok(reference) = Reference::parse(text) {
        let written = reference.normalized();
        let again = Reference::parse(&written).expect("what was written is a reference");
        assert_eq!(again.normalized(), written);
        assert!(reference.matches_node_image(&reference.node_image()));
    }
});
