//! A row a workload, image and list of pull secrets with pulls that fail.

use std::collections::BTreeMap;

use super::credential::credential;
use super::{Codes, FailingRow, WorksRow};
use crate::diagnose::workload::View;
use crate::evidence::workloads::{FailingPull, ImageUse, PullState, Workload};
use crate::plan::SecretSource;
use crate::report::rows::Row;

/// How many pods a row names.
const NAMED: usize = 3;
/// How many other workloads with the same image a row names.
const WORKS_ON: usize = 3;

pub(super) fn failing(view: &View<'_>, codes: &Codes<'_>) -> Vec<Row> {
    let mut groups: BTreeMap<(&str, &str, &[String]), Vec<&FailingPull>> = BTreeMap::new();
    for one in &view.seen.failing {
        groups.entry((&one.workload, &one.image, &one.pull_secrets)).or_default().push(one);
    }
    groups.into_values().filter_map(|group| Some(Row::Failing(failing_row(view, &group, codes)?))).collect()
}

fn failing_row(view: &View<'_>, group: &[&FailingPull], codes: &Codes<'_>) -> Option<FailingRow> {
    let mut group = group.to_vec();
    group.sort_by_key(|one| (one.since, one.pod.as_str()));
    // Those that started all the same are told of only where no other lacks the image.
    let lacking: Vec<&FailingPull> = group.iter().copied().filter(|one| one.lacks_image()).collect();
    let shown = if lacking.is_empty() { &group } else { &lacking };
    // The one that says most speaks for all: the others may have lost their words.
    let first = shown.iter().copied().find(|one| one.message.is_some()).or(shown.first().copied())?;
    let mut nodes: Vec<String> = shown.iter().map(|one| one.node.clone()).collect();
    nodes.retain(|node| !node.is_empty());
    nodes.sort();
    nodes.dedup();
    let pods = names(shown);
    let finding = shown.iter().find_map(|one| codes.about(&one.id, &one.image));
    let workload = view.workload(&first.workload);
    let mut credential = credential(
        view,
        (&first.namespace, &first.service_account),
        Some((&first.pull_secrets, source(workload))),
        &first.image,
    );
    if first.is_of_sandbox() {
        credential.then =
            "none of the pod's counts: the node's runtime pulls the sandbox's image by itself".into();
    }
    Some(FailingRow {
        namespace: first.namespace.clone(),
        workload: workload.map_or_else(|| format!("pod/{}", first.pod), |one| one.name.clone()),
        image: first.image.clone(),
        failing: u32::try_from(names(&lacking).len()).unwrap_or(u32::MAX),
        pods: workload.map_or(1, |one| one.pods),
        examples: pods.iter().take(NAMED).map(ToString::to_string).collect(),
        nodes,
        state: first.state,
        since: shown.iter().filter_map(|one| one.since).min(),
        credential,
        message: first.message.clone(),
        events: first.events,
        works_on: works_on(view, first),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        evidence: group.iter().map(|one| one.id.clone()).collect(),
    })
}

/// The pods, each once.
fn names<'e>(pulls: &[&'e FailingPull]) -> Vec<&'e str> {
    let mut names: Vec<&str> = pulls.iter().map(|one| one.pod.as_str()).collect();
    names.dedup();
    names
}

fn source(workload: Option<&Workload>) -> SecretSource {
    match workload.is_some_and(|one| !one.pull_secrets.is_empty()) {
        true => SecretSource::Workload,
        false => SecretSource::ServiceAccount,
    }
}

/// Others with the same image that started: in the same namespace first, and none that runs on no node. What started all
/// the same is no other than itself.
fn works_on(view: &View<'_>, failing: &FailingPull) -> Vec<WorksRow> {
    let same = |use_: &&ImageUse| use_.image == failing.image && use_.started > 0;
    let is_itself =
        |one: &&Workload| one.id == failing.workload && failing.state == PullState::StartedAllTheSame;
    let mut found: Vec<(bool, WorksRow)> = Vec::new();
    for workload in view.seen.workloads.iter().filter(|one| !is_itself(one)) {
        for use_ in workload.images.iter().filter(same) {
            let here = workload.namespace == failing.namespace;
            let name = if here {
                workload.name.clone()
            } else {
                format!("{}/{}", workload.namespace, workload.name)
            };
            found.push((
                !here,
                WorksRow {
                    workload: name,
                    nodes: use_.started_on.clone(),
                    pull_secrets: use_.started_with.first().cloned().unwrap_or_default(),
                },
            ));
        }
    }
    found.sort_by(|one, other| (one.0, &one.1.workload).cmp(&(other.0, &other.1.workload)));
    found.into_iter().map(|(_, row)| row).take(WORKS_ON).collect()
}
