//! Tests of what reading leaves open, one after another: two at once could send one refused password twice.

use regauth::evidence::{Evidence, Unread};
use regauth::plan::Check;
use regauth::report::{Report, Verdict};

use super::super::parts::{left_out, not_done};
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
    let others: Vec<Test> =
        named(visit, &seen).into_iter().chain(retest::of_healthy(&seen, HEALTHY)).collect();
    let mut tests = Tests { visit, seen, tested: Vec::new(), report, pods: 0, unread: Vec::new() };
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
        // Where a probe fails as the pods do, a kubelet would say no more, and send a refused credential again.
        if tests.probe(&test).await.is_some_and(|probed| !has_failed(&probed)) && tests.is_open(&test) {
            tests.pull(&test).await;
        }
    }
    for test in others {
        tests.probe(&test).await;
    }
    tests.into_parts()
}

/// The images that were named, as the namespace's default ServiceAccount.
fn named(visit: &Visit<'_>, seen: &Evidence) -> Vec<Test> {
    if visit.args.images.is_empty() {
        return Vec::new();
    }
    let ready = seen.nodes.iter().filter(|node| node.pressures.is_empty());
    vec![Test {
        workload: String::new(),
        namespace: visit.namespace.clone(),
        identity: IdentityArgs::default(),
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

    async fn probe(&mut self, test: &Test) -> Option<Report> {
        self.run(test, Check::ProbeNode).await
    }

    async fn pull(&mut self, test: &Test) -> Option<Report> {
        self.run(test, Check::Kubelet).await
    }

    /// What it came to by itself, if it was carried out.
    async fn run(&mut self, test: &Test, check: Check) -> Option<Report> {
        let what = test.describe();
        if self.visit.stop.is_cancelled() {
            return None;
        }
        let pods = test.nodes.len().max(1);
        if self.pods + pods > self.visit.args.max_pods {
            let why = format!("{} pods were made", self.pods);
            self.unread.push(left_out(&what, &why, "--max-pods allows more"));
            return None;
        }
        if self.visit.left().as_secs() < LEAST {
            self.unread.push(left_out(&what, "the time was up", "--max-duration gives more"));
            return None;
        }
        self.pods += pods;
        let _doing = self.visit.live.doing(&what);
        match carry_out(self.visit, test, check).await {
            Ok(evidence) => {
                let report = Report::of(&evidence);
                self.report.add(report.clone());
                self.tested.push(evidence);
                Some(report)
            }
            Err(failure) => {
                self.unread.push(not_done(&what, &failure));
                None
            }
        }
    }
}

fn has_failed(probed: &Report) -> bool {
    probed.probes().any(|row| row.result == Verdict::Failed)
}

async fn carry_out(visit: &Visit<'_>, test: &Test, check: Check) -> Result<Evidence, Failure> {
    let nodes = test.node_args();
    let run = RunArgs::unasked(visit.left());
    let flags = Flags { identity: &test.identity, nodes: &nodes, run: &run };
    let probe = match check {
        Check::Kubelet => None,
        _ => Some(settings::probe_plan(&visit.args.probing)?),
    };
    let wanted = Wanted { one_node: test.nodes.is_empty(), ..test.wanted(vec![check], probe) };
    runs::carry_out_quietly(visit.api, &test.namespace, flags, wanted, (visit.live, visit.stop), visit.output)
        .await
}
