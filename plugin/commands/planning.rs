//! What pull, push and limits have in common before a run begins: rights, identity, nodes, the plan. Nothing is
//! created here.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use regauth::api::Api;
use regauth::collect::builder;
use regauth::collect::identity::{self, Resolved};
use regauth::collect::nodes::{self, Candidate};
use regauth::collect::{access, aside, policies, sample};
use regauth::error::Error;
use regauth::evidence::{Action, BuilderConfig, Run};
use regauth::plan::{Check, ClockPlan, DockerConfigSource, HarborPlan, Plan, PlannedNode, ProbePlan};
use regauth::registry::reference::Reference;
use regauth::run::{self, Prepared};
use regauth::secret::{RunKey, RunKeyText};

use super::Failure;
use crate::cli::{DryRun, IdentityArgs, NodeArgs, OneFirst, RunArgs};
use crate::settings;

/// The flags that every run has.
#[derive(Clone, Copy)]
pub struct Flags<'a> {
    pub identity: &'a IdentityArgs,
    pub nodes: &'a NodeArgs,
    pub run: &'a RunArgs,
}

/// What a command wants of a run.
pub struct Wanted {
    pub action: Action,
    /// Images or repositories; none: the workload's own images.
    pub images: Vec<String>,
    pub checks: Vec<Check>,
    /// What probes are told; absent where none is made.
    pub probe: Option<ProbePlan>,
    /// What is asked of a Harbor.
    pub harbor: Option<HarborPlan>,
    /// What is asked of clocks.
    pub clock: Option<ClockPlan>,
    /// Labels of a builder's pod that is gone.
    pub labels: BTreeMap<String, String>,
    /// Whether one node is enough where none is named.
    pub one_node: bool,
}

impl Wanted {
    /// Of images or repositories, with nothing besides.
    pub fn of(action: Action, images: Vec<String>, checks: Vec<Check>, probe: Option<ProbePlan>) -> Self {
        let (harbor, clock, labels) = (None, None, BTreeMap::new());
        Self { action, images, checks, probe, harbor, clock, labels, one_node: false }
    }
}

/// A run that can begin, and what was learnt on the way.
pub struct Planned {
    pub prepared: Prepared,
    /// The builder's containers and their docker configurations.
    pub builders: Vec<BuilderConfig>,
    /// What the user must know of the plan.
    pub warnings: Vec<String>,
}

/// Plans a run.
pub async fn plan(
    api: &Api,
    namespace: &str,
    flags: Flags<'_>,
    mut wanted: Wanted,
) -> Result<Planned, Failure> {
    ask_for_rights(api, namespace, flags, &wanted).await?;
    check_node_namespace(api, namespace, flags, &wanted).await?;
    let mut resolved = identity::resolve(api, namespace, &settings::identity(flags.identity)).await?;
    if wanted.images.is_empty() {
        wanted.images = std::mem::take(&mut resolved.images);
    }
    let builders = take_builders(&mut wanted, &mut resolved);
    let warnings = carry_labels(api, namespace, &mut wanted, &resolved).await?;
    let id = run::new_id()?;
    let (chosen, sampled_of) = choose(api, namespace, flags, &wanted, &id).await?;
    let run_key = match wanted.probe {
        Some(_) => (&RunKey::random().map_err(|error| error.to_string())?).into(),
        None => RunKeyText::default(),
    };
    let run = Run::new(id, api.server(), Timestamp::now());
    let mut prepared = assemble(run, namespace, flags, wanted, resolved, chosen);
    prepared.plan.sampled_of = sampled_of;
    prepared.run_key = run_key;
    Ok(Planned { prepared, builders, warnings })
}

async fn ask_for_rights(
    api: &Api,
    namespace: &str,
    flags: Flags<'_>,
    wanted: &Wanted,
) -> Result<(), Failure> {
    let mut rights = access::PULL.to_vec();
    rights.extend(flags.identity.as_workload.as_ref().map(|workload| workload.right()));
    if flags.run.dry_run == DryRun::Client {
        rights.retain(|right| matches!(right.verb, "get") || right.resource == "nodes");
    }
    let has_labels = flags.identity.as_workload.is_some() || !wanted.labels.is_empty();
    if has_labels && wanted.checks.contains(&Check::ProbePod) {
        rights.extend(policies::RIGHTS);
    }
    let rights =
        access::missing(api, namespace, &rights).await.map_err(Error::doing("ask for your rights"))?;
    match rights.is_empty() {
        true => Ok(()),
        false => {
            let part = match (flags.run.dry_run, wanted.action) {
                (DryRun::Client, _) => "--read-only",
                (_, Action::Harbor) => "--harbor",
                (_, Action::Clock) => "--clock",
                _ => "--pull",
            };
            Err(Error::MissingRights { rights, namespace: namespace.into(), part }.into())
        }
    }
}

/// Where probes on the nodes' network go when the run's namespace refuses them: it must be there, and take a run.
async fn check_node_namespace(
    api: &Api,
    namespace: &str,
    flags: Flags<'_>,
    wanted: &Wanted,
) -> Result<(), Failure> {
    let named = wanted.probe.as_ref().and_then(|probe| probe.node_namespace.as_deref());
    let is_used = |named: &&str| *named != namespace && wanted.checks.contains(&Check::ProbeNode);
    let Some(node_namespace) = named.filter(is_used) else { return Ok(()) };
    Ok(aside::check(api, node_namespace, flags.run.dry_run != DryRun::Client).await?)
}

/// A push as a workload is done with the docker configurations that its containers mount. Pull secrets play no
/// part in what a builder pushes.
fn take_builders(wanted: &mut Wanted, resolved: &mut Resolved) -> Vec<BuilderConfig> {
    let (Action::Push, Some(probe)) = (wanted.action, wanted.probe.as_mut()) else { return Vec::new() };
    let Some(workload) = &resolved.workload else {
        if !probe.docker_configs.is_empty() {
            resolved.identity.pull_secrets.clear();
        }
        return Vec::new();
    };
    let builders = builder::configs(&workload.template.spec, &resolved.ambient);
    let mut found: Vec<DockerConfigSource> = Vec::new();
    for source in builders.iter().filter_map(|builder| builder.found.as_ref()) {
        let same = |one: &DockerConfigSource| {
            (&one.secret, &one.config_map, &one.key) == (&source.secret, &source.config_map, &source.key)
        };
        if !found.iter().any(same) {
            found.push(source.clone());
        }
    }
    probe.docker_configs = found;
    resolved.identity.pull_secrets.clear();
    builders
}

/// Gives pods on the pod network those labels that NetworkPolicies select on; returns warnings.
async fn carry_labels(
    api: &Api,
    namespace: &str,
    wanted: &mut Wanted,
    resolved: &Resolved,
) -> Result<Vec<String>, Failure> {
    let workload = resolved.workload.as_ref();
    let labels = workload.map_or(&wanted.labels, |workload| &workload.template.metadata.labels);
    let Some(probe) = wanted.probe.as_mut() else { return Ok(Vec::new()) };
    if labels.is_empty() || !wanted.checks.contains(&Check::ProbePod) {
        return Ok(Vec::new());
    }
    let seen = policies::policies(api, namespace, labels).await?;
    if !seen.labels.is_empty() {
        let name = resolved.identity.name.as_str();
        let adopter = workload.and_then(|workload| workload.adopter.as_ref());
        policies::refuse_if_counted(api, namespace, (name, adopter), &seen.labels).await?;
    }
    probe.labels = seen.labels;
    probe.policies = seen.egress;
    let missed = |policy: &String| {
        format!(
            "networkpolicy/{policy} selects {} by a label that only a controller gives: the test pod does not come under it",
            resolved.identity.name
        )
    };
    Ok(seen.missed.iter().map(missed).collect())
}

/// The nodes of the plan; with a sample also how many there are.
async fn choose(
    api: &Api,
    namespace: &str,
    flags: Flags<'_>,
    wanted: &Wanted,
    id: &str,
) -> Result<(Vec<Candidate>, Option<usize>), Failure> {
    let references = super::parse_images(&wanted.images)?;
    let selector = flags.nodes.node_selector.clone().unwrap_or_default();
    let all = nodes::list(api, &selector, &references).await?;
    if all.is_empty() {
        let which = if selector.is_empty() { String::new() } else { format!(" with the labels {selector}") };
        return Err(format!("there is no node{which}").into());
    }
    if !flags.nodes.nodes.is_empty() {
        return Ok((nodes::only(all, &flags.nodes.nodes)?, None));
    }
    if wanted.one_node && !flags.nodes.all_nodes && selector.is_empty() {
        return Ok((vec![one(all)?], None));
    }
    if flags.nodes.all_nodes || all.len() <= sample::LARGEST {
        return Ok((all, None));
    }
    let count = all.len();
    let failing = sample::failing_nodes(api, namespace, &wanted.images).await;
    Ok((sample::draw(all, &failing, id), Some(count)))
}

/// The first node where a builder's pod could run.
fn one(nodes: Vec<Candidate>) -> Result<Candidate, Failure> {
    let rank = |node: &Candidate| {
        let facts = &node.facts;
        (facts.cordoned, !facts.os.is_empty() && facts.os != "linux")
    };
    let usable = nodes.into_iter().filter(|node| node.skip.is_none());
    usable.min_by_key(rank).ok_or_else(|| {
        "no node is ready and has room for a pod: `kubectl get nodes` shows why, --node names one all the same".into()
    })
}

fn assemble(
    run: Run,
    namespace: &str,
    flags: Flags<'_>,
    wanted: Wanted,
    resolved: Resolved,
    chosen: Vec<Candidate>,
) -> Prepared {
    let identity = resolved.identity;
    let on_node: HashMap<_, _> =
        chosen.iter().map(|node| (node.facts.name.clone(), node.has_image.clone())).collect();
    let planned = |node: &Candidate| PlannedNode { name: node.facts.name.clone(), skip: node.skip.clone() };
    let mut plan = Plan {
        namespace: namespace.into(),
        images: wanted.images,
        identity,
        action: wanted.action,
        checks: wanted.checks,
        probe: wanted.probe,
        harbor: wanted.harbor,
        clock: wanted.clock,
        scope: None,
        nodes: chosen.iter().map(planned).collect(),
        sampled_of: None,
        one_first: false,
        timeout_seconds: flags.run.timeout.as_secs(),
        keep: flags.run.keep,
        extra: serde_json::Map::new(),
    };
    plan.one_first = match flags.nodes.one_first {
        OneFirst::Auto => plan.should_go_one_first(),
        OneFirst::Always => true,
        OneFirst::Never => false,
    };
    let nodes = chosen.into_iter().map(|node| node.facts).collect();
    Prepared { run, plan, nodes, on_node, run_key: RunKeyText::default() }
}

/// How many pulls from Docker Hub a run may cost. Asking for limits and pushing cost none.
pub fn hub_pulls(plan: &Plan) -> usize {
    if plan.action != Action::Pull {
        return 0;
    }
    let hub = |image: &&String| Reference::parse(image).is_ok_and(|image| image.is_docker_hub());
    plan.images.iter().filter(hub).count() * plan.tested_nodes().count() * plan.checks.len()
}
