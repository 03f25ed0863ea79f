//! `kubectl regauth why`.

use regauth::api::{Api, connect};
use regauth::collect::identity::WorkloadRef;
use regauth::evidence::workloads::{FailingPull, Workloads};
use regauth::evidence::{Action, Evidence};
use regauth::plan::Check;
use regauth::report::Report;

use super::planning::{Flags, Wanted};
use super::runs::{self, Carried};
use super::{Failure, workloads};
use crate::cli::{Connection, DryRun, IdentityArgs, NodeArgs, OneFirst, RunArgs, Why};
use crate::output::Output;
use crate::settings;

/// How many identities `--probe` tests.
const IDENTITIES: usize = 5;

/// Says why pods lack their image.
pub async fn run(connection: &Connection, args: &Why, output: &mut Output) -> Result<u8, Failure> {
    if let Some(flag) = args.probing.given().filter(|_| !args.probe) {
        return Err(format!("{flag} is for the test of the pulls that fail: add --probe").into());
    }
    let api = connect(&settings::connect_options(connection)).await?;
    let evidence = workloads::read(&api, connection, &args.scope, Action::Why, None).await?;
    let mut report = Report::of(&evidence);
    if args.probe {
        for tested in test_again(&api, args, &evidence, output).await? {
            report.add(Report::of(&tested));
        }
    }
    runs::print(&report, &args.output, output)
}

/// A pull that is to be tested again: one workload's, on a node where it fails and on one where it should not.
struct Test<'e> {
    namespace: &'e str,
    identity: IdentityArgs,
    images: Vec<String>,
    nodes: Vec<String>,
}

async fn test_again(
    api: &Api,
    args: &Why,
    evidence: &Evidence,
    output: &mut Output,
) -> Result<Vec<Evidence>, Failure> {
    let tests = tests(evidence);
    if tests.len() > IDENTITIES {
        output.note(&format!(
            "{} workloads lack an image: the first {IDENTITIES} are tested; name one to test another",
            tests.len()
        ));
    }
    let mut seen = Vec::new();
    for test in tests.into_iter().take(IDENTITIES) {
        let nodes =
            NodeArgs { nodes: test.nodes, node_selector: None, all_nodes: false, one_first: OneFirst::Auto };
        let run = RunArgs { dry_run: DryRun::None, timeout: args.scope.timeout, keep: false, yes: true };
        let flags = Flags { identity: &test.identity, nodes: &nodes, run: &run, output: &args.output };
        let wanted = Wanted {
            action: Action::Pull,
            images: test.images,
            checks: vec![Check::Kubelet, Check::ProbeNode],
            probe: Some(settings::probe_plan(&args.probing)?),
            harbor: None,
            clock: None,
            labels: Default::default(),
            one_node: false,
        };
        if let Carried::Out(evidence) = runs::carry_out(api, test.namespace, flags, wanted, output).await? {
            let interrupted = evidence.run.interrupted;
            seen.push(*evidence);
            if interrupted {
                break;
            }
        }
    }
    Ok(seen)
}

/// One test a workload with pulls that fail, the worst first.
fn tests(evidence: &Evidence) -> Vec<Test<'_>> {
    let Some(seen) = &evidence.workloads else { return Vec::new() };
    let mut groups: Vec<(&str, Vec<&FailingPull>)> = Vec::new();
    for one in &seen.failing {
        match groups.iter_mut().find(|(workload, _)| *workload == one.workload) {
            Some((_, group)) => group.push(one),
            None => groups.push((&one.workload, vec![one])),
        }
    }
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    groups.into_iter().filter_map(|(_, group)| test(seen, &group, evidence)).collect()
}

fn test<'e>(seen: &'e Workloads, group: &[&'e FailingPull], evidence: &Evidence) -> Option<Test<'e>> {
    let first = group.first()?;
    let images: Vec<String> = group.iter().map(|one| one.image.clone()).collect();
    let images = super::unique(&images);
    let failing: Vec<&str> =
        group.iter().map(|one| one.node.as_str()).filter(|node| !node.is_empty()).collect();
    let started = seen.workloads.iter().flat_map(|one| &one.images);
    let started = started.filter(|one| images.contains(&one.image)).flat_map(|one| &one.started_on);
    let ready = evidence.nodes.iter().filter(|node| node.pressures.is_empty()).map(|node| &node.name);
    let healthy = started.chain(ready).find(|node| !failing.contains(&node.as_str()));
    let nodes = failing.first().map(ToString::to_string).into_iter().chain(healthy.cloned()).collect();
    Some(Test { namespace: &first.namespace, identity: identity(seen, first), images, nodes })
}

/// As the workload where it can be named, else with the pod's own pull secrets.
fn identity(seen: &Workloads, failing: &FailingPull) -> IdentityArgs {
    let name = seen.workload(&failing.workload).map(|one| one.name.as_str()).unwrap_or_default();
    let as_workload: Option<WorkloadRef> = name.parse().ok();
    let is_named = as_workload.is_some();
    IdentityArgs {
        as_workload,
        service_account: (!is_named).then(|| failing.service_account.clone()),
        no_pull_secret: !is_named && failing.pull_secrets.is_empty(),
        pull_secrets: if is_named { Vec::new() } else { failing.pull_secrets.clone() },
    }
}
