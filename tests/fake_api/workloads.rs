//! Reading workloads from an API server that refuses, forgets, stutters and breaks off.

use http::Method;
use regauth::collect::workloads::{read, reads_for_secrets, reads_for_why};
use regauth::error::Error;
use regauth::evidence::node::Pressure;
use regauth::evidence::probe::Action;
use regauth::evidence::workloads::{Events, PullState, Resource, Witness, Workloads};
use regauth::evidence::{Node, Outcome};
use regauth::plan::{Plan, ScopePlan};
use regauth::secret::RunKey;
use serde_json::{Value, json};

use super::server::{Answer, Asked, Fake};

const PASSWORD: &str = "hunter2-planted";

fn plan(action: Action, scope: ScopePlan) -> Plan {
    let reads = match action {
        Action::Secrets => reads_for_secrets(&scope),
        _ => reads_for_why(&scope),
    };
    let scope = Some(ScopePlan { reads, ..scope });
    Plan { namespace: "shop".into(), scope, ..Plan::of_this_machine(action, Vec::new(), 60) }
}

async fn seen_of(fake: &Fake, action: Action, scope: ScopePlan) -> Result<(Workloads, Vec<Node>), Error> {
    read(&fake.api, &plan(action, scope), &RunKey::random().unwrap()).await
}

async fn why(fake: &Fake) -> Workloads {
    seen_of(fake, Action::Why, ScopePlan::default()).await.unwrap().0
}

fn everywhere() -> ScopePlan {
    ScopePlan { all_namespaces: true, ..ScopePlan::default() }
}

fn items(items: &[Value]) -> Answer {
    Answer::Json(200, json!({"metadata": {}, "items": items}))
}

fn pod(namespace: &str, name: &str, reason: &str) -> Value {
    let state = match reason {
        "" => json!({"running": {}}),
        reason => {
            json!({"waiting": {"reason": reason, "message": "Back-off pulling image \"harbor.example.com/shop/web:1\""}})
        }
    };
    json!({"metadata": {"name": name, "namespace": namespace, "uid": format!("uid-{name}"),
            "labels": {"app": "web", "pod-template-hash": "1"}, "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "controller": true}]},
        "spec": {"nodeName": "n1", "serviceAccountName": "web", "imagePullSecrets": [{"name": "regcred"}],
            "containers": [{"name": "app", "image": "harbor.example.com/shop/web:1"}]},
        "status": {"phase": "Running", "startTime": "2026-07-01T10:00:00Z", "containerStatuses": [
            {"name": "app", "state": state}]}})
}

fn event(pod: &str) -> Value {
    json!({"involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod, "uid": format!("uid-{pod}"),
            "fieldPath": "spec.containers{app}"}, "reason": "Failed", "type": "Warning",
        "message": format!("Failed to pull image \"x\": unauthorized: password={PASSWORD}"),
        "lastTimestamp": "2026-07-01T10:10:00Z"})
}

fn secret(name: &str) -> Value {
    // {"auths":{"other.example.com":{"username":"robot","password":"hunter2-planted"}}}
    let data = "eyJhdXRocyI6eyJvdGhlci5leGFtcGxlLmNvbSI6eyJ1c2VybmFtZSI6InJvYm90IiwicGFzc3dvcmQiOiJodW50ZXIyLXBsYW50ZWQifX19";
    json!({"metadata": {"name": name, "namespace": "shop", "creationTimestamp": "2026-07-01T10:00:00Z"},
        "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": data}})
}

/// A namespace in which one of two pods of a Deployment cannot be pulled.
fn shop(asked: &Asked) -> Answer {
    let path = asked.path.trim_start_matches("/api/v1/").trim_start_matches("/apis/");
    match path {
        "namespaces/shop/pods" | "pods" => {
            items(&[pod("shop", "web-1-a", "ImagePullBackOff"), pod("shop", "web-1-b", "")])
        }
        "apps/v1/namespaces/shop/deployments" | "apps/v1/deployments" => {
            items(&[json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": {"spec": {
                "serviceAccountName": "web", "containers": [{"name": "app", "image": "harbor.example.com/shop/web:1"}]}}}})])
        }
        "namespaces/shop/events" if asked.query("fieldSelector").contains("type=Warning") => {
            items(&[event("web-1-a")])
        }
        "nodes" => items(&[json!({"metadata": {"name": "n1"}, "status": {
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "True"}],
            "images": [{"names": ["harbor.example.com/shop/web:1", "docker.io/library/nginx:1"]}]}})]),
        "namespaces/shop/serviceaccounts/web" => Answer::Json(
            200,
            json!({"metadata": {"name": "web", "namespace": "shop",
                "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x"}},
                "imagePullSecrets": [{"name": "regcred"}, {"name": "gone"}]}),
        ),
        "namespaces/shop/secrets/regcred" | "namespaces/shop/secrets/unnamed" => {
            Answer::Json(200, secret(path.rsplit('/').next().unwrap()))
        }
        "secrets" if asked.query("fieldSelector") == "type=kubernetes.io/dockerconfigjson" => items(&[
            json!({"metadata": {"name": "regcred", "namespace": "shop"}}),
            json!({"metadata": {"name": "unnamed", "namespace": "shop"}}),
            json!({"metadata": {"name": "gone", "namespace": "infra"}}),
        ]),
        "networking.k8s.io/v1/namespaces/shop/networkpolicies" => items(&[
            json!({"metadata": {"name": "deny", "namespace": "shop"}, "spec": {"podSelector": {}, "policyTypes": ["Egress"]}}),
        ]),
        path if path.contains("/secrets/") => Answer::status(404, "NotFound", "secrets not found"),
        _ => items(&[]),
    }
}

fn outcome(seen: &Workloads, resource: Resource) -> &Outcome<u64> {
    &seen.read(resource).unwrap().outcome
}

#[tokio::test]
async fn a_failing_pull_is_read_with_all_that_it_needs() {
    let fake = Fake::new(shop);
    let (seen, nodes) = seen_of(&fake, Action::Why, ScopePlan::default()).await.unwrap();
    let failing = &seen.failing[0];
    assert_eq!((failing.state, failing.said_by), (PullState::ImagePullBackOff, Some(Witness::Event)));
    assert!(failing.message.as_ref().unwrap().as_str().contains("unauthorized"));
    let web = seen.workload(&failing.workload).unwrap();
    assert_eq!((web.pods, web.images[0].started, web.pull_secrets.len()), (2, 1, 0));
    let account = seen.service_account("shop", "web").unwrap().seen().unwrap();
    assert_eq!((account.pull_secrets.len(), account.ambient.len()), (2, 1));
    let regcred = seen.secret("shop", "regcred").unwrap();
    assert_eq!(regcred.seen().unwrap().docker_config.entries.len(), 1);
    let gone = seen.secret("shop", "gone").unwrap();
    assert!(gone.is_absent());
    assert_eq!(gone.also_in.as_deref(), Some(["infra".to_string()].as_slice()));
    assert!(seen.secret("shop", "unnamed").unwrap().seen().is_some(), "one beside may fit");
    assert_eq!(seen.policies[0].workloads, ["workload/shop/deploy/web"]);
    assert_eq!((nodes[0].pressures.as_slice(), nodes[0].has_images.len()), ([Pressure::Disk].as_slice(), 1));
    assert!(seen.reads.iter().all(|read| matches!(read.outcome, Outcome::Seen { .. })), "{:?}", seen.reads);
    let resources: Vec<Resource> = seen.reads.iter().map(|read| read.resource).collect();
    assert_eq!(resources, reads_for_why(&ScopePlan::default()), "in the order of the plan");
}

#[tokio::test]
async fn no_credential_leaves_the_reader() {
    let (seen, nodes) = seen_of(&Fake::new(shop), Action::Why, ScopePlan::default()).await.unwrap();
    let shown = format!("{seen:?} {nodes:?} {}", serde_json::to_string(&(&seen, &nodes)).unwrap());
    assert!(shown.contains("other.example.com"), "the Secret was read");
    for secret in [PASSWORD, "aHVudGVyMi1wbGFudGVk", "eyJhdXRocyI6"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn where_nothing_fails_neither_events_nor_nodes_nor_secrets_are_read() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/api/v1/pods" => items(&[pod("shop", "web-1-b", "")]),
        _ => shop(asked),
    });
    let (seen, nodes) = seen_of(&fake, Action::Why, everywhere()).await.unwrap();
    assert!(seen.failing.is_empty() && nodes.is_empty() && seen.secrets.is_empty());
    for path in ["events", "nodes", "secrets", "networkpolicies"] {
        assert_eq!(fake.count(&Method::GET, path), 0, "{path}");
    }
    assert_eq!(outcome(&seen, Resource::Events), &Outcome::Seen { value: 0 });
    let audit = seen_of(&fake, Action::Secrets, everywhere()).await.unwrap().0;
    assert!(audit.secret("shop", "regcred").is_some() && audit.read(Resource::Events).is_none());
    let both = seen_of(&fake, Action::Doctor, everywhere()).await.unwrap().0;
    assert!(both.secret("shop", "regcred").is_some() && both.read(Resource::Events).is_some());
}

#[tokio::test]
async fn each_list_that_is_refused_is_told_and_the_rest_is_read() {
    for (refused, resource) in [
        ("/pods", Resource::Pods),
        ("/deployments", Resource::Deployments),
        ("/events", Resource::Events),
        ("/nodes", Resource::Nodes),
        ("/networkpolicies", Resource::NetworkPolicies),
        ("/serviceaccounts/web", Resource::ServiceAccounts),
        ("/secrets", Resource::SecretNames),
    ] {
        let fake = Fake::new(move |asked| match asked.path.ends_with(refused) {
            true => Answer::status(403, "Forbidden", "you may not"),
            false => shop(asked),
        });
        let seen = why(&fake).await;
        assert!(
            matches!(outcome(&seen, resource), Outcome::Denied { status: 403, .. }),
            "{refused}: {:?}",
            seen.reads
        );
        let denied = seen.reads.iter().filter(|read| !matches!(read.outcome, Outcome::Seen { .. })).count();
        assert_eq!(denied, 1, "{refused}: {:?}", seen.reads);
        assert_eq!(seen.workloads.len(), 1, "{refused}");
    }
}

#[tokio::test]
async fn without_events_or_names_it_is_said_what_is_not_known() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        path if path.ends_with("/events") || path == "/api/v1/secrets" => {
            Answer::status(403, "Forbidden", "you may not")
        }
        "/api/v1/namespaces/shop/secrets" => {
            items(&[json!({"metadata": {"name": "unnamed", "namespace": "shop"}})])
        }
        _ => shop(asked),
    });
    let seen = why(&fake).await;
    assert_eq!((seen.failing[0].events, seen.failing[0].said_by), (Events::NotRead, Some(Witness::Status)));
    assert_eq!(seen.secret("shop", "gone").unwrap().also_in, None);
    assert!(
        seen.secret("shop", "unnamed").unwrap().seen().is_some(),
        "the namespace's own names may be read"
    );
    assert_eq!(outcome(&seen, Resource::SecretNames), &Outcome::Seen { value: 2 });
}

#[tokio::test]
async fn contents_that_may_not_be_read_are_told_each() {
    let fake = Fake::new(|asked| match asked.path.contains("/secrets/") {
        true => Answer::status(403, "Forbidden", "you may not get secrets"),
        false => shop(asked),
    });
    let seen = why(&fake).await;
    assert!(matches!(outcome(&seen, Resource::Secrets), Outcome::Denied { .. }));
    assert!(seen.secrets.iter().all(|secret| matches!(secret.outcome, Outcome::Denied { .. })));
    assert!(!seen.secrets.is_empty());
}

#[tokio::test]
async fn whoever_may_read_nothing_learns_that_and_an_api_server_that_is_away_is_an_error() {
    let refusing = Fake::new(|_| Answer::status(403, "Forbidden", "you may not"));
    let seen = why(&refusing).await;
    assert!(matches!(outcome(&seen, Resource::Pods), Outcome::Denied { .. }));
    assert!(matches!(outcome(&seen, Resource::CronJobs), Outcome::Denied { .. }));
    for answer in [|| Answer::Broken("reset"), || Answer::status(401, "Unauthorized", "who are you")] {
        let away = Fake::new(move |_| answer());
        let error = seen_of(&away, Action::Why, ScopePlan::default()).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot read the workloads of namespace shop: "), "{error}");
    }
}

/// Pods in pages; `at` decides about the request for each place.
fn paged(mut at: impl FnMut(&str, usize) -> Option<Answer> + Send + 'static) -> Fake {
    let mut asked_for_pods = 0;
    Fake::new(move |asked| {
        if !asked.path.ends_with("/pods") {
            return shop(asked);
        }
        asked_for_pods += 1;
        let place = asked.query("continue").to_string();
        if let Some(answer) = at(&place, asked_for_pods) {
            return answer;
        }
        let (name, next) = match place.as_str() {
            "" => ("web-1-a", "second"),
            "second" => ("web-1-b", "third"),
            _ => ("web-1-c", ""),
        };
        Answer::Json(200, json!({"metadata": {"continue": next}, "items": [pod("shop", name, "")]}))
    })
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_no_pod_counts_twice_when_the_place_was_forgotten() {
    let fake = paged(|place, request| {
        let gone = || Answer::status(410, "Expired", "The provided continue parameter is too old");
        (place == "third" && request < 4).then(gone)
    });
    let seen = why(&fake).await;
    assert_eq!(seen.workloads[0].pods, 3);
    assert_eq!(outcome(&seen, Resource::Pods), &Outcome::Seen { value: 3 });
    assert!(fake.asked().iter().all(|asked| !asked.path.ends_with("/pods") || asked.query("limit") == "500"));
}

#[tokio::test]
async fn a_list_that_breaks_off_is_no_whole_list() {
    for (answer, seen_before) in [
        (Box::new(|| Answer::status(403, "Forbidden", "not any more")) as Box<dyn Fn() -> Answer + Send>, 2),
        (
            Box::new(|| {
                Answer::Raw(
                    200,
                    vec![],
                    format!(r#"{{"items":[{{"metadata":{{"name":{{"{PASSWORD}":1}}}}}}]}}"#),
                )
            }),
            2,
        ),
        (Box::new(|| Answer::Raw(200, vec![], r#"{"items":[{"metadata":"#.into())), 2),
        (Box::new(|| Answer::status(410, "Expired", "always")), 2),
        (Box::new(|| Answer::Json(200, json!({"metadata": {"continue": "third"}, "items": []}))), 2),
    ] {
        let seen = why(&paged(move |place, _| (place == "third").then(&answer))).await;
        let told = outcome(&seen, Resource::Pods);
        assert!(!matches!(told, Outcome::Seen { .. }), "{told:?}");
        assert!(!format!("{told:?}").contains(PASSWORD));
        assert_eq!(seen.workloads[0].pods, seen_before, "what came before is kept");
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again() {
    let fake = paged(|place, request| {
        let busy = || Answer::Raw(429, vec![("retry-after", "1")], "{}".into());
        (place == "second" && request == 2).then(busy)
    });
    assert_eq!(why(&fake).await.workloads[0].pods, 3);
}

#[tokio::test]
async fn a_named_workload_must_be_there() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/apis/apps/v1/namespaces/shop/deployments/wbe" => Answer::status(404, "NotFound", "no such"),
        _ => shop(asked),
    });
    let named = |name: &str| ScopePlan { workloads: vec![name.into()], ..ScopePlan::default() };
    let error = seen_of(&fake, Action::Why, named("deploy/wbe")).await.unwrap_err();
    assert_eq!(error.to_string(), "deploy/wbe does not exist in namespace shop");
}

#[tokio::test]
async fn a_named_pod_is_judged_and_its_siblings_are_evidence() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/api/v1/namespaces/shop/pods" => items(&[
            pod("shop", "web-1-a", "ErrImagePull"),
            pod("shop", "web-1-b", "ErrImagePull"),
            json!({"metadata": {"name": "alone", "namespace": "shop"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}),
        ]),
        "/api/v1/namespaces/shop/pods/web-1-a" => Answer::Json(200, pod("shop", "web-1-a", "ErrImagePull")),
        _ => shop(asked),
    });
    let scope = ScopePlan { workloads: vec!["pod/web-1-a".into()], ..ScopePlan::default() };
    let (seen, _) = seen_of(&fake, Action::Why, scope).await.unwrap();
    let failing: Vec<&str> = seen.failing.iter().map(|one| one.pod.as_str()).collect();
    assert_eq!(failing, ["web-1-a"]);
    let aside: Vec<(&str, bool)> =
        seen.workloads.iter().map(|one| (one.name.as_str(), one.out_of_scope)).collect();
    assert_eq!(aside, [("deploy/web", false), ("pod/alone", true)]);
}

#[tokio::test]
async fn a_named_workload_serves_where_lists_are_refused() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/api/v1/namespaces/shop/pods/web-1-a" => Answer::Json(200, pod("shop", "web-1-a", "ErrImagePull")),
        path if path.ends_with("/pods") || path.contains("/apis/") => Answer::status(403, "Forbidden", "no"),
        _ => shop(asked),
    });
    let scope = ScopePlan { workloads: vec!["pod/web-1-a".into()], ..ScopePlan::default() };
    let (seen, _) = seen_of(&fake, Action::Why, scope).await.unwrap();
    assert_eq!(seen.failing.len(), 1);
    assert!(matches!(outcome(&seen, Resource::Pods), Outcome::Denied { .. }));
}

#[tokio::test]
async fn a_pull_that_failed_before_is_told_of_a_container_that_runs() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/api/v1/namespaces/shop/pods" => items(&[pod("shop", "web-1-a", "")]),
        "/api/v1/namespaces/shop/pods/web-1-a" => Answer::Json(200, pod("shop", "web-1-a", "")),
        _ => shop(asked),
    });
    let seen = why(&fake).await;
    assert_eq!(seen.failing.len(), 1);
    assert_eq!(
        (seen.failing[0].state, seen.failing[0].events),
        (PullState::StartedAllTheSame, Events::Found)
    );
}

#[tokio::test]
async fn a_pull_that_failed_before_and_worked_since_is_over() {
    let pulled = |message: &str| {
        let mut event = event("web-1-a");
        event["reason"] = json!("Pulled");
        event["message"] = json!(message);
        event["lastTimestamp"] = json!("2026-07-01T10:20:00Z");
        Fake::new(move |asked| match asked.path.as_str() {
            "/api/v1/namespaces/shop/pods" => items(&[pod("shop", "web-1-a", "")]),
            "/api/v1/namespaces/shop/pods/web-1-a" => Answer::Json(200, pod("shop", "web-1-a", "")),
            "/api/v1/namespaces/shop/events" if asked.query("fieldSelector").contains("reason=Pulled") => {
                items(&[event.clone()])
            }
            _ => shop(asked),
        })
    };
    assert!(why(&pulled("Successfully pulled image \"x\" in 58ms")).await.failing.is_empty());
    assert_eq!(why(&pulled("Container image \"x\" already present on machine")).await.failing.len(), 1);
}

#[tokio::test]
async fn many_service_accounts_are_listed_and_one_that_is_not_there_is_absent() {
    let many: Vec<Value> = (0..30)
        .map(|at| {
            let mut pod = pod("shop", &format!("p-{at}"), "");
            pod["metadata"]["ownerReferences"] = json!(null);
            pod["spec"]["serviceAccountName"] = json!(format!("sa-{at}"));
            pod
        })
        .collect();
    let fake = Fake::new(move |asked| match asked.path.as_str() {
        "/api/v1/namespaces/shop/pods" => items(&many),
        "/api/v1/namespaces/shop/serviceaccounts" => items(
            &(0..29)
                .map(|at| json!({"metadata": {"name": format!("sa-{at}"), "namespace": "shop"}}))
                .chain([json!({"metadata": {"name": "unused", "namespace": "shop"}})])
                .collect::<Vec<_>>(),
        ),
        _ => shop(asked),
    });
    let (seen, _) = seen_of(&fake, Action::Secrets, ScopePlan::default()).await.unwrap();
    assert_eq!(seen.service_accounts.iter().filter(|one| one.seen().is_some()).count(), 29);
    assert!(matches!(seen.service_account("shop", "sa-29").unwrap().outcome, Outcome::Absent { .. }));
    assert!(seen.service_account("shop", "unused").is_none());
}

#[tokio::test]
async fn a_selector_that_is_none_is_refused_in_one_sentence() {
    let scope = ScopePlan { selector: "app in".into(), ..ScopePlan::default() };
    let error = seen_of(&Fake::new(shop), Action::Why, scope).await.unwrap_err().to_string();
    assert!(error.contains("is not a label selector") && error.contains("KEY=VALUE"), "{error}");
}

/// A Deployment whose only pod waits in ContainerCreating, with these events about pods.
fn creating(events: Vec<Value>) -> Fake {
    Fake::new(move |asked| match asked.path.as_str() {
        "/api/v1/namespaces/shop/pods" => {
            let mut one = pod("shop", "web-1-a", "ContainerCreating");
            one["status"]["containerStatuses"][0]["state"]["waiting"]["message"] = json!("");
            items(&[one])
        }
        "/api/v1/namespaces/shop/events" if asked.query("fieldSelector").contains("type=Warning") => {
            items(&events)
        }
        "/api/v1/namespaces/shop/events" => items(&[]),
        _ => shop(asked),
    })
}

#[tokio::test]
async fn a_pod_that_has_waited_for_long_without_an_event_is_told() {
    let seen = why(&creating(Vec::new())).await;
    let told: Vec<(PullState, Events, bool)> =
        seen.failing.iter().map(|one| (one.state, one.events, one.message.is_some())).collect();
    assert_eq!(told, [(PullState::Pulling, Events::Expired, false)]);
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/api/v1/namespaces/shop/pods" => items(&[pod("shop", "web-1-a", "ContainerCreating")]),
        path if path.ends_with("/events") => Answer::status(403, "Forbidden", "you may not"),
        _ => shop(asked),
    });
    assert_eq!(why(&fake).await.failing[0].events, Events::NotRead);
    let mut mount = event("web-1-a");
    mount["reason"] = json!("FailedMount");
    assert!(why(&creating(vec![mount])).await.failing.is_empty(), "it waits for a volume");
}

#[tokio::test]
async fn a_pod_whose_sandbox_image_cannot_be_pulled_fails() {
    let mut sandbox = event("web-1-a");
    sandbox["reason"] = json!("FailedCreatePodSandBox");
    sandbox["message"] = json!(
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \
         \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": unexpected EOF"
    );
    sandbox["involvedObject"]["fieldPath"] = json!("");
    let seen = why(&creating(vec![sandbox])).await;
    let told: Vec<(&str, &str, bool)> =
        seen.failing.iter().map(|one| (one.image.as_str(), one.node.as_str(), one.is_of_sandbox())).collect();
    assert_eq!(told, [("registry.k8s.io/pause:3.9", "n1", true)]);
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_an_error_where_the_rights_allow_to_tell() {
    let empty = |namespace: u16, job: u16| {
        Fake::new(move |asked| {
            let answer = |code: u16| match code {
                200 => Answer::Json(200, json!({"metadata": {"name": "shop"}})),
                404 => Answer::status(404, "NotFound", "namespaces \"shop\" not found"),
                _ => Answer::status(403, "Forbidden", "you may not"),
            };
            match (asked.method == Method::POST, asked.path.as_str()) {
                (true, _) => answer(job),
                (_, "/api/v1/namespaces/shop") => answer(namespace),
                _ => items(&[]),
            }
        })
    };
    for (namespace, job) in [(404, 403), (403, 404)] {
        let fake = empty(namespace, job);
        let error = seen_of(&fake, Action::Why, ScopePlan::default()).await.unwrap_err().to_string();
        assert!(error.starts_with("namespace shop does not exist"), "{error}");
    }
    for (namespace, job) in [(200, 404), (403, 403), (403, 200)] {
        assert!(why(&empty(namespace, job)).await.workloads.is_empty());
    }
    let fake = empty(404, 404);
    assert!(seen_of(&fake, Action::Why, everywhere()).await.is_ok(), "all namespaces may be empty");
}
