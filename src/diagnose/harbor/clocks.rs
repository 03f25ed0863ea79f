//! Clocks of the cores: against each other, against the observer, and what they do to tokens.

use super::about::{about, list, names, seconds, whole};
use super::matrix::{example_words, rejections};
use super::version::Leeway;
use super::view::{Core, View};
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::clock::ClockBounds;
use crate::evidence::harbor::pods::TellingLine;
use crate::finding::{Finding, Severity};
use crate::plan::clock::NO_LEEWAY_MS;
use crate::text::url::authority;

/// What Harbor's tokens live by default, in seconds.
const USUAL_LIFETIME: i64 = 1_800;
/// A second in microseconds: what `Date` and `iat` cut off.
const SECOND_US: i64 = 1_000_000;

/// The first core's clock minus the second's, in bounds; `None` where one was not seen.
pub(super) fn difference(one: &Core<'_>, other: &Core<'_>) -> Option<ClockBounds> {
    Some(one.seen?.clock?.minus(other.seen?.clock?))
}

/// Whether clocks alone make the verifier reject the issuer's tokens: ahead by more than the leeway, so that the token
/// is not valid yet; or behind by more than its lifetime, so that it was born expired. Where the version is unknown, the
/// stricter rule counts.
pub(super) fn explains(view: &View<'_>, issuer: &Core<'_>, verifier: &Core<'_>) -> bool {
    by(view, issuer, verifier, Leeway::of(view).least_us)
}

fn by(view: &View<'_>, issuer: &Core<'_>, verifier: &Core<'_>, leeway_us: i64) -> bool {
    let Some(offset) = difference(issuer, verifier) else { return false };
    let lifetime_us = view.lifetime().unwrap_or(USUAL_LIFETIME).saturating_mul(SECOND_US);
    offset.low_us > leeway_us || offset.high_us < -(leeway_us.saturating_add(lifetime_us))
}

/// Tokens that a core rejects for their times: equal keys, and clocks that differ by more than is forgiven.
pub(in crate::diagnose) fn rejected_for_time(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let same_key = |one: &Core<'_>, other: &Core<'_>| one.kid().is_some() && one.kid() == other.kid();
    let pairs: Vec<_> = rejections(&view)
        .into_iter()
        .filter(|(issuer, verifier)| same_key(issuer, verifier) && explains(&view, issuer, verifier))
        .collect();
    let worst = pairs.iter().max_by_key(|(a, b)| difference(a, b).map_or(0, ClockBounds::least_us));
    let Some((issuer, verifier)) = worst else { return Vec::new() };
    let leeway = Leeway::of(&view);
    let offset =
        difference(issuer, verifier).map_or(0, |one| if one.low_us > 0 { one.low_us } else { one.high_us });
    let way = if offset > 0 { "ahead of" } else { "behind" };
    let cause = format!(
        "{} rejects tokens of {}, which signs with the same key: the clock of the issuer is at least {} {way} the verifier's ({}).",
        names(&[verifier]),
        names(&[issuer]),
        seconds(offset.saturating_abs()),
        leeway.in_words()
    );
    let concerned: Vec<&Core<'_>> = view
        .cores
        .iter()
        .filter(|core| pairs.iter().any(|(a, b)| a.name == core.name || b.name == core.name))
        .collect();
    let mut finding = about(&view, Code::TokenTimeRejected, &concerned, whole(&view), cause);
    finding.evidence.push(view.part("matrix"));
    if super::decision::is_refused_push(&view) {
        finding.evidence.push(view.part("decision"));
    }
    finding.messages = example_words(&view).into_iter().collect();
    let logged =
        view.logged_by_all(TellingLine::NotValidYet) + view.logged_by_all(TellingLine::TokenExpired) > 0;
    finding.certain = logged || by(&view, issuer, verifier, leeway.most_us);
    if !finding.certain {
        finding.also_possible = vec![Code::HarborTokenRejected];
        finding.settle_by = Some(
            "Harbor's version (a login or an image's tag shows it), or the verifier's log (--logs)".into(),
        );
    }
    vec![finding]
}

/// Cores whose clocks differ, and a front door whose answers no single clock can have stamped; but those of which
/// rejected tokens tell already.
pub(in crate::diagnose) fn drifting(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let mut found: Vec<Finding> = match among_cores(&view) {
        Some(among) => vec![among],
        None => observer(&view).into_iter().chain(at_front(&view)).collect(),
    };
    let told: Vec<String> = rejected_for_time(evidence).into_iter().flat_map(|one| one.evidence).collect();
    found.retain(|finding| !finding.evidence.iter().any(|id| told.contains(id)));
    found
}

fn among_cores(view: &View<'_>) -> Option<Finding> {
    let mut clocks: Vec<(&Core<'_>, ClockBounds)> =
        view.cores.iter().filter_map(|core| Some((core, core.seen?.clock?))).collect();
    clocks.sort_by_key(|(_, clock)| clock.middle_us());
    // The clock in the middle is the likeliest to be right; of two, nobody can say.
    let (middle, reference) = clocks.get(clocks.len().saturating_sub(1) / 2)?;
    let off: Vec<(&Core<'_>, ClockBounds)> = clocks
        .iter()
        .map(|(core, clock)| (*core, clock.minus(*reference)))
        .filter(|(_, offset)| offset.least_us() > us(NO_LEEWAY_MS))
        .collect();
    let worst = off.iter().map(|(_, offset)| offset.least_us()).max()?;
    let leeway = Leeway::of(view);
    let told: Vec<String> =
        off.iter().map(|(core, offset)| format!("{} {}", core.name, way(*offset))).collect();
    let cause = format!(
        "The clocks of Harbor's cores differ, against {}: {}. {}.",
        middle.name,
        list(&told),
        leeway.in_words()
    );
    let cores: Vec<&Core<'_>> = off.iter().map(|(core, _)| *core).collect();
    let name = match cores.as_slice() {
        [one] => one.pod.map(|pod| format!("node/{}", pod.node)).unwrap_or_else(|| super::about::one(one)),
        _ => whole(view),
    };
    let mut finding = about(view, Code::ClockDrift, &cores, name, cause);
    finding.severity = severity(worst, leeway);
    Some(finding)
}

/// `at least 7.0 s ahead (7.5 s ± 0.5 s)`.
fn way(offset: ClockBounds) -> String {
    let way = if offset.low_us > 0 { "ahead" } else { "behind" };
    format!(
        "at least {} {way} ({} ± {})",
        seconds(offset.least_us()),
        seconds(offset.middle_us().saturating_abs()),
        seconds(offset.uncertainty_us())
    )
}

fn us(ms: u64) -> i64 {
    i64::try_from(ms.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

/// An error where tokens break whatever the version may be, else a warning.
fn severity(least_us: i64, leeway: Leeway) -> Severity {
    if least_us > leeway.most_us { Severity::Error } else { Severity::Warning }
}

/// All cores agree, and the observer does not: its clock or theirs is off. It breaks no token between the cores.
fn observer(view: &View<'_>) -> Option<Finding> {
    let clocks: Vec<ClockBounds> = view.cores.iter().filter_map(|core| core.seen?.clock).collect();
    let (first, rest) = clocks.split_first()?;
    let all = rest.iter().try_fold(*first, |all, one| all.and(*one))?;
    if all.least_us() <= us(crate::plan::clock::HARBOR_LEEWAY_MS) {
        return None;
    }
    let who = view.probe.map(|probe| probe.node.as_str()).filter(|node| !node.is_empty());
    let who = who.map_or_else(|| "this machine".to_string(), |node| format!("node/{node}"));
    let way = if all.low_us > 0 { "behind" } else { "ahead of" };
    let (those, agreeing) = match clocks.len() {
        1 => ("that of the only core that was asked", ""),
        _ => ("those of all cores", ", which agree with each other"),
    };
    let cause = format!(
        "The clock of {who} is at least {} {way} {those}{agreeing}. Either may be wrong: cores that follow one wrong time server agree too. Tokens verify all the same as long as the cores agree; certificates and the tokens' times as others see them do not.",
        seconds(all.least_us())
    );
    let mut finding = about(view, Code::ClockDrift, &[], who, cause);
    finding.severity = Severity::Warning;
    finding.certain = false;
    finding.settle_by = Some(match view.harbor {
        Some(_) => "kubectl regauth clock --method probe --ntp-server SERVER, which asks the nodes' kernels and a time server".into(),
        None => "chronyc tracking or timedatectl, on this machine and on Harbor's".into(),
    });
    finding.evidence = vec![view.part("clock")];
    Some(finding)
}

/// By a URL the cores cannot be told apart, but their clocks may be seen to differ.
fn at_front(view: &View<'_>) -> Option<Finding> {
    let front = view.seen?.front.as_ref()?;
    let spread = |differ: bool, bounds: Option<ClockBounds>| {
        let bounds = bounds.filter(|_| differ)?;
        // Both ends were cut off to whole seconds.
        Some(bounds.high_us.saturating_sub(bounds.low_us).saturating_sub(SECOND_US).max(0))
    };
    let least = spread(front.dates_differ, front.dates).max(spread(front.issued_differ, front.issued))?;
    let leeway = Leeway::of(view);
    let cause = format!(
        "No single clock can have stamped the answers of {}: the cores (or proxies) behind it differ by at least about {}. {}.",
        front.url,
        seconds(least),
        leeway.in_words()
    );
    let name = format!("registry/{}", authority(front.url.as_str()));
    let mut finding = about(view, Code::ClockDrift, &[], name, cause);
    finding.severity = severity(least, leeway);
    finding.evidence = vec![view.part("front")];
    // What a token says is a core's own; a Date may be a proxy's.
    finding.certain = front.issued_differ;
    if !finding.certain {
        finding.settle_by =
            Some("each core asked by itself: in the cluster, or with --endpoint IP:PORT".into());
    }
    Some(finding)
}

/// Tokens that end before a long push does.
pub(in crate::diagnose) fn short_lived(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let Some(seconds) = view.lifetime().filter(|seconds| (0..USUAL_LIFETIME).contains(seconds)) else {
        return Vec::new();
    };
    let lifetime = match seconds {
        0..120 => format!("{seconds} s"),
        _ => format!("{} minutes", seconds / 60),
    };
    let cause = format!(
        "Harbor's tokens live {lifetime} here (30 minutes unless configured): a push that takes longer fails at its end. Token Expiration, in the portal's Configuration, System Settings, is the lifetime in minutes."
    );
    let mut finding = about(&view, Code::TokenOutlived, &[], whole(&view), cause);
    finding.severity = Severity::Info;
    finding.evidence = vec!["harbor/tokens".into()];
    vec![finding]
}
