//! JUnit XML, held to the rules of Jenkins's junit-10.xsd.

use regauth::evidence::Action;
use regauth::report::Verdict;
use roxmltree::{Document, Node};

use super::fixture::{HOSTILE, cluster};
use crate::render::junit;

/// Which attributes an element may have, and which it must (`!`).
const ATTRIBUTES: &[(&str, &str)] = &[
    ("testsuites", "name time tests failures errors"),
    (
        "testsuite",
        "name! tests! failures! errors! group time skipped timestamp hostname id package file log url",
    ),
    ("testcase", "name! time classname group"),
    ("property", "name! value!"),
    ("failure", "type message"),
    ("error", "type message"),
    ("skipped", "type message"),
    ("properties", ""),
    ("system-out", ""),
];

/// Which elements may stand in which.
const CHILDREN: &[(&str, &str)] = &[
    ("testsuites", "testsuite"),
    ("testsuite", "testsuite properties testcase system-out system-err"),
    ("testcase", "skipped error failure system-out system-err"),
    ("properties", "property"),
];

fn of<'t>(table: &[(&str, &'t str)], name: &str) -> Vec<&'t str> {
    let found = table.iter().find(|(one, _)| *one == name);
    found.map(|(_, words)| words.split(' ').collect()).unwrap_or_default()
}

fn hold_to_schema(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let attributes = of(ATTRIBUTES, name);
    for attribute in node.attributes() {
        assert!(
            attributes.iter().any(|one| one.trim_end_matches('!') == attribute.name()),
            "{name} {attribute:?}"
        );
    }
    for required in attributes.iter().filter_map(|one| one.strip_suffix('!')) {
        assert!(node.has_attribute(required), "{name} lacks {required}");
    }
    if matches!(name, "testsuites" | "testsuite" | "testcase") {
        let time = node.attribute("time").expect("a time");
        let (whole, part) = time.split_once('.').expect("SUREFIRE_TIME");
        // `([0-9]{0,3})*` of the schema's pattern takes any number of digits.
        assert!(whole.parse::<u64>().is_ok() && part.len() == 3, "{time}");
    }
    for child in node.children().filter(Node::is_element) {
        assert!(of(CHILDREN, name).contains(&child.tag_name().name()), "{child:?} in {name}");
        hold_to_schema(child);
    }
}

fn suite<'d>(document: &'d Document<'_>, name: &str) -> Vec<Node<'d, 'd>> {
    let mut suites = document.root_element().children().filter(Node::is_element);
    let suite = suites.find(|node| node.attribute("name") == Some(name)).expect("the suite");
    suite.children().filter(|node| node.has_tag_name("testcase")).collect()
}

fn end(case: Node<'_, '_>) -> String {
    case.children().find(Node::is_element).map_or("passed".into(), |node| node.tag_name().name().into())
}

fn case<'d>(cases: &[Node<'d, 'd>], name: &str) -> Node<'d, 'd> {
    *cases
        .iter()
        .find(|case| case.attribute("name") == Some(name))
        .unwrap_or_else(|| panic!("{name}: {cases:?}"))
}

#[test]
fn the_document_keeps_the_rules_of_the_schema() {
    for nodes in [5, 500] {
        let text = junit::report(&cluster(nodes));
        let document = Document::parse(&text).unwrap();
        hold_to_schema(document.root_element());
    }
}

#[test]
fn the_numbers_are_those_of_the_cases() {
    let text = junit::report(&cluster(60));
    let document = Document::parse(&text).unwrap();
    let number = |node: Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<usize>().unwrap();
    let mut all = [0, 0, 0];
    for suite in document.root_element().children().filter(Node::is_element) {
        let cases: Vec<Node<'_, '_>> =
            suite.children().filter(|node| node.has_tag_name("testcase")).collect();
        let count = |word: &str| cases.iter().filter(|case| end(**case) == word).count();
        let told = ["tests", "failures", "errors"].map(|name| number(suite, name));
        assert_eq!(told, [cases.len(), count("failure"), count("error")], "{suite:?}");
        assert_eq!(number(suite, "skipped"), count("skipped"));
        let mut names: Vec<&str> = cases.iter().filter_map(|case| case.attribute("name")).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len(), "names are unique in a suite");
        all = [0, 1, 2].map(|at| all[at] + told[at]);
    }
    assert_eq!(["tests", "failures", "errors"].map(|name| number(document.root_element(), name)), all);
}

#[test]
fn a_row_is_a_case_and_fails_with_the_code_the_cause_and_the_mends_of_its_finding() {
    let text = junit::report(&cluster(5));
    let document = Document::parse(&text).unwrap();
    let pulls = suite(&document, "pull");
    assert_eq!(end(case(&pulls, "kubelet: r.example.com/team/app:1 on node1")), "passed");
    let failed = case(&pulls, "kubelet: r.example.com/team/app:1 on node3");
    let failure = failed.first_element_child().unwrap();
    assert_eq!(failed.attribute("classname"), Some("regauth.pull"));
    assert_eq!(failed.attribute("time"), Some("0.043"));
    assert_eq!(failure.attribute("type"), Some("CertificateUntrusted"));
    assert!(failure.attribute("message").unwrap().starts_with("The node does not trust"));
    assert!(failure.text().unwrap().contains("sudoedit /etc/containerd"));
    let clocks = suite(&document, "clock");
    assert_eq!(end(case(&clocks, "clock (lease) on node4")), "error", "what did not finish is no pass");
}

#[test]
fn what_no_row_shows_is_a_case_too() {
    let text = junit::report(&cluster(5));
    let document = Document::parse(&text).unwrap();
    let findings = suite(&document, "findings");
    let ends: Vec<String> = findings.iter().map(|case| end(*case)).collect();
    assert_eq!(ends, ["failure", "error", "system-out"], "a warning, what could not be told, a remark");
    assert_eq!(findings[0].attribute("name"), Some("CredentialExpiresSoon: secret/regcred"));
    let unchecked = suite(&document, "not checked");
    assert_eq!(end(case(&unchecked, "node/node4")), "skipped");
    assert_eq!(end(case(&unchecked, "secret/regcred")), "error");
}

#[test]
fn a_test_that_was_not_made_is_skipped_and_an_interrupted_run_is_an_error() {
    let mut report = super::report(Action::Pull, &[], vec![super::pull("node1", Verdict::NotTested)]);
    report.run.interrupted = true;
    let text = junit::report(&report);
    let document = Document::parse(&text).unwrap();
    assert_eq!(end(suite(&document, "pull")[0]), "skipped");
    assert_eq!(end(suite(&document, "not checked")[0]), "error");
}

#[test]
fn hostile_text_stays_text_without_characters_that_xml_forbids() {
    let text = junit::report(&cluster(5));
    assert!(!text.contains('\u{1}'));
    let document = Document::parse(&text).unwrap();
    let failure = suite(&document, "workload")[0].first_element_child().unwrap();
    assert_eq!(failure.attribute("message").unwrap(), HOSTILE.replace('\u{1}', "\u{fffd}"));
}
