//! Kubernetes objects as Helm and kustomize print them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::toolbox::{program, root, said};

/// The documents of a YAML stream.
pub fn documents(yaml: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    all.into_iter().filter(|one| !one.is_null()).collect()
}

/// `helm template` of the chart as release `kubectl-regauth` in namespace `regauth`, with these values.
pub fn chart(values: &[&str]) -> Vec<Value> {
    let mut helm = program("helm");
    helm.args(["template", "kubectl-regauth", "--namespace", "regauth"]).arg(root().join("manifests/chart"));
    helm.args(values.iter().flat_map(|value| ["--set", value]));
    documents(&said(&mut helm))
}

/// `kubectl kustomize` of a folder.
pub fn kustomized(folder: &std::path::Path) -> Vec<Value> {
    documents(&said(program("kubectl").arg("kustomize").arg(folder)))
}

/// The only object of a kind whose name ends so.
pub fn find<'o>(objects: &'o [Value], kind: &str, ending: &str) -> &'o Value {
    let fits = |one: &&Value| one["kind"] == kind && text(&one["metadata"]["name"]).ends_with(ending);
    let found: Vec<&Value> = objects.iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{kind} …{ending}");
    found[0]
}

/// What pods are made of, in the objects that make some.
pub fn pods(objects: &[Value]) -> Vec<&Value> {
    let template = |one: &'_ &Value| one["spec"].pointer("/template/spec").is_some();
    let direct = objects.iter().filter(template).map(|one| &one["spec"]["template"]["spec"]);
    let jobs = objects.iter().filter_map(|one| one.pointer("/spec/jobTemplate/spec/template/spec"));
    direct.chain(jobs).collect()
}

/// Arguments of the only container.
pub fn arguments(pod: &Value) -> Vec<String> {
    strings(&pod["containers"][0]["args"])
}

pub fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

/// Rights: API group, resource, verb.
pub type Granted = BTreeSet<(String, String, String)>;

/// What a role's rules grant.
pub fn granted(role: &Value) -> Granted {
    let mut granted = Granted::new();
    for rule in role["rules"].as_array().expect("rules") {
        for group in strings(&rule["apiGroups"]) {
            for resource in strings(&rule["resources"]) {
                for verb in strings(&rule["verbs"]) {
                    granted.insert((group.clone(), resource.clone(), verb));
                }
            }
        }
        assert!(rule.get("resourceNames").is_none() && rule.get("nonResourceURLs").is_none(), "{rule}");
    }
    granted
}
