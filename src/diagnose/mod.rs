//! From evidence to findings: pure rules, one file a family. No clock, no network, no environment.
//!
//! A rule says what one item of evidence means; it does not group and does not weigh itself against other
//! rules. [`diagnose`] runs the list, lets the more specific cause win where two explain the same item,
//! collapses findings with one cause into one, and puts the worst first.
//!
//! To add a rule: write a [`Rule`] in the file of its family and add it to [`RULES`]. If it is more
//! specific than another one about the same evidence, say so in [`settle::MORE_SPECIFIC`].

pub mod message;

mod builder;
pub(crate) mod clock;
mod credential;
pub(crate) mod harbor;
mod network;
mod node;
pub(crate) mod probe;
mod pull;
mod refusal;
mod settle;
mod wording;
pub(crate) mod workload;

pub use clock::{offset as signed_span, span};
pub use harbor::short_kid;
pub use pull::{candidates as pull_candidates, may_refuse_credential};
pub(crate) use settle::says_better;
pub use wording::Place;
pub(crate) use wording::asked;

use crate::evidence::Evidence;
use crate::finding::Finding;

/// A rule: what it reads in the evidence, as findings about one item each.
pub type Rule = fn(&Evidence) -> Vec<Finding>;

/// Every rule.
pub const RULES: &[Rule] = &[
    pull::failed,
    pull::not_finished,
    network::cut_off_nodes,
    credential::stale,
    credential::missing_pull_secrets,
    builder::docker_configs,
    node::left_out,
    node::could_not_take_the_test,
    refusal::refused_checks,
    refusal::failed_checks,
    probe::broken_ways,
    probe::dead_addresses,
    probe::broken,
    probe::missing,
    probe::failed_helpers,
    probe::failed_attempts,
    probe::expiring,
    probe::intermittent,
    probe::low,
    probe::could_not_look,
    harbor::mismatched,
    harbor::rejected,
    harbor::unreadable,
    harbor::stale,
    harbor::not_mounted,
    harbor::unreachable_cores,
    harbor::rejected_for_time,
    harbor::drifting,
    harbor::short_lived,
    harbor::drifting_settings,
    harbor::versions,
    harbor::logins,
    harbor::read_only,
    harbor::decided,
    harbor::unreachable_front,
    harbor::unsteady_front,
    harbor::realm,
    harbor::one_key_only,
    harbor::denied_reads,
    clock::lease_drift,
    clock::frozen,
    clock::drift,
    clock::unsynchronised,
    clock::unreachable,
    clock::rejected_tokens,
    workload::failing::pulls,
    workload::audit::audited,
    workload::planned::images,
];

/// What the evidence means, worst first.
pub fn diagnose(evidence: &Evidence) -> Vec<Finding> {
    let findings = RULES.iter().flat_map(|rule| rule(evidence)).collect();
    let mut findings = probe::agree(settle::most_specific(findings));
    probe::differ(&mut findings, evidence);
    let mut findings = settle::collapse(findings);
    // Stable: rules and evidence keep their order within one severity.
    findings.sort_by_key(|finding| (finding.severity, std::cmp::Reverse(finding.subject.nodes.len())));
    workload::failing::arrange(&mut findings, evidence);
    workload::place(&mut findings, evidence);
    workload::planned::place(&mut findings, evidence);
    findings.iter_mut().for_each(crate::fix::fill_in_node);
    findings
}

#[cfg(test)]
pub(crate) mod tests;
