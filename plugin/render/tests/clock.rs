//! Clocks in tables.

use regauth::code::Code;
use regauth::evidence::Action;
use regauth::evidence::clock::ClockBounds;
use regauth::report::{ClockMethod, ClockRow, ClockSummary, Report, Row, Verdict};

fn row(index: usize, offset_us: Option<i64>, code: Option<Code>) -> Row {
    Row::Clock(ClockRow {
        node: format!("node{index}"),
        method: ClockMethod::Lease,
        result: if code.is_some() { Verdict::Failed } else { Verdict::Ok },
        offset_us,
        uncertainty_us: offset_us.map(|_| 5_000),
        samples: u32::from(offset_us.is_some()),
        state: offset_us.is_none().then(|| "not renewed while it was watched".into()),
        code,
        certain: code.map(|_| true),
        evidence: format!("lease/node{index}"),
    })
}

fn report(rows: Vec<Row>) -> Report {
    let nodes = rows.len();
    let mut report = super::report(Action::Clock, &[], rows);
    report.clock = Some(ClockSummary {
        nodes,
        measured: nodes,
        listened_ms: 10_200,
        spread_us: Some(97_000_000),
        spread_uncertainty_us: Some(10_000),
        ahead: Some("node1".into()),
        behind: Some("node2".into()),
        this_machine_to_api_server: Some(ClockBounds::around(0, 500_000)),
        ..ClockSummary::default()
    });
    report
}

fn few() -> Report {
    report(vec![
        row(0, Some(-300), None),
        row(1, Some(7_000_000), Some(Code::ClockDrift)),
        row(2, Some(-90_000_000), Some(Code::ClockDrift)),
        row(3, None, Some(Code::LeaseFrozen)),
    ])
}

fn text(report: &Report, width: Option<u16>) -> String {
    super::rendered(report, width, false)
}

#[test]
fn a_person_sees_the_offset_of_each_node_and_the_spread() {
    let text = text(&few(), Some(100));
    for expected in
        ["-300 µs", "+7.0 s", "-90.0 s", "LeaseFrozen", "Spread 97.0 s (± 10 ms), from node2 to node1"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(text.contains("This machine minus the API server: between -500 ms and +500 ms."), "{text}");
    assert!(!text.contains("METHOD"), "all were read in one way: {text}");
}

#[test]
fn on_a_narrow_terminal_no_line_is_wider_than_it() {
    let text = text(&few(), Some(60));
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
}

#[test]
fn a_pipe_gets_one_line_a_node_and_the_rest_as_comments() {
    let text = text(&few(), None);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("NODE") && lines[0].contains("METHOD"));
    assert_eq!(lines.iter().filter(|line| line.starts_with("node")).count(), 4, "{text}");
    assert!(lines[5..].iter().all(|line| line.starts_with("# ")), "{text}");
}

#[test]
fn of_a_thousand_nodes_a_person_sees_the_worst_and_a_pipe_all() {
    let mut rows: Vec<Row> =
        (0..1_000).map(|index| row(index, Some(i64::from(index as u32)), None)).collect();
    rows[500] = row(500, Some(7_000_000), Some(Code::ClockDrift));
    let report = report(rows);
    let seen = text(&report, Some(100));
    assert!(seen.contains("node500") && seen.contains("node999") && !seen.contains("node9 "), "{seen}");
    assert!(seen.contains("… and 970 more clocks, none further off than 970 µs"), "{seen}");
    assert_eq!(text(&report, None).lines().filter(|line| line.starts_with("node")).count(), 1_000);
}
