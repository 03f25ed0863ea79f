//! Pulls that fail: each is judged by its own message, by what the keyring of its pod holds, and by what works
//! elsewhere.
//!
//! [`pulls`] gives one finding for each container that waits for its image; `settle` collapses those with one
//! cause, and [`arrange`] says of each how many pods it stops. What is wrong with pull secrets as they are written
//! down is said by `audit`, with the same ids in its evidence; `settle::MORE_SPECIFIC` lets it replace what the
//! message alone gives.

mod about;
mod arrange;
mod cached;
mod case;
mod choice;
mod credential;
mod image;
mod limits;
mod network;
mod node;
mod reach;
mod sandbox;
mod scene;
mod silent;
#[cfg(test)]
mod tests;
mod words;

pub(in crate::diagnose) use arrange::arrange;

use self::case::Case;
use self::choice::Choice;
use self::scene::Scene;
use super::View;
use crate::code::Code;
use crate::evidence::{Action, Evidence};
use crate::finding::Finding;

/// What weighs the words of a message against what else is known.
type Weigh = fn(&Scene<'_>, &Case<'_>, &mut Choice);

/// In this order: what a node or the network explains is no matter of credentials.
const WEIGH: &[Weigh] = &[network::weigh, node::weigh, image::weigh, credential::weigh, limits::weigh];

/// Pulls that fail: the likeliest cause of each container that waits for its image; and containers that run although
/// their image cannot be pulled (any more).
///
/// `why` and `doctor` ask for every cause; `secrets` for what registries say of credentials, beside what is written down.
pub(in crate::diagnose) fn pulls(evidence: &Evidence) -> Vec<Finding> {
    let action = evidence.plan.action;
    let asks = action.asks_why() || action.audits();
    let Some(view) = View::of(evidence).filter(|_| asks) else { return Vec::new() };
    let scene = Scene::of(view);
    let mut findings: Vec<Finding> = scene.waiting().map(|case| judge(&scene, case)).collect();
    match action {
        Action::Secrets => findings.retain(|finding| is_refusal(finding.code)),
        _ => findings.extend(cached::hidden(&scene)),
    }
    findings
}

/// Whether it says that a registry refused a credential, or asks for one.
fn is_refusal(code: Code) -> bool {
    code.asks_for_credential() && code != Code::ImageNotFound || code == Code::RobotAccountUnusable
}

fn judge(scene: &Scene<'_>, case: &Case<'_>) -> Finding {
    let teller = if case.is_told() || case.pull.is_silent() { None } else { scene.teller(case) };
    teller.map_or_else(
        || about::finding(scene, case, choose(scene, case)),
        |teller| told_by(scene, case, teller),
    )
}

/// What a pod of the same workload, whose words are known, says of one whose words are not.
fn told_by(scene: &Scene<'_>, case: &Case<'_>, teller: &Case<'_>) -> Finding {
    let mut finding = about::finding(scene, teller, choose(scene, teller));
    finding.evidence = vec![case.pull.id.clone()];
    finding.subject.nodes = about::nodes(case);
    finding.messages.clear();
    finding
}

fn choose(scene: &Scene<'_>, case: &Case<'_>) -> Choice {
    let Some(mut choice) = Choice::of(&case.candidates) else { return silent::choice(scene, case) };
    for weigh in WEIGH {
        weigh(scene, case, &mut choice);
    }
    if case.pull.is_of_sandbox() {
        sandbox::weigh(case, &mut choice);
    }
    choice
}
