//! A stream of documents, taken apart before any of them is read: one that is broken costs only itself.
//!
//! As `k8s.io/apimachinery/pkg/util/yaml` (0.36) does it, a line that begins with `---` separates.

use crate::text::Clean;

/// What `helm template` writes above each document.
const SOURCE: &str = "# Source: ";

/// One document that is not empty.
pub(super) struct Document<'t> {
    /// Its text.
    pub text: &'t str,
    /// The line of the stream on which the text begins, from 1.
    pub first_line: u32,
    /// The line of the stream on which something other than a comment stands first.
    pub line: u32,
    /// The template that it was made from, as Helm says.
    pub template: Clean,
}

/// The documents of a stream.
pub(super) fn documents(text: &str) -> Vec<Document<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut documents = Vec::new();
    let (mut start, mut first_line) = (0, 1);
    let (mut at, mut line) = (0, 1);
    for full in text.split_inclusive('\n') {
        if is_separator(full) {
            documents.extend(document(&text[start..at], first_line));
            // What stands on the line of the separator belongs to the next document.
            start = at + 3;
            first_line = line;
        }
        at += full.len();
        line += 1;
    }
    documents.extend(document(&text[start..], first_line));
    documents
}

/// A string that goes on for several lines is indented wherever it is part of an object, so that no line of it begins so.
fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

fn document(text: &str, first_line: u32) -> Option<Document<'_>> {
    let mut template = Clean::default();
    for (line, full) in (first_line..).zip(text.lines()) {
        let content = full.trim();
        if let Some(source) = content.strip_prefix(SOURCE) {
            template = Clean::with_cap(source, 512);
        }
        let is_nothing = content.is_empty() || content == "..." || content.starts_with(['#', '%']);
        if !is_nothing {
            return Some(Document { text, first_line, line, template });
        }
    }
    None
}

impl Document<'_> {
    /// The line of the stream on which a word stands first as a whole; the document's own where none does.
    pub fn line_of(&self, word: &str) -> u32 {
        let stands = |line: &str| {
            line.match_indices(word).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + word.len()..].chars().next();
                let is_edge = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "\"',{}[]".contains(c));
                is_edge(before) && is_edge(after)
            })
        };
        let mut lines = (self.first_line..).zip(self.text.lines());
        if word.is_empty() {
            return self.line;
        }
        lines.find(|(_, line)| stands(line)).map_or(self.line, |(number, _)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<u32> {
        documents(text).iter().map(|one| one.line).collect()
    }

    #[test]
    fn documents_are_told_apart_and_empty_ones_are_none() {
        assert_eq!(lines("a: 1\n---\nb: 1\n"), [1, 3]);
        assert_eq!(lines("---\n# only a comment\n---\n\n---\na: 1\n---\n"), [6]);
        assert_eq!(lines("\u{feff}--- # first\na: 1\r\n---\r\n\r\nb: 2\r\n...\n"), [2, 5]);
        assert_eq!(lines("--- {a: 1}\n"), [1]);
        assert_eq!(lines("%YAML 1.1\n---\na: 1"), [3]);
        assert_eq!(lines(""), [] as [u32; 0]);
    }

    #[test]
    fn dashes_inside_of_a_document_separate_nothing() {
        assert_eq!(lines("a: |\n  ---\n  b\n----\n"), [1]);
    }

    #[test]
    fn the_template_of_helm_is_known_by_its_comment() {
        let text = "---\n# Source: web/templates/deployment.yaml\nkind: Deployment\n---\nkind: Service\n";
        let found: Vec<String> = documents(text).iter().map(|one| one.template.to_string()).collect();
        assert_eq!(found, ["web/templates/deployment.yaml", ""]);
    }

    #[test]
    fn the_line_of_an_image_is_where_it_stands_as_a_whole() {
        let text = "kind: Pod\n---\n# r/app:1\nkind: Pod\nspec:\n  containers:\n  - image: r/app:10\n  - image: \"r/app:1\"\n";
        let all = documents(text);
        assert_eq!(all[1].line, 4);
        assert_eq!((all[1].line_of("r/app:10"), all[1].line_of("r/other")), (7, 4));
        let text = "kind: Pod\nspec:\n- {name: x, image: r/app:1}\n";
        assert_eq!(documents(text)[0].line_of("r/app:1"), 3);
    }
}
