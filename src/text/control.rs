//! What a terminal would obey or hide: escape sequences, control and invisible format characters.

use std::iter::Peekable;
use std::str::Chars;

/// `text` without escape sequences, control characters and invisible format characters; a run of line breaks
/// and tabs becomes one space.
///
/// Sequences are those of ECMA-48 (5th edition), in their 7-bit and 8-bit forms. A string sequence (OSC, DCS,
/// SOS, PM, APC) that is not terminated loses its introducer alone: otherwise one stray byte would hide the
/// rest.
pub(super) fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => escape(&mut chars),
            '\u{9b}' => control_sequence(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => string_sequence(&mut chars),
            '\n' | '\r' | '\t' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                while chars.next_if(|next| is_break(*next)).is_some() {}
                out.push(' ');
            }
            c if c.is_control() || is_invisible(c) => {}
            c => out.push(c),
        }
    }
    out
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What follows an ESC.
fn escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            control_sequence(chars);
        }
        Some('P' | 'X' | ']' | '^' | '_') => {
            chars.next();
            string_sequence(chars);
        }
        _ => {
            while chars.next_if(|c| ('\u{20}'..='\u{2f}').contains(c)).is_some() {}
            chars.next_if(|c| ('\u{30}'..='\u{7e}').contains(c));
        }
    }
}

/// CSI: parameter bytes, intermediate bytes, one final byte.
fn control_sequence(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
    chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
}

/// OSC and its like: up to BEL or ST. Any other control character, or the end, means that it is not one.
fn string_sequence(chars: &mut Peekable<Chars<'_>>) {
    let mut ahead = chars.clone();
    loop {
        match ahead.next() {
            Some('\u{07}' | '\u{9c}') => break,
            Some('\u{1b}') if ahead.next() == Some('\\') => break,
            Some(c) if !c.is_control() => {}
            _ => return,
        }
    }
    *chars = ahead;
}

/// Characters that show nothing and change what is around them: bidirectional controls, joiners, fillers,
/// variation selectors, tags (Unicode 16, default-ignorable code points).
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn colours_titles_and_links_are_removed_whole() {
        assert_eq!(strip("\u{1b}[31;1mdenied\u{1b}[0m"), "denied");
        assert_eq!(strip("\u{1b}]0;you won\u{07}denied"), "denied");
        assert_eq!(strip("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\"), "link");
        assert_eq!(strip("\u{9b}2Jdenied\u{9d}0;t\u{9c}!"), "denied!");
        assert_eq!(strip("\u{1b}P1$r0m\u{1b}\\denied\u{1b}(B\u{1b}7"), "denied");
    }

    #[test]
    fn an_unterminated_sequence_does_not_hide_the_rest() {
        assert_eq!(strip("a\u{1b}]0;title: 401 Unauthorized"), "a0;title: 401 Unauthorized");
        assert_eq!(strip("a\u{1b}"), "a");
        assert_eq!(strip("a\u{1b}[31"), "a");
    }

    #[test]
    fn line_breaks_and_tabs_become_one_space() {
        assert_eq!(strip("a\r\n\tb\u{2028}c"), "a b c");
    }

    #[test]
    fn invisible_characters_cannot_split_or_turn_a_word() {
        assert_eq!(strip("pass\u{200b}word\u{202e}x\u{2066}y\u{feff}\u{e0041}\u{7f}\u{0}z"), "passwordxyz");
    }
}
