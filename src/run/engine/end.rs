//! The end of a run: what is not known, and what is left in the cluster.

use std::time::Duration;

use tokio::time::timeout;

use super::Engine;
use crate::api::ApiError;
use crate::evidence::Step;
use crate::run::track::Ended;
use crate::run::{Progress, job};

/// How long removing what was created may take, however little it is.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(20);
/// What each pod adds to it: twice what an API server (1.36, two cores) takes to delete one of 5,000.
const CLEAN_UP_PER_POD: Duration = Duration::from_millis(20);

/// How long removing a run of so many pods may take.
fn clean_up_limit(pods: usize) -> Duration {
    CLEAN_UP_LIMIT + CLEAN_UP_PER_POD * u32::try_from(pods).unwrap_or(u32::MAX)
}

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
        let limit = clean_up_limit(self.tracker.pods.len());
        if self.prepared.plan.keep {
            // What was refused is still deleted: no kubelet may go on with it.
            let _ = timeout(limit, self.reaper.finish()).await;
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
        match timeout(limit, work).await {
            Ok(result) => result,
            Err(_) => Err(ApiError::TimedOut { server: self.api.server().to_string(), limit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_pods_there_are_the_longer_their_removal_may_take() {
        // Measured on an idle API server: 7 s for 1,000 pods, 49 s for 5,000.
        for (pods, seconds) in [(1_000, 7), (5_000, 49)] {
            let limit = clean_up_limit(pods);
            assert!(limit >= Duration::from_secs(2 * seconds), "{pods} pods: {limit:?}");
        }
        assert!(
            clean_up_limit(3) < Duration::from_secs(21),
            "who waits for three pods waits no longer than before"
        );
        assert!(clean_up_limit(usize::MAX) > clean_up_limit(5_000));
    }
}
