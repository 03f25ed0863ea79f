//! Whether a namespace exists, for whoever has few rights.

use serde_json::json;

use crate::api::{Api, ApiError, JSON, path};
use crate::error::Error;

/// That a namespace does not exist, where that is so and can be told. The API server lists the objects of one that does
/// not exist as none. Whoever may only read may often read the namespace itself (the cluster role `view` allows it).
pub(super) async fn absent_namespace(api: &Api, namespace: &str) -> Option<Error> {
    match api.get_bytes(JSON, &path::named("/api/v1/namespaces", namespace)).await {
        Ok(_) => None,
        Err(error) if error.code() == Some(404) => Some(namespace_not_there(namespace)),
        Err(_) => no_namespace(api, namespace).await,
    }
}

/// That a namespace does not exist, where that is so and can be told: a Job that is only tried (`dryRun`) tells without
/// the right to read namespaces.
pub(super) async fn no_namespace(api: &Api, namespace: &str) -> Option<Error> {
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "regauth-namespace-check"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "x"}]}}},
    });
    let jobs = path::with(&path::group("batch/v1", namespace, "jobs"), &[("dryRun", "All")]);
    match api.create::<serde_json::Value>("job", &jobs, &job).await {
        Err(ApiError::Status { code: 404, .. }) => Some(namespace_not_there(namespace)),
        _ => None,
    }
}

fn namespace_not_there(namespace: &str) -> Error {
    Error::NotThere(format!(
        "namespace {namespace} does not exist: name another one with -n (kubectl get namespaces lists them)"
    ))
}
