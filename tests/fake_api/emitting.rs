//! Findings written as events: new ones, ones that were there, and what keeps them from being written.

use http::Method;
use jiff::Timestamp;
use regauth::code::Code;
use regauth::events::{self, Emitted, MOST, Placed};
use regauth::finding::{Finding, Subject};
use serde_json::{Value, json};

use super::server::{Answer, Asked, Fake};

const OBJECT: &str = "/deployments/web";

fn finding(code: Code, subject: &str) -> Finding {
    let subject = Subject { name: subject.into(), ..Subject::default() };
    Finding::new(code, subject, "the registry refuses the password of user ci")
}

async fn emit(fake: &Fake, findings: &[Finding]) -> Emitted {
    let placed: Vec<Placed<'_>> =
        findings.iter().map(|finding| Placed { finding, namespace: "team".into() }).collect();
    let now: Timestamp = "2026-07-01T10:00:00.123Z".parse().unwrap();
    events::emit(&fake.api, &placed, |code| format!("https://example.com/{code}"), now).await
}

fn not_found() -> Answer {
    Answer::status(404, "NotFound", "not found")
}

/// An API server that has every object, and the event if `count` says how often it was told.
fn with(count: Option<u64>) -> Fake {
    Fake::new(move |asked| match (&asked.method, asked.path.contains("/events")) {
        (&Method::GET, false) => Answer::Json(200, json!({"metadata": {"name": "web", "uid": "uid-1"}})),
        (&Method::GET, true) => match count {
            Some(count) => Answer::Json(200, json!({"metadata": {"name": "x"}, "count": count})),
            None => not_found(),
        },
        (&Method::POST, true) => Answer::Json(201, asked.body.clone()),
        (&Method::PATCH, true) => Answer::Json(200, asked.body.clone()),
        _ => Answer::status(405, "MethodNotAllowed", "no"),
    })
}

fn written(fake: &Fake, method: &Method) -> Vec<Asked> {
    fake.asked().iter().filter(|asked| asked.method == *method).cloned().collect()
}

#[tokio::test]
async fn a_new_finding_is_an_event_on_its_object() {
    let fake = with(None);
    let emitted = emit(&fake, &[finding(Code::NoCredential, "deploy/web")]).await;
    assert_eq!(emitted, Emitted { created: 1, ..Emitted::default() });
    let posted = written(&fake, &Method::POST);
    assert_eq!(posted.len(), 1);
    assert!(posted[0].is(&Method::POST, "/namespaces/team/events"));
    let event = &posted[0].body;
    assert_eq!(
        event["involvedObject"],
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "team", "name": "web", "uid": "uid-1"})
    );
    let expected = [
        ("reason", json!("NoCredential")),
        ("type", json!("Warning")),
        ("count", json!(1)),
        ("reportingComponent", json!("kubectl-regauth")),
        ("firstTimestamp", json!("2026-07-01T10:00:00Z")),
        (
            "message",
            json!("the registry refuses the password of user ci. See https://example.com/NoCredential"),
        ),
    ];
    for (field, value) in expected {
        assert_eq!(event[field], value, "{field}");
    }
}

#[tokio::test]
async fn the_same_finding_raises_the_count_of_its_event() {
    let fake = with(Some(4));
    let emitted = emit(&fake, &[finding(Code::NoCredential, "deploy/web")]).await;
    assert_eq!(emitted, Emitted { raised: 1, ..Emitted::default() });
    let patched = written(&fake, &Method::PATCH);
    assert_eq!(
        (patched.len(), &patched[0].body["count"], &patched[0].body["lastTimestamp"]),
        (1, &json!(5), &json!("2026-07-01T10:00:00Z"))
    );
    assert!(written(&fake, &Method::POST).is_empty());
    let asked = fake.asked();
    let read = asked.iter().find(|one| one.is(&Method::GET, OBJECT));
    assert!(read.is_some(), "the object was looked for");
    let named = asked.iter().find(|one| one.path.contains("/events/web.regauth-"));
    assert_eq!(named.map(|one| &one.path), Some(&patched[0].path));
}

#[tokio::test]
async fn a_nodes_event_lies_in_the_namespace_default() {
    let fake = with(None);
    emit(&fake, &[finding(Code::NodeDiskFull, "node/node-1")]).await;
    let posted = written(&fake, &Method::POST);
    assert!(posted[0].is(&Method::POST, "/namespaces/default/events"), "{}", posted[0].path);
    assert_eq!(posted[0].body["involvedObject"]["namespace"], Value::Null);
}

#[tokio::test]
async fn what_does_not_exist_gets_no_event() {
    let fake = Fake::new(|_| not_found());
    let findings =
        [finding(Code::PullSecretMissing, "secret/gone"), finding(Code::RateLimited, "registry/r")];
    assert_eq!(emit(&fake, &findings).await, Emitted { without_object: 2, ..Emitted::default() });
    assert!(written(&fake, &Method::POST).is_empty());
}

#[tokio::test]
async fn a_secret_that_may_not_be_looked_for_gets_an_event_unless_it_is_what_is_missing() {
    let fake = Fake::new(|asked| match (&asked.method, asked.path.contains("/secrets/")) {
        (_, true) => Answer::status(403, "Forbidden", "you may not"),
        (&Method::POST, _) => Answer::Json(201, asked.body.clone()),
        _ => not_found(),
    });
    let findings = [
        finding(Code::CredentialRejected, "secret/regcred"),
        finding(Code::PullSecretMissing, "secret/gone"),
    ];
    let emitted = emit(&fake, &findings).await;
    assert_eq!((emitted.created, emitted.without_object), (1, 1));
    let about = written(&fake, &Method::POST)[0].body["involvedObject"].clone();
    assert_eq!((&about["name"], &about["uid"]), (&json!("regcred"), &Value::Null));
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_once_and_not_asked_for_again_and_again() {
    let fake = Fake::new(|asked| match (&asked.method, asked.path.contains("/events")) {
        (&Method::POST, _) => Answer::status(403, "Forbidden", "you may not create events"),
        (_, true) => not_found(),
        _ => Answer::Json(200, json!({"metadata": {"name": "web", "uid": "uid-1"}})),
    });
    let many: Vec<Finding> =
        (0..100).map(|at| finding(Code::NoCredential, &format!("deploy/web-{at}"))).collect();
    let emitted = emit(&fake, &many).await;
    let denied: Vec<String> = emitted.denied.into_iter().collect();
    assert_eq!(denied, ["create events in namespace team"]);
    assert_eq!((emitted.created, emitted.failed), (0, None));
    assert!(written(&fake, &Method::POST).len() <= 8, "{}", written(&fake, &Method::POST).len());
}

#[tokio::test]
async fn what_fails_otherwise_is_told_with_its_reason_and_ends_nothing() {
    let fake = Fake::new(|asked| match (&asked.method, asked.path.as_str()) {
        (&Method::POST, _) if asked.body["involvedObject"]["name"] == "ending" => {
            Answer::status(403, "Forbidden", "events is forbidden: because it is being terminated")
        }
        (&Method::POST, _) => Answer::Json(201, asked.body.clone()),
        (_, path) if path.contains("/events") => not_found(),
        _ => Answer::Json(200, json!({"metadata": {"uid": "uid-1"}})),
    });
    let findings =
        [finding(Code::NoCredential, "deploy/ending"), finding(Code::NoCredential, "deploy/other")];
    let emitted = emit(&fake, &findings).await;
    assert_eq!((emitted.created, emitted.denied.len()), (1, 0));
    assert!(emitted.failed.is_some_and(|(count, why)| count == 1 && why.as_str().contains("terminated")));
}

#[tokio::test]
async fn so_many_events_and_no_more_are_written() {
    let fake = with(None);
    let many: Vec<Finding> =
        (0..MOST + 5).map(|at| finding(Code::NoCredential, &format!("deploy/web-{at}"))).collect();
    let emitted = emit(&fake, &many).await;
    assert_eq!((emitted.created, emitted.left_out), (MOST, 5));
}
