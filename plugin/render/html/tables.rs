//! What was not checked, and every row.

use regauth::report::{NotChecked, NotCheckedState, Report, Verdict};

use super::super::grid::RESULT;
use super::super::sheets::{Line, ROOMY, Sheet, sheets};
use super::super::{explain, headline, stores, workloads};
use super::markup::Html;
use super::{Section, folded, heads, more, of_verdict, table};

/// So many rows of each sort are shown.
const SHOWN: usize = 1_000;
/// More than so many lines are folded away.
const OPEN: usize = 50;

/// What was not checked, what was refused or failed first; `None` where there is nothing.
pub fn not_checked(report: &Report) -> Option<Section> {
    if report.not_checked.is_empty() {
        return None;
    }
    let mut items: Vec<&NotChecked> = report.not_checked.iter().collect();
    items.sort_by_key(|item| item.state == NotCheckedState::LeftOut);
    let row = |item: &&NotChecked| {
        let cells = [item.what.as_str(), headline::state(item.state), item.why.as_str()];
        Html::tag("tr", cells.into_iter().map(|text| Html::tag("td", text)).collect::<Html>())
    };
    let rows = items.iter().take(SHOWN).map(row).collect();
    let body = table("Not checked", heads(["What", "How", "Why"]), rows)
        .and(more(items.len().saturating_sub(SHOWN), "more"));
    let body = match items.len() > OPEN {
        true => folded("print", &format!("{} things", items.len()), body),
        false => body,
    };
    Some(Section::new("unchecked", "Not checked", body))
}

/// Every row, by kind; `None` where there is none.
pub fn rows(report: &Report) -> Option<Section> {
    let tables: Html = sheets(report).iter().map(sheet).collect();
    let texts = [
        ("How it comes about", workloads::chains(report, &ROOMY)),
        ("Credentials of this machine", stores::section(report, &ROOMY)),
        ("Only follows", explain::followers(report).join("\n")),
    ];
    let texts: Html = texts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(title, text)| Html::tag("h3", title).and(Html::tag("pre", text.trim_matches('\n'))))
        .collect();
    let body = tables.and(texts);
    (!body.is_empty()).then(|| Section::new("rows", "Results", body))
}

fn sheet(sheet: &Sheet) -> Html {
    let (bad, well) = sheet.parted();
    let mut body = Html::tag("h3", sheet.title);
    if !bad.is_empty() {
        body = body.and(lines(sheet, bad));
    }
    match well.len() {
        0 => body,
        few if few <= OPEN && bad.is_empty() => body.and(lines(sheet, well)),
        many => body.and(folded("", &format!("{many} that are well"), lines(sheet, well))),
    }
}

fn lines(sheet: &Sheet, rows: &[Line]) -> Html {
    let shown = rows.iter().take(SHOWN).map(|(verdict, cells)| row(sheet, *verdict, cells)).collect();
    table(sheet.title, heads(sheet.head.iter().copied()), shown)
        .and(more(rows.len().saturating_sub(SHOWN), "more rows"))
}

fn row(sheet: &Sheet, verdict: Verdict, cells: &[String]) -> Html {
    let (class, mark) = of_verdict(verdict);
    let cell = |(title, text): (&&str, &String)| match *title == RESULT {
        true => Html::with("td", &[("class", class)], format!("{mark} {text}")),
        false => Html::tag("td", text.as_str()),
    };
    Html::tag("tr", sheet.head.iter().zip(cells).map(cell).collect::<Html>())
}
