//! The kustomization makes what the chart makes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Case;
use super::objects::{Granted, arguments, chart, find, granted, kustomized, pods, text};
use super::toolbox::{Folder, file, root};

pub const CASES: &[Case] = &[
    ("the_kustomization_and_the_chart_make_the_same_objects", same),
    ("components_grant_and_pass_what_the_charts_values_do", components),
    ("versions_are_those_of_the_package", versions),
];

/// By kind and name, without what only Helm adds.
fn by_name(objects: Vec<Value>) -> BTreeMap<(String, String), Value> {
    let mut all = BTreeMap::new();
    for mut one in objects.into_iter().filter(|one| one["kind"] != "Namespace") {
        if let Some(labels) = one.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            for helm in ["helm.sh/chart", "app.kubernetes.io/managed-by"] {
                labels.remove(helm);
            }
        }
        let rules = one["rules"].is_array().then(|| granted(&one));
        if let Some(rules) = rules {
            // Rules may be divided otherwise.
            one["rules"] = Value::String(format!("{rules:?}"));
        }
        all.insert((text(&one["kind"]), text(&one["metadata"]["name"])), one);
    }
    all
}

/// A kustomization of a user's with these components.
fn with_components(folder: &Folder, names: &[&str]) -> Vec<Value> {
    // kustomize takes no absolute paths for resources.
    let schedule = pathdiff(&folder.path(""), "manifests/schedule");
    let components: Vec<String> = names.iter().map(|name| format!("{schedule}/components/{name}")).collect();
    let text = serde_json::json!({"resources": [schedule], "components": components});
    folder.write("kustomization.yaml", &text.to_string());
    kustomized(&folder.path(""))
}

/// The way from a folder to one of the package's.
fn pathdiff(from: &std::path::Path, to: &str) -> String {
    let up = from.components().count() - 1;
    let to = root().join(to);
    format!("{}{}", "../".repeat(up), to.strip_prefix("/").expect("an absolute path").display())
}

fn same() {
    let made = by_name(kustomized(&root().join("manifests/schedule")));
    let wanted = by_name(chart(&[]));
    assert_eq!(made.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (name, object) in wanted {
        assert_eq!(made[&name], object, "{name:?}");
    }
}

fn components() {
    let folder = Folder::new();
    let objects = with_components(&folder, &["secrets", "tests", "monitoring"]);
    let values = [
        "rights.secrets=true",
        "tests.create=true",
        "monitoring.scrape=serviceMonitor",
        "monitoring.prometheusRule=true",
        "monitoring.dashboard.enabled=true",
    ];
    let wanted = chart(&values);
    let role = |objects: &[Value]| -> Granted { granted(find(objects, "ClusterRole", "kubectl-regauth")) };
    assert_eq!(role(&objects), role(&wanted));
    let all = |objects: &[Value]| {
        let mut all: Vec<Vec<String>> = pods(objects).into_iter().map(arguments).collect();
        all.sort();
        all
    };
    assert_eq!(all(&objects), all(&wanted));
    assert_eq!(find(&objects, "PrometheusRule", "")["spec"], find(&wanted, "PrometheusRule", "")["spec"]);
    for one in ["PrometheusRule", "ServiceMonitor", "ConfigMap"] {
        assert_eq!(find(&objects, one, "")["metadata"]["namespace"], "regauth", "{one}");
    }
    assert_eq!(find(&objects, "ServiceMonitor", "")["spec"], find(&wanted, "ServiceMonitor", "")["spec"]);
    let dashboard = |objects: &[Value]| -> Value {
        let map = find(objects, "ConfigMap", "-dashboard");
        assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
        serde_json::from_str(&text(&map["data"]["kubectl-regauth.json"])).expect("JSON")
    };
    assert_eq!(dashboard(&objects), dashboard(&wanted));
}

fn versions() {
    let version = env!("CARGO_PKG_VERSION");
    let chart: Value = serde_saphyr::from_str(&file("manifests/chart/Chart.yaml")).expect("YAML");
    assert_eq!((text(&chart["version"]), text(&chart["appVersion"])), (version.into(), version.into()));
    let repository = file("manifests/plugin-image/repository");
    let image = format!("{}:{version}", repository.trim());
    let objects = kustomized(&root().join("manifests/schedule"));
    let pods = pods(&objects);
    assert_eq!(pods.len(), 2);
    assert!(pods.iter().all(|pod| pod["containers"][0]["image"] == image.as_str()), "{image}");
}
