//! Pods that run although their image cannot be pulled (any more).

use super::about;
use super::case::{Case, shown};
use super::choice::Choice;
use super::scene::Scene;
use super::words;
use super::{choose, judge};
use crate::code::Code;
use crate::evidence::workloads::{ImageUse, PullPolicy};
use crate::finding::{Finding, Severity};

pub(super) fn hidden(scene: &Scene<'_>) -> Vec<Finding> {
    let beside = scene.waiting().filter_map(|case| runs_from_copy(scene, case));
    let before = scene.started_all_the_same().filter_map(|case| started_all_the_same(scene, case));
    beside.chain(before).collect()
}

/// Causes that concern every node that has to pull, and stay until they are mended.
fn lasts(choice: &Choice) -> bool {
    choice.code.asks_for_credential() || choice.code == Code::RobotAccountUnusable
}

/// Pods of the same workload, with the same pull secrets, run where the node has the image.
fn runs_from_copy(scene: &Scene<'_>, case: &Case<'_>) -> Option<Finding> {
    let image = use_of(case).filter(|image| image.started > 0 && image.pull_policy != PullPolicy::Always)?;
    let alike = image.started_with.contains(&case.pull.pull_secrets);
    if !alike || !case.is_told() || !lasts(&choose(scene, case)) {
        return None;
    }
    let mut nodes = scene.nodes_with(case);
    nodes.retain(|node| *node != case.pull.node && image.started_on.iter().any(|one| one == node));
    if nodes.is_empty() {
        return None;
    }
    let mut choice = Choice::new(Code::CachedImageHidesFailure, true);
    choice.cause = Some(format!(
        "Pods of {} in namespace {} run on {}, which has {} from an earlier pull: they would fail on any other node",
        case.workload_name(),
        case.pull.namespace,
        words::list_nodes(&nodes),
        shown(&case.pull.image)
    ));
    Some(remark(scene, case, choice))
}

/// A pull failed, and its container runs.
fn started_all_the_same(scene: &Scene<'_>, case: &Case<'_>) -> Option<Finding> {
    if !case.is_told() || case.lacked_what_is_there_now() {
        return None;
    }
    let judged = choose(scene, case);
    let is_always = use_of(case).is_some_and(|image| image.pull_policy == PullPolicy::Always);
    if is_always || !lasts(&judged) {
        let mut finding = judge(scene, case);
        finding.severity = Severity::Info;
        finding.cause = format!("A pull failed before and the container runs since. {}", finding.cause);
        return (finding.code != Code::Unknown).then_some(finding);
    }
    let mut choice = Choice::new(Code::CachedImageHidesFailure, false);
    choice.also = vec![judged.code];
    // `why --probe` tests what waits.
    choice.doubt(words::pull_again(case));
    choice.cause = Some(format!(
        "{} refused a pull of {} for {} in namespace {}, and the container runs all the same: from the node's copy, \
         or because a later try worked",
        case.registry,
        shown(&case.pull.image),
        case.workload_name(),
        case.pull.namespace
    ));
    Some(remark(scene, case, choice))
}

/// A remark about a pull whose cause another finding has: it repeats neither its words nor its mends.
fn remark(scene: &Scene<'_>, case: &Case<'_>, choice: Choice) -> Finding {
    about::finding(scene, case, choice)
}

fn use_of<'e>(case: &Case<'e>) -> Option<&'e ImageUse> {
    case.workload?.images.iter().find(|image| image.image == case.pull.image)
}
