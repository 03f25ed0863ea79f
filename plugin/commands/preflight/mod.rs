//! `kubectl regauth preflight`: what manifests would bring, judged by what the cluster has for it and by tests.

mod input;
mod pushes;
mod testing;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use regauth::api::{Api, connect};
use regauth::collect::workloads::planned::{self, Manifests};
use regauth::evidence::{Action, Evidence};
use regauth::plan::{Plan, ScopePlan};
use regauth::report::Report;
use regauth::secret::RunKey;
use tokio_util::sync::CancellationToken;

use super::doctor::Live;
use super::parts::{self, WITHIN};
use super::{Failure, runs};
use crate::cli::{Connection, Preflight};
use crate::output::Output;
use crate::settings;

/// Judges manifests, tests what they would pull, and prints what it comes to.
pub async fn run(connection: &Connection, args: &Preflight, output: &mut Output) -> Result<u8, Failure> {
    args.push.iter().try_for_each(|repository| super::push::check_repository(repository))?;
    let sources = input::sources(args)?;
    let api = connect(&settings::connect_options(connection)).await?;
    let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
    let manifests = Manifests::read(&sources, &namespace);
    if manifests.workloads() == 0 {
        return Err(nothing(&manifests));
    }
    let (stop, live) = (CancellationToken::new(), Live::new(output.is_watched()));
    let deadline = Instant::now() + args.timeout;
    let check = Check { api: &api, args, namespace, deadline, output, live: &live, stop: &stop };
    let parts = parts::until_stopped(check.parts(&manifests), &stop).await;
    live.finish();
    let report = Report::of_all(&parts?).ok_or("nothing was looked at")?;
    runs::print(&report, &args.output, output)
}

/// Nothing can be judged without a workload.
fn nothing(manifests: &Manifests) -> Failure {
    match manifests.broken() {
        [] => "there is nothing to judge: no object of the manifests has a pod template".into(),
        [(place, why)] => format!("{place}: {why}").into(),
        [(place, why), others @ ..] => {
            format!("{place}: {why}; {} more could not be read either", others.len()).into()
        }
    }
}

/// One preflight: what all its parts need.
struct Check<'a> {
    api: &'a Api,
    args: &'a Preflight,
    /// The namespace of what names none.
    namespace: String,
    deadline: Instant,
    output: &'a Output,
    live: &'a Live,
    stop: &'a CancellationToken,
}

impl Check<'_> {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// What is written down first, then each test.
    async fn parts(&self, manifests: &Manifests) -> Result<Vec<Evidence>, Failure> {
        let read = {
            let _doing = self.live.doing("manifests");
            super::within(self.args.timeout, self.read(manifests)).await?
        };
        let mut parts = testing::test(self, read).await;
        let pushed = pushes::test(self, &parts).await;
        if let Some(first) = parts.first_mut() {
            first.unread.extend(pushed.unread);
            first.run.interrupted |= self.stop.is_cancelled();
        }
        parts.extend(pushed.evidence);
        Ok(parts)
    }

    async fn read(&self, manifests: &Manifests) -> Result<Evidence, Failure> {
        let key = RunKey::random().map_err(|error| error.to_string())?;
        let run = super::new_run(self.api.server())?;
        let seen = planned::read(self.api, manifests, &key).await;
        let names: Vec<String> = seen.workloads.workloads.iter().map(|one| one.namespace.clone()).collect();
        let mut evidence = Evidence::new(run, self.plan(&names), Timestamp::now());
        evidence.workloads = Some(seen.workloads);
        evidence.nodes = seen.nodes;
        evidence.preflight = Some(seen.preflight);
        evidence.unread = seen.unread;
        Ok(evidence)
    }

    /// `namespaces`: those that the workloads go to.
    fn plan(&self, namespaces: &[String]) -> Plan {
        let namespaces = super::unique(namespaces);
        let scope = ScopePlan {
            all_namespaces: namespaces.len() > 1,
            reads: planned::READS.to_vec(),
            within_seconds: Some(WITHIN.as_secs()),
            fix_format: self.args.fix_format.into(),
            ..ScopePlan::default()
        };
        Plan {
            namespace: namespaces.first().unwrap_or(&self.namespace).clone(),
            checks: Vec::new(),
            scope: Some(scope),
            ..Plan::of_this_machine(Action::Preflight, Vec::new(), self.args.timeout.as_secs())
        }
    }
}
