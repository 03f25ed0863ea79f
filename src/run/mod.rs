//! A run in the cluster: one Job that owns the diagnostic pods, two watches that deliver everything, and
//! nothing left behind.

pub mod cleanup;
mod create;
mod engine;
mod harvest;
mod job;
mod logs;
pub mod manifest;
mod reaper;
mod refusals;
#[cfg(test)]
mod tests;
mod track;
mod waves;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::api::{Api, ApiError, path};
use crate::error::Error;
use crate::evidence::{Evidence, Node, Presence, Run};
use crate::plan::{Check, Plan};
use manifest::{Order, Resources};

/// A run that is ready to begin.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Which run.
    pub run: Run,
    /// What to ask.
    pub plan: Plan,
    /// Facts about the nodes of the plan.
    pub nodes: Vec<Node>,
    /// For each node of the plan by name, and each image: whether the node has it already.
    pub on_node: std::collections::HashMap<String, Vec<Presence>>,
    /// The run's key for fingerprints of credentials: 64 hexadecimal digits ([`crate::secret::RunKey`]). Empty
    /// where no probe looks.
    pub run_key: crate::secret::RunKeyText,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// What was seen.
    pub evidence: Evidence,
    /// Why something of the run may still be in the cluster.
    pub left_behind: Option<ApiError>,
}

/// What happens during a run, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The run's Job was created, or pods were added to it.
    Began {
        /// Rows in all: one a node and image that a kubelet pulls, one a probe.
        rows: usize,
    },
    /// One node goes first.
    OneFirst {
        /// The node.
        node: &'a str,
    },
    /// A credential was refused, and is sent by no pod that is still to be made.
    HeldBack {
        /// The node where it was refused.
        node: &'a str,
    },
    /// A row is known.
    Row {
        /// The node.
        node: &'a str,
        /// Whether the pull worked.
        ok: bool,
        /// Whether anything was tested: not where the check itself could not be done.
        tested: bool,
    },
    /// What was created is being removed.
    CleaningUp,
}

/// Listens to a run.
pub trait Observer {
    /// Something happened.
    fn saw(&self, progress: Progress<'_>);
}

/// Nobody listens.
impl Observer for () {
    fn saw(&self, _: Progress<'_>) {}
}

/// Has the plan's images tested on its nodes by their kubelets and by probes. `stop` ends the run early: what was created
/// is removed, and the rows that are in are returned.
pub async fn pull(
    api: &Api,
    prepared: &Prepared,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Finished, Error> {
    engine::run(api, prepared, observer, stop).await
}

/// A new run id: 8 letters and digits at random.
pub fn new_id() -> Result<String, Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::Usage("the system has no random numbers to give".into()))?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// Everything that the run would create, in order. The pods of a dry run have no owner, since the Job that
/// would own them has no uid.
pub fn manifests(prepared: &Prepared) -> Vec<Value> {
    let plan = &prepared.plan;
    let pod = |(index, (node, check)): (usize, (&str, Check))| {
        manifest::pod(prepared, &Order::planned(plan, index, node, check), None, Resources::Stated)
    };
    let pods = plan.pods().into_iter().enumerate().map(pod);
    std::iter::once(manifest::job(plan, &prepared.run.id)).chain(pods).collect()
}

/// Has the API server look at the manifests as if they were created: admission, quota, webhooks. Returns
/// what it made of each, or its refusal.
pub async fn try_on_server(api: &Api, prepared: &Prepared) -> Vec<Result<Value, ApiError>> {
    let namespace = &prepared.plan.namespace;
    let mut answers = Vec::new();
    for object in manifests(prepared) {
        let collection = match object["kind"].as_str() {
            Some("Job") => path::group("batch/v1", namespace, "jobs"),
            _ => path::core(namespace, "pods"),
        };
        let path = path::with(&collection, &[("dryRun", "All"), ("fieldValidation", "Strict")]);
        answers.push(api.create("dry run", &path, &object).await.map(manifest::applicable));
    }
    answers
}

/// Options of a deletion: Jobs orphan their pods unless told otherwise.
fn delete_options(grace_seconds: u64) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "gracePeriodSeconds": grace_seconds,
        "propagationPolicy": "Background",
    })
}
