//! What runs left behind, and its removal.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::job;
use super::manifest::{MANAGED_BY, RUN_LABEL};
use crate::api::wire::{Job, List, Named};
use crate::api::{Answer, Api, ApiError, path};

/// Which runs are to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Runs past their Job's deadline, and pods whose Job is gone: nobody waits for them.
    PastDeadline,
    /// The run with this id, alive or not.
    Run(String),
    /// All runs, a colleague's that is alive among them.
    All,
}

/// A run that has something in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its namespace.
    pub namespace: String,
    /// Its id.
    pub run: String,
    /// Whether its Job is there.
    pub job: bool,
    /// How many pods it has.
    pub pods: usize,
    /// When its Job's deadline passes or passed (UTC); `None` without a Job.
    pub deadline: Option<Timestamp>,
    /// Whether nobody can be waiting for it any more, by the API server's clock.
    pub past_deadline: bool,
}

/// Runs that have something in a namespace, or in all (`None`), and fit `which`.
pub async fn find(api: &Api, namespace: Option<&str>, which: &Which) -> Result<Vec<Left>, ApiError> {
    let pods = namespace.map_or_else(|| "/api/v1/pods".into(), |name| path::core(name, "pods"));
    let jobs =
        namespace.map_or_else(|| "/apis/batch/v1/jobs".into(), |name| path::group("batch/v1", name, "jobs"));
    // Pods first: a run that begins in between then shows its Job without pods, not pods without a Job.
    let (pods, _) = list::<Named>(api, &pods, "pods").await?;
    let (jobs, now) = list::<Job>(api, &jobs, "jobs").await?;
    let mut runs: BTreeMap<(String, String), Left> = BTreeMap::new();
    for job in jobs {
        let deadline = deadline(&job);
        let failed = job.status.conditions.iter().any(|one| one.kind == "Failed" && one.status == "True");
        if let Some(left) = of(&mut runs, &job.metadata.namespace, job.metadata.labels.get(RUN_LABEL)) {
            left.job = true;
            left.deadline = deadline;
            left.past_deadline = failed || deadline.is_some_and(|deadline| deadline < now);
        }
    }
    for pod in pods {
        if let Some(left) = of(&mut runs, &pod.metadata.namespace, pod.metadata.labels.get(RUN_LABEL)) {
            left.pods += 1;
        }
    }
    let wanted = |left: &Left| match which {
        Which::PastDeadline => left.past_deadline,
        Which::Run(id) => left.run == *id,
        Which::All => true,
    };
    Ok(runs.into_values().filter(wanted).collect())
}

/// Removes a run: its pods at once, also those that hang on a dead node, then its Job.
pub async fn remove(api: &Api, left: &Left) -> Result<(), ApiError> {
    job::remove_run(api, &left.namespace, &left.run).await
}

/// A run without a Job is past its deadline: the Job went first.
fn of<'a>(
    runs: &'a mut BTreeMap<(String, String), Left>,
    namespace: &str,
    run: Option<&String>,
) -> Option<&'a mut Left> {
    let run = run?.clone();
    let key = (namespace.to_string(), run.clone());
    Some(runs.entry(key).or_insert(Left {
        namespace: namespace.into(),
        run,
        job: false,
        pods: 0,
        deadline: None,
        past_deadline: true,
    }))
}

fn deadline(job: &Job) -> Option<Timestamp> {
    let seconds = job.spec.active_deadline_seconds?;
    job.metadata.creation_timestamp?.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// All objects of ours in a collection, in pages, and the server's time.
async fn list<T: serde::de::DeserializeOwned>(
    api: &Api,
    collection: &str,
    what: &'static str,
) -> Result<(Vec<T>, Timestamp), ApiError> {
    let selector = format!("app.kubernetes.io/managed-by={MANAGED_BY},{RUN_LABEL}");
    let mut items = Vec::new();
    let mut next = String::new();
    loop {
        let page = [("labelSelector", selector.as_str()), ("limit", "500"), ("continue", &next)];
        let Answer { body, date }: Answer<List<T>> =
            api.get_dated(what, &path::with(collection, &page)).await?;
        items.extend(body.items);
        next = body.metadata.next;
        if next.is_empty() {
            return Ok((items, date.unwrap_or_else(Timestamp::now)));
        }
    }
}
