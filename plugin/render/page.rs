//! A page of Markdown in a terminal, and the list of the codes.

use regauth::code::Code;

use super::findings::{DEFAULT_WIDTH, wrapped};

/// A page: for a terminal with its paragraphs wrapped and its links as text, for a pipe as it is.
pub fn page(markdown: &str, width: Option<u16>, colour: bool) -> String {
    let Some(width) = width else { return markdown.to_owned() };
    let mut out = String::new();
    let mut paragraph = Paragraph::default();
    let mut is_code = false;
    for line in markdown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        let is_whole =
            is_code || is_fence || line.starts_with("    ") && paragraph.is_empty() || line.starts_with('|');
        let item = item(line).filter(|_| !is_whole);
        if is_whole || line.trim().is_empty() || line.starts_with('#') || item.is_some() {
            paragraph.end(&mut out, usize::from(width));
        }
        is_code ^= is_fence;
        match item {
            _ if is_fence => {}
            // Not wrapped: commands are there to be copied.
            _ if is_code => out.push_str(&format!("    {line}\n")),
            _ if is_whole || line.trim().is_empty() => out.push_str(&format!("{line}\n")),
            _ if line.starts_with('#') => out.push_str(&heading(line, colour)),
            Some((mark, text)) => paragraph = Paragraph { mark, text: text.to_owned() },
            None => paragraph.add(line),
        }
    }
    paragraph.end(&mut out, usize::from(width));
    out
}

/// Where a code's page is on the web.
pub fn url(code: Code) -> String {
    format!("{}/blob/main/docs/runbooks/{code}.md", env!("CARGO_PKG_REPOSITORY"))
}

/// What a page says first: the paragraph below its title, in one line and without marks.
pub fn lead(markdown: &str) -> String {
    let below = markdown.lines().skip_while(|line| line.starts_with('#') || line.trim().is_empty());
    let paragraph: Vec<&str> = below.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    plain(&paragraph.join(" "))
}

/// What is wrapped together.
#[derive(Default)]
struct Paragraph {
    /// What stands before its first line; the others are indented as far.
    mark: String,
    text: String,
}

impl Paragraph {
    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn add(&mut self, line: &str) {
        if !self.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(line.trim());
    }

    fn end(&mut self, out: &mut String, width: usize) {
        let Self { mark, text } = std::mem::take(self);
        if !text.is_empty() {
            out.push_str(&wrapped(&mark, &plain(&text), width));
        }
    }
}

/// An item of a list: its mark with the indentation, and its text.
fn item(line: &str) -> Option<(String, &str)> {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    let mark = match text.split_once(' ')? {
        ("-" | "*", _) => "- ".to_owned(),
        (number, _) if number.ends_with('.') && number.trim_end_matches('.').parse::<u8>().is_ok() => {
            format!("{number} ")
        }
        _ => return None,
    };
    let text = text.split_once(' ').map_or("", |(_, text)| text);
    Some((format!("{indent}{mark}"), text))
}

fn heading(line: &str, colour: bool) -> String {
    let text = plain(line.trim_start_matches('#').trim());
    if colour { format!("\x1b[1m{text}\x1b[0m\n") } else { format!("{text}\n") }
}

/// Text without the signs of links, code and emphasis. Code keeps its words as they are.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            0 => out.push_str(&without_links(part).replace("**", "")),
            _ => out.push_str(part),
        }
    }
    out
}

/// `[text](target)` as its text, with the target behind it where that is a URL of its own.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        let Some((label, (target, after))) =
            behind.split_once("](").and_then(|(label, behind)| Some((label, behind.split_once(')')?)))
        else {
            break;
        };
        out.push_str(before);
        out.push_str(label);
        if target.starts_with("http") && target != label {
            out.push_str(&format!(" ({target})"));
        }
        rest = after;
    }
    out + rest
}

/// All codes with what they mean, one a line where nobody's terminal is too narrow.
pub fn codes(width: Option<u16>) -> String {
    let longest = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
    let width = width.map_or(usize::MAX, usize::from);
    let line = |code: &Code| {
        let head = format!("{code:longest$}  {:7}  ", code.severity().as_str());
        match width < DEFAULT_WIDTH {
            true => {
                format!("{code} ({})\n{}", code.severity().as_str(), wrapped("  ", code.meaning(), width))
            }
            false => wrapped(&head, code.meaning(), width),
        }
    };
    Code::ALL.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# NoCredential\n\nThe registry asks for a [credential](../x.md) and **none** is there; see\n[the \
                        specification](https://example.com/spec).\n\n## How to mend\n\n- Look at `kubectl get secret` and its \
                        type, then\n  at the ServiceAccount.\n1. Then this.\n\n```\nkubectl -n team create secret generic regcred --type=kubernetes.io/dockerconfigjson\n```\n";

    #[test]
    fn a_page_is_wrapped_for_a_terminal_and_its_commands_stay_whole() {
        let text = page(PAGE, Some(60), false);
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 60).collect();
        assert_eq!(
            wide,
            ["    kubectl -n team create secret generic regcred --type=kubernetes.io/dockerconfigjson"]
        );
        assert!(text.starts_with(
            "NoCredential\n\nThe registry asks for a credential and none is there; see\nthe specification"
        ));
        assert!(text.contains("(https://example.com/spec)"), "{text}");
        assert!(
            text.contains(
                "- Look at kubectl get secret and its type, then at the\n  ServiceAccount.\n1. Then this.\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_pipe_gets_the_page_as_it_is() {
        assert_eq!(page(PAGE, None, false), PAGE);
    }

    #[test]
    fn every_code_has_a_page_under_its_own_name() {
        for code in Code::ALL {
            assert!(code.runbook().starts_with(&format!("# {code}\n")), "{code}");
        }
    }

    #[test]
    fn the_list_has_every_code_once() {
        let piped = codes(None);
        assert_eq!(piped.lines().count(), Code::ALL.len());
        assert!(codes(Some(60)).lines().all(|line| line.chars().count() <= 60));
    }
}
