//! The flags that make another run ask the same as this one.

use crate::diagnose::Place;
use crate::evidence::{Action, Network};
use crate::plan::{CaBundle, Check, Plan, ProbePlan};

/// Whom another run of a probe is done as. A Secret that was named as a builder's stands in place of pull secrets.
pub(crate) fn identity(plan: &Plan) -> String {
    let builder = plan.probe.iter().flat_map(|probe| &probe.docker_configs).next();
    match builder.filter(|one| plan.action == Action::Push && !one.secret.is_empty()) {
        Some(one) if !plan.identity.flags().contains("--as-workload") => format!(
            "--service-account {} --docker-config-secret {} --docker-config-key {}",
            plan.identity.service_account, one.secret, one.key
        ),
        _ => plan.identity.flags(),
    }
}

/// How another run reaches the registry, one flag with its value each.
pub(crate) fn reach(plan: &Plan, network: Network) -> Vec<String> {
    let Some(probe) = &plan.probe else { return Vec::new() };
    let mut flags = of_clients(probe);
    if network != Network::Local {
        flags.extend(of_pods(probe));
        flags.extend(of_push(plan, probe));
    }
    flags
}

fn of_clients(probe: &ProbePlan) -> Vec<String> {
    let mut flags: Vec<String> = probe.plain_http.iter().map(|host| format!("--plain-http {host}")).collect();
    flags.extend(probe.proxy.iter().map(|proxy| format!("--proxy {proxy}")));
    flags.extend(probe.ca_bundle.iter().map(|bundle| match bundle {
        CaBundle::Pem(_) => "--ca-bundle FILE".to_string(),
        CaBundle::ConfigMap(name) => format!("--ca-bundle configmap/{name}"),
        CaBundle::Secret(name) => format!("--ca-bundle secret/{name}"),
    }));
    flags
}

fn of_pods(probe: &ProbePlan) -> Vec<String> {
    let mut flags = vec![format!("--probe-image {}", probe.image)];
    flags.extend(probe.image_pull_secrets.iter().map(|name| format!("--probe-pull-secret {name}")));
    flags.extend(probe.node_config.then(|| "--node-config".to_string()));
    flags.extend(probe.node_namespace.iter().map(|name| format!("--node-namespace {name}")));
    flags
}

/// The labels of a builder that was not named, and networks other than the usual one.
fn of_push(plan: &Plan, probe: &ProbePlan) -> Vec<String> {
    if plan.action != Action::Push {
        return Vec::new();
    }
    let mut flags = Vec::new();
    if !plan.identity.flags().contains("--as-workload") && !probe.labels.is_empty() {
        let labels: Vec<String> = probe.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        flags.push(format!("--labels {}", labels.join(",")));
    }
    let has = |check| plan.checks.contains(&check);
    match (has(Check::ProbeNode), has(Check::ProbePod)) {
        (true, true) => flags.push("--network both".into()),
        (true, false) => flags.push("--network node".into()),
        _ => {}
    }
    flags
}

impl Place {
    /// The command that does a test again with flags of its own: `pull --method both`, `push`, `limits`.
    pub(super) fn again(&self, command: &str, own: &str) -> String {
        let Self { image, namespace, identity_flags, .. } = self;
        let first = match (self.is_local, command.starts_with("pull")) {
            (true, true) => format!("kubectl regauth probe {image}"),
            (true, false) => format!("kubectl regauth {command} {image} --network local"),
            (false, _) => format!("kubectl regauth {command} {image} -n {namespace} {identity_flags}"),
        };
        let name = |flag: &str| flag.split(' ').next().unwrap_or_default().to_string();
        // A second host may speak plain HTTP; of any other flag the command's own counts.
        let is_own =
            |flag: &&String| name(flag) != "--plain-http" && own.split(' ').any(|word| word == name(flag));
        let flags = self.reach_flags.iter().filter(|flag| !is_own(flag)).map(String::as_str);
        let words = std::iter::once(first.trim_end()).chain(flags).chain([own]);
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
