//! Whose turn it is while a probe may meet a refusal, and who sends a credential that was refused.

use http::Method;
use regauth::evidence::CredentialUse;
use regauth::plan::Check;
use regauth::probe::report;
use regauth::run::{Prepared, pull};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::one_first::Told;
use super::plan::{RUN, successes};
use super::probes::*;
use super::server::{Asked, Fake};
use super::world::Fate;

#[tokio::test(start_paused = true)]
async fn a_credential_that_the_first_probe_saw_refused_is_not_sent_again() {
    let fake = cluster(refused, Fate::Pulls);
    let mut prepared = probing(3, &[Check::Kubelet, Check::ProbeNode]);
    prepared.plan.one_first = true;
    let finished = run(&fake, &prepared).await;
    let pods = pods(&fake);
    assert!(is_probe(&pods[0]) && task(&pods[0]).refused.is_empty(), "a probe goes first");
    for pod in &pods[1..] {
        if is_probe(pod) {
            let refused = task(pod).refused;
            assert_eq!(
                (refused.len(), refused[0].fingerprint.as_str(), refused[0].on.as_str()),
                (1, FINGERPRINT, "node0")
            );
        } else {
            assert_eq!(pod["spec"]["imagePullSecrets"], json!([{"name": format!("regauth-{RUN}-none")}]));
        }
    }
    let held_back = CredentialUse::HeldBack { refused_on: "node0".into() };
    assert!(finished.evidence.pulls.iter().all(|pull| pull.credential == held_back));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_a_kubelet_saw_refused_is_sent_by_no_probe() {
    // The first probe never looks, so the first kubelet is the one that meets the refusal.
    let fake = cluster(|_| state("ErrImagePull", "no such host"), Fate::Fails(WRONG_PASSWORD));
    let mut prepared = probing(2, &[Check::Kubelet, Check::ProbePod]);
    prepared.plan.one_first = true;
    let finished = run(&fake, &prepared).await;
    let pods = pods(&fake);
    assert_eq!(pods.iter().map(is_probe).collect::<Vec<_>>(), [true, false, true, false]);
    let refused = task(&pods[2]).refused;
    assert_eq!((refused[0].fingerprint.as_str(), refused[0].on.as_str()), ("*", "node0"));
    let held_back = CredentialUse::HeldBack { refused_on: "node0".into() };
    assert_eq!(probe(&finished.evidence, "probe/node1/pod").credential, held_back);
    assert_eq!(pods[3]["spec"]["imagePullSecrets"], json!([{"name": format!("regauth-{RUN}-none")}]));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_refused_for_the_probes_own_image_is_sent_by_no_other_kubelet() {
    let fake = cluster(|_| state("ErrImagePull", WRONG_PASSWORD), Fate::Pulls);
    let mut prepared = probing(4, &[Check::Kubelet, Check::ProbePod]);
    prepared.plan.one_first = true;
    prepared.plan.probe.as_mut().unwrap().image_pull_secrets = vec!["regcred".into()];
    run(&fake, &prepared).await;
    let sends = |pod: &&Value| pod["spec"]["imagePullSecrets"] == json!([{"name": "regcred"}]);
    let pods = pods(&fake);
    assert_eq!((pods.len(), pods.iter().filter(sends).count()), (8, 1));
}

#[tokio::test(start_paused = true)]
async fn a_kubelet_that_is_asked_instead_sends_no_credential_that_was_refused() {
    let on_node1 = |pod: &Value| pod["spec"]["nodeName"] == "node1";
    let fake = cluster(
        move |pod| if on_node1(pod) { state("ErrImagePull", "no route") } else { refused(pod) },
        Fate::Pulls,
    );
    let finished = run(&fake, &probing(2, &[Check::ProbeNode])).await;
    assert_eq!(finished.evidence.pulls[0].credential, CredentialUse::HeldBack { refused_on: "node0".into() });
}

/// When each pod was asked for, in seconds after the first, and whether it is a probe's.
fn times(fake: &Fake) -> Vec<(u64, bool)> {
    let asked = fake.asked();
    let pods: Vec<&Asked> = asked.iter().filter(|asked| asked.is(&Method::POST, "/pods")).collect();
    let after = |pod: &&Asked| pod.at.checked_sub(pods[0].at).unwrap().as_secs();
    pods.iter().map(|pod| (after(pod), is_probe(&pod.body))).collect()
}

#[tokio::test(start_paused = true)]
async fn probes_that_never_looked_do_not_let_the_others_go_side_by_side() {
    let fake = cluster(|_| state("ErrImagePull", "no such host"), Fate::Pulls);
    let mut prepared = probing(6, &[Check::ProbePod]);
    prepared.plan.one_first = true;
    // No kubelet that could tell more.
    prepared.plan.action = regauth::evidence::Action::Push;
    run(&fake, &prepared).await;
    let times: Vec<u64> = times(&fake).into_iter().map(|(at, _)| at).collect();
    assert_eq!(times.len(), 6);
    assert!(times.windows(2).all(|two| two[1] > two[0]), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_kubelet_that_is_asked_in_place_of_probes_that_never_look_opens_the_way() {
    let fake = cluster(|_| state("ErrImagePull", "no such host"), Fate::Pulls);
    let mut prepared = probing(30, &[Check::ProbePod]);
    prepared.plan.one_first = true;
    let finished = run(&fake, &prepared).await;
    let kinds: Vec<bool> = times(&fake).into_iter().map(|(_, is_probe)| is_probe).collect();
    assert_eq!(kinds[..4], [true, true, true, false]);
    assert_eq!(successes(&finished.evidence), 30, "no row is left over when the time is up");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_still_looks_is_waited_for() {
    // It began, and may send the credential at any moment.
    let fake = cluster(|_| json!({"running": {}}), Fate::Pulls);
    let mut prepared = probing(3, &[Check::ProbePod]);
    prepared.plan.one_first = true;
    run(&fake, &prepared).await;
    let own = prepared.plan.timeout_seconds / 3;
    let first = &fake.asked().iter().find(|asked| asked.is(&Method::POST, "/pods")).unwrap().body.clone();
    assert!(task(first).timeout_seconds < own, "its own deadline leaves time for the others");
    let times = times(&fake);
    assert!(times[1].0 > own && times.get(2).is_none_or(|third| third.0 > 2 * own), "{times:?}");
}

/// One credential of a probe is refused, and of another nothing is known.
fn half_judged(_: &Value) -> Value {
    let mut half = seen(401);
    let mut other = half.targets[0].attempts[0].clone();
    other.credential.as_mut().unwrap().described.fingerprint = None;
    other.exchanges.clear();
    half.targets[0].attempts.push(other);
    ended(&report::encode(&half, 4096))
}

async fn told_of(fake: &Fake, prepared: &Prepared) -> Vec<String> {
    let told = Told::default();
    pull(&fake.api, prepared, &told, &CancellationToken::new()).await.unwrap();
    let told = told.0.into_inner().unwrap();
    told.into_iter().filter(|progress| progress.starts_with("HeldBack")).collect()
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_is_told_of_each_refusal_that_later_pods_are_spared() {
    let mut prepared = probing(3, &[Check::ProbePod]);
    prepared.plan.one_first = true;
    for probes in [refused, half_judged] {
        let told = told_of(&cluster(probes, Fate::Pulls), &prepared).await;
        assert_eq!(told, ["HeldBack { node: \"node0\" }"]);
    }
    // Nobody is spared anything where it was the last one, or where all were asked for at once.
    prepared.plan.nodes.truncate(1);
    assert!(told_of(&cluster(refused, Fate::Pulls), &prepared).await.is_empty());
    let mut prepared = probing(3, &[Check::ProbePod]);
    prepared.plan.one_first = false;
    assert!(told_of(&cluster(refused, Fate::Pulls), &prepared).await.is_empty());
}
