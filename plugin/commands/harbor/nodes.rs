//! What nodes say beside the cores: whether they reach Harbor's external URL, and their clocks.

use jiff::Timestamp;
use regauth::api::Api;
use regauth::collect::leases::{self, Listen};
use regauth::evidence::harbor::{Harbor as Found, Unread};
use regauth::evidence::{Action, Evidence, Outcome, Step};
use regauth::plan::{Check, ClockPlan, HarborAsk, HarborPlan};
use regauth::report::ExitStatus;
use regauth::text::Clean;
use tokio_util::sync::CancellationToken;

use super::super::planning::{Flags, Wanted};
use super::super::runs::{self, Carried};
use super::super::{Failure, unidentified};
use crate::cli::{DryRun, Harbor, NodeArgs, OneFirst, RunArgs};
use crate::output::Output;
use crate::{settings, signals};

/// Enough tokens to see that a node gets some.
const TOKENS: u32 = 2;

/// The URL that nodes are to ask, where they are to.
///
/// # Errors
///
/// One sentence where it is not known: before anything is asked, which takes a while.
pub(super) fn url<'a>(args: &Harbor, external: Option<&'a str>) -> Result<Option<&'a str>, Failure> {
    match external.filter(|_| args.from_nodes) {
        None if args.from_nodes => {
            Err("Harbor's external URL (EXT_ENDPOINT) could not be read: name it with --front https://HOST, \
                 for --from-nodes"
                .into())
        }
        url => Ok(url),
    }
}

/// Asks the front door from every node's own network, without a credential. What was learnt of the cores is not lost where
/// that cannot be done.
///
/// # Errors
///
/// Where the user ended it.
pub(super) async fn ask(
    api: &Api,
    args: &Harbor,
    url: &str,
    (evidence, found): (&mut Evidence, &mut Found),
    output: &mut Output,
) -> Result<(), Failure> {
    let failure = match run(api, &found.namespace, args, url, output).await {
        Ok(further) => {
            evidence.run.interrupted = further.run.interrupted;
            evidence.probes.extend(further.probes);
            return Ok(());
        }
        Err(failure) if failure.status() == ExitStatus::Interrupted.code() => return Err(failure),
        Err(failure) => failure,
    };
    let message = Clean::new(&failure.to_string());
    let outcome = match failure.missing_right() {
        Some(_) => Outcome::Denied { status: 403, message },
        None => Outcome::Failed { step: Step::Read, message },
    };
    found.unread.push(Unread {
        what: "Harbor's external URL from the nodes".into(),
        outcome,
        settled_by: Clean::new(failure.missing_right().unwrap_or_default()),
    });
    Ok(())
}

async fn run(
    api: &Api,
    namespace: &str,
    args: &Harbor,
    url: &str,
    output: &mut Output,
) -> Result<Evidence, Failure> {
    let ask = HarborAsk { front: Some(url.to_string()), front_tokens: TOKENS, ..HarborAsk::default() };
    let wanted = Wanted {
        action: Action::Harbor,
        images: Vec::new(),
        checks: vec![Check::ProbeNode],
        probe: Some(settings::probe_plan(&args.probe)?),
        harbor: Some(HarborPlan { ask, ..HarborPlan::default() }),
        clock: None,
        labels: Default::default(),
        one_node: false,
    };
    let nodes = NodeArgs::of(Vec::new(), OneFirst::Never);
    let identity = unidentified();
    let run = RunArgs { dry_run: DryRun::None, ..args.run };
    let flags = Flags { identity: &identity, nodes: &nodes, run: &run };
    match runs::carry_out(api, namespace, flags, wanted, output).await? {
        Carried::Out(evidence) => Ok(*evidence),
        Carried::Printed => Err("nothing was asked from the nodes".into()),
    }
}

/// Watches the nodes' leases for one period.
pub(super) async fn clocks(api: &Api, evidence: &mut Evidence, found: &mut Found) {
    let stop = CancellationToken::new();
    let signals = signals::listen(&stop);
    match leases::watch(api, Listen::default(), &(), &stop).await {
        Ok(clocks) => {
            evidence.leases = Some(clocks);
            evidence.plan.clock = Some(ClockPlan::default());
        }
        Err(error) => found.unread.push(Unread {
            what: "the nodes' clocks".into(),
            outcome: Outcome::Failed { step: Step::Read, message: Clean::new(&error.to_string()) },
            settled_by: Clean::new("list and watch leases in namespace kube-node-lease"),
        }),
    }
    signals.abort();
    evidence.run.interrupted = stop.is_cancelled();
    evidence.collected_at = Timestamp::now();
}
