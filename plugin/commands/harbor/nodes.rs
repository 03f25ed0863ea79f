//! What nodes say beside the cores: whether they reach Harbor's external URL, and their clocks.

use jiff::Timestamp;
use regauth::api::Api;
use regauth::collect::leases::{self, Listen};
use regauth::evidence::harbor::{Harbor as Found, Unread};
use regauth::evidence::{Action, Evidence, Outcome, Step};
use regauth::plan::{Check, ClockPlan, HarborAsk, HarborPlan};
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

/// Asks the front door from every node's own network, without a credential.
pub(super) async fn ask(
    api: &Api,
    namespace: &str,
    args: &Harbor,
    url: Option<&str>,
    output: &mut Output,
) -> Result<Evidence, Failure> {
    let Some(url) = url else {
        return Err(
            "Harbor's external URL (EXT_ENDPOINT) could not be read: name it with --front https://HOST, \
                    for --from-nodes"
                .into(),
        );
    };
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
    let nodes =
        NodeArgs { nodes: Vec::new(), node_selector: None, all_nodes: false, one_first: OneFirst::Never };
    let identity = unidentified();
    let run = RunArgs { dry_run: DryRun::None, ..args.run };
    let flags = Flags { identity: &identity, nodes: &nodes, run: &run, output: &args.output };
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
