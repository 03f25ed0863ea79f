//! What was not read is told.

use super::build::*;
use crate::code::Code;
use crate::evidence::workloads::Resource;
use crate::evidence::{Evidence, Outcome};
use crate::report::{NotChecked, NotCheckedState, Report};
use crate::text::Clean;

fn told(evidence: &Evidence) -> Vec<NotChecked> {
    Report::of(evidence).not_checked
}

fn one(evidence: &Evidence) -> NotChecked {
    let mut told = told(evidence);
    assert_eq!(told.len(), 1, "{told:#?}");
    told.remove(0)
}

#[test]
fn what_was_read_is_not_told() {
    assert_eq!(told(&super::healthy::cluster()), []);
}

#[test]
fn without_the_right_to_read_secrets_it_says_what_remains() {
    let workloads =
        (0..5).map(|n| deploy(&format!("team/web{n}")).names(&[&format!("regcred{n}")])).collect();
    let secrets = (0..5).map(|n| hidden(&format!("team/regcred{n}"))).collect();
    let mut evidence = audit(workloads, secrets);
    let read = one(&evidence);
    assert_eq!(read.state, NotCheckedState::Denied);
    assert_eq!(read.what, "5 secrets: team/regcred0, team/regcred1, team/regcred2, …");
    let seen = evidence.workloads.as_mut().unwrap();
    let list = seen.reads.iter_mut().find(|read| read.resource == Resource::Secrets).unwrap();
    list.outcome = Outcome::Denied { status: 403, message: Clean::new("secrets is forbidden") };
    let row = one(&evidence);
    assert_eq!(row.what, "the contents of pull secrets (team/regcred0, team/regcred1, team/regcred2, …)");
    assert_eq!(
        row.why,
        "secrets is forbidden; what is in Secrets is not judged; who names which, and pulls that fail, are (`kubectl \
         regauth rbac --why` prints the right, in regauth-workloads-secrets)"
    );
    assert!(
        one(&why(fails(evidence.clone(), "deploy/web0", DENIED))).why.contains("what kubelets say of them")
    );
    assert!(found(&evidence).is_empty());
}

#[test]
fn secrets_that_the_plan_leaves_out_are_neither_missed_nor_judged() {
    let mut evidence = audit(vec![deploy("team/web").names(&["regcred"])], vec![]);
    assert_eq!(one(&evidence).what, "secret/team/regcred");
    let without = |read: &Resource| !matches!(read, Resource::Secrets | Resource::SecretNames);
    evidence.plan.scope.as_mut().unwrap().reads.retain(without);
    assert_eq!(told(&evidence), []);
    assert!(found(&evidence).is_empty());
}

#[test]
fn objects_that_are_refused_one_by_one_are_one_item_though_each_refusal_names_its_own() {
    let workloads =
        (0..4).map(|n| deploy(&format!("team/web{n}")).names(&[&format!("regcred{n}")])).collect();
    let refused = |n: usize| {
        let mut secret = hidden(&format!("team/regcred{n}"));
        let message =
            Clean::new(&format!("secrets \"regcred{n}\" is forbidden: User \"alice\" cannot get it"));
        secret.outcome = Outcome::Denied { status: 403, message };
        secret
    };
    let evidence = audit(workloads, (0..4).map(refused).collect());
    let row = one(&evidence);
    assert_eq!(row.what, "4 secrets: team/regcred0, team/regcred1, team/regcred2, …");
    assert!(row.why.contains("secrets \"regcred0\" is forbidden"), "{}", row.why);
    assert!(row.why.contains("regauth-workloads-secrets"), "{}", row.why);
}

#[test]
fn secrets_and_accounts_that_are_named_and_not_in_the_evidence_are_told() {
    let mut evidence = audit(vec![deploy("team/web").names(&["regcred"])], Vec::new());
    assert_eq!(one(&evidence).what, "secret/team/regcred");
    evidence.workloads.as_mut().unwrap().service_accounts.clear();
    assert_eq!(told(&evidence).len(), 2);
    let mounted = deploy("team/web").builds(crate::evidence::builder::BuilderConfig {
        found: Some(crate::plan::DockerConfigSource {
            secret: "push".into(),
            config_map: String::new(),
            key: ".dockerconfigjson".into(),
            mounted_at: "/kaniko/.docker/config.json".into(),
        }),
        ..kaniko()
    });
    assert_eq!(one(&audit(vec![mounted], Vec::new())).what, "secret/team/push");
}

#[test]
fn lists_of_the_plan_and_named_workloads_that_are_not_there_are_told() {
    let mut evidence = audit(vec![deploy("team/web")], Vec::new());
    evidence.plan.scope.as_mut().unwrap().workloads = vec!["deploy/gone".into()];
    assert_eq!(one(&evidence).what, "deploy/gone");
    evidence.workloads = None;
    assert_eq!(told(&evidence).len(), READS.len() + 1);
}

#[test]
fn a_missing_secret_is_a_finding_and_was_checked() {
    let evidence = audit(vec![deploy("team/web").names(&["gone"])], vec![absent("team/gone", &[])]);
    assert_eq!(told(&evidence), []);
    assert_eq!(only(&evidence).code, Code::PullSecretMissing);
}

#[test]
fn why_reads_secrets_where_a_pull_fails_and_misses_them_nowhere_else() {
    let workloads = vec![deploy("well/web").names(&["a"]), deploy("ill/web").names(&["b"])];
    let mut evidence = why(audit(workloads, Vec::new()));
    assert_eq!(told(&evidence), []);
    let seen = evidence.workloads.as_mut().unwrap();
    seen.failing.push(failing(&seen.workloads[1], DENIED));
    assert_eq!(one(&evidence).what, "secret/ill/b");
    evidence.workloads.as_mut().unwrap().workloads[1].out_of_scope = true;
    assert_eq!(told(&evidence), []);
}
