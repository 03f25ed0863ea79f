//! Pull limits: what is left of them.

use super::about::{about, of_code};
use super::answer;
use super::look::{Look, looks};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::probe::{Action, Attempt, Exchange};
use crate::finding::Finding;
use crate::plan::RATE_LIMIT_THRESHOLD_PERCENT;
use crate::registry::rate_limit::{RateLimit, Source};

/// The limit of an attempt's answer, and how much of it is left.
pub(crate) struct Headroom<'a> {
    /// What the headers say.
    pub headers: &'a RateLimit,
    /// Pulls that are allowed in the window.
    pub limit: u64,
    /// Pulls that are left.
    pub remaining: u64,
    /// The window, in seconds.
    pub seconds: Option<u64>,
}

/// The tightest limit that an attempt's answers name.
pub(crate) fn headroom(attempt: &Attempt) -> Option<Headroom<'_>> {
    let answers =
        attempt.exchanges.iter().rev().filter(|one| !one.step.is_token()).filter_map(Exchange::answer);
    answers.filter_map(|answer| answer.rate_limit.as_ref()).find_map(|headers| {
        let remaining = headers.remaining.iter().min_by_key(|window| window.count)?;
        let same = |window: &&crate::registry::rate_limit::Window| window.seconds == remaining.seconds;
        let limit = headers.limit.iter().find(same).or(headers.limit.first())?;
        let seconds = remaining.seconds.or(limit.seconds);
        Some(Headroom { headers, limit: limit.count, remaining: remaining.count, seconds })
    })
}

/// Who is charged, in words.
pub(crate) fn charged(source: &Source) -> String {
    match source {
        Source::Address(address) => format!("address {address}"),
        Source::Account(id) => format!("account {id}"),
        Source::Other(id) => id.to_string(),
    }
}

/// A window in words: `6 hours`.
pub(crate) fn window(seconds: u64) -> String {
    let (count, unit) = match seconds {
        s if s >= 3600 && s.is_multiple_of(3600) => (s / 3600, "hour"),
        s if s >= 60 && s.is_multiple_of(60) => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Limits of which little is left.
pub(in crate::diagnose) fn low(evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    for look in looks(evidence).filter(|look| look.target.action == Action::Limits) {
        findings.extend(look.target.attempts.iter().filter_map(|attempt| low_one(&look, attempt)));
        findings.extend(anonymous_refused(&look));
    }
    findings
}

fn low_one(look: &Look<'_>, attempt: &Attempt) -> Option<Finding> {
    if !attempt.succeeded() {
        return None;
    }
    let headroom = headroom(attempt)?;
    let probe = look.evidence.plan.probe.as_ref();
    let percent = probe.map_or(RATE_LIMIT_THRESHOLD_PERCENT, |probe| probe.rate_limit_threshold_percent);
    if headroom.remaining.saturating_mul(100) >= headroom.limit.saturating_mul(percent.into()) {
        return None;
    }
    let source = attempt.credential.as_ref().map(|credential| credential.source.as_str());
    let whom = headroom.headers.source.as_ref().map(|source| format!(", charged to {}", charged(source)));
    let cause = format!(
        "{} has {} of {} pulls left{} for {}{}: under {percent} %.",
        look.registry(),
        headroom.remaining,
        headroom.limit,
        headroom.seconds.map(|seconds| format!(" in {}", window(seconds))).unwrap_or_default(),
        source.unwrap_or("pulls without a login"),
        whom.unwrap_or_default()
    );
    Some(about(look, Code::RateLimitLow, source, cause))
}

/// Without a login the limit is reached, whatever the credentials still have.
fn anonymous_refused(look: &Look<'_>) -> Option<Finding> {
    let anonymous = look.anonymous().filter(|_| look.with_credentials().next().is_some())?;
    let judged = answer::failure(look, anonymous)?;
    let limited = judged.first().is_some_and(|first| first.code == Code::RateLimited);
    limited.then(|| of_code(look, anonymous, &judged, Code::RateLimited))
}
