//! `kubectl regauth pull`.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use regauth::api::{Api, connect};
use regauth::collect::nodes::Candidate;
use regauth::collect::{access, identity, nodes, sample};
use regauth::error::Error;
use regauth::evidence::{Action, Run};
use regauth::plan::{Check, Identity, Plan, PlannedNode};
use regauth::registry::reference::Reference;
use regauth::report::Report;
use regauth::run::{self, Finished, Observer, Prepared};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::cli::{Connection, DryRun, OneFirst, Pull};
use crate::output::Output;
use crate::progress::Bar;
use crate::{render, settings};

/// Pulls from Docker Hub that a run makes without asking.
const HUB_PULLS: usize = 10;
/// With a credential, this many nodes go side by side; of more, one goes first.
const SIDE_BY_SIDE: usize = 3;

/// Plans the run, asks where it must, runs it and prints what it came to.
pub async fn run(connection: &Connection, args: Pull, output: &mut Output) -> Result<u8, Failure> {
    let asked = parse_images(&args.images)?;
    if asked.is_empty() && args.identity.as_workload.is_none() {
        return Err(
            "name at least one image, or a workload whose images are to be tested (--as-workload)".into()
        );
    }
    let api = connect(&settings::connect_options(connection)).await?;
    let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
    let prepared = prepare(&api, &namespace, &args).await?;
    match args.run.dry_run {
        DryRun::None => {}
        DryRun::Client => return print_manifests(run::manifests(&prepared), output),
        DryRun::Server => return dry_run_on_server(&api, &prepared, output).await,
    }
    confirm_hub_pulls(&prepared, args.run.yes, output)?;
    output.remark(&first_line(&prepared));
    let finished = watched_run(&api, &prepared, output).await?;
    let report = Report::of(&finished.evidence);
    let id = &prepared.run.id;
    if let Some(error) = &finished.left_behind {
        output.warning(&format!(
            "the run could not be removed whole ({error}); its Job's deadline will, or \
             `kubectl regauth cleanup -n {namespace} --run {id}`"
        ));
    }
    if prepared.plan.keep {
        output.note(&format!(
            "the run is kept; to remove it: kubectl regauth cleanup -n {namespace} --run {id}"
        ));
    }
    output.data(&render::report(&report, args.output.output, output.width(), output.colour())?)?;
    Ok(report.exit_status(settings::fail_on(args.output.fail_on)).code())
}

/// Everything that is asked before the run begins; nothing is created here.
async fn prepare(api: &Api, namespace: &str, args: &Pull) -> Result<Prepared, Failure> {
    let mut rights = access::PULL.to_vec();
    rights.extend(args.identity.as_workload.as_ref().map(|workload| workload.right()));
    if args.run.dry_run == DryRun::Client {
        rights.retain(|right| matches!(right.verb, "get") || right.resource == "nodes");
    }
    let rights =
        access::missing(api, namespace, &rights).await.map_err(Error::doing("ask for your rights"))?;
    if !rights.is_empty() {
        return Err(Error::MissingRights { rights, namespace: namespace.into() }.into());
    }
    let resolved = identity::resolve(api, namespace, &settings::identity(&args.identity)).await?;
    let images = if args.images.is_empty() { resolved.images } else { unique(&args.images) };
    let references = parse_images(&images)?;
    let selector = args.nodes.node_selector.clone().unwrap_or_default();
    let all = nodes::list(api, &selector, &references).await?;
    if all.is_empty() {
        let which = if selector.is_empty() { String::new() } else { format!(" with the labels {selector}") };
        return Err(format!("there is no node{which}").into());
    }
    let id = run::new_id()?;
    let (chosen, sampled_of) = choose(api, namespace, args, &images, all, &id).await?;
    let run = Run {
        id,
        version: env!("CARGO_PKG_VERSION").into(),
        server: api.server().into(),
        started_at: Timestamp::now(),
        interrupted: false,
        extra: serde_json::Map::new(),
    };
    Ok(assemble(run, namespace, args, images, resolved.identity, chosen, sampled_of))
}

/// The nodes of the plan; with a sample also how many there are.
async fn choose(
    api: &Api,
    namespace: &str,
    args: &Pull,
    images: &[String],
    all: Vec<Candidate>,
    id: &str,
) -> Result<(Vec<Candidate>, Option<usize>), Failure> {
    if !args.nodes.nodes.is_empty() {
        return Ok((nodes::only(all, &args.nodes.nodes)?, None));
    }
    if args.nodes.all_nodes || all.len() <= sample::LARGEST {
        return Ok((all, None));
    }
    let count = all.len();
    let failing = sample::failing_nodes(api, namespace, images).await;
    Ok((sample::draw(all, &failing, id), Some(count)))
}

fn assemble(
    run: Run,
    namespace: &str,
    args: &Pull,
    images: Vec<String>,
    identity: Identity,
    chosen: Vec<Candidate>,
    sampled_of: Option<usize>,
) -> Prepared {
    let testable = chosen.iter().filter(|node| node.skip.is_none()).count();
    let one_first = match args.nodes.one_first {
        OneFirst::Auto => !identity.pull_secrets.is_empty() && testable > SIDE_BY_SIDE,
        OneFirst::Always => true,
        OneFirst::Never => false,
    };
    let on_node: HashMap<_, _> =
        chosen.iter().map(|node| (node.facts.name.clone(), node.has_image.clone())).collect();
    let plan = Plan {
        namespace: namespace.into(),
        images,
        identity,
        action: Action::Pull,
        checks: vec![Check::Kubelet],
        probe: None,
        nodes: chosen
            .iter()
            .map(|node| PlannedNode { name: node.facts.name.clone(), skip: node.skip.clone() })
            .collect(),
        sampled_of,
        one_first,
        timeout_seconds: args.run.timeout.as_secs(),
        keep: args.run.keep,
        extra: serde_json::Map::new(),
    };
    Prepared {
        run,
        plan,
        nodes: chosen.into_iter().map(|node| node.facts).collect(),
        on_node,
        run_key: String::new(),
    }
}

fn parse_images(images: &[String]) -> Result<Vec<Reference>, Failure> {
    let parse = |image: &String| {
        Reference::parse(image)
            .map_err(|error| format!("{image:?} is not an image name that the kubelet takes: {error}").into())
    };
    images.iter().map(parse).collect()
}

fn unique(images: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for image in images {
        if !unique.contains(image) {
            unique.push(image.clone());
        }
    }
    unique
}

/// How many pulls from Docker Hub the run may cost.
fn hub_pulls(plan: &Plan) -> usize {
    let hub = |image: &&String| Reference::parse(image).is_ok_and(|image| image.is_docker_hub());
    plan.images.iter().filter(hub).count() * plan.tested_nodes().count()
}

fn confirm_hub_pulls(prepared: &Prepared, yes: bool, output: &Output) -> Result<(), Failure> {
    let pulls = hub_pulls(&prepared.plan);
    if pulls == 0 || yes {
        return Ok(());
    }
    let cost = format!("this run may cost {pulls} pulls of Docker Hub's limit");
    if pulls <= HUB_PULLS {
        output.remark(&cost);
        return Ok(());
    }
    match output.ask(&format!("{cost}; go on?")) {
        Some(true) => Ok(()),
        Some(false) => Err("nothing was created".into()),
        None => {
            Err(format!("{cost}: say --yes, or test fewer nodes with --node; nothing was created").into())
        }
    }
}

fn first_line(prepared: &Prepared) -> String {
    let plan = &prepared.plan;
    format!(
        "run {}: {} on {} as {}. The image is downloaded to the tested nodes and stays there, and each \
         pull counts against a registry's limit.",
        prepared.run.id,
        plan.images.join(", "),
        match plan.tested_nodes().count() {
            1 => "1 node".to_string(),
            count => format!("{count} nodes"),
        },
        plan.identity.describe(),
    )
}

/// Runs with a progress bar; a first signal ends the run in order, a second one at once.
async fn watched_run(api: &Api, prepared: &Prepared, output: &Output) -> Result<Finished, Failure> {
    let stop = CancellationToken::new();
    let bar = Bar::new(output.is_watched());
    let result = tokio::select! {
        finished = run::pull(api, prepared, &bar as &dyn Observer, &stop) => finished.map_err(Failure::from),
        () = twice_stopped(&stop) => Err(given_up(prepared)),
    };
    bar.finish();
    result
}

fn given_up(prepared: &Prepared) -> Failure {
    let (namespace, id) = (&prepared.plan.namespace, &prepared.run.id);
    format!(
        "stopped at once; what is left of the run goes with its Job's deadline, or by \
         `kubectl regauth cleanup -n {namespace} --run {id}`"
    )
    .into()
}

/// Returns at the second signal; the first one cancels `stop`.
async fn twice_stopped(stop: &CancellationToken) {
    let mut signals = Signals::new();
    signals.next().await;
    stop.cancel();
    // Whoever holds down Ctrl-C means one signal.
    tokio::time::sleep(Duration::from_millis(300)).await;
    signals.next().await;
}

/// Ctrl-C, and on Unix SIGTERM and SIGHUP.
struct Signals {
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Self { streams: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let waits = self.streams.iter_mut().map(|stream| Box::pin(stream.recv()));
        futures_util::future::select_all(waits).await;
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn print_manifests(objects: Vec<serde_json::Value>, output: &mut Output) -> Result<u8, Failure> {
    output.data(&render::yaml_documents(&objects)?)?;
    Ok(0)
}

async fn dry_run_on_server(api: &Api, prepared: &Prepared, output: &mut Output) -> Result<u8, Failure> {
    let mut objects = Vec::new();
    for answer in run::try_on_server(api, prepared).await {
        objects.push(answer.map_err(Error::doing("create the run (tried on the server)"))?);
    }
    print_manifests(objects, output)
}
