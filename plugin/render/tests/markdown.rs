//! Markdown as a parser of CommonMark with GitHub's tables reads it.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::fixture::{HOSTILE, cluster};
use crate::render::markdown;

fn events(text: &str) -> Vec<Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).collect()
}

#[test]
fn findings_come_first_each_with_its_page_and_its_commands_as_blocks() {
    let text = markdown::report(&cluster(5));
    let order = ["# kubectl regauth pull", "## Findings", "## Not checked", "## Results"];
    let places: Vec<usize> = order.iter().map(|heading| text.find(heading).expect(heading)).collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.contains("**5 errors, 1 warning, 1 unknown, 1 remark; 1 check was not made.**"), "{text}");
    assert!(
        text.contains("docs/runbooks/CertificateUntrusted.md)\n\n`registry/r.example.com on node3`\n"),
        "{text}"
    );
    let blocks: Vec<String> = events(&text)
        .iter()
        .filter_map(|event| match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => Some(language.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(blocks.iter().filter(|one| *one == "sh").count(), 2, "{text}");
    assert!(text.contains("In `hosts.toml`:\n\n```yaml\nca = \"/PATH/TO/CA.crt\"\n```\n"), "{text}");
}

#[test]
fn nothing_of_hostile_text_is_markup() {
    let text = markdown::report(&cluster(5));
    let mut inside = String::new();
    for event in events(&text) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html}"),
            Event::Start(Tag::Image { dest_url, .. }) => panic!("{dest_url}"),
            Event::Start(Tag::Emphasis | Tag::Strikethrough) => panic!("emphasis: {text}"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.contains("/docs/runbooks/"), "{dest_url}");
            }
            Event::Text(words) | Event::Code(words) => inside.push_str(&words),
            _ => {}
        }
    }
    // It is all there, as text.
    let words = HOSTILE.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(inside.contains(&words), "{inside}");
}

#[test]
fn every_row_of_a_table_has_the_cells_of_its_head() {
    let mut report = cluster(5);
    if let regauth::report::Row::Failing(row) = &mut report.results[13] {
        row.image = HOSTILE.into();
    }
    let text = markdown::report(&report);
    let (mut cells, mut heads, mut rows) = (0, 0, 0);
    for event in events(&text) {
        match event {
            Event::Start(Tag::TableHead) => (cells, heads) = (0, 0),
            Event::End(pulldown_cmark::TagEnd::TableHead) => heads = cells,
            Event::Start(Tag::TableRow) => cells = 0,
            Event::End(pulldown_cmark::TagEnd::TableRow) => {
                rows += 1;
                assert_eq!(cells, heads, "{text}");
            }
            Event::Start(Tag::TableCell) => cells += 1,
            _ => {}
        }
    }
    assert!(rows > 15, "{rows}: {text}");
    let lines = text.lines().filter(|line| line.starts_with("| ") && line.contains("script"));
    for line in lines {
        let pipes = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
        assert_eq!(
            pipes,
            text.lines().find(|one| one.contains("FAILING")).unwrap().matches('|').count(),
            "{line}"
        );
    }
}

#[test]
fn a_paragraph_does_not_become_a_list_or_a_heading_by_how_it_begins() {
    let mut report = cluster(5);
    for cause in ["- a", "+ a", "1. a", "22) a", "# a", "> a", "=== a", "* a", "--- a"] {
        report.findings.truncate(1);
        report.findings[0].cause = cause.into();
        report.findings[0].fixes.clear();
        let text = markdown::report(&report);
        let found =
            text.split("## Findings").nth(1).unwrap().split("## Not checked").next().unwrap().to_owned();
        let told = events(&found);
        let is_block = |event: &&Event<'_>| {
            matches!(event, Event::Start(Tag::List(_) | Tag::BlockQuote(_)) | Event::Rule)
        };
        assert!(!told.iter().any(|event| is_block(&event)), "{cause}: {told:?}");
        let headings = told.iter().filter(|event| matches!(event, Event::Start(Tag::Heading { .. }))).count();
        assert_eq!(headings, 1, "{cause}: {told:?}");
    }
}

#[test]
fn of_many_nodes_those_that_are_well_are_counted() {
    let text = markdown::report(&cluster(500));
    assert!(text.contains("more that are well"), "{text}");
    assert!(text.contains("| node450 | kubelet |"), "{text}");
    assert!(text.len() < 64 * 1024, "GitHub takes 65,536 characters in a comment: {}", text.len());
}

#[test]
fn a_report_without_findings_says_so() {
    let report =
        super::report(regauth::evidence::Action::Pull, &[], vec![super::pull("node1", super::Verdict::Ok)]);
    let text = markdown::report(&report);
    assert!(text.contains("**Nothing was found.**") && !text.contains("## Findings"), "{text}");
}
