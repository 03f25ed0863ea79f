//! `kubectl regauth probe`.

use regauth::evidence::Action;
use regauth::plan::ProbePlan;

use super::Failure;
use super::local::{self, Here};
use crate::cli::{Connection, Probe};
use crate::output::Output;

/// How a chart's name starts in Helm.
const CHART: &str = "oci://";

/// Looks from this machine.
pub async fn run(connection: &Connection, args: &Probe, output: &mut Output) -> Result<u8, Failure> {
    if let Some(flag) = connection.given() {
        return Err(format!("probe looks from this machine and uses no cluster: leave out {flag}").into());
    }
    local::run(here(args)?, output).await
}

fn here(args: &Probe) -> Result<Here<'_>, Failure> {
    let image = args.image.strip_prefix(CHART).unwrap_or(&args.image).to_string();
    let images = vec![image];
    super::parse_images(&images)?;
    Ok(Here {
        action: Action::Pull,
        images,
        platform: args.platform.clone(),
        timeout: args.timeout,
        probe: ProbePlan::default(),
        stores: &args.stores,
        reach: &args.reach,
        output: &args.output,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(args: &str) -> Result<Probe, String> {
        let words = ["kubectl-regauth", "probe"].into_iter().chain(args.split_whitespace());
        match Cli::try_parse_from(words).map_err(|error| error.to_string())?.command {
            Command::Probe(args) => Ok(*args),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_chart_is_named_as_for_helm() {
        let args = args("oci://public.ecr.aws/team/chart:1.0").unwrap();
        assert_eq!(here(&args).unwrap().images, ["public.ecr.aws/team/chart:1.0"]);
    }

    #[test]
    fn a_url_is_no_image() {
        let args = args("https://r.example.com/a").unwrap();
        assert!(here(&args).map(|_| ()).unwrap_err().to_string().contains("leave out `https://`"));
    }

    #[test]
    fn one_file_or_one_client_can_be_chosen_but_not_both() {
        assert!(args("nginx --docker-config x --client helm").unwrap_err().contains("cannot be used with"));
        assert!(args("nginx --client podman").is_ok());
    }
}
