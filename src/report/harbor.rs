//! From the evidence and the findings about a Harbor to its rows and its summary.

use super::harbor_rows::{
    CoreRow, DecisionRow, FailingRow, HarborSummary, KeyRow, MatrixCore, MatrixRow, NodeRow,
};
use super::rows::{Row, Verdict};
use crate::diagnose::harbor::{self, Agrees, Core, Key, View};
use crate::evidence::Evidence;
use crate::evidence::harbor::Decision;
use crate::evidence::probe::{Exchange, ExchangeStep};
use crate::finding::{Finding, Severity};

/// A row each core.
pub(super) fn rows(evidence: &Evidence, findings: &[Finding]) -> Vec<Row> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let groups = view.groups();
    let letter = |place: usize| {
        let own = groups.iter().find(|group| group.cores.contains(&place));
        own.map(|group| group.letter.clone())
    };
    let rows = view.cores.iter().enumerate().map(|(place, core)| row(&view, core, letter(place), findings));
    rows.map(Row::Core).collect()
}

fn row(view: &View<'_>, core: &Core<'_>, key: Option<String>, findings: &[Finding]) -> CoreRow {
    let id = core.id();
    // What is only remarked is no cause of its row.
    let concerns = |finding: &&Finding| finding.severity != Severity::Info && finding.evidence.contains(&id);
    let finding = findings.iter().find(concerns);
    CoreRow {
        pod: core.name.to_string(),
        node: core.pod.map(|pod| pod.node.clone()).unwrap_or_default(),
        address: address(core),
        started_at: core.started_at(),
        restarts: core.pod.map_or(0, |pod| pod.restarts),
        image: core.pod.map(|pod| pod.image.clone()).unwrap_or_default(),
        version: core.seen.and_then(|seen| seen.info.as_ref()?.version.clone()),
        state: core.pod.map(|pod| pod.state),
        key,
        kid: core.seen.and_then(|seen| seen.kid()).cloned(),
        file_sha256: core.sum().map(str::to_string),
        agrees_with_secret: agrees(view.agrees(core)),
        clock: core.seen.and_then(|seen| seen.clock),
        result: verdict(core, finding),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        evidence: id,
    }
}

fn address(core: &Core<'_>) -> String {
    let of_pod = || core.pod.filter(|pod| !pod.ip.is_empty()).map(|pod| pod.address());
    core.seen.map(|seen| seen.address.clone()).or_else(of_pod).unwrap_or_default()
}

fn agrees(agrees: Agrees) -> Option<bool> {
    match agrees {
        Agrees::Yes => Some(true),
        Agrees::No { .. } => Some(false),
        Agrees::Unknown => None,
    }
}

fn verdict(core: &Core<'_>, finding: Option<&Finding>) -> Verdict {
    let is_known = core.kid().is_some() || core.sum().is_some();
    match finding.map(|finding| finding.severity) {
        Some(Severity::Error) => Verdict::Failed,
        _ if core.seen.is_some_and(|seen| !seen.answers()) => Verdict::Failed,
        _ if is_known => Verdict::Ok,
        _ => Verdict::NotTested,
    }
}

fn nodes(view: &View<'_>) -> Vec<NodeRow> {
    let row = |view: &View<'_>| {
        let front = view.seen?.front.as_ref()?;
        Some(NodeRow {
            node: view.probe?.node.clone(),
            url: front.url.clone(),
            gets_tokens: !front.kids.is_empty(),
        })
    };
    view.by_nodes().iter().filter_map(row).collect()
}

impl HarborSummary {
    /// What evidence says of a Harbor as a whole; `None` where none was asked.
    pub fn of(evidence: &Evidence) -> Option<Self> {
        let view = View::of(evidence)?;
        let harbor = view.harbor;
        Some(Self {
            namespace: harbor.map(|harbor| harbor.namespace.clone()).unwrap_or_default(),
            installer: harbor.map(|harbor| harbor.installer),
            release: harbor.map(|harbor| harbor.release.clone()).unwrap_or_default(),
            via: view.seen.map(|seen| seen.via),
            keys: keys(&view),
            matrix: matrix(&view),
            failing: harbor::odds(&view).map(|odds| FailingRow {
                request_rate: rounded(odds.request),
                push_rate: rounded(odds.push),
                push_requests: harbor::REQUESTS,
                cores: odds.cores,
            }),
            front: view.seen.and_then(|seen| seen.front.clone()),
            nodes: nodes(&view),
            decision: view.seen.and_then(|seen| seen.decision.as_ref()).and_then(decision),
            rollouts: harbor.map(|harbor| harbor.rollouts.clone()).unwrap_or_default(),
            sticky: harbor.map(|harbor| harbor.sticky.clone()).unwrap_or_default(),
            logs: harbor.map(|harbor| harbor.logs.clone()).unwrap_or_default(),
        })
    }
}

/// As many digits as the question is worth; what is not all stays so.
fn rounded(share: f64) -> f64 {
    let rounded = (share * 1e4).round() / 1e4;
    if share < 1.0 { rounded.min(0.9999) } else { rounded }
}

fn keys(view: &View<'_>) -> Vec<KeyRow> {
    let row = |group: &harbor::Group<'_>| KeyRow {
        letter: group.letter.clone(),
        kid: if let Key::Kid(kid) = group.key { Some(kid.to_string()) } else { None },
        file_sha256: if let Key::Sum(sum) = group.key { Some(sum.to_string()) } else { None },
        cores: view.of_group(group).iter().map(|core| core.name.to_string()).collect(),
        agrees_with_secret: agrees(group.fits),
    };
    view.groups().iter().map(row).collect()
}

fn matrix(view: &View<'_>) -> Option<MatrixRow> {
    let seen = view.seen?;
    let matrix = seen.matrix.as_ref()?;
    let groups = view.groups();
    let letter = |name: &str| {
        let place = view.cores.iter().position(|core| core.name == name)?;
        Some(groups.iter().find(|group| group.cores.contains(&place))?.letter.clone())
    };
    let core = |name: &String| MatrixCore { name: name.clone(), key: letter(name) };
    let lacking = matrix.controls.iter().filter(|control| !control.holds);
    Some(MatrixRow {
        method: matrix.method,
        cores: seen.cores.iter().map(|one| core(&one.name)).collect(),
        cells: matrix.cells.clone(),
        without_control: lacking.map(|control| control.verifier).collect(),
    })
}

/// `None` where no token for the repository was asked for, as after a refused login.
fn decision(decision: &Decision) -> Option<DecisionRow> {
    if decision.token.step != ExchangeStep::PushToken {
        return None;
    }
    let token = decision.token.answer();
    let claims = token.and_then(|answer| answer.claims.as_ref());
    let granted = claims.and_then(|claims| claims.access.as_ref()).into_iter().flatten();
    let own = granted.filter(|access| access.name.as_str() == decision.repository);
    Some(DecisionRow {
        repository: decision.repository.clone(),
        at: decision.at.clone(),
        subject: claims.and_then(|claims| claims.sub.clone()),
        actions: own.flat_map(|access| access.actions.clone()).collect(),
        token_status: token.map(|answer| answer.status),
        upload_status: decision.upload.as_ref().and_then(Exchange::answer).map(|answer| answer.status),
    })
}
