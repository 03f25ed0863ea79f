//! What runs left behind, and the rights that are asked about.

use http::Method;
use regauth::api::ApiError;
use regauth::collect::access::{CLEANUP, PULL, missing};
use regauth::run::cleanup::{Left, Which, find, remove};
use serde_json::{Value, json};

use super::server::{Answer, Fake};

const NOW: &str = "Thu, 02 Jan 2025 12:00:00 GMT";

fn job(run: &str, created: &str, conditions: Value) -> Value {
    json!({
        "metadata": {"name": format!("regauth-{run}"), "namespace": "team", "creationTimestamp": created,
            "labels": {"regauth/run": run}},
        "spec": {"activeDeadlineSeconds": 180},
        "status": {"conditions": conditions},
    })
}

fn pod(run: &str) -> Value {
    json!({"metadata": {"name": format!("regauth-{run}-0"), "namespace": "team", "labels": {"regauth/run": run}}})
}

/// A cluster with these pods and Jobs, each list in pages of two.
fn cluster(pods: Vec<Value>, jobs: Vec<Value>) -> Fake {
    Fake::new(move |asked| {
        if asked.method == Method::DELETE {
            return Answer::Json(200, json!({"kind": "Status"}));
        }
        let items = if asked.path.ends_with("/jobs") { &jobs } else { &pods };
        let from: usize = asked.query("continue").parse().unwrap_or(0);
        let page: Vec<&Value> = items.iter().skip(from).take(2).collect();
        let next = if from + 2 < items.len() { (from + 2).to_string() } else { String::new() };
        let body = json!({"metadata": {"continue": next}, "items": page});
        Answer::Raw(200, vec![("date", NOW)], body.to_string())
    })
}

fn some_runs() -> Fake {
    cluster(
        vec![pod("alive"), pod("alive"), pod("late"), pod("orphan"), pod("orphan")],
        vec![
            job("alive", "2025-01-02T11:59:00Z", json!(null)),
            job("late", "2025-01-02T11:00:00Z", json!([])),
            job("failed", "2025-01-02T11:59:30Z", json!([{"type": "Failed", "status": "True"}])),
        ],
    )
}

async fn found(fake: &Fake, which: &Which) -> Vec<(String, bool, usize, bool)> {
    let runs = find(&fake.api, Some("team"), which).await.unwrap();
    runs.into_iter().map(|left| (left.run, left.job, left.pods, left.past_deadline)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_is_past_its_deadline_by_the_servers_clock() {
    let fake = some_runs();
    let all = found(&fake, &Which::All).await;
    let expected = [
        ("alive".to_string(), true, 2, false),
        ("failed".into(), true, 0, true),
        ("late".into(), true, 1, true),
        ("orphan".into(), false, 2, true),
    ];
    assert_eq!(all, expected);
    let past: Vec<_> = found(&fake, &Which::PastDeadline).await.into_iter().map(|left| left.0).collect();
    assert_eq!(past, ["failed", "late", "orphan"], "a colleague's run that is alive is left alone");
    assert_eq!(found(&fake, &Which::Run("alive".into())).await, [("alive".to_string(), true, 2, false)]);
    assert!(found(&fake, &Which::Run("unknown".into())).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_objects_of_ours_are_looked_for_in_pages_pods_first() {
    let fake = some_runs();
    find(&fake.api, None, &Which::All).await.unwrap();
    let asked = fake.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/api/v1/pods", "/api/v1/pods", "/api/v1/pods", "/apis/batch/v1/jobs", "/apis/batch/v1/jobs"]
    );
    let selector = "app.kubernetes.io/managed-by=kubectl-regauth,regauth/run";
    assert!(asked.iter().all(|asked| asked.query("labelSelector") == selector));
}

#[tokio::test(start_paused = true)]
async fn what_has_no_run_label_is_never_a_run() {
    let stranger = json!({"metadata": {"name": "web-0", "namespace": "team"}});
    assert!(found(&cluster(vec![stranger.clone()], vec![stranger]), &Which::All).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_is_removed_pods_first_and_at_once() {
    let fake = some_runs();
    let left = find(&fake.api, Some("team"), &Which::Run("late".into())).await.unwrap().remove(0);
    fake.asked().clear();
    remove(&fake.api, &left).await.unwrap();
    let asked = fake.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].is(&Method::DELETE, "/namespaces/team/pods"));
    assert_eq!(asked[0].query("labelSelector"), "regauth/run=late");
    assert!(asked[1].is(&Method::DELETE, "/namespaces/team/jobs/regauth-late"));
    assert!(asked.iter().all(|asked| asked.body["gracePeriodSeconds"] == 0));
}

fn left(run: &str) -> Left {
    Left {
        namespace: "team".into(),
        run: run.into(),
        job: true,
        pods: 1,
        deadline: None,
        past_deadline: true,
    }
}

#[tokio::test(start_paused = true)]
async fn the_job_goes_even_if_the_pods_cannot_and_the_refusal_is_told() {
    let fake = Fake::new(|asked| match asked.path.ends_with("/pods") {
        true => Answer::status(403, "Forbidden", "you may not delete pods"),
        false => Answer::status(404, "NotFound", "gone already"),
    });
    let error = remove(&fake.api, &left("x")).await.unwrap_err();
    assert!(error.to_string().contains("you may not delete pods"));
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_refused_is_an_error_and_not_an_empty_one() {
    let fake = Fake::new(|_| Answer::status(403, "Forbidden", "you may not list"));
    assert!(matches!(find(&fake.api, None, &Which::All).await, Err(ApiError::Status { code: 403, .. })));
}

fn reviewer(answer: impl Fn(&Value) -> Answer + Send + 'static) -> Fake {
    Fake::new(move |asked| {
        assert_eq!(asked.path, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
        answer(&asked.body["spec"]["resourceAttributes"])
    })
}

#[tokio::test(start_paused = true)]
async fn rights_that_are_missing_are_told_and_nothing_else_is_asked() {
    let fake = reviewer(|right| {
        let allowed = right["resource"] != "events" && right["verb"] != "deletecollection";
        Answer::Json(201, json!({"status": {"allowed": allowed}}))
    });
    let lacking = missing(&fake.api, "team", PULL).await.unwrap();
    let told: Vec<String> = lacking.iter().map(|right| right.describe("team")).collect();
    assert_eq!(
        told,
        [
            "deletecollection pods in namespace team",
            "list events in namespace team",
            "watch events in namespace team"
        ]
    );
    let asked = fake.asked();
    assert_eq!(asked.len(), PULL.len());
    for one in asked.iter() {
        let attributes = &one.body["spec"]["resourceAttributes"];
        let namespace = if attributes["resource"] == "nodes" { "" } else { "team" };
        assert_eq!(attributes["namespace"], namespace);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_nothing_is_no_permission_and_a_refusal_to_answer_no_lack() {
    let fake = reviewer(|_| Answer::Json(201, json!({"status": {}})));
    assert_eq!(missing(&fake.api, "team", CLEANUP).await.unwrap(), CLEANUP);
    let fake = reviewer(|_| Answer::status(403, "Forbidden", "no reviews"));
    assert!(missing(&fake.api, "team", CLEANUP).await.unwrap().is_empty());
    let fake = reviewer(|_| Answer::status(500, "InternalError", "broken"));
    assert!(missing(&fake.api, "team", CLEANUP).await.is_err());
}
