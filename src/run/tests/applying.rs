//! What the API server made of an object in a dry run, fit to be applied.

use serde_json::json;

use super::build::{IMAGE, RUN, plan};
use crate::run::manifest::{applicable, job};

#[test]
fn what_only_the_server_may_set_is_left_out() {
    let mut made = job(&plan(&[IMAGE]), RUN);
    made["status"] = json!({"active": 0});
    for name in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
        made["metadata"][name] = json!("the server's");
    }
    made["spec"]["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}});
    for name in
        ["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"]
    {
        made["spec"]["template"]["metadata"]["labels"][name] = json!("u");
        made["metadata"]["labels"][name] = json!("u");
    }
    assert_eq!(applicable(made), job(&plan(&[IMAGE]), RUN));
}

#[test]
fn what_the_server_filled_in_and_a_pods_own_labels_stay() {
    let made = json!({
        "kind": "Pod",
        "metadata": {"name": "p", "uid": "u", "labels": {"job-name": "mine"}},
        "spec": {"selector": "kept", "dnsPolicy": "ClusterFirst"},
        "status": {"phase": "Pending"},
    });
    let expected = json!({
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"job-name": "mine"}},
        "spec": {"selector": "kept", "dnsPolicy": "ClusterFirst"},
    });
    assert_eq!(applicable(made), expected);
}

#[test]
fn an_object_without_parts_stays_as_it_is() {
    assert_eq!(applicable(json!({"kind": "Pod"}))["kind"], "Pod");
    assert_eq!(applicable(json!("text")), json!("text"));
}
