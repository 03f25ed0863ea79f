//! The namespace that is named for probes on the nodes' network, before anything is created.

use http::Method;
use regauth::collect::{access, aside};
use regauth::error::Error;
use serde_json::json;

use super::server::{Answer, Asked, Fake};

const REVIEWS: &str = "/selfsubjectaccessreviews";

/// A server that knows the namespace or answers otherwise, and allows what `allows` says.
fn server(
    namespace: impl Fn() -> Answer + Send + 'static,
    allows: impl Fn(&Asked) -> bool + Send + 'static,
) -> Fake {
    Fake::new(move |asked| match asked.path.ends_with(REVIEWS) {
        true => Answer::Json(201, json!({"status": {"allowed": allows(asked)}})),
        false if asked.path == "/api/v1/namespaces/nodes" => namespace(),
        false => Answer::status(404, "NotFound", "the fake has no such path"),
    })
}

fn is_there() -> Answer {
    Answer::Json(200, json!({"metadata": {"name": "nodes"}}))
}

fn attribute<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.body["spec"]["resourceAttributes"][name].as_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_not_there_is_named_with_the_flag_that_names_another() {
    let gone = || Answer::status(404, "NotFound", "namespaces \"nodes\" not found");
    let fake = server(gone, |_| true);
    let error = aside::check(&fake.api, "nodes", true).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no namespace nodes: name one that is there with --node-namespace"
    );
    assert_eq!(fake.count(&Method::POST, REVIEWS), 0);
}

#[tokio::test(start_paused = true)]
async fn the_rights_of_a_run_are_asked_for_in_the_namespace() {
    let fake = server(is_there, |_| true);
    aside::check(&fake.api, "nodes", true).await.unwrap();
    let asked = fake.asked();
    let reviews: Vec<&Asked> = asked.iter().filter(|asked| asked.path.ends_with(REVIEWS)).collect();
    let expected = access::PULL.iter().filter(|right| right.namespaced && right.verb != "get").count();
    assert_eq!(reviews.len(), expected);
    assert!(reviews.iter().all(|review| attribute(review, "namespace") == "nodes"));
    assert!(reviews.iter().any(|review| attribute(review, "resource") == "jobs"));
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_missing_in_the_namespace_is_named_with_it() {
    let fake = server(is_there, |asked| attribute(asked, "resource") != "jobs");
    let error = aside::check(&fake.api, "nodes", true).await.unwrap_err();
    let Error::MissingRights { rights, namespace, .. } = &error else { panic!("{error}") };
    assert_eq!((rights.len(), namespace.as_str()), (2, "nodes"));
    let text = error.to_string();
    assert!(
        text.contains("create jobs.batch in namespace nodes, nor delete jobs.batch in namespace nodes"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_may_not_read_the_namespace_may_still_use_it() {
    let secret = || Answer::status(403, "Forbidden", "namespaces \"nodes\" is forbidden");
    let fake = server(secret, |_| true);
    aside::check(&fake.api, "nodes", true).await.unwrap();
    assert!(fake.count(&Method::POST, REVIEWS) > 0);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_created_only_the_namespace_is_looked_for() {
    let fake = server(is_there, |_| false);
    aside::check(&fake.api, "nodes", false).await.unwrap();
    assert_eq!(fake.count(&Method::POST, REVIEWS), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_else_is_told() {
    let fake = server(|| Answer::status(401, "Unauthorized", "Unauthorized"), |_| true);
    let error = aside::check(&fake.api, "nodes", true).await.unwrap_err();
    assert!(error.to_string().contains("cannot read namespace nodes"), "{error}");
}
