//! One probe's pod: what its status and its events say about the probe.

use super::Millis;
use super::{Ended, SANDBOX_GRACE_MS};
use crate::api::wire::{ContainerStatus, Pod, Reason, Terminated};
use crate::evidence::{Outcome, ProbeSeen, Step};
use crate::probe::report;
use crate::run::manifest::PROBE_CONTAINER;
use crate::text::Clean;

/// How long a failed pull of the probe's image waits for the event that says more.
const EVENT_GRACE_MS: u64 = 3_000;
/// How long it waits for the kubelet's next try (after 10 s) when the kubelet had not found a pull secret: one
/// that learns of a pod before the API server's node authorizer does is refused the secret at first.
const RETRY_GRACE_MS: u64 = 25_000;

/// Whether the whole result is to be read from the pod's log, since the termination message holds it cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Log {
    #[default]
    NotNeeded,
    Wanted,
    Asked,
}

/// What is known of one probe.
#[derive(Debug, Default)]
pub(in crate::run) struct ProbeTest {
    pub(in crate::run) outcome: Option<Outcome<ProbeSeen>>,
    /// When the outcome was known.
    pub(in crate::run) known_at: Option<Millis>,
    pub(super) pulling_since: Option<Millis>,
    pub(super) running_since: Option<Millis>,
    missed_pull_secret: bool,
    /// What keeps it from running, and since when.
    trouble: Option<(Trouble, Millis)>,
    log: Log,
}

/// Something that may pass.
#[derive(Clone, Debug, PartialEq)]
struct Trouble {
    step: Step,
    message: String,
    /// Whether it is known in whole: a back-off's message may be shortened.
    whole: bool,
}

impl ProbeTest {
    /// The probe's pod as it is now; `ended` says why it ended early, where the kubelet or another said so.
    pub(super) fn status_says(&mut self, pod: &Pod, ended: Option<&Ended>, now: Millis) {
        if self.outcome.is_some() {
            return;
        }
        let status = pod.status.container_statuses.iter().find(|status| status.name == PROBE_CONTAINER);
        if let Some(ended) = ended {
            let finished =
                status.and_then(finished).filter(|end| end.exit_code == 0 || pod.status.reason.is_empty());
            match finished {
                Some(end) => self.ended(end),
                None => self.outcome = Some(ended.of_any()),
            }
        } else if let Some(status) = status {
            self.container_is(status, now);
        }
    }

    fn container_is(&mut self, status: &ContainerStatus, now: Millis) {
        if let Some(end) = finished(status) {
            self.ended(end);
        } else if status.state.running.is_some() {
            self.running_since.get_or_insert(now);
            self.trouble = None;
        } else if let Some(trouble) = status.state.waiting.as_ref().and_then(waiting) {
            self.troubled(trouble, now);
        }
    }

    /// An event about the pod or its container.
    pub(super) fn event(&mut self, reason: &str, message: &str, now: Millis) {
        let trouble = |step| Trouble { step, message: message.to_string(), whole: true };
        match reason {
            "FailedToRetrieveImagePullSecret" => self.missed_pull_secret = true,
            "FailedCreatePodSandBox" => self.troubled(trouble(Step::Sandbox), now),
            "FailedMount" | "FailedAttachVolume" => self.troubled(trouble(Step::Mount), now),
            "Failed" => {
                if let Some(rest) = message.strip_prefix("Failed to pull image ") {
                    let cause = rest.split_once("\": ").map_or(rest, |(_, cause)| cause);
                    let message = cause.to_string();
                    self.troubled(Trouble { step: Step::ProbeImage, message, whole: true }, now);
                }
            }
            "Pulling" => {
                self.pulling_since.get_or_insert(now);
                // The sandbox and the mounts are there.
                self.forget(|step| step != Step::ProbeImage);
            }
            "Pulled" | "Started" => self.trouble = None,
            _ => {}
        }
    }

    fn forget(&mut self, which: impl Fn(Step) -> bool) {
        self.trouble.take_if(|(trouble, _)| which(trouble.step));
    }

    /// Each kind of trouble counts from when it was first seen; the first whole word of it stays.
    fn troubled(&mut self, trouble: Trouble, now: Millis) {
        if self.outcome.is_some() || self.running_since.is_some() {
            return;
        }
        self.trouble = match self.trouble.take() {
            Some((old, since)) if old.step == trouble.step => {
                let better = trouble.whole && !old.whole;
                Some((if better { trouble } else { old }, since))
            }
            _ => Some((trouble, now)),
        };
    }

    /// Decides what has lasted long enough.
    pub(super) fn settle(&mut self, now: Millis) {
        if let Some((trouble, _)) = &self.trouble
            && self.outcome.is_none()
            && self.next_decision().is_some_and(|due| now >= due)
        {
            self.outcome =
                Some(Outcome::Failed { step: trouble.step, message: Clean::new(&trouble.message) });
        }
    }

    /// When [`ProbeTest::settle`] has something to decide.
    pub(super) fn next_decision(&self) -> Option<Millis> {
        let (trouble, since) = self.trouble.as_ref().filter(|_| self.outcome.is_none())?;
        let grace = match trouble.step {
            Step::ProbeImage if self.missed_pull_secret => RETRY_GRACE_MS,
            Step::ProbeImage => EVENT_GRACE_MS,
            _ => SANDBOX_GRACE_MS,
        };
        Some(since.saturating_add(grace))
    }

    fn ended(&mut self, end: &Terminated) {
        if end.exit_code != 0 {
            self.outcome = Some(failed_program(end));
            return;
        }
        let read = report::decode(&end.message);
        let whole = read.as_ref().is_ok_and(|seen| seen.truncated.is_empty());
        self.log = if whole { Log::NotNeeded } else { Log::Wanted };
        self.outcome = Some(match read {
            Ok(value) => Outcome::Seen { value },
            Err(error) => Outcome::Failed { step: Step::Probe, message: Clean::new(&error.to_string()) },
        });
    }

    /// Whether the pod's log is to be read, and has not been asked for.
    pub(in crate::run) fn wants_log(&self) -> bool {
        self.log == Log::Wanted
    }

    /// The log is being read, or will not be: `asked` says which.
    pub(in crate::run) fn log_is_asked_for(&mut self, asked: bool) {
        self.log = if asked { Log::Asked } else { Log::NotNeeded };
    }

    /// Whether nothing more is to come.
    pub(in crate::run) fn is_known(&self) -> bool {
        self.outcome.is_some() && self.log == Log::NotNeeded
    }

    /// What came of reading the log: the whole result, or nothing better.
    pub(in crate::run) fn log_is_read(&mut self, whole: Option<ProbeSeen>) {
        self.log = Log::NotNeeded;
        if let Some(value) = whole {
            self.outcome = Some(Outcome::Seen { value });
        }
    }

    /// What is waiting is decided, and no log is waited for: the pod or the run is at its end.
    pub(super) fn close(&mut self) {
        self.settle(Millis::MAX);
        self.log = Log::NotNeeded;
    }
}

/// How the program ended, if it ever began or was tried.
fn finished(status: &ContainerStatus) -> Option<&Terminated> {
    let end = status.state.terminated.as_ref()?;
    (!end.container_id.is_empty() || is_start_failure(end)).then_some(end)
}

/// Whether the runtime could not start the program at all.
fn is_start_failure(end: &Terminated) -> bool {
    matches!(end.reason.as_str(), "StartError" | "ContainerCannotRun")
        || end.message.contains("exec format error")
}

/// A program that cannot be started is the image's fault: it is for another architecture, or no probe's.
fn failed_program(end: &Terminated) -> Outcome<ProbeSeen> {
    let step = if is_start_failure(end) { Step::ProbeImage } else { Step::Probe };
    let words = format!("{} (exit status {}): {}", end.reason, end.exit_code, end.message);
    Outcome::Failed { step, message: Clean::new(words.trim_end_matches([':', ' '])) }
}

/// What keeps a container from running, by its waiting state.
fn waiting(waiting: &Reason) -> Option<Trouble> {
    let step = match waiting.reason.as_str() {
        "" | "ContainerCreating" | "PodInitializing" => return None,
        "CreateContainerConfigError"
        | "CreateContainerError"
        | "RunContainerError"
        | "PreCreateHookError"
        | "PreStartHookError"
        | "PostStartHookError"
        | "CrashLoopBackOff" => Step::Probe,
        _ => Step::ProbeImage,
    };
    let message = match step {
        Step::ProbeImage => waiting.message.clone(),
        _ => format!("{}: {}", waiting.reason, waiting.message),
    };
    Some(Trouble { step, message, whole: waiting.reason != "ImagePullBackOff" })
}
