//! From this machine: through the API server's port-forward, or by Harbor's URL without a cluster.

use jiff::Timestamp;
use regauth::api::Api;
use regauth::api::forward::{Forward, forward};
use regauth::evidence::harbor::Harbor as Found;
use regauth::evidence::harbor::seen::Via;
use regauth::evidence::{Action, Evidence, Probe, Run};
use regauth::plan::{CoreAddress, HarborAsk, Plan, ProbePlan};
use regauth::probe::{self, HarborHere};
use regauth::report::{ExitStatus, Report};
use tokio_util::sync::CancellationToken;

use super::super::{Failure, local, runs};
use super::cluster::{self, Front};
use crate::cli::Harbor;
use crate::output::Output;
use crate::{settings, signals};

/// By Harbor's URL.
pub(super) async fn run(url: &str, args: &Harbor, output: &mut Output) -> Result<u8, Failure> {
    let core = |address: &std::net::SocketAddr| CoreAddress {
        name: address.to_string(),
        address: address.to_string(),
        tls: url.starts_with("https://"),
    };
    let ask = HarborAsk {
        via: Via::Url,
        cores: args.endpoints.iter().map(core).collect(),
        ..super::ask(args, Some(url.to_string()))
    };
    output.remark(&format!("asking {url} from this machine"));
    let image = wants_credential(args).then(|| super::image(url, args)).transpose()?;
    let run = new_run("")?;
    match look(args, ask.clone(), image.clone()).await? {
        None => {
            output.error("stopped at once");
            Ok(ExitStatus::Interrupted.code())
        }
        Some((probe, interrupted)) => {
            let evidence = evidence(run, String::new(), args, ask, image, probe, interrupted);
            runs::print(&Report::of(&evidence), &args.output, output)
        }
    }
}

/// With a URL, the client's own credential is used where its token is to be looked at.
fn wants_credential(args: &Harbor) -> bool {
    args.project.is_some() || args.wants_store()
}

/// Through the API server, as `kubectl port-forward` does it.
pub(super) async fn through_api(
    api: &Api,
    args: &Harbor,
    found: &Found,
    front: &Front,
    output: &mut Output,
) -> Result<Evidence, Failure> {
    let mut forwards: Vec<(String, Forward)> = Vec::new();
    let mut cores = cluster::addresses(found);
    for (core, address) in found.cores.iter().filter(|core| !core.ip.is_empty()).zip(&mut cores) {
        let open = forward(api, &found.namespace, &core.name, core.port).await?;
        let shown = std::mem::replace(&mut address.address, open.address().to_string());
        forwards.push((shown, open));
    }
    let ask = HarborAsk { via: Via::PortForward, cores, ..super::ask(args, front.external.clone()) };
    output.remark(&format!(
        "asking {} cores of Harbor in {} through port-forward",
        ask.cores.len(),
        found.namespace
    ));
    let image = wants_credential(args).then(|| front.image(args)).transpose()?;
    let run = new_run(api.server())?;
    let looked = look(args, ask.clone(), image.clone()).await?;
    let Some((mut probe, interrupted)) = looked else { return Err("stopped at once".into()) };
    show_addresses(&mut probe, &forwards);
    Ok(evidence(run, found.namespace.clone(), args, ask, image, probe, interrupted))
}

/// The cores' own addresses in the place of this machine's.
fn show_addresses(probe: &mut Probe, forwards: &[(String, Forward)]) {
    let regauth::evidence::Outcome::Seen { value } = &mut probe.outcome else { return };
    for core in value.harbor.iter_mut().flat_map(|seen| &mut seen.cores) {
        let own = forwards.iter().find(|(_, open)| open.address().to_string() == core.address);
        if let Some((shown, _)) = own {
            core.address.clone_from(shown);
        }
    }
}

/// What was seen, and whether the user ended it; `None` at a second signal.
async fn look(
    args: &Harbor,
    ask: HarborAsk,
    image: Option<String>,
) -> Result<Option<(Probe, bool)>, Failure> {
    let stop = CancellationToken::new();
    let signals = signals::listen(&stop);
    let mut stores = local::stores(&args.stores, &stop, args.run.timeout)?;
    let here = HarborHere {
        ask,
        image,
        settings: settings::of_this_machine(&args.probe.reach)?,
        limit: args.run.timeout,
        stop: probe::Stop::default(),
    };
    let runtime = tokio::runtime::Handle::current();
    let ended = stop.clone();
    // In a thread of its own: reading files and asking helpers blocks, and a second signal must end the program.
    let looking = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = ended.cancelled() => probe::interrupted(),
                probe = probe::look_at_harbor(here, &mut stores) => probe,
            }
        })
    });
    let probe = tokio::select! {
        probe = looking => probe.ok(),
        _ = signals => None,
    };
    Ok(probe.map(|probe| (probe, stop.is_cancelled())))
}

fn new_run(server: &str) -> Result<Run, Failure> {
    Ok(Run::new(regauth::run::new_id()?, server, Timestamp::now()))
}

fn evidence(
    mut run: Run,
    namespace: String,
    args: &Harbor,
    ask: HarborAsk,
    image: Option<String>,
    probe: Probe,
    interrupted: bool,
) -> Evidence {
    run.interrupted = interrupted;
    let plan = Plan {
        namespace,
        probe: Some(ProbePlan {
            proxy: args.probe.reach.proxy.clone(),
            plain_http: args.probe.reach.plain_http.clone(),
            ..ProbePlan::default()
        }),
        harbor: Some(cluster::plan(args, ask)),
        ..Plan::of_this_machine(Action::Harbor, image.into_iter().collect(), args.run.timeout.as_secs())
    };
    Evidence { probes: vec![probe], ..Evidence::new(run, plan, Timestamp::now()) }
}
