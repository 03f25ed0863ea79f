//! `kubectl regauth pull`.

use regauth::evidence::Action;
use regauth::plan::Check;

use super::planning::{Flags, Wanted};
use super::{Failure, runs};
use crate::cli::{Connection, Method, Pull, PullNetwork};
use crate::output::Output;
use crate::settings;

/// Has the nodes pull.
pub async fn run(connection: &Connection, args: Pull, output: &mut Output) -> Result<u8, Failure> {
    let wanted = wanted(&args)?;
    let flags = Flags { identity: &args.identity, nodes: &args.nodes, run: &args.run };
    runs::run_and_emit(connection, flags, wanted, (&args.output, args.events), output).await
}

fn wanted(args: &Pull) -> Result<Wanted, Failure> {
    super::parse_images(&args.images)?;
    if args.images.is_empty() && args.identity.as_workload.is_none() {
        return Err(
            "name at least one image, or a workload whose images are to be tested (--as-workload)".into()
        );
    }
    let flag = args.network.map(|_| "--network").or_else(|| args.probe.given());
    if let (Method::Kubelet, Some(flag)) = (args.method, flag) {
        return Err(format!("{flag} is for the probe: add --method probe or --method both").into());
    }
    let checks = checks(args.method, args.network);
    if args.probe.node_config && !checks.contains(&Check::ProbeNode) {
        return Err("--node-config is for probes on the node's network: add --network node or both".into());
    }
    let probe = checks.iter().any(|check| check.is_probe()).then(|| settings::probe_plan(&args.probe));
    Ok(Wanted {
        action: Action::Pull,
        images: super::unique(&args.images),
        checks,
        probe: probe.transpose()?,
        harbor: None,
        clock: None,
        labels: Default::default(),
        one_node: false,
    })
}

fn checks(method: Method, network: Option<PullNetwork>) -> Vec<Check> {
    let kubelet = (method != Method::Probe).then_some(Check::Kubelet);
    let probes: &[Check] = match (method, network.unwrap_or(PullNetwork::Node)) {
        (Method::Kubelet, _) => &[],
        (_, PullNetwork::Node) => &[Check::ProbeNode],
        (_, PullNetwork::Pod) => &[Check::ProbePod],
        (_, PullNetwork::Both) => &[Check::ProbeNode, Check::ProbePod],
    };
    kubelet.into_iter().chain(probes.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn of(args: &str) -> Result<Wanted, String> {
        let words = ["kubectl-regauth", "pull"].into_iter().chain(args.split_whitespace());
        match Cli::try_parse_from(words).map_err(|error| error.to_string())?.command {
            Command::Pull(args) => wanted(&args).map_err(|error| error.to_string()),
            other => Err(format!("{other:?}")),
        }
    }

    fn refusal(args: &str) -> String {
        of(args).map(|wanted| format!("{:?}", wanted.checks)).expect_err("it is refused")
    }

    #[test]
    fn the_kubelet_alone_is_the_default_and_needs_no_probe() {
        let wanted = of("nginx nginx").unwrap();
        assert_eq!(wanted.checks, [Check::Kubelet]);
        assert!(wanted.probe.is_none());
        assert_eq!(wanted.images, ["nginx"]);
    }

    #[test]
    fn method_and_network_say_which_pods_a_node_gets() {
        let checks = |args: &str| of(args).unwrap().checks;
        assert_eq!(checks("nginx --method probe"), [Check::ProbeNode]);
        assert_eq!(checks("nginx --method probe --network pod"), [Check::ProbePod]);
        assert_eq!(
            checks("nginx --method both --network both"),
            [Check::Kubelet, Check::ProbeNode, Check::ProbePod]
        );
    }

    #[test]
    fn flags_of_the_probe_without_it_are_refused_by_name() {
        let flags = [
            "--network pod",
            "--ca-bundle configmap/x",
            "--proxy http://p:1",
            "--plain-http r:5000",
            "--node-config",
            "--node-namespace x",
            "--probe-image r.example.com/p:1",
            "--probe-pull-secret x",
        ];
        for flag in flags {
            let name = flag.split(' ').next().unwrap();
            assert_eq!(
                refusal(&format!("nginx {flag}")),
                format!("{name} is for the probe: add --method probe or --method both")
            );
        }
        assert!(
            refusal("nginx --method probe --network pod --node-config").contains("--network node or both")
        );
    }

    #[test]
    fn an_image_or_a_workload_must_be_named() {
        assert!(refusal("").contains("name at least one image"));
        assert!(of("--as-workload deploy/web").is_ok());
        assert!(refusal("Nginx").contains("is not an image name that the kubelet takes"));
    }

    #[test]
    fn a_password_in_a_proxy_is_in_no_message() {
        let error = refusal("nginx --method probe --proxy http://ci:hunter2@proxy:3128");
        assert!(error.contains("--proxy must not hold a user and password") && !error.contains("hunter2"));
    }

    #[test]
    fn what_the_probe_is_told_stands_in_the_plan() {
        let plan = of("nginx --method probe --plain-http r:5000 --node-config --node-namespace kube-system \
                       --probe-image r.example.com/p:1 --probe-pull-secret a --ca-bundle secret/ca")
        .unwrap()
        .probe
        .unwrap();
        assert_eq!(plan.plain_http, ["r:5000"]);
        assert!(plan.node_config);
        assert_eq!(plan.node_namespace.as_deref(), Some("kube-system"));
        assert_eq!(
            (plan.image.as_str(), plan.image_pull_secrets),
            ("r.example.com/p:1", vec!["a".to_string()])
        );
        assert_eq!(plan.ca_bundle, Some(regauth::plan::CaBundle::Secret("ca".into())));
    }
}
