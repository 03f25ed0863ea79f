//! XML 1.0, written by hand: elements, attributes and text.

/// Text for an element. Characters that XML 1.0 does not have, not even as references (production 2, `Char`), become
/// U+FFFD.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // `]]>` may not stand in text.
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A reader makes a line end of it otherwise (2.11).
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(letter),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

/// Attributes, each with a blank before it. Their line ends and tabs would be made blanks by a reader (3.3.3) if they were
/// not references.
pub fn attributes(pairs: &[(&str, String)]) -> String {
    let value = |text: &str| escaped(text).replace('\n', "&#10;").replace('\t', "&#9;");
    pairs.iter().map(|(name, text)| format!(" {name}=\"{}\"", value(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_that_xml_forbids_gets_through() {
        let all: String = (0..=0x10_ffff_u32).filter_map(char::from_u32).collect();
        let is_char = |letter: char| matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        let text = escaped(&all);
        assert!(text.chars().all(is_char));
        assert!(!text.contains(['<', '>', '"', '\r']));
        assert!(!attributes(&[("a", all)]).contains(['<', '>', '\n', '\r', '\t']));
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        let text = "a \"b\" <c> & ]]>\r\n\td";
        let document = format!("<x{}>{}</x>", attributes(&[("y", text.into())]), escaped(text));
        let read = roxmltree::Document::parse(&document).unwrap();
        assert_eq!(read.root_element().attribute("y"), Some(text));
        assert_eq!(read.root_element().text(), Some(text));
    }
}
