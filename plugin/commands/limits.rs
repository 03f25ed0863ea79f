//! `kubectl regauth limits`.

use regauth::evidence::Action;
use regauth::plan::{Check, ProbePlan};
use regauth::probe::task::RATE_LIMIT_PREVIEW;

use super::local::{self, Here};
use super::planning::{Flags, Wanted};
use super::{Failure, runs};
use crate::cli::{Connection, Limits, LimitsNetwork};
use crate::output::Output;
use crate::settings;

/// Asks how many pulls are left.
pub async fn run(connection: &Connection, args: Limits, output: &mut Output) -> Result<u8, Failure> {
    super::parse_images(&args.images)?;
    if args.network == LimitsNetwork::Local {
        local::refuse(&[connection.given()])?;
        return local::run(here(&args)?, output).await;
    }
    let wanted = wanted(&args)?;
    let flags = Flags { identity: &args.identity, nodes: &args.nodes, run: &args.run };
    runs::run(connection, flags, wanted, (&args.output, output)).await
}

/// Docker Hub's own image for this question, and those that the user asks about.
fn images(args: &Limits) -> Vec<String> {
    let mut images = vec![RATE_LIMIT_PREVIEW.to_string()];
    images.extend(args.images.iter().cloned());
    super::unique(&images)
}

fn wanted(args: &Limits) -> Result<Wanted, Failure> {
    if let Some(flag) = args.stores.given() {
        return Err(format!("{flag} is for the credentials of this machine: add --network local").into());
    }
    let probe =
        ProbePlan { rate_limit_threshold_percent: args.threshold, ..settings::probe_plan(&args.probe)? };
    Ok(Wanted {
        action: Action::Limits,
        images: images(args),
        checks: vec![Check::ProbeNode],
        probe: Some(probe),
        harbor: None,
        clock: None,
        labels: Default::default(),
        one_node: false,
    })
}

fn here(args: &Limits) -> Result<Here<'_>, Failure> {
    let cluster = [
        args.identity.given(),
        args.nodes.given(),
        args.probe.given_for_pods(),
        args.run.given_for_cluster(),
    ];
    local::refuse(&cluster)?;
    Ok(Here {
        action: Action::Limits,
        images: images(args),
        platform: None,
        timeout: args.run.timeout,
        probe: ProbePlan { rate_limit_threshold_percent: args.threshold, ..ProbePlan::default() },
        stores: &args.stores,
        reach: &args.probe.reach,
        output: &args.output,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(args: &str) -> Limits {
        let words = ["kubectl-regauth", "limits"].into_iter().chain(args.split_whitespace());
        match Cli::try_parse_from(words).unwrap().command {
            Command::Limits(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn docker_hubs_own_image_is_asked_first_and_then_those_that_were_named() {
        let wanted = wanted(&args("nginx:1 nginx:1 --threshold 30")).unwrap();
        assert_eq!(wanted.images, [RATE_LIMIT_PREVIEW, "nginx:1"]);
        assert_eq!(wanted.checks, [Check::ProbeNode]);
        assert_eq!(wanted.probe.unwrap().rate_limit_threshold_percent, 30);
    }

    #[test]
    fn from_this_machine_nothing_of_the_cluster_can_be_asked() {
        let error = here(&args("--network local --pull-secret x")).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("leave out --pull-secret"), "{error}");
        assert_eq!(here(&args("--network local")).unwrap().images, [RATE_LIMIT_PREVIEW]);
    }
}
