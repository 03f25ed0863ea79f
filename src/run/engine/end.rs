//! The end of a run: what is not known, and what is left in the cluster.

use std::time::Duration;

use tokio::time::timeout;

use super::Engine;
use crate::api::ApiError;
use crate::evidence::Step;
use crate::run::track::Ended;
use crate::run::{Progress, job};

/// How long removing what was created may take.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(20);

impl Engine<'_> {
    /// What was not heard of because the API server was away is not the nodes' fault.
    pub(super) fn blind(&mut self) {
        if let Some(error) = self.lost.take() {
            self.end_all(&Ended::Failed { step: Step::Watch, message: error.message() });
        }
    }

    pub(super) fn end_all(&mut self, outcome: &Ended) {
        for index in 0..self.tracker.pods.len() {
            self.tracker.end(index, outcome);
        }
    }

    /// Removes what is left of the run, within a limit of its own.
    pub(super) async fn clean_up(&mut self) -> Result<(), ApiError> {
        self.creator.cancel(|_| true);
        if self.prepared.plan.keep {
            // What was refused is still deleted: no kubelet may go on with it.
            let _ = timeout(CLEAN_UP_LIMIT, self.reaper.finish()).await;
            return Ok(());
        }
        self.observer.saw(Progress::CleaningUp);
        let work = async {
            // A pod whose creation is under way would come after the deletion.
            while let Some(answered) = self.creator.next().await {
                self.answered(answered);
            }
            let (namespace, id) = (&self.prepared.plan.namespace, &self.prepared.run.id);
            if self.reaper.all_done().await && self.alive.is_empty() && !self.creator.unsure {
                return job::remove(self.api, namespace, id).await;
            }
            job::remove_run(self.api, namespace, id).await
        };
        match timeout(CLEAN_UP_LIMIT, work).await {
            Ok(result) => result,
            Err(_) => {
                Err(ApiError::TimedOut { server: self.api.server().to_string(), limit: CLEAN_UP_LIMIT })
            }
        }
    }
}
