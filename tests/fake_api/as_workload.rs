//! What a workload's pods are, and what a pod with their labels would meet.

use regauth::collect::identity::{IdentityRequest, Resolved, resolve};
use regauth::collect::policies::{policies, refuse_if_counted};
use regauth::collect::selector::Labels;
use regauth::collect::{access, builder};
use regauth::error::Error;
use regauth::evidence::builder::{AmbientKind, Program};
use serde_json::{Value, json};

use super::server::{Answer, Fake};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn policy(name: &str, selector: Value, types: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": {"podSelector": selector, "policyTypes": types}})
}

fn page(items: Value, next: &str) -> Answer {
    Answer::Json(200, json!({"metadata": {"continue": next}, "items": items}))
}

/// A namespace with these Services and budgets.
fn namespace(services: Value, budgets: Value) -> Fake {
    Fake::new(move |asked| match asked.path.rsplit('/').next().unwrap_or_default() {
        "services" => page(services.clone(), ""),
        "poddisruptionbudgets" => page(budgets.clone(), ""),
        _ => Answer::status(404, "NotFound", "the fake has no such path"),
    })
}

async fn workload(text: &str, object: Value, annotations: Value) -> Resolved {
    let fake = Fake::new(move |asked| match asked.path.contains("/serviceaccounts/") {
        true => Answer::Json(200, json!({"metadata": {"name": "builder", "annotations": annotations}})),
        false => Answer::Json(200, object.clone()),
    });
    resolve(&fake.api, "team", &IdentityRequest::Workload(text.parse().unwrap())).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn policies_are_read_page_by_page_and_give_labels_and_egress() {
    let fake = Fake::in_order(vec![
        page(json!([policy("deny-all", json!({}), json!(["Ingress", "Egress"]))]), "more"),
        page(
            json!([policy(
                "web",
                json!({"matchLabels": {"app": "web", "job-name": "x"}}),
                json!(["Egress"])
            )]),
            "",
        ),
    ]);
    let of = labels(&[("app", "web"), ("job-name", "x"), ("version", "7")]);
    let seen = policies(&fake.api, "team", &of).await.unwrap();
    assert_eq!(seen.labels, labels(&[("app", "web")]));
    assert_eq!((seen.egress, seen.missed), (vec!["deny-all".to_string()], vec!["web".to_string()]));
    let asked = fake.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].path, "/apis/networking.k8s.io/v1/namespaces/team/networkpolicies");
    assert_eq!((asked[0].query("limit"), asked[1].query("continue")), ("500", "more"));
}

#[tokio::test(start_paused = true)]
async fn policies_that_may_not_be_read_are_an_error_that_says_what_was_done() {
    let fake = Fake::in_order(vec![Answer::status(403, "Forbidden", "networkpolicies is forbidden")]);
    let error = policies(&fake.api, "team", &Labels::new()).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot list the NetworkPolicies of namespace team: "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_publishes_unready_pods_is_refused_with_the_reason_and_a_way_out() {
    let service = |publishes: bool| json!([{"metadata": {"name": "peers"}, "spec": {"selector": {"app": "web"}, "publishNotReadyAddresses": publishes}}]);
    let of = labels(&[("app", "web")]);
    let fake = namespace(service(true), json!(null));
    let error = refuse_if_counted(&fake.api, "team", ("sts/web", None), &of).await.unwrap_err();
    assert!(matches!(error, Error::Usage(_)));
    let text = error.to_string();
    assert!(
        text.contains("labels of sts/web")
            && text.contains("service/peers publishes pods that are not ready"),
        "{text}"
    );
    assert!(text.contains("--service-account"), "{text}");
    let fake = namespace(service(false), json!(null));
    refuse_if_counted(&fake.api, "team", ("sts/web", None), &of).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_would_count_the_pod_is_refused() {
    let budget = json!([{"metadata": {"name": "web"}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}}]);
    let fake = namespace(json!([]), budget.clone());
    let of = labels(&[("app", "web")]);
    let text = refuse_if_counted(&fake.api, "team", ("deploy/web", None), &of).await.unwrap_err().to_string();
    assert!(text.contains("poddisruptionbudget/web would count it"), "{text}");
    let fake = namespace(json!([]), budget);
    refuse_if_counted(&fake.api, "team", ("deploy/web", None), &labels(&[("tier", "x")])).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_daemonset_that_would_adopt_the_pod_is_refused_before_anything_is_asked() {
    let daemon_set = json!({"spec": {"selector": {"matchLabels": {"app": "agent"}},
        "template": {"metadata": {"labels": {"app": "agent"}}, "spec": {"serviceAccountName": "builder"}}}});
    let resolved = workload("ds/agent", daemon_set, json!({})).await.workload.unwrap();
    let fake = namespace(json!([]), json!([]));
    let of = &resolved.template.metadata.labels;
    let error =
        refuse_if_counted(&fake.api, "team", ("ds/agent", resolved.adopter.as_ref()), of).await.unwrap_err();
    assert!(error.to_string().contains("ds/agent would adopt it"), "{error}");
    assert_eq!(fake.asked().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_builders_template_tells_its_docker_config_and_its_cloud_identity() {
    let deployment = json!({"spec": {"template": {
        "metadata": {"labels": {"app": "kaniko"}},
        "spec": {
            "serviceAccountName": "builder",
            "containers": [{"name": "kaniko", "image": "gcr.io/kaniko-project/executor:v1.23.2",
                "args": ["--destination=registry.example.com/a"],
                "volumeMounts": [{"name": "cfg", "mountPath": "/kaniko/.docker"}]}],
            "volumes": [{"name": "cfg", "secret": {"secretName": "regcred",
                "items": [{"key": ".dockerconfigjson", "path": "config.json"}]}}],
        },
    }}});
    let annotations = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/push"});
    let resolved = workload("deploy/kaniko", deployment, annotations).await;
    assert_eq!(resolved.ambient[0].kind, AmbientKind::AwsRole);
    let of = resolved.workload.unwrap();
    assert_eq!(of.template.metadata.labels, labels(&[("app", "kaniko")]));
    let found = builder::configs(&of.template.spec, &resolved.ambient);
    assert_eq!((found.len(), found[0].program), (1, Program::Kaniko));
    let source = found[0].found.as_ref().unwrap();
    assert_eq!(
        (source.secret.as_str(), source.mounted_at.as_str()),
        ("regcred", "/kaniko/.docker/config.json")
    );
}

#[tokio::test(start_paused = true)]
async fn the_rights_to_read_what_counts_pods_are_asked_for_the_namespace() {
    let fake = Fake::new(|_| Answer::Json(201, json!({"status": {"allowed": false}})));
    let missing = access::missing(&fake.api, "team", regauth::collect::policies::RIGHTS).await.unwrap();
    let told: Vec<String> = missing.iter().map(|right| right.describe("team")).collect();
    assert_eq!(told[0], "list networkpolicies.networking.k8s.io in namespace team");
    assert!(fake.asked().iter().all(|asked| asked.body["spec"]["resourceAttributes"]["namespace"] == "team"));
}
