//! What terminals, logs and word processors do to a message is undone before it is read.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// Colours and other control sequences (ECMA-48), as bytes, as JSON or a shell write the escape, and as
/// rsyslog does; drawn lines, as Terraform puts them in front of each line.
static DECORATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e|#033)\[[0-9;]{0,16}[A-Za-z]|[│┃╷╵║]").ok()
});

/// The message without decoration, and with plain quotes.
pub(super) fn plain(message: &str) -> Cow<'_, str> {
    let undecorated =
        DECORATION.as_ref().map_or(Cow::Borrowed(message), |form| form.replace_all(message, ""));
    if !undecorated.contains(|c| quote(c).is_some()) {
        return undecorated;
    }
    Cow::Owned(undecorated.chars().map(|c| quote(c).unwrap_or(c)).collect())
}

/// The plain form of a typographic quote or space.
fn quote(c: char) -> Option<char> {
    match c {
        '“' | '”' | '„' | '«' | '»' => Some('"'),
        '‘' | '’' => Some('\''),
        '\u{a0}' | '\u{202f}' | '\u{200b}' | '\u{feff}' => Some(' '),
        _ => None,
    }
}
