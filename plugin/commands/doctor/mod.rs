//! `kubectl regauth doctor`: everything that may keep pulls from working, in parts that run side by side.

mod harbors;
mod live;
mod testing;

use std::time::{Duration, Instant};

use clap::ValueEnum;
use jiff::Timestamp;
use regauth::api::{Api, connect};
use regauth::bundle::Bundle;
use regauth::collect::access;
use regauth::collect::leases::{self, Listen, NAMESPACE};
use regauth::evidence::{Action, Evidence, Unread};
use regauth::plan::ClockPlan;
use regauth::report::Report;
use tokio_util::sync::CancellationToken;

use super::parts::{self, WITHIN, denied, failed, left_out, not_done};
use super::{Failure, bundle, clock, events, workloads};
use crate::cli::{CheckUpArgs, CheckUpPart, Connection, Doctor};
use crate::output::Output;
use crate::settings;
pub(super) use live::Live;

/// Why a part is not looked at that was to be left out.
const SKIP: &str = "--skip leaves it out";

/// Looks at everything, tests what that leaves open, and prints what it comes to.
pub async fn run(connection: &Connection, args: &Doctor, output: &mut Output) -> Result<u8, Failure> {
    args.events.check_beside(args.checkup.read_only, "--read-only")?;
    let earlier = args.compare.as_deref().map(|file| bundle::earlier(file, output)).transpose()?;
    args.save.as_deref().map(|file| bundle::check_target(file, false, output)).transpose()?;
    let api = connect(&settings::connect_options(connection)).await?;
    let parts = look(&api, connection, &args.checkup, output).await?;
    let mut report = Report::of_all(&parts).ok_or("nothing was looked at")?;
    if let Some(earlier) = &earlier {
        report.compare(earlier);
    }
    // What was found is told even where it cannot be kept.
    let status = events::print(&api, (&report, &parts), (&args.output, args.events), output).await?;
    if let Some(file) = &args.save {
        bundle::save(&Bundle::new(parts, Timestamp::now()), file, output)?;
    }
    Ok(status)
}

/// Looks at everything and tests what that leaves open, with the plan and what is going on on stderr. The first
/// evidence says what was asked; each of the others is that of one part or test.
pub async fn look(
    api: &Api,
    connection: &Connection,
    args: &CheckUpArgs,
    output: &Output,
) -> Result<Vec<Evidence>, Failure> {
    // What cannot be read of this machine is told before anything is asked.
    settings::probe_plan(&args.probing)?;
    let (stop, live) = (CancellationToken::new(), Live::new(output.is_watched()));
    let visit = Visit::new(api, connection, args, output, &live, &stop);
    visit.announce();
    let parts = parts::until_stopped(visit.parts(), &stop).await;
    live.finish();
    parts
}

/// The same within something that goes on for longer: nothing is shown, and it ends in order when `stop` is cancelled.
pub async fn look_quietly(
    api: &Api,
    connection: &Connection,
    args: &CheckUpArgs,
    output: &Output,
    stop: &CancellationToken,
) -> Result<Vec<Evidence>, Failure> {
    let live = Live::new(false);
    Visit::new(api, connection, args, output, &live, stop).parts().await
}

/// One visit: what all its parts need.
struct Visit<'a> {
    api: &'a Api,
    connection: &'a Connection,
    args: &'a CheckUpArgs,
    /// The namespace of the context, or the one that was named.
    namespace: String,
    deadline: Instant,
    output: &'a Output,
    live: &'a Live,
    stop: &'a CancellationToken,
}

/// What one part came to: evidence of its own, and what it could not do.
#[derive(Default)]
struct Part {
    evidence: Vec<Evidence>,
    unread: Vec<Unread>,
}

impl<'a> Visit<'a> {
    fn new(
        api: &'a Api,
        connection: &'a Connection,
        args: &'a CheckUpArgs,
        output: &'a Output,
        live: &'a Live,
        stop: &'a CancellationToken,
    ) -> Self {
        let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
        let deadline = Instant::now() + args.max_duration;
        Self { api, connection, args, namespace, deadline, output, live, stop }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Where it looks for workloads and Harbor.
    fn place(&self) -> String {
        match self.args.all_namespaces {
            true => "all namespaces".into(),
            false => format!("namespace {}", self.namespace),
        }
    }

    fn announce(&self) {
        let tests = match self.args.read_only {
            true => "nothing is created".to_string(),
            false => {
                format!("then what stays open is tested with at most {} short-lived pods", self.args.max_pods)
            }
        };
        let wanted = |part, text| if self.args.wants(part) { text } else { "" };
        self.output.remark(&format!(
            "plan: workloads{} in {}{}{}; {tests}; at most {} s.",
            wanted(CheckUpPart::Secrets, " and their pull secrets"),
            self.place(),
            wanted(CheckUpPart::Harbor, ", Harbor if there is one"),
            wanted(CheckUpPart::Clocks, ", the nodes' clocks by their leases"),
            self.args.max_duration.as_secs()
        ));
    }

    /// All parts; the first says what was asked.
    async fn parts(&self) -> Result<Vec<Evidence>, Failure> {
        let (tested, harbor, clocks) =
            tokio::join!(self.workloads_and_tests(), self.harbors(), self.clocks());
        let mut parts = match tested {
            Err(failure) if harbor.evidence.is_empty() && clocks.evidence.is_empty() => return Err(failure),
            Err(failure) => vec![self.without_workloads(&failure)?],
            Ok(parts) => parts,
        };
        let skipped = CheckUpPart::value_variants().iter().filter(|part| !self.args.wants(**part));
        let skipped = skipped.map(|part| left_out(part.describe(), "it is not looked at", SKIP));
        let mut unread: Vec<Unread> = skipped.collect();
        for part in [harbor, clocks] {
            parts.extend(part.evidence);
            unread.extend(part.unread);
        }
        if let Some(first) = parts.first_mut() {
            first.unread.extend(unread);
            first.run.interrupted |= self.stop.is_cancelled();
        }
        Ok(parts)
    }

    /// What was asked, where the workloads could not be read and other parts have something to say.
    fn without_workloads(&self, failure: &Failure) -> Result<Evidence, Failure> {
        let scope = self.args.scope();
        let mut evidence = workloads::asked(self.api, self.connection, &scope, Action::Doctor, Some(WITHIN))?;
        // Each list would be told apart as one of which nothing is known.
        evidence.plan.scope.iter_mut().for_each(|scope| scope.reads.clear());
        evidence.unread.push(not_done("workloads, their pulls and pull secrets", failure));
        Ok(evidence)
    }

    async fn workloads_and_tests(&self) -> Result<Vec<Evidence>, Failure> {
        let seen = {
            let _doing = self.live.doing("workloads");
            workloads::read(self.api, self.connection, &self.args.scope(), Action::Doctor, Some(WITHIN))
                .await?
        };
        Ok(testing::test(self, seen).await)
    }

    async fn harbors(&self) -> Part {
        match self.args.wants(CheckUpPart::Harbor) {
            true => harbors::look(self).await,
            false => Part::default(),
        }
    }

    async fn clocks(&self) -> Part {
        if !self.args.wants(CheckUpPart::Clocks) {
            return Part::default();
        }
        let _doing = self.live.doing("clocks");
        let what = "the nodes' clocks";
        match access::missing(self.api, NAMESPACE, access::LEASES).await {
            Err(error) => return Part::of(failed(what, &error.to_string())),
            Ok(rights) => {
                if let Some(right) = rights.first() {
                    return Part::of(denied(what, &right.describe(NAMESPACE)));
                }
            }
        }
        let watching = leases::watch(self.api, Listen::default(), &(), self.stop);
        let clocks = match tokio::time::timeout(self.left(), watching).await {
            Err(_) => return Part::of(failed(what, "the time was up; --max-duration gives more")),
            Ok(Err(error)) => return Part::of(failed(what, &error.to_string())),
            Ok(Ok(clocks)) => clocks,
        };
        let plan = clock::plan_of_leases(ClockPlan::default(), self.args.max_duration);
        match super::new_run(self.api.server()) {
            Err(failure) => Part::of(failed(what, &failure.to_string())),
            Ok(run) => {
                let mut evidence = Evidence::new(run, plan, Timestamp::now());
                evidence.leases = Some(clocks);
                Part { evidence: vec![evidence], unread: Vec::new() }
            }
        }
    }
}

impl Part {
    fn of(unread: Unread) -> Self {
        Self { evidence: Vec::new(), unread: vec![unread] }
    }
}
