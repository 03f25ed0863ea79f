//! What pulls that fail have in common, once all rules have spoken: one finding a cause, how many pods it stops,
//! and the order by that.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::diagnose::settle;
use crate::evidence::workloads::{FailingPull, PullState, Workloads};
use crate::evidence::{Action, Evidence};
use crate::finding::{Finding, Severity};

/// How many workloads a sentence names.
const NAMED: usize = 2;

/// How many mends a finding shows.
const FIXES: usize = 8;

/// Findings about workloads, each once. Those of `why` by how many pods each stops, and then by severity.
pub(in crate::diagnose) fn arrange(findings: &mut Vec<Finding>, evidence: &Evidence) {
    let action = evidence.plan.action;
    let asks = action.asks_why() || action.audits();
    let Some(seen) = evidence.workloads.as_ref().filter(|_| asks) else { return };
    let pulls: HashMap<&str, &FailingPull> = seen.failing.iter().map(|one| (one.id.as_str(), one)).collect();
    *findings = join(std::mem::take(findings));
    if action == Action::Secrets {
        // What is written down names the workloads itself.
        let of_pulls = |one: &&mut Finding| one.evidence.iter().all(|id| pulls.contains_key(id.as_str()));
        findings.iter_mut().filter(of_pulls).for_each(|finding| {
            Stopped::of(finding, &pulls, seen).tell(finding);
        });
        return;
    }
    let mut weighed: Vec<(usize, Finding)> = std::mem::take(findings)
        .into_iter()
        .map(|mut finding| {
            let stopped = Stopped::of(&finding, &pulls, seen);
            stopped.tell(&mut finding);
            (stopped.blocked(&finding), finding)
        })
        .collect();
    weighed.sort_by(|(blocks, one), (others, other)| {
        let key = |one: &Finding| (one.severity, one.code);
        (Reverse(blocks), key(one), &one.subject.name, &one.cause).cmp(&(
            Reverse(others),
            key(other),
            &other.subject.name,
            &other.cause,
        ))
    });
    findings.extend(weighed.into_iter().map(|(_, finding)| finding));
}

/// Two rules may say the same of one pull: by its message, and by what is written down.
fn join(findings: Vec<Finding>) -> Vec<Finding> {
    let mut joined: Vec<Finding> = Vec::new();
    let mut places: HashMap<(crate::code::Code, String), Vec<usize>> = HashMap::new();
    for finding in findings {
        let same = places.entry((finding.code, finding.subject.name.clone())).or_default();
        let overlaps = |one: &Finding| one.evidence.iter().any(|id| finding.evidence.contains(id));
        let place = same.iter().copied().find(|place| joined.get(*place).is_some_and(overlaps));
        match place.and_then(|place| joined.get_mut(place)) {
            // The surer of two stands.
            Some(one) if finding.certain && !one.certain => {
                let other = std::mem::replace(one, finding);
                add(one, other);
            }
            Some(one) => add(one, finding),
            None => {
                same.push(joined.len());
                joined.push(finding);
            }
        }
    }
    joined
}

/// What is certain has no other causes, whatever the other one left open.
fn add(one: &mut Finding, other: Finding) {
    settle::absorb(one, other);
    if one.certain {
        one.also_possible.clear();
    }
}

/// The pods that a finding is about.
struct Stopped<'e> {
    /// By namespace and name.
    pods: BTreeMap<(&'e str, &'e str), &'e FailingPull>,
    nodes: BTreeSet<&'e str>,
    /// Names of their workloads, by namespace.
    workloads: BTreeSet<(&'e str, &'e str)>,
    /// How many of the pods belong to no workload.
    bare: usize,
}

impl<'e> Stopped<'e> {
    fn of(finding: &Finding, pulls: &HashMap<&str, &'e FailingPull>, seen: &'e Workloads) -> Self {
        let mut stopped =
            Self { pods: BTreeMap::new(), nodes: BTreeSet::new(), workloads: BTreeSet::new(), bare: 0 };
        for pull in finding.evidence.iter().filter_map(|id| pulls.get(id.as_str())) {
            stopped.nodes.extend(Some(pull.node.as_str()).filter(|node| !node.is_empty()));
            let workload = seen.workload(&pull.workload).filter(|one| !one.name.starts_with("pod/"));
            let is_new = stopped.pods.insert((&pull.namespace, &pull.pod), pull).is_none();
            stopped.bare += usize::from(is_new && workload.is_none());
            stopped.workloads.extend(workload.map(|one| (one.namespace.as_str(), one.name.as_str())));
        }
        stopped
    }

    /// How many pods it keeps from starting.
    fn blocked(&self, finding: &Finding) -> usize {
        if !matches!(finding.severity, Severity::Error | Severity::Unknown) {
            return 0;
        }
        self.pods.values().filter(|pull| pull.state != PullState::StartedAllTheSame).count()
    }

    /// Says in the finding's sentence whom it stops.
    fn tell(&self, finding: &mut Finding) {
        if let Some(who) = self.describe() {
            finding.cause = format!("{} ({who}).", finding.cause.trim_end_matches('.'));
        }
        finding.fixes.truncate(FIXES);
    }

    /// `40 pods of deploy/web, on 3 nodes; for example pod/web-x on node1`.
    fn describe(&self) -> Option<String> {
        let example = self.pods.values().next()?;
        let place = if example.node.is_empty() { String::new() } else { format!(" on {}", example.node) };
        let of = match (self.of_workloads(), self.bare) {
            (None, _) => String::new(),
            (Some(of), 0) => format!(" of {of}"),
            (Some(of), 1) => format!(", {} of {of} and 1 by itself", self.pods.len() - 1),
            (Some(of), bare) => format!(", {} of {of} and {bare} by themselves", self.pods.len() - bare),
        };
        let pod = format!("pod/{}", example.pod);
        Some(match (self.pods.len(), self.nodes.len()) {
            (1, _) => format!("{pod}{of}{place}"),
            (pods, 0 | 1) => format!("{pods} pods{of}{place}; for example {pod}"),
            (pods, nodes) => format!("{pods} pods{of}, on {nodes} nodes; for example {pod}{place}"),
        })
    }

    fn of_workloads(&self) -> Option<String> {
        let names: Vec<&str> = self.workloads.iter().take(NAMED).map(|(_, name)| *name).collect();
        match self.workloads.len() - names.len() {
            0 if names.is_empty() => None,
            0 => Some(names.join(" and ")),
            more => Some(format!("{} and {more} more workloads", names.join(", "))),
        }
    }
}
