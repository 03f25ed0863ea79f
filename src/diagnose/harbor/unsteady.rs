//! A front door that gives tokens only now and then, or that rejects those that it gave.

use super::about::{about, counted};
use super::lost::Lost;
use super::view::View;
use crate::code::Code;
use crate::evidence::Evidence;
use crate::evidence::harbor::FrontSeen;
use crate::finding::{Finding, Severity};

/// What the front door does now and then, and what no finding about the cores explains.
pub(in crate::diagnose) fn unsteady_front(evidence: &Evidence) -> Vec<Finding> {
    let Some(view) = View::of(evidence) else { return Vec::new() };
    let by_nodes = view.by_nodes();
    let rejections_told = explains_rejections(&view);
    let losses_told = explains_losses(&view);
    let mut findings = Vec::new();
    for one in std::iter::once(&view).chain(&by_nodes) {
        let Some(front) = one.seen.and_then(|seen| seen.front.as_ref()) else { continue };
        let rejected = (!rejections_told).then(|| rejected(one, front)).flatten();
        let lost = (!losses_told).then(|| without_token(one, front)).flatten();
        let node = one.probe.map(|probe| probe.node.clone()).filter(|node| !node.is_empty());
        findings.extend(rejected.into_iter().chain(lost).map(|mut finding| {
            finding.subject.nodes.extend(node.clone());
            finding
        }));
    }
    findings
}

/// Whether a token that it gave was rejected there.
pub(super) fn is_rejecting(front: &FrontSeen) -> bool {
    front.rejected.is_some_and(|rate| rate.hits > 0)
}

/// Whether its answers are such as one core does not give.
pub(super) fn is_of_several(front: &FrontSeen) -> bool {
    front.without_token > 0 || is_rejecting(front) || front.dates_differ || front.issued_differ
}

/// Whether another finding says why tokens are rejected: keys, times, a core without a key, or the client's own token.
fn explains_rejections(view: &View<'_>) -> bool {
    let evidence = view.evidence;
    let is_drift = |finding: &Finding| finding.severity == Severity::Error;
    !super::keys::mismatched(evidence).is_empty()
        || !super::matrix::rejected(evidence).is_empty()
        || !super::clocks::rejected_for_time(evidence).is_empty()
        || super::clocks::drifting(evidence).iter().any(is_drift)
        || view.cores.iter().any(|core| super::keys::has_none(view, core))
        || super::decision::decided(evidence).iter().any(|one| one.code == Code::HarborTokenRejected)
}

/// Whether a core that serves is known to give no token.
fn explains_losses(view: &View<'_>) -> bool {
    view.serving().filter_map(|core| core.seen).any(|seen| seen.kid().is_none() || seen.stopped.is_some())
}

/// One token and one request, and the door rejects it.
fn rejected(view: &View<'_>, front: &FrontSeen) -> Option<Finding> {
    let rate = front.rejected.filter(|rate| rate.hits > 0)?;
    let cause = format!(
        "{} gave a token and rejected that same token in {} of {} requests: {}. Nothing that was seen of the cores explains it: another core than those may answer there, or a balancer leads /v2/ to another core or Harbor than /service/token (by path, or by a hash of the URI).",
        front.url,
        rate.hits,
        rate.of,
        rate.describe()
    );
    let mut finding = about(view, Code::HarborTokenRejected, &[], super::front::subject(front), cause);
    finding.evidence = vec![view.part("front")];
    finding.certain = false;
    finding.also_possible = vec![Code::HarborKeyMismatch, Code::TokenTimeRejected];
    finding.settle_by = Some(match view.harbor {
        Some(_) => {
            "the cores' logs (--logs), which say whether it was the key or the time, and the balancer's rules for /v2/ and /service/".into()
        }
        None => {
            "each core asked by itself (in the cluster, or --endpoint IP:PORT for each), and the balancer's rules for /v2/ and /service/".into()
        }
    });
    Some(finding)
}

/// It gives tokens, and now and then none.
fn without_token(view: &View<'_>, front: &FrontSeen) -> Option<Finding> {
    if front.without_token == 0 || front.kids.is_empty() {
        return None;
    }
    let given = front.kids.iter().map(|one| one.count).fold(0, u32::saturating_add);
    let all = given.saturating_add(front.without_token);
    let lost = Lost::of(front);
    let (code, also_possible, why) = match (lost, front.failed_status) {
        (Lost::Unclear, None) => (
            Code::HarborKeyUnreadable,
            vec![Code::TokenServiceUnreachable],
            "a core behind it may be unable to issue any, or the way to one is interrupted",
        ),
        (Lost::NotSigned, _) => (
            Code::HarborKeyUnreadable,
            vec![Code::TokenServiceUnreachable],
            "one of the cores behind it cannot sign tokens, or its database fails now and then",
        ),
        (Lost::NoCore, _) => (
            Code::HarborCoreUnreachable,
            vec![Code::TokenServiceUnreachable],
            "a core behind it is away for moments, or not ready, and what stands before it tries it all the same",
        ),
        (Lost::Unclear, Some(_)) => (
            Code::TokenServiceUnreachable,
            vec![Code::HarborKeyUnreadable],
            "what stands before the cores, or one of them, refuses",
        ),
    };
    let status = front.failed_status.map(|status| format!(" ({status})")).unwrap_or_default();
    let cause = format!(
        "{} gave no token to {} of {}{status}: {why}.",
        front.url,
        front.without_token,
        counted(all, "request", "requests")
    );
    let mut finding = about(view, code, &[], super::front::subject(front), cause);
    finding.evidence = vec![view.part("front")];
    // Which core it is, if any, is not known: nothing is to be started anew for it.
    finding.fixes = crate::fix::harbor::mends(Code::TokenServiceUnreachable, view, &[]);
    finding.certain = false;
    finding.also_possible = also_possible;
    finding.settle_by =
        Some("each core asked by itself: in the cluster, or with --endpoint IP:PORT for each".into());
    Some(finding)
}
