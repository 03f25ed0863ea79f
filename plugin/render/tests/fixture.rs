//! A report with everything in it, of a cluster of any size, for the formats that show all.

use regauth::code::Code;
use regauth::evidence::workloads::{Events, PullState};
use regauth::evidence::{Action, Network, Presence};
use regauth::finding::{Finding, Fix, Patch, Severity, Subject};
use regauth::plan::{Check, PlannedNode, Skip, SkipReason};
use regauth::report::{
    AuditRow, ClockMethod, ClockRow, ClockSummary, CredentialRow, FailingRow, NotChecked, NotCheckedState,
    ProbeRow, PullRow, Report, Row, TriedRow, Verdict, WorksRow,
};
use regauth::text::Clean;

use super::{IMAGE, probe, pull, report};

/// Text that is markup in every format, with a character that XML 1.0 forbids.
pub const HOSTILE: &str =
    "x\u{1}<script>alert('1')</script>|`a` ```b ]]> \"q\" & ![i](http://e.test/) \\ {c} # *d*";

/// A cluster of so many nodes: the second is cut off, the third does not trust the certificate, the fourth is not tested,
/// and of every further fifty one fails; with Harbor, clocks and workloads.
pub fn cluster(nodes: usize) -> Report {
    let mut report = report(Action::Pull, &[Check::Kubelet, Check::ProbeNode], Vec::new());
    report.run.server = "https://10.0.0.1:6443".into();
    for number in 1..=nodes {
        let name = node(number);
        let skip =
            (number == 4).then(|| Skip { reason: SkipReason::NotReady, detail: "NotReady since 2h".into() });
        report.plan.nodes.push(PlannedNode { name, skip });
        if number != 4 {
            report.results.extend(rows(number));
        }
        report.results.push(clock(number));
    }
    report.results.extend([failing(), audit("web", true), audit("api", false)]);
    let harbor = crate::render::harbor::tests::harbor(3);
    report.results.extend(harbor.results);
    report.harbor = harbor.harbor;
    report.clock = Some(ClockSummary {
        nodes,
        measured: nodes - 1,
        listened_ms: 10_200,
        spread_us: Some(7_000_300),
        spread_uncertainty_us: Some(10_000),
        ahead: Some(node(3)),
        behind: Some(node(1)),
        ..ClockSummary::default()
    });
    report.not_checked = vec![
        unchecked("node/node4", NotCheckedState::LeftOut, "NotReady since 2h"),
        unchecked("secret/regcred", NotCheckedState::Denied, "secrets \"regcred\" is forbidden | <b>"),
    ];
    report.findings = findings(nodes);
    report
}

pub fn node(number: usize) -> String {
    format!("node{number}")
}

fn fault(number: usize) -> Option<Code> {
    match number {
        2 => Some(Code::EgressBlocked),
        3 => Some(Code::CertificateUntrusted),
        _ if number.is_multiple_of(50) => Some(Code::EgressBlocked),
        _ => None,
    }
}

fn rows(number: usize) -> Vec<Row> {
    let code = fault(number);
    let result = if code.is_some() { Verdict::Failed } else { Verdict::Ok };
    let Row::Pull(kubelet) = pull(&node(number), result) else { unreachable!("a pull is a pull") };
    let kubelet = PullRow {
        code,
        certain: code.map(|_| true),
        took_ms: Some(40 + number as u64),
        on_node_before: Presence::No,
        ..kubelet
    };
    let probe = probe(&node(number), Network::Node, result);
    vec![Row::Pull(kubelet), Row::Probe(ProbeRow { code, ..probe })]
}

fn clock(number: usize) -> Row {
    let code = (number == 3).then_some(Code::ClockDrift);
    let offset_us = match number {
        3 => Some(7_000_000),
        4 => None,
        _ => Some((number as i64 % 40 - 20) * 150),
    };
    Row::Clock(ClockRow {
        node: node(number),
        method: ClockMethod::Lease,
        result: match (code, offset_us) {
            (Some(_), _) => Verdict::Failed,
            (None, Some(_)) => Verdict::Ok,
            (None, None) => Verdict::NotFinished,
        },
        offset_us,
        uncertainty_us: offset_us.map(|_| 5_000),
        samples: 3,
        state: offset_us.is_none().then(|| "not renewed, the node is not Ready".into()),
        code,
        certain: code.map(|_| true),
        evidence: format!("lease/{}", node(number)),
    })
}

fn credential() -> CredentialRow {
    CredentialRow {
        service_account: "default".into(),
        pull_secrets: vec!["regcred".into()],
        source: None,
        tried: vec![TriedRow {
            secret: "regcred".into(),
            key: Clean::new("r.example.com"),
            is: "password of user ci, until 2026-01-01T12:00:00Z".into(),
            expires_at: Some("2026-01-01T12:00:00Z".parse().unwrap()),
        }],
        then: "an entry matches, so no anonymous pull is tried".into(),
    }
}

fn failing() -> Row {
    Row::Failing(FailingRow {
        namespace: "team".into(),
        workload: "deploy/web".into(),
        image: IMAGE.into(),
        failing: 2,
        pods: 3,
        examples: vec!["web-1".into()],
        nodes: vec![node(2), node(3)],
        state: PullState::ImagePullBackOff,
        since: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        credential: credential(),
        message: Some(Clean::new(HOSTILE)),
        events: Events::Found,
        works_on: vec![WorksRow {
            workload: "deploy/api".into(),
            nodes: vec![node(1)],
            pull_secrets: vec!["regcred".into()],
        }],
        code: Some(Code::CredentialExpired),
        certain: Some(false),
        evidence: vec!["pod/team/web-1/app".into()],
    })
}

fn audit(name: &str, is_bad: bool) -> Row {
    Row::Audit(AuditRow {
        namespace: "team".into(),
        workload: format!("deploy/{name}"),
        image: IMAGE.into(),
        result: if is_bad { Verdict::Failed } else { Verdict::Ok },
        credential: credential(),
        started: 1,
        failing: u32::from(is_bad),
        code: is_bad.then_some(Code::CredentialExpired),
        certain: is_bad.then_some(false),
        planned: None,
        evidence: format!("workload/team/deploy/{name}"),
    })
}

fn unchecked(what: &str, state: NotCheckedState, why: &str) -> NotChecked {
    NotChecked { what: what.into(), state, why: why.into() }
}

fn findings(nodes: usize) -> Vec<Finding> {
    let cut: Vec<usize> = (1..=nodes).filter(|number| fault(*number) == Some(Code::EgressBlocked)).collect();
    let of_nodes = |numbers: &[usize]| Subject {
        name: "registry/r.example.com".into(),
        images: vec![IMAGE.into()],
        nodes: numbers.iter().map(|number| node(*number)).collect(),
        ..Subject::default()
    };
    let seen = |numbers: &[usize]| -> Vec<String> {
        let ids =
            |number: &usize| [format!("pull/{}/0", node(*number)), format!("probe/{}/node/0", node(*number))];
        numbers.iter().flat_map(ids).collect()
    };
    vec![
        Finding {
            evidence: seen(&[3]),
            messages: vec![Clean::new("x509: certificate signed by unknown authority")],
            fixes: vec![Fix {
                patches: vec![Patch { file: "hosts.toml".into(), text: "ca = \"/PATH/TO/CA.crt\"\n".into() }],
                ..Fix::new(
                    "on the node: add the line",
                    "sudoedit /etc/containerd/certs.d/r.example.com/hosts.toml",
                )
            }],
            ..Finding::new(
                Code::CertificateUntrusted,
                of_nodes(&[3]),
                "The node does not trust the authority that signed the certificate of r.example.com.",
            )
        },
        Finding {
            evidence: seen(&cut),
            ..Finding::new(Code::EgressBlocked, of_nodes(&cut), "The node cannot reach r.example.com.")
        },
        Finding {
            certain: false,
            evidence: vec!["pod/team/web-1/app".into(), "workload/team/deploy/web".into()],
            also_possible: vec![Code::CredentialRejected],
            settle_by: Some("a test of the pull".into()),
            messages: vec![Clean::new(HOSTILE)],
            fixes: vec![Fix::new(
                HOSTILE,
                "kubectl -n team create secret docker-registry regcred # `tick` ```",
            )],
            ..Finding::new(
                Code::CredentialExpired,
                Subject { namespace: "team".into(), ..subject("secret/regcred") },
                HOSTILE,
            )
        },
        Finding {
            evidence: vec!["lease/node3".into()],
            ..Finding::new(Code::ClockDrift, subject("node/node3"), "The clock of node3 is 7.0 s ahead.")
        },
        Finding {
            evidence: vec!["harbor/core/harbor-core-6d5f7c9b8-aaa03".into()],
            ..Finding::new(Code::HarborKeyMismatch, subject("harbor/harbor"), "The cores hold 2 keys.")
        },
        Finding {
            evidence: vec!["secret/team/regcred".into()],
            ..Finding::new(Code::CredentialExpiresSoon, subject("secret/regcred"), "12 h are left.")
        },
        Finding {
            severity: Severity::Unknown,
            ..Finding::new(Code::NotPermitted, subject("namespace/team"), "Secrets may not be read.")
        },
        Finding { ..Finding::new(Code::NodeNotTested, subject("node/node4"), HOSTILE) },
    ]
}

fn subject(name: &str) -> Subject {
    Subject { name: name.into(), ..Subject::default() }
}
