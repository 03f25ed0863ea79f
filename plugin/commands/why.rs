//! `kubectl regauth why`.

use regauth::api::{Api, connect};
use regauth::code::Code;
use regauth::collect::identity::WorkloadRef;
use regauth::evidence::workloads::{FailingPull, PullState, Workloads};
use regauth::evidence::{Action, Evidence};
use regauth::plan::Check;
use regauth::registry::reference::Reference;
use regauth::report::{NotChecked, NotCheckedState, Report};

use super::planning::{Flags, Wanted};
use super::runs::{self, Carried};
use super::{Failure, workloads};
use crate::cli::{Connection, DryRun, IdentityArgs, NodeArgs, OneFirst, RunArgs, Why};
use crate::output::Output;
use crate::settings;

/// How many identities `--probe` tests.
const IDENTITIES: usize = 5;
/// How many images of each.
const IMAGES: usize = 5;
/// Causes that a pull settles no further, or makes worse.
const LEFT_ALONE: &[Code] = &[
    Code::RateLimited,
    Code::AccountLocked,
    Code::InvalidImageName,
    Code::ImageNeverPulled,
    Code::NodeDiskFull,
];

/// Says why pods lack their image.
pub async fn run(connection: &Connection, args: &Why, output: &mut Output) -> Result<u8, Failure> {
    if let Some(flag) = args.probing.given().filter(|_| !args.probe) {
        return Err(format!("{flag} is for the test of the pulls that fail: add --probe").into());
    }
    let api = connect(&settings::connect_options(connection)).await?;
    let evidence = workloads::read(&api, connection, &args.scope, Action::Why, None).await?;
    let mut report = Report::of(&evidence);
    if args.probe {
        test_again(&api, args, &evidence, &mut report, output).await;
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

/// Tests the pulls that fail. What is known already is kept, whatever comes of a test.
async fn test_again(api: &Api, args: &Why, evidence: &Evidence, report: &mut Report, output: &mut Output) {
    let tests = tests(evidence, report);
    if tests.len() > IDENTITIES {
        output.note(&format!(
            "{} workloads lack an image: the first {IDENTITIES} are tested; name one to test another",
            tests.len()
        ));
    }
    for test in tests.into_iter().take(IDENTITIES) {
        let what = format!("the pull of {} in namespace {}", test.images.join(", "), test.namespace);
        match carry_out(api, args, test, output).await {
            Ok(Some(tested)) => report.add(Report::of(&tested)),
            Ok(None) => {}
            Err(failure) => report.not_checked.push(NotChecked {
                what,
                state: NotCheckedState::Failed,
                why: failure.to_string(),
            }),
        }
        if report.run.interrupted {
            return;
        }
    }
}

async fn carry_out(
    api: &Api,
    args: &Why,
    test: Test<'_>,
    output: &mut Output,
) -> Result<Option<Evidence>, Failure> {
    let nodes =
        NodeArgs { nodes: test.nodes, node_selector: None, all_nodes: false, one_first: OneFirst::Auto };
    let run = RunArgs { dry_run: DryRun::None, timeout: args.scope.timeout, keep: false, yes: args.yes };
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
    match runs::carry_out(api, test.namespace, flags, wanted, output).await? {
        Carried::Out(evidence) => Ok(Some(*evidence)),
        Carried::Printed => Ok(None),
    }
}

/// One test a workload with pulls that fail, the worst first.
fn tests<'e>(evidence: &'e Evidence, report: &Report) -> Vec<Test<'e>> {
    let Some(seen) = &evidence.workloads else { return Vec::new() };
    let told: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| LEFT_ALONE.contains(&finding.code))
        .flat_map(|finding| finding.evidence.iter().map(String::as_str))
        .collect();
    let is_worth_it = |one: &&FailingPull| {
        one.state != PullState::StartedAllTheSame
            && !told.contains(&one.id.as_str())
            && Reference::parse(&one.image).is_ok()
    };
    let mut groups: Vec<(&str, Vec<&FailingPull>)> = Vec::new();
    for one in seen.failing.iter().filter(is_worth_it) {
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
    let mut images = super::unique(&images);
    images.truncate(IMAGES);
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

#[cfg(test)]
mod tests {
    use regauth::evidence::workloads::{Events, Workload};
    use regauth::evidence::{Node, Run};
    use regauth::finding::{Finding, Subject};
    use regauth::plan::Plan;

    use super::*;

    fn failing(pod: &str, image: &str, state: PullState) -> FailingPull {
        FailingPull {
            id: format!("pod/team/{pod}/c"),
            workload: format!("workload/team/deploy/{pod}"),
            namespace: "team".into(),
            pod: pod.into(),
            container: "c".into(),
            image: image.into(),
            node: "node1".into(),
            service_account: "default".into(),
            pull_secrets: vec!["regcred".into()],
            state,
            message: None,
            said_by: None,
            events: Events::Found,
            missing_pull_secrets: Vec::new(),
            since: None,
        }
    }

    fn evidence(failing: Vec<FailingPull>) -> Evidence {
        let plan = Plan::of_this_machine(Action::Why, Vec::new(), 60);
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut evidence = Evidence::new(Run::new("abcd2345".into(), "", now), plan, now);
        let workload = |one: &FailingPull| Workload {
            id: one.workload.clone(),
            namespace: "team".into(),
            name: format!("deploy/{}", one.pod),
            ..Workload::default()
        };
        let workloads = failing.iter().map(workload).collect();
        evidence.workloads = Some(Workloads { failing, workloads, ..Workloads::default() });
        evidence.nodes = ["node1", "node2"].map(|name| Node { name: name.into(), ..Node::default() }).into();
        evidence
    }

    #[test]
    fn a_pull_is_tested_as_its_workload_on_its_node_and_on_another() {
        let evidence = evidence(vec![failing("web", "r/app:1", PullState::ErrImagePull)]);
        let tests = tests(&evidence, &Report::of(&evidence));
        assert_eq!(tests.len(), 1);
        assert_eq!((tests[0].namespace, tests[0].images.as_slice()), ("team", &["r/app:1".to_string()][..]));
        assert_eq!(tests[0].nodes, ["node1", "node2"]);
        assert_eq!(tests[0].identity.as_workload.as_ref().unwrap().to_string(), "deploy/web");
    }

    #[test]
    fn what_runs_what_is_no_name_and_what_a_pull_makes_worse_is_left_alone() {
        let evidence = evidence(vec![
            failing("runs", "r/app:1", PullState::StartedAllTheSame),
            failing("odd", "R/App:1:2", PullState::InvalidImageName),
            failing("limited", "r/app:2", PullState::ErrImagePull),
        ]);
        let mut report = Report::of(&evidence);
        let mut limit = Finding::new(Code::RateLimited, Subject::default(), "…");
        limit.evidence = vec!["pod/team/limited/c".into()];
        report.findings = vec![limit];
        assert_eq!(tests(&evidence, &report).len(), 0);
    }
}
