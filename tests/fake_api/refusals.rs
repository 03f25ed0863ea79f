//! What the API server does not let a run create, or does not create at once.

use http::Method;
use regauth::api::ApiError;
use regauth::error::Error;
use regauth::evidence::{Outcome, Step};
use regauth::report::{PullRow, Report};
use regauth::run::{Finished, pull};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::plan::{prepared, successes};
use super::server::{Answer, Asked, Fake};
use super::world::{Fate, name, with};

const QUOTA: &str =
    "pods is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3";
const LIMIT_RANGE: &str = "pods is forbidden: minimum memory usage per Container is 16Mi, but request is 1Mi";

async fn run(fake: &Fake, nodes: usize) -> Finished {
    pull(&fake.api, &prepared(nodes), &(), &CancellationToken::new()).await.unwrap()
}

fn rows(finished: &Finished) -> Vec<PullRow> {
    Report::of(&finished.evidence).pulls().cloned().collect()
}

fn states_resources(asked: &Asked) -> bool {
    asked.body["spec"]["containers"].as_array().unwrap().iter().any(|one| one["resources"] != Value::Null)
}

fn pods(fake: &Fake) -> Vec<Asked> {
    fake.asked().iter().filter(|asked| asked.is(&Method::POST, "/pods")).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_refused_denies_every_row_in_the_servers_words() {
    let fake =
        Fake::new(|_| Answer::status(403, "Forbidden", "jobs.batch is forbidden: exceeded quota: none"));
    let finished = run(&fake, 3).await;
    assert_eq!(fake.asked().len(), 1, "nothing was made, so nothing is removed: {:?}", fake.asked());
    for row in rows(&finished) {
        assert_eq!(row.message.unwrap().as_str(), "jobs.batch is forbidden: exceeded quota: none");
    }
    assert!(
        finished
            .evidence
            .pulls
            .iter()
            .all(|pull| matches!(pull.outcome, Outcome::Denied { status: 403, .. }))
    );
    let report = Report::of(&finished.evidence);
    assert_eq!((report.results.len(), report.exit_status(None).code()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_be_made_for_another_reason_ends_the_run() {
    for (code, words) in
        [(404, "namespaces \"team\" not found"), (422, "Job is invalid"), (500, "etcd is away")]
    {
        let fake = Fake::new(move |_| Answer::status(code, "Why", words));
        let error = pull(&fake.api, &prepared(2), &(), &CancellationToken::new()).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("cannot create the run's Job in namespace team") && text.contains(words),
            "{text}"
        );
        assert!(matches!(error, Error::Api { source: ApiError::Status { .. }, .. }));
        // After a server error nobody knows whether the Job was made: it is taken back.
        let taken_back = fake.asked().iter().any(|asked| asked.is(&Method::DELETE, "/jobs/regauth-abcd2345"));
        assert_eq!(taken_back, code == 500);
        assert!(fake.asked().iter().all(|asked| !asked.is(&Method::POST, "/pods")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_ends_the_run_before_anything_is_made() {
    let fake = Fake::new(|_| Answer::Broken("connection refused"));
    let error = pull(&fake.api, &prepared(2), &(), &CancellationToken::new()).await.unwrap_err();
    assert!(error.to_string().ends_with("cannot be reached: connection refused"), "{error}");
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_refuses_little_resources_gets_pods_without_any() {
    let fake = with(|world, asked| match asked.is(&Method::POST, "/pods") && states_resources(asked) {
        true => Answer::status(403, "Forbidden", LIMIT_RANGE),
        false => world.answer(asked, Fate::Pulls),
    });
    let finished = run(&fake, 4).await;
    assert_eq!(successes(&finished.evidence), 4);
    let stated: Vec<bool> = pods(&fake).iter().map(states_resources).collect();
    assert_eq!(stated, [true, false, false, false, false], "it is tried once, by the first pod");
    assert_eq!(name(&pods(&fake)[0].body), name(&pods(&fake)[1].body));
}

#[tokio::test(start_paused = true)]
async fn a_quota_refuses_the_pods_in_its_own_words() {
    let mut made = 0;
    let fake = with(move |world, asked| {
        if asked.is(&Method::POST, "/pods") {
            made += 1;
            if !states_resources(asked) {
                return Answer::status(403, "Forbidden", "failed quota: must specify limits.memory");
            }
            if made != 3 {
                return Answer::status(403, "Forbidden", QUOTA);
            }
        }
        world.answer(asked, Fate::Pulls)
    });
    let finished = run(&fake, 3).await;
    let denied: Vec<_> = rows(&finished).into_iter().filter_map(|row| row.message).collect();
    assert_eq!(denied.len(), 2);
    assert!(
        denied.iter().all(|message| message.as_str() == QUOTA),
        "the first refusal is the true one: {denied:?}"
    );
    assert_eq!(successes(&finished.evidence), 1);
    let stated: Vec<bool> = pods(&fake).iter().map(states_resources).collect();
    assert_eq!(stated, [true, false, true, true], "only the first is tried without resources");
    assert_eq!(Report::of(&finished.evidence).exit_status(None).code(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_the_server_calls_invalid_is_denied() {
    let fake = with(|world, asked| match asked.is(&Method::POST, "/pods") {
        true => Answer::status(422, "Invalid", "Pod is invalid: spec: Forbidden"),
        false => world.answer(asked, Fate::Pulls),
    });
    let finished = run(&fake, 1).await;
    assert!(matches!(finished.evidence.pulls[0].outcome, Outcome::Denied { status: 422, .. }));
    assert_eq!(pods(&fake).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_was_made_although_its_answer_was_lost_is_ours() {
    let mut lost = false;
    let fake = with(move |world, asked| {
        if asked.is(&Method::POST, "/pods") {
            if lost {
                return Answer::status(409, "AlreadyExists", "pods \"regauth-abcd2345-0\" already exists");
            }
            lost = true;
            world.live(&asked.body, Fate::Pulls);
            return Answer::Broken("connection reset by peer");
        }
        world.answer(asked, Fate::Pulls)
    });
    let finished = run(&fake, 1).await;
    assert_eq!((successes(&finished.evidence), pods(&fake).len()), (1, 2));
    assert!(fake.count(&Method::DELETE, "/pods") >= 1, "it is deleted like any other");
}

#[tokio::test(start_paused = true)]
async fn a_conflict_of_another_kind_is_not_taken_for_success() {
    let fake = with(|world, asked| match asked.is(&Method::POST, "/pods") {
        true => Answer::status(409, "Conflict", "the object has been modified"),
        false => world.answer(asked, Fate::Pulls),
    });
    let finished = run(&fake, 1).await;
    assert!(matches!(finished.evidence.pulls[0].outcome, Outcome::Failed { step: Step::Create, .. }));
    assert_eq!(Report::of(&finished.evidence).exit_status(None).code(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_busy_or_fails_for_a_moment_costs_no_row() {
    for code in [429, 500, 503] {
        let mut failures = 2;
        let fake = with(move |world, asked| {
            if asked.is(&Method::POST, "/pods") && failures > 0 {
                failures -= 1;
                return Answer::status(code, "Why", "a moment");
            }
            world.answer(asked, Fate::Pulls)
        });
        let finished = run(&fake, 2).await;
        assert_eq!((successes(&finished.evidence), pods(&fake).len()), (2, 4));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_on_failing_leaves_the_row_unknown_and_removes_all_the_same() {
    let fake = with(|world, asked| match asked.is(&Method::POST, "/pods") {
        true => Answer::Broken("connection reset by peer"),
        false => world.answer(asked, Fate::Pulls),
    });
    let finished = run(&fake, 1).await;
    assert!(matches!(finished.evidence.pulls[0].outcome, Outcome::Failed { step: Step::Create, .. }));
    assert_eq!(Report::of(&finished.evidence).exit_status(None).code(), 3);
    assert!(fake.count(&Method::DELETE, "/pods") == 1, "the pod may have been made");
}

#[tokio::test(start_paused = true)]
async fn a_pod_whose_answer_was_lost_still_tells_what_a_webhook_made_of_it() {
    let mut lost = false;
    let fake = with(move |world, asked| {
        if asked.is(&Method::POST, "/pods") {
            if lost {
                return Answer::status(409, "AlreadyExists", "exists");
            }
            lost = true;
            let mut pod = asked.body.clone();
            pod["spec"]["containers"][0]["image"] = "mirror.example.org/x:1".into();
            world.live(&pod, Fate::Pulls);
            return Answer::Broken("reset");
        }
        world.answer(asked, Fate::Pulls)
    });
    let finished = run(&fake, 1).await;
    assert_eq!(finished.evidence.pulls[0].image_rewritten.as_deref(), Some("mirror.example.org/x:1"));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_made_although_its_answer_was_lost_is_not_left() {
    let mut tries = 0;
    let fake = with(move |world, asked| {
        if asked.is(&Method::POST, "/jobs") {
            tries += 1;
            return match tries {
                1 => Answer::status(504, "Timeout", "etcd is slow"),
                _ => Answer::status(409, "AlreadyExists", "exists"),
            };
        }
        world.answer(asked, Fate::Pulls)
    });
    let _ = pull(&fake.api, &prepared(1), &(), &CancellationToken::new()).await;
    assert_eq!(fake.count(&Method::DELETE, "/jobs/regauth-abcd2345"), 1);
}
