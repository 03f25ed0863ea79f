//! The findings, each with what was said, its evidence and commands to copy.

use regauth::finding::{Finding, Fix};
use regauth::report::Report;

use super::super::findings::place;
use super::super::page;
use super::markup::Html;
use super::{Section, badge, folded, more};

/// So many findings are shown; the worst come first.
const SHOWN: usize = 300;
/// So many nodes, images or pieces of evidence are named.
const NAMED: usize = 50;

/// The section; it is there even if nothing was found.
pub fn section(report: &Report) -> Section {
    let findings = report.findings.iter().take(SHOWN).enumerate();
    let mut body: Html = findings.map(|(at, finding)| article(at, finding)).collect();
    if body.is_empty() {
        body = Html::tag("p", "Nothing was found.");
    }
    let body = body.and(more(report.findings.len().saturating_sub(SHOWN), "more findings"));
    Section::new("findings", "Findings", body)
}

/// The anchor of the finding at a place of the report; `None` where it is not shown.
pub fn anchor(at: usize) -> Option<String> {
    (at < SHOWN).then(|| format!("f{}", at + 1))
}

fn article(at: usize, finding: &Finding) -> Html {
    let link =
        Html::with("a", &[("href", &page::url(finding.code)), ("rel", "noreferrer")], finding.code.as_str());
    let title = badge(finding.severity).and(" ").and(link).and(format!(": {}", place(&finding.subject)));
    let inner = Html::tag("h3", title)
        .and(Html::tag("p", finding.cause.as_str()))
        .and(doubt(finding))
        .and(said(finding))
        .and(finding.fixes.iter().map(fix).collect::<Html>())
        .and(evidence(finding));
    let class = format!("finding {}", finding.severity.as_str());
    let id = anchor(at).unwrap_or_default();
    Html::with("article", &[("class", &class), ("id", &id)], inner)
}

fn doubt(finding: &Finding) -> Html {
    if finding.certain {
        return Html::default();
    }
    let codes = finding.also_possible.iter().map(|code| {
        Html::text(" ").and(Html::with(
            "a",
            &[("href", &page::url(*code)), ("rel", "noreferrer")],
            code.as_str(),
        ))
    });
    let codes: Html = codes.collect();
    let codes = if codes.is_empty() { codes } else { Html::text(" Also possible:").and(codes).and(".") };
    let settled = finding.settle_by.as_ref().map(|by| format!(" Settled by: {by}."));
    let inner = Html::tag("strong", "Not certain.").and(codes).and(settled.unwrap_or_default());
    Html::tag("p", inner)
}

fn said(finding: &Finding) -> Html {
    let messages = finding.messages.iter().map(|message| Html::tag("pre", message.as_str()));
    let messages: Html = messages.collect();
    if messages.is_empty() { messages } else { Html::with("p", &[("class", "muted")], "Said:").and(messages) }
}

fn fix(fix: &Fix) -> Html {
    let patches = fix.patches.iter().map(|patch| {
        let place = Html::text("In ").and(Html::tag("code", patch.file.as_str())).and(":");
        Html::tag("p", place).and(copyable(&patch.text))
    });
    Html::tag("p", Html::tag("strong", "Mend:").and(format!(" {}", fix.what)))
        .and(patches.collect::<Html>())
        .and(copyable(&fix.command))
}

/// Text with a button that the script shows: without it there is none that does nothing.
fn copyable(text: &str) -> Html {
    let text = text.trim_end_matches('\n');
    let button = Html::with("button", &[("type", "button"), ("class", "copy"), ("hidden", "")], "Copy");
    Html::with("div", &[("class", "command")], Html::tag("pre", text).and(button))
}

fn evidence(finding: &Finding) -> Html {
    let subject = &finding.subject;
    let lists = [("Images", &subject.images), ("Nodes", &subject.nodes), ("Evidence", &finding.evidence)];
    let list = |(title, names): (&str, &Vec<String>)| match names.is_empty() {
        true => Html::default(),
        false => {
            let named = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let line =
                Html::text(&format!("{title}: ")).and(Html::with("span", &[("class", "names")], named));
            Html::tag("p", line).and(more(names.len().saturating_sub(NAMED), "more"))
        }
    };
    let inner: Html = lists.into_iter().map(list).collect();
    if inner.is_empty() { inner } else { folded("print", "Evidence", inner) }
}
