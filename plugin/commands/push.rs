//! `kubectl regauth push`.

use regauth::collect::builder;
use regauth::evidence::Action;
use regauth::plan::{Check, ProbePlan};
use regauth::registry::reference::Reference;

use super::local::{self, Here};
use super::planning::{Flags, Wanted};
use super::{Failure, runs};
use crate::cli::{Connection, Push, VantagePoint};
use crate::output::Output;
use crate::settings;

/// Looks whether a push is allowed.
pub async fn run(connection: &Connection, args: Push, output: &mut Output) -> Result<u8, Failure> {
    check_repository(&args.repository)?;
    check_repetition(&args)?;
    if args.network == VantagePoint::Local {
        local::refuse(&[connection.given()])?;
        return local::run(here(&args)?, output).await;
    }
    let wanted = wanted(&args)?;
    let flags = Flags { identity: &args.identity, nodes: &args.nodes, run: &args.run };
    runs::run(connection, flags, wanted, (&args.output, output)).await
}

/// A right to push is for the whole repository, and nothing is pushed.
pub fn check_repository(repository: &str) -> Result<(), Failure> {
    let reference = Reference::parse(repository)
        .map_err(|error| Failure::from(format!("{repository:?} is not a repository's name: {error}")))?;
    let part = if reference.digest().is_some() { Some("digest") } else { reference.tag().map(|_| "tag") };
    match part {
        None => Ok(()),
        Some(part) => Err(format!(
            "leave out the {part}: the right to push is for a repository, and nothing is pushed; use {}",
            reference.repository()
        )
        .into()),
    }
}

/// A repetition whose pauses alone take longer than the run may.
fn check_repetition(args: &Push) -> Result<(), Failure> {
    let pauses = args.interval.saturating_mul(args.repeat.saturating_sub(1));
    match args.repeat > 1 && pauses >= args.run.timeout {
        false => Ok(()),
        true => Err(format!(
            "the pauses of {} tries take {} s, which is not less than the time limit of {} s: try less often \
             (--repeat), with a shorter pause (--interval), or give more time (--timeout)",
            args.repeat,
            pauses.as_secs(),
            args.run.timeout.as_secs()
        )
        .into()),
    }
}

fn wanted(args: &Push) -> Result<Wanted, Failure> {
    if let Some(flag) = args.stores.given() {
        return Err(format!("{flag} is for the credentials of this machine: add --network local").into());
    }
    let check = if args.network == VantagePoint::Node { Check::ProbeNode } else { Check::ProbePod };
    if args.probe.node_config && check == Check::ProbePod {
        return Err("--node-config is for probes on the node's network: add --network node".into());
    }
    if !args.builder.labels.is_empty() && check != Check::ProbePod {
        return Err(
            "--labels are for NetworkPolicies, which apply to the pod network: add --network pod".into()
        );
    }
    let mut probe = with_repetition(settings::probe_plan(&args.probe)?, args);
    if let Some(secret) = &args.builder.docker_config_secret {
        let mut config = builder::from_flags(secret);
        if let Some(key) = &args.builder.docker_config_key {
            config.key.clone_from(key);
        }
        probe.docker_configs = vec![config];
    }
    Ok(Wanted {
        action: Action::Push,
        images: vec![args.repository.clone()],
        checks: vec![check],
        probe: Some(probe),
        harbor: None,
        clock: None,
        labels: args.builder.labels.iter().cloned().collect(),
        one_node: true,
    })
}

fn with_repetition(probe: ProbePlan, args: &Push) -> ProbePlan {
    let interval_ms = u64::try_from(args.interval.as_millis()).unwrap_or(u64::MAX);
    match args.repeat {
        0 | 1 => probe,
        repeat => ProbePlan { repeat, interval_ms, ..probe },
    }
}

fn here(args: &Push) -> Result<Here<'_>, Failure> {
    let cluster = [
        args.identity.given(),
        args.builder.given(),
        args.nodes.given(),
        args.probe.given_for_pods(),
        args.run.given_for_cluster(),
    ];
    local::refuse(&cluster)?;
    Ok(Here {
        action: Action::Push,
        images: vec![args.repository.clone()],
        platform: None,
        timeout: args.run.timeout,
        probe: with_repetition(ProbePlan::default(), args),
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

    fn args(args: &str) -> Push {
        let words = ["kubectl-regauth", "push"].into_iter().chain(args.split_whitespace());
        match Cli::try_parse_from(words).unwrap().command {
            Command::Push(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    fn of(text: &str) -> Result<Wanted, String> {
        wanted(&args(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_push_looks_from_the_pod_network_of_one_node() {
        let wanted = of("r.example.com/team/app").unwrap();
        assert_eq!((wanted.checks, wanted.one_node), (vec![Check::ProbePod], true));
        assert_eq!(wanted.probe.unwrap().repeat, 0);
    }

    #[test]
    fn a_builder_that_is_gone_is_told_by_its_secret_and_labels() {
        let wanted = of("r.example.com/a --docker-config-secret ci --docker-config-key config.json \
                         --labels app=kaniko,team=x --service-account builder")
        .unwrap();
        let config = &wanted.probe.unwrap().docker_configs[0];
        assert_eq!((config.secret.as_str(), config.key.as_str()), ("ci", "config.json"));
        assert_eq!(wanted.labels.len(), 2);
        assert!(of("r.example.com/a --labels app=x --network node").is_err());
    }

    #[test]
    fn a_repetition_has_a_number_and_a_pause() {
        let plan = of("r.example.com/a --repeat 50 --interval 200ms").unwrap().probe.unwrap();
        assert_eq!((plan.repeat, plan.interval_ms), (50, 200));
    }

    #[test]
    fn pauses_that_take_longer_than_the_run_may_are_refused_with_what_to_give() {
        for text in ["--repeat 5 --interval 15s --timeout 1m", "--repeat 2 --interval 99999h"] {
            let error = check_repetition(&args(&format!("r.example.com/a {text}"))).unwrap_err().to_string();
            assert!(error.contains("--repeat") && error.contains("(--timeout)"), "{error}");
        }
        for text in ["--interval 99999h", "--repeat 5 --interval 15s", "--repeat 300"] {
            assert!(check_repetition(&args(&format!("r.example.com/a {text}"))).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_tag_or_digest_is_refused_with_the_repository_to_use() {
        let error = check_repository("r.example.com/a:1").unwrap_err().to_string();
        assert!(error.contains("leave out the tag") && error.ends_with("use r.example.com/a"), "{error}");
        let digest = format!("r.example.com/a@sha256:{}", "0".repeat(64));
        assert!(check_repository(&digest).unwrap_err().to_string().contains("leave out the digest"));
        assert!(check_repository("r.example.com/a").is_ok());
    }

    #[test]
    fn flags_of_the_cluster_and_of_this_machine_are_kept_apart() {
        let error =
            here(&args("r.example.com/a --network local --node n")).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("--network local uses no cluster: leave out --node"), "{error}");
        assert!(here(&args("r.example.com/a --network local --repeat 3 --docker-config x")).is_ok());
        let error = of("r.example.com/a --docker-config x").map(|_| ()).unwrap_err();
        assert_eq!(error, "--docker-config is for the credentials of this machine: add --network local");
    }
}
