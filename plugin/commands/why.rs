//! `kubectl regauth why`.

use regauth::api::{Api, connect};
use regauth::evidence::{Action, Evidence};
use regauth::plan::Check;
use regauth::report::{NotChecked, NotCheckedState, Report};

use super::planning::Flags;
use super::retest::{self, Test};
use super::runs::{self, Carried};
use super::{Failure, events, workloads};
use crate::cli::{Connection, RunArgs, Why};
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
    let mut parts = vec![evidence];
    if args.probe {
        test_again(&api, args, &mut parts, &mut report, output).await;
    }
    events::print(&api, (&report, &parts), (&args.output, args.events), output).await
}

/// Tests the pulls that fail. What is known already is kept, whatever comes of a test: the first part; each test adds one.
async fn test_again(
    api: &Api,
    args: &Why,
    parts: &mut Vec<Evidence>,
    report: &mut Report,
    output: &mut Output,
) {
    let tests = parts.first().map(|evidence| retest::of_failing(evidence, report)).unwrap_or_default();
    if tests.len() > IDENTITIES {
        output.note(&format!(
            "{} workloads lack an image: the first {IDENTITIES} are tested; name one to test another",
            tests.len()
        ));
    }
    for test in tests.into_iter().take(IDENTITIES) {
        let what = test.describe();
        if let Some(untested) = test.untested() {
            output.note(&format!("{untested} are not tested"));
        }
        match carry_out(api, args, test, output).await {
            Ok(Some(tested)) => {
                report.add(Report::of(&tested));
                parts.push(tested);
            }
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
    test: Test,
    output: &mut Output,
) -> Result<Option<Evidence>, Failure> {
    let nodes = test.node_args();
    let run = RunArgs { yes: args.yes, ..RunArgs::unasked(args.scope.timeout) };
    let flags = Flags { identity: &test.identity, nodes: &nodes, run: &run };
    let probe = settings::probe_plan(&args.probing)?;
    let wanted = test.wanted(vec![Check::Kubelet, Check::ProbeNode], Some(probe));
    match runs::carry_out(api, &test.namespace, flags, wanted, output).await? {
        Carried::Out(evidence) => Ok(Some(*evidence)),
        Carried::Printed => Ok(None),
    }
}
