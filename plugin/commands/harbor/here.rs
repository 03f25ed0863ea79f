//! From this machine: by Harbor's URL without a cluster, and what port-forward has in common with it.

use jiff::Timestamp;
use regauth::evidence::harbor::seen::Via;
use regauth::evidence::{Action, Evidence, Probe, Run};
use regauth::plan::{CoreAddress, HarborAsk, Plan, ProbePlan};
use regauth::probe::{self, HarborHere};
use regauth::report::{ExitStatus, Report};
use tokio_util::sync::CancellationToken;

use super::super::{Failure, local, new_run, runs};
use super::cluster;
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
pub(super) fn wants_credential(args: &Harbor) -> bool {
    args.project.is_some() || args.wants_store()
}

/// What was seen, and whether the user ended it; `None` at a second signal.
pub(super) async fn look(
    args: &Harbor,
    ask: HarborAsk,
    image: Option<String>,
) -> Result<Option<(Probe, bool)>, Failure> {
    let (stop, end) = (CancellationToken::new(), probe::Stop::default());
    let signals = signals::listen(&stop);
    let listening = signals.abort_handle();
    let mut stores = local::stores(&args.stores, &stop, args.run.timeout)?;
    let here = HarborHere {
        ask,
        image,
        settings: settings::of_this_machine(&args.probe.reach)?,
        limit: args.run.timeout,
        stop: end.clone(),
    };
    let runtime = tokio::runtime::Handle::current();
    // In a thread of its own: reading files and asking helpers blocks, and a second signal must end the program.
    let looking =
        tokio::task::spawn_blocking(move || runtime.block_on(probe::look_at_harbor(here, &mut stores)));
    // The first signal ends the look, which keeps what it has seen.
    let ended = stop.clone();
    let ending = tokio::spawn(async move {
        ended.cancelled().await;
        end.stop();
    });
    let probe = tokio::select! {
        probe = looking => probe.ok(),
        _ = signals => None,
    };
    ending.abort();
    listening.abort();
    Ok(probe.map(|probe| (probe, stop.is_cancelled())))
}

pub(super) fn evidence(
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
