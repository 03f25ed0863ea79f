//! From this machine through the API server, as `kubectl port-forward` does it.

use std::time::Duration;

use futures_util::future::join_all;
use regauth::api::forward::{Forward, forward};
use regauth::api::{Api, ApiError};
use regauth::evidence::harbor::seen::Via;
use regauth::evidence::harbor::{CorePod, Harbor as Found, Unread};
use regauth::evidence::{Evidence, Outcome, Probe, ProbeSeen, Step};
use regauth::plan::{CoreAddress, HarborAsk};
use regauth::text::Clean;

use super::super::{Failure, new_run};
use super::cluster::Front;
use super::here;
use crate::cli::Harbor;

/// How long a pod's port-forward may take to begin: its kubelet may be away.
const PATIENCE: Duration = Duration::from_secs(10);

/// A core whose port is forwarded.
struct Forwarded<'a> {
    pod: &'a CorePod,
    open: Forward,
}

/// Asks the cores that can be forwarded to; of the others the report says why not.
pub(super) async fn ask(
    api: &Api,
    args: &Harbor,
    found: &mut Found,
    front: &Front,
) -> Result<Evidence, Failure> {
    let cores: Vec<CorePod> = found.cores.iter().filter(|core| !core.ip.is_empty()).cloned().collect();
    let tried = join_all(cores.iter().map(|core| begin(api, &found.namespace, core))).await;
    let (mut forwards, mut failed) = (Vec::new(), Vec::new());
    for (pod, tried) in cores.iter().zip(tried) {
        match tried {
            Ok(open) => forwards.push(Forwarded { pod, open }),
            Err(outcome) => failed.push(unread(pod, outcome)),
        }
    }
    if let (true, Some(first)) = (forwards.is_empty(), failed.first()) {
        return Err(format!("no core can be asked through port-forward: {}", words(&first.outcome)).into());
    }
    found.unread.append(&mut failed);
    let address = |one: &Forwarded<'_>| CoreAddress {
        name: one.pod.name.clone(),
        address: one.open.address().to_string(),
        tls: one.pod.tls,
    };
    let ask = HarborAsk {
        via: Via::PortForward,
        cores: forwards.iter().map(address).collect(),
        ..super::ask(args, front.external.clone())
    };
    let image = here::wants_credential(args).then(|| front.image(args)).transpose()?;
    let run = new_run(api.server())?;
    let Some((mut probe, interrupted)) = here::look(args, ask.clone(), image.clone()).await? else {
        return Err(Failure::interrupted("stopped at once".into()));
    };
    found.unread.extend(forwards.iter().filter_map(problem));
    show_addresses(&mut probe, &forwards);
    Ok(here::evidence(run, found.namespace.clone(), args, ask, image, probe, interrupted))
}

async fn begin(api: &Api, namespace: &str, core: &CorePod) -> Result<Forward, Outcome<()>> {
    match tokio::time::timeout(PATIENCE, forward(api, namespace, &core.name, core.port)).await {
        Ok(Ok(open)) => Ok(open),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(Outcome::Failed {
            step: Step::Read,
            message: Clean::new(
                "the port-forward did not begin within 10 s: is the kubelet of its node reachable?",
            ),
        }),
    }
}

fn refused(error: &ApiError) -> Outcome<()> {
    match error.code() {
        Some(status @ (401 | 403)) => Outcome::Denied { status, message: error.message() },
        _ => Outcome::Failed { step: Step::Read, message: Clean::new(&error.to_string()) },
    }
}

fn words(outcome: &Outcome<()>) -> String {
    match outcome {
        Outcome::Denied { message, .. } | Outcome::Failed { message, .. } => message.to_string(),
        _ => String::new(),
    }
}

fn unread(pod: &CorePod, outcome: Outcome<()>) -> Unread {
    let denied = matches!(outcome, Outcome::Denied { .. });
    let settled_by = if denied { "get and create pods/portforward" } else { "" };
    Unread {
        what: format!("core {} through port-forward", pod.name),
        outcome,
        settled_by: Clean::new(settled_by),
    }
}

/// What a connection failed for: its client sees no more than that it ends.
fn problem(one: &Forwarded<'_>) -> Option<Unread> {
    let message = one.open.problem()?;
    Some(unread(one.pod, Outcome::Failed { step: Step::Read, message }))
}

/// The cores' own addresses in the place of this machine's ports.
fn show_addresses(probe: &mut Probe, forwards: &[Forwarded<'_>]) {
    let Outcome::Seen { value } = &mut probe.outcome else { return };
    for one in forwards {
        let local = one.open.address();
        let ProbeSeen { harbor, endpoints, .. } = value;
        for core in harbor.iter_mut().flat_map(|seen| &mut seen.cores) {
            if core.address == local.to_string() {
                core.address = one.pod.address();
            }
        }
        for endpoint in endpoints {
            if endpoint.port == local.port() && endpoint.host.as_str() == local.ip().to_string() {
                endpoint.host = Clean::new(&one.pod.ip);
                endpoint.port = one.pod.port;
            }
        }
    }
}
