//! One image in one pod: what the pod's status and its events say about the pull.

use super::Millis;
use crate::api::wire::ContainerStatus;
use crate::diagnose::message::Pulled;
use crate::evidence::{Outcome, PullSeen};
use crate::text::Clean;

/// How long a status waits for the event that says more: the kubelet sends both within milliseconds.
pub(super) const EVENT_GRACE_MS: u64 = 3_000;

/// One image in one pod.
#[derive(Debug, Default)]
pub(in crate::run) struct Test {
    pub(in crate::run) image_rewritten: Option<String>,
    pub(in crate::run) outcome: Option<Outcome<PullSeen>>,
    /// When the outcome was known.
    pub(in crate::run) known_at: Option<Millis>,
    /// A failure that may not be the last word.
    pub(super) failure: Option<(PullSeen, Millis)>,
    /// How often the kubelet's events said how a pull ended.
    pub(super) tries: u32,
    pub(super) pulling_since: Option<Millis>,
    /// What the status said, and since when.
    pub(super) waiting: Option<(Waiting, Millis)>,
}

/// A container's waiting state, as far as it says how the pull went.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    Pulled,
    Failed { reason: String, message: String, whole: bool },
}

impl Test {
    /// The first word counts: what follows are the kubelet's retries.
    pub(super) fn status_says(&mut self, waiting: Waiting, now: Millis) {
        let better = matches!(
            (&self.waiting, &waiting),
            (Some((Waiting::Failed { whole: false, .. }, _)), Waiting::Failed { whole: true, .. })
        );
        if self.waiting.is_none() || better {
            self.waiting = Some((waiting, now));
        }
    }

    pub(super) fn pulled(&mut self, pulled: Option<Pulled>) {
        // "already present on machine" is no pull; with the policy Always it does not come.
        let Some(pulled) = pulled.filter(|_| self.outcome.is_none()) else { return };
        self.tries += 1;
        self.outcome = Some(Outcome::Seen {
            value: PullSeen::Pulled {
                took_ms: Some(pulled.took_ms),
                waited_ms: pulled.waited_ms.map(|in_all| in_all.saturating_sub(pulled.took_ms)),
                size_bytes: pulled.size_bytes,
            },
        });
    }

    /// Only `Failed to pull image "R": …` is about the pull: the kubelet sends `Failed` for other steps too.
    pub(super) fn failed_event(&mut self, message: &str, now: Millis) {
        let Some(rest) = message.strip_prefix("Failed to pull image ") else { return };
        if self.outcome.is_some() {
            return;
        }
        let cause = rest.split_once("\": ").map_or(rest, |(_, cause)| cause);
        let reason = match &self.waiting {
            Some((Waiting::Failed { reason, .. }, _)) => reason.clone(),
            _ => "ErrImagePull".to_string(),
        };
        self.fail(reason, cause, now);
    }

    fn fail(&mut self, reason: String, message: &str, now: Millis) {
        let took_ms = self.pulling_since.map(|since| now.saturating_sub(since));
        self.tries += 1;
        self.failure = Some((PullSeen::Failed { reason, message: Clean::new(message), took_ms }, now));
    }

    /// The status is the last word when no event said more in time.
    pub(super) fn settle(&mut self, now: Millis) {
        let Some((waiting, since)) = self.waiting.clone().filter(|_| self.failure.is_none()) else { return };
        if now < since.saturating_add(EVENT_GRACE_MS) {
            return;
        }
        match waiting {
            Waiting::Pulled => {
                let value = PullSeen::Pulled { took_ms: None, waited_ms: None, size_bytes: None };
                self.outcome = Some(Outcome::Seen { value });
            }
            Waiting::Failed { reason, message, .. } => self.fail(reason, &message, since),
        }
    }
}

/// What a container's status says about its pull. A container that cannot be configured, created or run was
/// pulled: the kubelet pulls first (`startContainer` in pkg/kubelet/kuberuntime, Kubernetes 1.36).
pub(super) fn waiting(status: &ContainerStatus) -> Option<Waiting> {
    let state = &status.state;
    // A container that ended without ever having been made shows as terminated too, after an eviction.
    let ended = state.terminated.as_ref().is_some_and(|end| !end.container_id.is_empty());
    if state.running.is_some() || ended {
        return Some(Waiting::Pulled);
    }
    let waiting = state.waiting.as_ref()?;
    match waiting.reason.as_str() {
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => Some(Waiting::Pulled),
        "" | "ContainerCreating" | "PodInitializing" => None,
        reason => Some(Waiting::Failed {
            reason: reason.to_string(),
            message: waiting.message.clone(),
            // The back-off's message may be shortened to "Back-off pulling image".
            whole: reason != "ImagePullBackOff",
        }),
    }
}
