//! Refusals, in the light of the pod's keyring.

use super::build::*;
use crate::code::Code;
use crate::evidence::builder::{Ambient, AmbientKind};
use crate::evidence::{Action, Outcome};
use crate::finding::Severity;
use crate::text::Clean;

#[test]
fn a_pod_without_any_pull_secret_has_no_credential() {
    let web = deploy("web", IMAGE);
    let finding = one(&why(vec![web.clone()], vec![waits(&web, "node1", NO_CREDENTIAL)]));
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::NoCredential, "serviceaccount/default", false)]);
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.cause,
        "registry.example.com asks for a credential, and pods of serviceaccount/default in namespace team have none \
         for it (no pull secret) (pod/web-node1 of deploy/web on node1)."
    );
    assert!(finding.fixes.iter().any(|fix| fix.command == "kubectl -n team rollout restart deploy/web"));
    assert_eq!(finding.evidence, ["pod/team/web-node1/app"]);
}

#[test]
fn a_refused_user_and_secret_is_about_the_secret_that_fits_the_image() {
    let web = deploy("web", IMAGE).naming(&["other", "regcred"]);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", WRONG_PASSWORD)]).secrets(vec![
        secret("other", &["elsewhere.example.org"]),
        secret("regcred", &["registry.example.com"]),
    ]);
    let finding = one(&evidence);
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::CredentialRejected, "secret/regcred", false)]);
    assert!(finding.cause.starts_with(
        "registry.example.com refused the user and secret of secret/regcred (user bob) in namespace team"
    ));
    assert!(!format!("{finding:?}").contains("not-shown-anywhere"));
}

#[test]
fn a_pull_secret_that_could_not_be_read_leaves_open_whether_a_credential_was_sent() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let evidence =
        why(vec![web.clone()], vec![waits(&web, "node1", FORBIDDEN)]).secrets(vec![unread("regcred")]);
    let finding = one(&evidence);
    assert_eq!(finding.code, Code::PermissionDenied);
    assert!(!finding.certain);
    assert!(finding.also_possible.contains(&Code::NoCredential));
    assert!(finding.cause.contains("secret/regcred"));
}

#[test]
fn an_expired_credential_is_certain_where_the_registry_says_so() {
    let web = deploy("web", ECR).naming(&["ecr"]);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", EXPIRED)])
        .secrets(vec![secret("ecr", &["123456789012.dkr.ecr.eu-central-1.amazonaws.com"])]);
    assert_eq!(told(&judged(&evidence)), [(Code::CredentialExpired, "secret/ecr", true)]);
}

#[test]
fn a_refusal_by_a_registry_that_nodes_have_an_identity_for_is_never_a_missing_credential() {
    let web = deploy("web", ECR);
    let failing = vec![waits(&web, "node1", ECR_FORBIDDEN)];
    let mut bound = account("default", &[]);
    if let Outcome::Seen { value } = &mut bound.outcome {
        let identity = Clean::new("arn:aws:iam::123456789012:role/puller");
        value.ambient = vec![Ambient { kind: AmbientKind::AwsRole, identity }];
    }
    for evidence in [why(vec![web.clone()], failing.clone()), why(vec![web.clone()], failing).account(bound)]
    {
        let finding = one(&evidence);
        assert_eq!(finding.code, Code::CredentialNotVisible);
        assert_eq!(finding.severity, Severity::Unknown);
        let settle = finding.settle_by.unwrap();
        assert!(settle.contains("account 123456789012, region eu-central-1"), "{settle}");
        assert!(settle.contains("`kubectl regauth why deploy/web -n team --probe`"), "{settle}");
    }
}

#[test]
fn a_pod_that_is_older_than_its_service_accounts_pull_secret_must_be_recreated() {
    let web = deploy("web", IMAGE);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", NO_CREDENTIAL)])
        .account(account("default", &["regcred"]))
        .secrets(vec![secret("regcred", &["registry.example.com"])]);
    let finding = one(&evidence);
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::PullSecretNotReferenced, "deploy/web", true)]);
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.cause.contains("they must be recreated"));
    let commands: Vec<&str> = finding.fixes.iter().map(|fix| fix.command.as_str()).collect();
    assert_eq!(commands, ["kubectl -n team rollout restart deploy/web"]);
}

#[test]
fn a_pod_whose_template_names_pull_secrets_gets_none_of_its_service_account() {
    let web = deploy("web", IMAGE).naming(&["other"]);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", NO_CREDENTIAL)])
        .account(account("default", &["regcred"]))
        .secrets(vec![
            secret("other", &["elsewhere.example.org"]),
            secret("regcred", &["registry.example.com"]),
        ]);
    assert_eq!(told(&judged(&evidence)), [(Code::NoCredential, "serviceaccount/default", false)]);
}

#[test]
fn an_empty_entry_sends_no_credential() {
    let web = deploy("web", IMAGE).naming(&["empty"]);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", FORBIDDEN)])
        .secrets(vec![secret_of("empty", "{\"auths\": {\"registry.example.com\": {}}}")]);
    assert_eq!(one(&evidence).code, Code::NoCredential);
}

#[test]
fn a_broken_pull_secret_is_about_the_secret() {
    let web = deploy("web", IMAGE).naming(&["broken"]);
    let message = "unable to parse auth field, must be formatted as base64(username:password)";
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", message)])
        .secrets(vec![secret_of("broken", "{\"auths\": {\"registry.example.com\": {\"auth\": \"!!\"}}}")]);
    let finding = one(&evidence);
    assert_eq!(finding.subject.name, "secret/broken");
    assert!(finding.certain && finding.also_possible.is_empty(), "{finding:#?}");
    let all = crate::diagnose::diagnose(&evidence);
    let malformed: Vec<_> = all.iter().filter(|one| one.code == Code::PullSecretMalformed).collect();
    assert_eq!(malformed.len(), 1, "{all:#?}");
    assert!(malformed[0].certain && malformed[0].also_possible.is_empty(), "{malformed:#?}");
}

#[test]
fn an_audit_asks_only_what_registries_say_of_credentials() {
    let web = deploy("web", IMAGE);
    let asked = |message: &str| {
        let mut evidence = why(vec![web.clone()], vec![waits(&web, "node1", message)]);
        evidence.plan.action = Action::Secrets;
        judged(&evidence).into_iter().map(|one| one.code).collect::<Vec<_>>()
    };
    assert_eq!(asked(NO_CREDENTIAL), [Code::NoCredential]);
    for other in [TIMED_OUT, NOT_FOUND, NO_SPACE, NO_PLATFORM, "the moon is full"] {
        assert_eq!(asked(other), [], "{other}");
    }
}

#[test]
fn a_service_accounts_list_is_added_to_and_not_replaced() {
    let web = deploy("web", IMAGE);
    let with = |carried: &[&str]| {
        let evidence = why(vec![web.clone()], vec![waits(&web, "node1", NO_CREDENTIAL)])
            .account(account("default", carried))
            .secrets(vec![secret("internal", &["x.example.com"])]);
        let fixes = one(&evidence).fixes;
        fixes
            .into_iter()
            .map(|fix| fix.command)
            .find(|command| command.contains("patch serviceaccount"))
            .unwrap()
    };
    assert!(with(&[]).ends_with(
        r#"--type=json -p '[{"op":"add","path":"/imagePullSecrets","value":[{"name":"regcred"}]}]'"#
    ));
    assert!(with(&["internal"]).ends_with(
        r#"--type=json -p '[{"op":"add","path":"/imagePullSecrets/-","value":{"name":"regcred"}}]'"#
    ));
}
