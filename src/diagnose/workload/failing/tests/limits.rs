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
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::RateLimited, "registry/docker.io", true)]);
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
    let message = HUB_LIMIT.replace("your unauthenticated pull rate limit", "your pull rate limit as 'bob'");
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", &message)])
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

#[test]
fn an_answer_that_does_not_say_which_limit_it_is_may_be_that_against_abuse() {
    let sync = deploy("sync", HUB);
    let message = "failed to resolve image: unexpected status from HEAD request to \
        https://registry-1.docker.io/v2/team/app/manifests/1: 429 Too Many Requests";
    let finding = one(&why(vec![sync.clone()], vec![waits(&sync, "node1", message)]));
    assert_eq!((finding.code, finding.certain), (Code::RateLimited, true));
    assert!(finding.cause.contains("or its limit against abuse was"), "{}", finding.cause);
}

#[test]
fn a_secret_that_is_named_in_a_template_stands_beside_those_of_the_service_account() {
    let sync = deploy("sync", HUB);
    let web = deploy("web", HUB).naming(&["dockerhub"]);
    let mut pull = waits(&sync, "node1", HUB_LIMIT);
    pull.pull_secrets = strings(&["internal"]);
    let evidence = why(vec![sync, web], vec![pull]).account(account("default", &["internal"])).secrets(vec![
        secret("dockerhub", &["https://index.docker.io/v1/"]),
        secret("internal", &["x.example.com"]),
    ]);
    let command = one(&evidence).fixes.remove(0).command;
    assert!(command.contains(r#"[{"name":"internal"},{"name":"dockerhub"}]"#), "{command}");
}
