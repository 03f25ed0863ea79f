//! Reads a probe's whole result from its pod's log, where the termination message holds it cut.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::manifest::{PROBE_CONTAINER, pod_name};
use crate::api::{Api, ApiError, path};
use crate::evidence::ProbeSeen;
use crate::probe::report;

/// Logs that are read at the same time.
const CONNECTIONS: usize = 8;
/// How much of a log is read at the most, in bytes.
const LARGEST: usize = 1 << 20;
/// How long reading one may take: what the message holds is good enough.
const LIMIT: Duration = Duration::from_secs(10);

/// Logs that are being read. The first one is read alone: whoever may not read it may read none.
pub(super) struct Logs {
    api: Api,
    namespace: String,
    run: String,
    waiting: VecDeque<usize>,
    reading: JoinSet<(usize, Option<Result<String, ApiError>>)>,
    permitted: Option<bool>,
}

impl Logs {
    pub(super) fn new(api: Api, namespace: &str, run: &str) -> Self {
        Self {
            api,
            namespace: namespace.into(),
            run: run.into(),
            waiting: VecDeque::new(),
            reading: JoinSet::new(),
            permitted: None,
        }
    }

    /// Asks for a pod's log; says whether there is an answer to wait for.
    pub(super) fn ask(&mut self, pod: usize) -> bool {
        if self.permitted == Some(false) {
            return false;
        }
        self.waiting.push_back(pod);
        self.launch();
        true
    }

    fn launch(&mut self) {
        let at_once = if self.permitted.is_some() { CONNECTIONS } else { 1 };
        while self.reading.len() < at_once
            && let Some(pod) = self.waiting.pop_front()
        {
            let log = path::named(&path::core(&self.namespace, "pods"), &pod_name(&self.run, pod)) + "/log";
            let limit = LARGEST.to_string();
            let path = path::with(&log, &[("container", PROBE_CONTAINER), ("limitBytes", &limit)]);
            let api = self.api.clone();
            self.reading.spawn(async move { (pod, timeout(LIMIT, api.get_text(&path)).await.ok()) });
        }
    }

    /// The next pod whose log was read, with what it holds in whole. Safe to drop.
    pub(super) async fn next(&mut self) -> Option<(usize, Option<ProbeSeen>)> {
        loop {
            if self.permitted == Some(false)
                && let Some(pod) = self.waiting.pop_front()
            {
                return Some((pod, None));
            }
            let Ok((pod, read)) = self.reading.join_next().await? else { continue };
            let denied =
                read.as_ref().and_then(|read| read.as_ref().err()).is_some_and(|e| e.code() == Some(403));
            self.permitted = Some(!denied);
            if !denied {
                self.launch();
            }
            return Some((pod, read.and_then(Result::ok).and_then(|text| report::decode_log(&text).ok())));
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.reading.is_empty()
    }
}
