//! What pull, push and limits have in common: a run in the cluster that is watched, judged and printed.

use regauth::api::{Api, connect};
use regauth::error::Error;
use regauth::evidence::{Action, Evidence};
use regauth::plan::{Check, Plan};
use regauth::report::Report;
use regauth::run::{self, Finished, Observer, Prepared, manifest};
use tokio_util::sync::CancellationToken;

use super::planning::{self, Flags, Wanted};
use super::{Failure, events};
use crate::cli::{Connection, DryRun, EventArgs, OutputArgs};
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
    (printed, output): (&OutputArgs, &mut Output),
) -> Result<u8, Failure> {
    run_and_emit(connection, flags, wanted, (printed, EventArgs::default()), output).await
}

/// The same, with events of what was found where they are asked for.
pub async fn run_and_emit(
    connection: &Connection,
    flags: Flags<'_>,
    wanted: Wanted,
    printed: (&OutputArgs, EventArgs),
    output: &mut Output,
) -> Result<u8, Failure> {
    printed.1.check_beside(flags.run.dry_run != DryRun::None, "--dry-run")?;
    let api = connect(&settings::connect_options(connection)).await?;
    let namespace = connection.namespace.clone().unwrap_or_else(|| api.default_namespace().to_string());
    match carry_out(&api, &namespace, flags, wanted, output).await? {
        Carried::Printed => Ok(0),
        Carried::Out(evidence) => {
            events::print(&api, (&Report::of(&evidence), &[*evidence]), printed, output).await
        }
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
    let limit = flags.run.timeout;
    let planned = super::within(limit, planning::plan(api, namespace, flags, wanted)).await?;
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

/// The same within something larger, which shows its own progress and listens for signals.
pub async fn carry_out_quietly(
    api: &Api,
    namespace: &str,
    flags: Flags<'_>,
    wanted: Wanted,
    (observer, stop): (&dyn Observer, &CancellationToken),
    output: &Output,
) -> Result<Evidence, Failure> {
    let planned = super::within(flags.run.timeout, planning::plan(api, namespace, flags, wanted)).await?;
    let mut finished = run::pull(api, &planned.prepared, observer, stop).await?;
    finished.evidence.builders = planned.builders;
    tell_what_is_left(&finished, &planned.prepared, output);
    Ok(finished.evidence)
}

/// Prints a report; returns the exit status that it means.
pub fn print(report: &Report, args: &OutputArgs, output: &mut Output) -> Result<u8, Failure> {
    output.data(&render::report(report, args.output, output.width(), output.colour())?)?;
    Ok(report.exit_status(settings::fail_on(args.fail_on)).code())
}

fn tell_what_is_left(finished: &Finished, prepared: &Prepared, output: &Output) {
    let cleanup = cleanup_command(&prepared.plan.namespace, prepared);
    if let Some(error) = &finished.left_behind {
        output.warning(&format!(
            "the run could not be removed whole ({error}); its Job's deadline will, or `{cleanup}`"
        ));
    }
    if prepared.plan.keep {
        output.note(&format!("the run is kept; to remove it: {cleanup}"));
    }
}

fn cleanup_command(namespace: &str, prepared: &Prepared) -> String {
    format!("kubectl regauth cleanup -n {namespace} --run {}", prepared.run.id)
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
        Action::Pull | Action::Why | Action::Secrets | Action::Doctor => plan.images.join(", "),
        Action::Push => format!("push to {}", plan.images.join(", ")),
        Action::Limits => "pull limits".into(),
        Action::Harbor => format!("Harbor in {}", plan.namespace),
        Action::Clock => "clocks".into(),
        Action::Explain => "a text".into(),
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
        () = signals::twice_stopped(&stop) => Err(stopped_at_once(prepared)),
    };
    bar.finish();
    result
}

/// A second signal is no misuse; what it leaves behind is named.
fn stopped_at_once(prepared: &Prepared) -> Failure {
    Failure::interrupted(what_a_stop_leaves(prepared))
}

fn what_a_stop_leaves(prepared: &Prepared) -> String {
    let Plan { namespace, probe, .. } = &prepared.plan;
    let job = manifest::job_name(&prepared.run.id);
    let aside = probe.as_ref().and_then(|probe| probe.node_namespace.as_ref());
    let aside = aside.filter(|aside| *aside != namespace);
    let places = aside.map_or_else(
        || format!("namespace {namespace}"),
        |aside| format!("the namespaces {namespace} and {aside}"),
    );
    let cleanups = std::iter::once(namespace).chain(aside).map(|one| cleanup_command(one, prepared));
    format!(
        "stopped at once: job/{job} and its pods may be left in {places}; they go at the Job's deadline, or by `{}`",
        cleanups.collect::<Vec<_>>().join(" && ")
    )
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::Timestamp;
    use regauth::evidence::Run;
    use regauth::plan::{Identity, ProbePlan, SecretSource};

    use super::*;

    fn prepared(node_namespace: Option<&str>) -> Prepared {
        let identity = Identity {
            name: "none".into(),
            service_account: "default".into(),
            pull_secrets: Vec::new(),
            source: SecretSource::Disabled,
        };
        let plan = Plan {
            namespace: "team".into(),
            images: vec!["nginx".into()],
            identity,
            action: Action::Pull,
            checks: vec![Check::ProbeNode],
            probe: Some(ProbePlan { node_namespace: node_namespace.map(Into::into), ..ProbePlan::default() }),
            harbor: None,
            clock: None,
            scope: None,
            nodes: Vec::new(),
            sampled_of: None,
            one_first: false,
            timeout_seconds: 60,
            keep: false,
            extra: serde_json::Map::new(),
        };
        let run = Run {
            id: "abcd2345".into(),
            version: "0".into(),
            server: String::new(),
            started_at: Timestamp::UNIX_EPOCH,
            interrupted: false,
            extra: serde_json::Map::new(),
        };
        Prepared { run, plan, nodes: Vec::new(), on_node: HashMap::new(), run_key: Default::default() }
    }

    #[test]
    fn a_second_signal_is_an_interruption_and_no_misuse() {
        assert_eq!(stopped_at_once(&prepared(None)).status(), 130);
        assert_eq!(Failure::from("no such flag").status(), 2);
    }

    #[test]
    fn what_a_second_signal_leaves_is_named_with_what_removes_it() {
        let told = what_a_stop_leaves(&prepared(None));
        for part in [
            "job/regauth-abcd2345 and its pods may be left in namespace team;",
            "at the Job's deadline, or by `kubectl regauth cleanup -n team --run abcd2345`",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(what_a_stop_leaves(&prepared(Some("team"))), told);
        let told = what_a_stop_leaves(&prepared(Some("nodes")));
        assert!(told.contains("in the namespaces team and nodes;"), "{told}");
        assert!(
            told.contains("--run abcd2345 && kubectl regauth cleanup -n nodes --run abcd2345`"),
            "{told}"
        );
    }
}
