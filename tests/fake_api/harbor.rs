//! Finding a Harbor: by the labels of three installers, by a selector, and what is said where it is not there.

use http::Method;
use regauth::collect::harbor::{find, logs};
use regauth::evidence::Outcome;
use regauth::evidence::harbor::pods::TellingLine;
use regauth::evidence::harbor::settings::Learnt;
use regauth::evidence::harbor::{Harbor, Installer, KeyMount};
use regauth::secret::RunKey;
use serde_json::{Value, json};

use super::server::{Answer, Asked, Fake};

const NS: &str = "harbor";

fn key() -> RunKey {
    RunKey::random().unwrap()
}

/// A pod of Harbor with these labels, running a container of its component.
fn pod(name: &str, component: &str, labels: Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": NS, "labels": labels},
        "spec": {"nodeName": "n1", "containers": [{
            "name": component, "image": format!("goharbor/harbor-{component}:v2.16.0"),
            "env": [{"name": "CORE_SECRET", "valueFrom": {"secretKeyRef": {"name": "core", "key": "secret"}}}],
            "envFrom": [{"configMapRef": {"name": "core"}}],
            "volumeMounts": [{"name": "key", "mountPath": "/etc/core/private_key.pem", "subPath": "tls.key"}],
        }], "volumes": [{"name": "key", "secret": {"secretName": "core"}}]},
        "status": {"phase": "Running", "podIP": "10.0.0.7", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": component, "state": {"running": {"startedAt": "2026-07-01T10:00:00Z"}}}]},
    })
}

fn helm(name: &str, component: &str, release: &str) -> Value {
    pod(name, component, json!({"app": "harbor", "component": component, "release": release}))
}

fn bitnami(name: &str, component: &str, release: &str) -> Value {
    let labels = json!({"app.kubernetes.io/name": "harbor", "app.kubernetes.io/component": component,
        "app.kubernetes.io/instance": release});
    pod(name, component, labels)
}

fn operated(name: &str, component: &str, release: &str) -> Value {
    let mut labels = json!({});
    labels[format!("{component}.goharbor.io/name")] = json!(format!("{release}-{component}"));
    pod(name, component, labels)
}

fn items(items: &[Value]) -> Answer {
    Answer::Json(200, json!({"metadata": {}, "items": items}))
}

/// What a namespace holds beside its pods.
fn rest(asked: &Asked) -> Answer {
    let service = |name: &str, selector: Value, affinity: &str| {
        json!({"metadata": {"name": name}, "spec": {"selector": selector, "sessionAffinity": affinity,
            "ports": [{"port": 80, "targetPort": 8080}]}})
    };
    match asked.path.rsplit('/').next().unwrap() {
        "services" => items(&[
            service("harbor-core", json!({"app": "harbor", "component": "core"}), "ClientIP"),
            service("harbor-portal", json!({"app": "harbor", "component": "portal"}), "ClientIP"),
        ]),
        "ingresses" => items(&[
            json!({"metadata": {"name": "harbor", "annotations": {"nginx.ingress.kubernetes.io/affinity": "cookie"}},
                "spec": {"rules": [{"host": "harbor.example.com", "http": {"paths": [
                    {"backend": {"service": {"name": "harbor-core"}}}]}}]}}),
            json!({"metadata": {"name": "other", "annotations": {"nginx.ingress.kubernetes.io/affinity": "cookie"}},
                "spec": {"rules": [{"host": "other.example.com"}]}}),
        ]),
        "deployments" => items(&[json!({"metadata": {"name": "harbor-core", "generation": 2},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"component": "core"}}},
            "status": {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "conditions": [
                {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}]}})]),
        "core" if asked.path.contains("configmaps") => Answer::Json(
            200,
            json!({"data": {"EXT_ENDPOINT": "https://harbor.example.com", "CSRF_KEY": "short"}}),
        ),
        "core" => Answer::status(403, "Forbidden", "secrets \"core\" is forbidden"),
        _ => Answer::status(404, "NotFound", "the fake has no such path"),
    }
}

/// A namespace with these pods; a selector selects those that `selected` says.
fn namespace(pods: Vec<Value>, selected: fn(&Value) -> bool) -> Fake {
    Fake::new(move |asked| match asked.path.as_str() {
        "/api/v1/namespaces/harbor/pods" if asked.query("labelSelector").is_empty() => items(&pods),
        "/api/v1/namespaces/harbor/pods" => {
            items(&pods.iter().filter(|pod| selected(pod)).cloned().collect::<Vec<_>>())
        }
        _ => rest(asked),
    })
}

async fn found(pods: Vec<Value>) -> Harbor {
    find(&namespace(pods, |_| true).api, NS, None, &key()).await.unwrap()
}

#[tokio::test]
async fn each_installers_pods_are_found_by_their_labels() {
    for (make, installer) in [
        (helm as fn(&str, &str, &str) -> Value, Installer::HarborHelm),
        (bitnami, Installer::Bitnami),
        (operated, Installer::Operator),
    ] {
        let pods = vec![
            make("core-2", "core", "r"),
            make("jobs", "jobservice", "r"),
            make("core-1", "core", "r"),
            make("portal", "portal", "r"),
            pod("stranger", "core", json!({"app": "other"})),
        ];
        let harbor = found(pods).await;
        assert_eq!((harbor.installer, harbor.release.as_str()), (installer, "r"));
        let names: Vec<&str> = harbor.cores.iter().map(|core| core.name.as_str()).collect();
        assert_eq!(names, ["core-1", "core-2"]);
        let others: Vec<&str> = harbor.others.iter().map(|other| other.component.as_str()).collect();
        assert_eq!(others, ["jobservice"]);
    }
}

#[tokio::test]
async fn a_renamed_chart_is_found_by_the_image_of_core() {
    let harbor =
        found(vec![pod("a", "core", json!({"app": "registry", "component": "core", "release": "r"}))]).await;
    assert_eq!((harbor.installer, harbor.cores.len()), (Installer::HarborHelm, 1));
}

#[tokio::test]
async fn ended_pods_are_left_out() {
    let mut evicted = helm("evicted", "core", "r");
    evicted["status"]["phase"] = json!("Failed");
    assert_eq!(found(vec![evicted, helm("core", "core", "r")]).await.cores.len(), 1);
}

#[tokio::test]
async fn what_stands_around_the_cores_is_read_and_what_may_not_be_read_is_told() {
    let fake = namespace(vec![helm("core-1", "core", "r"), helm("jobs", "jobservice", "r")], |_| true);
    let harbor = find(&fake.api, NS, None, &key()).await.unwrap();
    assert_eq!(harbor.rollouts.len(), 1);
    assert!(harbor.rollouts[0].stuck);
    let sticky: Vec<&str> = harbor.sticky.iter().map(|sticky| sticky.object.as_str()).collect();
    assert_eq!(sticky, ["service/harbor-core", "ingress/harbor"]);
    let front = harbor.front.clone().unwrap();
    assert_eq!(front.service_url, "http://harbor-core.harbor.svc:80");
    assert_eq!(front.external_url.as_str(), "https://harbor.example.com");
    let key = &harbor.cores[0].key;
    let mount = KeyMount::Secret { name: "core".into(), key: "tls.key".into(), sub_path: true };
    assert_eq!((key.path.as_str(), &key.mount), ("/etc/core/private_key.pem", &mount));
    assert!(matches!(harbor.key_secrets[0].outcome, Outcome::Denied { status: 403, .. }));
    let unread: Vec<(&str, &str)> =
        harbor.unread.iter().map(|one| (one.what.as_str(), one.settled_by.as_str())).collect();
    assert_eq!(unread, [("secret/core", "get secrets")]);
    let learnt = |name: &str| {
        let setting = harbor.settings.iter().find(|setting| setting.name == name).unwrap();
        setting.values.iter().map(|value| value.learnt).collect::<Vec<_>>()
    };
    assert_eq!(learnt("CORE_SECRET"), [Learnt::Unread, Learnt::Unread]);
    assert_eq!(learnt("CSRF_KEY"), [Learnt::FromSpec]);
    assert_eq!(learnt("/etc/core/key"), [Learnt::Unset]);
    for object in ["/configmaps/core", "/secrets/core"] {
        assert_eq!(fake.count(&Method::GET, object), 1, "{object} is read once");
    }
    assert!(fake.asked().iter().all(|asked| asked.method == Method::GET), "nothing is written");
}

#[tokio::test]
async fn what_is_refused_around_the_cores_is_told_and_ends_nothing() {
    let pods = [helm("core-1", "core", "r")];
    let fake = Fake::new(move |asked| match asked.path.ends_with("/pods") {
        true => items(&pods),
        false => Answer::status(403, "Forbidden", "no"),
    });
    let harbor = find(&fake.api, NS, None, &key()).await.unwrap();
    assert_eq!(harbor.cores.len(), 1);
    let rights: Vec<&str> = harbor.unread.iter().map(|unread| unread.settled_by.as_str()).collect();
    assert_eq!(
        rights,
        ["get configmaps", "get secrets", "list services", "list ingresses", "list deployments"]
    );
}

async fn refused(pods: Vec<Value>, selector: Option<&str>, selected: fn(&Value) -> bool) -> String {
    find(&namespace(pods, selected).api, NS, selector, &key()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn two_releases_are_named_with_how_to_choose() {
    let error = refused(vec![helm("a", "core", "one"), bitnami("b", "core", "two")], None, |_| true).await;
    assert_eq!(
        error,
        "namespace harbor has 2 Harbors: one (harbor-helm), two (bitnami); say which one by --selector, such as \
         --selector release=one"
    );
}

#[tokio::test]
async fn a_selector_chooses_a_release_or_pods_without_known_labels() {
    let pods = || vec![helm("a", "core", "one"), helm("b", "core", "two"), helm("j", "jobservice", "one")];
    let of_one = |pod: &Value| pod["metadata"]["labels"]["release"] == "one";
    let harbor = find(&namespace(pods(), of_one).api, NS, Some("release=one"), &key()).await.unwrap();
    assert_eq!((harbor.release.as_str(), harbor.cores.len(), harbor.others.len()), ("one", 1, 1));
    let bare = vec![
        pod("mine", "core", json!({"my": "harbor"})),
        pod("jobs", "jobservice", json!({"my": "harbor"})),
    ];
    let harbor = find(&namespace(bare, |_| true).api, NS, Some("my=harbor"), &key()).await.unwrap();
    assert_eq!((harbor.installer, harbor.cores.len(), harbor.others.len()), (Installer::Selector, 1, 1));
    let error = refused(pods(), Some("release=three"), |_| false).await;
    assert_eq!(
        error,
        "no running pod of namespace harbor matches --selector release=three: without it Harbor is found by the labels \
         of its installers"
    );
    let error = refused(vec![pod("web", "web", json!({}))], Some("app=web"), |_| true).await;
    assert!(error.contains("matches 1 pod of namespace harbor, none of which is Harbor's core"), "{error}");
}

#[tokio::test]
async fn a_selector_that_the_api_server_cannot_read_is_named() {
    let fake = Fake::new(|asked| match asked.query("labelSelector").is_empty() {
        true => items(&[]),
        false => Answer::status(400, "BadRequest", "unable to parse requirement"),
    });
    let error = find(&fake.api, NS, Some("app in (("), &key()).await.unwrap_err().to_string();
    assert!(error.starts_with("\"app in ((\" is not a label selector: write KEY=VALUE"), "{error}");
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_named_as_such() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/api/v1/namespaces/nons" => Answer::status(404, "NotFound", "namespaces \"nons\" not found"),
        _ => items(&[]),
    });
    let error = find(&fake.api, "nons", None, &key()).await.unwrap_err().to_string();
    assert!(error.starts_with("namespace nons does not exist: name another one with -n"), "{error}");
}

#[tokio::test]
async fn without_harbor_the_namespaces_that_have_one_are_named() {
    let elsewhere = |answer: fn(&Asked) -> Answer| {
        Fake::new(move |asked| match asked.path.as_str() {
            "/api/v1/pods" => answer(asked),
            _ => items(&[]),
        })
    };
    let fake = elsewhere(|asked| match asked.query("labelSelector").starts_with("app=") {
        true => items(&[helm("a", "core", "r")]),
        false => items(&[]),
    });
    let error = find(&fake.api, "default", None, &key()).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "namespace default has no pods of Harbor's core; there are some in namespace harbor: name it by -n"
    );
    let fake = elsewhere(|_| items(&[]));
    let error = find(&fake.api, "default", None, &key()).await.unwrap_err().to_string();
    assert!(error.contains("no other namespace has one") && error.contains("--url"), "{error}");
    let fake = elsewhere(|_| Answer::status(403, "Forbidden", "no"));
    let error = find(&fake.api, "default", None, &key()).await.unwrap_err().to_string();
    assert!(error.contains("you may not list the pods of all namespaces"), "{error}");
}

#[tokio::test]
async fn pods_that_may_not_be_listed_are_an_error_in_one_sentence() {
    let fake = Fake::new(|_| Answer::status(403, "Forbidden", "pods is forbidden"));
    let error = find(&fake.api, NS, None, &key()).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "you may not list the pods of namespace harbor (pods is forbidden): name Harbor's namespace by -n if it is \
         another; `kubectl regauth rbac --harbor` prints the rights that an administrator can grant"
    );
}

#[tokio::test]
async fn telling_lines_are_counted_as_the_log_comes() {
    let mut harbor = found(vec![helm("core-1", "core", "r")]).await;
    let text = "2026-07-01T10:00:00Z [ERROR] parse token error, token is not valid yet\nnothing\n".repeat(3);
    let fake = Fake::new(move |_| Answer::Raw(200, vec![], format!("{text}{}\n", "x".repeat(100_000))));
    logs(&fake.api, &mut harbor, std::time::Duration::from_secs(600)).await;
    let Outcome::Seen { value } = &harbor.logs[0].outcome else { panic!("{:?}", harbor.logs) };
    assert_eq!((value.len(), value[0].line, value[0].count), (1, TellingLine::NotValidYet, 3));
    let asked = fake.asked();
    assert_eq!((asked[0].query("sinceSeconds"), asked[0].query("container")), ("600", "core"));
    assert_eq!(asked[0].query("timestamps"), "true");
}

#[tokio::test]
async fn a_log_that_may_not_be_read_is_denied_and_told() {
    let mut harbor = found(vec![helm("core-1", "core", "r")]).await;
    let fake = Fake::new(|_| Answer::status(403, "Forbidden", "no"));
    logs(&fake.api, &mut harbor, std::time::Duration::from_secs(60)).await;
    assert!(matches!(harbor.logs[0].outcome, Outcome::Denied { status: 403, .. }));
    assert_eq!(harbor.unread.last().unwrap().settled_by.as_str(), "get pods/log");
}
