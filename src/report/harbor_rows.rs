//! Rows of Harbor's cores, and what is known of a Harbor as a whole.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows::{Row, Verdict};
use crate::code::Code;
use crate::diagnose::harbor::{self, Agrees, Core, Key, View};
use crate::evidence::Evidence;
use crate::evidence::clock::ClockBounds;
use crate::evidence::harbor::pods::{CoreLog, Rollout, Sticky};
use crate::evidence::harbor::seen::{Cell, Method, Via};
use crate::evidence::harbor::{Decision, FrontSeen, Installer, PodState};
use crate::evidence::probe::{Exchange, ExchangeStep};
use crate::finding::{Finding, Severity};
use crate::text::Clean;

/// One core of Harbor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreRow {
    /// The pod, or an address of the URL.
    pub pod: String,
    /// Its node; empty where it is no pod.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// `ip:port`; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// When its container started (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// How often its container was restarted.
    #[serde(default)]
    pub restarts: u32,
    /// Its image as the spec names it; empty where it is no pod.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// Its version as it says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Clean>,
    /// Whether it serves; absent where it is no pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PodState>,
    /// The letter of its key: cores with the same one hold the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The id of the key that it signs with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<Clean>,
    /// SHA-256 of its key's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// Whether its key is what its Secret holds now; absent where that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees_with_secret: Option<bool>,
    /// Its clock minus the observer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockBounds>,
    /// Whether it answers and issues tokens, and no error concerns it.
    pub result: Verdict,
    /// The code of the finding that concerns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Whether that finding is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certain: Option<bool>,
    /// Id of the evidence item.
    pub evidence: String,
}

/// What a node meets at Harbor's external URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// The node.
    pub node: String,
    /// The URL, without user and password.
    pub url: Clean,
    /// Whether its token service gave it tokens.
    pub gets_tokens: bool,
}

/// What is known of a Harbor as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HarborSummary {
    /// Its namespace; empty where it was asked by its URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// What installed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installer: Option<Installer>,
    /// The release.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub release: String,
    /// How its cores were reached; absent where nobody asked them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// Cores that hold the same key.
    pub keys: Vec<KeyRow>,
    /// Who accepts whose tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<MatrixRow>,
    /// How often a user's push fails because cores do not accept each other's tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<FailingRow>,
    /// What clients see at the front door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<FrontSeen>,
    /// Which nodes get tokens at Harbor's external URL, where they were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeRow>,
    /// What the client's own token says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionRow>,
    /// Rollouts that are not finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<Rollout>,
    /// What keeps a client at one core.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sticky: Vec<Sticky>,
    /// How often the cores logged telling lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<CoreLog>,
}

/// Cores that hold the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRow {
    /// `A`, `B`, …
    pub letter: String,
    /// The key's id; absent where only the checksum of its file is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// SHA-256 of its file, where the id is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
    /// Who holds it.
    pub cores: Vec<String>,
    /// Whether the Secret that they mount holds it now; absent where that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees_with_secret: Option<bool>,
}

/// Who accepts whose tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixRow {
    /// How it was found out.
    pub method: Method,
    /// The cores that the cells mean by their indexes.
    pub cores: Vec<MatrixCore>,
    /// One item a pair that was tried.
    pub cells: Vec<Cell>,
    /// Indexes of verifiers that do not behave as the method needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_control: Vec<usize>,
}

/// A core of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixCore {
    /// Its name.
    pub name: String,
    /// The letter of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// How often a request or push fails, with a token from a random core and each request to a random one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailingRow {
    /// The share of single requests, from 0 to 1.
    pub request_rate: f64,
    /// The share of pushes, from 0 to 1.
    pub push_rate: f64,
    /// How many requests with one token such a push has.
    pub push_requests: u32,
    /// Over so many cores that serve.
    pub cores: usize,
}

/// What the client's own token says of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRow {
    /// `PROJECT/REPOSITORY`.
    pub repository: String,
    /// Which core, or `front`.
    pub at: String,
    /// Whom the token was issued to; absent where to nobody, or where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Clean>,
    /// What it grants there.
    pub actions: Vec<Clean>,
    /// The status of the token's request; absent where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_status: Option<u16>,
    /// The status of the upload's start; 202 is that a push works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_status: Option<u16>,
}

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

/// What is known of the Harbor as a whole.
pub(super) fn summary(evidence: &Evidence) -> Option<HarborSummary> {
    let view = View::of(evidence)?;
    let harbor = view.harbor;
    Some(HarborSummary {
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
