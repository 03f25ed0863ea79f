//! Pods whose containers are still to be made: for want of the sandbox's image, or nobody knows of what.

use super::build::*;
use crate::code::Code;
use crate::evidence::workloads::{Events, FailingPull, PullState, Read, Resource, Workload};
use crate::evidence::{Action, Evidence, Outcome};
use crate::finding::Severity;
use crate::plan::ScopePlan;
use crate::report::{Report, Row, Verdict};
use crate::text::Clean;

/// Long in `ContainerCreating`, without a word.
fn creating(of: &Workload, node: &str) -> FailingPull {
    FailingPull {
        state: PullState::Pulling,
        message: None,
        said_by: None,
        events: Events::Expired,
        ..waits(of, node, "")
    }
}

fn sandbox(of: &Workload, node: &str, message: &str) -> FailingPull {
    let image = "registry.example.com/pause:3.9";
    let words = format!(
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"{image}\": failed \
         to pull image \"{image}\": failed to pull and unpack image \"{image}\": {message}"
    );
    let pull = waits(of, node, "");
    FailingPull {
        id: format!("pod/team/{}/(sandbox)", pull.pod),
        container: String::new(),
        image: image.into(),
        pull_secrets: Vec::new(),
        state: PullState::Other,
        message: Some(Clean::new(&words)),
        ..pull
    }
}

fn failing_row(evidence: &Evidence) -> (Report, crate::report::FailingRow) {
    let report = Report::of(evidence);
    let row = report.failing().next().unwrap().clone();
    (report, row)
}

#[test]
fn what_a_pod_without_a_word_waits_for_could_not_be_told() {
    let web = deploy("web", IMAGE);
    // What its sibling on the same node says is no word of this one, which has not come so far.
    let evidence = why(
        vec![web.clone()],
        vec![
            FailingPull {
                pod: "web-2".into(),
                id: "pod/team/web-2/app".into(),
                ..waits(&web, "node1", NOT_FOUND)
            },
            creating(&web, "node1"),
        ],
    );
    let found = judged(&evidence);
    let unknown = found.iter().find(|one| one.code == Code::Unknown).unwrap();
    assert_eq!((unknown.severity, unknown.certain), (Severity::Unknown, false));
    assert_eq!(unknown.evidence, ["pod/team/web-node1/app"]);
    assert!(unknown.cause.contains("could not be told"), "{}", unknown.cause);
    let alone = why(vec![web.clone()], vec![creating(&web, "node1")]);
    assert_eq!(one(&alone).code, Code::Unknown);
    let (report, row) = failing_row(&alone);
    let summary = report.workloads.unwrap();
    assert_eq!((summary.failing, summary.not_told, row.failing), (0, 1, 0));
}

#[test]
fn no_pull_secret_has_a_part_in_the_sandboxs_image() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let evidence = |words: &str| {
        why(vec![web.clone()], vec![sandbox(&web, "node1", words)])
            .secrets(vec![secret("regcred", &["registry.example.com"])])
            .account(account("default", &["regcred"]))
    };
    let refused = one(&evidence(NO_CREDENTIAL));
    assert!(refused.cause.contains("without the pod's secrets"), "{}", refused.cause);
    assert!(!refused.cause.contains("regcred") && refused.fixes.is_empty(), "{refused:#?}");
    let timed_out = one(&evidence(TIMED_OUT));
    assert_eq!(told(std::slice::from_ref(&timed_out))[0].1, "registry/registry.example.com");
    assert_eq!((timed_out.code, timed_out.severity), (Code::ConnectionTimedOut, Severity::Error));
    let (report, row) = failing_row(&evidence(TIMED_OUT));
    assert_eq!((report.workloads.unwrap().failing, row.failing), (1, 1));
    assert_eq!(row.image, "registry.example.com/pause:3.9");
}

#[test]
fn pods_that_started_all_the_same_do_not_lack_their_image() {
    let web = Workload { pods: 5, ..deploy("web", IMAGE) };
    let pulls = (0..5).map(|at| {
        let state = if at < 3 { PullState::StartedAllTheSame } else { PullState::ImagePullBackOff };
        FailingPull { state, ..waits(&web, &format!("node{at}"), NO_CREDENTIAL) }
    });
    let pulls: Vec<FailingPull> = pulls.collect();
    let (report, row) = failing_row(&why(vec![web.clone()], pulls.clone()));
    assert_eq!((report.workloads.unwrap().failing, row.failing, row.pods), (2, 2, 5));
    assert_eq!((row.state, row.nodes), (PullState::ImagePullBackOff, strings(&["node3", "node4"])));
    assert_eq!(row.evidence.len(), 5);
    let (report, row) = failing_row(&why(vec![web], pulls[..3].to_vec()));
    assert_eq!((report.workloads.unwrap().failing, row.failing), (0, 0));
    assert_eq!((row.state, row.nodes.len()), (PullState::StartedAllTheSame, 3));
}

#[test]
fn nothing_is_ok_where_pods_could_not_be_listed() {
    let audit = |outcome: Outcome<u64>| {
        let mut evidence = why(vec![deploy("web", IMAGE)], Vec::new());
        evidence.plan.action = Action::Secrets;
        evidence.plan.scope = Some(ScopePlan { reads: vec![Resource::Pods], ..ScopePlan::default() });
        evidence.workloads.as_mut().unwrap().reads = vec![Read { resource: Resource::Pods, outcome }];
        let report = Report::of(&evidence);
        let Some(Row::Audit(row)) = report.results.first() else { panic!("{:?}", report.results) };
        (row.result, report.workloads.unwrap().pods_unread)
    };
    assert_eq!(audit(Outcome::Seen { value: 0 }), (Verdict::Ok, false));
    let denied = Outcome::Denied { status: 403, message: Clean::new("you may not") };
    assert_eq!(audit(denied), (Verdict::NotTested, true));
}
