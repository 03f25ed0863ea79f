//! Fixed reports, rendered for people and pipes.

mod below;
mod changed_evidence;
mod clock;
mod doctor;
mod explained;
mod extremes;
pub mod fixture;
mod html;
mod junit;
mod markdown;
mod narrow;
pub mod prometheus;
mod sarif;
mod steps;
mod tables;
mod workloads;

use regauth::code::Code;
use regauth::evidence::{API_VERSION, Action, Network, Presence, Run};
use regauth::plan::{Check, Identity, Plan, ProbePlan, SecretSource};
use regauth::report::{AttemptRow, ProbeRow, PullRow, Report, Row, StepRow, Verdict};
use regauth::text::Clean;

use super::grid::Layout;
use super::table;

const IMAGE: &str = "r.example.com/team/app:1";

pub(super) fn rendered(report: &Report, width: Option<u16>, wide: bool) -> String {
    let text = table::report(report, &Layout { width, colour: false, wide, ascii: false });
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

pub(super) fn report(action: Action, checks: &[Check], results: Vec<Row>) -> Report {
    let identity = Identity {
        name: "deploy/web".into(),
        service_account: "default".into(),
        pull_secrets: vec!["regcred".into()],
        source: SecretSource::Workload,
    };
    Report {
        api_version: API_VERSION.into(),
        kind: "Report".into(),
        run: Run {
            id: "abcdefgh".into(),
            version: "0".into(),
            server: String::new(),
            started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            interrupted: false,
            extra: Default::default(),
        },
        plan: Plan {
            namespace: "team".into(),
            images: vec![IMAGE.into()],
            identity,
            action,
            checks: checks.to_vec(),
            probe: Some(ProbePlan::default()),
            harbor: None,
            clock: None,
            scope: None,
            nodes: Vec::new(),
            sampled_of: None,
            one_first: false,
            timeout_seconds: 300,
            keep: false,
            extra: Default::default(),
        },
        results,
        findings: Vec::new(),
        not_checked: Vec::new(),
        stores: Vec::new(),
        harbor: None,
        clock: None,
        text: None,
        workloads: None,
        comparison: None,
        extra: Default::default(),
    }
}

fn pull(node: &str, result: Verdict) -> Row {
    Row::Pull(PullRow {
        node: node.into(),
        image: IMAGE.into(),
        image_rewritten: None,
        result,
        took_ms: Some(58),
        waited_ms: None,
        size_bytes: (result == Verdict::Ok).then_some(768_618),
        identity: "deploy/web (secret regcred)".into(),
        code: None,
        certain: None,
        message: None,
        on_node_before: Presence::Yes,
        pod: "regauth-abcdefgh-0".into(),
        evidence: format!("pull/{node}/0"),
    })
}

fn step(step: &str, what: &str, ok: bool, saw: &str) -> StepRow {
    StepRow { step: step.into(), what: what.into(), ok, took_ms: 3, saw: saw.into() }
}

fn probe(node: &str, network: Network, result: Verdict) -> ProbeRow {
    let failed = result == Verdict::Failed;
    ProbeRow {
        node: node.into(),
        namespace: "team".into(),
        network,
        image: IMAGE.into(),
        action: Action::Pull,
        result,
        step: failed.then(|| "token".into()),
        took_ms: Some(21),
        identity: "secret/regcred".into(),
        code: failed.then_some(Code::CredentialRejected),
        certain: failed.then_some(true),
        message: failed.then(|| Clean::new("incorrect username or password")),
        path: vec![
            step("DNS", "r.example.com", true, "192.0.2.7"),
            step("connect", "192.0.2.7:443", true, "connected"),
        ],
        attempts: vec![
            AttemptRow {
                credential: None,
                is: None,
                expires_at: None,
                result: Verdict::Failed,
                withheld: None,
                steps: vec![step("token", "GET /token", false, "401")],
            },
            AttemptRow {
                credential: Some("secret/regcred".into()),
                is: Some("password of user ci".into()),
                expires_at: None,
                result,
                withheld: None,
                steps: vec![step("token", "POST /token", !failed, if failed { "401" } else { "200" })],
            },
        ],
        series: None,
        pod: String::new(),
        evidence: format!("probe/{node}/{}/0", network.as_str()),
    }
}
