//! Which finding stands, and which ones are one.

use crate::code::Code;
use crate::diagnose::settle::{MORE_SPECIFIC, collapse, most_specific};
use crate::finding::{Finding, Severity, Subject};
use crate::text::Clean;

fn finding(code: Code, node: &str) -> Finding {
    let subject = Subject {
        name: "registry/r".into(),
        images: vec![format!("r/{node}")],
        nodes: vec![node.into()],
        ..Subject::default()
    };
    let mut finding = Finding::new(code, subject, "because");
    finding.evidence = vec![format!("pull/{node}/0")];
    finding.messages = vec![Clean::new(&format!("said {node}"))];
    finding
}

fn codes(findings: &[Finding]) -> Vec<Code> {
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn every_specific_cause_replaces_its_general_ones_about_the_same_item() {
    for (specific, generals) in MORE_SPECIFIC {
        for general in *generals {
            let left = most_specific(vec![finding(*general, "n"), finding(*specific, "n")]);
            assert_eq!(codes(&left), [*specific]);
        }
    }
}

#[test]
fn a_specific_cause_says_nothing_about_other_items() {
    let left = most_specific(vec![finding(Code::ConnectionTimedOut, "a"), finding(Code::EgressBlocked, "b")]);
    assert_eq!(codes(&left), [Code::ConnectionTimedOut, Code::EgressBlocked]);
}

#[test]
fn causes_that_are_not_compared_stand_side_by_side() {
    let left = most_specific(vec![finding(Code::NoCredential, "n"), finding(Code::EgressBlocked, "n")]);
    assert_eq!(left.len(), 2);
}

#[test]
fn no_code_replaces_itself_or_what_replaces_it() {
    for (specific, generals) in MORE_SPECIFIC {
        let back = |general: &Code| {
            MORE_SPECIFIC.iter().any(|(other, under)| other == general && under.contains(specific))
        };
        assert!(!generals.iter().any(|general| general == specific || back(general)), "{specific}");
    }
}

#[test]
fn a_remark_replaces_no_cause() {
    let mut remark = finding(Code::PullSecretMissing, "n");
    remark.severity = Severity::Warning;
    let left = most_specific(vec![finding(Code::NoCredential, "n"), remark]);
    assert_eq!(codes(&left), [Code::NoCredential, Code::PullSecretMissing]);
}

#[test]
fn one_cause_on_many_nodes_is_one_finding() {
    let merged = collapse(vec![
        finding(Code::ConnectionTimedOut, "a"),
        finding(Code::ConnectionTimedOut, "b"),
        finding(Code::ConnectionTimedOut, "a"),
    ]);
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].subject.nodes, ["a", "b"]);
    assert_eq!(merged[0].subject.images, ["r/a", "r/b"]);
    assert_eq!(merged[0].evidence, ["pull/a/0", "pull/b/0"]);
    assert_eq!(merged[0].messages.len(), 2);
}

#[test]
fn a_merged_finding_is_as_bad_as_its_worst() {
    for (first, second) in [(Severity::Warning, Severity::Error), (Severity::Error, Severity::Warning)] {
        let (mut a, mut b) = (finding(Code::PullSecretMissing, "a"), finding(Code::PullSecretMissing, "b"));
        (a.severity, b.severity) = (first, second);
        assert_eq!(collapse(vec![a, b])[0].severity, Severity::Error);
    }
}

#[test]
fn three_messages_are_shown_at_the_most() {
    let many = (0..9).map(|index| finding(Code::ConnectionTimedOut, &index.to_string())).collect();
    let merged = collapse(many);
    assert_eq!((merged[0].messages.len(), merged[0].subject.nodes.len()), (3, 9));
}

#[test]
fn another_code_subject_sentence_or_certainty_is_another_finding() {
    let one = || finding(Code::ConnectionTimedOut, "a");
    let other = |change: fn(&mut Finding)| {
        let mut other = one();
        change(&mut other);
        other
    };
    for other in [
        other(|finding| finding.code = Code::ConnectionRefused),
        other(|finding| finding.subject.name = "registry/s".into()),
        other(|finding| finding.cause = "for another reason".into()),
        other(|finding| finding.certain = false),
    ] {
        assert_eq!(collapse(vec![one(), other]).len(), 2);
    }
}
