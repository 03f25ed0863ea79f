//! Tests of what reading leaves open, one after another: two at once could send one refused password twice.

use regauth::evidence::{Evidence, Unread};
use regauth::finding::Finding;
use regauth::plan::Check;
use regauth::report::{Report, Verdict};

use super::super::parts::{RefusedCredentials, lacks_a_way, left_out, not_done};
use super::super::planning::{Flags, Wanted};
use super::super::retest::{self, Test};
use super::super::{Failure, runs};
use super::Visit;
use crate::cli::{IdentityArgs, RunArgs};
use crate::settings;

/// How many running workloads are tested beside those that fail, one for each registry.
const HEALTHY: usize = 3;
/// On how many nodes an image that was named is tested.
const NODES: usize = 3;
/// A test that has less time is not begun, in seconds.
const LEAST: u64 = 10;

/// Tests what the evidence leaves open; returns that first, and each test's own after it.
pub(super) async fn test(visit: &Visit<'_>, seen: Evidence) -> Vec<Evidence> {
    let report = Report::of(&seen);
    let failing: Vec<Test> = retest::of_failing(&seen, &report)
        .into_iter()
        .filter(|test| retest::is_open(test, &seen, &report))
        .collect();
    let (healthy, other_registries) = retest::of_healthy(&seen, HEALTHY);
    let others: Vec<Test> = named(visit, &seen).into_iter().chain(healthy).collect();
    let refused = RefusedCredentials::default();
    let mut tests = Tests { visit, seen, tested: Vec::new(), report, pods: 0, refused, unread: Vec::new() };
    if visit.args.read_only {
        let what = format!("{} tests of pulls", failing.len() + others.len());
        if !failing.is_empty() || !others.is_empty() {
            tests.unread.push(left_out(&what, "they were left out", "--read-only creates nothing"));
        }
        return tests.into_parts();
    }
    for test in failing {
        let untested = test.untested();
        tests.unread.extend(
            untested.map(|what| left_out(&what, "a few of each workload are tested", "--image tests others")),
        );
        if let Some(was_well) = tests.probe(&test).await
            && was_well
            && tests.is_open(&test)
        {
            tests.pull(&test).await;
        }
    }
    for test in others {
        tests.probe(&test).await;
    }
    tests.leave_out_registries(other_registries);
    tests.into_parts()
}

/// The images that were named, as the namespace's default ServiceAccount.
fn named(visit: &Visit<'_>, seen: &Evidence) -> Vec<Test> {
    if visit.args.images.is_empty() {
        return Vec::new();
    }
    let ready = seen.nodes.iter().filter(|node| node.pressures.is_empty() && !node.cordoned);
    let account = seen.workloads.as_ref().and_then(|seen| seen.service_account(&visit.namespace, "default"));
    let pull_secrets = account.and_then(|account| account.seen()).map(|account| account.pull_secrets.clone());
    vec![Test {
        workload: String::new(),
        namespace: visit.namespace.clone(),
        identity: IdentityArgs::default(),
        pull_secrets: pull_secrets.unwrap_or_default(),
        images: visit.args.images.clone(),
        left_out: 0,
        nodes: ready.map(|node| node.name.clone()).take(NODES).collect(),
    }]
}

struct Tests<'v, 'a> {
    visit: &'v Visit<'a>,
    /// The evidence that was read.
    seen: Evidence,
    /// That of each test.
    tested: Vec<Evidence>,
    /// What all of it comes to so far.
    report: Report,
    /// Pods that were made.
    pods: usize,
    refused: RefusedCredentials,
    unread: Vec<Unread>,
}

impl Tests<'_, '_> {
    fn into_parts(mut self) -> Vec<Evidence> {
        self.seen.unread.append(&mut self.unread);
        std::iter::once(self.seen).chain(self.tested).collect()
    }

    /// Whether the pulls in question still have no certain cause.
    fn is_open(&self, test: &Test) -> bool {
        retest::is_open(test, &self.seen, &self.report)
    }

    /// By a probe. Where that says of the way to the registry what nobody has said so far, by the nodes' own pulls beside it:
    /// they have mirrors, certificates and proxies that the probe lacks, and their word decides. Returns whether all pulls
    /// worked and no kubelet was asked; `None` where nothing was tested.
    async fn probe(&mut self, test: &Test) -> Option<bool> {
        let probed = self.run(test, &[Check::ProbeNode]).await?;
        let mut report = Report::of(&probed);
        let mut evidence = probed;
        let was_well = !report.probes().any(|row| row.result == Verdict::Failed);
        let asked_kubelets = evidence.fell_back_to_kubelets();
        if !asked_kubelets && lacks_a_way(&report) && self.is_news(&report) {
            // A probe that nobody else's word stands beside is better than none.
            if let Some(both) = self.run(test, &[Check::Kubelet, Check::ProbeNode]).await {
                (report, evidence) = (Report::of(&both), both);
            }
        }
        self.keep(test, evidence, report);
        Some(was_well && !asked_kubelets)
    }

    async fn pull(&mut self, test: &Test) {
        if let Some(evidence) = self.run(test, &[Check::Kubelet]).await {
            let report = Report::of(&evidence);
            self.keep(test, evidence, report);
        }
    }

    fn keep(&mut self, test: &Test, evidence: Evidence, report: Report) {
        self.refused.note(&test.namespace, &test.pull_secrets, &report);
        self.report.add(report);
        self.tested.push(evidence);
    }

    /// Whether a probe says of the way to a registry what pods that fail do not say as well.
    fn is_news(&self, probed: &Report) -> bool {
        let is_said = |new: &Finding| {
            self.report.findings.iter().any(|told| {
                (told.code == new.code || told.also_possible.contains(&new.code))
                    && told.subject.images.iter().any(|image| new.subject.images.contains(image))
            })
        };
        probed.findings.iter().any(|new| !new.code.is_registrys_answer() && !is_said(new))
    }

    /// What a run came to, if it was carried out.
    async fn run(&mut self, test: &Test, checks: &[Check]) -> Option<Evidence> {
        let what = test.describe();
        if self.visit.stop.is_cancelled() {
            return None;
        }
        let pods = test.nodes.len().max(1) * checks.len();
        if let Some(unread) = self.why_not(test, &what, pods) {
            self.unread.push(unread);
            return None;
        }
        let _doing = self.visit.live.doing(&what);
        match carry_out(self.visit, test, checks).await {
            Ok(evidence) => {
                // Those of kubelets that were asked because probes could not look are among them.
                self.pods += (evidence.pulls.len() + evidence.probes.len()).max(pods);
                Some(evidence)
            }
            Err(failure) => {
                self.pods += pods;
                self.unread.push(not_done(&what, &failure));
                None
            }
        }
    }

    /// What keeps a test from being made.
    fn why_not(&self, test: &Test, what: &str, pods: usize) -> Option<Unread> {
        if self.refused.has(&test.namespace, &test.pull_secrets, &test.images) {
            let why = "its credential was refused in another test, and is sent once only, so that no account is locked";
            Some(left_out(what, why, "--as-workload of `kubectl regauth pull` sends it all the same"))
        } else if self.pods + pods > self.visit.args.max_pods {
            let why = format!("{} pods were made", self.pods);
            Some(left_out(what, &why, "--max-pods allows more"))
        } else if self.visit.left().as_secs() < LEAST {
            Some(left_out(what, "the time was up", "--max-duration gives more"))
        } else {
            None
        }
    }

    /// Says of how many registries no running workload was tested.
    fn leave_out_registries(&mut self, count: usize) {
        if count > 0 {
            let what = format!("whether running workloads could pull again from {count} other registries");
            let why = format!("of {HEALTHY} registries one workload is tested");
            self.unread.push(left_out(&what, &why, "--image tests others"));
        }
    }
}

async fn carry_out(visit: &Visit<'_>, test: &Test, checks: &[Check]) -> Result<Evidence, Failure> {
    let nodes = test.node_args();
    let run = RunArgs::unasked(visit.left());
    let flags = Flags { identity: &test.identity, nodes: &nodes, run: &run };
    let probe = match checks {
        [Check::Kubelet] => None,
        _ => Some(settings::probe_plan(&visit.args.probing)?),
    };
    let wanted = Wanted { one_node: test.nodes.is_empty(), ..test.wanted(checks.to_vec(), probe) };
    runs::carry_out_quietly(visit.api, &test.namespace, flags, wanted, (visit.live, visit.stop), visit.output)
        .await
}
