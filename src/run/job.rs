//! The Job of a run: its making, and the removal of everything that it stands for.

use std::time::Duration;

use tokio::time::timeout;

use super::manifest::{self, job_name, run_selector};
use super::reaper::delete_pods;
use super::{Prepared, delete_options};
use crate::api::wire::Named;
use crate::api::{Api, ApiError, path};
use crate::error::Error;

/// How long a Job may take to be taken back that nobody knows to be there.
const TAKE_BACK_LIMIT: Duration = Duration::from_secs(5);

/// Creates the Job; returns its uid. A refusal by admission is evidence (`Ok(Err)`); anything else ends the
/// run here.
pub(super) async fn create(api: &Api, prepared: &Prepared) -> Result<Result<String, ApiError>, Error> {
    let plan = &prepared.plan;
    let job = manifest::job(plan, &prepared.run.id);
    let path = path::group("batch/v1", &plan.namespace, "jobs");
    match api.create::<Named>("job", &path, &job).await {
        Ok(made) => Ok(Ok(made.metadata.uid)),
        Err(error) if error.code() == Some(403) => Ok(Err(error)),
        Err(error) => {
            // It may have been made all the same: an answer that was lost, then a retry that found it there.
            if api.has_answered() && matches!(error.code(), None | Some(409 | 500..)) {
                let _ = timeout(TAKE_BACK_LIMIT, remove(api, &plan.namespace, &prepared.run.id)).await;
            }
            Err(Error::doing(format!("create the run's Job in namespace {}", plan.namespace))(error))
        }
    }
}

/// Deletes the Job; the garbage collector deletes what it owns.
pub(super) async fn remove(api: &Api, namespace: &str, run: &str) -> Result<(), ApiError> {
    let job = path::named(&path::group("batch/v1", namespace, "jobs"), &job_name(run));
    api.delete(&job, &delete_options(0)).await
}

/// Removes a run: its pods at once, then its Job.
pub(super) async fn remove_run(api: &Api, namespace: &str, run: &str) -> Result<(), ApiError> {
    let pods = delete_pods(api, namespace, &run_selector(run)).await;
    pods.and(remove(api, namespace, run).await)
}
