//! The order of findings, and that the order of the pulls does not matter.

use std::collections::BTreeSet;

use super::build::*;
use crate::code::Code;
use crate::diagnose::diagnose;
use crate::evidence::{LastSeen, Pull, Step};
use crate::finding::Severity;
use crate::plan::{PlannedNode, SkipReason};

/// A generator whose numbers are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn many_troubles() -> Vec<Pull> {
    vec![
        failed("node1", WRONG_PASSWORD),
        pulled("node2").held_back("node1"),
        failed("node3", TIMED_OUT).held_back("node1"),
        failed("node4", NO_CREDENTIAL).held_back("node1"),
        timed_out("node5", LastSeen::Pulling),
        timed_out("node6", LastSeen::Created),
        denied("node7"),
        broken("node8", Step::Sandbox, "no network"),
        broken("node9", Step::Watch, "away"),
        absent("node10"),
        pulled("node11").missing("regcred"),
        failed("node12", TIMED_OUT).of(ELSEWHERE, 1),
        timed_out("node13", LastSeen::Pulling).of(ELSEWHERE, 1),
        failed("node14", NO_CREDENTIAL).missing("regcred"),
        failed("node15", REFUSED),
    ]
}

/// What of a finding may not depend on any order.
type Told = (Severity, Code, bool, String, String, BTreeSet<String>, BTreeSet<String>, BTreeSet<String>);

fn told(pulls: Vec<Pull>) -> BTreeSet<Told> {
    let set = |items: Vec<String>| items.into_iter().collect::<BTreeSet<_>>();
    let told = findings(pulls).into_iter().map(|one| {
        let subject = one.subject;
        let (nodes, images, evidence) = (set(subject.nodes), set(subject.images), set(one.evidence));
        (one.severity, one.code, one.certain, subject.name, one.cause, nodes, images, evidence)
    });
    told.collect()
}

#[test]
fn findings_do_not_depend_on_the_order_of_the_pulls() {
    let in_order = told(many_troubles());
    assert!(in_order.len() > 8, "{in_order:?}");
    let mut numbers = Numbers(7);
    for round in 0..40 {
        let mut pulls = many_troubles();
        numbers.shuffle(&mut pulls);
        assert_eq!(told(pulls), in_order, "round {round}");
    }
}

#[test]
fn the_same_evidence_gives_the_same_findings_in_the_same_order() {
    let evidence = evidence(many_troubles());
    let first = diagnose(&evidence);
    assert!((0..20).all(|_| diagnose(&evidence) == first));
}

#[test]
fn the_worst_comes_first_and_then_what_concerns_most_nodes() {
    let mut evidence = evidence(many_troubles());
    evidence.plan.nodes.push(PlannedNode { name: "node16".into(), skip: skip(SkipReason::Virtual) });
    let found = diagnose(&evidence);
    let keys: Vec<_> = found.iter().map(|one| (one.severity, usize::MAX - one.subject.nodes.len())).collect();
    assert!(keys.is_sorted(), "{keys:?}");
    let severities: BTreeSet<Severity> = found.iter().map(|one| one.severity).collect();
    assert_eq!(severities.len(), 4, "an error, a warning, an unknown and an info: {severities:?}");
}

#[test]
fn every_failed_pull_is_in_a_finding() {
    let found = findings(many_troubles());
    let explained: BTreeSet<String> = found.into_iter().flat_map(|one| one.evidence).collect();
    for pull in many_troubles().into_iter().filter(|pull| pull.outcome != pulled("x").outcome) {
        assert!(explained.contains(&pull.id), "{}", pull.id);
    }
}
