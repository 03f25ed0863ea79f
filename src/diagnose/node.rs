//! Nodes that were not tested.

use crate::code::Code;
use crate::evidence::{Evidence, LastSeen, Outcome, Pull, Step};
use crate::finding::{Finding, Fix, Severity, Subject};
use crate::plan::{Skip, SkipReason};

/// Nodes that the plan left out because they cannot take the test.
pub(super) fn left_out(evidence: &Evidence) -> Vec<Finding> {
    let skipped =
        evidence.plan.nodes.iter().filter_map(|node| Some((node.name.as_str(), node.skip.as_ref()?)));
    skipped.map(|(name, skip)| left_out_node(name, skip)).collect()
}

fn left_out_node(name: &str, skip: &Skip) -> Finding {
    let (severity, cause) = match skip.reason {
        SkipReason::NotReady => (Severity::Warning, "The node is not Ready and was not tested."),
        SkipReason::DiskPressure => (Severity::Warning, "The node reports disk pressure and was not tested."),
        SkipReason::Virtual => (Severity::Info, "A virtual node has no runtime to test."),
    };
    let mut finding = not_tested(name, severity, cause);
    finding.evidence = vec![format!("plan/nodes/{name}")];
    finding
}

/// Nodes whose pod was not placed, turned away, or never looked at.
pub(super) fn could_not_take_the_test(evidence: &Evidence) -> Vec<Finding> {
    evidence.pulls.iter().filter_map(untested_pull).collect()
}

fn untested_pull(pull: &Pull) -> Option<Finding> {
    let (cause, message) = match &pull.outcome {
        Outcome::Failed { step: Step::Schedule, message } => {
            ("The scheduler found no room for the test on the node.", Some(message))
        }
        Outcome::Failed { step: Step::Admit, message } => {
            ("The kubelet turned the test away.", Some(message))
        }
        Outcome::Absent { message } => ("The test's pod was removed by something else.", Some(message)),
        Outcome::TimedOut { last_seen: LastSeen::Created, .. } => {
            ("The scheduler did not place the test on the node in time.", None)
        }
        Outcome::TimedOut { last_seen: LastSeen::Scheduled, .. } => {
            ("The kubelet did not begin the pull in time.", None)
        }
        Outcome::TimedOut { last_seen: LastSeen::Planned, .. } => {
            ("The time was up before the node's turn.", None)
        }
        _ => return None,
    };
    let mut finding = not_tested(&pull.node, Severity::Warning, cause);
    finding.subject.images = vec![pull.image.clone()];
    finding.evidence = vec![pull.id.clone()];
    finding.messages = message.cloned().into_iter().collect();
    Some(finding)
}

fn not_tested(name: &str, severity: Severity, cause: &str) -> Finding {
    let subject = Subject { name: "nodes".into(), nodes: vec![name.to_string()], ..Subject::default() };
    let mut finding = Finding::new(Code::NodeNotTested, subject, cause);
    finding.severity = severity;
    if severity != Severity::Info {
        finding.fixes =
            vec![Fix::new("shows the node's conditions and what runs there", "kubectl describe node NODE")];
    }
    finding
}
