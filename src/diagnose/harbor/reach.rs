//! Cores that do not answer, and reads that the API server refused.

use super::about::{about, names, one};
use super::view::{Core, View};
use crate::code::Code;
use crate::diagnose::probe::{fault, words};
use crate::evidence::harbor::PodState;
use crate::evidence::harbor::seen::Via;
use crate::evidence::probe::{Exchange, ExchangeResult};
use crate::evidence::{Evidence, Outcome};
use crate::finding::{Finding, Fix, Severity, Subject};
use crate::text::Clean;

/// Cores that do not answer, or answer as no core does.
pub(in crate::diagnose) fn unreachable_cores(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let others_answer = |core: &Core<'_>| {
        view.cores
            .iter()
            .any(|other| other.name != core.name && other.seen.is_some_and(|seen| seen.answers()))
    };
    let mut findings = Vec::new();
    for core in &view.cores {
        findings.extend(match core.seen {
            Some(seen) if !seen.answers() => silent(&view, core, others_answer(core)),
            Some(seen) => strange(&view, core, seen.token.answer().map_or(0, |answer| answer.status))
                .or_else(|| stopped(&view, core)),
            None => not_running(&view, core),
        });
    }
    findings
}

fn silent(view: &View<'_>, core: &Core<'_>, others_answer: bool) -> Option<Finding> {
    if core.state() == PodState::Terminating {
        return None;
    }
    let seen = core.seen?;
    let because = because(view, &seen.token);
    let not_ready = if core.serves() { "" } else { ", which is not ready," };
    let cause = format!("Core {}{not_ready} does not answer at {}{because}.", core.name, seen.address);
    let mut finding = about(view, Code::HarborCoreUnreachable, &[core], one(core), cause);
    finding.messages = message(view, &seen.token).into_iter().collect();
    weigh(&mut finding, view, core);
    if !others_answer && core.serves() && view.seen.is_some_and(|seen| seen.via == Via::Pod) {
        // Nobody answers whoever asks from there: it may be the way, not the cores.
        finding.certain = false;
        finding.also_possible = vec![Code::EgressBlocked];
        finding.settle_by =
            Some("the same through the API server, past NetworkPolicies: --via port-forward".into());
    }
    Some(finding)
}

/// A core that answered, and from some request on did not: it may have ended, or been cut off.
fn stopped(view: &View<'_>, core: &Core<'_>) -> Option<Finding> {
    if core.state() == PodState::Terminating {
        return None;
    }
    let seen = core.seen?;
    let unanswered = seen.stopped.as_ref()?;
    let cause = format!(
        "Core {} answered at {} at first, and then left {} without an answer{}. What was to be asked of it after that is not known.",
        core.name,
        seen.address,
        unanswered.request,
        because(view, unanswered)
    );
    let mut finding = about(view, Code::HarborCoreUnreachable, &[core], one(core), cause);
    finding.messages = message(view, unanswered).into_iter().collect();
    finding.certain = false;
    finding.also_possible = vec![Code::ConnectionTimedOut, Code::ConnectionRefused];
    finding.settle_by = Some(match core.pod {
        Some(_) => {
            "its restarts and events, and one more run: a core that is overloaded or restarting answers again"
                .into()
        }
        None => "one more run, and the core's own log: a core that is overloaded or restarting answers again"
            .into(),
    });
    weigh(&mut finding, view, core);
    Some(finding)
}

/// During a rollout a pod that is not ready yet is no failure.
fn weigh(finding: &mut Finding, view: &View<'_>, core: &Core<'_>) {
    if !core.serves() && view.rollout().is_some_and(|rollout| !rollout.stuck) {
        finding.severity = Severity::Warning;
        finding.cause.push_str(" A rollout is in progress, so it may be starting.");
    }
}

/// A pod that was not asked since it is not ready.
fn not_running(view: &View<'_>, core: &Core<'_>) -> Option<Finding> {
    let pod = core.pod.filter(|pod| pod.state == PodState::Unready)?;
    let why = if pod.ip.is_empty() { "has no address" } else { "was not asked" };
    let restarts = match pod.restarts {
        0 => String::new(),
        1 => ", after a restart".into(),
        many => format!(", after {many} restarts"),
    };
    let cause = format!("Core {} is not ready and {why}{restarts}.", pod.name);
    let mut finding = about(view, Code::HarborCoreUnreachable, &[core], one(core), cause);
    weigh(&mut finding, view, core);
    Some(finding)
}

fn because(view: &View<'_>, exchange: &Exchange) -> String {
    match &exchange.result {
        ExchangeResult::Unreachable => {
            fault_of(view, exchange).map(|fault| format!(": {}", fault.what)).unwrap_or_default()
        }
        ExchangeResult::TimedOut => ": the connection was accepted and nothing came in time".into(),
        ExchangeResult::Broken { .. } => ": the exchange broke off".into(),
        ExchangeResult::Refused { .. } | ExchangeResult::Answered(_) => String::new(),
    }
}

fn fault_of(view: &View<'_>, exchange: &Exchange) -> Option<crate::diagnose::probe::Fault> {
    fault(view.probe?.seen()?.endpoints.get(exchange.endpoint?)?)
}

fn message(view: &View<'_>, exchange: &Exchange) -> Option<Clean> {
    match &exchange.result {
        ExchangeResult::Unreachable => fault_of(view, exchange)?.message,
        ExchangeResult::Broken { message } | ExchangeResult::Refused { message } => Some(message.clone()),
        _ => None,
    }
}

/// What answers is no core, or a core that is ill: a token is 200, and 500 where the key cannot be read.
fn strange(view: &View<'_>, core: &Core<'_>, status: u16) -> Option<Finding> {
    if matches!(status, 200 | 500) || core.state() == PodState::Terminating {
        return None;
    }
    // By the URL the front door's finding is about its addresses too.
    let front = view.seen.and_then(|seen| seen.front.as_ref()).filter(|_| view.is_by_url());
    if front.is_some_and(super::front::is_no_harbor) {
        return None;
    }
    let address = core.seen.map(|seen| seen.address.as_str()).unwrap_or_default();
    let (code, cause) = match status {
        501..=599 => (
            Code::HarborCoreUnreachable,
            format!(
                "Core {} answers {status} at {address}: something before it, or its database, fails.",
                core.name
            ),
        ),
        _ => (
            Code::UnexpectedResponder,
            format!(
                "What answers at {address} ({}) is no Harbor core: it answers {status} to the request of a token.",
                names(&[core])
            ),
        ),
    };
    let mut finding = about(view, code, &[core], one(core), cause);
    finding.certain = false;
    finding.also_possible = if code == Code::UnexpectedResponder {
        vec![Code::ProxyFailed]
    } else {
        vec![Code::RegistryServerError]
    };
    finding.settle_by = Some("the core's log, and who listens on that port of the pod".into());
    finding.messages = core.seen?.token.answer().and_then(words).into_iter().collect();
    Some(finding)
}

/// What the API server does not let the user read, with the rights that would settle it.
pub(in crate::diagnose) fn denied_reads(evidence: &Evidence) -> Vec<Finding> {
    let Some(harbor) = &evidence.harbor else { return Vec::new() };
    let denied: Vec<_> = harbor
        .unread
        .iter()
        .filter_map(|unread| match &unread.outcome {
            Outcome::Denied { message, .. } => Some((unread, message)),
            _ => None,
        })
        .collect();
    if denied.is_empty() {
        return Vec::new();
    }
    let mut rights: Vec<String> = Vec::new();
    for (unread, _) in &denied {
        let right = unread.settled_by.to_string();
        if !right.is_empty() && !rights.contains(&right) {
            rights.push(right);
        }
    }
    let what: Vec<&str> = denied.iter().map(|(unread, _)| unread.what.as_str()).collect();
    let needs = if rights.is_empty() {
        String::new()
    } else {
        format!(" (it needs: {})", super::about::list(&rights))
    };
    let subject = Subject { name: format!("namespace/{}", harbor.namespace), ..Subject::default() };
    let cause = format!("The API server did not let this user read {}{needs}.", super::about::list(&what));
    let mut finding = Finding::new(Code::NotPermitted, subject, cause);
    finding.messages = denied.iter().map(|(_, message)| (*message).clone()).take(1).collect();
    finding.evidence = vec!["harbor/unread".into()];
    finding.fixes = vec![Fix {
        what: "prints the rights that these checks need, to be given by an administrator".into(),
        command: "kubectl regauth rbac --harbor".into(),
    }];
    vec![finding]
}
