//! A run, and where its namespace refuses the nodes' network, one aside in a namespace that allows it: the same
//! nodes and images, without any credential.

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Part, one};
use crate::api::Api;
use crate::error::Error;
use crate::evidence::{CredentialUse, Network, Outcome, Probe, Step};
use crate::plan::{Check, Identity, SecretSource};
use crate::run::{Finished, Observer, Prepared};
use crate::text::Clean;

/// The ServiceAccount that every namespace has.
const DEFAULT_ACCOUNT: &str = "default";

pub(in crate::run) async fn run(
    api: &Api,
    prepared: &Prepared,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Finished, Error> {
    let begun = Instant::now();
    let Some(namespace) = other_namespace(prepared) else {
        return one(api, prepared, observer, stop, Part::Whole).await;
    };
    let (refused, is_refused) = oneshot::channel();
    let aside = async {
        is_refused.await.ok()?;
        let anonymous = without_credentials(prepared, &namespace, begun.elapsed().as_secs());
        Some(match one(api, &anonymous, &(), stop, Part::Aside).await {
            Ok(finished) => finished,
            Err(error) => could_not_begin(&anonymous, &error),
        })
    };
    let (finished, aside) = tokio::join!(one(api, prepared, observer, stop, Part::Tells(refused)), aside);
    let mut finished = finished?;
    if let Some(aside) = aside {
        let probes = aside.evidence.probes;
        // What was refused here and seen there is no gap.
        let seen = |node: &str| probes.iter().any(|probe| probe.node == node && probe.seen().is_some());
        finished.evidence.probes.retain(|probe| {
            probe.network != Network::Node
                || !matches!(probe.outcome, Outcome::Denied { .. })
                || !seen(&probe.node)
        });
        // In the plan's namespace a node may have a row already.
        let probes = probes.into_iter();
        finished
            .evidence
            .probes
            .extend(probes.map(|probe| Probe { id: format!("{}@{namespace}", probe.id), ..probe }));
        finished.evidence.collected_at = Timestamp::now();
        finished.left_behind = finished.left_behind.or(aside.left_behind);
    }
    Ok(finished)
}

/// Where probes on the nodes' network may go instead.
fn other_namespace(prepared: &Prepared) -> Option<String> {
    let plan = &prepared.plan;
    let wanted = plan.probe.as_ref()?.node_namespace.clone()?;
    (plan.checks.contains(&Check::ProbeNode) && wanted != plan.namespace).then_some(wanted)
}

/// The probes of a run on the nodes' network, in another namespace, as nobody.
fn without_credentials(prepared: &Prepared, namespace: &str, seconds_gone: u64) -> Prepared {
    let mut aside = prepared.clone();
    let plan = &mut aside.plan;
    plan.namespace = namespace.to_string();
    plan.checks = vec![Check::ProbeNode];
    plan.identity = Identity {
        name: format!("serviceaccount/{DEFAULT_ACCOUNT}"),
        service_account: DEFAULT_ACCOUNT.into(),
        pull_secrets: Vec::new(),
        source: SecretSource::Disabled,
    };
    // There is no credential to be careful with.
    plan.one_first = false;
    plan.timeout_seconds = plan.timeout_seconds.saturating_sub(seconds_gone).max(1);
    if let Some(probe) = &mut plan.probe {
        probe.docker_configs.clear();
        // Names mean something else there, or nothing; the report says that they were left out.
        probe.image_pull_secrets.clear();
        probe.ca_bundle.take_if(|bundle| bundle.object().is_some());
    }
    aside
}

/// Its rows, where it could not begin at all.
fn could_not_begin(aside: &Prepared, error: &Error) -> Finished {
    let message = Clean::new(&error.to_string());
    let tracker = crate::run::track::Tracker::new(&aside.plan, &aside.run.id);
    let mut evidence = crate::run::harvest::evidence(&tracker, aside, false);
    evidence.probes = (aside.plan.tested_nodes())
        .map(|node| Probe {
            id: format!("probe/{node}/node"),
            node: node.to_string(),
            network: Network::Node,
            namespace: aside.plan.namespace.clone(),
            pod: String::new(),
            credential: CredentialUse::AsPlanned,
            outcome: Outcome::Failed { step: Step::Create, message: message.clone() },
            seen_at: None,
        })
        .collect();
    Finished { evidence, left_behind: None }
}
