//! What is said of workloads below their table.

use super::*;
use regauth::plan::ScopePlan;
use regauth::report::WorkloadSummary;

fn said(action: Action, summary: WorkloadSummary, scope: ScopePlan) -> String {
    let mut report = report(action, &[], Vec::new());
    report.plan.scope = Some(scope);
    super::super::workloads::summary(&report, &summary)
}

fn why(summary: WorkloadSummary) -> String {
    said(Action::Why, summary, ScopePlan::default())
}

#[test]
fn no_pod_lacks_its_image_is_said_only_where_all_were_seen() {
    let all =
        WorkloadSummary { namespaces: 1, workloads: 2, pods: 3, images: 2, ..WorkloadSummary::default() };
    assert_eq!(why(all), "Looked at 3 pods of 2 workloads in namespace team: no pod lacks its image.");
    assert_eq!(
        why(WorkloadSummary { not_told: 1, ..all }),
        "Looked at 3 pods of 2 workloads in namespace team: no pod is known to lack its image, and of 1 pod it could not \
         be told."
    );
    assert_eq!(
        why(WorkloadSummary { failing: 2, not_told: 2, ..all }),
        "Looked at 3 pods of 2 workloads in namespace team: 2 pods lack an image, and of 2 pods it could not be told."
    );
    let unread = why(WorkloadSummary { pods: 0, pods_unread: true, ..all });
    assert_eq!(
        unread,
        "Looked at 2 workloads in namespace team: whether pods lack their image is not known, since they \
         could not be listed."
    );
    let half = why(WorkloadSummary { failing: 1, pods_unread: true, ..all });
    assert_eq!(
        half,
        "Looked at 3 pods of 2 workloads in namespace team: 1 pod lacks an image, and not all pods could be \
         listed."
    );
}

#[test]
fn workloads_without_pods_are_not_said_to_have_their_images() {
    let none = WorkloadSummary { namespaces: 1, workloads: 1, images: 1, ..WorkloadSummary::default() };
    assert_eq!(
        why(none),
        "Looked at 1 workload in namespace team: there are no pods of it, and so no pulls."
    );
}

#[test]
fn an_audit_beside_pods_that_lack_an_image_says_who_tells_why() {
    let some = WorkloadSummary {
        namespaces: 1,
        workloads: 2,
        pods: 3,
        images: 2,
        failing: 2,
        secrets: 1,
        ..WorkloadSummary::default()
    };
    assert_eq!(
        said(Action::Secrets, some, ScopePlan::default()),
        "Looked at 2 images of 2 workloads (3 pods) in namespace team, and read 1 Secret. 2 pods lack an image: \
         `kubectl regauth why` says why."
    );
}

#[test]
fn what_was_not_there_to_be_looked_at_is_said() {
    let none = WorkloadSummary::default();
    for action in [Action::Why, Action::Secrets] {
        assert_eq!(
            said(action, none, ScopePlan::default()),
            "There is no pod in namespace team, and no workload was found."
        );
        let scope = ScopePlan { selector: "app=wbe".into(), all_namespaces: true, ..ScopePlan::default() };
        assert_eq!(
            said(action, none, scope),
            "There is no pod with the labels app=wbe in any namespace, and no workload was found."
        );
    }
    let unread = why(WorkloadSummary { pods_unread: true, ..none });
    assert!(unread.starts_with("Nothing was looked at: pods could not be listed"), "{unread}");
}
