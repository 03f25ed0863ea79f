//! Whatever is written can be read, and merged into the object gives what is wanted.

use serde_json::{Value, json};

use super::*;
use crate::evidence::builder::{BuilderConfig, Program};

/// A strategic merge, as far as pods need it: lists of named things are merged by name, null removes.
fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(own), Value::Object(patch)) => {
            for (key, value) in patch {
                match value {
                    Value::Null => drop(own.remove(key)),
                    value => merge(own.entry(key.clone()).or_insert(Value::Null), value),
                }
            }
        }
        (Value::Array(own), Value::Array(patch)) if patch.iter().all(|one| one["name"].is_string()) => {
            for item in patch {
                match own.iter_mut().find(|one| one["name"] == item["name"]) {
                    Some(one) => merge(one, item),
                    None => own.push(item.clone()),
                }
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

fn object(kind: &str) -> (Value, &'static str) {
    let pod = json!({"imagePullSecrets": [{"name": "own"}], "nodeName": "n1",
        "containers": [{"name": "main", "image": "x", "volumeMounts": [{"name": "data", "mountPath": "/d"}]}]});
    match kind {
        "cronjob/web" => (
            json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}),
            "/spec/jobTemplate/spec/template/spec",
        ),
        "pod/web" => (json!({"spec": pod}), "/spec"),
        _ => (json!({"spec": {"template": {"spec": pod}}}), "/spec/template/spec"),
    }
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The strategic merge patches of a mend, wherever they stand.
fn patches_of(fix: &Fix) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some((_, rest)) = fix.command.split_once("--type=strategic -p '") {
        found.push(serde_json::from_str(rest.split_once('\'').unwrap().0).unwrap());
    }
    for file in &fix.patches {
        let text = yaml(&file.text);
        let behind = &text["spec"]["postRenderers"][0]["kustomize"]["patches"];
        for entries in [&text["patches"], behind, &text["spec"]["patchResources"]] {
            for entry in entries.as_array().into_iter().flatten() {
                let patch = &entry["patch"];
                found.push(patch.as_str().map_or_else(|| patch.clone(), yaml));
            }
        }
    }
    found
}

#[test]
fn every_patch_adds_the_name_and_keeps_the_others_for_each_kind_owner_and_format() {
    let mut merged = 0;
    for (kind, owners, format) in combinations() {
        let mut web = workload(kind, owners);
        web.pull_secrets = vec!["own".into()];
        for fix in named(&web, Some(&carries(&[])), format) {
            for patch in patches_of(&fix) {
                let (mut object, path) = object(kind);
                merge(&mut object, &patch);
                let secrets = &object.pointer(path).unwrap()["imagePullSecrets"];
                let by_variable = secrets == "${var.imagePullSecrets}";
                assert!(
                    by_variable || *secrets == json!([{"name": "own"}, {"name": "reg.cred"}]),
                    "{object}"
                );
                merged += 1;
            }
        }
    }
    assert!(merged > 100, "{merged}");
}

#[test]
fn every_mount_reaches_the_container_that_is_there() {
    let mut merged = 0;
    for (kind, owners, format) in combinations() {
        let web = workload(kind, owners);
        let place = Place { workload: &web, account: None, format };
        for fix in
            mount_docker_config(&place, &builder(), "/kaniko/.docker/config.json", ("reg.cred", "a.key"))
        {
            for patch in patches_of(&fix) {
                let (mut object, path) = object(kind);
                merge(&mut object, &patch);
                let pod = object.pointer(path).unwrap();
                assert_eq!(pod["containers"].as_array().unwrap().len(), 1);
                assert_eq!(pod["containers"][0]["volumeMounts"][1]["mountPath"], "/kaniko/.docker");
                assert_eq!(pod["containers"][0]["volumeMounts"][1]["readOnly"], true);
                let secret = &pod["volumes"][0]["secret"];
                assert_eq!(secret["items"], json!([{"key": "a.key", "path": "config.json"}]));
                merged += 1;
            }
        }
    }
    assert!(merged > 100, "{merged}");
}

#[test]
fn a_mount_into_a_folder_of_others_hides_nothing_of_it() {
    let web = workload("deploy/web", vec![]);
    let place = Place { workload: &web, account: None, format: FixFormat::Kubectl };
    let fixes = mount_docker_config(&place, &builder(), "/tmp/auth.json", ("reg.cred", ".dockerconfigjson"));
    let [patch] = patches_of(&fixes[0]).try_into().unwrap();
    let pod = &patch["spec"]["template"]["spec"];
    let mount = &pod["containers"][0]["volumeMounts"][0];
    assert_eq!((&mount["mountPath"], &mount["subPath"]), (&json!("/tmp/auth.json"), &json!("auth.json")));
    assert_eq!(pod["volumes"][0]["secret"]["items"][0]["path"], "auth.json");
    let plain = crate::fix::mount_docker_config(
        "deploy/web",
        "web",
        ("main", false),
        "/tmp/auth.json",
        ("", "a.key"),
    );
    for part in [r#""subPath":"auth.json""#, r#""key":"a.key""#] {
        assert!(plain[0].command.contains(part), "{}", plain[0].command);
    }
}

#[test]
fn every_file_is_yaml_and_every_command_one_line_with_closed_quotes() {
    for (kind, owners, format) in combinations() {
        let web = workload(kind, owners);
        let place = Place { workload: &web, account: None, format };
        let mut fixes = named(&web, None, format);
        fixes.extend(mount_docker_config(
            &place,
            &builder(),
            "/root/.docker/config.json",
            ("", ".dockerconfigjson"),
        ));
        for fix in fixes {
            assert!(!fix.what.is_empty() && !fix.command.is_empty() && !fix.command.contains('\n'));
            assert_eq!(fix.command.matches('\'').count() % 2, 0, "{}", fix.command);
            for file in fix.patches {
                assert!(yaml(&file.text).is_object(), "{}", file.text);
            }
        }
    }
}

#[test]
fn words_that_are_no_text_in_yaml_are_quoted() {
    use super::super::yaml::{list, text};
    for word in
        ["null", "Yes", "123", "1e3", "a: b", "- a", "", "#x", "a #b", "~", "\u{1b}[31m", ".nan", "a\"b"]
    {
        let rendered = list([text(word)]).render();
        assert_eq!(yaml(&rendered), json!([word]), "{rendered}");
    }
}

fn combinations() -> impl Iterator<Item = (&'static str, Vec<Owner>, FixFormat)> {
    KINDS.into_iter().flat_map(|kind| {
        owners().into_iter().flat_map(move |owners| FORMATS.map(|format| (kind, owners.clone(), format)))
    })
}

fn builder() -> BuilderConfig {
    BuilderConfig {
        id: "builder/main".into(),
        program: Program::Kaniko,
        container: "main".into(),
        init: false,
        image: Clean::new("kaniko"),
        reads: vec!["/kaniko/.docker/config.json".into()],
        found: None,
        misnamed: None,
        ambient: Vec::new(),
        pushes: None,
        written_at_run_time: None,
        pull_secrets: Vec::new(),
    }
}
