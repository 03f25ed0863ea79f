//! Who accepts whose tokens, how often a push fails for it, and rejections that no key explains.

use super::about::{about, names, seconds, whole};
use super::version::Leeway;
use super::view::{Core, Key, View};
use crate::code::Code;
use crate::diagnose::probe::words;
use crate::evidence::Evidence;
use crate::evidence::harbor::Verdict;
use crate::evidence::harbor::pods::TellingLine;
use crate::evidence::harbor::seen::Method;
use crate::evidence::probe::Exchange;
use crate::finding::Finding;
use crate::rate::percent;
use crate::text::Clean;

/// How many requests a small push makes with one token: for each of three layers whether it is there, the start and
/// the end of an upload would be nine; most of them are there already.
pub(crate) const REQUESTS: u32 = 8;

/// How often a user's request or push fails because cores do not accept each other's tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Odds {
    /// The share of single requests that fail, from 0 to 1.
    pub request: f64,
    /// The share of pushes of [`REQUESTS`] requests that fail, from 0 to 1.
    pub push: f64,
    /// Over so many cores that serve.
    pub cores: usize,
}

/// How often a push fails. A token comes from a random one of the N cores that serve, and each of the n requests that it
/// is shown in comes to a random one: with `a(i, j)` = 1 where j accepts a token of i, and `s(i)` the mean of `a(i, j)`
/// over j, a request fails with 1 − Σ s(i) / N and a push with 1 − Σ s(i)ⁿ / N. A core that issues no token has s = 0.
/// Pairs that were not tried count by their keys; those of which nothing is known are left out. `None` where nothing is
/// known of any issuer, or a single core serves. A push over one kept connection stays at one core and fails as often as
/// a single request.
pub(crate) fn odds(view: &View<'_>) -> Option<Odds> {
    let serving: Vec<&Core<'_>> = view.serving().collect();
    if serving.len() < 2 {
        return None;
    }
    let shares: Vec<f64> = serving.iter().filter_map(|issuer| share(view, issuer, &serving)).collect();
    if shares.is_empty() {
        return None;
    }
    let fails = |requests: u32| {
        let sum: f64 = shares.iter().map(|share| share.powf(f64::from(requests))).sum();
        (1.0 - sum / shares.len() as f64).clamp(0.0, 1.0)
    };
    Some(Odds { request: fails(1), push: fails(REQUESTS), cores: serving.len() })
}

/// The share of verifiers that accept a core's token; `None` where none is known.
fn share(view: &View<'_>, issuer: &Core<'_>, serving: &[&Core<'_>]) -> Option<f64> {
    if issuer.seen.is_some_and(|seen| seen.cannot_issue()) {
        return Some(0.0);
    }
    let told: Vec<bool> = serving.iter().filter_map(|verifier| accepts(view, issuer, verifier)).collect();
    let good = told.iter().filter(|good| **good).count();
    (!told.is_empty()).then(|| good as f64 / told.len() as f64)
}

/// Whether a token of the one is a token to the other: as it was tried, else by their keys.
fn accepts(view: &View<'_>, issuer: &Core<'_>, verifier: &Core<'_>) -> Option<bool> {
    match verdict(view, issuer, verifier) {
        Some(Verdict::Accepted) => return Some(true),
        Some(Verdict::Rejected) => return Some(false),
        _ => {}
    }
    match (view.key(issuer), view.key(verifier)) {
        (Key::Kid(one), Key::Kid(other)) => Some(one == other),
        (Key::Sum(one), Key::Sum(other)) if one == other => Some(true),
        _ => None,
    }
}

/// The verdict of a pair, where the verifier's control holds.
pub(super) fn verdict(view: &View<'_>, issuer: &Core<'_>, verifier: &Core<'_>) -> Option<Verdict> {
    let matrix = view.seen?.matrix.as_ref()?;
    let (issuer, verifier) = (issuer.index?, verifier.index?);
    let verdict = matrix.verdict(issuer, verifier)?;
    let controlled = matrix.controls.iter().any(|control| control.verifier == verifier && control.holds);
    match verdict {
        Verdict::Accepted | Verdict::Rejected if !controlled => Some(Verdict::Unclear),
        verdict => Some(verdict),
    }
}

/// Pairs of cores of which the second rejects the first's tokens.
pub(super) fn rejections<'v, 'a>(view: &'v View<'a>) -> Vec<(&'v Core<'a>, &'v Core<'a>)> {
    let pairs =
        view.cores.iter().flat_map(|issuer| view.cores.iter().map(move |verifier| (issuer, verifier)));
    pairs.filter(|(issuer, verifier)| verdict(view, issuer, verifier) == Some(Verdict::Rejected)).collect()
}

/// Whether any core rejects another's tokens.
pub(super) fn has_rejections(view: &View<'_>) -> bool {
    !rejections(view).is_empty()
}

/// What a core said when it rejected a token. Without a credential a rejection shows as a manifest that is not found,
/// which would read as another cause.
pub(super) fn example_words(view: &View<'_>) -> Option<Clean> {
    let matrix = view.seen?.matrix.as_ref().filter(|matrix| matrix.method == Method::Credential)?;
    words(matrix.example.as_ref().and_then(Exchange::answer)?)
}

/// The odds as a sentence.
pub(super) fn odds_in_words(odds: &Odds) -> String {
    format!(
        "With a token from a random core, {} of requests to a random one of the {} fail: as many pushes over one kept connection, and {} of pushes whose {REQUESTS} requests come to a random core each.",
        percent(odds.request),
        odds.cores,
        percent(odds.push)
    )
}

/// What clients see at the front door, and what hides it from them; empty where neither is known.
pub(super) fn front_in_words(view: &View<'_>) -> String {
    let mut text = String::new();
    let front = view.seen.and_then(|seen| seen.front.as_ref());
    if let Some((front, rate)) = front.and_then(|front| Some((front, front.rejected?))) {
        text.push_str(&format!(
            " At {} the same token was rejected in {} of {} requests: {}.",
            front.url,
            rate.hits,
            rate.of,
            rate.describe()
        ));
    }
    let sticky: Vec<String> = view
        .harbor
        .iter()
        .flat_map(|harbor| &harbor.sticky)
        .map(|sticky| format!("{} ({})", sticky.object, sticky.by))
        .collect();
    if !sticky.is_empty() {
        text.push_str(&format!(
            " {} keeps a client at one core, which hides this from most and mends nothing.",
            super::about::list(&sticky)
        ));
    }
    text
}

/// Rejections that the keys known do not explain: of a core whose key is unknown, or whose key is the same. Those that
/// clocks explain are [`super::clocks::rejected_for_time`]'s.
pub(in crate::diagnose) fn rejected(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let (mut unknown, mut same) = (Vec::new(), Vec::new());
    for (issuer, verifier) in rejections(&view) {
        match (view.key(issuer), view.key(verifier)) {
            _ if super::clocks::explains(&view, issuer, verifier) => {}
            _ if super::keys::has_none(&view, verifier) => {}
            (Key::Kid(one), Key::Kid(other)) if one != other => {}
            (Key::Kid(_), Key::Kid(_)) => same.push((issuer, verifier)),
            _ => unknown.push((issuer, verifier)),
        }
    }
    by_matrix(&view, &unknown).into_iter().chain(without_cause(&view, &same)).collect()
}

/// Cores whose key nobody could read, and that reject what others issue (or the other way round).
fn by_matrix(view: &View<'_>, pairs: &[(&Core<'_>, &Core<'_>)]) -> Option<Finding> {
    let (issuer, verifier) = pairs.first()?;
    let cores = both(view, pairs);
    let cause = format!(
        "{} rejects tokens of {} although its control holds: the two hold different keys.{}",
        names(&[verifier]),
        names(&[issuer]),
        odds(view).map(|odds| format!(" {}", odds_in_words(&odds))).unwrap_or_default()
    );
    let mut finding = about(view, Code::HarborKeyMismatch, &cores, whole(view), cause);
    finding.evidence.push(view.part("matrix"));
    finding.messages.extend(example_words(view));
    // A clock that is known to be right enough, or a log that names the key, leaves no other cause.
    let leeway = Leeway::of(view).least_us;
    let clocks_fit = pairs.iter().all(|(a, b)| {
        super::clocks::difference(a, b).is_some_and(|one| one.low_us > -leeway && one.high_us < leeway)
    });
    let logged = pairs.iter().any(|(_, verifier)| {
        view.logged(verifier.name, TellingLine::KeyDoesNotFit).is_some_and(|lines| lines > 0)
    });
    finding.certain = clocks_fit || logged;
    if !finding.certain {
        finding.also_possible = vec![Code::TokenTimeRejected, Code::ClockDrift];
        finding.settle_by =
            Some("the verifier's log (--logs), which says whether it was the key or the time".into());
    }
    Some(finding)
}

/// Equal keys, clocks that do not explain it, and yet a rejection.
fn without_cause(view: &View<'_>, pairs: &[(&Core<'_>, &Core<'_>)]) -> Option<Finding> {
    let (issuer, verifier) = pairs.first()?;
    let cores = both(view, pairs);
    let offset = super::clocks::difference(issuer, verifier).map(|one| {
        format!(
            ", and their clocks differ by {} ± {}",
            seconds(one.middle_us()),
            seconds(one.uncertainty_us())
        )
    });
    let behind = if view.is_by_url() { "; several cores may stand behind one address" } else { "" };
    let cause = format!(
        "{} rejects tokens of {}, which signs with the same key{}{behind}.",
        names(&[verifier]),
        names(&[issuer]),
        offset.unwrap_or_default()
    );
    let mut finding = about(view, Code::HarborTokenRejected, &cores, whole(view), cause);
    finding.evidence.push(view.part("matrix"));
    finding.messages.extend(example_words(view));
    finding.certain = false;
    finding.also_possible = vec![Code::TokenTimeRejected, Code::ClockDrift, Code::HarborKeyMismatch];
    finding.settle_by =
        Some("the verifier's log (--logs), which says whether it was the key or the time".into());
    Some(finding)
}

/// Every core of these pairs, once, in the order of the view.
fn both<'v, 'a>(view: &'v View<'a>, pairs: &[(&Core<'a>, &Core<'a>)]) -> Vec<&'v Core<'a>> {
    let is_in = |core: &&Core<'_>| pairs.iter().any(|(a, b)| a.name == core.name || b.name == core.name);
    view.cores.iter().filter(is_in).collect()
}
