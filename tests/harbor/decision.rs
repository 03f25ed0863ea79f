//! What the client's own token says of a repository.

use regauth::evidence::harbor::Decision;

use super::world::{Harbor, PASSWORD, key};

async fn decide(harbor: &mut Harbor, user: &str, repository: &str) -> Decision {
    harbor.ask.repository = Some(repository.into());
    let seen = harbor.look_as(user, PASSWORD).await;
    seen.seen.decision.clone().unwrap_or_else(|| panic!("no decision: {}", seen.shown()))
}

/// The status of each step.
fn statuses(decision: &Decision) -> [Option<u16>; 3] {
    let status =
        |exchange: &regauth::evidence::probe::Exchange| exchange.answer().map(|answer| answer.status);
    [
        status(&decision.token),
        decision.upload.as_ref().and_then(status),
        decision.cancel.as_ref().and_then(status),
    ]
}

fn grants(decision: &Decision, action: &str) -> Option<bool> {
    decision.token.answer()?.claims.as_ref()?.grants(&decision.repository, action)
}

#[tokio::test]
async fn a_push_that_is_allowed_leaves_nothing() {
    let mut harbor = Harbor::start(&[key(0)]);
    let decision = decide(&mut harbor, "admin", "team/app").await;
    assert_eq!(statuses(&decision), [Some(200), Some(202), Some(204)]);
    assert_eq!(grants(&decision, "push"), Some(true));
    assert!(decision.asked_at.is_some());
    assert_eq!(decision.at, "core-0");
}

#[tokio::test]
async fn a_missing_right_a_missing_project_and_a_harbor_that_is_read_only_are_told_apart() {
    let mut harbor = Harbor::start(&[key(0)]);
    let guest = decide(&mut harbor, "guest", "team/app").await;
    assert_eq!(statuses(&guest), [Some(200), Some(401), None]);
    assert_eq!((grants(&guest, "pull"), grants(&guest, "push")), (Some(true), Some(false)));

    let missing = decide(&mut harbor, "admin", "nope/app").await;
    assert_eq!(statuses(&missing), [Some(200), Some(401), None]);
    let error = missing.upload.as_ref().unwrap().answer().unwrap().error.as_ref().unwrap();
    assert!(error.errors[0].message.as_str().contains("project nope not found"), "{error:?}");

    harbor.change(|world| world["read_only"] = true.into());
    let read_only = decide(&mut harbor, "admin", "team/app").await;
    assert_eq!(statuses(&read_only), [Some(200), Some(403), None]);
}

#[tokio::test]
async fn an_expired_robot_is_refused_once_and_nothing_is_asked_of_the_repository() {
    let mut harbor = Harbor::start(&[key(0), key(0)]);
    harbor.ask.repository = Some("team/app".into());
    let seen = harbor.look_as("robot$team+old", PASSWORD).await;
    assert!(seen.seen.login.as_ref().unwrap().is_refused() && seen.seen.decision.is_none());
    assert_eq!(harbor.log.logins(), 1);
}

#[tokio::test]
async fn at_the_front_door_a_token_of_one_core_is_refused_by_the_next() {
    let mut harbor = Harbor::start(&[key(0), key(1)]);
    harbor.front();
    harbor.ask.front_plain_http = true;
    harbor.ask.front_tokens = 1;
    let decision = decide(&mut harbor, "admin", "team/app").await;
    // One connection, one core: what is decided is this core's word.
    assert_eq!((decision.at.as_str(), statuses(&decision)), ("front", [Some(200), Some(202), Some(204)]));
}

#[tokio::test]
async fn where_the_front_door_is_in_the_clear_a_core_decides() {
    let mut harbor = Harbor::start(&[key(0)]);
    harbor.front();
    let decision = decide(&mut harbor, "admin", "team/app").await;
    assert_eq!((decision.at.as_str(), statuses(&decision)), ("core-0", [Some(200), Some(202), Some(204)]));
    let at_front = |sent: &super::tap::Sent| sent.tap == 1000;
    assert!(harbor.log.sent().iter().filter(|sent| at_front(sent)).all(|sent| !sent.is_login()));
}
