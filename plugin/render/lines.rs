//! One line a pull or push, by a kubelet or a probe: the same columns for both, so that they can be compared.

use regauth::evidence::{Action, Network};
use regauth::report::{ProbeRow, PullRow, Report, Row, Verdict};

use super::grid::{Column, Layout, RESULT, grid};
use super::sheets::{ROOMY, Sheet};
use super::units::{bytes, certain, millis, none, presence, verdict};

/// From this width on the identity has a column of its own.
const WIDE_TERMINAL: u16 = 120;

/// What a line shows.
pub struct Line {
    pub node: String,
    /// `kubelet` or `probe`.
    pub method: &'static str,
    /// `-` for a kubelet, whose network is the node's.
    pub network: String,
    pub image: String,
    pub result: Verdict,
    pub identity: String,
    step: Option<String>,
    took_ms: Option<u64>,
    size: Option<u64>,
    rate: Option<String>,
    code: Option<String>,
    certain: Option<bool>,
    waited_ms: Option<u64>,
    image_used: String,
    pod: String,
    on_node: Option<&'static str>,
    message: Option<String>,
}

impl From<&PullRow> for Line {
    fn from(row: &PullRow) -> Self {
        Self {
            node: row.node.clone(),
            method: "kubelet",
            network: none(),
            image: row.image.clone(),
            result: row.result,
            identity: row.identity.clone(),
            step: None,
            took_ms: row.took_ms,
            size: row.size_bytes,
            rate: None,
            code: row.code.map(|code| code.to_string()),
            certain: row.certain,
            waited_ms: row.waited_ms,
            image_used: row.image_rewritten.clone().unwrap_or_else(|| row.image.clone()),
            pod: row.pod.clone(),
            on_node: Some(presence(row.on_node_before)),
            message: row.message.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&ProbeRow> for Line {
    fn from(row: &ProbeRow) -> Self {
        Self {
            node: if row.node.is_empty() { none() } else { row.node.clone() },
            method: "probe",
            network: row.network.as_str().into(),
            image: row.image.clone(),
            result: row.result,
            identity: row.identity.clone(),
            step: row.step.clone(),
            took_ms: row.took_ms,
            size: None,
            rate: row.series.as_ref().and_then(|series| Some(series.refusal_rate?.describe())),
            code: row.code.map(|code| code.to_string()),
            certain: row.certain,
            waited_ms: None,
            image_used: row.image.clone(),
            pod: if row.pod.is_empty() { none() } else { row.pod.clone() },
            on_node: None,
            message: row.message.as_ref().map(ToString::to_string),
        }
    }
}

/// The lines of a report, those of one node and image beside each other.
pub fn lines(report: &Report) -> Vec<Line> {
    lines_of(report, |_| true)
}

/// Those of kubelets, and of some of the probes.
pub fn lines_of(report: &Report, is_shown: impl Fn(&ProbeRow) -> bool) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for row in &report.results {
        match row {
            Row::Pull(row) => lines.push(row.into()),
            Row::Probe(row) if row.action != Action::Limits && is_shown(row) => lines.push(row.into()),
            _ => {}
        }
    }
    let places: Vec<(String, String)> =
        lines.iter().map(|line| (line.node.clone(), line.image.clone())).collect();
    let node = |line: &Line| places.iter().position(|(node, _)| *node == line.node);
    let image = |line: &Line| places.iter().position(|(_, image)| *image == line.image);
    // Stable: kubelets before probes, as in the report.
    lines.sort_by_key(|line| (node(line), image(line)));
    lines
}

/// The lines as a table; empty when there are none.
pub fn table(lines: &[Line], layout: &Layout) -> String {
    if lines.is_empty() {
        return String::new();
    }
    grid(lines, &columns(lines, layout), |line| line.result, layout)
}

/// The lines as a sheet.
pub fn sheet(report: &Report) -> Option<Sheet> {
    let lines = lines(report);
    Sheet::of("Pulls and pushes", &lines, &columns(&lines, &ROOMY), |line| line.result)
}

fn columns(lines: &[Line], layout: &Layout) -> Vec<Column<Line>> {
    let all = layout.all();
    let several = |text: fn(&Line) -> String| lines.windows(2).any(|pair| text(&pair[0]) != text(&pair[1]));
    let any = |has: fn(&Line) -> bool| lines.iter().any(has);
    let has_probes = any(|line| line.method == "probe");
    let local = lines.iter().all(|line| line.network == Network::Local.as_str());
    let wide_terminal = layout.width.is_some_and(|width| width >= WIDE_TERMINAL);
    let column = Column::<Line>::new;
    let columns = [
        (all || !local, column("NODE", |line| line.node.clone())),
        (
            has_probes && (all || several(|line| line.method.into())),
            // A network of `-` is a kubelet's: where that is shown, the method can be spared, last of all.
            column("METHOD", |line| line.method.into()).spare(u8::from(several_networks(lines))),
        ),
        (has_probes && (all || several_networks(lines)), column("NETWORK", |line| line.network.clone())),
        (all || local || several(|line| line.image.clone()), column("IMAGE", |line| line.image.clone())),
        (true, column(RESULT, |line| verdict(line.result).into())),
        (
            any(|line| line.step.is_some()) || (has_probes && all),
            column("STEP", |line| line.step.clone().unwrap_or_else(none)).spare(2),
        ),
        (
            all || any(|line| line.took_ms.is_some()),
            column("TIME", |line| line.took_ms.map_or_else(none, millis)).spare(3),
        ),
        (
            all || any(|line| line.size.is_some()),
            column("SIZE", |line| line.size.map_or_else(none, bytes)).spare(5),
        ),
        (
            any(|line| line.rate.is_some()) && all,
            column("REFUSED", |line| line.rate.clone().unwrap_or_else(none)),
        ),
        (
            all || wide_terminal || (!has_probes && several(|line| line.identity.clone())),
            column("IDENTITY", |line| line.identity.clone()),
        ),
        (
            all || any(|line| line.code.is_some()),
            column("CODE", |line| line.code.clone().unwrap_or_else(none)).whole(),
        ),
        (all || any(|line| line.code.is_some()), column("CERTAIN", |line| certain(line.certain)).spare(4)),
        (layout.wide, column("WAITED", |line| line.waited_ms.map_or_else(none, millis))),
        (layout.wide, column("IMAGE USED", |line| line.image_used.clone())),
        (layout.wide, column("POD", |line| line.pod.clone())),
        (all, column("ON NODE BEFORE", |line| line.on_node.map_or_else(none, Into::into))),
        (all, column("MESSAGE", |line| line.message.clone().unwrap_or_else(none))),
    ];
    columns.into_iter().filter(|(shown, _)| *shown).map(|(_, column)| column).collect()
}

/// Whether probes looked from more than one network; kubelets have none of their own.
fn several_networks(lines: &[Line]) -> bool {
    let mut networks = lines.iter().filter(|line| line.method == "probe").map(|line| &line.network);
    let first = networks.next();
    networks.any(|network| Some(network) != first)
}

/// Which identity each method and network used, where the table has no column for it.
pub fn identities(lines: &[Line], layout: &Layout) -> Vec<String> {
    let has_column = layout.all() || layout.width.is_some_and(|width| width >= WIDE_TERMINAL);
    if has_column || lines.iter().all(|line| line.method == "kubelet") {
        return Vec::new();
    }
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for line in lines {
        let who = match line.method {
            _ if line.network == Network::Local.as_str() => "this machine".into(),
            "probe" => format!("the probe ({} network)", line.network),
            _ => "the kubelet".into(),
        };
        let known = told.iter().position(|(one, _)| *one == who);
        let at = known.unwrap_or_else(|| {
            told.push((who, Vec::new()));
            told.len() - 1
        });
        if let Some((_, identities)) = told.get_mut(at)
            && !identities.contains(&line.identity.as_str())
        {
            identities.push(&line.identity);
        }
    }
    told.into_iter().map(|(who, identities)| format!("{who}: {}", identities.join(", "))).collect()
}
