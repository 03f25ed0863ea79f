//! What probes saw: time servers, kernels, registries and tokens.

use super::*;

#[test]
fn a_node_that_two_servers_find_off_is_off() {
    let report = Report::of(&probes(vec![
        sees(vec![ntp("a", 7_000), ntp("b", 7_001)]),
        sees(vec![ntp("a", 0), ntp("b", 1)]),
    ]));
    assert_eq!(
        told(&report.findings),
        [(Code::ClockDrift, Severity::Warning, true, "nodes", "node0".to_string())]
    );
    assert!(
        report.findings[0].cause.contains("7.0 s")
            && report.findings[0].cause.contains("ahead of that of ntp/a and ntp/b")
    );
    let rows: Vec<_> = report.clocks().map(|row| (row.node.as_str(), row.result, row.samples)).collect();
    assert_eq!(rows, [("node0", Verdict::Failed, 8), ("node1", Verdict::Ok, 8)]);
}

#[test]
fn one_servers_word_alone_is_not_certain() {
    let findings = diagnose(&probes(vec![sees(vec![ntp("a", -7_000)]), sees(vec![ntp("a", 0)])]));
    assert_eq!(told(&findings), [(Code::ClockDrift, Severity::Warning, false, "nodes", "node0".to_string())]);
    assert!(findings[0].settle_by.is_some());
}

#[test]
fn a_server_that_lies_is_said_and_not_believed() {
    let nodes = (0..2).map(|_| sees(vec![ntp("a", 0), ntp("liar", 7_000), ntp("b", 1)])).collect();
    let report = Report::of(&probes(nodes));
    let findings = told(&report.findings);
    assert_eq!(
        findings,
        [(Code::ClockDrift, Severity::Warning, true, "ntp/liar", "node0,node1".to_string())]
    );
    assert!(report.clocks().all(|row| row.offset_us.is_some_and(|us| us.abs() < 3_000)));
}

#[test]
fn one_server_that_all_nodes_differ_from_alike_is_rather_wrong_itself() {
    let findings = diagnose(&probes(vec![sees(vec![ntp("liar", 7_000)]), sees(vec![ntp("liar", 7_002)])]));
    assert_eq!(
        told(&findings),
        [(Code::ClockDrift, Severity::Warning, false, "ntp/liar", "node0,node1".to_string())]
    );
}

#[test]
fn leases_are_a_witness_against_a_server_that_lies() {
    let mut evidence = probes(vec![sees(vec![ntp("liar", 7_000), ntp("liar2", 90_000)])]);
    let findings = diagnose(&evidence);
    assert_eq!((findings[0].certain, findings[0].subject.name.as_str()), (false, "time servers"));
    evidence.leases = leases(&[0]).leases;
    evidence.leases.as_mut().unwrap().api_server = Some(ClockBounds::around(0, 500_000));
    if let Outcome::Seen { value } = &mut evidence.probes[0].outcome {
        value.clock.as_mut().unwrap().ntp = vec![ntp("liar", 7_000), ntp("a", 0)];
    }
    assert_eq!(told(&diagnose(&evidence))[0].3, "ntp/liar");
}

#[test]
fn a_registry_whose_clock_is_off_matters_for_its_tokens() {
    let date = DateSeen {
        server: "harbor.example.com:443".into(),
        offset: ClockBounds::around(90_000_000, 50_000),
        answers: 5,
        contradictory: false,
    };
    let seen = ClockSeen { dates: vec![date], ..sees(vec![ntp("a", 0), ntp("b", 0)]) };
    let findings = diagnose(&probes(vec![seen]));
    assert_eq!(told(&findings)[0].3, "server/harbor.example.com:443");
    assert_eq!(findings[0].severity, Severity::Error);
}

#[test]
fn what_the_kernel_and_a_server_say_of_themselves_is_believed() {
    let mut unsure = ntp("free", 0);
    if let Outcome::Seen { value } = &mut unsure.outcome {
        (value.leap, value.stratum) = (3, 0);
    }
    let seen = ClockSeen { kernel: Some(KernelClock::default()), ..sees(vec![unsure]) };
    let findings = diagnose(&probes(vec![seen.clone(), seen]));
    let subjects: Vec<_> =
        findings.iter().map(|one| (one.code, one.subject.name.as_str(), one.subject.nodes.len())).collect();
    assert_eq!(
        subjects,
        [(Code::ClockUnsynchronised, "nodes", 2), (Code::ClockUnsynchronised, "ntp/free", 2)]
    );
}

#[test]
fn a_server_that_is_silent_or_refuses_is_unreachable() {
    let silent = NtpSeen {
        server: "gone".into(),
        address: "192.0.2.9:123".into(),
        outcome: Outcome::TimedOut { after_ms: 3_000, last_seen: LastSeen::Running },
    };
    let mut refuses = ntp("strict", 0);
    if let Outcome::Seen { value } = &mut refuses.outcome {
        (value.leap, value.stratum, value.kiss) = (3, 0, Some(Clean::new("DENY")));
    }
    let report = Report::of(&probes(vec![sees(vec![silent, refuses])]));
    let codes: Vec<_> = report.findings.iter().map(|one| (one.code, one.subject.name.as_str())).collect();
    assert_eq!(codes, [(Code::NtpUnreachable, "ntp/gone"), (Code::NtpUnreachable, "ntp/strict")]);
    assert_eq!(report.findings[1].messages, [Clean::new("DENY")]);
}

#[test]
fn a_token_that_is_of_the_future_by_the_nodes_clock_would_be_refused() {
    let token = |ahead_seconds: i64| {
        let issued = noon() + SignedDuration::from_secs(ahead_seconds);
        TokenTimes {
            service: "harbor.example.com:443".into(),
            iat: Some(issued),
            nbf: Some(issued),
            exp: Some(issued + SignedDuration::from_mins(30)),
            sent_at: None,
            received_at: noon(),
        }
    };
    let rated = |ahead: i64| {
        let seen = ClockSeen { tokens: vec![token(ahead)], ..ClockSeen::default() };
        let findings = diagnose(&probes(vec![seen]));
        findings.iter().find(|one| one.code == Code::TokenTimeRejected).map(|one| one.severity)
    };
    assert_eq!(
        [rated(-5), rated(0), rated(7), rated(65), rated(-1_900)],
        [None, None, Some(Severity::Warning), Some(Severity::Error), Some(Severity::Error)]
    );
}
