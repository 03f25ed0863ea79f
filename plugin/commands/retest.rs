//! Tests of pulls that what the API server shows leaves open: as the workload, on a node where the pull fails and on one
//! where it should not.

use regauth::code::Code;
use regauth::collect::identity::WorkloadRef;
use regauth::evidence::workloads::{FailingPull, ImageUse, PullState, Workload, Workloads};
use regauth::evidence::{Action, Evidence};
use regauth::plan::{Check, ProbePlan};
use regauth::registry::reference::Reference;
use regauth::report::Report;

use super::planning::Wanted;
use crate::cli::{IdentityArgs, NodeArgs, OneFirst};

/// How many images of a workload are tested.
const IMAGES: usize = 5;
/// Causes that a pull settles no further, or makes worse.
const LEFT_ALONE: &[Code] = &[
    Code::RateLimited,
    Code::AccountLocked,
    Code::InvalidImageName,
    Code::ImageNeverPulled,
    Code::NodeDiskFull,
];

/// A pull that is to be tested: one workload's.
pub struct Test {
    /// The workload's id, which tells tests apart.
    pub workload: String,
    pub namespace: String,
    pub identity: IdentityArgs,
    /// The pull secrets that it comes to, as far as that is known.
    pub pull_secrets: Vec<String>,
    pub images: Vec<String>,
    /// How many of its images are not tested.
    pub left_out: usize,
    pub nodes: Vec<String>,
}

impl Test {
    /// `2 more images of deploy/web in namespace team`, where not all are tested.
    pub fn untested(&self) -> Option<String> {
        let workload = self.identity.as_workload.as_ref().map_or("a pod".into(), ToString::to_string);
        (self.left_out > 0)
            .then(|| format!("{} more images of {workload} in namespace {}", self.left_out, self.namespace))
    }

    /// `the pull of r/app:1 in namespace team`.
    pub fn describe(&self) -> String {
        format!("the pull of {} in namespace {}", self.images.join(", "), self.namespace)
    }

    /// What such a test wants of a run.
    pub fn wanted(&self, checks: Vec<Check>, probe: Option<ProbePlan>) -> Wanted {
        Wanted::of(Action::Pull, self.images.clone(), checks, probe)
    }

    /// The nodes as flags.
    pub fn node_args(&self) -> NodeArgs {
        // A password that the first refuses is sent from no other: pods that fail send it often enough.
        NodeArgs::of(self.nodes.clone(), OneFirst::Always)
    }
}

/// One test a workload with pulls that fail, the one that fails most first; without those that a pull settles no further.
pub fn of_failing(evidence: &Evidence, report: &Report) -> Vec<Test> {
    let Some(seen) = &evidence.workloads else { return Vec::new() };
    let left_alone = told(report, |code, _| LEFT_ALONE.contains(&code));
    let is_worth_it = |one: &&FailingPull| {
        one.state != PullState::StartedAllTheSame
            && !left_alone.contains(&one.id.as_str())
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
    groups.into_iter().filter_map(|(_, group)| failing(seen, &group, evidence)).collect()
}

/// Workloads whose failing pulls have no certain cause yet.
pub fn is_open(test: &Test, evidence: &Evidence, report: &Report) -> bool {
    let settled = told(report, |_, certain| certain);
    let pulls = evidence.workloads.iter().flat_map(|seen| &seen.failing);
    pulls.filter(|one| one.workload == test.workload).any(|one| !settled.contains(&one.id.as_str()))
}

/// One workload that runs for each registry, on one of its nodes: whether it could be pulled again. Beside it, of how many
/// registries none is tested.
pub fn of_healthy(evidence: &Evidence, at_most: usize) -> (Vec<Test>, usize) {
    let Some(seen) = &evidence.workloads else { return (Vec::new(), 0) };
    let fails = |workload: &Workload| seen.failing.iter().any(|one| one.workload == workload.id);
    let running = seen.workloads.iter().filter(|one| one.active && !one.out_of_scope && !fails(one));
    let mut registries: Vec<String> = Vec::new();
    let mut tests = Vec::new();
    for workload in running {
        for image in workload.images.iter().filter(|image| image.started > 0) {
            let Ok(reference) = Reference::parse(&image.image) else { continue };
            if registries.iter().any(|known| known == reference.registry()) {
                continue;
            }
            registries.push(reference.registry().to_string());
            if tests.len() < at_most {
                tests.extend(healthy(seen, workload, image));
            }
        }
    }
    let left_out = registries.len().saturating_sub(tests.len());
    (tests, left_out)
}

/// Ids of evidence that findings of some kind explain.
fn told(report: &Report, is_such: impl Fn(Code, bool) -> bool) -> Vec<&str> {
    let findings = report.findings.iter().filter(|one| is_such(one.code, one.certain));
    findings.flat_map(|finding| finding.evidence.iter().map(String::as_str)).collect()
}

fn healthy(seen: &Workloads, workload: &Workload, image: &ImageUse) -> Option<Test> {
    let as_workload: WorkloadRef = workload.name.parse().ok()?;
    let account = seen.service_account(&workload.namespace, &workload.service_account);
    let of_account = account.and_then(|account| account.seen()).map(|account| account.pull_secrets.clone());
    let own = Some(workload.pull_secrets.clone()).filter(|names| !names.is_empty());
    Some(Test {
        workload: workload.id.clone(),
        namespace: workload.namespace.clone(),
        identity: IdentityArgs { as_workload: Some(as_workload), ..IdentityArgs::default() },
        pull_secrets: own.or(of_account).unwrap_or_default(),
        images: vec![image.image.clone()],
        left_out: 0,
        nodes: image.started_on.iter().take(1).cloned().collect(),
    })
}

fn failing(seen: &Workloads, group: &[&FailingPull], evidence: &Evidence) -> Option<Test> {
    let first = group.first()?;
    let images: Vec<String> = group.iter().map(|one| one.image.clone()).collect();
    let mut images = super::unique(&images);
    let left_out = images.len().saturating_sub(IMAGES);
    images.truncate(IMAGES);
    let failing: Vec<&str> =
        group.iter().map(|one| one.node.as_str()).filter(|node| !node.is_empty()).collect();
    let started = seen.workloads.iter().flat_map(|one| &one.images);
    let started = started.filter(|one| images.contains(&one.image)).flat_map(|one| &one.started_on);
    let others = evidence.nodes.iter().map(|node| &node.name);
    // A node that takes no pods is no measure of the others. One that is not known may be one that may not be read.
    let takes_pods = |name: &&String| {
        let node = evidence.nodes.iter().find(|node| node.name == **name);
        node.is_none_or(|node| node.pressures.is_empty() && !node.cordoned)
    };
    let healthy = started.chain(others).filter(takes_pods).find(|node| !failing.contains(&node.as_str()));
    let nodes = failing.first().map(ToString::to_string).into_iter().chain(healthy.cloned()).collect();
    Some(Test {
        workload: first.workload.clone(),
        namespace: first.namespace.clone(),
        identity: identity(seen, first),
        pull_secrets: first.pull_secrets.clone(),
        images,
        left_out,
        nodes,
    })
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
    use regauth::evidence::workloads::Events;
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
        let tests = of_failing(&evidence, &Report::of(&evidence));
        assert_eq!(tests.len(), 1);
        assert_eq!(
            (tests[0].namespace.as_str(), tests[0].images.as_slice()),
            ("team", &["r/app:1".to_string()][..])
        );
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
        assert_eq!(of_failing(&evidence, &report).len(), 0);
    }

    #[test]
    fn a_node_that_takes_no_pods_is_no_healthy_one_and_images_beyond_the_first_are_counted() {
        let many: Vec<FailingPull> =
            (0..7).map(|n| failing("web", &format!("r/app:{n}"), PullState::ErrImagePull)).collect();
        let mut evidence = evidence(many);
        evidence.nodes[1].cordoned = true;
        let test = of_failing(&evidence, &Report::of(&evidence)).remove(0);
        assert_eq!(test.nodes, ["node1"]);
        assert_eq!(test.untested().unwrap(), "2 more images of deploy/web in namespace team");
    }

    #[test]
    fn a_pull_with_a_certain_cause_is_no_open_question() {
        let evidence = evidence(vec![failing("web", "r/app:1", PullState::ErrImagePull)]);
        let mut report = Report::of(&evidence);
        let test = of_failing(&evidence, &report).remove(0);
        let mut finding = Finding::new(Code::PullSecretMissing, Subject::default(), "…");
        finding.evidence = vec!["pod/team/web/c".into()];
        for certain in [false, true] {
            finding.certain = certain;
            report.findings = vec![finding.clone()];
            assert_eq!(is_open(&test, &evidence, &report), !certain);
        }
    }

    #[test]
    fn one_running_workload_for_each_registry_is_tested_on_its_node() {
        let mut evidence = evidence(vec![failing("web", "r/app:1", PullState::ErrImagePull)]);
        let running = |name: &str, image: &str| Workload {
            id: format!("workload/team/deploy/{name}"),
            namespace: "team".into(),
            name: format!("deploy/{name}"),
            active: true,
            images: vec![ImageUse {
                image: image.into(),
                started: 1,
                started_on: vec!["node2".into()],
                ..ImageUse::default()
            }],
            ..Workload::default()
        };
        let seen = evidence.workloads.as_mut().unwrap();
        seen.workloads.extend([
            running("web", "one.example.com/app:1"),
            running("api", "one.example.com/app:1"),
            running("db", "one.example.com/db:1"),
            running("cache", "redis:7"),
        ]);
        let (tests, none) = of_healthy(&evidence, 3);
        let told: Vec<(&str, &str)> =
            tests.iter().map(|test| (test.workload.as_str(), test.nodes[0].as_str())).collect();
        assert_eq!(told, [("workload/team/deploy/api", "node2"), ("workload/team/deploy/cache", "node2")]);
        assert_eq!(none, 0);
        let (tests, other_registries) = of_healthy(&evidence, 1);
        assert_eq!((tests.len(), other_registries), (1, 1));
    }
}
