//! The same push again and again: refusals that come and go.

use super::about::{about, place};
use super::answer;
use super::look::{Look, looks};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::probe::{Exchange, Series};
use crate::finding::{Finding, Severity};
use crate::rate::Rate;
use crate::registry::known::Provider;

/// Pushes that work at times: refused with a token that had been granted, or failed otherwise.
pub(in crate::diagnose) fn intermittent(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for look in looks(evidence) {
        let Some(series) = look.target.series.as_ref().filter(|series| series.accepted > 0) else { continue };
        findings.extend(refusals(&look, series));
        findings.extend(failures(&look, series));
    }
    findings
}

fn refusals(look: &Look<'_>, series: &Series) -> Option<Finding> {
    let rate = Rate::new(series.refused, series.judged()).filter(|rate| rate.hits > 0)?;
    let is_harbor = look.provider() == Provider::Harbor;
    let code = if is_harbor { Code::HarborTokenRejected } else { Code::PushDenied };
    let who = match is_harbor {
        true => "with a token that Harbor itself had just issued: its cores differ in key or clock",
        false => "with a token that had been granted: replicas of the registry differ",
    };
    let cause = format!(
        "{} refused {} of {} pushes to {}, {}, {who}.",
        look.registry(),
        rate.hits,
        rate.of,
        look.target.image,
        rate.describe()
    );
    let source = look.deciding().and_then(|attempt| attempt.credential.as_ref());
    let mut finding = about(look, code, source.map(|source| source.source.as_str()), cause);
    finding.certain = false;
    finding.subject.name = format!("registry/{}", place(look, None).registry);
    finding.messages = words(look, series);
    finding.also_possible = match is_harbor {
        true => vec![Code::HarborKeyMismatch, Code::ClockDrift, Code::TokenTimeRejected],
        false => vec![Code::TokenTimeRejected, Code::RegistryServerError],
    };
    finding.settle_by = Some(match is_harbor {
        true => "the key and clock of every core of Harbor".into(),
        false => "the key, clock and configuration of every replica of the registry".into(),
    });
    Some(finding)
}

/// Pushes of which it could not be told, while others worked.
fn failures(look: &Look<'_>, series: &Series) -> Option<Finding> {
    let rate = Rate::new(series.failed, series.tried()).filter(|rate| rate.hits > 0)?;
    let judged = series.failures.iter().map(|one| answer::lone(look, one));
    let code =
        judged.filter_map(|judged| judged.first().map(|first| first.code)).find(|code| !is_refusal(*code));
    let code = code.unwrap_or(Code::ConnectionRefused);
    let cause = format!(
        "{} of {} pushes to {} failed, {}: {}.",
        rate.hits,
        rate.of,
        look.target.image,
        rate.describe(),
        code.meaning()
    );
    let mut finding = about(look, code, None, cause);
    finding.severity = Severity::Warning.max(code.severity());
    finding.certain = false;
    finding.messages = words(look, series);
    finding.settle_by = Some("a longer series: --repeat, --interval".into());
    Some(finding)
}

fn is_refusal(code: Code) -> bool {
    matches!(code, Code::PushDenied | Code::NoCredential | Code::HarborTokenRejected)
        || code.refuses_credential()
}

fn words(look: &Look<'_>, series: &Series) -> Vec<crate::text::Clean> {
    let mut words = Vec::new();
    for text in series.failures.iter().filter_map(|one: &Exchange| answer::lone(look, one).words) {
        if !words.contains(&text) {
            words.push(text);
        }
    }
    words
}
