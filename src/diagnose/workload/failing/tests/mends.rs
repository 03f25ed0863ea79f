//! Commands: what they change, and that they destroy nothing.

use super::build::*;
use crate::code::Code;
use crate::evidence::workloads::{FailingPull, PullSecretSeen, PullState, Workload};
use crate::evidence::{Evidence, Outcome};
use crate::text::Clean;

fn commands(evidence: &Evidence) -> Vec<String> {
    one(evidence).fixes.into_iter().map(|fix| fix.command).collect()
}

/// A pod that belongs to no workload.
fn lone(name: &str) -> Workload {
    Workload { id: format!("workload/team/Pod/{name}"), name: format!("pod/{name}"), ..deploy(name, IMAGE) }
}

fn waits_alone(of: &Workload, message: &str) -> FailingPull {
    let pod = of.name.trim_start_matches("pod/").to_string();
    FailingPull { id: format!("pod/team/{pod}/app"), pod, ..waits(of, "node1", message) }
}

#[test]
fn a_lone_pod_that_is_older_than_its_accounts_secret_is_made_anew_and_never_just_deleted() {
    let evidence = |own: &[&str]| {
        let pod = lone("old").naming(own);
        why(vec![pod.clone()], vec![waits_alone(&pod, NO_CREDENTIAL)])
            .account(account("default", &["regcred"]))
            .secrets(vec![
                secret("regcred", &["registry.example.com"]),
                secret("own", &["other.example.org"]),
            ])
    };
    let finding = one(&evidence(&[]));
    assert_eq!(finding.code, Code::PullSecretNotReferenced);
    assert!(finding.cause.contains("pod/old is older than that and lacks it"), "{}", finding.cause);
    let [made] = commands(&evidence(&[])).try_into().unwrap();
    assert!(made.contains("kubectl create --dry-run=server -f - && "), "{made}");
    assert!(made.contains(r#""imagePullSecrets":null"#) && !made.contains("delete pod"), "{made}");
    // What it names itself stays.
    let [named] = commands(&evidence(&["own"])).try_into().unwrap();
    assert!(named.contains(r#""imagePullSecrets":[{"name":"regcred"}]"#), "{named}");
}

#[test]
fn a_refused_secret_of_the_older_type_is_replaced_in_its_own_form() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let mut legacy = secret("regcred", &["registry.example.com"]);
    if let Outcome::Seen { value: PullSecretSeen { kind, .. } } = &mut legacy.outcome {
        *kind = Clean::new("kubernetes.io/dockercfg");
    }
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", WRONG_PASSWORD)]).secrets(vec![legacy]);
    let [command] = commands(&evidence).try_into().unwrap();
    assert!(
        command.starts_with("jq .auths DOCKER_CONFIG.json | kubectl -n team create secret generic regcred")
    );
    assert!(command.ends_with("| kubectl -n team patch secret regcred --patch-file=/dev/stdin"), "{command}");
}

#[test]
fn each_of_two_secrets_that_were_tried_has_a_command_that_names_it() {
    let web = deploy("web", IMAGE).naming(&["w1", "w2"]);
    let evidence = |secrets| {
        let failing = vec![waits(&web, "node1", WRONG_PASSWORD)];
        commands(&why(vec![web.clone()], failing).secrets(secrets))
    };
    let read = ["w1", "w2"].map(|name| secret(name, &["registry.example.com", "other.example.org"]));
    for all in [evidence(read.to_vec()), evidence(vec![unread("w1"), unread("w2")])] {
        assert_eq!(all.len(), 2, "{all:?}");
        for (command, name) in all.iter().zip(["w1", "w2"]) {
            assert!(command.ends_with(&format!("patch secret {name} --patch-file=/dev/stdin")), "{command}");
        }
        assert!(
            all.iter().all(|command| !command.contains("SECRET") && !command.contains("apply")),
            "{all:?}"
        );
    }
}

#[test]
fn a_pull_policy_is_changed_in_a_way_that_the_object_takes() {
    let never = |workload: Workload| {
        let pull =
            FailingPull { state: PullState::ErrImageNeverPull, message: None, ..waits_alone(&workload, "") };
        commands(&why(vec![workload], vec![pull])).remove(0)
    };
    let pod = never(lone("once"));
    assert!(
        pod.contains(r#".imagePullPolicy = "IfNotPresent""#) && pod.contains("--dry-run=server"),
        "{pod}"
    );
    assert_eq!(never(deploy("web", IMAGE)), "kubectl -n team edit deploy/web");
}

#[test]
fn a_new_secret_gets_a_name_that_is_free() {
    let web = deploy("web", IMAGE).naming(&["regcred"]);
    let evidence = why(vec![web.clone()], vec![waits(&web, "node1", NO_CREDENTIAL)])
        .secrets(vec![secret("regcred", &["other.example.org"])]);
    let all = commands(&evidence);
    assert!(all[0].contains("create secret generic regcred-2 ") && !all[0].contains("apply"), "{all:?}");
    assert!(all[1].contains(r#"{"name":"regcred-2"}"#), "{all:?}");
}

#[test]
fn an_image_that_is_not_there_or_not_for_the_node_has_commands() {
    let web = deploy("web", IMAGE);
    let of = |message: &str| commands(&why(vec![web.clone()], vec![waits(&web, "node1", message)]));
    assert_eq!(
        of(NOT_FOUND),
        [
            "skopeo list-tags docker://registry.example.com/team/app",
            "kubectl regauth probe registry.example.com/team/app:1",
            "kubectl -n team set image deploy/web app=IMAGE",
        ]
    );
    assert_eq!(of(NO_PLATFORM).len(), 2);
}

#[test]
fn pods_of_workloads_and_those_by_themselves_are_counted_apart() {
    let (web, pod) = (deploy("web", IMAGE), lone("once"));
    let failing = vec![waits(&web, "node1", NO_CREDENTIAL), waits_alone(&pod, NO_CREDENTIAL)];
    let finding = one(&why(vec![web, pod], failing));
    let who = "(2 pods, 1 of deploy/web and 1 by itself on node1; for example pod/once).";
    assert!(finding.cause.ends_with(who), "{}", finding.cause);
}
