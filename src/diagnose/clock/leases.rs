//! Clocks that differ, and leases that do not move.

use super::words::{meaning, side, span};
use super::{Limits, at_the_node};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::clock::{ClockBounds, LeaseClock, Offset, Offsets};
use crate::finding::{Finding, Fix, Severity, Subject};

/// The id of a lease's evidence.
pub(crate) fn id(lease: &LeaseClock) -> String {
    format!("lease/{}", lease.node)
}

/// Nodes whose clock is not that of most nodes; nodes that differ from each other; and a whole cluster that differs from its API
/// server.
pub(crate) fn drift(evidence: &Evidence) -> Vec<Finding> {
    let Some(offsets) = evidence.leases.as_ref().and_then(|leases| leases.offsets()) else {
        return Vec::new();
    };
    let limits = Limits::of(evidence);
    let mut findings = nodes(&offsets, limits);
    if findings.is_empty() {
        findings.extend(spread(&offsets, limits));
    }
    findings.extend(against_the_api_server(&offsets, limits));
    findings
}

/// One finding a side and severity: of a thousand nodes that are off there are not a thousand findings.
fn nodes(offsets: &Offsets<'_>, limits: Limits) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (severity, over, under) in [
        (Severity::Error, limits.error_us, i64::MAX),
        (Severity::Warning, limits.warning_us, limits.error_us),
    ] {
        for is_behind in [true, false] {
            for certain in [true, false] {
                let off: Vec<&Offset<'_>> = offsets
                    .nodes
                    .iter()
                    .filter(|node| {
                        let away = node.offset_us.saturating_abs();
                        away > over
                            && away <= under
                            && (node.offset_us < 0) == is_behind
                            && node.is_certain(over) == certain
                    })
                    .collect();
                findings.extend(off_by(&off, severity, certain, limits));
            }
        }
    }
    findings
}

fn off_by(off: &[&Offset<'_>], severity: Severity, certain: bool, limits: Limits) -> Option<Finding> {
    let least = off.iter().min_by_key(|node| node.offset_us.unsigned_abs())?;
    let most = off.iter().max_by_key(|node| node.offset_us.unsigned_abs())?;
    let (subject, who) = match off {
        [one] => (format!("node/{}", one.lease.node), "The node's clock is".to_string()),
        many => ("nodes".to_string(), format!("The clocks of {} nodes are", many.len())),
    };
    let (low, high) = (span(least.offset_us), span(most.offset_us));
    let by = if low == high { high } else { format!("{low} to {high}") };
    let cause = format!(
        "{who} {by} {} that of the nodes in the middle, by the renewals of their leases (± {}): {}.",
        side(most.offset_us),
        span(off.iter().map(|node| node.uncertainty_us).max().unwrap_or(0)),
        meaning(most.offset_us, limits)
    );
    let mut finding = drifted(subject, cause, severity, off.iter().map(|node| node.lease));
    finding.certain = certain;
    if !certain {
        finding.settle_by =
            Some("listen longer, since a renewal that is late once looks the same: kubectl regauth clock --listen 1m".into());
    }
    Some(finding)
}

/// No node is far from the middle, but two are far from each other.
fn spread(offsets: &Offsets<'_>, limits: Limits) -> Option<Finding> {
    let (spread, uncertainty) = offsets.spread_us()?;
    let (ahead, behind) = offsets.extremes()?;
    if spread <= limits.warning_us {
        return None;
    }
    let over = if spread > limits.error_us { limits.error_us } else { limits.warning_us };
    let cause = format!(
        "The clock of {} is {} ahead of that of {}, by the renewals of their leases (± {}): {}.",
        ahead.lease.node,
        span(spread),
        behind.lease.node,
        span(uncertainty),
        meaning(spread, limits)
    );
    let severity = if spread > limits.error_us { Severity::Error } else { Severity::Warning };
    let mut finding = drifted("nodes".into(), cause, severity, [ahead.lease, behind.lease].into_iter());
    finding.certain = spread.saturating_sub(uncertainty) > over;
    if !finding.certain {
        finding.settle_by = Some("listen longer: kubectl regauth clock --listen 1m".into());
    }
    Some(finding)
}

/// All nodes agree, and the API server does not.
fn against_the_api_server(offsets: &Offsets<'_>, limits: Limits) -> Option<Finding> {
    let bounds = offsets.middle_to_api?;
    let least = bounds.least_us();
    if least <= limits.warning_us {
        return None;
    }
    let severity = if least > limits.error_us { Severity::Error } else { Severity::Warning };
    let cause = format!(
        "The clocks of the nodes in the middle are at least {} {} the API server's, by the Date of its answers ({}): either may \
         be the one that is wrong; {}.",
        span(least),
        side(bounds.middle_us()),
        within(bounds),
        meaning(least, limits)
    );
    let middle = offsets.nodes.iter().filter(|node| node.offset_us.saturating_abs() <= limits.warning_us);
    let mut finding = drifted("nodes".into(), cause, severity, middle.map(|node| node.lease));
    finding.fixes.insert(
        0,
        Fix {
            what: "asks a time server from each node which of them is right".into(),
            command: "kubectl regauth clock --method probe --ntp-server HOST".into(),
        },
    );
    Some(finding)
}

fn within(bounds: ClockBounds) -> String {
    format!("between {} and {}", super::offset(bounds.low_us), super::offset(bounds.high_us))
}

fn drifted<'a>(
    subject: String,
    cause: String,
    severity: Severity,
    leases: impl Iterator<Item = &'a LeaseClock> + Clone,
) -> Finding {
    let nodes = leases.clone().map(|lease| lease.node.clone()).collect();
    let mut finding =
        Finding::new(Code::ClockDrift, Subject { name: subject, images: Vec::new(), nodes }, cause);
    finding.severity = severity;
    finding.evidence = leases.map(id).collect();
    finding.fixes = at_the_node();
    finding
}

/// Nodes whose lease was not renewed for longer than it holds.
pub(crate) fn frozen(evidence: &Evidence) -> Vec<Finding> {
    let Some(leases) = &evidence.leases else { return Vec::new() };
    leases.frozen().map(|(lease, age)| frozen_lease(lease, age, leases.listened_ms)).collect()
}

fn frozen_lease(lease: &LeaseClock, age: u64, listened_ms: u64) -> Finding {
    let holds = lease.holds_seconds();
    let state = match lease.ready {
        Some(true) => {
            "and yet the node is Ready: its kubelet is cut off or stopped since shortly, or the node's clock is far behind"
        }
        Some(false) => "and the node is not Ready: its kubelet is stopped or cut off from the API server",
        None => "so its kubelet is stopped or cut off from the API server, or its clock is far behind",
    };
    let cause = format!(
        "The node's lease was not renewed while it was watched for {}, and its last renewal is {} old by the other nodes' clock, \
         where {holds} s are allowed, {state}; nothing is known of its clock.",
        span(i64::try_from(listened_ms).unwrap_or(i64::MAX).saturating_mul(1_000)),
        span(i64::try_from(age).unwrap_or(i64::MAX).saturating_mul(1_000_000))
    );
    let name = &lease.node;
    let subject = Subject { name: format!("node/{name}"), images: Vec::new(), nodes: vec![name.clone()] };
    let mut finding = Finding::new(Code::LeaseFrozen, subject, cause);
    // Without a renewal while it was watched for as long as it holds, an old time may also be that of a slow clock.
    finding.certain = lease.ready == Some(false) || listened_ms > holds.saturating_mul(1_000);
    if !finding.certain {
        finding.settle_by =
            Some(format!("listen for longer than it holds: kubectl regauth clock --listen {}s", holds + 5));
    }
    finding.evidence = vec![id(lease)];
    finding.fixes = vec![
        Fix {
            what: "shows whether it is renewed".into(),
            command: format!("kubectl get lease -n kube-node-lease {name} -o yaml"),
        },
        Fix {
            what: "shows what the node says of itself".into(),
            command: format!("kubectl describe node {name}"),
        },
        Fix {
            what: "on the node: shows why its kubelet does not".into(),
            command: "journalctl -u kubelet -e".into(),
        },
    ];
    finding
}
