//! What pull, push and limits have in common: a run in the cluster that is watched, judged and printed.

use regauth::api::{Api, connect};
use regauth::error::Error;
use regauth::evidence::{Action, Evidence};
use regauth::plan::{Check, Plan};
use regauth::report::Report;
use regauth::run::{self, Finished, Observer, Prepared};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::planning::{self, Flags, Wanted};
use crate::cli::{Connection, DryRun};
use crate::output::Output;
use crate::progress::Bar;
use crate::{render, settings, signals};

/// Pulls from Docker Hub that a run makes without asking.
const HUB_PULLS: usize = 10;

/// What came of carrying out a run.
pub enum Carried {
    /// Nothing was run: the manifests were printed.
    Printed,
    /// It was run, and this was seen.
    Out(Box<Evidence>),
}

/// Plans the run, asks where it must, runs it and prints what it came to.
pub async fn run(
    connection: &Connection,
    flags: Flags<'_>,
    wanted: Wanted,
    output: &mut Output,
) -> Result<u8, Failure> {
    let api = connect(&settings::connect_options(connection)).await?;
    let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
    match carry_out(&api, &namespace, flags, wanted, output).await? {
        Carried::Printed => Ok(0),
        Carried::Out(evidence) => print(&Report::of(&evidence), flags.output, output),
    }
}

/// The same without printing what it came to, for whoever has more to add to it.
pub async fn carry_out(
    api: &Api,
    namespace: &str,
    flags: Flags<'_>,
    wanted: Wanted,
    output: &mut Output,
) -> Result<Carried, Failure> {
    let planned = planning::plan(api, namespace, flags, wanted).await?;
    let prepared = &planned.prepared;
    for warning in &planned.warnings {
        output.warning(warning);
    }
    match flags.run.dry_run {
        DryRun::None => {}
        DryRun::Client => return print_manifests(run::manifests(prepared), output),
        DryRun::Server => return dry_run_on_server(api, prepared, output).await,
    }
    confirm_hub_pulls(&prepared.plan, flags.run.yes, output)?;
    output.remark(&first_line(prepared));
    let mut finished = watched_run(api, prepared, output).await?;
    finished.evidence.builders = planned.builders;
    tell_what_is_left(&finished, prepared, output);
    Ok(Carried::Out(Box::new(finished.evidence)))
}

/// Prints a report; returns the exit status that it means.
pub fn print(report: &Report, args: &crate::cli::OutputArgs, output: &mut Output) -> Result<u8, Failure> {
    output.data(&render::report(report, args.output, output.width(), output.colour())?)?;
    Ok(report.exit_status(settings::fail_on(args.fail_on)).code())
}

fn tell_what_is_left(finished: &Finished, prepared: &Prepared, output: &Output) {
    let cleanup = cleanup_command(prepared);
    if let Some(error) = &finished.left_behind {
        output.warning(&format!(
            "the run could not be removed whole ({error}); its Job's deadline will, or `{cleanup}`"
        ));
    }
    if prepared.plan.keep {
        output.note(&format!("the run is kept; to remove it: {cleanup}"));
    }
}

fn cleanup_command(prepared: &Prepared) -> String {
    format!("kubectl regauth cleanup -n {} --run {}", prepared.plan.namespace, prepared.run.id)
}

fn confirm_hub_pulls(plan: &Plan, yes: bool, output: &Output) -> Result<(), Failure> {
    let pulls = planning::hub_pulls(plan);
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
    let tested: Vec<&str> = plan.tested_nodes().collect();
    let nodes = match tested.as_slice() {
        [one] => format!("node {one}"),
        many => format!("{} nodes", many.len()),
    };
    let networks: Vec<&str> =
        plan.checks.iter().filter_map(|check| Some(check.network()?.as_str())).collect();
    let networks = match networks.as_slice() {
        [] => String::new(),
        networks => format!(" ({} network)", networks.join(" and ")),
    };
    let what = match plan.action {
        Action::Pull => plan.images.join(", "),
        Action::Push => format!("push to {}", plan.images.join(", ")),
        Action::Limits => "pull limits".into(),
        Action::Harbor => format!("Harbor in {}", plan.namespace),
        Action::Clock => "clocks".into(),
    };
    let mut line = format!("run {}: {what} on {nodes}{networks} as {}.", prepared.run.id, plan.whom());
    if plan.checks.contains(&Check::Kubelet) {
        line.push_str(
            " The image is downloaded to the tested nodes and stays there, and each pull counts against a \
             registry's limit.",
        );
    }
    if plan.action == Action::Push && tested.len() == 1 {
        line.push_str(" --node and --all-nodes choose others.");
    }
    line
}

/// Runs with a progress bar; a first signal ends the run in order, a second one at once.
async fn watched_run(api: &Api, prepared: &Prepared, output: &Output) -> Result<Finished, Failure> {
    let stop = CancellationToken::new();
    let bar = Bar::new(output.is_watched());
    let result = tokio::select! {
        finished = run::pull(api, prepared, &bar as &dyn Observer, &stop) => finished.map_err(Failure::from),
        () = signals::twice_stopped(&stop) => Err(given_up(prepared)),
    };
    bar.finish();
    result
}

fn given_up(prepared: &Prepared) -> Failure {
    let cleanup = cleanup_command(prepared);
    format!("stopped at once; what is left of the run goes with its Job's deadline, or by `{cleanup}`").into()
}

fn print_manifests(objects: Vec<serde_json::Value>, output: &mut Output) -> Result<Carried, Failure> {
    output.data(&render::yaml_documents(&objects)?)?;
    Ok(Carried::Printed)
}

async fn dry_run_on_server(api: &Api, prepared: &Prepared, output: &mut Output) -> Result<Carried, Failure> {
    let mut objects = Vec::new();
    for answer in run::try_on_server(api, prepared).await {
        objects.push(answer.map_err(Error::doing("create the run (tried on the server)"))?);
    }
    print_manifests(objects, output)
}
