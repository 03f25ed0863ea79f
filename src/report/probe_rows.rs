//! Rows of what probes saw.

use super::pull_rows::waiting_text;
use super::rows::{AttemptRow, LimitRow, ProbeRow, Rate, Row, SeriesRow, StepRow, Verdict};
use super::steps;
use crate::code::Code;
use crate::diagnose::probe::{Look, charged, fault, headroom, looks, words};
use crate::evidence::probe::{Attempt, Exchange, Series, Withheld};
use crate::evidence::{Action, Evidence, Outcome, Probe};
use crate::finding::{Finding, Severity};
use crate::text::Clean;

/// The rows of all probes, in their order.
pub(super) fn rows(evidence: &Evidence, findings: &[Finding]) -> Vec<Row> {
    let mut rows = Vec::new();
    for probe in &evidence.probes {
        // Clocks have rows of their own, a node each.
        if probe.seen().is_none() && evidence.plan.action != Action::Clock {
            rows.extend(unseen(probe, evidence, findings));
        }
        for look in looks(evidence).filter(|look| look.probe.id == probe.id) {
            match look.target.action {
                Action::Limits => rows.extend(limits(&look, findings)),
                Action::Pull | Action::Push => rows.push(Row::Probe(probe_row(&look, findings))),
                // They have rows of their own.
                Action::Harbor
                | Action::Clock
                | Action::Explain
                | Action::Why
                | Action::Secrets
                | Action::Doctor
                | Action::Preflight => {}
            }
        }
    }
    rows
}

fn finding<'a>(id: &str, findings: &'a [Finding]) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.evidence.iter().any(|one| one == id))
}

/// A row an image of a probe that saw nothing.
fn unseen(probe: &Probe, evidence: &Evidence, findings: &[Finding]) -> Vec<Row> {
    let (result, message) = match &probe.outcome {
        Outcome::TimedOut { last_seen, .. } => {
            (Verdict::NotFinished, Some(Clean::new(waiting_text(*last_seen))))
        }
        Outcome::Absent { message } | Outcome::Denied { message, .. } | Outcome::Failed { message, .. } => {
            (Verdict::NotTested, Some(message.clone()))
        }
        Outcome::Seen { .. } => return Vec::new(),
    };
    let finding = finding(&probe.id, findings);
    let row = |image: &String| {
        Row::Probe(ProbeRow {
            node: probe.node.clone(),
            namespace: evidence.plan.namespace.clone(),
            network: probe.network,
            image: image.clone(),
            action: evidence.plan.action,
            result,
            step: None,
            took_ms: None,
            identity: evidence.plan.identity.describe(),
            code: finding.map(|finding| finding.code),
            certain: finding.map(|finding| finding.certain),
            message: message.clone(),
            path: Vec::new(),
            attempts: Vec::new(),
            series: None,
            pod: probe.pod.clone(),
            evidence: probe.id.clone(),
        })
    };
    evidence.plan.images.iter().map(row).collect()
}

fn probe_row(look: &Look<'_>, findings: &[Finding]) -> ProbeRow {
    let id = look.id();
    let result = verdict(look);
    // What is only remarked on a test that works is no cause of its row.
    let finding =
        finding(&id, findings).filter(|one| !(result == Verdict::Ok && one.severity == Severity::Info));
    let deciding = look.deciding();
    let failed = result != Verdict::Ok;
    ProbeRow {
        node: look.probe.node.clone(),
        namespace: look.evidence.plan.namespace.clone(),
        network: look.probe.network,
        image: look.target.image.clone(),
        action: look.target.action,
        result,
        step: failed.then(|| failing_step(look)).flatten(),
        took_ms: deciding.map(|attempt| took(look, attempt)),
        identity: deciding.map_or_else(|| look.evidence.plan.identity.describe(), identity),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        message: if failed { message(look) } else { None },
        path: path(look),
        attempts: look.target.attempts.iter().map(attempt_row).collect(),
        series: look.target.series.as_ref().map(series_row),
        pod: look.probe.pod.clone(),
        evidence: id,
    }
}

/// The way to each host, and behind that to the registry what it asks for.
fn path(look: &Look<'_>) -> Vec<StepRow> {
    let ping = look.target.ping.as_ref();
    let mut path = Vec::new();
    for (index, endpoint) in look.endpoints() {
        path.extend(steps::of_endpoint(endpoint));
        path.extend(ping.filter(|ping| ping.endpoint == Some(index)).map(steps::of_exchange));
    }
    path
}

fn verdict(look: &Look<'_>) -> Verdict {
    let always = look.target.series.as_ref().is_none_or(|series| series.refused == 0 && series.failed == 0);
    match look.deciding() {
        None => Verdict::NotTested,
        Some(_) if look.works() && always => Verdict::Ok,
        Some(_) => Verdict::Failed,
    }
}

fn identity(attempt: &Attempt) -> String {
    attempt.credential.as_ref().map_or_else(|| "anonymous".into(), |credential| credential.source.clone())
}

fn failing_step(look: &Look<'_>) -> Option<String> {
    if look.look_up_fails() {
        return Some("credential".into());
    }
    if let Some(fault) = look.endpoints().find_map(|(_, endpoint)| fault(endpoint)) {
        return Some(fault.step.into());
    }
    let deciding = look.deciding()?;
    if deciding.withheld.is_some() {
        return Some("credential".into());
    }
    let series = look.target.series.as_ref().and_then(|series| series.failures.first());
    deciding.failure().or(series).map(|failure| failure.step.as_str().into())
}

fn message(look: &Look<'_>) -> Option<Clean> {
    if let Some(broken) = look.target.keyring.broken.first().filter(|_| look.look_up_fails()) {
        return Some(broken.error.clone());
    }
    if let Some(fault) = look.endpoints().find_map(|(_, endpoint)| fault(endpoint)) {
        return Some(fault.message.unwrap_or_else(|| Clean::new(&fault.what)));
    }
    let deciding = look.deciding()?;
    if let Some(withheld) = &deciding.withheld {
        return Some(Clean::new(&not_sent(withheld)));
    }
    let series = look.target.series.as_ref().and_then(|series| series.failures.first());
    deciding.failure().or(series).and_then(said)
}

/// What came of a failed request, in words.
fn said(exchange: &Exchange) -> Option<Clean> {
    let told = exchange.answer().and_then(words);
    Some(told.unwrap_or_else(|| Clean::new(&steps::of_exchange(exchange).saw)))
}

fn not_sent(withheld: &Withheld) -> String {
    match withheld {
        Withheld::RefusedElsewhere { on } => format!("refused on {on}, not sent again"),
        Withheld::RefusedBefore => "the same credential was refused before, not sent again".into(),
        Withheld::PlainHttp => "not sent: the registry speaks plain HTTP".into(),
        Withheld::UntrustedCertificate => "not sent: the certificate is not trusted".into(),
        Withheld::Realm => "not sent: the token realm is in the clear, or no place to send it to".into(),
        Withheld::Scheme { asked } if asked.is_empty() => "not sent: the registry does not say how".into(),
        Withheld::Scheme { asked } => {
            let asked: Vec<&str> = asked.iter().map(Clean::as_str).collect();
            format!("not sent: the registry asks by {}, which it is not for", asked.join(", "))
        }
        Withheld::Empty => "the entry holds nothing that could be sent".into(),
    }
}

/// The attempt's requests and the way to the hosts that they needed.
fn took(look: &Look<'_>, attempt: &Attempt) -> u64 {
    let requests = attempt.exchanges.iter().map(|exchange| exchange.took_ms);
    let ways = look.endpoints().flat_map(|(_, endpoint)| steps::of_endpoint(endpoint));
    // An archive's numbers may be any.
    requests.chain(ways.map(|step| step.took_ms)).fold(0, u64::saturating_add)
}

/// How an attempt ended; one whose credential was not sent is not tested.
pub fn attempt_verdict(attempt: &Attempt) -> Verdict {
    match attempt.withheld {
        Some(_) => Verdict::NotTested,
        None if attempt.succeeded() => Verdict::Ok,
        None => Verdict::Failed,
    }
}

fn attempt_row(attempt: &Attempt) -> AttemptRow {
    AttemptRow {
        credential: attempt.credential.as_ref().map(|credential| credential.source.clone()),
        is: attempt.credential.as_ref().map(steps::describe),
        expires_at: attempt.credential.as_ref().and_then(|credential| credential.described.expires_at),
        result: attempt_verdict(attempt),
        withheld: attempt.withheld.as_ref().map(not_sent),
        steps: attempt.exchanges.iter().map(steps::of_exchange).collect(),
    }
}

fn series_row(series: &Series) -> SeriesRow {
    SeriesRow {
        asked: series.asked,
        accepted: series.accepted,
        refused: series.refused,
        failed: series.failed,
        refusal_rate: Rate::new(series.refused, series.judged()),
        stopped: series.stopped.clone(),
    }
}

fn limits(look: &Look<'_>, findings: &[Finding]) -> Vec<Row> {
    let attempts = look.target.attempts.iter();
    attempts.map(|attempt| Row::Limit(limit_row(look, attempt, findings))).collect()
}

fn limit_row(look: &Look<'_>, attempt: &Attempt, findings: &[Finding]) -> LimitRow {
    let id = look.id();
    let headroom = headroom(attempt);
    let result = attempt_verdict(attempt);
    let source = attempt.credential.as_ref().map(|credential| credential.source.as_str());
    let concerns = |finding: &&Finding| {
        finding.evidence.contains(&id) && is_about(finding, source, result != Verdict::Ok)
    };
    let finding = findings.iter().find(concerns);
    let withheld = attempt.withheld.as_ref().map(|withheld| Clean::new(&not_sent(withheld)));
    LimitRow {
        node: look.probe.node.clone(),
        network: look.probe.network,
        image: look.target.image.clone(),
        credential: source.map(str::to_string),
        result,
        limited: headroom.is_some(),
        limit: headroom.as_ref().map(|one| one.limit),
        remaining: headroom.as_ref().map(|one| one.remaining),
        window_seconds: headroom.as_ref().and_then(|one| one.seconds),
        source: headroom.as_ref().and_then(|one| one.headers.source.as_ref().map(charged)),
        code: finding.map(|finding| finding.code),
        certain: finding.map(|finding| finding.certain),
        message: withheld.or_else(|| attempt.failure().and_then(said)),
        evidence: id,
    }
}

/// Whether a finding is about this credential, or about no one's.
fn is_about(finding: &Finding, source: Option<&str>, failed: bool) -> bool {
    if finding.code == Code::RateLimitLow {
        let names = |source: &str| finding.subject.name == source || finding.cause.contains(source);
        return !failed && names(source.unwrap_or("pulls without a login"));
    }
    failed
        && source.is_none_or(|source| {
            finding.subject.name == source || !finding.subject.name.starts_with("secret/")
        })
}
