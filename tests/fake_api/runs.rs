//! Whole runs: what they ask for, what they leave, how they end.

use std::time::Duration;

use http::Method;
use regauth::evidence::{LastSeen, Outcome, Step};
use regauth::report::Report;
use regauth::run::pull;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::plan::{RUN, prepared, successes, worked};
use super::server::{Answer, Fake};
use super::world::{Fate, all, shared, with};
use serde_json::json;

fn gets(fake: &Fake) -> usize {
    fake.asked().iter().filter(|asked| asked.method == Method::GET).count()
}

#[tokio::test(start_paused = true)]
async fn every_node_pulls_and_nothing_is_left() {
    let fake = all(Fate::Pulls);
    let finished = pull(&fake.api, &prepared(3), &(), &CancellationToken::new()).await.unwrap();
    assert_eq!((finished.evidence.pulls.len(), successes(&finished.evidence)), (3, 3));
    assert!(finished.left_behind.is_none());
    assert_eq!(Report::of(&finished.evidence).exit_status(None).code(), 0);
    assert_eq!(fake.count(&Method::POST, "/namespaces/team/jobs"), 1);
    assert_eq!(fake.count(&Method::POST, "/namespaces/team/pods"), 3);
    assert_eq!(fake.count(&Method::DELETE, &format!("/jobs/regauth-{RUN}")), 1);
    assert!(fake.count(&Method::DELETE, "/pods") >= 1);
    let last = fake.asked().last().cloned().unwrap();
    assert!(last.is(&Method::DELETE, &format!("/jobs/regauth-{RUN}")), "the pods go first: {last:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_polled_however_long_a_pull_takes() {
    let fake = all(Fate::Hangs);
    let finished = pull(&fake.api, &prepared(3), &(), &CancellationToken::new()).await.unwrap();
    assert_eq!(gets(&fake), 3, "where the events stand, and two watches: {:#?}", fake.asked());
    for pull in &finished.evidence.pulls {
        assert!(matches!(pull.outcome, Outcome::TimedOut { last_seen: LastSeen::Pulling, .. }), "{pull:?}");
    }
    assert_eq!(Report::of(&finished.evidence).exit_status(None).code(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_job_owns_the_pods_and_dies_by_itself() {
    let fake = all(Fate::Pulls);
    pull(&fake.api, &prepared(2), &(), &CancellationToken::new()).await.unwrap();
    let asked = fake.asked();
    let job = asked.iter().find(|asked| asked.is(&Method::POST, "/jobs")).unwrap();
    assert_eq!(
        (&job.body["spec"]["parallelism"], &job.body["spec"]["activeDeadlineSeconds"]),
        (&json!(0), &json!(180))
    );
    for pod in asked.iter().filter(|asked| asked.is(&Method::POST, "/pods")) {
        assert_eq!(pod.body["metadata"]["ownerReferences"][0]["uid"], "job-uid");
    }
}

#[tokio::test(start_paused = true)]
async fn deletions_are_immediate_and_orphan_nothing() {
    let fake = all(Fate::Pulls);
    pull(&fake.api, &prepared(3), &(), &CancellationToken::new()).await.unwrap();
    for deletion in fake.asked().iter().filter(|asked| asked.method == Method::DELETE) {
        assert_eq!(deletion.body["gracePeriodSeconds"], 0);
        assert_eq!(deletion.body["propagationPolicy"], "Background");
        let of_the_run = deletion.query("labelSelector").starts_with(&format!("regauth/run={RUN}"));
        assert!(of_the_run || deletion.path.ends_with(&format!("/jobs/regauth-{RUN}")), "{deletion:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interruption_removes_pods_and_job_and_keeps_the_rows_that_are_in() {
    let fake = with(|world, asked| {
        let fate = if asked.body["metadata"]["name"] == format!("regauth-{RUN}-0") {
            Fate::Pulls
        } else {
            Fate::Hangs
        };
        world.answer(asked, fate)
    });
    let stop = CancellationToken::new();
    let later = stop.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(20)).await;
        later.cancel();
    });
    let finished = pull(&fake.api, &prepared(3), &(), &stop).await.unwrap();
    assert!(finished.evidence.run.interrupted && finished.left_behind.is_none());
    assert_eq!(successes(&finished.evidence), 1);
    for pull in finished.evidence.pulls.iter().filter(|pull| !worked(pull)) {
        assert!(matches!(pull.outcome, Outcome::Failed { step: Step::Interrupted, .. }), "{pull:?}");
    }
    assert_eq!(Report::of(&finished.evidence).exit_status(None).code(), 130);
    let everything = format!("regauth/run={RUN}");
    assert!(
        fake.asked()
            .iter()
            .any(|asked| asked.is(&Method::DELETE, "/pods") && asked.query("labelSelector") == everything)
    );
    assert_eq!(fake.count(&Method::DELETE, &format!("/jobs/regauth-{RUN}")), 1);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_before_anything_is_heard_still_cleans_up() {
    let fake = all(Fate::Silence);
    let stop = CancellationToken::new();
    stop.cancel();
    let finished = pull(&fake.api, &prepared(3), &(), &stop).await.unwrap();
    assert_eq!(successes(&finished.evidence), 0);
    assert_eq!(fake.count(&Method::DELETE, &format!("/jobs/regauth-{RUN}")), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_kept_is_left_for_the_jobs_deadline() {
    let fake = all(Fate::Pulls);
    let mut prepared = prepared(2);
    prepared.plan.keep = true;
    let finished = pull(&fake.api, &prepared, &(), &CancellationToken::new()).await.unwrap();
    assert_eq!(successes(&finished.evidence), 2);
    assert!(fake.asked().iter().all(|asked| asked.method != Method::DELETE));
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_removed_is_told() {
    let fake = with(|world, asked| match asked.method {
        Method::DELETE => Answer::status(403, "Forbidden", "you may not delete"),
        _ => world.answer(asked, Fate::Pulls),
    });
    let finished = pull(&fake.api, &prepared(1), &(), &CancellationToken::new()).await.unwrap();
    assert_eq!(successes(&finished.evidence), 1, "the rows are in all the same");
    assert!(finished.left_behind.unwrap().to_string().contains("you may not delete"));
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_somebody_deletes_is_absent_and_the_others_go_on() {
    let (fake, world) = shared(|world, asked| world.answer(asked, Fate::Hangs));
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        let object = json!({"metadata": {"name": format!("regauth-{RUN}-0")}});
        world.lock().unwrap().tell_pods(json!({"type": "DELETED", "object": object}));
    });
    let finished = pull(&fake.api, &prepared(2), &(), &CancellationToken::new()).await.unwrap();
    assert!(matches!(finished.evidence.pulls[0].outcome, Outcome::Absent { .. }));
    assert!(matches!(finished.evidence.pulls[1].outcome, Outcome::TimedOut { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_pods_are_deleted_in_few_requests() {
    let fake = all(Fate::Pulls);
    let finished = pull(&fake.api, &prepared(100), &(), &CancellationToken::new()).await.unwrap();
    assert_eq!(successes(&finished.evidence), 100);
    assert!(fake.count(&Method::DELETE, "/pods") <= 5, "{}", fake.count(&Method::DELETE, "/pods"));
    assert_eq!(gets(&fake), 3);
}
