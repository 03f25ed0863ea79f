//! Reports of one question put together: what was told from the API server alone is settled by tests of the same pulls.

use std::collections::HashSet;

use super::planned::{self, Answers};
use super::rows::Row;
use super::{Report, recovered};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::plan::Plan;

/// What stands between the id of a test's item and its run, where another run has one of the same id.
pub(super) const OF_RUN: char = '#';

impl Report {
    /// Judges the parts of a check-up, and puts them together. The first says what was asked; each of the others adds
    /// what it came to. `None` without any.
    pub fn of_all(parts: &[Evidence]) -> Option<Self> {
        let (first, others) = parts.split_first()?;
        let mut report = Self::of(first);
        others.iter().for_each(|part| report.add(Self::of(part)));
        if first.preflight.is_some() {
            planned::soften(&mut report.findings, &report.results);
            report.findings.sort_by_key(|finding| finding.severity);
        }
        Some(report)
    }

    /// Adds what a test of the same question came to. What the test is certain of stands in place of what was only
    /// possible.
    pub fn add(&mut self, mut tested: Self) {
        self.tell_apart(&mut tested);
        let answers = Answers::of(&tested);
        recovered::tell(&mut self.findings, &self.results, &tested);
        self.run.interrupted |= tested.run.interrupted;
        self.results.extend(tested.results);
        self.not_checked.extend(tested.not_checked);
        self.harbor = self.harbor.take().or(tested.harbor);
        self.clock = self.clock.take().or(tested.clock);
        for mut finding in tested.findings {
            answers.place(&mut finding, &self.results);
            if finding.subject.namespace.is_empty() && finding.subject.is_namespaced() {
                finding.subject.namespace.clone_from(&tested.plan.namespace);
            }
            let is_of_another = |told: &Finding| is_of_another(told, &self.results, &tested.plan);
            let explains = |told: &&mut Finding| {
                !is_of_another(told) && explains(told, &finding, &tested.plan.namespace)
            };
            if let Some(one) = self.findings.iter_mut().find(explains) {
                // What was harmless by itself is not where a pull fails for it.
                one.severity = one.severity.min(finding.severity);
                finding.evidence.retain(|id| !one.evidence.contains(id));
                one.evidence.append(&mut finding.evidence);
                continue;
            }
            let (settled, others) = std::mem::take(&mut self.findings)
                .into_iter()
                .partition::<Vec<Finding>, _>(|one| settles(&finding, one, is_of_another(one)));
            self.findings = others;
            settled.into_iter().for_each(|one| take_over(&mut finding, one));
            match self.findings.iter_mut().find(|one| is_same(one, &finding)) {
                Some(one) => join(one, finding),
                None => self.findings.push(finding),
            }
        }
        self.findings.sort_by_key(|finding| finding.severity);
        self.tell_rows();
        answers.tell(&mut self.results, &self.findings);
    }

    /// Each run numbers its tests by node: an id that another run has got is told apart by the run.
    fn tell_apart(&self, tested: &mut Self) {
        let known: HashSet<String> =
            self.results.iter().filter_map(|row| row.test_id().map(str::to_string)).collect();
        let run = &tested.run.id;
        let apart = |id: &mut String| {
            if known.contains(id.as_str()) {
                *id = format!("{id}{OF_RUN}{run}");
            }
        };
        tested.results.iter_mut().filter_map(Row::test_id_mut).for_each(apart);
        tested.findings.iter_mut().flat_map(|one| &mut one.evidence).for_each(apart);
    }

    /// The rows about pods say what settled them.
    fn tell_rows(&mut self) {
        let findings = &self.findings;
        for row in &mut self.results {
            if let Row::Failing(row) = row
                && let Some(finding) =
                    findings.iter().find(|one| one.evidence.iter().any(|id| row.evidence.contains(id)))
            {
                (row.code, row.certain) = (Some(finding.code), Some(finding.certain));
            }
        }
    }
}

fn join(one: &mut Finding, other: Finding) {
    if !one.certain && !other.certain {
        narrow(one, &other);
    }
    one.evidence.extend(other.evidence);
    let add = |to: &mut Vec<String>, more: Vec<String>| {
        let new: Vec<String> = more.into_iter().filter(|text| !to.contains(text)).collect();
        to.extend(new);
    };
    add(&mut one.subject.images, other.subject.images);
    add(&mut one.subject.nodes, other.subject.nodes);
    let new: Vec<_> = other.places.into_iter().filter(|place| !one.places.contains(place)).collect();
    one.places.extend(new);
}

/// A test that is not certain of the same cause leaves less open, and what would settle that is something else than the
/// test that was just made.
fn narrow(one: &mut Finding, tested: &Finding) {
    let before = one.also_possible.len();
    let is_left = |code: &Code| tested.also_possible.contains(code);
    if one.also_possible.iter().any(is_left) {
        one.also_possible.retain(is_left);
    }
    if one.also_possible.len() < before {
        one.settle_by.clone_from(&tested.settle_by);
    }
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    one.code == other.code && one.subject.is_object_of(&other.subject)
}

/// Whether what is written down in the cluster says why a test in this namespace failed: the run's own finding knows less
/// of it, and its mend is another.
fn explains(told: &Finding, tested: &Finding, namespace: &str) -> bool {
    let same_image = tested.subject.images.iter().any(|image| told.subject.images.contains(image));
    // Ids of pods name their namespace second.
    let mut pods = told.evidence.iter().filter_map(|id| id.strip_prefix("pod/")?.split('/').next());
    // Of manifests there are no pods yet.
    let is_planned = !told.places.is_empty() && told.places.iter().any(|place| tested.places.contains(place));
    let is_here = is_planned || pods.any(|of| of == namespace);
    told.certain && same_image && is_here && crate::diagnose::says_better(told.code, tested.code)
}

/// Whether what was told is about pulls of other workloads than the one as which a test was made.
fn is_of_another(told: &Finding, results: &[Row], plan: &Plan) -> bool {
    let name = &plan.identity.name;
    let is_workload =
        name.contains('/') && !["serviceaccount/", "secret/"].iter().any(|kind| name.starts_with(kind));
    let pulls = recovered::pulls(told, results);
    is_workload
        && !pulls.is_empty()
        && !pulls.iter().any(|row| row.workload == *name && row.namespace == plan.namespace)
}

/// Whether what a test found is the same said with certainty, or one of the causes that were left open. What a registry
/// answers to one workload says nothing of another's credential.
fn settles(tested: &Finding, told: &Finding, is_of_another: bool) -> bool {
    let same_image = tested.subject.images.iter().any(|image| told.subject.images.contains(image));
    let about_it = tested.subject.is_object_of(&told.subject)
        || (same_image && !(is_of_another && tested.code.is_registrys_answer()));
    let is_possible = told.code == tested.code || told.also_possible.contains(&tested.code);
    tested.certain && !told.certain && about_it && is_possible
}

fn take_over(tested: &mut Finding, told: Finding) {
    tested.evidence.extend(told.evidence);
    tested.messages.extend(told.messages);
    if tested.subject.name == told.subject.name {
        tested.subject.namespace = told.subject.namespace;
    }
    let new: Vec<String> =
        told.subject.nodes.into_iter().filter(|node| !tested.subject.nodes.contains(node)).collect();
    tested.subject.nodes.extend(new);
}

#[cfg(test)]
#[path = "tested_tests.rs"]
mod tests;
