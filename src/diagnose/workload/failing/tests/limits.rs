//! The registry's limit: whose it is.

use super::build::*;
use crate::code::Code;

#[test]
fn a_pod_without_the_secret_that_its_sibling_has_goes_by_the_limit_for_strangers() {
    let sync = deploy("sync", HUB);
    let web = deploy("web", HUB).naming(&["dockerhub"]).started(&["node1"], &["dockerhub"]);
    let evidence = why(vec![sync.clone(), web], vec![waits(&sync, "node1", HUB_LIMIT)])
        .secrets(vec![secret("dockerhub", &["https://index.docker.io/v1/"])]);
    let finding = one(&evidence);
    assert_eq!(told(&[finding.clone()]), [(Code::RateLimited, "registry/docker.io", true)]);
    assert!(finding.cause.contains("deploy/sync in namespace team pulls without one"), "{}", finding.cause);
    assert!(finding.cause.contains("while deploy/web has secret/dockerhub for it"), "{}", finding.cause);
    assert_eq!(
        finding.fixes[0].command,
        "kubectl -n team patch deploy/sync -p '{\"spec\":{\"template\":{\"spec\":{\"imagePullSecrets\":[{\"name\":\"dockerhub\"}]}}}}'"
    );
}

#[test]
fn a_limit_that_is_reached_with_a_login_is_that_of_the_account() {
    let web = deploy("web", HUB).naming(&["dockerhub"]);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", HUB_LIMIT)])
        .secrets(vec![secret("dockerhub", &["https://index.docker.io/v1/"])]);
    let finding = one(&evidence);
    assert_eq!(finding.code, Code::RateLimited);
    assert!(
        finding.cause.contains("the limit of the account in secret/dockerhub (user bob)"),
        "{}",
        finding.cause
    );
}

#[test]
fn a_pod_that_is_older_than_its_accounts_secret_is_recreated_to_get_that_accounts_limit() {
    let sync = deploy("sync", HUB);
    let evidence = why(vec![sync.clone()], vec![waits(&sync, "node1", HUB_LIMIT)])
        .account(account("default", &["dockerhub"]))
        .secrets(vec![secret("dockerhub", &["https://index.docker.io/v1/"])]);
    let finding = one(&evidence);
    assert_eq!(finding.code, Code::RateLimited);
    assert_eq!(finding.fixes[0].command, "kubectl -n team rollout restart deploy/sync");
}
