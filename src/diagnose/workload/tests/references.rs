//! Workloads without a matching credential.

use super::build::*;
use crate::code::Code::*;
use crate::evidence::Outcome;
use crate::evidence::builder::{Ambient, AmbientKind};
use crate::finding::Severity;
use crate::text::Clean;

const HUB: &str = "https://index.docker.io/v1/";
const SYNC: &str = "docker.io/acme/sync:1";

fn registry_secret(path: &str) -> crate::evidence::workloads::PullSecret {
    secret(path, &["registry.example.com"])
}

#[test]
fn one_of_two_deployments_lacks_the_pull_secret() {
    let workloads = vec![deploy("team/web").names(&["regcred"]).runs(), deploy("team/helper")];
    let evidence = fails(audit(workloads, vec![registry_secret("team/regcred")]), "deploy/helper", DENIED);
    let finding = only_of(PullSecretNotReferenced, &evidence);
    assert_eq!((finding.severity, finding.certain), (Severity::Error, true));
    assert_eq!(finding.subject.name, "deploy/helper");
    for words in ["serviceaccount/default", "secret/regcred", "deploy/web"] {
        assert!(finding.cause.contains(words), "{words}: {}", finding.cause);
    }
    assert!(finding.evidence.contains(&"pod/team/deploy-helper-x/app".to_string()));
    let [workload, account, pods] = finding.fixes.as_slice() else { panic!("{:?}", finding.fixes) };
    assert_eq!(pods.command, "kubectl -n team rollout restart deploy/helper");
    assert!(workload.command.contains(r#"patch deploy/helper --type=strategic -p '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"regcred"}]}}}}'"#), "{workload:?}");
    assert!(
        account.command.contains(
            r#"--type=json -p '[{"op":"add","path":"/imagePullSecrets","value":[{"name":"regcred"}]}]'"#
        ),
        "{account:?}"
    );
    assert!(account.what.contains("must be recreated"));
}

#[test]
fn a_sync_pod_hits_the_limit_without_the_secret_of_its_siblings() {
    let workloads = vec![
        deploy("team/web").names(&["hub"]).of(&["docker.io/acme/web:1"]).runs(),
        deploy("team/sync").of(&[SYNC]),
    ];
    let evidence = fails(audit(workloads, vec![secret("team/hub", &[HUB])]), "deploy/sync", LIMITED);
    let finding = only_of(PullSecretNotReferenced, &evidence);
    assert_eq!((finding.severity, finding.subject.name.as_str()), (Severity::Error, "deploy/sync"));
}

#[test]
fn without_a_pull_that_fails_it_is_a_remark_and_only_beside_a_sibling() {
    let sibling = || deploy("team/web").names(&["regcred"]).runs();
    let never_started = || deploy("team/helper").of(&["registry.example.com/team/helper:1"]);
    let secrets = || vec![registry_secret("team/regcred")];
    let finding = only_of(PullSecretNotReferenced, &audit(vec![sibling(), never_started()], secrets()));
    assert_eq!(finding.severity, Severity::Info);
    assert!(found(&audit(vec![never_started()], secrets())).is_empty(), "nobody uses the Secret");
    let mut scaled_to_none = never_started();
    scaled_to_none.active = false;
    assert!(found(&audit(vec![sibling(), scaled_to_none], secrets())).is_empty());
}

#[test]
fn what_its_own_pods_started_without_a_secret_needs_none() {
    let workloads = vec![deploy("team/web").names(&["regcred"]).runs(), deploy("team/helper").runs()];
    assert!(found(&audit(workloads, vec![registry_secret("team/regcred")])).is_empty());
}

#[test]
fn a_registry_that_others_pull_from_without_a_secret_needs_none() {
    let workloads = vec![
        deploy("team/web").names(&["regcred"]).runs(),
        deploy("team/helper").of(&["registry.example.com/team/helper:1"]),
        deploy("team/plain").of(&["registry.example.com/team/plain:1"]).runs(),
    ];
    assert!(found(&audit(workloads, vec![registry_secret("team/regcred")])).is_empty());
}

#[test]
fn an_unreferenced_secret_that_fits_a_pull_that_fails_is_told() {
    let evidence = audit(vec![deploy("team/web")], vec![registry_secret("team/unused")]);
    let finding = only_of(PullSecretNotReferenced, &all_fail(evidence.clone(), DENIED));
    assert!(finding.cause.contains("secret/unused"), "{}", finding.cause);
    let silent = only_of(PullSecretNotReferenced, &all_fail(evidence.clone(), ""));
    assert!(!silent.certain && silent.settle_by.is_some_and(|by| by.contains("--as-workload deploy/web")));
    assert!(found(&all_fail(evidence, TIMED_OUT)).is_empty());
}

#[test]
fn many_workloads_of_one_account_are_mended_there() {
    let workloads = (0..5).map(|n| deploy(&format!("team/web{n}"))).collect();
    let accounts = vec![account("team/default", &[])];
    let evidence = with_accounts(workloads, vec![registry_secret("team/unused")], accounts);
    let finding = only_of(PullSecretNotReferenced, &all_fail(evidence, DENIED));
    assert_eq!(finding.subject.name, "serviceaccount/default");
    let commands: Vec<&str> = finding.fixes.iter().map(|fix| fix.command.as_str()).collect();
    assert!(commands[0].contains("patch serviceaccount/default"), "{commands:#?}");
    for n in 0..5 {
        assert!(
            commands.contains(&format!("kubectl -n team rollout restart deploy/web{n}").as_str()),
            "{commands:#?}"
        );
    }
}

#[test]
fn pull_secrets_that_are_named_already_are_kept_by_the_mend() {
    let workloads = vec![deploy("team/web")];
    let secrets = vec![secret("team/other", &["other.example.org"]), registry_secret("team/regcred")];
    let accounts = vec![account("team/default", &["other"])];
    let mut evidence = all_fail(with_accounts(workloads, secrets, accounts), DENIED);
    evidence.workloads.as_mut().unwrap().failing[0].pull_secrets = vec!["other".into()];
    let finding = only_of(PullSecretNotReferenced, &evidence);
    let [workload, account, pods] = finding.fixes.as_slice() else { panic!("{:?}", finding.fixes) };
    assert_eq!(pods.command, "kubectl -n team rollout restart deploy/web");
    // Naming one in the template takes the ServiceAccount's away, so the template carries them.
    assert!(workload.command.contains(r#"[{"name":"other"},{"name":"regcred"}]"#), "{workload:?}");
    let appends = r#"[{"op":"add","path":"/imagePullSecrets/-","value":{"name":"regcred"}}]"#;
    assert!(account.command.contains(appends), "{account:?}");
}

#[test]
fn a_cloud_identity_is_never_a_missing_reference() {
    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1";
    let fits = secret("team/ecr", &["123456789012.dkr.ecr.eu-west-1.amazonaws.com"]);
    let workloads = vec![deploy("team/web").of(&[image]), deploy("team/sib").of(&[image]).names(&["ecr"])];
    let mut irsa = account("team/default", &[]);
    if let Outcome::Seen { value } = &mut irsa.outcome {
        value.ambient =
            vec![Ambient { kind: AmbientKind::AwsRole, identity: Clean::new("arn:aws:iam::1:role/pull") }];
    }
    let evidence = with_accounts(workloads, vec![fits], vec![irsa]);
    assert!(found(&evidence).is_empty());
    assert!(found(&fails(evidence, "deploy/web", DENIED)).is_empty());
}

#[test]
fn a_key_that_misses_the_image_is_told_with_why() {
    let workload = deploy("team/web").names(&["regcred"]).of(&["registry.example.com:5000/team/app:1"]);
    let evidence = audit(vec![workload], vec![registry_secret("team/regcred")]);
    let finding = only_of(PullSecretNoMatch, &evidence);
    assert_eq!((finding.certain, finding.severity), (false, Severity::Warning), "nobody was refused");
    assert!(finding.cause.contains("which deploy/web pulls"), "{}", finding.cause);
    assert_eq!(finding.subject.name, "secret/regcred");
    assert!(
        finding.cause.contains("`registry.example.com` has no port, the image has 5000"),
        "{}",
        finding.cause
    );
    let refused = only_of(PullSecretNoMatch, &all_fail(evidence, DENIED));
    assert!(refused.certain && refused.evidence.iter().any(|id| id.starts_with("pod/")));
    assert_eq!(refused.severity, Severity::Error);
}

#[test]
fn entries_for_other_registries_are_a_finding_only_where_a_pull_fails() {
    let workload = deploy("team/web").names(&["regcred"]);
    let evidence = audit(vec![workload], vec![secret("team/regcred", &["other.example.org"])]);
    assert!(found(&evidence).is_empty());
    let finding = only_of(PullSecretNoMatch, &all_fail(evidence.clone(), DENIED));
    assert!(finding.cause.contains("its keys are `other.example.org`"), "{}", finding.cause);
    assert!(found(&all_fail(evidence, TIMED_OUT)).is_empty());
}

#[test]
fn public_images_beside_secrets_that_do_not_match_are_no_finding() {
    let workload =
        deploy("team/web").names(&["regcred"]).of(&["registry.example.com:5000/team/app:1"]).runs();
    assert!(found(&audit(vec![workload], vec![registry_secret("team/regcred")])).is_empty());
}

#[test]
fn a_secret_that_fits_is_told_rather_than_one_that_misses() {
    let workload = deploy("team/web").names(&["other"]);
    let secrets = vec![secret("team/other", &["registry.example.com:5000"]), registry_secret("team/regcred")];
    let finding = only_of(PullSecretNotReferenced, &all_fail(audit(vec![workload], secrets), DENIED));
    assert!(finding.cause.contains("its own list of pull secrets lacks secret/regcred"), "{}", finding.cause);
    assert_eq!(finding.fixes.len(), 1, "the ServiceAccount's list does not reach it");
}

#[test]
fn commands_for_a_node_name_it_and_the_first_needs_no_image_of_another_registry() {
    let evidence = why(all_fail(audit(vec![deploy("team/web")], Vec::new()), TIMED_OUT));
    let finding = only_of(ConnectionTimedOut, &evidence);
    let [probe, port] = finding.fixes.as_slice() else { panic!("{:#?}", finding.fixes) };
    assert!(probe.command.starts_with("kubectl regauth pull registry.example.com/team/app:1 -n team "));
    assert!(probe.command.ends_with("--node node1 --method probe"), "{}", probe.command);
    assert!(port.command.starts_with("kubectl debug node/node1 -it"), "{}", port.command);
}
