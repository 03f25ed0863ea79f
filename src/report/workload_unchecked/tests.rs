//! What of workloads was not checked, as it is told.

use super::*;
use crate::evidence::workloads::{PullSecret, Read, Workload};
use crate::evidence::{LastSeen, Run};
use crate::plan::Plan;
use crate::text::Clean;

fn denied<T>(what: &str, namespace: &str) -> Outcome<T> {
    let message = format!("{what} is forbidden: User \"ann\" cannot get it in the namespace {namespace:?}");
    Outcome::Denied { status: 403, message: Clean::new(&message) }
}

fn secret(namespace: &str, name: &str) -> PullSecret {
    PullSecret {
        id: format!("secret/{namespace}/{name}"),
        namespace: namespace.into(),
        name: name.into(),
        outcome: denied(&format!("secrets {name:?}"), namespace),
        also_in: None,
    }
}

fn told(reads: Vec<Read>, secrets: Vec<PullSecret>) -> Vec<(String, String)> {
    let scope = ScopePlan { reads: reads.iter().map(|one| one.resource).collect(), ..ScopePlan::default() };
    let plan = Plan { scope: Some(scope), ..Plan::of_this_machine(Action::Secrets, Vec::new(), 60) };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut evidence = Evidence::new(Run::new("abcd2345".into(), "", now), plan, now);
    let workload = Workload {
        id: "workload/team/deploy/web".into(),
        namespace: "team".into(),
        name: "deploy/web".into(),
        ..Workload::default()
    };
    evidence.workloads =
        Some(Workloads { reads, secrets, workloads: vec![workload], ..Workloads::default() });
    not_checked(&evidence).into_iter().map(|item| (item.what, item.why)).collect()
}

#[test]
fn secrets_that_may_not_be_read_are_one_item_that_names_the_right() {
    let read = Read { resource: Resource::Secrets, outcome: denied("secrets \"a\"", "team") };
    let secrets = vec![secret("team", "a"), secret("team", "b"), secret("dev", "c"), secret("dev", "d")];
    let told = told(vec![read], secrets);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "contents of 4 secrets: dev/c, dev/d, team/a, …");
    assert!(told[0].1.starts_with("secrets is forbidden: User \"ann\" cannot get it"), "{told:?}");
    assert!(
        told[0]
            .1
            .ends_with("the right is ClusterRole regauth-workloads-secrets of `kubectl regauth rbac --why`"),
        "{told:?}"
    );
}

#[test]
fn where_some_secrets_were_read_those_refused_are_one_item() {
    let read = Read { resource: Resource::Secrets, outcome: Outcome::Seen { value: 1 } };
    let told = told(vec![read], vec![secret("team", "a"), secret("dev", "a")]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "2 secrets: dev/a, team/a");
    assert!(told[0].1.contains("ClusterRole regauth-workloads-secrets"), "{told:?}");
}

#[test]
fn lists_that_lose_the_same_are_one_item() {
    let list = |resource, what| Read { resource, outcome: denied(what, "team") };
    let reads = vec![
        list(Resource::Deployments, "deployments.apps"),
        list(Resource::Jobs, "jobs.batch"),
        list(Resource::Nodes, "nodes"),
        Read {
            resource: Resource::CronJobs,
            outcome: Outcome::TimedOut { after_ms: 1, last_seen: LastSeen::Planned },
        },
    ];
    let told = told(reads, Vec::new());
    let what: Vec<&str> = told.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["the list of cronjobs", "the lists of deployments, jobs", "the list of nodes"]);
    assert!(told[1].1.ends_with("ClusterRole regauth-workloads of `kubectl regauth rbac --why`"), "{told:?}");
    assert!(told[2].1.contains("ClusterRole regauth-workloads-nodes"), "{told:?}");
}
