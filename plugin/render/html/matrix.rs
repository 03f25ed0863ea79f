//! Harbor: who accepts whose tokens, and what is known of it as a whole.

use regauth::evidence::harbor::Verdict;
use regauth::report::harbor_rows::MatrixRow;
use regauth::report::{HarborSummary, Report};

use super::super::harbor;
use super::super::harbor::matrix::{KeyPair, legend, mark, of_keys, verdict, words};
use super::super::sheets::ROOMY;
use super::markup::Html;
use super::{Section, heads, silent, table};

/// Of more cores than these the picture is one of keys.
const CORES: usize = 40;

/// The section; `None` where no Harbor was asked.
pub fn section(report: &Report) -> Option<Section> {
    let harbor = report.harbor.as_ref()?;
    let picture = harbor.matrix.as_ref().filter(|matrix| !matrix.cells.is_empty()).map(picture);
    Some(Section::new("harbor", "Harbor", picture.unwrap_or_default().and(told(harbor))))
}

fn told(harbor: &HarborSummary) -> Html {
    let line = |(name, words): (String, String)| Html::tag("dt", name).and(Html::tag("dd", words));
    let lines: Html = harbor::told(harbor).into_iter().map(line).collect();
    if lines.is_empty() { lines } else { Html::tag("dl", lines) }
}

fn picture(matrix: &MatrixRow) -> Html {
    let told = "Who accepts whose tokens: the token of a row's core, shown to a column's.";
    let table = if matrix.cores.len() > CORES { by_keys(matrix) } else { by_cores(matrix) };
    Html::tag("p", told).and(table).and(Html::with("p", &[("class", "muted")], legend(matrix, &ROOMY)))
}

fn by_cores(matrix: &MatrixRow) -> Html {
    let numbers: Vec<String> = (1..=matrix.cores.len()).map(|number| number.to_string()).collect();
    let titles = ["Core", "Key"].into_iter().chain(numbers.iter().map(String::as_str));
    let row = |(issuer, core): (usize, &regauth::report::harbor_rows::MatrixCore)| {
        let name = format!("{} {}", issuer + 1, core.name);
        let name = Html::with("th", &[("scope", "row")], name);
        let cells = (0..matrix.cores.len()).map(|verifier| cell(verdict(matrix, issuer, verifier)));
        Html::tag(
            "tr",
            name.and(Html::tag("td", core.key.as_deref().unwrap_or("-"))).and(cells.collect::<Html>()),
        )
    };
    table("Who accepts whose tokens", heads(titles), matrix.cores.iter().enumerate().map(row).collect())
}

fn cell(verdict: Option<Verdict>) -> Html {
    let spoken = Html::with("span", &[("class", "vh")], words(verdict));
    Html::with("td", &[("class", class(verdict))], silent(&mark(verdict, false).to_string()).and(spoken))
}

fn class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Accepted) => "ok",
        Some(Verdict::Rejected) => "failed",
        Some(Verdict::NoToken | Verdict::Unreachable | Verdict::Unclear) => "unfinished",
        None => "untested",
    }
}

fn by_keys(matrix: &MatrixRow) -> Html {
    let row = |pair: &KeyPair<'_>| {
        let told = pair.counts.iter().map(|(verdict, count)| format!("{count} {}", words(Some(*verdict))));
        let cells = [pair.issuer.to_string(), pair.verifier.to_string(), told.collect::<Vec<_>>().join(", ")];
        Html::tag("tr", cells.into_iter().map(|text| Html::tag("td", text)).collect::<Html>())
    };
    let rows = of_keys(matrix).iter().map(row).collect();
    table("Who accepts whose tokens", heads(["Token of key", "at cores with key", "pairs"]), rows)
}
