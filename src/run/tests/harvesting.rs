//! From what was tracked to evidence, and what a pod's rows say of the credential.

use super::build::*;
use crate::evidence::{CredentialUse, Presence};
use crate::run::harvest::{evidence, word};
use crate::run::track::{Ended, Tracker};
use crate::run::waves::Word;
use crate::text::Clean;

const WRONG_PASSWORD: &str = "failed to authorize: failed to fetch oauth token: unexpected status from POST request to \
    https://registry.example.com/token: 401 Unauthorized: incorrect username or password";

fn judged(causes: &[&str]) -> Word {
    let images = &[IMAGE, SIBLING][..causes.len()];
    let mut tracker = tracker_of(images);
    for (image, cause) in causes.iter().enumerate() {
        match *cause {
            "pulled" => tracker.event(&event(0, image, "Pulled", &pulled_text(images[image])), 0),
            cause => tracker.event(&event(0, image, "Failed", &failed_text(images[image], cause)), 0),
        };
    }
    word(&tracker, &prepared(images), 0)
}

#[test]
fn a_refusal_on_any_image_is_the_word_about_the_credential() {
    assert_eq!(judged(&[WRONG_PASSWORD]), Word::Refused);
    assert_eq!(judged(&["pulled", WRONG_PASSWORD]), Word::Refused);
    assert_eq!(judged(&[WRONG_PASSWORD, "pulled"]), Word::Refused);
}

#[test]
fn a_pull_or_an_answer_means_that_the_credential_is_taken() {
    assert_eq!(judged(&["pulled"]), Word::Taken);
    assert_eq!(judged(&[NOT_FOUND]), Word::Taken);
}

#[test]
fn a_limit_may_come_before_the_credential_is_looked_at() {
    let limited =
        "unexpected status from HEAD request to https://registry.example.com/v2/: 429 Too Many Requests";
    assert_eq!(judged(&[limited]), Word::Nothing);
}

#[test]
fn a_registry_that_was_not_reached_says_nothing() {
    let refused = "failed to do request: Head \"https://registry.example.com/v2/\": dial tcp 192.0.2.7:443: connect: \
        connection refused";
    assert_eq!(judged(&[refused]), Word::Nothing);
    assert_eq!(judged(&["an unheard-of failure"]), Word::Nothing);
    let mut tracker = tracker();
    tracker.end(0, &Ended::Absent { message: Clean::new("gone") });
    assert_eq!(word(&tracker, &prepared(&[IMAGE]), 0), Word::Nothing);
    assert_eq!(word(&tracker, &prepared(&[IMAGE]), 1), Word::Nothing, "not known yet");
}

fn tracker() -> Tracker {
    tracker_of(&[IMAGE])
}

#[test]
fn every_node_and_image_is_one_pull() {
    let mut tracker = tracker_of(&[IMAGE, SIBLING]);
    tracker.close(120_000, false);
    let evidence = evidence(&tracker, &prepared(&[IMAGE, SIBLING]), false);
    let ids: Vec<_> = evidence.pulls.iter().map(|pull| pull.id.as_str()).collect();
    assert_eq!(ids, ["pull/node1/0", "pull/node1/1", "pull/node2/0", "pull/node2/1"]);
    assert_eq!(evidence.pulls[3].image, SIBLING);
    assert_eq!(evidence.pulls[3].pod, "regauth-abcd2345-1");
    assert!(!evidence.run.interrupted);
}

#[test]
fn a_pull_tells_what_the_pod_was_and_what_the_node_had() {
    let mut tracker = Tracker::new(&plan(&[IMAGE]), RUN);
    let held_back = CredentialUse::HeldBack { refused_on: "node2".into() };
    tracker.pods[0].credential = held_back.clone();
    tracker.created(0, &made(0, &["mirror.example.org/x:1"], &["regauth-abcd2345-none"]));
    tracker.event(&success(), 2_000);
    tracker.pods[0].tests[0].known_at = Some(2_000);
    let mut prepared = prepared(&[IMAGE]);
    prepared.on_node.insert("node1".into(), vec![Presence::Yes]);
    let pull = evidence(&tracker, &prepared, true).pulls.remove(0);
    assert_eq!(pull.credential, held_back);
    assert!(pull.pull_secrets.is_empty(), "the placeholder is not one");
    assert_eq!(pull.image_rewritten.as_deref(), Some("mirror.example.org/x:1"));
    assert_eq!(pull.on_node_before, Presence::Yes);
    assert_eq!(pull.seen_at.map(|at| at.as_second()), Some(2));
}

#[test]
fn what_is_not_known_of_a_node_is_unknown() {
    let mut tracker = tracker();
    tracker.close(0, true);
    let evidence = evidence(&tracker, &prepared(&[IMAGE]), true);
    assert!(evidence.run.interrupted);
    assert!(evidence.pulls.iter().all(|pull| pull.on_node_before == Presence::Unknown));
}
