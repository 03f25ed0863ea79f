//! The rules about clocks.

use jiff::{SignedDuration, Timestamp};

use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::clock::{
    ClockBounds, ClockSeen, DateSeen, KernelClock, LeaseClock, LeaseClocks, NtpAnswer, NtpSeen, TokenTimes,
};
use crate::evidence::{Action, CredentialUse, Evidence, LastSeen, Network, Outcome, Probe, ProbeSeen, Run};
use crate::finding::{Finding, Severity};
use crate::plan::{ClockPlan, Plan};
use crate::report::{ClockMethod, NotCheckedState, Report, Verdict};
use crate::text::Clean;

mod probes;

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn evidence() -> Evidence {
    let plan = Plan {
        checks: Vec::new(),
        clock: Some(ClockPlan::default()),
        ..Plan::of_this_machine(Action::Clock, Vec::new(), 60)
    };
    Evidence::new(Run::new("abcd2345".into(), "https://api.example.com", noon()), plan, noon())
}

/// Nodes whose clocks are off by so many milliseconds, each renewed three times; the way takes 4 ms.
fn leases(offsets_ms: &[i64]) -> Evidence {
    let node = |(index, offset): (usize, &i64)| LeaseClock {
        node: format!("node{index}"),
        samples: 3,
        least_lag_us: Some(4_000 - offset * 1_000),
        next_lag_us: Some(5_000 - offset * 1_000),
        lease_seconds: Some(40),
        ..LeaseClock::default()
    };
    let clocks = LeaseClocks {
        nodes: offsets_ms.iter().enumerate().map(node).collect(),
        listened_ms: 11_000,
        ended_at: Some(noon()),
        ..LeaseClocks::default()
    };
    Evidence { leases: Some(clocks), ..evidence() }
}

fn silent(evidence: &mut Evidence, node: &str, age_seconds: i64, ready: Option<bool>) {
    evidence.leases.as_mut().unwrap().nodes.push(LeaseClock {
        node: node.into(),
        before: Some(noon() - SignedDuration::from_secs(age_seconds)),
        lease_seconds: Some(40),
        ready,
        ..LeaseClock::default()
    });
}

/// A probe on each of these nodes that saw this.
fn probes(seen: Vec<ClockSeen>) -> Evidence {
    let probe = |(index, clock): (usize, ClockSeen)| Probe {
        id: format!("probe/node{index}/node"),
        node: format!("node{index}"),
        network: Network::Node,
        namespace: "team".into(),
        pod: "p".into(),
        credential: CredentialUse::AsPlanned,
        outcome: Outcome::Seen { value: ProbeSeen { clock: Some(clock), ..ProbeSeen::default() } },
        seen_at: None,
    };
    Evidence { probes: seen.into_iter().enumerate().map(probe).collect(), ..evidence() }
}

/// A server that tells true time to a node that is off by so many milliseconds.
fn ntp(server: &str, node_ms: i64) -> NtpSeen {
    let answer = NtpAnswer {
        offset: ClockBounds::around(-node_ms * 1_000, 1_000),
        samples: 4,
        stratum: 2,
        leap: 0,
        root_distance_us: 1_000,
        reference: Clean::new("192.0.2.1"),
        kiss: None,
    };
    NtpSeen {
        server: server.into(),
        address: "192.0.2.1:123".into(),
        outcome: Outcome::Seen { value: answer },
    }
}

fn sees(ntp: Vec<NtpSeen>) -> ClockSeen {
    let kernel = KernelClock { synchronised: true, max_error_us: 2_000, estimated_error_us: 100 };
    ClockSeen { kernel: Some(kernel), ntp, ..ClockSeen::default() }
}

fn told(findings: &[Finding]) -> Vec<(Code, Severity, bool, &str, String)> {
    let one = |finding: &'_ Finding| finding.subject.nodes.join(",");
    findings
        .iter()
        .map(|finding| {
            (finding.code, finding.severity, finding.certain, finding.subject.name.as_str(), one(finding))
        })
        .collect()
}

#[test]
fn clocks_that_agree_are_healthy() {
    let report = Report::of(&leases(&[0, 3, -2, 1]));
    assert_eq!(told(&report.findings), []);
    assert_eq!(report.exit_status(Some(Severity::Warning)).code(), 0);
    let spread = report.clock.unwrap();
    assert_eq!((spread.measured, spread.spread_us), (4, Some(5_000)));
    assert_eq!((spread.ahead.as_deref(), spread.behind.as_deref()), (Some("node1"), Some("node2")));
}

#[test]
fn seven_seconds_are_a_warning_and_ninety_an_error() {
    let report = Report::of(&leases(&[0, 7_000, 0, -90_000]));
    assert_eq!(
        told(&report.findings),
        [
            (Code::ClockDrift, Severity::Error, true, "node/node3", "node3".to_string()),
            (Code::ClockDrift, Severity::Warning, true, "node/node1", "node1".to_string()),
        ]
    );
    assert!(report.findings[0].cause.contains("90.0 s behind"), "{}", report.findings[0].cause);
    assert!(report.findings[1].cause.contains("7.0 s") && report.findings[1].cause.contains("2.10"));
    let row = report.clocks().find(|row| row.node == "node1").unwrap();
    assert_eq!(
        (row.result, row.code, row.method),
        (Verdict::Failed, Some(Code::ClockDrift), ClockMethod::Lease)
    );
    assert_eq!(row.offset_us, Some(7_000_000));
}

#[test]
fn the_threshold_is_the_users() {
    let mut evidence = leases(&[0, 50, 1, 0]);
    assert_eq!(told(&diagnose(&evidence)), []);
    evidence.plan.clock = Some(ClockPlan { threshold_ms: 40, ..ClockPlan::default() });
    let findings = diagnose(&evidence);
    assert_eq!(
        told(&findings),
        [(Code::ClockDrift, Severity::Error, true, "node/node1", "node1".to_string())]
    );
    assert!(findings[0].cause.contains("threshold of 40 ms"), "{}", findings[0].cause);
    evidence.plan.clock = Some(ClockPlan { threshold_ms: 49, ..ClockPlan::default() });
    let findings = diagnose(&evidence);
    assert!(!findings[0].certain && findings[0].settle_by.is_some(), "within its uncertainty");
}

#[test]
fn many_that_are_off_are_one_finding_a_side() {
    let mut offsets = vec![0; 300];
    offsets.extend(vec![7_000; 100]);
    offsets.extend(vec![-8_000; 100]);
    let findings = diagnose(&leases(&offsets));
    let counts: Vec<usize> = findings.iter().map(|finding| finding.subject.nodes.len()).collect();
    assert_eq!(counts, [100, 100]);
}

#[test]
fn two_halves_that_are_far_from_each_other_and_near_the_middle_are_told() {
    let findings = diagnose(&leases(&[-300, 0, 300]));
    assert_eq!(
        told(&findings),
        [(Code::ClockDrift, Severity::Warning, true, "nodes", "node2,node0".to_string())]
    );
}

#[test]
fn nodes_that_agree_and_differ_from_the_api_server_are_told() {
    let mut evidence = leases(&[0, 1, 2]);
    evidence.leases.as_mut().unwrap().api_server = Some(ClockBounds::around(90_000_000, 500_000));
    let findings = diagnose(&evidence);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].cause.contains("behind the API server's"), "{}", findings[0].cause);
    assert_eq!(findings[0].severity, Severity::Error);
}

#[test]
fn a_frozen_lease_is_told_and_one_that_is_not_due_is_not_checked() {
    let mut evidence = leases(&[0, 1, 2]);
    silent(&mut evidence, "frozen", 300, Some(true));
    silent(&mut evidence, "down", 300, Some(false));
    silent(&mut evidence, "slow", 12, None);
    let report = Report::of(&evidence);
    assert_eq!(
        told(&report.findings),
        [
            (Code::LeaseFrozen, Severity::Warning, false, "node/frozen", "frozen".to_string()),
            (Code::LeaseFrozen, Severity::Warning, true, "node/down", "down".to_string()),
        ]
    );
    assert!(report.findings[1].cause.contains("not Ready"));
    assert!(report.findings[0].fixes[0].command.contains("kube-node-lease frozen"));
    let unchecked = &report.not_checked[0];
    assert_eq!(unchecked.state, NotCheckedState::TimedOut);
    assert!(unchecked.what.contains("3 nodes"), "{unchecked:?}");
    let slow = report.clocks().find(|row| row.node == "slow").unwrap();
    assert_eq!((slow.result, slow.code), (Verdict::NotFinished, None));
}

#[test]
fn a_single_renewal_that_may_be_late_is_not_certain() {
    let certain = |samples: u32, offset_ms: i64| {
        let mut evidence = leases(&[0, 0, offset_ms]);
        evidence.leases.as_mut().unwrap().nodes[2].samples = samples;
        let findings = Report::of(&evidence).findings;
        (findings.len(), findings[0].certain, findings[0].settle_by.is_some())
    };
    assert_eq!(certain(1, -600), (1, false, true));
    assert_eq!(certain(2, -600), (1, true, false));
    assert_eq!(certain(1, 600), (1, true, false), "none comes early");
    assert_eq!(certain(1, -90_000), (1, true, false), "none is so late");
}

#[test]
fn when_nothing_was_heard_it_is_not_healthy() {
    let mut evidence = leases(&[]);
    silent(&mut evidence, "slow", 12, None);
    assert_eq!(Report::of(&evidence).exit_status(Some(Severity::Warning)).code(), 3);
}

#[test]
fn the_same_document_gives_the_same_findings_after_a_month() {
    let mut evidence = leases(&[0, 7_000, 1]);
    silent(&mut evidence, "frozen", 300, None);
    evidence.probes = probes(vec![sees(vec![ntp("a", 7_000)])]).probes;
    let text = serde_json::to_string(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(Report::of(&read), Report::of(&evidence));
}
