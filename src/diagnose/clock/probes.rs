//! What probes saw of their nodes' clocks.

use super::truth::{self, Verdict, Witness};
use super::words::{meaning, offset, side, span};
use super::{Limits, at_the_node};
use crate::code::Code;
use crate::evidence::clock::leeway::{TokenRules, TokenVerdict};
use crate::evidence::clock::{ClockBounds, ClockSeen, NtpAnswer, NtpSeen, TokenTimes};
use crate::evidence::{Evidence, Outcome, Probe};
use crate::finding::{Finding, Fix, Severity, Subject};

/// Probes that looked at their node's clock, with what they saw.
fn seen(evidence: &Evidence) -> impl Iterator<Item = (&Probe, &ClockSeen)> {
    evidence.probes.iter().filter_map(|probe| Some((probe, probe.seen()?.clock.as_ref()?)))
}

/// Nodes whose clock is off by what the servers agree on, and servers that disagree.
pub(crate) fn drift(evidence: &Evidence) -> Vec<Finding> {
    let limits = Limits::of(evidence);
    let mut findings = Vec::new();
    for (probe, seen) in seen(evidence) {
        match truth::of(probe, seen, evidence.leases.as_ref()) {
            Verdict::Nothing => {}
            Verdict::Contradictory(witnesses) => findings.extend(contradiction(probe, &witnesses, limits)),
            Verdict::Agreed { truth, by, against } => {
                findings.extend(off(probe, truth, &by, limits));
                findings.extend(against.iter().filter_map(|liar| lies(probe, truth, liar, &by, limits)));
            }
        }
    }
    alike(&mut findings, evidence);
    findings
}

/// The node's clock is off.
fn off(probe: &Probe, truth: ClockBounds, by: &[Witness], limits: Limits) -> Option<Finding> {
    let node = ClockBounds { low_us: 0, high_us: 0 }.minus(truth);
    let (severity, over) = rate(node.middle_us(), limits)?;
    let names: Vec<&str> = by.iter().map(|one| one.name.as_str()).collect();
    let cause = format!(
        "The node's clock is {} {} that of {}: {}.",
        span(node.middle_us()),
        side(node.middle_us()),
        names.join(" and "),
        meaning(node.middle_us(), limits)
    );
    let mut finding = of_node(probe, Code::ClockDrift, "nodes", cause);
    finding.severity = severity;
    finding.certain = by.len() > 1 && node.least_us() > over;
    if !finding.certain {
        finding.settle_by = Some(
            "ask another time server as well (--ntp-server), or the API server's clock (--method both)"
                .into(),
        );
    }
    finding.fixes = at_the_node();
    Some(finding)
}

/// A server that most others contradict.
fn lies(
    probe: &Probe,
    truth: ClockBounds,
    liar: &Witness,
    by: &[Witness],
    limits: Limits,
) -> Option<Finding> {
    let away = liar.clock.minus(truth);
    let (severity, over) = rate(away.middle_us(), limits)?;
    let names: Vec<&str> = by.iter().map(|one| one.name.as_str()).collect();
    let what = match liar.is_registry {
        true => format!("tokens are made or checked by this clock: {}", meaning(away.middle_us(), limits)),
        false => "it is not believed, and a node that follows it goes wrong".into(),
    };
    let cause = format!(
        "{} is {} {} {} as seen from the nodes; {what}.",
        liar.name,
        span(away.middle_us()),
        side(away.middle_us()),
        names.join(" and "),
    );
    let mut finding = of_node(probe, Code::ClockDrift, &liar.name, cause);
    finding.severity = if liar.is_registry { severity } else { Severity::Warning };
    finding.certain = by.len() > 1 && away.least_us() > over;
    finding.fixes = match liar.name.strip_prefix("ntp/") {
        Some(server) => vec![ask_by_hand(server)],
        None => Vec::new(),
    };
    Some(finding)
}

/// Nobody has more than half behind him.
fn contradiction(probe: &Probe, witnesses: &[Witness], limits: Limits) -> Option<Finding> {
    let low = witnesses.iter().min_by_key(|one| one.clock.middle_us())?;
    let high = witnesses.iter().max_by_key(|one| one.clock.middle_us())?;
    let apart = high.clock.minus(low.clock);
    let (severity, _) = rate(apart.middle_us(), limits)?;
    // Without the microseconds, in which nodes differ that have the same story.
    let told = |one: &Witness| match one.clock.middle_us().saturating_neg() {
        us if us.saturating_abs() <= limits.warning_us => format!("{} (as the node)", one.name),
        us => format!("{} ({})", one.name, offset(us)),
    };
    let all: Vec<String> = witnesses.iter().map(told).collect();
    let cause = format!(
        "Those who were asked disagree by {} about the node's clock, and none has most others behind it: {}; none is believed.",
        span(apart.middle_us()),
        all.join(", ")
    );
    let mut finding = of_node(probe, Code::ClockDrift, "time servers", cause);
    finding.severity = severity;
    finding.certain = false;
    finding.settle_by =
        Some("ask a third one: --ntp-server HOST, or the API server's clock with --method both".into());
    finding.fixes = at_the_node();
    Some(finding)
}

/// One server alone that all nodes differ from alike is rather wrong itself.
fn alike(findings: &mut Vec<Finding>, evidence: &Evidence) {
    let mut lone: Vec<(String, ClockBounds)> = Vec::new();
    for (probe, seen) in seen(evidence) {
        match truth::of(probe, seen, evidence.leases.as_ref()) {
            Verdict::Agreed { truth, by, against } if against.is_empty() => match by.as_slice() {
                [one] => lone.push((one.name.clone(), truth)),
                _ => return,
            },
            _ => return,
        }
    }
    let limits = Limits::of(evidence);
    let Some((name, first)) = lone.first().cloned().filter(|_| lone.len() > 1) else { return };
    let is_same = |(one, bounds): &(String, ClockBounds)| {
        *one == name && bounds.minus(first).least_us() <= limits.warning_us
    };
    let Some((severity, _)) = rate(first.middle_us(), limits).filter(|_| lone.iter().all(is_same)) else {
        return;
    };
    let mut own: Vec<Finding> = Vec::new();
    findings.retain(|finding| {
        let is_own = finding.code == Code::ClockDrift && finding.subject.name == "nodes";
        if is_own {
            own.push(finding.clone());
        }
        !is_own
    });
    let cause = format!(
        "{name} is {} {} the clocks of all {} nodes that asked it, which agree with each other: rather it is wrong than all of them; {}.",
        span(first.middle_us()),
        side(first.middle_us()),
        lone.len(),
        meaning(first.middle_us(), limits)
    );
    let nodes = own.iter().flat_map(|finding| finding.subject.nodes.clone()).collect();
    let mut finding = Finding::new(
        Code::ClockDrift,
        Subject { name, images: Vec::new(), nodes, ..Subject::default() },
        cause,
    );
    finding.severity = severity;
    finding.certain = false;
    finding.evidence = own.iter().flat_map(|finding| finding.evidence.clone()).collect();
    finding.settle_by = Some(
        "ask another time server as well (--ntp-server), or the API server's clock (--method both)".into(),
    );
    findings.push(finding);
}

/// The severity of a difference, and the limit that it is over.
fn rate(us: i64, limits: Limits) -> Option<(Severity, i64)> {
    match us.saturating_abs() {
        us if us > limits.error_us => Some((Severity::Error, limits.error_us)),
        us if us > limits.warning_us => Some((Severity::Warning, limits.warning_us)),
        _ => None,
    }
}

/// Kernels that hold their clock for unsynchronised, and time servers that say so of theirs.
pub(crate) fn unsynchronised(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (probe, seen) in seen(evidence) {
        if seen.kernel.as_ref().is_some_and(|kernel| !kernel.synchronised) {
            let cause = "The kernel says that nothing keeps its clock right: no time service is running on the node, or it \
                         reaches no server; a clock that runs free goes wrong by up to a few seconds a day.";
            let mut finding = of_node(probe, Code::ClockUnsynchronised, "nodes", cause.into());
            finding.fixes = at_the_node();
            findings.push(finding);
        }
        for (ntp, answer) in answers(seen).filter(|(_, answer)| !answer.is_time() && answer.kiss.is_none()) {
            let cause = format!(
                "ntp/{} says that its own clock is not synchronised (leap indicator {}, stratum {}): it tells no time, and \
                 nodes that follow it have none.",
                ntp.server, answer.leap, answer.stratum
            );
            let subject = format!("ntp/{}", ntp.server);
            let mut finding = of_node(probe, Code::ClockUnsynchronised, &subject, cause);
            finding.fixes = vec![
                Fix::new("on the server: shows what it follows", "chronyc tracking; chronyc -n sources"),
                ask_by_hand(&ntp.server),
            ];
            findings.push(finding);
        }
    }
    findings
}

/// Time servers that do not answer, or refuse.
pub(crate) fn unreachable(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (probe, seen) in seen(evidence) {
        for ntp in &seen.ntp {
            let (why, message) = match &ntp.outcome {
                Outcome::Seen { value } if !value.is_time() && value.kiss.is_some() => {
                    ("refuses to tell the time (kiss-of-death)", value.kiss.clone())
                }
                Outcome::Seen { .. } => continue,
                Outcome::TimedOut { .. } => {
                    ("does not answer in time: UDP port 123 may be filtered on the way", None)
                }
                Outcome::Absent { message }
                | Outcome::Denied { message, .. }
                | Outcome::Failed { message, .. } => ("could not be asked", Some(message.clone())),
            };
            let cause = format!("ntp/{} {why}.", ntp.server);
            let subject = format!("ntp/{}", ntp.server);
            let mut finding = of_node(probe, Code::NtpUnreachable, &subject, cause);
            finding.messages = message.into_iter().collect();
            finding.fixes = vec![ask_by_hand(&ntp.server)];
            findings.push(finding);
        }
    }
    findings
}

/// Tokens that a verifier with the node's clock would refuse.
pub(crate) fn rejected_tokens(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (probe, seen) in seen(evidence) {
        findings.extend(seen.tokens.iter().filter_map(|token| rejected(probe, token)));
    }
    findings
}

fn rejected(probe: &Probe, token: &TokenTimes) -> Option<Finding> {
    let judge = |rules: TokenRules| refusal(rules.judge(token, token.received_at));
    let (severity, why, whom) = match (judge(TokenRules::LENIENT), judge(TokenRules::STRICT)) {
        (Some(why), _) => {
            (Severity::Error, why, "Harbor of any version, even with the 60 s that it forgives from 2.11 on")
        }
        (None, Some(why)) => {
            (Severity::Warning, why, "Harbor up to 2.10, which forgives nothing (from 2.11 on 60 s)")
        }
        (None, None) => return None,
    };
    let cause = format!(
        "A token that {} had just issued {why} by the node's clock: {whom}, would refuse it on this node.",
        token.service
    );
    let mut finding = of_node(probe, Code::TokenTimeRejected, &format!("server/{}", token.service), cause);
    finding.severity = severity;
    // What is known is the node's clock, not that a verifier runs there.
    finding.certain = false;
    finding.settle_by =
        Some("whether Harbor's core runs on this node: kubectl get pods -A -o wide -l component=core".into());
    finding.also_possible = vec![Code::ClockDrift];
    finding.fixes = at_the_node();
    Some(finding)
}

fn refusal(verdict: TokenVerdict) -> Option<&'static str> {
    match verdict {
        TokenVerdict::NotYet { .. } => Some("is not valid yet"),
        TokenVerdict::Expired { .. } => Some("has already expired"),
        TokenVerdict::BeforeProject { .. } | TokenVerdict::Accepted | TokenVerdict::Unsure => None,
    }
}

fn answers(seen: &ClockSeen) -> impl Iterator<Item = (&NtpSeen, &NtpAnswer)> {
    seen.ntp.iter().filter_map(|ntp| match &ntp.outcome {
        Outcome::Seen { value } => Some((ntp, value)),
        _ => None,
    })
}

fn ask_by_hand(server: &str) -> Fix {
    let host =
        server.rsplit_once(':').filter(|(host, _)| !host.contains(':')).map_or(server, |(host, _)| host);
    Fix::new(
        "on the node: asks it by hand, without setting the clock",
        format!("chronyd -Q -t 5 'server {host} iburst'"),
    )
}

fn of_node(probe: &Probe, code: Code, subject: &str, cause: String) -> Finding {
    let nodes = if probe.node.is_empty() { Vec::new() } else { vec![probe.node.clone()] };
    let mut finding = Finding::new(
        code,
        Subject { name: subject.into(), images: Vec::new(), nodes, ..Subject::default() },
        cause,
    );
    finding.evidence = vec![probe.id.clone()];
    finding
}
