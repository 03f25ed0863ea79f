//! What works elsewhere, and what that says of a pull that fails.

use super::build::*;
use crate::code::Code;
use crate::evidence::workloads::PullPolicy;
use crate::finding::Severity;

const DENIED: &str = "failed to resolve image: unexpected status from HEAD request to \
     https://registry.example.com/v2/team/app/manifests/1: 403 Forbidden: DENIED: Permission \
     \"artifactregistry.repositories.downloadArtifacts\" denied on resource";

#[test]
fn a_stale_credential_hides_an_image_that_others_pull_without_any() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let free = deploy("free", IMAGE).started(&["node2"], &[]);
    let evidence = why(vec![web.clone(), free], vec![waits(&web, "node1", WRONG_PASSWORD)])
        .secrets(vec![secret("regcred", &["registry.example.com"])]);
    let finding = one(&evidence);
    assert_eq!(told(std::slice::from_ref(&finding)), [(Code::StaleCredential, "secret/regcred", false)]);
    assert_eq!(finding.also_possible[0], Code::CredentialRejected);
    assert!(finding.cause.contains("deploy/free runs registry.example.com/team/app:1 without a pull secret"));
    let [prove, unname, renew] = finding.fixes.as_slice() else { panic!("{:#?}", finding.fixes) };
    assert!(prove.command.ends_with("--no-pull-secret"));
    assert!(unname.command.contains("patch deploy/web ") && unname.command.contains("delete"), "{unname:?}");
    assert!(renew.command.contains("create secret generic regcred "), "{renew:?}");
}

#[test]
fn an_image_that_somebody_with_a_secret_left_on_the_node_is_not_public() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let free = deploy("free", IMAGE).started(&["node2"], &[]);
    let has = deploy("has", IMAGE).naming(&["good"]).started(&["node2"], &["good"]);
    let evidence =
        why(vec![web.clone(), free, has], vec![waits(&web, "node1", WRONG_PASSWORD)]).secrets(vec![
            secret("regcred", &["registry.example.com"]),
            secret("good", &["registry.example.com"]),
        ]);
    assert_eq!(one(&evidence).code, Code::CredentialRejected);
}

#[test]
fn a_refused_credential_for_docker_hubs_own_images_is_stale() {
    let web = deploy("web", OFFICIAL).naming(&["hub"]);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", WRONG_PASSWORD)])
        .secrets(vec![secret("hub", &["https://index.docker.io/v1/"])]);
    assert_eq!(told(&judged(&evidence)), [(Code::StaleCredential, "secret/hub", true)]);
}

#[test]
fn a_pull_that_works_elsewhere_without_any_secret_may_have_a_credential_of_the_node() {
    let web = deploy("web", IMAGE);
    let other = deploy("other", IMAGE).started(&["node2"], &[]);
    let evidence = why(vec![web.clone(), other], vec![waits(&web, "node1", NO_CREDENTIAL)]);
    let finding = one(&evidence);
    assert_eq!(
        told(std::slice::from_ref(&finding)),
        [(Code::CredentialNotVisible, "registry/registry.example.com", false)]
    );
    assert!(finding.also_possible.contains(&Code::NoCredential));
}

#[test]
fn the_same_secret_that_works_elsewhere_speaks_against_a_lack_of_rights() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let secrets = vec![secret("regcred", &["registry.example.com"])];
    let alone = why(vec![web.clone()], vec![waits(&web, "node1", DENIED)]).secrets(secrets.clone());
    let other = deploy("other", IMAGE).naming(&["regcred"]).started(&["node2"], &["regcred"]);
    let beside = why(vec![web.clone(), other], vec![waits(&web, "node1", DENIED)]).secrets(secrets);
    let (alone, beside) = (one(&alone), one(&beside));
    assert_eq!(alone.code, beside.code);
    assert!(!beside.certain);
    assert!(!alone.cause.contains("although"));
    assert!(beside.cause.contains("although deploy/other runs it with the same pull secret on node2"));
}

#[test]
fn pods_that_run_from_the_nodes_copy_are_warned_of() {
    let mut web = deploy("web", IMAGE).naming(&["regcred"]).started(&["node2"], &["regcred"]);
    let evidence = |web: &crate::evidence::workloads::Workload| {
        why(vec![web.clone()], vec![waits(web, "node1", WRONG_PASSWORD)])
            .secrets(vec![secret("regcred", &["registry.example.com"])])
            .node(node("node2", &[], &[IMAGE]))
    };
    let found = judged(&evidence(&web));
    let image = format!("image/{IMAGE}");
    assert_eq!(
        told(&found),
        [
            (Code::CredentialRejected, "secret/regcred", false),
            (Code::CachedImageHidesFailure, image.as_str(), true)
        ]
    );
    assert_eq!(found[1].severity, Severity::Warning);
    web.images[0].pull_policy = PullPolicy::Always;
    assert_eq!(judged(&evidence(&web)).len(), 1, "with Always each start pulls");
}

#[test]
fn a_container_that_runs_although_its_pull_was_refused_is_warned_of() {
    let web = deploy("web", IMAGE).naming(&["regcred"]).started(&["node1"], &["regcred"]);
    let mut pull = waits(&web, "node1", WRONG_PASSWORD);
    pull.state = crate::evidence::workloads::PullState::StartedAllTheSame;
    let evidence = why(vec![web], vec![pull]).secrets(vec![secret("regcred", &["registry.example.com"])]);
    let finding = one(&evidence);
    assert_eq!((finding.code, finding.severity), (Code::CachedImageHidesFailure, Severity::Warning));
    assert_eq!(finding.also_possible, [Code::CredentialRejected]);
    // A run of `why` tests what waits alone.
    let settle = "`kubectl regauth pull registry.example.com/team/app:1 -n team --as-workload deploy/web --node node1`";
    assert_eq!(finding.settle_by.as_deref(), Some(settle));
    let report = crate::report::Report::of(&evidence);
    assert_eq!(report.failing().next().unwrap().works_on, [], "it is no other than itself");
}

#[test]
fn a_pull_that_broke_off_once_and_works_now_is_worth_knowing_and_no_more() {
    let web = deploy("web", IMAGE);
    let mut pull = waits(&web, "node1", TIMED_OUT);
    pull.state = crate::evidence::workloads::PullState::StartedAllTheSame;
    let finding = one(&why(vec![web], vec![pull]));
    assert_eq!((finding.code, finding.severity), (Code::ConnectionTimedOut, Severity::Info));
}

#[test]
fn a_pull_before_the_kubelet_had_the_secret_that_is_there_now_is_no_finding() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let mut pull = waits(&web, "node1", NO_CREDENTIAL);
    pull.state = crate::evidence::workloads::PullState::StartedAllTheSame;
    pull.pull_secrets = strings(&["regcred"]);
    let with = |pull: &crate::evidence::workloads::FailingPull, secrets| {
        let mut evidence = why(vec![web.clone()], vec![pull.clone()]);
        evidence.workloads.as_mut().unwrap().secrets = secrets;
        judged(&evidence)
    };
    let regcred = || vec![secret("regcred", &["registry.example.com"])];
    assert_eq!(with(&pull, regcred()).len(), 1, "the kubelet had it, and was refused all the same");
    pull.missing_pull_secrets = strings(&["regcred"]);
    assert_eq!(with(&pull, regcred()), []);
    assert_eq!(with(&pull, vec![unread("regcred")]).len(), 1, "nobody knows what is in it");
    assert_eq!(with(&pull, vec![secret("regcred", &["other.example.com"])]).len(), 1, "it is for another");
}
