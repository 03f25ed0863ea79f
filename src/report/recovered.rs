//! Pulls of pods that failed, and that a test of the same pull sees work now: the pods have not tried again yet.

use std::collections::BTreeSet;

use super::rows::{Row, Verdict};
use super::{FailingRow, Report};
use crate::finding::{Finding, Fix, Severity};

/// Says of findings about pods of the workload that was tested that its pulls work now. They remain warnings: what fails
/// now and then may fail again.
pub(super) fn tell(findings: &mut [Finding], results: &[Row], tested: &Report) {
    for finding in findings.iter_mut().filter(|one| one.code.is_registrys_answer()) {
        let rows: Vec<&FailingRow> = pulls(finding, results);
        if !rows.is_empty() && rows.iter().all(|row| works_now(row, tested)) {
            soften(finding, &tested.plan.identity.name);
        }
    }
}

/// The pulls of pods that a finding is about.
pub(super) fn pulls<'r>(finding: &Finding, results: &'r [Row]) -> Vec<&'r FailingRow> {
    let rows = results.iter().filter_map(|row| if let Row::Failing(row) = row { Some(row) } else { None });
    rows.filter(|row| row.evidence.iter().any(|id| finding.evidence.contains(id))).collect()
}

/// Whether the image was tested as that workload, on a node where it fails, and nothing of the test failed.
fn works_now(row: &FailingRow, tested: &Report) -> bool {
    let plan = &tested.plan;
    if row.workload != plan.identity.name || row.namespace != plan.namespace {
        return false;
    }
    let of_image = tested.results.iter().filter_map(|one| match one {
        Row::Pull(one) if one.image == row.image => Some((one.node.as_str(), one.result)),
        Row::Probe(one) if one.image == row.image => Some((one.node.as_str(), one.result)),
        _ => None,
    });
    let all: Vec<(&str, Verdict)> = of_image.collect();
    all.iter().all(|(_, result)| *result == Verdict::Ok)
        && all.iter().any(|(node, _)| row.nodes.iter().any(|one| one == node))
}

fn soften(finding: &mut Finding, workload: &str) {
    if finding.severity > Severity::Error {
        return;
    }
    finding.severity = Severity::Warning;
    finding.cause = format!(
        "{} A test of the same pull as {workload} works now, so this is over or comes and goes: the pods' next try, within \
         five minutes, tells.",
        finding.cause
    );
    let pods: BTreeSet<(&str, &str)> = finding
        .evidence
        .iter()
        .filter_map(|id| {
            let mut parts = id.strip_prefix("pod/")?.split('/');
            Some((parts.next()?, parts.next()?))
        })
        .collect();
    let command = |(namespace, pod): &(&str, &str)| format!("kubectl -n {namespace} delete pod {pod}");
    let commands: Vec<String> = pods.iter().map(command).collect();
    finding.fixes = vec![Fix {
        what: "does not wait for that, where a controller makes the pods anew".into(),
        patches: Vec::new(),
        command: commands.join(" && "),
    }];
}
