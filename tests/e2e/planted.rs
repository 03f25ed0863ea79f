//! Texts that must come out nowhere, in any of the forms in which programs write credentials.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Planted secrets, each with the forms that are searched for.
#[derive(Default)]
pub struct Planted(Vec<(&'static str, String)>);

impl Planted {
    /// A secret.
    pub fn add(&mut self, secret: &str) {
        assert!(secret.len() >= 8, "too short to be found by chance nowhere");
        self.0.push(("as it is", secret.to_string()));
        self.0.push(("backwards", secret.chars().rev().collect()));
        self.0.push(("in hexadecimal", secret.bytes().map(|byte| format!("{byte:02x}")).collect()));
        self.0.extend(within_base64(secret).into_iter().map(|text| ("in base64", text)));
    }

    /// A user's password, also as headers and docker configurations hold it.
    pub fn add_login(&mut self, user: &str, password: &str) {
        self.add(password);
        self.0.push(("as a header holds it", STANDARD.encode(format!("{user}:{password}"))));
    }

    /// In which form one of them stands in a text, if any. The text itself may hold it, so it is not said.
    pub fn shown_in(&self, text: &str) -> Option<&'static str> {
        self.0.iter().find(|(_, form)| text.contains(form)).map(|(how, _)| *how)
    }
}

/// What of `secret` stands in base64 of any longer text that holds it, at each of the three alignments.
fn within_base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = [&vec![b'x'; before][..], secret.as_bytes()].concat();
        // Only whole groups of three bytes, without those that hold what comes before.
        let from = if before == 0 { 0 } else { 3 };
        let whole = &padded[from..padded.len() / 3 * 3];
        forms.extend([STANDARD.encode(whole), URL_SAFE.encode(whole)]);
    }
    forms.dedup();
    forms
}

/// A search that finds nothing must be known to find something.
pub fn it_finds_what_is_there() {
    let mut planted = Planted::default();
    planted.add("hunter2-hunter2");
    for before in ["", "u:", "user:", "a-longer-user:"] {
        let text = format!("{before}hunter2-hunter2 and more");
        assert!(planted.shown_in(&text).is_some(), "{text}");
        assert!(planted.shown_in(&STANDARD.encode(&text)).is_some(), "{text}");
        assert!(planted.shown_in(&URL_SAFE.encode(&text)).is_some(), "{text}");
    }
    assert_eq!(planted.shown_in("hunter3-hunter3"), None);
}
