//! Watches that are closed, too old, refused or cut in pieces.

use std::time::Duration;

use bytes::Bytes;
use regauth::api::ApiError;
use regauth::api::watch::{Change, Watch};
use regauth::api::wire::Named;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::server::{Answer, Asked, Fake, lines, status_json, stream};

fn watch(fake: &Fake, from: &str) -> (Receiver<Change<Named>>, JoinHandle<()>) {
    let (sender, receiver) = channel(16);
    let watch = Watch {
        what: "pod",
        path: "/api/v1/namespaces/team/pods?labelSelector=a%3Db".into(),
        from: from.into(),
        timeout_seconds: 150,
    };
    (receiver, tokio::spawn(watch.run(fake.api.clone(), sender, |change| change)))
}

fn line(kind: &str, name: &str, version: &str) -> Value {
    json!({"type": kind, "object": {"metadata": {"name": name, "resourceVersion": version}}})
}

/// A watch that stays open and says nothing.
fn quiet() -> Answer {
    let (sender, answer) = stream();
    std::mem::forget(sender);
    answer
}

/// The next change in a word; that a watch goes on is passed over.
async fn next(changes: &mut Receiver<Change<Named>>) -> String {
    loop {
        let told = next_of_all(changes).await;
        if told != "resumed" {
            return told;
        }
    }
}

async fn next_of_all(changes: &mut Receiver<Change<Named>>) -> String {
    let told = timeout(Duration::from_secs(60), changes.recv()).await.expect("a change within a minute");
    match told {
        Some(Change::Is(object)) => format!("is {}", object.metadata.name),
        Some(Change::Deleted(object)) => format!("deleted {}", object.metadata.name),
        Some(Change::Lost(error)) => format!("lost {}", error.message()),
        Some(Change::Resumed) => "resumed".into(),
        Some(Change::Ended(error)) => format!("ended {}", error.message()),
        None => "the end".into(),
    }
}

/// Lets the watch do what it has to do.
async fn a_while() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

fn versions(asked: &[Asked]) -> Vec<String> {
    let version = |asked: &Asked| match asked.begins_anew() {
        true => "anew".to_string(),
        false => asked.query("resourceVersion").to_string(),
    };
    asked.iter().map(version).collect()
}

#[tokio::test(start_paused = true)]
async fn changes_are_delivered_in_order() {
    let fake = Fake::in_order(vec![lines(&[
        line("ADDED", "a", "1"),
        line("MODIFIED", "b", "2"),
        line("DELETED", "c", "3"),
    ])]);
    let (mut changes, _) = watch(&fake, "");
    assert_eq!(
        [next(&mut changes).await, next(&mut changes).await, next(&mut changes).await],
        ["is a", "is b", "deleted c"]
    );
    let asked = &fake.asked()[0];
    assert!(asked.is_watch() && asked.begins_anew());
    assert_eq!((asked.query("labelSelector"), asked.query("timeoutSeconds")), ("a=b", "150"));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_was_closed_goes_on_from_the_last_version_seen() {
    let fake = Fake::in_order(vec![
        lines(&[line("ADDED", "a", "7"), line("MODIFIED", "a", "9")]),
        lines(&[line("MODIFIED", "b", "12")]),
        quiet(),
    ]);
    let (mut changes, _) = watch(&fake, "5");
    for expected in ["is a", "is a", "is b"] {
        assert_eq!(next(&mut changes).await, expected);
    }
    a_while().await;
    assert_eq!(versions(&fake.asked()), ["5", "9", "12"], "and a quiet watch is left alone");
}

#[tokio::test(start_paused = true)]
async fn a_bookmark_is_no_change_but_a_version_to_go_on_from() {
    let bookmark =
        json!({"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "40"}}});
    let fake = Fake::in_order(vec![lines(&[bookmark]), lines(&[line("ADDED", "a", "41")]), quiet()]);
    let (mut changes, _) = watch(&fake, "5");
    assert_eq!(next(&mut changes).await, "is a");
    assert_eq!(versions(&fake.asked())[..2], ["5", "40"]);
    assert_eq!(fake.asked()[1].query("allowWatchBookmarks"), "true");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_gone_makes_the_watch_start_anew() {
    let gone = status_json(410, "Expired", "too old resource version: 9 (12)");
    for answer in [
        Answer::Json(410, gone.clone()),
        lines(&[json!({"type": "ERROR", "object": gone})]),
        lines(&[line("ADDED", "x", "10"), json!({"type": "ERROR", "object": gone})]),
    ] {
        let fake = Fake::in_order(vec![answer, lines(&[line("ADDED", "a", "12")]), quiet()]);
        let (mut changes, _) = watch(&fake, "9");
        let first = next(&mut changes).await;
        if first == "is x" {
            assert_eq!(next(&mut changes).await, "is a");
        } else {
            assert_eq!(first, "is a");
        }
        a_while().await;
        assert_eq!(versions(&fake.asked()), ["9", "anew", "12"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_always_gone_is_not_asked_for_without_a_pause() {
    let fake = Fake::new(|_| Answer::status(410, "Expired", "too old"));
    let (_changes, _) = watch(&fake, "9");
    a_while().await;
    assert!((3..20).contains(&fake.asked().len()), "{}", fake.asked().len());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_told_and_tried_again() {
    for away in [
        || Answer::status(503, "ServiceUnavailable", "not now"),
        || Answer::Broken("not now"),
        || lines(&[json!({"type": "ERROR", "object": status_json(500, "InternalError", "not now")})]),
    ] {
        let fake = Fake::in_order(vec![away(), away(), lines(&[line("ADDED", "a", "12")]), quiet()]);
        let (mut changes, _) = watch(&fake, "9");
        for expected in ["lost ", "lost ", "is a"] {
            let told = next(&mut changes).await;
            assert!(told.starts_with(expected), "{told}");
            assert!(told == "is a" || told.ends_with("not now"), "{told}");
        }
        assert_eq!(versions(&fake.asked())[..3], ["9", "9", "9"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_not_permitted_ends() {
    for (code, reason) in [(401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound")] {
        let fake = Fake::in_order(vec![Answer::status(code, reason, "you may not watch")]);
        let (mut changes, task) = watch(&fake, "");
        assert!(next(&mut changes).await.starts_with("ended "));
        assert_eq!(next(&mut changes).await, "the end");
        task.await.unwrap();
        assert_eq!(fake.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_was_permitted_before_outlives_a_server_that_knows_no_roles_yet() {
    let refusal = || Answer::status(403, "Forbidden", "RBAC: not yet");
    let first = lines(&[line("ADDED", "a", "7")]);
    let fake = Fake::in_order(vec![first, refusal(), refusal(), lines(&[line("ADDED", "b", "9")]), quiet()]);
    let (mut changes, _) = watch(&fake, "");
    for expected in ["is a", "lost RBAC: not yet", "lost RBAC: not yet", "is b"] {
        assert_eq!(next(&mut changes).await, expected);
    }
    assert_eq!(versions(&fake.asked())[..4], ["anew", "7", "7", "7"]);
}

#[tokio::test(start_paused = true)]
async fn lines_may_come_in_pieces_and_several_at_once() {
    let text = format!("{}\n{}\n", line("ADDED", "größe", "1"), line("ADDED", "b", "2"));
    let (sender, answer) = stream();
    for piece in text.as_bytes().chunks(7) {
        sender.send(Ok(Bytes::copy_from_slice(piece))).unwrap();
    }
    let fake = Fake::in_order(vec![answer]);
    let (mut changes, _) = watch(&fake, "");
    assert_eq!([next(&mut changes).await, next(&mut changes).await], ["is größe", "is b"]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_in_the_middle_is_resumed() {
    let (sender, answer) = stream();
    sender.send(Ok(Bytes::from(format!("{}\n", line("ADDED", "a", "1"))))).unwrap();
    sender.send(Ok(Bytes::from_static(b"{\"type\":\"ADDED\",\"obj"))).unwrap();
    sender.send(Err(std::io::Error::other("reset"))).unwrap();
    let fake = Fake::in_order(vec![answer, lines(&[line("ADDED", "b", "2")]), quiet()]);
    let (mut changes, _) = watch(&fake, "");
    assert_eq!([next(&mut changes).await, next(&mut changes).await], ["is a", "is b"]);
    assert_eq!(versions(&fake.asked())[..2], ["anew", "1"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_nobody_listens_to_ends() {
    let fake = Fake::new(|_| quiet());
    let (changes, task) = watch(&fake, "");
    a_while().await;
    drop(changes);
    timeout(Duration::from_secs(5), task).await.expect("it ends").unwrap();
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_watch_has_no_request_timeout() {
    let fake = Fake::with_timeout(Some(Duration::from_secs(2)), |_| quiet());
    let (mut changes, _) = watch(&fake, "");
    assert!(timeout(Duration::from_secs(140), changes.recv()).await.is_err());
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_status_says_stays_one_of_its_kind() {
    let fake = Fake::in_order(vec![Answer::status(404, "NotFound", "no such resource")]);
    let (mut changes, _) = watch(&fake, "");
    let Some(Change::Ended(ApiError::Status { code, reason, .. })) = changes.recv().await else {
        panic!("no end")
    };
    assert_eq!((code, reason.as_str()), (404, "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn an_error_line_that_is_no_status_does_not_end_the_watch() {
    let nonsense = json!({"type": "ERROR", "object": {"code": "x"}});
    let fake = Fake::in_order(vec![lines(&[nonsense]), lines(&[line("ADDED", "a", "1")]), quiet()]);
    let (mut changes, _) = watch(&fake, "5");
    let first = next(&mut changes).await;
    assert!(!first.starts_with("ended"), "{first}");
}
