//! Which check ended how on which node: those where something is wrong first, those that are well folded away.

use std::collections::HashMap;

use regauth::report::{Report, Verdict};

use super::super::rows::View;
use super::super::sheets::rank;
use super::super::units;
use super::markup::Html;
use super::{Section, findings, folded, heads, more, of_verdict, table};

/// So many nodes of each sort are shown.
const SHOWN: usize = 1_000;

/// What one check came to on one node: one row for each image and the like.
#[derive(Default)]
struct Cell {
    rows: usize,
    /// How many ended as the worst did.
    worst: Option<(Verdict, usize)>,
    /// The code of the first that has one, and where its finding is.
    code: Option<(String, Option<String>)>,
}

impl Cell {
    fn add(&mut self, verdict: Verdict, code: Option<(String, Option<String>)>) {
        self.rows += 1;
        self.worst = match self.worst {
            Some((worst, count)) if worst == verdict => Some((worst, count + 1)),
            Some((worst, count)) if rank(worst) < rank(verdict) => Some((worst, count)),
            _ => Some((verdict, 1)),
        };
        if self.code.is_none() {
            self.code = code;
        }
    }
}

struct Node<'r> {
    name: &'r str,
    cells: HashMap<usize, Cell>,
    /// Why it was left out.
    skip: Option<&'r str>,
}

impl Node<'_> {
    fn rank(&self) -> u8 {
        let cells = self.cells.values().filter_map(|cell| cell.worst).map(|(verdict, _)| rank(verdict));
        let untested = self.skip.map(|_| rank(Verdict::NotTested));
        cells.chain(untested).min().unwrap_or_else(|| rank(Verdict::NotTested))
    }
}

/// The section; `None` where no node was tested.
pub fn section(report: &Report) -> Option<Section> {
    let (mut nodes, checks) = gathered(report);
    if checks.is_empty() {
        return None;
    }
    // Stable: among equals the report's order stays.
    nodes.sort_by_key(Node::rank);
    let (bad, well) = nodes.split_at(nodes.partition_point(|node| node.rank() < rank(Verdict::Ok)));
    let mut body = Html::default();
    if !bad.is_empty() {
        body = body.and(of_nodes("Nodes where something is wrong", bad, &checks));
    }
    if !well.is_empty() {
        let summary = match well.len() {
            1 => "1 node is well".to_string(),
            many => format!("{many} nodes are well"),
        };
        body = body.and(folded("", &summary, of_nodes("Nodes that are well", well, &checks)));
    }
    Some(Section::new("nodes", "Nodes and checks", body))
}

/// The nodes in the order of the plan, then of the rows, and the checks in that of the rows.
fn gathered(report: &Report) -> (Vec<Node<'_>>, Vec<String>) {
    let mut checks: Vec<String> = Vec::new();
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for planned in &report.plan.nodes {
        places.insert(&planned.name, nodes.len());
        let skip = planned.skip.as_ref().map(|skip| skip.detail.as_str());
        nodes.push(Node { name: &planned.name, cells: HashMap::new(), skip });
    }
    for view in report.results.iter().map(View::of).filter(|view| !view.nodes.is_empty()) {
        let check = checks.iter().position(|one| *one == view.check).unwrap_or_else(|| {
            checks.push(view.check.clone());
            checks.len() - 1
        });
        let code = view.code.map(|code| (code.to_string(), target(&view, report)));
        for name in &view.nodes {
            let place = *places.entry(name).or_insert_with(|| {
                nodes.push(Node { name, cells: HashMap::new(), skip: None });
                nodes.len() - 1
            });
            if let Some(node) = nodes.get_mut(place) {
                node.cells.entry(check).or_default().add(view.result, code.clone());
            }
        }
    }
    (nodes, checks)
}

fn target(view: &View<'_>, report: &Report) -> Option<String> {
    let finding = view.finding(report)?;
    let at = report.findings.iter().position(|one| std::ptr::eq(one, finding))?;
    findings::anchor(at)
}

fn of_nodes(label: &str, nodes: &[Node<'_>], checks: &[String]) -> Html {
    let titles = ["Node"].into_iter().chain(checks.iter().map(String::as_str));
    let rows: Html = nodes.iter().take(SHOWN).map(|node| row(node, checks.len())).collect();
    table(label, heads(titles), rows).and(more(nodes.len().saturating_sub(SHOWN), "more nodes"))
}

fn row(node: &Node<'_>, checks: usize) -> Html {
    let why = node.skip.map(|why| Html::with("span", &[("class", "muted")], format!(" {why}")));
    let name = Html::with("th", &[("scope", "row")], Html::text(node.name).and(why.unwrap_or_default()));
    let missing = node.skip.map_or("", |_| "– not tested");
    let cells = (0..checks).map(|check| match node.cells.get(&check) {
        Some(one) => cell(one),
        None => Html::with("td", &[("class", "untested")], missing),
    });
    Html::tag("tr", name.and(cells.collect::<Html>()))
}

fn cell(cell: &Cell) -> Html {
    let Some((verdict, count)) = cell.worst else { return Html::tag("td", "") };
    let (class, mark) = of_verdict(verdict);
    let words = match cell.rows {
        1 => units::verdict(verdict).to_string(),
        all => format!("{count} of {all} {}", units::verdict(verdict)),
    };
    let code = match &cell.code {
        Some((code, Some(target))) => {
            Html::text(" ").and(Html::with("a", &[("href", &format!("#{target}"))], code.as_str()))
        }
        Some((code, None)) => Html::text(&format!(" {code}")),
        None => Html::default(),
    };
    Html::with("td", &[("class", class)], Html::text(&format!("{mark} {words}")).and(code))
}
