//! The loop: one thing after another, since two at once could send one refused password twice.

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;
use regauth::api::Api;
use regauth::collect::{node_classes, pulled};
use regauth::evidence::Evidence;
use regauth::finding::Severity;
use regauth::report::{HarborSummary, Report};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::super::{Failure, doctor, events};
use super::figures::Beside;
use super::{Shared, canary, refused, schedule};
use crate::cli::{Connection, Monitor};
use crate::output::Output;

/// How much longer than its limit a check-up may take before it is given up: its runs end in order.
const ENDING: Duration = Duration::from_secs(60);
/// How long reading what stands beside a check-up may take.
const BESIDE: Duration = Duration::from_secs(60);

/// What all rounds need.
pub(super) struct Rounds<'a> {
    api: &'a Api,
    connection: &'a Connection,
    args: &'a Monitor,
    repositories: Vec<String>,
    shared: &'a Shared,
    stop: &'a CancellationToken,
    output: &'a Output,
    namespace: String,
    /// From when on logs of Harbor's cores are read (UTC).
    logs_since: Cell<Timestamp>,
    /// What could not be read beside a check-up, which is told once.
    told: Cell<bool>,
}

impl<'a> Rounds<'a> {
    pub fn new(
        api: &'a Api,
        (connection, args): (&'a Connection, &'a Monitor),
        repositories: Vec<String>,
        shared: &'a Shared,
        stop: &'a CancellationToken,
        output: &'a Output,
    ) -> Self {
        let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
        let (logs_since, told) = (Cell::new(Timestamp::now()), Cell::new(false));
        Self { api, connection, args, repositories, shared, stop, output, namespace, logs_since, told }
    }

    /// Until it is stopped.
    pub async fn go_on(&self) {
        let (mut checkup, mut canary) = (Instant::now(), Instant::now());
        while !self.stop.is_cancelled() {
            let began = Instant::now();
            if began >= checkup {
                self.checkup().await;
                checkup = schedule::next(began, self.args.interval);
            } else if began >= canary && !self.repositories.is_empty() {
                self.try_canaries().await;
                let pause = self.shared.figures().canaries.pause(self.args.canary.canary_interval);
                canary = schedule::next(began, pause);
            }
            let due = if self.repositories.is_empty() { checkup } else { checkup.min(canary) };
            tokio::select! {
                () = sleep_until(due) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    async fn checkup(&self) {
        self.shared.health.heard();
        let began = Instant::now();
        let limit = self.args.checkup.max_duration + ENDING;
        let looking =
            doctor::look_quietly(self.api, self.connection, &self.args.checkup, self.output, self.stop);
        let looked = timeout(limit, looking).await.unwrap_or_else(|_| {
            Err(format!("it did not end within {} s, and was given up", limit.as_secs()).into())
        });
        if self.stop.is_cancelled() {
            return;
        }
        let took = began.elapsed();
        match looked.and_then(|parts| Ok((Report::of_all(&parts).ok_or("nothing was looked at")?, parts))) {
            Ok((report, parts)) => self.take(&report, &parts, took).await,
            Err(failure) => {
                self.shared.figures().failed(took);
                self.output.log(&format!("the check-up failed after {:.1} s: {failure}", took.as_secs_f64()));
            }
        }
        self.shared.health.heard();
    }

    async fn take(&self, report: &Report, parts: &[Evidence], took: Duration) {
        let since = self.shared.figures().pulls.since();
        let (beside, readings) = tokio::select! {
            both = async { tokio::join!(self.read_beside(since), self.read_refused(parts)) } => both,
            () = self.stop.cancelled() => return,
        };
        let harbors: Vec<_> = parts.iter().filter_map(HarborSummary::of).collect();
        {
            let mut figures = self.shared.figures();
            figures.checked(report, &harbors, &beside, took);
            if let Some(readings) = readings {
                figures.refused.read(readings);
            }
        }
        self.output.log(&line(report, took));
        if self.args.events.emit_events {
            events::emit(self.api, report, parts, self.stop, self.output).await;
        }
    }

    /// Nodes and kubelets' events. Without them there is less to count, which is told once.
    async fn read_beside(&self, since: Timestamp) -> Beside {
        let within = (!self.args.checkup.all_namespaces).then_some(self.namespace.as_str());
        let reading =
            async { tokio::join!(node_classes::read(self.api), pulled::since(self.api, within, since)) };
        let Ok((classes, pulls)) = timeout(BESIDE, reading).await else { return Beside::default() };
        let refused = [classes.as_ref().err(), pulls.as_ref().err()].into_iter().flatten().next();
        if let Some(error) = refused.filter(|_| !self.told.replace(true)) {
            self.output.log(&format!(
                "pulls are counted without the nodes' classes or the kubelets' events: {error}"
            ));
        }
        Beside { classes: classes.unwrap_or_default(), pulls: pulls.ok() }
    }

    async fn read_refused(&self, parts: &[Evidence]) -> Option<Vec<refused::Reading>> {
        let now = Timestamp::now();
        let reading = refused::read(self.api, parts, self.logs_since.get());
        let readings = timeout(BESIDE, reading).await.ok()?;
        self.logs_since.set(now);
        Some(readings)
    }

    async fn try_canaries(&self) {
        let trying = canary::attempt(
            (self.api, &self.namespace),
            (self.args, &self.repositories),
            self.stop,
            self.output,
        );
        let tried = timeout(self.args.checkup.max_duration + ENDING, trying).await;
        if self.stop.is_cancelled() {
            return;
        }
        let tried = tried.unwrap_or_else(|_| Err(Failure::from("it did not end in time, and was given up")));
        let mut figures = self.shared.figures();
        match tried {
            Ok(report) => figures.canaries.tried(&report.probes().collect::<Vec<_>>()),
            Err(failure) => {
                figures.canaries.tried(&[]);
                self.output.log(&format!("the push canary could not be tried: {failure}"));
            }
        }
    }
}

/// What a check-up came to, in one line.
fn line(report: &Report, took: Duration) -> String {
    let of = |severity| report.findings.iter().filter(|one| one.severity == severity).count();
    format!(
        "check-up {}: {} errors, {} warnings, {} unknown; {} checks not made; {:.1} s",
        report.run.id,
        of(Severity::Error),
        of(Severity::Warning),
        of(Severity::Unknown),
        report.not_checked.len(),
        took.as_secs_f64()
    )
}
