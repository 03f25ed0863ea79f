//! Objects that are not what they should be: skipped or told, and never shown.

use regauth::api::watch::{Change, Watch};
use regauth::api::wire::{List, Node, Pod};
use regauth::collect::identity::{IdentityRequest, resolve};
use regauth::collect::nodes;
use regauth::report::Report;
use regauth::run::cleanup::{Which, find};
use regauth::run::pull;
use serde_json::{Value, json};
use tokio::sync::mpsc::channel;
use tokio_util::sync::CancellationToken;

use super::log::Log;
use super::plan::{RUN, prepared, successes};
use super::server::{Answer, Fake, lines};
use super::world::{Fate, with};
use http::Method;

const PLANTED: &str = "hunter2-planted";

/// Bodies that hold the planted text where something else should be.
fn bodies() -> Vec<String> {
    vec![
        json!({"metadata": {"name": "x", "labels": PLANTED}, "items": PLANTED}).to_string(),
        json!({"metadata": PLANTED, "items": [{"metadata": PLANTED}]}).to_string(),
        json!({"items": [{"metadata": {"name": "n", "creationTimestamp": PLANTED}}], "imagePullSecrets": PLANTED}).to_string(),
        format!("{{\"metadata\": {{\"name\": \"{PLANTED}\", "),
        format!("<html>{PLANTED}</html>"),
        json!(PLANTED).to_string(),
        format!("{{\"{PLANTED}\": 1}} {PLANTED}"),
    ]
}

fn raw(body: String) -> Answer {
    Answer::Raw(200, Vec::new(), body)
}

/// The text is in none of what was logged or came back.
fn hidden(log: &Log, told: &[String]) {
    let logged = log.text();
    assert!(!logged.contains(PLANTED), "logged: {logged}");
    for text in told {
        assert!(!text.contains(PLANTED), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_is_really_read() {
    let log = Log::catch();
    tracing::trace!(PLANTED);
    assert!(log.text().contains(PLANTED));
    let fake = Fake::in_order(vec![Answer::Json(200, json!({"items": []}))]);
    nodes::list(&fake.api, "", &[]).await.unwrap();
    assert!(log.text().contains("/api/v1/nodes"), "requests are logged: {}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_read_is_told_by_its_place_alone() {
    for body in bodies() {
        let log = Log::catch();
        let fake = Fake::in_order(vec![raw(body.clone())]);
        let error = fake.api.get::<List<Node>>("nodes", "/api/v1/nodes").await.unwrap_err();
        hidden(&log, &[format!("{error} {error:?} {}", error.message())]);
        assert!(error.to_string().starts_with("the API server's answer (nodes) cannot be read: "), "{error}");
        let fake = Fake::in_order(vec![raw(body)]);
        let error = nodes::list(&fake.api, "", &[]).await.unwrap_err();
        hidden(&log, &[format!("{error} {error:?}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_cannot_be_read_shows_nothing_of_it() {
    for body in bodies() {
        for request in [
            IdentityRequest::ServiceAccount("builder".into()),
            IdentityRequest::Workload("deploy/web".parse().unwrap()),
        ] {
            let log = Log::catch();
            let body = body.clone();
            let fake = Fake::new(move |_| raw(body.clone()));
            let told = match resolve(&fake.api, "team", &request).await {
                Ok(resolved) => format!("{resolved:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            hidden(&log, &[told]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cleanup_cannot_read_is_not_shown() {
    for body in bodies() {
        let log = Log::catch();
        let fake = Fake::new(move |_| raw(body.clone()));
        let told = format!(
            "{:?}",
            find(&fake.api, Some("team"), &Which::All).await.map_err(|error| error.to_string())
        );
        hidden(&log, &[told]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_body_is_no_status_shows_nothing_of_it() {
    for code in [400, 403, 404, 409, 410, 500] {
        for body in bodies() {
            let log = Log::catch();
            let fake = Fake::new(move |_| Answer::Raw(code, vec![("x-planted", PLANTED)], body.clone()));
            let error = fake.api.get::<Pod>("pod", "/api/v1/pods/x").await.unwrap_err();
            assert_eq!(error.code(), Some(code));
            hidden(&log, &[format!("{error} {error:?} {}", error.message())]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_malformed_object_in_a_watch_is_skipped_and_the_next_one_heard() {
    let log = Log::catch();
    let wrong = |object: Value| json!({"type": "MODIFIED", "object": object});
    let good =
        |name: &str, version: &str| wrong(json!({"metadata": {"name": name, "resourceVersion": version}}));
    let broken = [
        wrong(
            json!({"metadata": {"name": "x", "resourceVersion": "3"}, "spec": {"nodeName": {"p": PLANTED}}}),
        ),
        wrong(json!({"metadata": PLANTED})),
        wrong(json!(PLANTED)),
        json!({"type": PLANTED}),
        json!({"type": {"a": PLANTED}, "object": {}}),
        json!({"type": "ERROR", "objekt": PLANTED}),
        json!(PLANTED),
    ];
    let mut told = vec![good("a", "1")];
    told.extend(broken);
    told.push(good("b", "8"));
    let fake = Fake::in_order(vec![lines(&told)]);
    let (sender, mut changes) = channel(16);
    let watch = Watch { what: "pod", path: "/api/v1/pods".into(), from: String::new(), timeout_seconds: 9 };
    tokio::spawn(watch.run(fake.api.clone(), sender, |change: Change<Pod>| change));
    let mut heard = Vec::new();
    for _ in 0..2 {
        heard.push(format!("{:?}", changes.recv().await));
    }
    assert!(heard[0].contains("\"a\"") && heard[1].contains("\"b\""), "{heard:?}");
    hidden(&log, &heard);
    assert!(log.text().matches("cannot be read").count() >= 5, "each is told: {}", log.text());
}

#[tokio::test(start_paused = true)]
async fn the_version_of_an_object_that_cannot_be_read_is_not_asked_for_again() {
    let broken = json!({"type": "ADDED", "object": {"metadata": {"name": "x", "resourceVersion": "33"}, "spec": PLANTED}});
    let fake = Fake::in_order(vec![lines(&[broken])]);
    let (sender, mut changes) = channel::<Change<Pod>>(16);
    let watch = Watch { what: "pod", path: "/api/v1/pods".into(), from: "30".into(), timeout_seconds: 9 };
    tokio::spawn(watch.run(fake.api.clone(), sender, |change| change));
    assert!(matches!(changes.recv().await, Some(Change::Ended(_))), "the 404 after the answers");
    assert_eq!(fake.asked()[1].query("resourceVersion"), "33");
}

#[tokio::test(start_paused = true)]
async fn an_error_line_that_is_no_status_is_not_shown() {
    let log = Log::catch();
    let line = json!({"type": "ERROR", "object": {"message": {"planted": PLANTED}, "code": PLANTED}});
    let fake = Fake::in_order(vec![lines(&[line])]);
    let (sender, mut changes) = channel::<Change<Pod>>(16);
    let watch = Watch { what: "pod", path: "/api/v1/pods".into(), from: "30".into(), timeout_seconds: 9 };
    tokio::spawn(watch.run(fake.api.clone(), sender, |change| change));
    hidden(&log, &[format!("{:?}", changes.recv().await)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_survives_malformed_objects_and_keeps_them_to_itself() {
    let log = Log::catch();
    let fake = with(|world, asked| {
        if asked.is(&Method::POST, "/pods") {
            let name = &asked.body["metadata"]["name"];
            let object = json!({"metadata": {"name": name}, "status": {"containerStatuses": PLANTED}});
            world.tell_pods(json!({"type": "MODIFIED", "object": object}));
        }
        if asked.is(&Method::GET, "/events") && !asked.is_watch() {
            return raw(
                json!({"metadata": {"resourceVersion": {"planted": PLANTED}}, "items": PLANTED}).to_string()
            );
        }
        world.answer(asked, Fate::Pulls)
    });
    let finished = pull(&fake.api, &prepared(2), &(), &CancellationToken::new()).await.unwrap();
    assert_eq!(successes(&finished.evidence), 2);
    let report = Report::of(&finished.evidence);
    let documents =
        [serde_json::to_string(&finished.evidence).unwrap(), serde_json::to_string(&report).unwrap()];
    hidden(&log, &documents);
    hidden(&log, &[format!("{finished:?}")]);
}

#[tokio::test(start_paused = true)]
async fn a_pod_whose_creation_is_answered_with_nonsense_is_told_and_removed() {
    let log = Log::catch();
    let fake = with(|world, asked| match asked.is(&Method::POST, "/pods") {
        true => raw(json!({"metadata": {"name": [PLANTED]}}).to_string()),
        false => world.answer(asked, Fate::Pulls),
    });
    let finished = pull(&fake.api, &prepared(1), &(), &CancellationToken::new()).await.unwrap();
    assert_eq!(successes(&finished.evidence), 0);
    let told = format!("{finished:?} {}", serde_json::to_string(&Report::of(&finished.evidence)).unwrap());
    hidden(&log, &[told]);
    let everything = format!("regauth/run={RUN}");
    assert!(
        fake.asked()
            .iter()
            .any(|asked| asked.is(&Method::DELETE, "/pods") && asked.query("labelSelector") == everything)
    );
}
