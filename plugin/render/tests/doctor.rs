//! A check-up: findings in one table, what to do, and what was looked at.

use regauth::finding::{Finding, Fix, Subject};
use regauth::report::{NotChecked, NotCheckedState};

use super::*;

fn check_up() -> Report {
    let mut report = report(Action::Doctor, &[], Vec::new());
    let subject = Subject { name: "secret/regcred".into(), namespace: "team".into(), ..Subject::default() };
    let mut finding = Finding::new(Code::PullSecretMissing, subject, "secret/regcred does not exist.");
    finding.fixes = vec![Fix::new("creates it", "kubectl create secret …")];
    let mut open = Finding::new(Code::ImageNotFound, Subject::default(), "The tag is not there.");
    open.certain = false;
    open.settle_by = Some("a look at the registry".into());
    report.findings = vec![finding, open];
    report.not_checked = vec![NotChecked {
        what: "the nodes' clocks".into(),
        state: NotCheckedState::Denied,
        why: "you may not; it needs the right: list leases".into(),
    }];
    report
}

#[test]
fn findings_stand_in_one_table_and_what_was_not_checked_below_it() {
    let text = rendered(&check_up(), Some(160), false);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("SEVERITY") && lines[0].contains("WHAT TO DO"), "{text}");
    assert!(lines[1].contains("PullSecretMissing") && lines[1].contains("creates it"), "{text}");
    assert!(text.contains("settle it by a look at the registry"), "{text}");
    assert!(text.contains("    kubectl create secret …"), "commands are there to be copied: {text}");
    assert!(text.contains("not allowed: the nodes' clocks: you may not; it needs the right: list leases"));
}

#[test]
fn in_a_narrow_terminal_the_sentences_stand_below_the_table_alone() {
    let text = rendered(&check_up(), Some(60), false);
    assert!(text.lines().all(|line| line.chars().count() <= 60 || line.starts_with("    ")), "{text}");
    assert!(!text.contains("CAUSE") && !text.contains("WHAT TO DO"), "{text}");
    assert!(text.contains("  secret/regcred does not exist.\n  mend: creates it\n"), "{text}");
}

#[test]
fn a_pipe_gets_a_line_a_finding_and_the_rest_as_comments() {
    let text = rendered(&check_up(), None, false);
    let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows[1].contains("team") && rows[1].contains("secret/regcred"), "{text}");
    assert!(text.contains("# not allowed: the nodes' clocks"), "{text}");
}

#[test]
fn what_is_well_is_said_in_a_sentence() {
    let mut well = check_up();
    well.findings.clear();
    well.not_checked.clear();
    assert_eq!(rendered(&well, Some(80), false), "Nothing is wrong with what was looked at.\n");
}
