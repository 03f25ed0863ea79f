//! One node goes first, so that a wrong credential is sent once.

use std::sync::Mutex;

use http::Method;
use regauth::evidence::{CredentialUse, Outcome, PullSeen};
use regauth::finding::Code;
use regauth::report::Report;
use regauth::run::{Finished, Observer, Prepared, Progress, pull};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::plan::{RUN, prepared, successes};
use super::server::{Answer, Asked, Fake};
use super::world::{Fate, all, name, with};

const WRONG_PASSWORD: &str = "failed to pull and unpack image \"registry.example.com/team/app:1\": failed to resolve image: \
    failed to authorize: failed to fetch oauth token: unexpected status from POST request to \
    https://registry.example.com/token: 401 Unauthorized: incorrect username or password";
const NOT_REACHED: &str = "failed to do request: Head \"https://registry.example.com/v2/team/app/manifests/1\": dial tcp \
    192.0.2.7:443: connect: connection refused";

fn one_first(nodes: usize) -> Prepared {
    let mut prepared = prepared(nodes);
    prepared.plan.one_first = true;
    prepared
}

/// The first pod meets one fate, the others another.
fn first(fate: Fate, others: Fate) -> Fake {
    with(move |world, asked| {
        let is_first = asked.body["metadata"]["name"] == format!("regauth-{RUN}-0");
        world.answer(asked, if is_first { fate } else { others })
    })
}

async fn run(fake: &Fake, prepared: &Prepared) -> Finished {
    pull(&fake.api, prepared, &(), &CancellationToken::new()).await.unwrap()
}

fn pods(fake: &Fake) -> Vec<Asked> {
    fake.asked().iter().filter(|asked| asked.is(&Method::POST, "/pods")).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_is_sent_from_no_other_node() {
    let fake = first(Fate::Fails(WRONG_PASSWORD), Fate::Pulls);
    let finished = run(&fake, &one_first(4)).await;
    let pods = pods(&fake);
    assert_eq!(pods[0].body["spec"]["imagePullSecrets"], json!([{"name": "regcred"}]));
    for pod in &pods[1..] {
        assert_eq!(pod.body["spec"]["imagePullSecrets"], json!([{"name": format!("regauth-{RUN}-none")}]));
    }
    let held_back = CredentialUse::HeldBack { refused_on: "node0".into() };
    assert!(finished.evidence.pulls[1..].iter().all(|pull| pull.credential == held_back));
    let codes: Vec<Code> = Report::of(&finished.evidence).findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::StaleCredential]);
}

#[tokio::test(start_paused = true)]
async fn the_refused_pod_is_deleted_before_its_kubelet_tries_again() {
    for keep in [false, true] {
        let fake = first(Fate::Fails(WRONG_PASSWORD), Fate::Hangs);
        let mut prepared = one_first(3);
        prepared.plan.keep = keep;
        run(&fake, &prepared).await;
        let asked = fake.asked();
        let made = asked.iter().find(|asked| asked.is(&Method::POST, "/pods")).unwrap().at;
        let deleted = asked.iter().find(|asked| asked.is(&Method::DELETE, "/pods")).unwrap();
        assert_eq!(deleted.query("labelSelector"), format!("regauth/run={RUN},regauth/row in (0)"));
        let after = deleted.at.checked_sub(made).unwrap();
        assert!(after.as_secs() < 10, "the kubelet's first back-off is 10 s: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_others_wait_for_the_first_and_go_with_the_credential_that_it_proved() {
    let fake = with(|world, asked| {
        // The first pod's result comes when a second pod must not be there yet.
        world.answer(asked, Fate::Pulls)
    });
    let finished = run(&fake, &one_first(3)).await;
    assert_eq!(successes(&finished.evidence), 3);
    for pod in pods(&fake) {
        assert_eq!(pod.body["spec"]["imagePullSecrets"], json!([{"name": "regcred"}]), "{}", name(&pod.body));
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_node_that_hangs_is_not_waited_for_longer_than_half_a_minute() {
    for (fate, others_wait) in [(Fate::Hangs, 30), (Fate::Silence, 30)] {
        let fake = first(fate, Fate::Pulls);
        let finished = run(&fake, &one_first(2)).await;
        let pods = pods(&fake);
        let waited = pods[1].at.checked_sub(pods[0].at).unwrap();
        assert_eq!(waited.as_secs(), others_wait);
        assert_eq!(successes(&finished.evidence), 1);
        assert_eq!(pods[1].body["spec"]["imagePullSecrets"], json!([{"name": "regcred"}]));
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_that_do_not_reach_the_registry_go_one_by_one_three_times() {
    let fake = all(Fate::Fails(NOT_REACHED));
    let finished = run(&fake, &one_first(6)).await;
    assert_eq!(pods(&fake).len(), 6);
    let failed = |pull: &regauth::evidence::Pull| {
        matches!(pull.outcome, Outcome::Seen { value: PullSeen::Failed { .. } })
    };
    assert!(finished.evidence.pulls.iter().all(failed));
    assert!(finished.evidence.pulls.iter().all(|pull| pull.credential == CredentialUse::AsPlanned));
}

#[tokio::test(start_paused = true)]
async fn a_first_pod_that_cannot_be_made_does_not_hold_up_the_others() {
    let fake = with(|world, asked| {
        if asked.is(&Method::POST, "/pods") && asked.body["metadata"]["name"] == format!("regauth-{RUN}-0") {
            return Answer::status(403, "Forbidden", "no pod of that name");
        }
        world.answer(asked, Fate::Pulls)
    });
    let finished = run(&fake, &one_first(3)).await;
    assert_eq!(successes(&finished.evidence), 2);
    assert!(matches!(finished.evidence.pulls[0].outcome, Outcome::Denied { .. }));
}

#[derive(Default)]
pub(super) struct Told(pub(super) Mutex<Vec<String>>);

impl Observer for Told {
    fn saw(&self, progress: Progress<'_>) {
        self.0.lock().unwrap().push(format!("{progress:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_is_told_what_happens() {
    let fake = first(Fate::Fails(WRONG_PASSWORD), Fate::Pulls);
    let told = Told::default();
    pull(&fake.api, &one_first(2), &told, &CancellationToken::new()).await.unwrap();
    let told = told.0.into_inner().unwrap();
    let expected = [
        "Began { rows: 2 }",
        "OneFirst { node: \"node0\" }",
        "Row { node: \"node0\", ok: false, tested: true }",
        "HeldBack { node: \"node0\" }",
        "Row { node: \"node1\", ok: true, tested: true }",
        "CleaningUp",
    ];
    assert_eq!(told, expected);
}
