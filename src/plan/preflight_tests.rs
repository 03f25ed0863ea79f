use jiff::Timestamp;

use super::*;
use crate::evidence::preflight::{Brought, PlannedNamespace, PlatformNodes};
use crate::evidence::workloads::{PullSecretSeen, ServiceAccount, ServiceAccountSeen, Workloads, Written};
use crate::evidence::{Action, Run};
use crate::plan::Plan;
use crate::registry::keyring::SecretState;
use crate::registry::keyring::evidence::SecretEvidence;

const IMAGE: &str = "r.example.com/app:1";

fn secret(name: &str, outcome: Outcome<PullSecretSeen>) -> PullSecret {
    PullSecret {
        id: format!("secret/team/{name}"),
        namespace: "team".into(),
        name: name.into(),
        outcome,
        also_in: None,
    }
}

/// Without any entry.
fn seen() -> Outcome<PullSecretSeen> {
    let docker_config =
        SecretEvidence { name: Clean::new("s"), state: SecretState::Read, entries: Vec::new() };
    let kind = Clean::new("kubernetes.io/dockerconfigjson");
    let value = PullSecretSeen {
        kind,
        keys: Vec::new(),
        docker_config,
        written: Written::default(),
        owners: Vec::new(),
    };
    Outcome::Seen { value }
}

fn platform(platform: &str, ready: &[&str]) -> PlatformNodes {
    let ready: Vec<String> = ready.iter().map(ToString::to_string).collect();
    PlatformNodes { platform: platform.into(), nodes: ready.len().max(1), ready }
}

/// One workload with the pull secrets `a` and `b`.
fn evidence(images: &[&str], platforms: Vec<PlatformNodes>) -> Evidence {
    let now = Timestamp::UNIX_EPOCH;
    let plan = Plan::of_this_machine(Action::Preflight, Vec::new(), 60);
    let mut evidence = Evidence::new(Run::new("abcd2345".into(), "", now), plan, now);
    let image = |image: &&str| ImageUse { image: image.to_string(), ..ImageUse::default() };
    let workload = Workload {
        id: "workload/team/deploy/web".into(),
        namespace: "team".into(),
        name: "deploy/web".into(),
        service_account: "default".into(),
        pull_secrets: vec!["a".into(), "b".into()],
        images: images.iter().map(image).collect(),
        active: true,
        ..Workload::default()
    };
    let account = ServiceAccount {
        id: "serviceaccount/team/default".into(),
        namespace: "team".into(),
        name: "default".into(),
        outcome: Outcome::Seen { value: ServiceAccountSeen::default() },
    };
    evidence.preflight = Some(Preflight {
        workloads: vec![PlannedWorkload {
            id: workload.id.clone(),
            place: Default::default(),
            images: Vec::new(),
            labels: BTreeMap::new(),
            landing: Outcome::Seen {
                value: Landing {
                    nodes: platforms.iter().map(|one| one.nodes).sum(),
                    of: 9,
                    platforms,
                    ..Landing::default()
                },
            },
        }],
        namespaces: vec![PlannedNamespace {
            name: "team".into(),
            outcome: Outcome::Seen { value: () },
            brought: false,
        }],
        ..Preflight::default()
    });
    evidence.workloads = Some(Workloads {
        workloads: vec![workload],
        service_accounts: vec![account],
        secrets: vec![secret("a", seen()), secret("b", Outcome::Absent { message: Clean::default() })],
        ..Workloads::default()
    });
    evidence
}

fn one() -> Evidence {
    evidence(&[IMAGE], vec![platform("linux/amd64", &["n1", "n2"])])
}

fn why(evidence: &Evidence) -> String {
    let (tests, not) = tests(evidence, 2);
    assert!(tests.is_empty() && not.len() == 1, "{tests:?} {not:?}");
    not[0].why_not.to_string()
}

#[test]
fn one_node_of_each_platform_goes_before_a_second_and_what_is_missed_is_told() {
    let platforms = || {
        vec![
            platform("linux/amd64", &["n1", "n2"]),
            platform("linux/arm64", &["n3"]),
            platform("windows/amd64", &[]),
        ]
    };
    let (tests_of, not) = tests(&evidence(&[IMAGE], platforms()), 2);
    assert_eq!(tests_of[0].nodes, ["n1", "n3"]);
    assert_eq!(not.len(), 1);
    assert!(not[0].why_not.as_str().contains("windows/amd64") && !not[0].left_out);
    let (tests_of, not) = tests(&evidence(&[IMAGE], platforms()), 1);
    assert_eq!(tests_of[0].nodes, ["n1"]);
    assert!(not[0].left_out && not[0].why_not.as_str().contains("--max-nodes"), "{not:?}");
    assert_eq!(tests(&evidence(&[IMAGE], platforms()), 9).0[0].nodes, ["n1", "n3", "n2"]);
}

#[test]
fn a_pull_secret_that_is_missing_is_passed_over_and_images_share_a_run() {
    let many = ["r/a:1", "r/b:1", "r/c:1", "r/d:1", "r/e:1", "R/Bad:1"];
    let (tests, not) = tests(&evidence(&many, vec![platform("linux/amd64", &["n1"])]), 2);
    assert_eq!(tests.iter().map(|one| one.images.len()).collect::<Vec<_>>(), [4, 1]);
    assert!(tests.iter().all(|one| one.pull_secrets == ["a"]) && not.is_empty());
    assert_eq!(tests[1].of, [("workload/team/deploy/web".to_string(), "r/e:1".to_string())]);
}

#[test]
fn a_secret_that_comes_with_the_manifests_is_not_sent_before_it_is_there() {
    let bring = |outcome, is_there| {
        let mut evidence = one();
        evidence.workloads.as_mut().unwrap().secrets[0] = secret("a", outcome);
        let brought = Brought { id: "secret/team/a".into(), is_there, ..Brought::default() };
        evidence.preflight.as_mut().unwrap().brought = vec![brought];
        evidence
    };
    // What has nothing for the image plays no part in it.
    assert_eq!(tests(&bring(seen(), false), 2).0[0].pull_secrets, [] as [&str; 0]);
    assert_eq!(tests(&bring(seen(), true), 2).0[0].pull_secrets, ["a"]);
    let unknown =
        Outcome::Failed { step: crate::evidence::Step::Read, message: Clean::new("made by a controller") };
    let told = why(&bring(unknown, false));
    assert!(told.contains("secret/a comes with the manifests") && told.contains("apply it first"), "{told}");
}

#[test]
fn what_cannot_be_tested_says_why() {
    let mut evidence = one();
    evidence.preflight.as_mut().unwrap().namespaces[0].outcome =
        Outcome::Absent { message: Clean::default() };
    assert!(why(&evidence).contains("namespace team is not there yet"));
    let mut evidence = one();
    let refused = Outcome::Denied { status: 403, message: Clean::default() };
    evidence.preflight.as_mut().unwrap().workloads[0].landing = refused;
    assert!(why(&evidence).contains("nodes could not be listed"));
    assert!(
        why(&super::tests_of_tests::evidence(&[IMAGE], vec![platform("windows/amd64", &[])]))
            .contains("can take a test")
    );
    let mut evidence = one();
    let seen = evidence.workloads.as_mut().unwrap();
    seen.workloads[0].pull_secrets.clear();
    seen.service_accounts.clear();
    assert!(why(&evidence).contains("serviceaccount/default are not known"));
}

#[test]
fn what_lands_nowhere_or_is_never_pulled_is_told_elsewhere() {
    let mut evidence = one();
    evidence.workloads.as_mut().unwrap().workloads[0].images[0].pull_policy = PullPolicy::Never;
    assert_eq!(tests(&evidence, 2), (Vec::new(), Vec::new()));
    let nowhere = super::tests_of_tests::evidence(&[IMAGE], Vec::new());
    assert_eq!(tests(&nowhere, 2), (Vec::new(), Vec::new()));
}
