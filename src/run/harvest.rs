//! From what was tracked to evidence.

use jiff::{SignedDuration, Timestamp};
use serde_json::Map;

use super::Prepared;
use super::manifest::pod_name;
use super::track::{Millis, Test, Tracker};
use super::waves::Word;
use crate::diagnose;
use crate::evidence::{API_VERSION, Evidence, Outcome, Presence, Pull, PullSeen};

/// Everything that the run saw.
pub(super) fn evidence(tracker: &Tracker, prepared: &Prepared, interrupted: bool) -> Evidence {
    let mut run = prepared.run.clone();
    run.interrupted = interrupted;
    Evidence {
        api_version: API_VERSION.into(),
        kind: "Evidence".into(),
        run,
        plan: prepared.plan.clone(),
        collected_at: Timestamp::now(),
        nodes: prepared.nodes.clone(),
        pulls: (0..tracker.pods.len()).flat_map(|index| pulls_of(tracker, prepared, index)).collect(),
        probes: Vec::new(),
        builders: Vec::new(),
        extra: Map::new(),
    }
}

/// What a pod's rows say about the credential.
pub(super) fn word(tracker: &Tracker, prepared: &Prepared, index: usize) -> Word {
    let mut word = Word::Nothing;
    for pull in pulls_of(tracker, prepared, index) {
        match &pull.outcome {
            Outcome::Seen { value: PullSeen::Pulled { .. } } => word = Word::Taken,
            Outcome::Seen { value: PullSeen::Failed { message, .. } } => {
                let candidates = diagnose::pull_candidates(&pull, message, prepared.plan.identity.source);
                if diagnose::may_refuse_credential(&candidates) {
                    return Word::Refused;
                }
                if candidates.first().is_some_and(|first| first.code.is_registrys_answer()) {
                    word = Word::Taken;
                }
            }
            _ => {}
        }
    }
    word
}

/// The pulls of one pod whose outcome is known.
fn pulls_of(tracker: &Tracker, prepared: &Prepared, index: usize) -> Vec<Pull> {
    let Some(pod) = tracker.pods.get(index) else { return Vec::new() };
    let plan = &prepared.plan;
    let on_node = prepared.on_node.get(&pod.node);
    let pull = |(image, test): (usize, &Test)| {
        Some(Pull {
            id: format!("pull/{}/{image}", pod.node),
            node: pod.node.clone(),
            image: plan.images.get(image)?.clone(),
            image_rewritten: test.image_rewritten.clone(),
            pod: pod_name(&prepared.run.id, index),
            pull_secrets: pod.pull_secrets.clone(),
            credential: pod.credential.clone(),
            missing_pull_secrets: pod.missing_pull_secrets.clone(),
            on_node_before: on_node.and_then(|has| has.get(image)).copied().unwrap_or(Presence::Unknown),
            outcome: test.outcome.clone()?,
            seen_at: test.known_at.and_then(|at| wall_time(prepared.run.started_at, at)),
        })
    };
    pod.tests.iter().enumerate().filter_map(pull).collect()
}

fn wall_time(begun: Timestamp, after: Millis) -> Option<Timestamp> {
    begun.checked_add(SignedDuration::from_millis(i64::try_from(after).ok()?)).ok()
}
