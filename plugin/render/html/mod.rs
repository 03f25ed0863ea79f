//! A report as one HTML file that needs nothing else: no request leaves it, and without its script it is as readable.

mod clocks;
mod findings;
mod map;
mod markup;
mod matrix;
mod tables;
mod timeline;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regauth::finding::Severity;
use regauth::report::{ExitStatus, Report, Verdict};
use sha2::{Digest, Sha256};

use self::markup::Html;
use super::{headline, summary};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A part of the page: its anchor, its heading, and what is in it.
struct Section {
    id: &'static str,
    title: String,
    body: Html,
}

impl Section {
    fn new(id: &'static str, title: impl Into<String>, body: Html) -> Self {
        Self { id, title: title.into(), body }
    }
}

/// The report.
pub fn report(report: &Report) -> String {
    let sections = sections(report);
    let body = Html::with("a", &[("class", "skip"), ("href", "#findings")], "Skip to the findings")
        .and(header(report))
        .and(contents(&sections))
        .and(Html::tag("main", sections.iter().map(section).collect::<Html>()))
        .and(Html::with("p", &[("id", "status"), ("role", "status"), ("class", "vh")], ""))
        .and(footer(report))
        .and(Html::tag("script", Html::own(SCRIPT)));
    let page = Html::with("html", &[("lang", "en")], head(report).and(Html::tag("body", body)));
    format!("<!doctype html>\n{}\n", page.into_string())
}

/// The browser itself holds the page to what is promised: nothing is loaded, and only this style and this script count.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn head(report: &Report) -> Html {
    let title = format!("{}: {}", headline::command(report), headline::outcome(report));
    let parts = [
        Html::void("meta", &[("charset", "utf-8")]),
        Html::void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy())]),
        Html::void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
        // A link to a page of the project tells it nothing of where the report lies.
        Html::void("meta", &[("name", "referrer"), ("content", "no-referrer")]),
        Html::tag("title", title),
        Html::tag("style", Html::own(STYLE)),
    ];
    Html::tag("head", parts.into_iter().collect::<Html>())
}

fn header(report: &Report) -> Html {
    let worst = headline::counts(report).first().map(|(severity, _)| *severity);
    let badge = match (worst, report.exit_status(None)) {
        (Some(severity), _) => badge(severity).and(" "),
        (None, ExitStatus::Healthy) => pill("well", "✓", "well").and(" "),
        (None, _) => Html::default(),
    };
    let facts = headline::facts(report).into_iter();
    let facts = facts.map(|(name, value)| Html::tag("dt", name).and(Html::tag("dd", value)));
    let sentences = summary::sentences(report).into_iter().map(|text| Html::tag("li", text));
    let inner = Html::tag("h1", headline::command(report))
        .and(Html::with("p", &[("class", "outcome")], badge.and(headline::outcome(report))))
        .and(Html::tag("dl", facts.collect::<Html>()))
        .and(Html::tag("ul", sentences.collect::<Html>()));
    Html::tag("header", inner)
}

fn sections(report: &Report) -> Vec<Section> {
    let mut all = vec![findings::section(report)];
    all.extend(map::section(report));
    all.extend(matrix::section(report));
    all.extend(clocks::section(report));
    all.extend(timeline::section(report));
    all.extend(tables::not_checked(report));
    all.extend(tables::rows(report));
    all
}

fn section(section: &Section) -> Html {
    let heading = format!("{}-title", section.id);
    let title = Html::with("h2", &[("id", &heading)], section.title.as_str());
    Html::with(
        "section",
        &[("id", section.id), ("aria-labelledby", &heading)],
        title.and(section.body.clone()),
    )
}

fn contents(sections: &[Section]) -> Html {
    let link = |section: &Section| {
        let target = format!("#{}", section.id);
        Html::tag("li", Html::with("a", &[("href", &target)], section.title.as_str()))
    };
    let list = Html::tag("ul", sections.iter().map(link).collect::<Html>());
    Html::with("nav", &[("aria-label", "Contents")], list)
}

fn footer(report: &Report) -> Html {
    let text = format!(
        "Written by kubectl-regauth {}. The page is complete in itself and holds no credential.",
        env!("CARGO_PKG_VERSION")
    );
    let other = format!(" The run was made by version {}.", report.run.version);
    let same = report.run.version == env!("CARGO_PKG_VERSION");
    Html::tag("footer", if same { text } else { text + &other })
}

/// A severity as a word with a mark of its own, so that no colour is needed.
fn badge(severity: Severity) -> Html {
    let mark = match severity {
        Severity::Error => "✗",
        Severity::Warning => "▲",
        Severity::Unknown => "?",
        Severity::Info => "•",
    };
    pill(severity.as_str(), mark, severity.as_str())
}

fn pill(class: &str, mark: &str, word: &str) -> Html {
    Html::with("span", &[("class", &format!("badge {class}"))], silent(mark).and(format!(" {word}")))
}

/// A mark beside its word; whoever listens gets the word alone.
fn silent(mark: &str) -> Html {
    Html::with("span", &[("aria-hidden", "true")], mark)
}

/// The class of a cell, and the mark that stands before its word.
fn of_verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Ok => ("ok", "✓"),
        Verdict::Failed => ("failed", "✗"),
        Verdict::NotFinished => ("unfinished", "…"),
        Verdict::NotTested => ("untested", "–"),
    }
}

/// A table with its headings; what is wider than the page is scrolled within its own frame, by keyboard too.
fn table(label: &str, head: Html, rows: Html) -> Html {
    let table = Html::tag("thead", Html::tag("tr", head)).and(Html::tag("tbody", rows));
    framed("scroll", label, Html::tag("table", table))
}

fn framed(class: &str, label: &str, inner: Html) -> Html {
    Html::with(
        "div",
        &[("class", class), ("role", "region"), ("aria-label", label), ("tabindex", "0")],
        inner,
    )
}

fn heads<'t>(titles: impl IntoIterator<Item = &'t str>) -> Html {
    titles.into_iter().map(|title| Html::with("th", &[("scope", "col")], title)).collect()
}

/// What is folded away until somebody wants it.
fn folded(class: &str, summary: &str, inner: Html) -> Html {
    Html::with("details", &[("class", class)], Html::tag("summary", summary).and(inner))
}

/// Of a list that was cut: how many more there are.
fn more(count: usize, what: &str) -> Html {
    match count {
        0 => Html::default(),
        count => {
            Html::with("p", &[("class", "muted")], format!("… and {count} {what}; -o json has all of them."))
        }
    }
}
