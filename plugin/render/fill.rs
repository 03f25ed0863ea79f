//! Paragraphs in lines, of scripts that put spaces between words and of those that put none.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What may not begin a line.
const CLOSING: &str = "，。、；：！？）》」』】”’…,.;:!?)";
/// What may not end one.
const OPENING: &str = "（《「『【“‘(";

/// `text` in lines of at most `width` columns: the first behind `prefix`, the others under it. A word that is wider than
/// a line stays whole.
pub(super) fn wrapped(prefix: &str, text: &str, width: usize) -> String {
    let indent = prefix.width();
    let room = width.saturating_sub(indent).max(20);
    let mut out = String::new();
    let mut line = String::new();
    let mut begin = prefix.to_string();
    for (at, part) in text.split_whitespace().flat_map(|word| parts(word).into_iter().enumerate()) {
        let space = usize::from(at == 0);
        if !line.is_empty() && line.width() + space + part.width() > room {
            let _ = writeln!(out, "{begin}{line}");
            begin = " ".repeat(indent);
            line.clear();
        }
        if at == 0 && !line.is_empty() {
            line.push(' ');
        }
        line.push_str(part);
    }
    let _ = writeln!(out, "{begin}{line}");
    out
}

/// What of a word stays together: all of it, but for scripts such as Chinese each of their signs with its punctuation.
fn parts(word: &str) -> Vec<&str> {
    let is_wide = |sign: char| sign.width() == Some(2);
    let mut parts = Vec::new();
    let mut begin = 0;
    for ((_, before), (at, after)) in word.char_indices().zip(word.char_indices().skip(1)) {
        let is_end = is_wide(before) || is_wide(after);
        if is_end && !CLOSING.contains(after) && !OPENING.contains(before) {
            parts.push(&word[begin..at]);
            begin = at;
        }
    }
    parts.push(&word[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_under_its_first_word() {
        assert_eq!(
            wrapped("say: ", "one two three four five six", 25),
            "say: one two three four\n     five six\n"
        );
    }

    #[test]
    fn chinese_is_broken_between_its_signs_and_not_before_a_full_stop() {
        let text = "命名空间里没有这个 Secret。请先确认 imagePullSecrets 写的名字，再建。";
        let lines = wrapped("- ", text, 26);
        assert_eq!(
            lines.lines().collect::<Vec<_>>(),
            ["- 命名空间里没有这个", "  Secret。请先确认", "  imagePullSecrets 写的名", "  字，再建。"]
        );
        let widest = lines.lines().map(UnicodeWidthStr::width).max();
        assert!(widest <= Some(26), "{lines}");
        let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(without_spaces(&lines), without_spaces(&format!("- {text}")));
    }

    #[test]
    fn a_word_of_letters_stays_whole() {
        assert_eq!(
            wrapped("", "registry.example.com/team/app:1 x", 20),
            "registry.example.com/team/app:1\nx\n"
        );
    }
}
