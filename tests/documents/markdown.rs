//! What a document is made of.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What stands behind its first fence.
    pub language: String,
    /// Its lines.
    pub text: String,
}

/// The parts of a document that its translations have, too.
#[derive(Debug, Default)]
pub struct Document {
    /// The levels of its headings, in order.
    pub levels: Vec<HeadingLevel>,
    /// The texts of its headings.
    pub headings: Vec<String>,
    /// Its blocks of code.
    pub blocks: Vec<Block>,
    /// What stands in single quotes of code, outside of blocks.
    pub spans: Vec<String>,
    /// Where its links and images lead to.
    pub targets: Vec<String>,
    /// How many items its lists have.
    pub items: usize,
    /// How many rows its tables have, heads aside.
    pub rows: usize,
    /// All other text.
    pub prose: String,
}

/// The parts of a Markdown text.
pub fn document(text: &str) -> Document {
    let mut found = Document::default();
    let (mut block, mut heading): (Option<Block>, Option<String>) = (None, None);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                block = Some(Block { language, text: String::new() });
            }
            Event::End(TagEnd::CodeBlock) => found.blocks.extend(block.take()),
            Event::Start(Tag::Heading { level, .. }) => {
                found.levels.push(level);
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => found.headings.extend(heading.take()),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                found.targets.push(dest_url.to_string());
            }
            Event::Start(Tag::Item) => found.items += 1,
            Event::Start(Tag::TableRow) => found.rows += 1,
            Event::Text(text) => match (&mut block, &mut heading) {
                (Some(block), _) => block.text.push_str(&text),
                (None, Some(heading)) => heading.push_str(&text),
                (None, None) => found.prose.push_str(&text),
            },
            Event::Code(code) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&code);
                }
                found.spans.push(code.to_string());
            }
            _ => {}
        }
    }
    found
}

/// A block without what a translation says otherwise: comments of commands, remarks in brackets behind texts of programs.
pub fn without_remarks(block: &Block) -> String {
    let lines = block.text.lines().map(|line| match block.language.as_str() {
        "text" => without_bracketed(line),
        _ => without_comment(line),
    });
    lines.map(|line| line.trim_end().to_string() + "\n").collect()
}

/// A line without the remark in brackets at its end, which stands apart or alone.
fn without_bracketed(line: &str) -> &str {
    match line.trim_end().strip_suffix(')').and_then(|line| line.rfind('(')) {
        Some(at) if line[..at].is_empty() || line[..at].ends_with("  ") => &line[..at],
        _ => line,
    }
}

/// A line without its comment: what follows a `#` at its begin or behind a space, outside of quotes.
fn without_comment(line: &str) -> &str {
    let mut quotes = 0;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        quotes += usize::from(letter == '\'');
        if letter == '#' && before == ' ' && quotes % 2 == 0 && line[at..].starts_with("# ") {
            return &line[..at];
        }
        before = letter;
    }
    line
}

#[test]
fn remarks_are_left_out_and_commands_are_not() {
    let block = |language: &str, text: &str| Block { language: language.into(), text: text.into() };
    let text = block("text", "GHCR  denied: x   (a workflow's token)\n          (abuse)\nf(x)\n");
    assert_eq!(without_remarks(&text), "GHCR  denied: x\n\nf(x)\n");
    let commands = block("sh", "a 'b # c'   # remark\n# remark\nd --label=x#y\n");
    assert_eq!(without_remarks(&commands), "a 'b # c'\n\nd --label=x#y\n");
}
