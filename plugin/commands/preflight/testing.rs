//! Tests of the pulls that manifests plan, one after another: two at once could send one refused password twice.

use regauth::evidence::preflight::PlannedTest;
use regauth::evidence::{Action, Evidence};
use regauth::plan::Check as Method;
use regauth::plan::preflight::{self, PullTest};
use regauth::report::Report;
use regauth::text::Clean;

use super::super::parts::{RefusedCredentials, lacks_a_way};
use super::super::planning::{Flags, Wanted};
use super::super::{Failure, runs};
use super::Check;
use crate::cli::{IdentityArgs, NodeArgs, OneFirst, RunArgs};
use crate::settings;

/// A test that has less time is not begun, in seconds.
const LEAST: u64 = 10;
/// The ServiceAccount of the tests: that of the workload may not be there yet, and plays no part in a pull.
const ACCOUNT: &str = "default";

/// Tests what the manifests plan; returns what was read first, and each test's own after it.
pub(super) async fn test(check: &Check<'_>, read: Evidence) -> Vec<Evidence> {
    let (planned, not) = preflight::tests(&read, check.args.max_nodes);
    let mut tests =
        Tests { check, read, tested: Vec::new(), pods: 0, refused: RefusedCredentials::default() };
    if check.args.read_only {
        for test in &planned {
            tests.leave_out(test, "it was left out: --read-only creates nothing", true);
        }
        return tests.into_parts();
    }
    tests.note(not);
    for test in &planned {
        tests.test(test).await;
    }
    tests.into_parts()
}

struct Tests<'c, 'a> {
    check: &'c Check<'a>,
    /// What was read before.
    read: Evidence,
    /// The evidence of each test.
    tested: Vec<Evidence>,
    /// Pods that were made.
    pods: usize,
    refused: RefusedCredentials,
}

impl Tests<'_, '_> {
    fn into_parts(self) -> Vec<Evidence> {
        std::iter::once(self.read).chain(self.tested).collect()
    }

    fn note(&mut self, tests: impl IntoIterator<Item = PlannedTest>) {
        if let Some(preflight) = &mut self.read.preflight {
            preflight.tests.extend(tests);
        }
    }

    fn leave_out(&mut self, test: &PullTest, why: &str, left_out: bool) {
        self.note(of(test, None, why, left_out));
    }

    async fn test(&mut self, test: &PullTest) {
        if self.check.stop.is_cancelled() {
            return self.leave_out(test, "the run was interrupted before it was tested", false);
        }
        if self.pods + test.nodes.len() > self.check.args.max_pods {
            let why = format!("{} pods were made: --max-pods allows more", self.pods);
            return self.leave_out(test, &why, false);
        }
        if self.check.left().as_secs() < LEAST {
            return self.leave_out(test, "the time was up: --timeout gives more", false);
        }
        if self.refused.has(&test.namespace, &test.pull_secrets, &test.images) {
            let why = "its credential was refused in another test, and is sent once only, so that no account is locked";
            return self.leave_out(test, why, false);
        }
        let doing = format!("the pull of {}", test.images.join(", "));
        let _doing = self.check.live.doing(&doing);
        match self.asked(test).await {
            Ok((evidence, report)) => {
                self.note(of(test, Some(&evidence.run.id), "", false));
                self.refused.note(&test.namespace, &test.pull_secrets, &report);
                self.tested.push(evidence);
            }
            Err(failure) => {
                let why = match failure.missing_right() {
                    Some(right) => {
                        format!(
                            "you may not {right} (`kubectl regauth rbac --pull` prints the rights of tests)"
                        )
                    }
                    None => failure.to_string(),
                };
                self.leave_out(test, &why, false);
            }
        }
    }

    /// By a probe; where that finds no way to the registry, by the nodes' own pulls beside it: they have mirrors,
    /// certificates and proxies that the probe lacks, and their word decides.
    async fn asked(&mut self, test: &PullTest) -> Result<(Evidence, Report), Failure> {
        self.pods += test.nodes.len();
        let evidence = carry_out(self.check, test, vec![Method::ProbeNode]).await?;
        let report = Report::of(&evidence);
        let is_open = !evidence.fell_back_to_kubelets() && lacks_a_way(&report);
        let has_room = self.pods + 2 * test.nodes.len() <= self.check.args.max_pods
            && self.check.left().as_secs() >= LEAST
            && !self.check.stop.is_cancelled();
        if !is_open || !has_room {
            return Ok((evidence, report));
        }
        self.pods += 2 * test.nodes.len();
        match carry_out(self.check, test, vec![Method::Kubelet, Method::ProbeNode]).await {
            Ok(both) => {
                let report = Report::of(&both);
                Ok((both, report))
            }
            Err(_) => Ok((evidence, report)),
        }
    }
}

/// What became of each image of a test.
fn of(test: &PullTest, run: Option<&str>, why_not: &str, left_out: bool) -> Vec<PlannedTest> {
    let one = |(workload, image): &(String, String)| PlannedTest {
        workload: workload.clone(),
        image: image.clone(),
        run: run.map(str::to_string),
        why_not: Clean::new(why_not),
        left_out,
    };
    test.of.iter().map(one).collect()
}

async fn carry_out(check: &Check<'_>, test: &PullTest, methods: Vec<Method>) -> Result<Evidence, Failure> {
    let identity = IdentityArgs {
        as_workload: None,
        service_account: Some(ACCOUNT.into()),
        pull_secrets: test.pull_secrets.clone(),
        no_pull_secret: test.pull_secrets.is_empty(),
    };
    // A credential that is refused goes from one node only, so that no account is locked.
    let nodes = NodeArgs::of(test.nodes.clone(), OneFirst::Always);
    let run = RunArgs::unasked(check.left());
    let probe = settings::probe_plan(&check.args.probing)?;
    let wanted = Wanted::of(Action::Pull, test.images.clone(), methods, Some(probe));
    let flags = Flags { identity: &identity, nodes: &nodes, run: &run };
    runs::carry_out_quietly(check.api, &test.namespace, flags, wanted, (check.live, check.stop), check.output)
        .await
}
