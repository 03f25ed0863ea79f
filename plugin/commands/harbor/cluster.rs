//! Harbor in the cluster: its pods by the API server, its cores from a pod or through port-forward.

use std::time::Duration;

use jiff::Timestamp;
use regauth::api::{Api, connect};
use regauth::collect::harbor as collect;
use regauth::evidence::harbor::Harbor as Found;
use regauth::evidence::harbor::seen::Via;
use regauth::evidence::{Action, Evidence, Outcome, Step};
use regauth::plan::{Check, CoreAddress, HarborAsk, HarborPlan, Plan};
use regauth::report::Report;
use regauth::secret::RunKey;

use super::super::planning::{Flags, Wanted};
use super::super::{Failure, events, runs, within};
use super::{forward, nodes, way};
use crate::cli::{Connection, DryRun, Harbor, IdentityArgs, NodeArgs, OneFirst};
use crate::output::Output;
use crate::settings;

/// Reads what the API server shows, asks the cores, prints what both come to.
pub(super) async fn run(connection: &Connection, args: &Harbor, output: &mut Output) -> Result<u8, Failure> {
    args.events.check_beside(args.run.dry_run != DryRun::None, "--dry-run")?;
    let api = connect(&settings::connect_options(connection)).await?;
    let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
    let key = RunKey::random().map_err(|error| error.to_string())?;
    let (via, why) = way::choose(args)?;
    let finding = async { Ok(collect::find(&api, &namespace, args.selector.as_deref(), &key).await?) };
    let mut found = within(args.run.timeout, finding).await?;
    let front = Front::of(&found, args);
    let from_nodes = nodes::url(args, front.external.as_deref())?;
    if args.run.dry_run == DryRun::None {
        read_more(&api, &mut found, args, &key).await;
    }
    let asked = match via {
        Via::Pod => from_a_pod_if_any(&api, &namespace, args, &found, &front, output).await?,
        _ => FromPod::Not(why),
    };
    let mut evidence = match asked {
        FromPod::Printed => return Ok(0),
        FromPod::Seen(evidence) => *evidence,
        FromPod::Not(why) => {
            if let Some(why) = why {
                output.note(&instead(&why, args));
            }
            {
                output.remark(&format!("asking Harbor's cores in {namespace} through port-forward"));
                forward::ask(&api, args, &mut found, &front).await?
            }
        }
    };
    if let Some(url) = from_nodes.filter(|_| !evidence.run.interrupted) {
        nodes::ask(&api, args, url, (&mut evidence, &mut found), output).await?;
    }
    if args.clocks && !evidence.run.interrupted {
        nodes::clocks(&api, &mut evidence, &mut found).await;
    }
    evidence.harbor = Some(found);
    let report = Report::of(&evidence);
    events::print(&api, (&report, &[evidence]), (&args.output, args.events), output).await
}

/// Harbor in a namespace as a part of something larger: without a pod, and with what each flag has by itself. Where no core
/// can be asked, what the API server shows, and why that is all.
pub async fn through_port_forward(
    api: &Api,
    namespace: &str,
    limit: Duration,
) -> Result<(Box<Evidence>, Option<String>), Failure> {
    let mut args = Harbor::without_flags()?;
    args.run.timeout = limit;
    let key = RunKey::random().map_err(|error| error.to_string())?;
    let mut found = collect::find(api, namespace, None, &key).await?;
    let front = Front::of(&found, &args);
    match forward::ask(api, &args, &mut found, &front).await {
        Ok(mut evidence) => {
            evidence.harbor = Some(found);
            Ok((Box::new(evidence), None))
        }
        Err(failure) => {
            let run = super::super::new_run(api.server())?;
            Ok((Box::new(unasked(run, found, limit.as_secs())), Some(failure.to_string())))
        }
    }
}

/// What the API server alone shows.
fn unasked(run: regauth::evidence::Run, found: Found, seconds: u64) -> Evidence {
    let plan = Plan {
        namespace: found.namespace.clone(),
        checks: Vec::new(),
        harbor: Some(HarborPlan::default()),
        ..Plan::of_this_machine(Action::Harbor, Vec::new(), seconds)
    };
    Evidence { harbor: Some(found), ..Evidence::new(run, plan, Timestamp::now()) }
}

fn instead(why: &str, args: &Harbor) -> String {
    let without = match &args.pull_secret {
        None => "",
        Some(_) => ", without the pull secret, which this program does not read",
    };
    format!("{why}: the cores are asked through port-forward{without}")
}

/// What is read in the pods: before the cores are asked, since asking leaves telling lines in their logs, too.
async fn read_more(api: &Api, found: &mut Found, args: &Harbor, key: &RunKey) {
    if args.exec {
        collect::checksums(api, found, key).await;
    }
    if let Some(since) = args.logs {
        collect::logs(api, found, since).await;
    }
}

/// The doors before the cores.
pub(super) struct Front {
    /// What is asked from a pod.
    pub inside: Option<String>,
    /// Harbor's external URL, by which clients and their credentials know it.
    pub external: Option<String>,
}

impl Front {
    fn of(found: &Found, args: &Harbor) -> Self {
        let known = |url: Option<&str>| url.filter(|url| !url.is_empty()).map(str::to_string);
        let door = found.front.as_ref();
        let external = known(door.map(|door| door.external_url.as_str()));
        let inside = known(door.map(|door| door.service_url.as_str()));
        Self { inside: args.front.clone().or(inside), external: args.front.clone().or(external) }
    }

    /// The image by which a credential is looked up.
    pub fn image(&self, args: &Harbor) -> Result<String, Failure> {
        match &self.external {
            Some(url) => super::image(url, args),
            None => Err(
                "Harbor's external URL (EXT_ENDPOINT) could not be read, and a credential is looked up by \
                         it: name it with --front https://HOST"
                    .into(),
            ),
        }
    }
}

/// The cores that have an address.
pub(super) fn addresses(found: &Found) -> Vec<CoreAddress> {
    let reachable = found.cores.iter().filter(|core| !core.ip.is_empty());
    reachable
        .map(|core| CoreAddress { name: core.name.clone(), address: core.address(), tls: core.tls })
        .collect()
}

/// What came of asking from a pod.
enum FromPod {
    /// Nothing: the manifests were printed.
    Printed,
    /// This was seen.
    Seen(Box<Evidence>),
    /// No pod could look, and another way is open; why, where that is to be told.
    Not(Option<String>),
}

/// From a pod; what keeps one from looking leads to another way where the user left it open.
async fn from_a_pod_if_any(
    api: &Api,
    namespace: &str,
    args: &Harbor,
    found: &Found,
    front: &Front,
    output: &mut Output,
) -> Result<FromPod, Failure> {
    match from_a_pod(api, namespace, args, found, front, output).await {
        Ok(runs::Carried::Printed) => Ok(FromPod::Printed),
        Ok(runs::Carried::Out(evidence)) => match no_probe(&evidence).filter(|_| way::may_fall_back(args)) {
            Some(why) => Ok(FromPod::Not(Some(why))),
            None => Ok(FromPod::Seen(evidence)),
        },
        Err(failure) => {
            let asking = way::without_a_pod(api, namespace, args, failure);
            Ok(FromPod::Not(Some(within(args.run.timeout, asking).await?)))
        }
    }
}

async fn from_a_pod(
    api: &Api,
    namespace: &str,
    args: &Harbor,
    found: &Found,
    front: &Front,
    output: &mut Output,
) -> Result<runs::Carried, Failure> {
    let asked = super::ask(args, front.inside.clone());
    // Within the cluster Harbor's own proxy sends credentials to core in the clear, too.
    let is_service = args.front.is_none();
    let ask = HarborAsk {
        via: Via::Pod,
        cores: addresses(found),
        front_plain_http: is_service || asked.front_plain_http,
        ..asked
    };
    let images = match args.pull_secret {
        Some(_) => vec![front.image(args)?],
        None => Vec::new(),
    };
    let wanted = Wanted {
        action: Action::Harbor,
        images,
        checks: vec![Check::ProbePod],
        probe: Some(settings::probe_plan(&args.probe)?),
        harbor: Some(plan(args, ask)),
        clock: None,
        labels: Default::default(),
        one_node: true,
    };
    let (identity, node) = (identity(args), one_node(args));
    let flags = Flags { identity: &identity, nodes: &node, run: &args.run };
    runs::carry_out(api, namespace, flags, wanted, output).await
}

/// What is asked, with what was asked of the API server.
pub(super) fn plan(args: &Harbor, ask: HarborAsk) -> HarborPlan {
    HarborPlan { via: ask.via, exec: args.exec, logs_seconds: args.logs.as_ref().map(Duration::as_secs), ask }
}

fn identity(args: &Harbor) -> IdentityArgs {
    IdentityArgs {
        as_workload: None,
        service_account: None,
        pull_secrets: args.pull_secret.iter().cloned().collect(),
        no_pull_secret: args.pull_secret.is_none(),
    }
}

fn one_node(args: &Harbor) -> NodeArgs {
    NodeArgs::of(args.node.iter().cloned().collect(), OneFirst::Never)
}

/// Why the probe's pod did not look, where another way may.
fn no_probe(evidence: &Evidence) -> Option<String> {
    if evidence.run.interrupted {
        return None;
    }
    let why = |outcome: &Outcome<_>| match outcome {
        Outcome::Failed { step: Step::ProbeImage, message } => {
            Some(format!("the probe's image cannot be had ({message})"))
        }
        Outcome::Denied { message, .. } => Some(format!("the probe's pod was refused ({message})")),
        Outcome::Failed { step: Step::Schedule | Step::Sandbox, message } => {
            Some(format!("the probe's pod did not run ({message})"))
        }
        _ => None,
    };
    evidence.probes.iter().find_map(|probe| why(&probe.outcome))
}
