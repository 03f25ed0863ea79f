//! An API server that goes away in the middle of a run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use regauth::evidence::{LastSeen, Outcome, Step};
use regauth::report::Report;
use regauth::run::{Finished, pull};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::plan::{RUN, prepared, successes};
use super::server::{Answer, Asked, Fake};
use super::world::{Fate, World, shared};

/// What an outage does to requests; `None` lets the cluster answer.
type Outage = Arc<Mutex<Option<fn() -> Answer>>>;

/// A cluster of hanging pulls whose server can be made to fail.
fn fragile() -> (Fake, Arc<Mutex<World>>, Outage) {
    let outage: Outage = Arc::default();
    let inside = outage.clone();
    let (fake, world) = shared(move |world, asked| match *inside.lock().unwrap() {
        Some(answer) => answer(),
        None => world.answer(asked, Fate::Hangs),
    });
    (fake, world, outage)
}

fn away() -> Answer {
    Answer::Broken("connection refused")
}

async fn run(fake: &Fake, nodes: usize) -> Finished {
    pull(&fake.api, &prepared(nodes), &(), &CancellationToken::new()).await.unwrap()
}

fn made(fake: &Fake) -> Vec<Asked> {
    fake.asked().iter().filter(|asked| asked.is(&Method::POST, "/pods")).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn what_happened_while_the_server_was_away_is_heard_afterwards() {
    let (fake, world, outage) = fragile();
    let inside = (world, outage, fake.api.clone());
    let pods: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let later = pods.clone();
    tokio::spawn(async move {
        let (world, outage, _) = inside;
        sleep(Duration::from_secs(5)).await;
        *outage.lock().unwrap() = Some(away);
        world.lock().unwrap().cut_pods();
        sleep(Duration::from_secs(10)).await;
        for pod in later.lock().unwrap().iter() {
            world.lock().unwrap().live(&pod.body, Fate::Pulls);
        }
        *outage.lock().unwrap() = None;
    });
    let finished = tokio::join!(run(&fake, 2), async {
        sleep(Duration::from_secs(2)).await;
        *pods.lock().unwrap() = made(&fake);
    })
    .0;
    assert_eq!(successes(&finished.evidence), 2);
    assert_eq!(made(&fake).len(), 2, "no pod is made twice");
    assert!(finished.left_behind.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_at_the_end_leaves_the_nodes_unknown() {
    let (fake, world, outage) = fragile();
    tokio::spawn(async move {
        sleep(Duration::from_secs(50)).await;
        *outage.lock().unwrap() = Some(away);
        world.lock().unwrap().cut_pods();
    });
    let finished = run(&fake, 2).await;
    for pull in &finished.evidence.pulls {
        assert!(matches!(pull.outcome, Outcome::Failed { step: Step::Watch, .. }), "{pull:?}");
    }
    assert_eq!(Report::of(&finished.evidence).exit_status(None).code(), 3);
    assert!(finished.left_behind.is_some(), "nothing could be removed");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_the_server_closes_is_no_outage() {
    let (fake, world, _) = fragile();
    tokio::spawn(async move {
        sleep(Duration::from_secs(50)).await;
        world.lock().unwrap().cut_pods();
    });
    let finished = run(&fake, 1).await;
    assert!(matches!(
        finished.evidence.pulls[0].outcome,
        Outcome::TimedOut { last_seen: LastSeen::Pulling, .. }
    ));
    let watches: Vec<Asked> =
        fake.asked().iter().filter(|one| one.is_watch() && one.path.ends_with("/pods")).cloned().collect();
    assert_eq!(watches.len(), 2);
    assert!(watches[0].begins_anew() && !watches[1].begins_anew());
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_the_pods_that_is_not_permitted_ends_the_run_with_what_was_said() {
    let (fake, _) = shared(|world, asked| match asked.is_watch() && asked.path.ends_with("/pods") {
        true => Answer::status(403, "Forbidden", "you may not watch pods"),
        false => world.answer(asked, Fate::Pulls),
    });
    let finished = run(&fake, 2).await;
    for pull in &finished.evidence.pulls {
        let Outcome::Denied { status: 403, message } = &pull.outcome else { panic!("{pull:?}") };
        assert_eq!(message.as_str(), "you may not watch pods");
    }
    assert_eq!(fake.count(&Method::DELETE, &format!("/jobs/regauth-{RUN}")), 1);
}

#[tokio::test(start_paused = true)]
async fn without_the_watch_of_the_events_the_status_still_tells() {
    let (fake, _) = shared(|world, asked| match asked.path.ends_with("/events") {
        true => Answer::status(403, "Forbidden", "you may not see events"),
        false => world.answer(asked, Fate::Pulls),
    });
    let finished = run(&fake, 2).await;
    assert_eq!(successes(&finished.evidence), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_is_over_is_no_outage_at_the_end() {
    let (fake, world, outage) = fragile();
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        *outage.lock().unwrap() = Some(away);
        world.lock().unwrap().cut_pods();
        sleep(Duration::from_secs(5)).await;
        *outage.lock().unwrap() = None;
    });
    let finished = run(&fake, 1).await;
    assert!(matches!(
        finished.evidence.pulls[0].outcome,
        Outcome::TimedOut { last_seen: LastSeen::Pulling, .. }
    ));
}
