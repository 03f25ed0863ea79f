//! From what was tracked to evidence.

use jiff::{SignedDuration, Timestamp};

use super::manifest::pod_name;
use super::track::{Millis, Test, Tracker};
use super::waves::Word;
use super::{Prepared, refusals};
use crate::evidence::{Evidence, Presence, Probe, Pull};
use crate::plan::Check;

/// Everything that the run saw.
pub(super) fn evidence(tracker: &Tracker, prepared: &Prepared, interrupted: bool) -> Evidence {
    let mut run = prepared.run.clone();
    run.interrupted = interrupted;
    Evidence {
        nodes: prepared.nodes.clone(),
        pulls: (0..tracker.pods.len()).flat_map(|index| pulls_of(tracker, prepared, index)).collect(),
        probes: (0..tracker.pods.len()).filter_map(|index| probe_of(tracker, prepared, index)).collect(),
        ..Evidence::new(run, prepared.plan.clone(), Timestamp::now())
    }
}

/// What a pod's rows say about the credential.
pub(super) fn word(tracker: &Tracker, prepared: &Prepared, index: usize) -> Word {
    match tracker.pods.get(index).map(|pod| pod.check) {
        Some(Check::Kubelet) | None => {
            refusals::word_of_pulls(&pulls_of(tracker, prepared, index), prepared.plan.identity.source)
        }
        Some(_) => probe_of(tracker, prepared, index)
            .map_or(Word::NeverLooked, |probe| refusals::word_of_probe(&probe, &prepared.plan)),
    }
}

/// A pod's probe, once its outcome is known.
pub(super) fn probe_of(tracker: &Tracker, prepared: &Prepared, index: usize) -> Option<Probe> {
    let pod = tracker.pods.get(index)?;
    let (test, network) = (pod.probe.as_ref()?, pod.check.network()?);
    Some(Probe {
        id: format!("probe/{}/{}", pod.node, network.as_str()),
        node: pod.node.clone(),
        network,
        namespace: prepared.plan.namespace.clone(),
        pod: pod_name(&prepared.run.id, index),
        credential: pod.credential.clone(),
        outcome: test.outcome.clone()?,
        seen_at: test.known_at.and_then(|at| wall_time(prepared.run.started_at, at)),
    })
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
