//! Pods that get what their workload and ServiceAccount have now.

use super::change::{MADE_ANEW, made_anew};
use super::object::{Kind, Object};
use super::source::Source;
use super::yaml::Yaml;
use crate::evidence::workloads::Workload;
use crate::finding::Fix;
use crate::fix::shell::quoted;

/// Has the pods made anew. Pull secrets of a ServiceAccount reach a pod only when it is created.
pub(crate) fn recreate_pods(workload: &Workload) -> Fix {
    let object = Object::workload(workload);
    let (namespace, short, name) = (&workload.namespace, quoted(&workload.name), quoted(object.name));
    let (what, command) = match object.kind() {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => (
            format!("recreates the pods of {}, a few at a time", workload.name),
            format!("kubectl -n {namespace} rollout restart {short}"),
        ),
        Kind::CronJob => (
            "starts a run with new pods; without it, they come with the next run".into(),
            // Runs of the CronJob itself are called by the time too: a name that is free at each try.
            format!("kubectl -n {namespace} create job {name}-$(date +%s) --from={short}"),
        ),
        Kind::Job => (
            format!(
                "deletes the pods of {}, which makes new ones (and counts no failure for that)",
                workload.name
            ),
            format!("kubectl -n {namespace} delete pod -l job-name={name} --wait=false"),
        ),
        Kind::ReplicaSet | Kind::ReplicationController => (
            format!("deletes the pods of {}, which makes new ones", workload.name),
            delete_selected(namespace, &short),
        ),
        Kind::Pod | Kind::ServiceAccount => lone_pod(workload, object),
    };
    Fix::new(what, command)
}

/// What a controller makes, it makes again; else the pod is gone with its deletion.
fn lone_pod(workload: &Workload, object: Object<'_>) -> (String, String) {
    match (Source { object, owners: &workload.owners }).controller() {
        Some(owner) => (
            format!("deletes {}; the {} {} makes a new one", object.short, owner.kind.as_str(), owner.name),
            format!("kubectl -n {} delete {} --wait=false", object.namespace, quoted(object.short)),
        ),
        None => (
            format!("for {}, without the pull secrets that it got before: {MADE_ANEW}", object.short),
            made_anew(object, None, &Yaml::Null.under(&["spec", "imagePullSecrets"])),
        ),
    }
}

fn delete_selected(namespace: &str, short: &str) -> String {
    let labels = "jq -r '.spec.selector | (.matchLabels // .) | to_entries | map(\"\\(.key)=\\(.value)\") | join(\",\")'";
    format!(
        "kubectl -n {namespace} delete pod --wait=false -l \"$(kubectl -n {namespace} get {short} -o json | {labels})\""
    )
}
