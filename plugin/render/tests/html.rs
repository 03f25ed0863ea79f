//! The page, as far as it can be told without a browser; tests/html.rs has a real one look.

use regauth::finding::Severity;

use super::fixture::{HOSTILE, cluster};
use crate::render::html;

const STYLE: &str = include_str!("../html/style.css");

#[test]
fn everything_that_the_report_has_is_on_the_page() {
    let page = html::report(&cluster(5));
    for id in ["findings", "nodes", "harbor", "clocks", "phases", "unchecked", "rows"] {
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}: {page}");
        assert!(page.contains(&format!("<a href=\"#{id}\">")), "{id} is in the contents");
    }
    for text in [
        "sudoedit /etc/containerd",
        "hosts.toml",
        "pull/node3/0",
        "https://10.0.0.1:6443",
        "DNS 3ms → connect",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn nothing_on_the_page_is_fetched_from_anywhere() {
    let page = html::report(&cluster(5));
    for word in [
        " src=", "<link", "<img", "<iframe", "@import", "url(", "<object", "<embed", "srcset", "<base",
        "<form",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(
        page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;;"),
        "{page}"
    );
    // Where a browser takes the policy at its word, an attribute with a style or an event would do nothing.
    assert!(!page.contains(" style=") && !page.contains(" onclick="));
    let away = page.split("href=\"").skip(1).filter(|rest| !rest.starts_with('#'));
    for rest in away {
        assert!(
            rest.starts_with("https://github.com/kubectl-regauth/kubectl-regauth/blob/main/docs/runbooks/"),
            "{rest}"
        );
    }
}

#[test]
fn hostile_text_is_escaped_wherever_it_stands() {
    let mut report = cluster(5);
    report.plan.nodes[0].name = HOSTILE.into();
    report.run.server = HOSTILE.into();
    report.not_checked[0].what = HOSTILE.into();
    report.findings[0].subject.nodes = vec![HOSTILE.into()];
    report.findings[0].fixes[0].patches[0].text = HOSTILE.into();
    let page = html::report(&report);
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
    assert!(!page.contains('\u{1}') && !page.contains("<script>alert"));
    let escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;|`a` ```b ]]&gt; &quot;q&quot; &amp; ![i]";
    assert!(page.matches(escaped).count() >= 8, "{page}");
}

#[test]
fn five_hundred_nodes_stay_under_a_megabyte_with_the_bad_ones_first() {
    let page = html::report(&cluster(500));
    assert!(page.len() < 1_000_000, "{}", page.len());
    let map = page.split("<section id=\"nodes\"").nth(1).unwrap().split("</section>").next().unwrap();
    let (open, folded) = map.split_once("<details").unwrap();
    for node in ["node2", "node3", "node4", "node450"] {
        assert!(open.contains(&format!("<th scope=\"row\">{node}<")), "{node}: {open}");
    }
    assert!(!open.contains(">node5</th>") && folded.contains(">node5</th>"));
    assert!(folded.contains("487 nodes are well"), "{}", &folded[..200]);
    assert!(open.contains("<a href=\"#f2\">EgressBlocked</a>"), "{open}");
}

#[test]
fn every_anchor_leads_somewhere_and_no_id_is_there_twice() {
    let page = html::report(&cluster(500));
    let mut ids: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for rest in page.split("href=\"#").skip(1) {
        let target = rest.split('"').next().unwrap();
        assert!(ids.binary_search(&target).is_ok(), "{target}");
    }
}

#[test]
fn tags_are_closed_in_the_order_in_which_they_were_opened() {
    let page = html::report(&cluster(60));
    let mut open: Vec<&str> = Vec::new();
    let body = page.replace(include_str!("../html/script.js"), "").replace(STYLE, "");
    for rest in body.split('<').skip(1) {
        let name = rest.split([' ', '>']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{rest}"),
            None if !matches!(name, "!doctype" | "meta") => open.push(name),
            None => {}
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn a_severity_and_a_result_have_a_word_and_a_mark_beside_their_colour() {
    let page = html::report(&cluster(5));
    for severity in [Severity::Error, Severity::Warning, Severity::Unknown, Severity::Info] {
        let word = severity.as_str();
        assert!(page.contains(&format!("</span> {word}</span>")), "{word}: {page}");
    }
    for cell in ["✓ ok", "✗ failed", "… not finished", "– not tested"] {
        assert!(page.contains(cell), "{cell}");
    }
    assert!(page.contains("<span class=\"vh\">rejected</span>"), "{page}");
}

/// The value of a variable in the part of the style for a scheme.
fn colour(part: &str, name: &str) -> Option<[f64; 3]> {
    let text = part.split(&format!("--{name}: #")).nth(1)?.get(..6)?;
    let channel =
        |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok().map(|value| f64::from(value) / 255.0);
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// WCAG 2.2, relative luminance and contrast ratio.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let linear =
        |value: f64| if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    let light = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_has_the_contrast_of_wcag_aa_in_light_and_dark() {
    let (light, dark) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for text in ["fg", "muted", "link"] {
        pairs.extend(["bg", "panel"].map(|ground| (text.into(), ground.into())));
    }
    for name in ["error", "warning", "unknown", "info", "ok"] {
        pairs.extend([(name.into(), format!("{name}-bg")), (name.into(), "bg".into())]);
    }
    for (scheme, part) in [("light", light), ("dark", dark)] {
        for (text, ground) in &pairs {
            let ratio = contrast(colour(part, text).unwrap(), colour(part, ground).unwrap());
            assert!(ratio >= 4.5, "{scheme}: {text} on {ground}: {ratio:.2}");
        }
    }
}

#[test]
fn what_was_not_checked_is_not_called_well() {
    let mut report =
        super::report(regauth::evidence::Action::Pull, &[], vec![super::pull("node1", super::Verdict::Ok)]);
    report.not_checked = cluster(5).not_checked;
    let page = html::report(&report);
    assert!(
        page.contains("Nothing was found; 1 check was not made.") && !page.contains("badge well"),
        "{page}"
    );
}

#[test]
fn a_page_without_findings_says_so() {
    let report =
        super::report(regauth::evidence::Action::Pull, &[], vec![super::pull("node1", super::Verdict::Ok)]);
    let page = html::report(&report);
    assert!(
        page.contains("<span class=\"badge well\"><span aria-hidden=\"true\">✓</span> well</span>"),
        "{page}"
    );
    assert!(page.contains("<p>Nothing was found.</p>") && page.contains("1 node is well"), "{page}");
}
