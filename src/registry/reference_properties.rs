//! What holds for every image reference: the stable twin of the fuzz target `image_reference`.

use proptest::prelude::*;

use super::reference::Reference;

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![".{0,80}", r"[a-zA-Z0-9./:@_\[\]-]{0,80}"]) {
        if let Ok(reference) = Reference::parse(&text) {
            let written = reference.normalized();
            let again = Reference::parse(&written);
            prop_assert_eq!(again.map(|again| again.normalized()).ok(), Some(written));
            prop_assert!(reference.matches_node_image(&reference.node_image()));
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        host in r"[a-z][a-z0-9]{0,9}\.[a-z]{2,5}(:[1-9][0-9]{0,3})?", path in r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){0,3}",
        tag in prop::option::of("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,20}"), digest in prop::option::of("[0-9a-f]{64}")
    ) {
        let digest = digest.map(|hex| format!("sha256:{hex}"));
        let mut text = format!("{host}/{path}");
        text.extend(tag.iter().map(|tag| format!(":{tag}")));
        text.extend(digest.iter().map(|digest| format!("@{digest}")));
        let reference = Reference::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!((reference.registry(), reference.path()), (host.as_str(), path.as_str()));
        prop_assert_eq!((reference.tag(), reference.digest()), (tag.as_deref(), digest.as_deref()));
    }
}
