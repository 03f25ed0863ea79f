//! Deletes pods whose rows are known, soon enough that no kubelet retries a refused password (after 10 s),
//! and in few enough requests.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::manifest::{ROW_LABEL, run_selector};
use crate::api::{Api, ApiError, path};

/// Pauses between deletions, the last one for all further ones: what is known at the same time goes in one
/// request, and in a long run a pod waits for at most half of the kubelet's first back-off.
const PAUSES: [Duration; 7] = [
    Duration::ZERO,
    Duration::ZERO,
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(5),
];
/// Pods named in one request at the most, so that its URL stays short.
const AT_ONCE: usize = 500;

pub(super) struct Reaper {
    api: Api,
    namespace: String,
    run: String,
    queue: Vec<usize>,
    requests: usize,
    last: Option<Instant>,
    running: JoinSet<Result<(), ApiError>>,
    failed: bool,
}

impl Reaper {
    pub(super) fn new(api: Api, namespace: &str, run: &str) -> Self {
        Self {
            api,
            namespace: namespace.into(),
            run: run.into(),
            queue: Vec::new(),
            requests: 0,
            last: None,
            running: JoinSet::new(),
            failed: false,
        }
    }

    /// A pod that is no longer needed.
    pub(super) fn add(&mut self, pod: usize) {
        self.queue.push(pod);
    }

    /// When the next deletion is due; `None` when nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.queue.is_empty() {
            return None;
        }
        let pause = PAUSES[self.requests.min(PAUSES.len() - 1)];
        Some(self.last.map_or_else(Instant::now, |last| last + pause))
    }

    /// Sends what is due.
    pub(super) fn work(&mut self) {
        while let Some(result) = self.running.try_join_next() {
            self.failed |= !matches!(result, Ok(Ok(())));
        }
        if self.due().is_some_and(|due| due <= Instant::now()) {
            self.send();
        }
    }

    fn send(&mut self) {
        for rows in std::mem::take(&mut self.queue).chunks(AT_ONCE) {
            let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
            let selector = format!("{},{ROW_LABEL} in ({})", run_selector(&self.run), rows.join(","));
            let (api, namespace) = (self.api.clone(), self.namespace.clone());
            self.running.spawn(async move { delete_pods(&api, &namespace, &selector).await });
            self.requests += 1;
        }
        self.last = Some(Instant::now());
    }

    /// Whether every deletion was sent and has succeeded.
    pub(super) async fn all_done(&mut self) -> bool {
        let mut done = self.queue.is_empty() && !self.failed;
        while let Some(result) = self.running.join_next().await {
            done &= matches!(result, Ok(Ok(())));
        }
        done
    }

    /// Sends what waits, and waits for the deletions under way.
    pub(super) async fn finish(&mut self) {
        if !self.queue.is_empty() {
            self.send();
        }
        self.all_done().await;
    }
}

/// Deletes the pods of a selector at once, also on nodes that no longer answer: nothing in them ever ran.
pub(super) async fn delete_pods(api: &Api, namespace: &str, selector: &str) -> Result<(), ApiError> {
    let path = path::with(&path::core(namespace, "pods"), &[("labelSelector", selector)]);
    api.delete(&path, &super::delete_options(0)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pod_waits_until_its_kubelet_tries_again() {
        let first_back_off = Duration::from_secs(10);
        assert!(PAUSES.iter().all(|pause| *pause <= first_back_off / 2));
        assert!(PAUSES.is_sorted(), "the longer the run, the fewer the requests");
    }
}
