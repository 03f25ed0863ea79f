//! Whether the user may do what a run needs, asked before anything is created.

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::json;

use crate::api::{Api, ApiError};

/// One right: a verb on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// `create`, `list`, …
    pub verb: &'static str,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The resource, plural.
    pub resource: &'static str,
    /// Whether it is asked for the run's namespace (else for the cluster).
    pub namespaced: bool,
}

impl Right {
    const fn new(verb: &'static str, group: &'static str, resource: &'static str, namespaced: bool) -> Self {
        Self { verb, group, resource, namespaced }
    }

    /// `create pods in namespace x`, `list nodes`.
    pub fn describe(&self, namespace: &str) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let place = if self.namespaced { format!(" in namespace {namespace}") } else { String::new() };
        format!("{} {}{group}{place}", self.verb, self.resource)
    }
}

/// What `pull` needs, besides reading a workload that it is asked to be.
pub const PULL: &[Right] = &[
    Right::new("list", "", "nodes", false),
    Right::new("get", "", "serviceaccounts", true),
    Right::new("create", "batch", "jobs", true),
    Right::new("delete", "batch", "jobs", true),
    Right::new("create", "", "pods", true),
    Right::new("list", "", "pods", true),
    Right::new("watch", "", "pods", true),
    Right::new("deletecollection", "", "pods", true),
    Right::new("list", "", "events", true),
    Right::new("watch", "", "events", true),
];

/// What `cleanup` needs in a namespace.
pub const CLEANUP: &[Right] = &[
    Right::new("list", "batch", "jobs", true),
    Right::new("delete", "batch", "jobs", true),
    Right::new("list", "", "pods", true),
    Right::new("deletecollection", "", "pods", true),
];

/// The right to read a workload.
pub const fn get(group: &'static str, resource: &'static str) -> Right {
    Right::new("get", group, resource, true)
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

/// The rights that the user lacks, by one SelfSubjectAccessReview each, side by side.
///
/// A server that does not let itself be asked (403) is not taken to refuse: the request itself will tell.
pub async fn missing(api: &Api, namespace: &str, rights: &[Right]) -> Result<Vec<Right>, ApiError> {
    let answers = join_all(rights.iter().map(|right| allowed(api, namespace, right))).await;
    let mut missing = Vec::new();
    for (right, answer) in rights.iter().zip(answers) {
        match answer {
            Ok(true) => {}
            Ok(false) => missing.push(*right),
            Err(error) if error.code() == Some(403) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}

async fn allowed(api: &Api, namespace: &str, right: &Right) -> Result<bool, ApiError> {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": right.verb,
            "group": right.group,
            "resource": right.resource,
            "namespace": if right.namespaced { namespace } else { "" },
        }},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer: Review = api.create("access review", path, &review).await?;
    Ok(answer.status.allowed)
}
